package hold

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// openCaps stop nobody: for tests in which budgets are in the way.
func openCaps() *door.Caps {
	c := door.DefaultCaps()
	for _, m := range []map[pii.Form]int64{c.Person, c.Org} {
		for f := range m {
			m[f] = 1 << 40
		}
	}
	c.Requests, c.Refused, c.Lookups, c.Limits = 1<<40, 1<<40, 1<<40, nil
	return &c
}

// TestI1_KilledAtEveryPlace kills the process before, inside and after the commit
// of a disclosure, and between commit and answer, and looks at the files.
func TestI1_KilledAtEveryPlace(t *testing.T) {
	places := []struct {
		point    string
		recorded bool // the entry is in the ledger afterwards
		opened   bool // a sealed value may have been read
	}{
		{"before the commit", false, false},
		{"inside the commit", false, false},
		{"after the commit", true, false},
		{"before the answer", true, true},
	}
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 10, options{})
		for _, place := range places {
			j := h.job(pii.Masked, place.point)
			before := h.readLedger()
			h.close()
			cmd, out := start(t, "disclose", j)
			for out.Scan() && out.Text() != "at "+place.point {
				t.Fatalf("%s: the child says %q", place.point, out.Text())
			}
			h.ok(cmd.Process.Kill())
			killed(t, cmd)
			h.open(h.dir, options{})
			after := h.readLedger()
			after.extends(t, before)
			if got := len(after.leaves) > len(before.leaves); got != place.recorded {
				t.Errorf("killed %s: recorded %v", place.point, got)
			}
			if got := lines(t, j.Released+".opened") > 0; got != place.opened {
				t.Errorf("killed %s: opened %v", place.point, got)
			}
			if n := len(releases(t, j.Released)); n != 0 {
				t.Errorf("killed %s: %d values were released", place.point, n)
			}
			if _, err := h.door.Disclose(ctxOf(t), h.agents[0], read(j.Works[0], pii.Masked, h.ids[0])); err != nil {
				t.Errorf("killed %s: afterwards: %v", place.point, err)
			}
		}
		h.verified()
	})
}

// TestI1_KilledUnderLoad kills a busy process at random moments. Whatever it had
// released is in the verified ledger, under the index it was told.
func TestI1_KilledUnderLoad(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	onEach(t, func(t *testing.T, dsn string) {
		rng := rand.New(rand.NewPCG(1, uint64(len(dsn))))
		h := newHouse(t, dsn, 8, 50, options{caps: openCaps()})
		h.settings.Caps = *openCaps()
		j := h.job(pii.Masked, "")
		j.Clients = 8
		last := h.readLedger()
		total := 0
		for round := range rounds {
			h.close()
			cmd, out := start(t, "disclose", j)
			for left := 1 + rng.IntN(60); left > 0 && out.Scan(); left-- {
			}
			// A moment, so that the kill falls anywhere in a commit.
			<-time.After(time.Duration(rng.IntN(3000)) * time.Microsecond)
			h.ok(cmd.Process.Kill())
			for out.Scan() {
			}
			killed(t, cmd)
			h.open(h.dir, options{})
			now := h.readLedger()
			now.extends(t, last)
			last = now
			total = h.allRecorded(j, now)
			if t.Failed() {
				t.Fatalf("in round %d", round)
			}
		}
		if total < rounds {
			t.Fatalf("only %d values were released in %d rounds: nothing was tested", total, rounds)
		}
		r := h.verified()
		t.Logf("%d rounds, %d released, %d entries, %d openings opened", rounds, total, r.Size, r.Opened)
	})
}

// allRecorded checks that every released value is named by a disclosure of the
// ledger, at the index told, and that no two were told the same.
func (h *house) allRecorded(j job, c *copyOf) int {
	h.t.Helper()
	told := map[uint64]pii.RequestID{}
	all := releases(h.t, j.Released)
	for _, r := range all {
		if other, taken := told[r.entry]; taken && other != r.id {
			h.t.Errorf("index %d was given twice", r.entry)
		}
		told[r.entry] = r.id
		at := c.byRequest[r.id]
		if len(at) != 1 || at[0] != r.entry {
			h.t.Errorf("a released value has %d entries (told %d)", len(at), r.entry)
			continue
		}
		record, err := h.ledger.Record(ctxOf(h.t), r.entry)
		h.ok(err)
		of, _, err := h.vault.Resolve(ctxOf(h.t), []pii.SubjectID{r.subject})
		h.ok(err)
		named := false
		record.Subjects(func(o pii.Ordinal, l proof.Line) bool {
			named = named || o == of[0] && l.Shown
			return true
		})
		if !named || record.Leaf.Kind != proof.KindDisclosure {
			h.t.Errorf("entry %d does not name the subject whose value was released", r.entry)
		}
	}
	return len(all)
}
