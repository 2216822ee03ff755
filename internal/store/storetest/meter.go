package storetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
)

// one charges one budget and reports whether it was within its cap.
func one(tx ledger.Tx, s ledger.Spend) (ok bool, err error) {
	over, err := tx.Spend([]ledger.Spend{s})
	return over == "" && err == nil, err
}

// spend charges in an append of its own.
func spend(t *testing.T, db *store.DB, s ledger.Spend) (ok bool) {
	t.Helper()
	s.Until = now
	mustAppend(t, db, 1, func(tx ledger.Tx, _ uint64) (err error) {
		ok, err = one(tx, s)
		return err
	})
	return ok
}

func testAmounts(t *testing.T, db *store.DB) {
	for i, c := range []struct {
		key    string
		cap    int64
		amount int64
		want   bool
	}{
		{"a", 5, 6, false}, // nothing is charged, the meter does not exist yet
		{"a", 5, 3, true},
		{"a", 5, 3, false},
		{"a", 5, 2, true},
		{"a", 5, 1, false},
		{"a", 6, 1, true}, // the cap was raised
		{"a", 5, 0, false},
		{"b", 5, 5, true}, // another key
		{"c", 0, 1, false},
	} {
		if got := spend(t, db, ledger.Spend{Key: c.key, Cap: c.cap, Amount: c.amount}); got != c.want {
			t.Errorf("step %d: %d of %q under %d: %v, want %v", i, c.amount, c.key, c.cap, got, c.want)
		}
	}
	// a spend in an append that fails is not charged
	_ = Append(db, 1, func(tx ledger.Tx, _ uint64) error {
		if ok, err := one(tx, ledger.Spend{Key: "d", Cap: 1, Amount: 1, Until: now}); !ok || err != nil {
			t.Error("the first spend:", ok, err)
		}
		return errOurs
	})
	if !spend(t, db, ledger.Spend{Key: "d", Cap: 1, Amount: 1}) {
		t.Error("a failed append was charged")
	}
	if err := db.Sweep(ctx, now.Add(1)); err != nil {
		t.Fatal(err)
	}
	if err := db.Sweep(ctx, now.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if !spend(t, db, ledger.Spend{Key: "d", Cap: 1, Amount: 1}) {
		t.Error("a meter outlived its window")
	}
}

func testSubjects(t *testing.T, db *store.DB) {
	many := make([]pii.Ordinal, 900)
	for i := range many {
		many[i] = pii.Ordinal(10_000 + i)
	}
	for i, c := range []struct {
		cap  int64
		of   []pii.Ordinal
		want bool
	}{
		{3, []pii.Ordinal{1, 2, 2}, true},    // 2 used
		{3, []pii.Ordinal{2, 3, 4}, false},   // 2 more are one too many: none is counted
		{3, []pii.Ordinal{3, 1, 2}, true},    // 3 used
		{3, []pii.Ordinal{1, 2, 3}, true},    // all counted before
		{3, []pii.Ordinal{4}, false},         //
		{4, []pii.Ordinal{4}, true},          // 4 was not counted when it was refused
		{903, many, false},                   // 904 would be used
		{904, many, true},                    //
		{904, append(many[5:7:7], 4), true},  // counted
		{904, append(many[5:7:7], 5), false}, //
		{0, []pii.Ordinal{1}, true},          // seen before: costs nothing
	} {
		if got := spend(t, db, ledger.Spend{Key: "k", Cap: c.cap, Amount: 99, Subjects: c.of}); got != c.want {
			t.Errorf("step %d: %v, want %v", i, got, c.want)
		}
	}
	if err := db.Sweep(ctx, now.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if spend(t, db, ledger.Spend{Key: "k", Cap: 0, Subjects: []pii.Ordinal{1}}) {
		t.Error("a counted subject outlived its window")
	}
}

// testBatchOfSpends: within one append a spend sees the ones before it, announced
// or not, and a second append sees them all.
func testBatchOfSpends(t *testing.T, db *store.DB) {
	steps := []struct {
		s    ledger.Spend
		want bool
	}{
		{ledger.Spend{Key: "s", Cap: 3, Subjects: []pii.Ordinal{1, 2}}, true},
		{ledger.Spend{Key: "r", Cap: 2, Amount: 1}, true},
		{ledger.Spend{Key: "s", Cap: 3, Subjects: []pii.Ordinal{2, 3}}, true},
		{ledger.Spend{Key: "s", Cap: 3, Subjects: []pii.Ordinal{4}}, false},
		{ledger.Spend{Key: "r", Cap: 2, Amount: 2}, false},
		{ledger.Spend{Key: "r", Cap: 2, Amount: 1}, true},
		{ledger.Spend{Key: "s", Cap: 3, Subjects: []pii.Ordinal{1, 2, 3}}, true},
	}
	for round, announced := range []int{0, 3, len(steps)} {
		mustAppend(t, db, 1, func(tx ledger.Tx, _ uint64) error {
			var all []ledger.Spend
			for i := range steps {
				steps[i].s.Until = now
				all = append(all, steps[i].s)
			}
			if err := tx.Prefetch(ledger.Needs{Spends: all[:announced]}); err != nil {
				return err
			}
			for i, step := range steps {
				want := step.want
				if round > 0 { // all is spent; subjects counted before cost nothing
					want = step.s.Key == "s" && step.want
				}
				if ok, err := one(tx, step.s); err != nil || ok != want {
					t.Errorf("round %d, step %d: %v, want %v: %v", round, i, ok, want, err)
				}
			}
			return nil
		})
	}
}

// testAllOrNone: an entry's budgets are charged together.
func testAllOrNone(t *testing.T, db *store.DB) {
	all := []ledger.Spend{
		{Key: "r", Cap: 4, Amount: 1, Until: now},
		{Key: "s", Cap: 3, Subjects: []pii.Ordinal{1, 2}, Until: now},
		{Key: "r", Cap: 4, Amount: 1, Until: now}, // the same meter again
		{Key: "t", Cap: 1, Amount: 1, Until: now},
	}
	mustAppend(t, db, 1, func(tx ledger.Tx, _ uint64) error {
		for round, want := range []string{"", "t", "t"} {
			if over, err := tx.Spend(all); err != nil || over != want {
				t.Errorf("round %d: over %q, want %q: %v", round, over, want, err)
			}
			all[1].Subjects = []pii.Ordinal{3} // must not stay counted
		}
		return nil
	})
	for _, c := range []struct {
		s    ledger.Spend
		want bool
	}{
		{ledger.Spend{Key: "r", Cap: 1, Amount: 0}, false}, // 2 used
		{ledger.Spend{Key: "r", Cap: 2, Amount: 0}, true},
		{ledger.Spend{Key: "s", Cap: 2, Subjects: []pii.Ordinal{3}}, false}, // 3 is not counted
		{ledger.Spend{Key: "s", Cap: 0, Subjects: []pii.Ordinal{1, 2}}, true},
	} {
		if got := spend(t, db, c.s); got != c.want {
			t.Errorf("%v: %v", c.s, got)
		}
	}
}

func testSpenders(t *testing.T, db *store.DB) {
	const spenders, each, limit = 32, 4, 50
	var requests, subjects atomic.Int64
	var wait sync.WaitGroup
	for g := range spenders {
		wait.Go(func() {
			for i := range each {
				err := Append(db, 1, func(tx ledger.Tx, _ uint64) error {
					ok, err := one(tx, ledger.Spend{Key: "requests", Cap: limit, Amount: 1, Until: now})
					if ok {
						requests.Add(1)
					}
					if err != nil {
						return err
					}
					// every subject is asked for by two spenders
					ok, err = one(tx, ledger.Spend{Key: "subjects", Cap: limit, Subjects: []pii.Ordinal{pii.Ordinal(g/2*each + i)}, Until: now})
					if ok {
						subjects.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if got := requests.Load(); got != limit {
		t.Errorf("%d requests passed a cap of %d", got, limit)
	}
	counted := 0
	for o := range pii.Ordinal(spenders / 2 * each) {
		if spend(t, db, ledger.Spend{Key: "subjects", Cap: 0, Subjects: []pii.Ordinal{o}}) {
			counted++
		}
	}
	if counted != limit {
		t.Errorf("%d subjects passed a cap of %d", counted, limit)
	}
	if got := subjects.Load(); got < limit || got > 2*limit {
		t.Errorf("%d of the spends passed", got)
	}
	Check(t, db)
}
