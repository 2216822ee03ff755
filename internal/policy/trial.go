package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/goldbell/goldbell/internal/pii"
)

// Trial is what a change of what is decided by would have changed: the requests of
// some days decided again, under what is in force and under what was proposed. It
// counts; of whom the requests were it says nothing.
type Trial struct {
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Requests int       `json:"requests"` // that were decided again
	Without  int       `json:"without"`  // that state no facts, can no longer be opened, or say too little
	Gain     Shifts    `json:"gain"`
	Lose     Shifts    `json:"lose"`
}

// Shifts are the requests whose answer changes one way.
type Shifts struct {
	People   int     `json:"people"` // who asked them
	Requests int     `json:"requests"`
	Subjects int     `json:"subjects"` // each request's counted
	Listed   []Shift `json:"listed"`   // the most subjects first, at most [MostShifts]
}

// Shift is who would gain or lose which fields, for which purpose, and by what.
type Shift struct {
	Person   pii.PersonID `json:"person"`
	Action   string       `json:"action"` // verb and form
	Fields   FieldSet     `json:"fields"`
	Purpose  pii.Purpose  `json:"purpose"`
	Rules    string       `json:"rules"` // that would decide, by commas; "budget": a cap
	Requests int          `json:"requests"`
	Subjects int          `json:"subjects"`
}

const (
	// MostShifts is how many shifts a trial lists each way.
	MostShifts = 200
	// mostKept bounds what a trial remembers; what is beyond it is in the sums only.
	mostKept = 20_000
)

// Tally adds shifts up, in bounded memory. The zero Tally is ready.
type Tally struct {
	sum    Shifts
	people map[pii.PersonID]bool
	shifts map[Shift]*[2]int // by the shift without its counts: requests, subjects
}

// Add counts one request's part: how many of its subjects change. first is false for
// further parts of the same request.
func (t *Tally) Add(s Shift, subjects int, first bool) {
	if t.people == nil {
		t.people, t.shifts = map[pii.PersonID]bool{}, map[Shift]*[2]int{}
	}
	t.people[s.Person] = true
	t.sum.Subjects += subjects
	s.Requests, s.Subjects = 0, 0
	n := t.shifts[s]
	if n == nil && len(t.shifts) < mostKept {
		n = new([2]int)
		t.shifts[s] = n
	}
	if first {
		t.sum.Requests++
	}
	if n != nil {
		n[0]++
		n[1] += subjects
	}
}

// Shifts is what was added.
func (t *Tally) Shifts() Shifts {
	out := t.sum
	out.People, out.Listed = len(t.people), []Shift{}
	for s, n := range t.shifts {
		s.Requests, s.Subjects = n[0], n[1]
		out.Listed = append(out.Listed, s)
	}
	slices.SortFunc(out.Listed, func(a, b Shift) int {
		return cmp.Or(cmp.Compare(b.Subjects, a.Subjects), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Action, b.Action),
			cmp.Compare(a.Fields, b.Fields), cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Rules, b.Rules))
	})
	out.Listed = out.Listed[:min(len(out.Listed), MostShifts)]
	return out
}

// ByRules spells the rules of a decision as a shift does.
func (d Decision) ByRules() string { return strings.Join(d.IDs(), ",") }

// Difference names the rules by which two of a company's texts differ; a text that
// does not load has none.
func Difference(was, will string) (added, removed, changed []string) {
	a, b := spelled(was), spelled(will)
	for id, text := range b {
		switch old, there := a[id]; {
		case !there:
			added = append(added, id)
		case old != text:
			changed = append(changed, id)
		}
	}
	for id := range a {
		if _, there := b[id]; !there {
			removed = append(removed, id)
		}
	}
	slices.Sort(added)
	slices.Sort(removed)
	slices.Sort(changed)
	return added, removed, changed
}

func spelled(company string) map[string]string {
	list, err := cedar.NewPolicyListFromBytes("company", []byte(company))
	if err != nil {
		return nil
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[string(p.Annotations()["id"])] = string(p.MarshalCedar())
	}
	return out
}
