package ledger

import (
	"context"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Fold counts what would otherwise fill the ledger, and records one entry per key
// and minute with the count, when the minute is over.
type Fold struct {
	ledger *Ledger
	entry  func(key string, count int) Entry

	mu     sync.Mutex
	minute time.Time
	counts map[string]int
}

// NewFold makes a Fold whose entries are made by entry.
func (l *Ledger) NewFold(entry func(key string, count int) Entry) *Fold {
	return &Fold{ledger: l, entry: entry, counts: map[string]int{}}
}

// Count adds one under key in the minute of now, and returns the minute's count.
func (f *Fold) Count(ctx context.Context, key string, now time.Time) int {
	m := now.Truncate(time.Minute)
	f.mu.Lock()
	var over map[string]int
	if m.After(f.minute) {
		over, f.counts, f.minute = f.counts, map[string]int{}, m
	}
	f.counts[key]++
	n := f.counts[key]
	f.mu.Unlock()
	f.record(ctx, over)
	return n
}

// Flush records the counts of minutes that are over at now; with a zero now, of
// all. The server calls it every minute and when it stops.
func (f *Fold) Flush(ctx context.Context, now time.Time) {
	f.mu.Lock()
	var over map[string]int
	if now.IsZero() || now.Truncate(time.Minute).After(f.minute) {
		over, f.counts = f.counts, map[string]int{}
	}
	f.mu.Unlock()
	f.record(ctx, over)
}

func (f *Fold) record(ctx context.Context, counts map[string]int) {
	for key, n := range counts {
		var id pii.RequestID
		if _, err := io.ReadFull(f.ledger.rand, id[:]); err != nil {
			f.ledger.alarm("fold-lost")
			continue
		}
		e := f.entry(key, n)
		e.Facts = append(e.Facts, proof.Field{Name: "count", Value: strconv.Itoa(n)})
		if r, err := f.ledger.Append(ctx, Item{Request: id, Entry: e}); err == nil {
			r.Close()
		} else {
			f.ledger.alarm("fold-lost")
		}
	}
}

// Counter counts per key within the current minute. It records nothing.
type Counter struct {
	mu     sync.Mutex
	minute time.Time
	counts map[string]int
}

// NewCounter makes a Counter.
func NewCounter() *Counter { return &Counter{counts: map[string]int{}} }

// Add adds one under key in the minute of now, and returns the minute's count.
func (c *Counter) Add(key string, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := now.Truncate(time.Minute); m.After(c.minute) {
		c.minute, c.counts = m, map[string]int{}
	}
	c.counts[key]++
	return c.counts[key]
}
