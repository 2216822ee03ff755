package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// slowReader holds up whoever reads leaves, once armed: a retry reads its entry
// back between commit and receipt.
type slowReader struct {
	ledger.Store
	arrived chan struct{}
	go1     chan struct{}
}

func (s slowReader) Leaves(ctx context.Context, from uint64, n int) ([][]byte, error) {
	if s.arrived != nil {
		s.arrived <- struct{}{}
		<-s.go1
	}
	return s.Store.Leaves(ctx, from, n)
}

// TestWithdrawalWaitsForReceiptsNotMadeYet: an item whose commit is over but whose
// caller has not woken up has no receipt yet. A withdrawal recorded after it waits
// all the same.
func TestWithdrawalWaitsForReceiptsNotMadeYet(t *testing.T) {
	b := newBook(t)
	id, hash := newID(), make([]byte, 32)
	first, err := b.Append(ctx, ledger.Item{Request: id, Hash: hash, Entry: b.shown()})
	b.ok(err)
	first.Close()
	b.shut()
	slow := slowReader{}
	b.open(func(s ledger.Store) ledger.Store { slow.Store = s; return &slow })
	slow.arrived, slow.go1 = make(chan struct{}), make(chan struct{})

	got := make(chan *ledger.Receipt)
	go func() {
		r, err := b.Append(ctx, ledger.Item{Request: id, Hash: hash, Entry: b.shown()})
		if err != nil {
			t.Error(err)
		}
		got <- r
	}()
	<-slow.arrived
	withdrawn := make(chan struct{})
	go func() {
		defer close(withdrawn)
		r, err := b.Append(ctx, ledger.Item{Request: newID(), Settle: true, Entry: ledger.Entry{
			Kind: about().Kind, Revokes: []string{ledger.PersonKey("a001")},
		}})
		if err != nil {
			t.Error(err)
			return
		}
		r.Close()
	}()
	// The withdrawal is durable; then it may only be waiting.
	for b.Size() < 2 {
		<-time.After(time.Millisecond)
	}
	close(slow.go1)
	r := <-got
	select {
	case <-withdrawn:
		t.Fatal("the withdrawal was acknowledged while a value could still be opened")
	case <-time.After(50 * time.Millisecond):
	}
	r.Close()
	<-withdrawn
}

// TestWithdrawalsDoNotWaitForEachOther: neither opens anything.
func TestWithdrawalsDoNotWaitForEachOther(t *testing.T) {
	b := newBook(t)
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := b.Append(ctx, ledger.Item{Request: newID(), Settle: true, Entry: about()})
			done <- err // the receipt stays open
		}()
	}
	within, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for range 2 {
		select {
		case err := <-done:
			b.ok(err)
		case <-within.Done():
			t.Fatal("they wait for each other")
		}
	}
}

// TestStale: what was taken away after the basis was read sends an item back, and
// nothing else does.
func TestStale(t *testing.T) {
	b := newBook(t)
	b.fill(3)
	taken := b.add(ledger.Entry{Kind: about().Kind, Revokes: []string{ledger.WorkKey(pii.RequestID{1})}})
	at := taken.Record().Index
	cases := []struct {
		name  string
		basis ledger.Basis
		stale bool
	}{
		{"nothing named", ledger.Basis{}, false},
		{"named, read before", ledger.Basis{Size: at, Keys: []string{ledger.WorkKey(pii.RequestID{1})}}, true},
		{"named, read long before", ledger.Basis{Size: 0, Keys: []string{ledger.WorkKey(pii.RequestID{1})}}, true},
		{"named, read after", ledger.Basis{Size: at + 1, Keys: []string{ledger.WorkKey(pii.RequestID{1})}}, false},
		{"another named", ledger.Basis{Size: 0, Keys: []string{ledger.WorkKey(pii.RequestID{2})}}, false},
		{"one of several", ledger.Basis{Size: at, Keys: []string{ledger.PersonKey("x"), ledger.WorkKey(pii.RequestID{1})}}, true},
		{"other rules", ledger.Basis{Size: at + 1, Rules: 7, Keys: []string{ledger.PersonKey("x")}}, true},
	}
	for _, c := range cases {
		r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: b.shown(), Basis: c.basis})
		if ledger.Stale(err) != c.stale || !c.stale && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if r != nil {
			r.Close()
		}
	}
}

// TestStaleInTheSameBatch: a withdrawal and what rests on the withdrawn queue
// together; the order in the batch decides.
func TestStaleInTheSameBatch(t *testing.T) {
	b := newBook(t)
	b.fill(1)
	for range 30 {
		key := ledger.WorkKey(newID())
		size := b.Size()
		withdrawn, shown := make(chan uint64, 1), make(chan uint64, 1)
		go func() {
			r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: ledger.Entry{Kind: about().Kind, Revokes: []string{key}}})
			if err != nil {
				t.Error(err)
			}
			withdrawn <- r.Record().Index
		}()
		go func() {
			defer close(shown)
			r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: b.shown(), Basis: ledger.Basis{Size: size, Keys: []string{key}}})
			if err == nil {
				shown <- r.Record().Index
				r.Close()
			} else if !ledger.Stale(err) {
				t.Error(err)
			}
		}()
		end := <-withdrawn
		if at, ok := <-shown; ok && at > end {
			t.Fatalf("shown at %d on a ground that ended at %d", at, end)
		}
	}
}

// TestDecideDecidesAgain on the same request when its ground was taken away.
func TestDecideDecidesAgain(t *testing.T) {
	b := newBook(t)
	key := ledger.PersonKey("a001")
	tries := 0
	r, err := b.Decide(ctx, newID(), nil, func() (ledger.Item, error) {
		if tries++; tries == 1 {
			b.add(ledger.Entry{Kind: about().Kind, Revokes: []string{key}}).Close()
		}
		return ledger.Item{Entry: about(), Basis: ledger.Basis{Keys: []string{key}}}, nil
	})
	b.ok(err)
	if tries != 2 || r.Record().Index != 1 {
		t.Errorf("decided %d times, entry %d", tries, r.Record().Index)
	}
	// never without end
	tries = 0
	_, err = b.Decide(ctx, newID(), nil, func() (ledger.Item, error) {
		tries++
		b.add(ledger.Entry{Kind: about().Kind, Revokes: []string{key}}).Close()
		return ledger.Item{Entry: about(), Basis: ledger.Basis{Keys: []string{key}}}, nil
	})
	if !fault.Is(err, fault.Conflict) || tries > 10 {
		t.Errorf("%d tries, %v", tries, err)
	}
}
