package demo

import (
	"fmt"
	"slices"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

// complain settles who complains of what: customers whom the reseller called, and
// people with other reasons, some of whom nobody here knows.
func (p *plot) complain() {
	p.unrelatedComplaints(roll(p.seed, "unrelated"))
	if p.leaker >= 0 {
		p.leakComplaints(roll(p.seed, "reseller"))
	}
	slices.SortStableFunc(p.complaints, func(a, b complaint) int { return a.day - b.day })
}

// resellerNumbers is how many numbers the reseller calls from: complaints that
// name the same one count once.
const resellerNumbers = 40

// leakComplaints come from some of those whose details she passed on, on the days
// after. Whether a customer can be called is settled in the play: by what the
// answers gave her.
func (p *plot) leakComplaints(d *dice) {
	copied := 0
	for n := p.copiesFrom; n <= p.copiesTill; n++ {
		copied += len(p.days[n][p.leaker].list)
	}
	seen := map[int]bool{}
	count := d.between(p.voices-1, p.voices+2)
	for _, i := range d.order(copied) {
		customer := p.copiedAt(i)
		if seen[customer] || len(seen) == count {
			continue
		}
		seen[customer] = true
		x := complaint{
			day: min(d.between(p.copiesTill+1, p.copiesTill+max(1, p.days60(18))), len(p.days)-1), customer: customer, stolen: i,
			channel: casework.ByPhone, known: []pii.Field{pii.Name, pii.Company},
		}
		if d.chance(700) {
			x.caller = virtualNumber(d.below(resellerNumbers))
		}
		p.complaints = append(p.complaints, x)
	}
}

// copiedAt is the customer of the i-th entry of the lists she copied.
func (p *plot) copiedAt(i int) int {
	for n := p.copiesFrom; ; n++ {
		list := p.days[n][p.leaker].list
		if i < len(list) {
			return list[i]
		}
		i -= len(list)
	}
}

// unrelatedComplaints come from all customers alike, and from people we do not
// know.
func (p *plot) unrelatedComplaints(d *dice) {
	for range p.unrelated {
		x := complaint{
			day: d.below(len(p.days)), customer: d.below(p.customers), stolen: -1, channel: casework.ByPhone,
			caller: virtualNumber(1000 + d.below(5000)),
		}
		switch n := d.below(100); {
		case n < 30: // a wrong number, or somebody else's list
			x.customer = p.customers + d.below(p.customers)
		case n < 50: // details that got out elsewhere
			x.known = []pii.Field{pii.Name}
		case n < 60:
			x.channel = casework.BySMS
		}
		p.complaints = append(p.complaints, x)
	}
}

// virtualNumber is one of the numbers of virtual operators that such callers use.
func virtualNumber(n int) string { return fmt.Sprintf("170%08d", (n*7_654_321+1234)%100_000_000) }
