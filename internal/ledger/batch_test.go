package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// TestOneBatchHoldsAPairOfTwins: the same request sent twice at once must not take
// the batch it is in apart, or two requests cost everybody a commit each.
func TestOneBatchHoldsAPairOfTwins(t *testing.T) {
	f := firm.New(t, 1)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.Dir, "db")+"?_pragma=busy_timeout(10000)")
	f.OK(err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	f.OK(err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`) // all that is appended now queues
	f.OK(err)
	before := f.Ledger.Size()
	twin, hash := firm.NewID(), bytes.Repeat([]byte{1}, 32)
	done := make(chan error)
	const others = 40
	for i := range others + 2 {
		go func() {
			item := ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}}
			if i >= others {
				item.Request, item.Hash = twin, hash
			}
			r, err := f.Ledger.Append(t.Context(), item)
			if err == nil {
				r.Close()
			}
			done <- err
		}()
	}
	for f.Ledger.Queued() < others+1 {
		runtime.Gosched()
	}
	_, err = conn.ExecContext(t.Context(), `ROLLBACK`)
	f.OK(err)
	for range others + 2 {
		f.OK(<-done)
	}
	var commits int
	f.OK(db.QueryRow(`SELECT COUNT(*) FROM ledger_checkpoint WHERE size > ?`, int64(before)).Scan(&commits))
	if got := f.Ledger.Size() - before; got != others+1 {
		t.Errorf("%d entries", got)
	}
	if commits > 3 {
		t.Errorf("%d commits for what fits into two", commits)
	}
}

// TestWhoGaveUpIsNotWritten: what waited while the database was away and was given
// up by its caller must not be written afterwards, nor fill the memory.
func TestWhoGaveUpIsNotWritten(t *testing.T) {
	f := firm.New(t, 1)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.Dir, "db")+"?_pragma=busy_timeout(10000)")
	f.OK(err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	f.OK(err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	f.OK(err)
	before := f.Ledger.Size()
	done := make(chan error)
	send := func(ctx context.Context) {
		r, err := f.Ledger.Append(ctx, ledger.Item{Request: firm.NewID(), Entry: ledger.Entry{Kind: proof.KindParty}})
		if err == nil {
			r.Close()
		}
		done <- err
	}
	first := &noticing{Context: t.Context(), asked: make(chan struct{})}
	go send(first) // it holds the appender
	<-first.asked  // in the queue, or taken
	for f.Ledger.Queued() > 0 {
		runtime.Gosched()
	}
	const others = 20
	ctx, giveUp := context.WithCancel(t.Context())
	for range others {
		go send(ctx)
	}
	for f.Ledger.Queued() < others {
		runtime.Gosched()
	}
	giveUp()
	for range others {
		if <-done == nil {
			t.Error("recorded")
		}
	}
	_, err = conn.ExecContext(t.Context(), `ROLLBACK`)
	f.OK(err)
	f.OK(<-done)
	f.OK(f.Ledger.Close())
	if got := f.Ledger.Size() - before; got != 1 {
		t.Errorf("%d entries for one that was waited for", got)
	}
}

// noticing tells when somebody begins to wait for it.
type noticing struct {
	context.Context
	once  sync.Once
	asked chan struct{}
}

func (n *noticing) Done() <-chan struct{} {
	n.once.Do(func() { close(n.asked) })
	return n.Context.Done()
}

// TestAWithdrawalWaitsForWhoIsAhead: when an entry that takes something away is
// acknowledged, nothing recorded before it opens any more: not what is committed
// and on its way back to its caller, and not what is being opened right now.
func TestAWithdrawalWaitsForWhoIsAhead(t *testing.T) {
	f := firm.New(t, 1)
	f.OK(f.Ledger.Close())
	config := f.LedgerConfig()
	reading, goOn := make(chan struct{}), make(chan struct{})
	held := false
	config.Keys = func(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]keyring.RecordKey, error) {
		if held {
			close(reading)
			<-goOn
		}
		return f.Vault.RecordKeys(ctx, of)
	}
	l, err := ledger.Open(t.Context(), config)
	f.OK(err)
	defer l.Close()
	s, err := f.Vault.Describe(t.Context(), f.IDs)
	f.OK(err)
	shown := ledger.Item{Request: firm.NewID(), Hash: make([]byte, 32), Entry: ledger.Entry{
		Kind: proof.KindDisclosure, Verb: pii.Read, Form: pii.Plain, Fields: []pii.Field{pii.Phone},
		Subjects: []ledger.Subject{{Ordinal: s[0].Ordinal, Key: s[0].Key, Line: proof.Line{Shown: true, Version: 1}}},
	}}
	r, err := l.Append(t.Context(), shown)
	f.OK(err)
	r.Close()
	withdraw := func() chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			w, err := l.Append(t.Context(), ledger.Item{Request: firm.NewID(), Settle: true, Entry: ledger.Entry{Kind: proof.KindConsent}})
			if err != nil {
				t.Error(err)
				return
			}
			w.Close()
		}()
		return done
	}

	held = true // the retry's entry is found, but its caller has no receipt yet
	again := make(chan *ledger.Receipt)
	go func() {
		r, err := l.Append(t.Context(), shown)
		if err != nil {
			t.Error(err)
		}
		again <- r
	}()
	<-reading
	held = false
	size := l.Size()
	done := withdraw()
	for l.Size() == size {
		runtime.Gosched()
	}
	early := isDone(done)
	close(goOn)
	r = <-again
	_, err = r.Redeem()
	if early && err == nil {
		t.Error("opened after the withdrawal was acknowledged")
	}
	if isDone(done) {
		t.Error("acknowledged while values were being opened")
	}
	r.Close()
	<-done

	r, err = l.Append(t.Context(), shown)
	f.OK(err)
	_, err = r.Redeem()
	f.OK(err)
	f.Now = f.Now.Add(6e9) // a slow database: the receipt is too old, its reader is not done
	size = l.Size()
	done = withdraw()
	for l.Size() == size {
		runtime.Gosched()
	}
	if isDone(done) {
		t.Error("acknowledged while values were still being opened")
	}
	r.Close()
	<-done
}

// isDone gives the other side a moment to finish, if nothing holds it.
func isDone(c chan struct{}) bool {
	for range 2000 {
		select {
		case <-c:
			return true
		default:
			runtime.Gosched()
		}
	}
	return false
}
