package authn

import (
	"context"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// maxSources is how many sources have an entry of their own in one minute. The
// rest share one: whoever owns many addresses must not fill the ledger.
const maxSources = 256

// otherSources is the name the rest is counted under.
const otherSources = "others"

// failures counts failed authentications: one entry per source and minute.
type failures struct {
	fold *ledger.Fold

	mu     sync.Mutex // guards what follows
	minute time.Time
	seen   map[string]struct{}
}

func newFailures(l *ledger.Ledger) *failures {
	return &failures{fold: l.NewFold(failed), seen: map[string]struct{}{}}
}

func failed(source string, _ int) ledger.Entry {
	return ledger.Entry{Kind: proof.KindAuthnFailed, Facts: []proof.Field{{Name: "source", Value: source}}}
}

// Failed counts a failed authentication of a kind that is not ours, such as a
// complainant's wrong code, so that a source has one entry a minute for all.
func (a *Authn) Failed(ctx context.Context, source string) { a.failures.count(ctx, source, a.now()) }

func (f *failures) count(ctx context.Context, source string, now time.Time) {
	f.fold.Count(ctx, f.key(source, now), now)
}

// key is what a source is counted under.
func (f *failures) key(source string, now time.Time) string {
	if len(source) > 64 {
		source = source[:64]
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := now.Truncate(time.Minute); m.After(f.minute) {
		f.minute, f.seen = m, map[string]struct{}{}
	}
	if _, ok := f.seen[source]; !ok {
		if len(f.seen) >= maxSources {
			return otherSources
		}
		f.seen[source] = struct{}{}
	}
	return source
}
