package hold

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"golang.org/x/sys/unix"
)

// released ends the test if an answer that came with an error holds a value.
func released(t testing.TB, a door.Answer) {
	t.Helper()
	for _, r := range a.Results {
		if len(r.Values) > 0 || r.Token != (pii.SubjectID{}) {
			t.Error("a value was released with an error")
		}
	}
}

// refusedAll asks for values in every way and wants an answer of 503 each time.
func (h *house) refusedAll(work pii.RequestID) {
	h.t.Helper()
	for _, form := range []pii.Form{pii.Masked, pii.Token, pii.Plain} {
		a, err := h.door.Disclose(ctxOf(h.t), h.agents[0], read(work, form, h.ids[0]))
		if err == nil || fault.Of(err).Kind.HTTPStatus() != 503 {
			h.t.Errorf("form %s: %v", form, err)
		}
		released(h.t, a)
	}
	found, err := h.door.Find(ctxOf(h.t), h.agents[0], door.Lookup{
		ID: newID(), Field: pii.Phone, Value: h.rows[0][pii.Phone], Purpose: "telesales", Work: work,
	})
	if err == nil || fault.Of(err).Kind.HTTPStatus() != 503 || found.Hit {
		h.t.Errorf("lookup: hit %v, %v", found.Hit, err)
	}
}

func TestI3_StoreClosed(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 6, options{})
		work := h.calls(h.agents[0], h.ids...)
		h.ok(h.db.Close())
		h.refusedAll(work)
		h.open(h.dir, options{})
		a, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[0]))
		if err != nil || !a.Results[0].Shown {
			t.Fatalf("afterwards: %v", err)
		}
		h.verified()
	})
}

// TestI3_DiskFull fills a small file system under the data directory.
func TestI3_DiskFull(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=12m,mode=0700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	h := newHouse(t, "", 1, 40, options{caps: openCaps()})
	work := h.calls(h.agents[0], h.ids...)
	h.close()
	h.ok(os.CopyFS(filepath.Join(small, "data"), os.DirFS(h.dir.Data)))
	h.dir.Data = filepath.Join(small, "data")
	h.open(h.dir, options{caps: openCaps()})

	filler := filepath.Join(small, "filler")
	fill(t, filler)
	var full error
	for range 5000 {
		a, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids...))
		if full = err; full != nil {
			released(t, a)
			break
		}
	}
	if !fault.Is(full, fault.Unavailable) {
		t.Fatalf("on a full disk: %v", full)
	}
	head, err := h.ledger.Head(ctxOf(t))
	h.ok(err)
	for range 20 {
		h.refusedAll(work)
	}
	now, err := h.ledger.Head(ctxOf(t))
	h.ok(err)
	if now.Size != head.Size || now.Root != head.Root {
		t.Fatalf("the head moved from %d to %d while nothing could be recorded", head.Size, now.Size)
	}
	h.readLedger()
	h.ok(os.Remove(filler))
	a, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[0]))
	if err != nil || !a.Results[0].Shown || a.Entry != head.Size {
		t.Fatalf("with space again: entry %d after %d, %v", a.Entry, head.Size, err)
	}
	h.close()
	h.verified()
}

// fill writes a file until the disk is full.
func fill(t testing.TB, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		_, err := f.Write(block)
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestI3_ServerGone stops PostgreSQL under load and starts it again.
func TestI3_ServerGone(t *testing.T) {
	server := pgtest.New(t)
	h := newHouse(t, server.Database(t), 8, 20, options{caps: openCaps()})
	phase := &phases{}
	var wg sync.WaitGroup
	var acked sync.Map // disclosure id → entry
	for _, agent := range h.agents {
		work := h.calls(agent, h.ids...)
		wg.Go(func() {
			for n := 0; !phase.over(); n++ {
				a, err := h.door.Disclose(ctxOf(t), agent, read(work, pii.Masked, h.ids[n%len(h.ids)]))
				if err != nil {
					if !fault.Is(err, fault.Unavailable) {
						t.Errorf("while the server is away: %v", err)
					}
					released(t, a)
					phase.failed(agent.Person.ID)
					<-time.After(5 * time.Millisecond) // leave the machine to the server
					continue
				}
				acked.Store(a.ID, a.Entry)
				phase.answered(agent.Person.ID)
			}
		})
	}
	for range 3 {
		phase.wait(&phase.answers, len(h.agents))
		server.Stop(t)
		phase.wait(&phase.failures, len(h.agents))
		server.Start(t)
		phase.wait(&phase.answers, len(h.agents))
	}
	phase.done.Store(true)
	wg.Wait()
	c := h.readLedger()
	n := 0
	acked.Range(func(id, entry any) bool {
		n++
		if at := c.byRequest[id.(pii.RequestID)]; len(at) != 1 || at[0] != entry.(uint64) {
			t.Errorf("an answered request has entries %v, told %d", at, entry)
		}
		return true
	})
	t.Logf("%d answered, %d entries", n, len(c.leaves))
	h.verified()
}

// phases count what each client has met since the last wait.
type phases struct {
	mu       sync.Mutex
	answers  map[pii.PersonID]int
	failures map[pii.PersonID]int
	changed  chan struct{}
	done     atomic.Bool
}

func (p *phases) over() bool { return p.done.Load() }

func (p *phases) answered(who pii.PersonID) { p.count(&p.answers, who) }
func (p *phases) failed(who pii.PersonID)   { p.count(&p.failures, who) }

func (p *phases) count(in *map[pii.PersonID]int, who pii.PersonID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *in == nil {
		*in = map[pii.PersonID]int{}
	}
	(*in)[who]++
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// wait forgets what was counted and waits until n clients are counted anew.
func (p *phases) wait(in *map[pii.PersonID]int, n int) {
	p.mu.Lock()
	*in = nil
	for len(*in) < n {
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		<-changed
		p.mu.Lock()
	}
	p.mu.Unlock()
}
