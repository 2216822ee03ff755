package trace

import (
	"fmt"
	"math"

	"github.com/goldbell/goldbell/internal/fault"
)

// Need is what would tell, when the answer is not yet one name.
type Need struct {
	Kind       string  `json:"kind"` // complaints, decoy, more-evidence, unrecorded, verify, or empty
	A          string  `json:"a,omitempty"`
	B          string  `json:"b,omitempty"`
	Overlap    float64 `json:"overlap,omitempty"`    // share of A's list that B was shown too
	Complaints int     `json:"complaints,omitempty"` // about as many more would do
}

// need works out what would separate the two best names: a complaint from A's
// list says D = (1-o) ln(1+x) + o max(0, ln(|B|/|A|)).
func (q *run) need(suspects []suspect, p *posterior, order []Ref) Need {
	switch {
	case p.unrecorded > q.opt.MaxUnrecorded && p.unrecorded > p.external:
		return Need{Kind: "unrecorded"}
	case len(order) == 0 || len(q.items) == 0:
		return Need{Kind: "more-evidence"}
	}
	a := &suspects[order[0]]
	if p.each[order[0]] >= q.opt.MinProbability && q.support(a) < q.opt.MinItems {
		return Need{Kind: "verify", A: q.x.recipients[order[0]].ID}
	}
	if len(order) < 2 || p.each[order[0]] < .05 || len(a.best) == 0 {
		return Need{Kind: "more-evidence"}
	}
	n := Need{Kind: "complaints", A: q.x.recipients[order[0]].ID, B: q.x.recipients[order[1]].ID}
	x, d := max(a.best[0].best.x, 10), math.Log1p(10)
	rival := p.none // nobody, unless the runner-up is the stronger rival
	if p.each[order[1]] < p.none {
		n.B = ""
	} else {
		var sizeA, sizeB int
		n.Overlap, sizeA, sizeB = q.overlapOf(a, &suspects[order[1]])
		d = (1-n.Overlap)*math.Log1p(x) + n.Overlap*max(0, math.Log(float64(max(sizeB, 1))/float64(max(sizeA, 1))))
		rival = p.each[order[1]]
	}
	if d < .01 || a.twins > 1 || n.Overlap > .97 {
		n.Kind = "decoy"
		return n
	}
	n.Complaints = max(1, int(math.Ceil(math.Log(99*max(rival, 1e-6)/p.each[order[0]])/d)))
	return n
}

// overlapOf is the share of a's best list that b was shown in the same days.
func (q *run) overlapOf(a, b *suspect) (share float64, sizeA, sizeB int) {
	h := &a.best[0]
	in := map[Ref]bool{}
	for _, v := range viewsIn(a.list.views, h.from, h.until) {
		in[v.Subject] = true
	}
	both := map[Ref]bool{}
	all := map[Ref]bool{}
	for _, v := range viewsIn(b.list.views, h.from-twinSlack, h.until+twinSlack) {
		all[v.Subject] = true
		if in[v.Subject] {
			both[v.Subject] = true
		}
	}
	return float64(len(both)) / float64(max(len(in), 1)), len(in), len(all)
}

// In says the need in a language.
func (n Need) In(l fault.Lang) string {
	zh := l == fault.ZhCN
	switch n.Kind {
	case "unrecorded":
		return pick(zh, "泄露可能经由没有记录的途径（整表、导入文件、备份）；请先查清这些途径，再看个人。",
			"The data may have left on a path without records (the whole table, an import file, a backup); look there before looking at persons.")
	case "verify":
		return pick(zh, "请核实投诉人确实掌握被联系的号码；目前经核实的不同投诉人少于三位。",
			"Verify that the complainants control the numbers that were called; fewer than three different ones are verified so far.")
	case "decoy":
		return pick(zh, fmt.Sprintf("再多投诉也分不开 %s 与 %s（名单重合 %.0f%%）：在其中一方的名单里放入独有的诱饵，或等某条记录在两人查看之间变更。", n.A, n.B, 100*n.Overlap),
			fmt.Sprintf("No number of complaints separates %s and %s (%.0f%% of the list is shared): put a decoy in one list only, or wait for a record to change between their views.", n.A, n.B, 100*n.Overlap))
	case "complaints":
		if n.B == "" {
			return pick(zh, fmt.Sprintf("约需再有 %d 件落在 %s 名单内的投诉才能得出结论。", n.Complaints, n.A),
				fmt.Sprintf("About %d more complaints from the list of %s would tell.", n.Complaints, n.A))
		}
		return pick(zh, fmt.Sprintf("约需再有 %d 件落在 %s 名单内的投诉，才能与 %s 区分。", n.Complaints, n.A, n.B),
			fmt.Sprintf("About %d more complaints from the list of %s would separate it from %s.", n.Complaints, n.A, n.B))
	case "more-evidence":
		return pick(zh, "目前的投诉与名单没有足以说明问题的关联；更多投诉、找到的文件，或独有的诱饵与别名会有帮助。",
			"The evidence so far does not stand out against any list; more complaints, a found file, or exclusive decoys and aliases would help.")
	}
	return ""
}

func pick(zh bool, a, b string) string {
	if zh {
		return a
	}
	return b
}
