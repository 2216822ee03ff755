package hold

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// spendJob is what each of two processes asks for at once: sets of subjects, as
// indices into Subjects.
type spendJob struct {
	apartJob
	Asks [][]int
	Cap  int64
}

// spendCaps leave one budget that can be used up: the person's, for masked.
func spendCaps(most int64) *door.Caps {
	c := openCaps()
	c.Person[pii.Masked] = most
	c.Limits = []door.Limit{{Of: door.OfOrg, Form: pii.Masked, Window: door.Ever, Subjects: most + 2}}
	return c
}

// spendAll asks for every set at the same time, and counts what was shown.
func spendAll(ctx context.Context, d *door.Door, agent party.Principal, j spendJob) (shown int, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, set := range j.Asks {
		wg.Go(func() {
			ids := make([]pii.SubjectID, len(set))
			for i, n := range set {
				ids[i] = j.Subjects[n]
			}
			a, e := d.Disclose(ctx, agent, read(j.Work, pii.Masked, ids...))
			for fault.IsID(e, "stale") {
				a, e = d.Disclose(ctx, agent, read(j.Work, pii.Masked, ids...))
			}
			mu.Lock()
			defer mu.Unlock()
			if e != nil {
				err = e
			}
			for _, r := range a.Results {
				if r.Shown {
					shown++
				}
			}
		})
	}
	wg.Wait()
	return shown, err
}

// spendsBeside is the other process.
func spendsBeside() int {
	var j spendJob
	err := json.NewDecoder(os.Stdin).Decode(&j)
	if err == nil {
		ctx := context.Background()
		var h *parts
		if h, err = wire(ctx, j.Places, j.Settings, options{caps: spendCaps(j.Cap)}); err == nil {
			var agent party.Principal
			if agent, err = principalOf(ctx, h, j.Agent); err == nil {
				fmt.Println("open")
				var n int
				if n, err = spendAll(ctx, h.door, agent, j); err == nil {
					fmt.Println(n)
				}
			}
			h.close()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// drawAsks draws what the clients of one process ask for.
func drawAsks(t *rapid.T, customers int, name string) [][]int {
	one := rapid.SliceOfNDistinct(rapid.IntRange(0, customers-1), 1, 6, rapid.ID[int])
	return rapid.SliceOfN(one, 2, 12).Draw(t, name)
}

// taken counts, in the ledger, the different subjects shown to the agent under the item.
func (h *house) taken(work pii.RequestID) int {
	h.t.Helper()
	head, err := h.ledger.Head(ctxOf(h.t))
	h.ok(err)
	seen := map[pii.Ordinal]bool{}
	for from := uint64(0); from < head.Size; from += 1000 {
		records, err := h.ledger.Records(ctxOf(h.t), from, 1000)
		h.ok(err)
		for _, x := range records {
			if x.Leaf.Kind != proof.KindDisclosure || x.Fact("work") != work.String() {
				continue
			}
			x.Subjects(func(o pii.Ordinal, line proof.Line) bool {
				if line.Shown {
					seen[o] = true
				}
				return true
			})
		}
	}
	return len(seen)
}

// TestBudgetIsNeverExceeded: two doors on one database, as two processes have them,
// whatever they are asked for at once: never more different subjects are shown than
// the budget allows, by the ledger's own entries.
func TestBudgetIsNeverExceeded(t *testing.T) {
	const customers = 20
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, customers, options{caps: openCaps()})
		settings := h.settings
		settings.Keeper = filepath.Join(t.TempDir(), "beside.head")
		other, err := wire(ctxOf(t), h.dir, settings, options{caps: openCaps()})
		h.ok(err)
		t.Cleanup(other.close)
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > 12 { // each round is many commits
				return
			}
			most := rapid.Int64Range(0, customers).Draw(r, "most")
			agent := h.hire(fmt.Sprintf("r%04d", rounds), party.Staff, pii.Own)
			work := h.calls(agent, h.ids...)
			caps := spendCaps(most)
			caps.Limits = nil
			h.door.Caps, other.door.Caps = *caps, *caps
			var wg sync.WaitGroup
			for i, d := range []*door.Door{h.door, other.door} {
				j := spendJob{apartJob: apartJob{Work: work, Subjects: h.ids}, Asks: drawAsks(r, customers, fmt.Sprint("asks", i))}
				wg.Go(func() {
					if _, err := spendAll(ctxOf(t), d, agent, j); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got := h.taken(work); int64(got) > most {
				r.Fatalf("%d subjects were shown, %d are allowed", got, most)
			}
		})
	})
}

// TestBudgetOfTwoProcesses: a process beside ours spends from the same budget. What
// both ask for is more than it holds, so all of it is used and no more.
func TestBudgetOfTwoProcesses(t *testing.T) {
	const customers, most = 40, 25
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, customers, options{caps: spendCaps(most)})
		h.door.Caps = *spendCaps(most)
		j := spendJob{Cap: most, apartJob: apartJob{
			Places: h.dir, Settings: h.settings, Agent: h.agents[0].Person.ID, Work: h.calls(h.agents[0], h.ids...), Subjects: h.ids,
		}}
		for n := range customers {
			j.Asks = append(j.Asks, []int{n})
		}
		theirs := j
		theirs.Places.Keeper = ""
		theirs.Settings.Keeper = filepath.Join(t.TempDir(), "beside.head")
		cmd, out := startJob(t, "spend", theirs)
		if !out.Scan() || out.Text() != "open" {
			t.Fatalf("the other process says %q", out.Text())
		}
		if _, err := spendAll(ctxOf(t), h.door, h.agents[0], j); err != nil {
			t.Fatal(err)
		}
		if !out.Scan() {
			t.Fatal("the other process did not end well")
		}
		h.ok(cmd.Wait())
		if got := h.taken(j.Work); got != most {
			t.Errorf("%d subjects were shown, %d are allowed and were asked for", got, most)
		}
	})
}
