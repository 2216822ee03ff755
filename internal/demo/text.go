package demo

import (
	"fmt"

	"golang.org/x/text/width"

	"github.com/goldbell/goldbell/internal/fault"
)

// sentences holds what the demonstration says to people.
var sentences = map[string]fault.Sentence{
	"found":    {Zh: "成立公司", En: "founding the firm"},
	"hire":     {Zh: "招聘人员", En: "hiring"},
	"import":   {Zh: "导入客户", En: "importing customers"},
	"before":   {Zh: "之前", En: "before"},
	"after":    {Zh: "之后", En: "after"},
	"switch":   {Zh: "接入电话交换机", En: "connecting the telephone switch"},
	"ask":      {Zh: "查询记录指向谁", En: "asking who the records point to"},
	"readback": {Zh: "重新读取账本", En: "reading the ledger back"},
	"step":     {Zh: "%s：%d / %d", En: "%s: %d of %d"},
	"day":      {Zh: "%s：第 %d 天，共 %d 天，已记录 %d 次披露", En: "%s: day %d of %d, %d disclosures recorded"},

	"days":         {Zh: "同样的工作日", En: "the same days"},
	"rules-before": {Zh: "公司自己的规则", En: "firm's own rules"},
	"rules-after":  {Zh: "随附规则、代拨", En: "shipped rules, calls"},
	"plain":        {Zh: "%s：明文值", En: "%s: plain values"},
	"masked":       {Zh: "脱敏值", En: "masked values"},
	"calls":        {Zh: "代拨的电话", En: "calls placed"},
	"carried":      {Zh: "被带走的客户", En: "customers carried away"},
	"served":       {Zh: "其他人：服务到的客户", En: "all others: customers served"},
	"missed":       {Zh: "被拒或未及：%s", En: "refused or late: %s"},
	optedOut:       {Zh: "已拒绝营销", En: "opted out"},
	takenBack:      {Zh: "名单已收回", En: "list taken back"},
	tooLate:        {Zh: "已下班", En: "after the shift"},
	budget:         {Zh: "额度用完", En: "budget used up"},
	otherwise:      {Zh: "其他规则", En: "other rule"},
	"totals":       {Zh: "客户 %d 名，接收者 %d 名，披露 %d 次，拒绝 %d 次，投诉 %d 件；账本条目 %d 个，%s；用时 %.0f 秒。", En: "%d customers, %d recipients, %d disclosures, %d refusals, %d complaints; %d ledger entries, %s; %.0f s."},
	"pack":         {Zh: "一名投诉人的证据包：%s，%s。", En: "Evidence pack for one complainant: %s, %s."},
	"verified":     {Zh: "已核验", En: "verified"},
	"not-verified": {Zh: "未通过核验", En: "NOT verified"},
	"cannot-tell":  {Zh: "记录还不能说明是谁：%s", En: "The records cannot tell yet: %s"},
	"accused":      {Zh: "记录指向 %s（概率 %.3f）。", En: "The records point to %s (probability %.3f)."},
	"group":        {Zh: "记录指向下列之一：%s。", En: "The records point to one of %s."},
	"nobody":       {Zh: "记录不指向内部任何人。", En: "The records point to nobody inside."},
	"plot-nobody":  {Zh: "（这一场没有人泄露。）", En: " (In this play nobody leaked.)"},
	"plot-leaker":  {Zh: "（剧情中的泄露者：%s。）", En: " (The plot's leaker: %s.)"},
	"served-on":    {Zh: "公司在 %s 上服务，按 Ctrl-C 结束。可以试试这五条命令：", En: "The firm is served on %s until Ctrl-C. Five commands worth trying:"},
	"try-read":     {Zh: "以坐席 %s 的身份查看一名客户（脱敏；要求 plain 会被拒绝，并说明规则和谁可以解除）：", En: `Read a customer as agent %s (masked; "plain" is refused, with the rule and who can unblock it):`},
	"try-call":     {Zh: "不看号码，给这名客户打电话：", En: "Call the customer without seeing the number:"},
	"try-who":      {Zh: "以负责人的身份查看谁看过这个人：", En: "Who saw this person, as the officer:"},
	"try-ledger":   {Zh: "核验整个账本：", En: "Check the whole ledger:"},
	"try-pack":     {Zh: "像外人一样核验证据包：", En: "Check the evidence pack, as a stranger would:"},
	"try-console":  {Zh: "控制台在 %s。用一次性口令登录：负责人 %s，坐席 %s。", En: "The console is at %s. Sign in with a one-time code: the officer's is %s, the agent's %s."},
}

func say(l fault.Lang, id string, args ...any) string {
	return fmt.Sprintf(sentences[id].In(l), args...)
}

// cells is how many columns of a terminal a text takes: a Chinese character takes two.
func cells(s string) (n int) {
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
