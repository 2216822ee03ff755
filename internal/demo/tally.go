package demo

import (
	"sync"
	"sync/atomic"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

// tally counts answers, as those who asked saw them. The ledger is compared with it.
type tally struct {
	shown       atomic.Int64 // answers that showed or used something
	refused     atomic.Int64 // answers that did not
	unconfirmed atomic.Int64 // calls the switch did not confirm
}

func (t *tally) answered(results []door.Result) {
	for _, r := range results {
		if r.Shown {
			t.shown.Add(1)
			return
		}
	}
	t.refused.Add(1)
}

// figures are what the table shows of one act.
type figures struct {
	mu     sync.Mutex
	Plain  int // values the one looked at was shown in plain
	Masked int // and masked
	Calls  int // calls she placed
	// Of everybody else: customers reached, and those who were not, by reason.
	Others map[string]int
}

// note counts what an agent was shown, if it is the one looked at; if she is the
// leaker, and at it, she keeps what she can use.
func (d today) note(i int, list []int, form pii.Form, a door.Answer) {
	p := d.f.plot
	if i != p.suspect {
		return
	}
	if i == p.leaker && d.n >= p.copiesFrom && d.n <= p.copiesTill {
		d.f.loot.take(list, a)
	}
	row := &d.f.rows[d.act.number]
	row.mu.Lock()
	defer row.mu.Unlock()
	for _, r := range a.Results {
		switch {
		case !r.Shown:
		case form == pii.Plain:
			row.Plain += len(r.Values)
		default:
			row.Masked += len(r.Values)
		}
	}
}

// Why a customer was not reached.
const (
	reached   = "reached"
	optedOut  = "opted-out"
	takenBack = "taken-back"
	tooLate   = "after-shift"
	budget    = "over-budget"
	otherwise = "other-rule"
)

// noteCall counts a customer worked on.
func (d today) noteCall(i, k int, r door.Result) {
	row := &d.f.rows[d.act.number]
	row.mu.Lock()
	defer row.mu.Unlock()
	if i == d.f.plot.suspect {
		if r.Shown && d.act.dials {
			row.Calls++
		}
		return
	}
	if row.Others == nil {
		row.Others = map[string]int{}
	}
	row.Others[d.outcome(i, k, r)]++
}

func (d today) outcome(i, k int, r door.Result) string {
	x := d.plan(i)
	switch {
	case r.Shown:
		return reached
	case x.late && k == len(x.list)-1:
		return tooLate
	case k >= x.closed:
		return takenBack
	case r.Reasons[0].ID == "opted-out":
		return optedOut
	case r.Reasons[0].ID == "budget":
		return budget
	}
	return otherwise
}

// loot is what the leaker passes on: values as the door answered them, by customer.
type loot struct {
	mu   sync.Mutex
	held map[int]copied
}

type copied struct {
	phone pii.Value
	known []pii.Field // beside the number
}

func (l *loot) empty() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = map[int]copied{}
}

// take keeps what an answer about customers gave in plain: plain values carry a mark.
func (l *loot) take(list []int, a door.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range a.Results {
		phone, ok := r.Values[pii.Phone]
		if !ok || a.Mark == "" {
			continue
		}
		c := copied{phone: phone}
		for _, f := range []pii.Field{pii.Name, pii.Company} {
			if v, ok := r.Values[f]; ok && !v.IsEmpty() {
				c.known = append(c.known, f)
			}
		}
		l.held[list[i]] = c
	}
}

func (l *loot) of(customer int) (copied, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.held[customer]
	return c, ok
}

func (l *loot) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}
