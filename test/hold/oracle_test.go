package hold

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// question is one way of asking about somebody without a grant that covers her.
// Asking is prepared apart, so that only the call itself is timed.
type question struct {
	name string
	ask  func(h *house, p party.Principal, n int) call
}

// call asks and returns the answer without what differs in any two answers, and the
// id of its entry.
type call func() (any, pii.RequestID, error)

// The three kinds for both ways in: nobody we know, somebody we know outside the
// work item, and a work item that is another's, of which she is a member.
func questions(other pii.RequestID) (disclose, find []question) {
	own := pii.RequestID{} // each asker's own
	look := func(work pii.RequestID, id func(h *house, n int) pii.SubjectID) func(*house, party.Principal, int) call {
		return func(h *house, p party.Principal, n int) call {
			r := read(h.askers[p.Person.ID].or(work), pii.Masked, id(h, n))
			return func() (any, pii.RequestID, error) {
				a, err := h.door.Disclose(ctxOf(h.t), p, r)
				entry := a.ID
				a.ID, a.Entry, a.At = pii.RequestID{}, 0, time.Time{}
				for i := range a.Results {
					a.Results[i].Subject = pii.SubjectID{}
				}
				return a, entry, err
			}
		}
	}
	value := func(work pii.RequestID, v func(h *house, n int) pii.Value) func(*house, party.Principal, int) call {
		return func(h *house, p party.Principal, n int) call {
			l := door.Lookup{ID: newID(), Field: pii.Phone, Value: v(h, n), Purpose: grant.Telesales, Work: h.askers[p.Person.ID].or(work)}
			return func() (any, pii.RequestID, error) {
				f, err := h.door.Find(ctxOf(h.t), p, l)
				entry := f.ID
				f.ID = pii.RequestID{}
				return f, entry, err
			}
		}
	}
	unknown := func(*house, int) pii.SubjectID { return newSubjectID() }
	hidden := func(h *house, n int) pii.SubjectID { return h.ids[10+n%(len(h.ids)-10)] }
	nobodys := func(_ *house, n int) pii.Value { return pii.NewValue(fmt.Sprintf("137%08d", n)) }
	anothers := func(h *house, n int) pii.Value {
		return pii.NewValue(fmt.Sprint(h.rows[10+n%(len(h.rows)-10)][pii.Phone].Reveal())) // as fresh as a miss
	}
	disclose = []question{{"miss", look(own, unknown)}, {"hidden hit", look(own, hidden)}, {"refusal", look(other, hidden)}}
	find = []question{{"miss", value(own, nobodys)}, {"hidden hit", value(own, anothers)}, {"refusal", value(other, anothers)}}
	return disclose, find
}

// ownWork is an asker's own work item, taken where no other is named.
type ownWork pii.RequestID

func (w ownWork) or(named pii.RequestID) pii.RequestID {
	if named.IsZero() {
		return pii.RequestID(w)
	}
	return named
}

// oracleHouse has agents with a work item each over the first ten customers, and
// another's work item over the others. Each agent asks fifty times, for the door folds a flood of refusals.
func oracleHouse(t *testing.T, dsn string, agents, customers int, clock func() time.Time) (h *house, other pii.RequestID) {
	h = newHouse(t, dsn, 1+agents, customers, options{caps: openCaps(), clock: clock})
	h.askers = map[pii.PersonID]ownWork{}
	for _, a := range h.agents[1:] {
		h.askers[a.Person.ID] = ownWork(h.calls(a, h.ids[:10]...))
	}
	return h, h.calls(h.agents[0], h.ids[10:]...)
}

const perAgent = 50

// asker is who makes the n-th call.
func (h *house) asker(n int) party.Principal { return h.agents[1+n/perAgent] }

// TestI4_EqualAnswersAndEntries: the same answer, leaf and opening in length.
func TestI4_EqualAnswersAndEntries(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h, other := oracleHouse(t, dsn, 1, 60, time.Now)
		disclose, find := questions(other)
		for _, all := range [][]question{disclose, find} {
			var answer string
			var leaf, opening int
			for i, q := range all {
				for n := range 5 {
					a, id, err := q.ask(h, h.asker(n), n)()
					h.ok(err)
					entries, err := h.ledger.Requests(ctxOf(t), []pii.RequestID{id})
					h.ok(err)
					b, err := json.Marshal(a)
					h.ok(err)
					l, o := h.sizes(entries[id])
					if i+n == 0 {
						answer, leaf, opening = string(b), l, o
					}
					if string(b) != answer || l != leaf || o != opening {
						t.Errorf("%s: answer equal %v, leaf %d and %d, opening %d and %d bytes", q.name, string(b) == answer, l, leaf, o, opening)
					}
				}
			}
		}
	})
}

func (h *house) sizes(entry uint64) (leaf, opening int) {
	h.t.Helper()
	h.ok(h.sqlOf().QueryRow(`SELECT length(data), length(sealed) FROM ledger_entry WHERE idx = $1`,
		int64(entry)).Scan(&leaf, &opening))
	return leaf, opening
}

// latency is one timed call.
type latency struct {
	kind int
	took time.Duration
}

// TestI4_LatencyTellsNothing interleaves the three kinds at random and ranks their
// latencies. Method: calls are ranked inside blocks of neighbouring calls of one
// client, so that what the machine does besides (it changes over seconds) falls on
// all kinds alike; the block's pairs are counted together, ties as one half. Of
// 20,000 calls that are alike the result scatters by .005, of 4,000 by .011.
func TestI4_LatencyTellsNothing(t *testing.T) {
	calls, within := 20_000, .02
	if testing.Short() {
		calls, within = 4_000, .04
	}
	var ahead atomic.Int64 // a run in a minute of its own: its refusals are no flood
	h, other := oracleHouse(t, "", calls/perAgent, 1000, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	disclose, find := questions(other)
	for name, all := range map[string][]question{"disclose": disclose, "find": find} {
		for _, clients := range []int{1, 8} {
			t.Run(fmt.Sprintf("%s, %d clients", name, clients), func(t *testing.T) {
				// A busy machine may set two kinds apart once; what is there is there each time.
				for range 3 {
					ahead.Add(int64(2 * time.Minute))
					if alike(t, all, h.timed(t, all, clients, calls), within) {
						return
					}
				}
				t.Error("kinds can be told apart, each time")
			})
		}
	}
}

// alike says whether no two kinds are told apart by their latencies.
func alike(t *testing.T, all []question, runs [][]latency, within float64) bool {
	yes := true
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		got := auc(runs, pair[0], pair[1])
		t.Logf("%s against %s: AUC %.4f", all[pair[0]].name, all[pair[1]].name, got)
		yes = yes && math.Abs(got-.5) <= within
	}
	return yes
}

func (h *house) timed(t *testing.T, all []question, clients, calls int) [][]latency {
	runs := make([][]latency, clients)
	var wg sync.WaitGroup
	for c := range clients {
		rng := rand.New(rand.NewPCG(4, uint64(c)))
		wg.Go(func() {
			for n := range calls / clients {
				kind := rng.IntN(len(all))
				who := h.asker(c*(calls/clients) + n)
				ask := all[kind].ask(h, who, rng.IntN(1<<20))
				began := time.Now()
				_, _, err := ask()
				runs[c] = append(runs[c], latency{kind, time.Since(began)})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return runs
}

// auc is the share of pairs (a, b) of one block in which a took longer.
func auc(runs [][]latency, a, b int) float64 {
	const block = 50
	var longer, pairs float64
	for _, run := range runs {
		for part := range slices.Chunk(run, block) {
			for _, x := range part {
				for _, y := range part {
					if x.kind != a || y.kind != b {
						continue
					}
					pairs++
					switch cmp.Compare(x.took, y.took) {
					case 1:
						longer++
					case 0:
						longer += .5
					}
				}
			}
		}
	}
	return longer / pairs
}
