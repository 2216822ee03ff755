package door_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// The kinds of asking without a grant that covers the subject.
const (
	miss = iota
	hidden
	refusal
)

var kinds = [3]string{"miss", "hidden hit", "refusal"}

// TestI4_TheDummyStepIsNeeded: a miss, a hidden hit and a refusal take as long as
// each other; taken out of any one kind, the dummy step is missed by the same
// measure. What is compared are the kinds with one another, because all of them end
// in that step: a cut that fell on all three alike would set none apart.
func TestI4_TheDummyStepIsNeeded(t *testing.T) {
	for name, way := range map[string]func(*asking, int) func() error{"lookup": (*asking).lookup, "read": (*asking).read} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			for pair, got := range a.apart(way, 4500) {
				if t.Logf("%s against %s: AUC %.3f", kinds[pair[0]], kinds[pair[1]], got); math.Abs(got-.5) > .05 {
					t.Errorf("%s and %s can be told apart: AUC %.3f", kinds[pair[0]], kinds[pair[1]], got)
				}
			}
			for cut := range kinds {
				a.cut = cut
				for pair, got := range a.apart(way, 1800) {
					if pair[0] != cut && pair[1] != cut {
						continue
					}
					if t.Logf("cut from %s: %s against %s: AUC %.3f", kinds[cut], kinds[pair[0]], kinds[pair[1]], got); math.Abs(got-.5) <= .05 {
						t.Errorf("nobody sees that a %s lacks the dummy step: AUC %.3f", kinds[cut], got)
					}
				}
			}
		})
	}
}

// asking is a firm whose agent may see ten customers of a thousand.
type asking struct {
	*firm.Firm
	t          *testing.T
	own, other pii.RequestID
	rng        *rand.Rand
	asked      int // the kind under way
	cut        int // the kind that goes without the dummy step; -1: none
}

func newAsking(t *testing.T) *asking {
	f := firm.New(t, 1000)
	a := &asking{Firm: f, t: t, own: f.Work(f.IDs[:10]...), rng: rand.New(rand.NewPCG(4, 0)), cut: -1}
	a.Door.CutRehearsal(func(door.Request) bool { return a.asked == a.cut }, func(door.Lookup) bool { return a.asked == a.cut })
	another := &grant.WorkItem{
		ID: firm.NewID(), Kind: grant.CallTask, Purpose: "telesales", Assignee: "a002", Recipient: pii.Own,
		OpenedBy: "crm", OpenedAt: f.Now, Until: f.Now.Add(24 * time.Hour),
	}
	a.other = another.ID
	f.Append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{WorkItem: another}}})
	return a
}

func (a *asking) work(kind int) pii.RequestID {
	if kind == refusal {
		return a.other
	}
	return a.own
}

func (a *asking) lookup(kind int) func() error {
	n := 11 + a.rng.IntN(len(a.IDs)-10)
	if kind == miss {
		n += 1 << 20
	}
	l := door.Lookup{ID: firm.NewID(), Field: pii.Phone, Value: pii.NewValue(fmt.Sprintf("138%08d", n)), Purpose: "telesales", Work: a.work(kind)}
	return func() error {
		found, err := a.Door.Find(a.t.Context(), a.Agent, l)
		if found.Hit {
			a.t.Errorf("a %s was a hit", kinds[kind])
		}
		return err
	}
}

func (a *asking) read(kind int) func() error {
	id := a.IDs[10+a.rng.IntN(len(a.IDs)-10)]
	if kind == miss {
		id = pii.SubjectID(firm.NewID())
	}
	r := a.Read(a.work(kind), pii.Masked, id)
	return func() error {
		answer, err := a.Door.Disclose(a.t.Context(), a.Agent, r)
		if err == nil && answer.Results[0].Shown {
			a.t.Errorf("a %s was shown", kinds[kind])
		}
		return err
	}
}

// apart asks in turns drawn at random and returns, for each pair of kinds, the share
// of neighbouring pairs of which the first took longer. Of 4,500 calls that are
// alike it scatters by .011.
func (a *asking) apart(way func(*asking, int) func() error, calls int) map[[2]int]float64 {
	const block = 50 // and a minute: the door folds a flood of refusals
	longer, pairs := map[[2]int]float64{}, map[[2]int]float64{}
	for range calls / block {
		a.Now = a.Now.Add(time.Minute)
		var took [3][]time.Duration
		for range block {
			a.asked = a.rng.IntN(len(kinds))
			ask := way(a, a.asked)
			began := time.Now()
			err := ask()
			took[a.asked] = append(took[a.asked], time.Since(began))
			a.OK(err)
		}
		for _, p := range [][2]int{{miss, hidden}, {miss, refusal}, {hidden, refusal}} {
			for _, x := range took[p[0]] {
				for _, y := range took[p[1]] {
					pairs[p]++
					if x > y {
						longer[p]++
					} else if x == y {
						longer[p] += .5
					}
				}
			}
		}
	}
	for p := range longer {
		longer[p] /= pairs[p]
	}
	return longer
}
