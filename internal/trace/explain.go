package trace

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// Explain writes the answer for people, one statement a line. It says what the
// records show and never calls anybody guilty.
func (f Finding) Explain(l fault.Lang) []string {
	e := explainer{zh: l == fault.ZhCN}
	e.headline(&f)
	d := &f.Detail
	for i, c := range d.Candidates {
		if len(f.Ranking) > i {
			e.candidate(i, &c, f.probability(c.Recipient))
		}
	}
	if d.Spread.Of > 0 && len(d.Candidates) > 0 {
		e.say("其余 %d 位接收方的名单内投诉是随机预期的 %.1f 到 %.1f 倍，中位 %.1f 倍。", "The lists of the other %d recipients hold %.1f to %.1f times what chance expects, in the middle %.1f times.",
			d.Spread.Of, d.Spread.Low, d.Spread.High, d.Spread.Median)
	}
	e.evidence(d)
	e.say("没有内部人员泄露的概率：%s，其中无记录途径：%s；另有外部名单在流传的概率：%s。", "Probability that nobody inside passed it on: %s, a path without records among it: %s; that an outside list is also about: %s.",
		e.percent(f.PNone), e.percent(d.Unrecorded), e.percent(d.External))
	if d.Prior.Insider > 0 {
		e.say("所用先验：有人从内部泄露 %.0f%%；先验小十倍时首位为 %s，大十倍时为 %s。", "Prior used: somebody inside %.0f%%. With a prior ten times smaller the first name has %s, with one ten times larger %s.",
			100*d.Prior.Insider, e.percent(d.Prior.Smaller), e.percent(d.Prior.Larger))
	}
	e.guards(d)
	e.say("尚不知道：没有记录的拷贝、旁人借用的账号、投诉人未说出的情况。", "Not known: copies without a record, accounts lent to others, what complainants did not say.")
	if need := d.Need.In(l); need != "" && f.Verdict != Accuse {
		e.lines = append(e.lines, need)
	}
	return e.lines
}

type explainer struct {
	zh    bool
	lines []string
}

func (e *explainer) say(zh, en string, args ...any) {
	e.lines = append(e.lines, fmt.Sprintf(pick(e.zh, zh, en), args...))
}

func (f *Finding) probability(id string) float64 {
	for _, r := range f.Ranking {
		if r.Recipient == id {
			return r.Probability
		}
	}
	return 0
}

func (e *explainer) headline(f *Finding) {
	switch f.Verdict {
	case Accuse:
		e.say("记录指向 %s。这是附证据的概率，不是定论；当事人有权查看证据并答复。", "The records point to %s. This is a probability with its evidence, not a judgement; the person may see it and answer.", strings.Join(f.Accused, ", "))
	case Group:
		e.say("记录指向其中之一：%s；目前的证据分不开他们。", "The records point to one of %s; this evidence does not tell them apart.", strings.Join(f.Group, ", "))
	case Nobody:
		e.say("记录没有指向任何内部人员。", "The records point to nobody inside.")
	default:
		e.say("现在还不能判断。", "The records do not tell yet.")
	}
}

// percent never rounds to certainty.
func (e *explainer) percent(p float64) string {
	switch {
	case p > .999:
		return pick(e.zh, "超过 99.9%", "over 99.9%")
	case p < .001:
		return pick(e.zh, "不到 0.1%", "under 0.1%")
	}
	return fmt.Sprintf("%.1f%%", 100*p)
}

// windowNames are what people call the acts.
var windowNames = map[string][2]string{
	"everything": {"全部查阅", "all that was shown"}, "up-to": {"泄露前的全部查阅", "all that was shown before the leak"},
	"months": {"泄露前数月", "the months before the leak"}, "month": {"一个月", "one month"}, "week": {"一周", "one week"},
	"day": {"一天", "one day"}, "session": {"一次连续查阅", "one session"}, "export": {"一次导出", "one export"},
	"last-days": {"最后几天", "the last days on record"},
}

func (e *explainer) candidate(i int, c *Candidate, p float64) {
	claim := e.percent(p)
	if p >= .95 && p < .99 {
		claim = pick(e.zh, "强烈怀疑", "strong suspicion") // not a number until calibration says otherwise
	}
	w := windowNames[c.Window]
	e.say("第 %d 位 %s（%s）：%d 件证据中有 %d 件落在其名单内（%s，%s 至 %s，%d 人），随机预期 %.1f 件，为 %.1f 倍。",
		"Rank %d, %s (%s): of %d items %d are inside the list (%s, %s to %s, %d people); chance expects %.1f, the rate is %.1f times that.",
		i+1, c.Recipient, claim, c.Active, c.Inside, pick(e.zh, w[0], w[1]), date(c.From), date(c.Until-1), c.Shown, c.Expected, c.Ratio)
	if c.Alias {
		e.say("%s 独有的别名地址被人联系过。", "An alias that only %s was given was contacted.", c.Recipient)
	}
	if c.Twins > 1 {
		e.say("有 %d 位接收方的名单几乎相同，包括 %s。", "%d recipients have nearly the same list, %s among them.", c.Twins, c.Recipient)
	}
	best, at := 0.0, -1
	for _, it := range c.Each {
		if it.Log > best {
			best, at = it.Log, it.Item
		}
	}
	if i == 0 && at >= 0 {
		e.say("单件作用最大的是第 %d 件（从 1 数起）：把可能性提高约 %.0f 倍。", "The single item that says most is number %d, counted from 1: about %.0f times.", at+1, math.Exp(best))
	}
}

func date(at int64) string {
	return time.Unix(at, 0).UTC().Add(8 * time.Hour).Format("2006-01-02")
}

func (e *explainer) evidence(d *Detail) {
	if d.Repeated > 0 {
		e.say("注意：%d 件来自同一报告人、来电号码或投诉人，合并计为一件。", "Note: %d items share a reporter, a caller or a person with others and count once together.", d.Repeated)
	}
	if d.Unverified > 0 {
		e.say("注意：%d 件未经核实，按三成计。", "Note: %d items are unverified and count three tenths.", d.Unverified)
	}
	if d.Excluded > 0 {
		e.say("%d 件证据所涉的人不在记录中，未计入。", "%d items are about people who are not in the records and do not count.", d.Excluded)
	}
}

// guardNames say what an accusation needs.
var guardNames = map[string][2]string{
	"probability": {"概率至少 99%", "probability of at least 99%"}, "distinct-items": {"至少三件互不相同且经核实的证据", "three different verified items"},
	"pooled-e-value": {"合并 e 值至少 100", "a pooled e-value of at least 100"}, "recorded-path": {"无记录途径不超过 20%", "a path without records at most 20%"},
	"wider-spread":      {"接收方差异更大时仍有 95%", "95% even when recipients differ more"},
	"nothing-else":      {"同期名单外的投诉没有同样增多", "complaints outside the list that did not rise in the same weeks"},
	"no-shared-list":    {"比团队共用名单或外部名单明显更能解释", "a list that explains clearly more than one the team shares, or one made outside"},
	"whole-list":        {"名单内的老客户也有投诉，而不只是刚分派的人", "complaints from the regulars of the list as well, not only from people shown once"},
	"rows-of-no-other":  {"只靠文件行时：至少六行，且他人的名单不能同样解释", "when only rows of found files speak: at least six, and nobody else's list explains them about as well"},
	"own-strata":        {"各客群投诉率任意不同时仍有 80%", "80% when every stratum may complain at a rate of its own"},
	"without-best-item": {"去掉最有力的一件仍有 80%", "80% without the best single item"},
}

func (e *explainer) guards(d *Detail) {
	for _, g := range d.Guards {
		if !g.Holds {
			n, ok := guardNames[g.Guard]
			if !ok {
				n = [2]string{g.Guard, g.Guard}
			}
			e.say("指名所需而未满足：%s。", "Needed before a name is given, and not met: %s.", pick(e.zh, n[0], n[1]))
		}
	}
}
