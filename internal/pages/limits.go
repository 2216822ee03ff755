package pages

import (
	"sync"
	"time"
)

// A source may send perMinute forms; of more than mostSources sources in a minute the
// rest share one count.
const (
	perMinute   = 40
	mostSources = 10_000
)

// limits count forms by source, in this process: what is recorded is limited again,
// by the ledger.
type limits struct {
	clock func() time.Time

	mu     sync.Mutex // guards what follows
	minute time.Time
	seen   map[string]int
}

func newLimits(clock func() time.Time) *limits {
	return &limits{clock: clock, seen: map[string]int{}}
}

func (l *limits) allow(source string) bool {
	now := l.clock().Truncate(time.Minute)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Equal(l.minute) {
		l.minute, l.seen = now, map[string]int{}
	}
	if _, ok := l.seen[source]; !ok && len(l.seen) >= mostSources {
		source = "others"
	}
	l.seen[source]++
	return l.seen[source] <= perMinute
}
