package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
)

// What waits commits with its entry, comes back in order of its time, and is taken by
// one of two who try it.
func TestOutbox(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		waiting := func(n byte, after time.Duration) *casework.Waiting {
			return &casework.Waiting{ID: pii.RequestID{n}, Next: now().Add(after), Sealed: []byte{n, 7}}
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		due := func(at time.Duration) (all []casework.Waiting) {
			t.Helper()
			all, err := db.Due(ctx, now().Add(at), 2)
			ok(err)
			return all
		}
		ok(apply(db, []ledger.Effect{
			casework.Posted{Waiting: waiting(2, time.Second)}, casework.Posted{Waiting: waiting(1, 0)},
			casework.Posted{Waiting: waiting(3, time.Hour)}, casework.Posted{Waiting: waiting(4, time.Second)}, casework.Unposted{ID: pii.RequestID{4}},
		}...))
		if d := cmp.Diff([]casework.Waiting{*waiting(1, 0), *waiting(2, time.Second)}, due(2*time.Hour)); d != "" {
			t.Fatal(d)
		}
		if n := len(due(0)); n != 1 {
			t.Fatalf("%d are due", n)
		}
		for _, want := range []bool{true, false} {
			mine, err := db.PutOff(ctx, *waiting(1, 0), now().Add(time.Minute))
			if ok(err); mine != want {
				t.Fatal("two took one message, or nobody did")
			}
		}
		again := waiting(1, time.Minute)
		again.Tries = 1
		if d := cmp.Diff([]casework.Waiting{*waiting(2, time.Second), *again}, due(time.Minute)); d != "" {
			t.Fatal(d)
		}
		ok(db.RemoveWaiting(ctx, pii.RequestID{2}))
		ok(apply(db, casework.Posted{Waiting: waiting(1, 0)}))
		if d := cmp.Diff([]casework.Waiting{*waiting(1, 0)}, due(time.Minute)); d != "" {
			t.Fatal(d)
		}
	})
}
