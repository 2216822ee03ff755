package hold

import (
	"fmt"
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// TestI1_ThousandClients lets 1,000 clients ask at once, for what they may see and
// what not. Every answer has exactly one entry, counted by a reader of our own,
// and every budget is used up to its last subject and no further.
func TestI1_ThousandClients(t *testing.T) {
	clients, each := 1000, 4
	if testing.Short() {
		clients = 100
	}
	const agents, budget = 20, 30
	onEach(t, func(t *testing.T, dsn string) {
		caps := openCaps()
		caps.Person[pii.Masked] = budget
		h := newHouse(t, dsn, agents, agents*50, options{caps: caps})
		var works []pii.RequestID
		for i, a := range h.agents {
			works = append(works, h.calls(a, h.ids[50*i:50*i+50]...))
		}
		before := h.readLedger()
		var mu sync.Mutex
		shown := map[pii.PersonID]map[pii.SubjectID]bool{}
		var answers []door.Answer
		folded := 0
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				n := c % agents
				who := h.agents[n]
				for i := range each {
					id := h.ids[50*n+(c/agents*each+i)%50]
					if (c+i)%3 == 0 {
						id = h.ids[(50*n+777)%len(h.ids)] // another's customer
						who = fresh(h.agents[n], c)
					}
					a, err := h.door.Disclose(ctxOf(t), who, read(works[n], pii.Masked, id))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if a.ID == (pii.RequestID{}) || a.Entry == 0 {
						folded++
					} else {
						answers = append(answers, a)
					}
					if r := a.Results[0]; r.Shown {
						if shown[who.Person.ID] == nil {
							shown[who.Person.ID] = map[pii.SubjectID]bool{}
						}
						shown[who.Person.ID][id] = true
					}
					mu.Unlock()
					who = h.agents[n]
				}
			})
		}
		wg.Wait()
		after := h.readLedger()
		after.extends(t, before)
		seen, recorded := 0, 0
		for _, a := range answers {
			at := after.byRequest[a.ID]
			if len(at) != 1 || at[0] != a.Entry {
				t.Fatalf("an answer has entries %v, told %d", at, a.Entry)
			}
			kind := proof.Kind(after.leaves[a.Entry][1])
			if a.Results[0].Shown != (kind == proof.KindDisclosure) {
				t.Fatalf("entry %d is a %s, shown %v", a.Entry, kind, a.Results[0].Shown)
			}
			if a.Results[0].Shown {
				recorded++
			}
		}
		if got := after.kinds[proof.KindDisclosure] - before.kinds[proof.KindDisclosure]; got != recorded {
			t.Errorf("%d disclosures are recorded, %d were answered", got, recorded)
		}
		if got := len(after.leaves) - len(before.leaves); got != len(answers) {
			t.Errorf("%d entries for %d answers", got, len(answers))
		}
		for who, of := range shown {
			seen += len(of)
			if len(of) > budget {
				t.Errorf("%s was shown %d subjects on a budget of %d", who, len(of), budget)
			}
		}
		if !testing.Short() && seen != agents*budget {
			t.Errorf("%d subjects were shown, the budgets are %d", seen, agents*budget)
		}
		t.Logf("%d answers, %d shown subjects, %d folded", len(answers), seen, folded)
		h.verified()
	})
}

// fresh is the same agent under another name, so that his refusals are recorded
// one by one: the door folds a flood of one principal's.
func fresh(p party.Principal, n int) party.Principal {
	p.Person.ID = pii.PersonID(fmt.Sprintf("%s-%d", p.Person.ID, n))
	return p
}
