package hold

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// TestLedgerKilledUnderLoad kills a process with 64 writers at random, 50 times on
// one database. What it acknowledged is there, and no index was given twice.
func TestLedgerKilledUnderLoad(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 4
	}
	onEach(t, func(t *testing.T, dsn string) {
		rng := rand.New(rand.NewPCG(3, uint64(len(dsn))))
		d := newBookDir(t, dsn)
		var all []note
		for range rounds {
			a := startAppender(t, d, 64)
			a.read(1 + rng.IntN(200))
			// A moment, so that the kill falls anywhere in a commit.
			<-time.After(time.Duration(rng.IntN(3000)) * time.Microsecond)
			a.kill()
			all = append(all, a.acked...)
		}
		mustOpenBook(t, d).hasAll(t, all)
	})
}

// TestLedgerProcessesRace lets processes append to one database and kills one of
// them. There is one history, with all that any of them acknowledged.
func TestLedgerProcessesRace(t *testing.T) {
	race := func(t *testing.T, dsn string, processes int) {
		d := newBookDir(t, dsn)
		var each []*appender
		for i := range processes {
			d.Keeper = fmt.Sprint("head", i)
			each = append(each, startAppender(t, d, 16))
		}
		var wait sync.WaitGroup
		for i, a := range each {
			wait.Go(func() {
				a.read(100)
				if i == 0 {
					a.kill()
				}
				a.read(100)
			})
		}
		wait.Wait()
		var all []note
		for i, a := range each {
			if i > 0 {
				a.stop()
			}
			if len(a.acked) < 100 {
				t.Errorf("process %d recorded %d entries only: nothing was raced", i, len(a.acked))
			}
			all = append(all, a.acked...)
		}
		d.Keeper = "head"
		mustOpenBook(t, d).hasAll(t, all)
	}
	t.Run("sqlite 2", func(t *testing.T) { race(t, "", 2) })
	t.Run("postgres 2", func(t *testing.T) { race(t, pgtest.Start(t), 2) })
	t.Run("postgres 4", func(t *testing.T) { race(t, pgtest.Start(t), 4) })
}

// TestLedgerDiskFull fills a file system of 5 MiB with entries. Then every append is
// refused and the head stays; with space again it goes on.
func TestLedgerDiskFull(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=5m,mode=0700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	d := newBookDir(t, "")
	d.Dir = small
	reserve := filepath.Join(small, "reserve")
	if err := os.WriteFile(reserve, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	b := mustOpenBook(t, d)
	var mu sync.Mutex
	var all []note
	load := func() {
		var wait sync.WaitGroup
		for w := range 16 {
			wait.Go(func() {
				for range 2000 {
					id := newID()
					r, err := b.Append(ctxOf(t), item(id, w))
					if err != nil {
						if !fault.Is(err, fault.Unavailable) {
							t.Errorf("on a full disk: %v", err)
						}
						return
					}
					mu.Lock()
					all = append(all, note{r.Record().Index, id})
					mu.Unlock()
					r.Close()
				}
				t.Error("the disk did not fill")
			})
		}
		wait.Wait()
	}
	load()
	var before ledger.Head
	// What was refused was a batch; a single entry may still fit, and SQLite begins its
	// log anew when it was copied.
	for refused, tries := 0, 0; refused < 20; tries++ {
		id := newID()
		r, err := b.Append(ctxOf(t), item(id, 0))
		switch {
		case tries == 5000:
			t.Fatal("the disk does not stay full")
		case err == nil:
			all, refused = append(all, note{r.Record().Index, id}), 0
			r.Close()
			continue
		case !fault.Is(err, fault.Unavailable):
			t.Fatalf("with the disk full: %v", err)
		}
		if refused++; refused == 1 {
			if before, err = b.Head(ctxOf(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	after, err := b.Head(ctxOf(t))
	if err != nil || after.Size != before.Size || after.Root != before.Root {
		t.Fatalf("the head moved from %d to %d: %v", before.Size, after.Size, err)
	}
	if err := os.Remove(reserve); err != nil {
		t.Fatal(err)
	}
	id := newID()
	r, err := b.Append(ctxOf(t), item(id, 0))
	if err != nil || r.Record().Index != before.Size {
		t.Fatalf("with space again: %v", err)
	}
	r.Close()
	all = append(all, note{before.Size, id})
	b.hasAll(t, all)
	b.close()
	mustOpenBook(t, d).hasAll(t, all)
}

// TestLedgerServerGone stops PostgreSQL under 64 writers and starts it again. Each
// writer retries one request until it is told where it is recorded: once.
func TestLedgerServerGone(t *testing.T) {
	server := pgtest.New(t)
	d := newBookDir(t, server.Database(t))
	b := mustOpenBook(t, d)
	phase := &phases{}
	var mu sync.Mutex
	var all []note
	var wait sync.WaitGroup
	for w := range 64 {
		wait.Go(func() {
			me := pii.PersonID(fmt.Sprint(w))
			for !phase.over() {
				id := newID()
				for {
					r, err := b.Append(ctxOf(t), item(id, w))
					if err == nil {
						mu.Lock()
						all = append(all, note{r.Record().Index, id})
						mu.Unlock()
						r.Close()
						phase.answered(me)
						break
					}
					if !fault.Is(err, fault.Unavailable) {
						t.Errorf("while the server is away: %v", err)
						return
					}
					phase.failed(me)
					<-time.After(5 * time.Millisecond) // leave the machine to the server
				}
			}
		})
	}
	for range 3 {
		phase.wait(&phase.answers, 64)
		server.Stop(t)
		phase.wait(&phase.failures, 64)
		server.Start(t)
		phase.wait(&phase.answers, 64)
	}
	phase.done.Store(true)
	wait.Wait()
	b.hasAll(t, all)
}
