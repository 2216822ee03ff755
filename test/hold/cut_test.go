package hold

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// cut says where a proxy cuts a connection to PostgreSQL.
type cut int32

const (
	nowhere    cut = iota
	unsent         // the statements and COMMIT do not reach the server
	unanswered     // the server has committed, its answer does not come back
)

// proxy stands between Goldbell and PostgreSQL.
type proxy struct {
	addr, server string
	at           atomic.Int32
}

// newProxy returns a proxy to the server of a connection string, and the string
// that goes through it.
func newProxy(t testing.TB, dsn string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{addr: l.Addr().String(), server: u.Host}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(client)
		}
	}()
	u.Host = p.addr
	return p, u.String()
}

// join copies both ways until one side ends or the connection is cut.
func (p *proxy) join(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var begun atomic.Bool // the transaction to be cut has its first answer
	ended := make(chan struct{}, 2)
	go func() {
		copyUntil(client, server, func([]byte) bool {
			return begun.Load() && p.at.CompareAndSwap(int32(unsent), int32(nowhere))
		})
		ended <- struct{}{}
	}()
	go func() {
		copyUntil(server, client, func(b []byte) bool {
			if cut(p.at.Load()) == unsent && bytes.Contains(b, []byte("BEGIN\x00")) {
				begun.Store(true)
			}
			return bytes.Contains(b, []byte("COMMIT\x00")) && p.at.CompareAndSwap(int32(unanswered), int32(nowhere))
		})
		ended <- struct{}{}
	}()
	<-ended
}

func copyUntil(from, to net.Conn, stop func([]byte) bool) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && stop(b[:n]) {
			return
		}
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// TestLedgerConnectionCut cuts the connection before a commit reaches the server,
// and between the commit and its answer. The caller is told that nothing was
// recorded either way; a retry finds the entry exactly if it is there.
func TestLedgerConnectionCut(t *testing.T) {
	dsn := pgtest.Start(t)
	p, through := newProxy(t, dsn)
	d := newBookDir(t, through)
	b := mustOpenBook(t, d)
	direct := d
	direct.DSN, direct.Keeper = dsn, "direct"
	other := mustOpenBook(t, direct)
	var all []note
	for _, at := range []cut{unsent, unanswered, unsent, unanswered} {
		id := newID()
		for hit := false; !hit; { // the cut may meet a transaction of the background
			id = newID()
			p.at.Store(int32(at))
			r, err := b.Append(ctxOf(t), item(id, 1))
			if hit = err != nil; !hit {
				all = append(all, note{r.Record().Index, id})
				r.Close()
				continue
			}
			if !fault.Is(err, fault.Unavailable) || r != nil {
				t.Fatalf("cut at %d: %v", at, err)
			}
		}
		there, err := other.Requests(ctxOf(t), []pii.RequestID{id})
		if err != nil || (len(there) == 1) != (at == unanswered) {
			t.Fatalf("cut at %d: the entry is there: %v, %v", at, len(there) == 1, err)
		}
		r, err := b.Append(ctxOf(t), item(id, 1))
		if err != nil {
			t.Fatalf("the retry: %v", err)
		}
		if r.Again() != (at == unanswered) || r.Again() && there[id] != r.Record().Index {
			t.Errorf("cut at %d: the retry found an entry: %v", at, r.Again())
		}
		all = append(all, note{r.Record().Index, id})
		r.Close()
	}
	other.hasAll(t, all)
}

// TestLedgerConnectionCutUnderLoad does it to 64 writers.
func TestLedgerConnectionCutUnderLoad(t *testing.T) {
	dsn := pgtest.Start(t)
	p, through := newProxy(t, dsn)
	d := newBookDir(t, through)
	b := mustOpenBook(t, d)
	phase := &phases{}
	var failures atomic.Int64
	var mu sync.Mutex
	var all []note
	var wait sync.WaitGroup
	for w := range 64 {
		wait.Go(func() {
			for !phase.over() {
				id := newID()
				for told := false; !told; {
					r, err := b.Append(ctxOf(t), item(id, w))
					if told = err == nil; told {
						mu.Lock()
						all = append(all, note{r.Record().Index, id})
						mu.Unlock()
						r.Close()
						phase.answered(pii.PersonID(fmt.Sprint(w)))
					} else if !fault.Is(err, fault.Unavailable) {
						t.Error(err)
						return
					} else {
						failures.Add(1)
					}
				}
			}
		})
	}
	for range 5 {
		for _, at := range []cut{unsent, unanswered} {
			phase.wait(&phase.answers, 64)
			p.at.Store(int32(at))
			for cut(p.at.Load()) != nowhere {
				<-time.After(time.Millisecond)
			}
		}
	}
	phase.wait(&phase.answers, 64)
	phase.done.Store(true)
	wait.Wait()
	if failures.Load() == 0 {
		t.Error("no append failed: nothing was cut")
	}
	b.hasAll(t, all)
}
