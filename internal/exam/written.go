package exam

import (
	"context"
	"regexp"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
)

// Written is a written rule beside what enforces it.
type Written struct {
	Where    string // the article, or the company's own number
	Zh, En   string
	Rules    []string // in force, that name it as their law
	By       string   // what else enforces it; empty: nothing
	Company  bool
	Enforced bool
}

// duty is one line of the law that is about who may have what. by names what keeps it
// besides rules: packages of this program, as people call them.
type duty struct{ where, zh, en, by string }

var duties = []duty{
	{"PIPL 6", "处理目的明确、直接相关、影响最小", "a clear purpose, and no more than it needs", ""},
	{"PIPL 10", "不得非法提供、公开个人信息", "no unlawful provision or publication", "door: nobody outside a work item is answered"},
	{"PIPL 14", "变更处理目的、方式、种类须重新取得同意", "consent anew when purpose or recipient changes", "consent: it is per purpose and recipient"},
	{"PIPL 15", "个人有权撤回同意", "consent can be taken back", "register: a withdrawal ends what is under way"},
	{"PIPL 19", "保存期限为实现目的所必要的最短时间", "the shortest retention that the purpose needs", "server: what is past its retention is erased daily"},
	{"PIPL 21", "与受托人约定并监督，不得超出约定，不得擅自转委托", "agree with entrusted parties, supervise, no excess, no sub-entrusting", ""},
	{"PIPL 23", "向其他处理者提供须取得单独同意", "separate consent for provision to another handler", ""},
	{"PIPL 24", "提供便捷的拒绝方式", "an easy way to refuse marketing", "register: an opt-out ends what is under way"},
	{"PIPL 25", "未经单独同意不得公开", "no publication without separate consent", "door: there is no public answer"},
	{"PIPL 28", "敏感个人信息须有特定目的和充分必要性", "sensitive information: a specific purpose and sufficient necessity", ""},
	{"PIPL 29", "处理敏感个人信息须取得单独同意", "separate consent to the handling of sensitive information, where it rests on consent", ""},
	{"PIPL 38", "向境外提供的条件", "conditions for provision abroad", ""},
	{"PIPL 39", "向境外提供须取得单独同意", "separate consent for provision abroad", ""},
	{"PIPL 41", "未经批准不得向外国司法机构提供", "nothing to foreign courts without approval", ""},
	{"PIPL 47", "删除；停止除存储和安全措施之外的处理", "erasure; storage only", ""},
	{"PIPL 51(2)", "个人信息分类管理", "classification", "schema: each field has a level"},
	{"PIPL 51(3)", "加密、去标识化等措施", "encryption and de-identification", "vault: values are sealed, and masked by default"},
	{"PIPL 51(4)", "合理确定操作权限，定期培训", "reasonable operation permissions, regular training", ""},
	{"PIPL 55", "委托、提供、公开前的影响评估", "an impact assessment before entrusting, providing or publishing", ""},
	{"PIPL 56", "评估报告和处理记录至少保存三年", "reports and records are kept for three years", "ledger: entries are append-only"},
	{"GB/T 35273-2020 7.1", "最小授权、职责分离、由业务需要触发", "least privilege, separate duties, access for a business need", ""},
	{"消费者权益保护法 29", "未经同意不得发送商业性信息", "no commercial messages without consent or after refusal", ""},
	{"工信部令24号 13", "对批量导出、复制、销毁信息实行审查", "bulk export, copying and destruction are reviewed", ""},
}

// ownWords are the company's written rules: comment lines of its rules that begin
// with //! and a number.
var ownWords = regexp.MustCompile(`(?m)^\s*//!\s*([^:：\n]{1,80})[:：][ \t]*(.{1,500}?)\s*$`)

// Written lists the written rules of a day, each beside the rules that name it, or
// with nothing.
func (e *Examiner) Written(ctx context.Context, by party.Principal, t time.Time) ([]Written, error) {
	if !mayAsk(by) {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	at, err := e.day(t)
	if err != nil {
		return nil, err
	}
	_, b, err := e.then(ctx, at)
	if err != nil {
		return nil, err
	}
	naming := map[string][]string{}
	reasons, permits := b.List()
	for i, r := range reasons {
		if r.Law != "" && !permits[i] {
			naming[r.Law] = append(naming[r.Law], r.ID)
		}
	}
	var out []Written
	for _, d := range duties {
		out = append(out, Written{Where: d.where, Zh: d.zh, En: d.en, Rules: naming[d.where], By: d.by})
	}
	for _, m := range ownWords.FindAllStringSubmatch(b.text, -1) {
		out = append(out, Written{Where: m[1], Zh: m[2], En: m[2], Rules: naming[m[1]], Company: true})
	}
	for i := range out {
		out[i].Enforced = len(out[i].Rules) > 0 || out[i].By != ""
	}
	return out, nil
}
