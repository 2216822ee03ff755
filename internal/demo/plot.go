package demo

import (
	"fmt"
	"slices"

	"github.com/goldbell/goldbell/internal/pii"
)

// scale is how large a firm is.
type scale struct {
	customers int
	length    int    // working days
	groups    [3]int // of three agents: of the company's own, of either agency
	low, high int    // customers on an agent's list of a day
	desk      int    // agents of the service desk
	firms     int    // partner firms, two persons each
	copies    int    // how many customers are passed on
	voices    int    // how many of them complain
	unrelated int    // other complaints
	refusing  int    // customers who refuse marketing in that time
}

var fullScale = scale{
	customers: 50_000, length: 60, groups: [3]int{20, 10, 10}, low: 9, high: 10, desk: 6, firms: 4,
	copies: 150, voices: 20, unrelated: 36, refusing: 400,
}

const groupSize = 3

// agent is one of those who call customers.
type agent struct {
	id    pii.PersonID
	org   pii.OrgID
	group int
}

// day is what one agent does on one day.
type day struct {
	list    []int // customers, by number
	closed  int   // the list is taken back after so many calls; len(list)+1: never
	late    bool  // the last call is asked for after the shift
	covered bool  // the list is a colleague's too, who is ill
}

// complaint is of a call by a stranger, made and filed on the day.
type complaint struct {
	day      int
	customer int // number; from customers on: nobody we know
	stolen   int // number among those copied; -1: unrelated
	channel  string
	known    []pii.Field
	caller   string
}

// plot is everything that happens, settled before anything does. Nothing that
// records, decides or traces sees it.
type plot struct {
	scale
	seed       uint64
	agents     []agent
	days       [][]day // by day, by agent
	leaker     int     // number of the agent; -1: nobody
	suspect    int     // the one who would: she is looked at in either case
	copiesFrom int     // the days on which she copies
	copiesTill int
	complaints []complaint
	optOuts    [][]int // customers, by day
}

func newPlot(seed uint64, s scale, leak bool) *plot {
	p := &plot{scale: s, seed: seed, leaker: -1}
	p.hire()
	d := roll(seed, "leaker")
	outsourced := p.groups[0] * groupSize
	p.suspect = d.between(outsourced, len(p.agents)-1)
	if leak {
		p.leaker = p.suspect
	}
	p.assign()
	p.copiesTill = p.days60(d.between(33, 40))
	p.copiesFrom = p.firstCopied()
	p.disturb()
	p.optOut()
	p.complain()
	return p
}

// days60 is a day of a play of sixty days, in this one.
func (p *plot) days60(n int) int { return n * p.length / 60 }

// The agencies; half of the agents are theirs.
var agencies = [...]pii.OrgID{pii.Own, "huaxun", "lianda"}

func (p *plot) hire() {
	group := 0
	for kind, n := range p.groups {
		for i := range n * groupSize {
			name := string(agencies[kind])
			if kind == 0 {
				name = "staff"
			}
			p.agents = append(p.agents, agent{pii.PersonID(fmt.Sprintf("%s-%03d", name, i+1)), agencies[kind], group + i/groupSize})
		}
		group += n
	}
}

// assign makes everybody's lists. Three colleagues share their customers: whom one
// did not reach is another's a few days later, so that their lists overlap by more
// than half.
func (p *plot) assign() {
	order := roll(p.seed, "customers").order(p.customers)
	p.days = make([][]day, p.length)
	for n := range p.days {
		p.days[n] = make([]day, len(p.agents))
	}
	for first := 0; first < len(p.agents); first += groupSize {
		order = p.assignGroup(first, order)
	}
}

// handed is a customer on the way to a colleague.
type handed struct{ customer, due int }

func (p *plot) assignGroup(first int, fresh []int) (rest []int) {
	d := roll(p.seed, "lists", first)
	var waiting [groupSize][]handed
	taken := 0
	for n := range p.days {
		for i := range groupSize {
			size := d.between(p.low, p.high)
			var list []int
			list, waiting[i] = due(waiting[i], n, size-1)
			for len(list) < size {
				c := fresh[taken]
				taken++
				list = append(list, c)
				p.handOn(d, &waiting, i, handed{c, n + d.between(1, max(1, p.days60(6)))})
			}
			p.days[n][first+i] = day{list: list, closed: len(list) + 1}
		}
	}
	return fresh[taken:]
}

// handOn gives a customer to one of the two colleagues, or to both.
func (p *plot) handOn(d *dice, waiting *[groupSize][]handed, from int, h handed) {
	to := (from + d.between(1, 2)) % groupSize
	waiting[to] = append(waiting[to], h)
	if d.chance(250) {
		other := groupSize - from - to
		waiting[other] = append(waiting[other], handed{h.customer, h.due + 1})
	}
}

// due takes what is due by day n, at most so many.
func due(waiting []handed, n, most int) (list []int, rest []handed) {
	for _, h := range waiting {
		if h.due <= n && len(list) < most {
			list = append(list, h.customer)
		} else {
			rest = append(rest, h)
		}
	}
	return list, rest
}

// firstCopied is the day on which the copying begins, so that about as many are
// copied as the plot wants: somebody who photographs her screen for three weeks.
func (p *plot) firstCopied() int {
	n, first := 0, p.copiesTill+1
	for first > 0 && n < p.copies {
		first--
		n += len(p.days[first][p.suspect].list)
	}
	return first
}

// disturb puts in what happens in a firm: lists taken back during the day, calls
// asked for after the shift, colleagues who cover for one another.
func (p *plot) disturb() {
	for n := range p.days {
		d := roll(p.seed, "disturb", n)
		for a := range p.days[n] {
			x := &p.days[n][a]
			switch {
			case p.agents[a].group == p.agents[p.suspect].group:
			case d.chance(6):
				x.closed = len(x.list) / 2
			case d.chance(25):
				x.late = true
			case d.chance(4):
				p.cover(n, a)
			}
		}
	}
}

// cover gives the list of the next colleague of the group, who is ill, to a.
func (p *plot) cover(n, a int) {
	ill := p.agents[a].group*groupSize + (a+1)%groupSize
	x, y := &p.days[n][a], &p.days[n][ill]
	if x.covered || y.covered || y.late || y.closed <= len(y.list) {
		return
	}
	for _, c := range y.list {
		if !slices.Contains(x.list, c) {
			x.list = append(x.list, c)
		}
	}
	x.covered, y.covered = true, true
	x.closed = len(x.list) + 1
	*y = day{closed: 1, covered: true}
}

// optOut lets customers refuse marketing, a few each day.
func (p *plot) optOut() {
	d := roll(p.seed, "opt-outs")
	p.optOuts = make([][]int, p.length)
	for _, c := range d.order(p.customers)[:p.refusing] {
		n := d.below(p.length)
		p.optOuts[n] = append(p.optOuts[n], c)
	}
}
