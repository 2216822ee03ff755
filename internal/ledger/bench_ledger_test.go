package ledger_test

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// crowd appends n disclosures of subjects 1 to 500 from many writers, so that
// batches are as long as under load.
func (b *book) crowd(n int) {
	b.t.Helper()
	for o := pii.Ordinal(1); o <= 500; o++ {
		if _, ok := b.keys[o]; !ok {
			b.keys[o] = b.key()
		}
	}
	const writers = 512
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < n; i += writers {
				e := b.shown()
				o := pii.Ordinal(i%500 + 1)
				e.Subjects = []ledger.Subject{{Ordinal: o, Key: b.keys[o], Line: e.Subjects[0].Line}}
				if r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: e}); err == nil {
					r.Close()
				} else {
					b.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkLedgerVerify verifies a ledger on SQLite in one goroutine on one core:
// without the record keys (tree, tiles, heads) and with them.
func BenchmarkLedgerVerify(b *testing.B) {
	const n = 150_000
	k := newBook(b)
	k.crowd(n)
	k.ok(k.db.File(ctx)) // what is filed later would be measured too
	k.ok(k.db.Checkpoint(ctx))
	keyless := k.config
	keyless.Keys = nil
	for name, c := range map[string]ledger.Config{"keyless": keyless, "keyed": k.config} {
		b.Run(name, func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			before := cpuTime(b)
			for b.Loop() {
				r, err := ledger.Verify(ctx, c, k.db, nil)
				if err != nil || len(r.Faults) > 0 || r.Size != n {
					b.Fatal(r.Size, r.Faults, err)
				}
				b.ReportMetric(float64(r.Heads), "heads")
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(b.N)*n/(cpuTime(b)-before).Seconds(), "entries/cpu-s")
		})
	}
}

// BenchmarkLedgerPage reads a page of the explorer, 50 entries with their openings, in
// a ledger of a million entries on SQLite (GOLDBELL_BENCH_ENTRIES: of so many): the
// newest, and pages found by index far behind.
func BenchmarkLedgerPage(b *testing.B) {
	n := 1_000_000
	if own, err := strconv.Atoi(os.Getenv("GOLDBELL_BENCH_ENTRIES")); err == nil {
		n = own
	}
	k := newBook(b)
	k.crowd(n)
	k.ok(k.db.File(ctx))
	k.ok(k.db.Checkpoint(ctx))
	const page = 50
	for name, from := range map[string]int{"newest": n - page, "middle": n / 2, "oldest": 0} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := k.Head(ctx); err != nil {
					b.Fatal(err)
				}
				if rs, err := k.Records(ctx, uint64(from), page); err != nil || len(rs) != page {
					b.Fatal(len(rs), err)
				}
			}
		})
	}
}

// cpuTime is what this process has used: on a busy machine it tells more than the
// clock on the wall.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLedgerAppend is one writer's entry, from the facts to the durable
// receipt, on SQLite.
func BenchmarkLedgerAppend(b *testing.B) {
	k := newBook(b)
	for b.Loop() {
		r, err := k.Append(ctx, ledger.Item{Request: newID(), Entry: k.shown()})
		k.ok(err)
		r.Close()
	}
}
