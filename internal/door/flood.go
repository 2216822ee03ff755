package door

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Refusals of one principal above freeRefusals in a minute are one entry with a
// count, and the principal is slowed.
const (
	freeRefusals = 60
	slowness     = 250 * time.Millisecond
)

type flood struct {
	fold  *ledger.Fold
	seen  *ledger.Counter
	clock func() time.Time
}

func newFlood(l *ledger.Ledger, clock func() time.Time) *flood {
	return &flood{clock: clock, seen: ledger.NewCounter(), fold: l.NewFold(func(person string, _ int) ledger.Entry {
		return ledger.Entry{Kind: proof.KindRefusals, Actor: pii.PersonID(person)}
	})}
}

// refused counts a refusal. folded says that it is one too many this minute: it is
// counted towards the minute's one entry, after a pause.
func (f *flood) refused(ctx context.Context, who pii.PersonID) (folded bool, err error) {
	now := f.clock()
	if f.seen.Add(string(who), now) <= freeRefusals {
		return false, nil
	}
	f.fold.Count(ctx, string(who), now)
	t := time.NewTimer(slowness)
	defer t.Stop()
	select {
	case <-t.C:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// refusedBatch is the same for a batch of rows: only the first of a statement counts
// towards the pause, the later ones come by themselves.
func (f *flood) refusedBatch(ctx context.Context, who pii.PersonID, again bool) (folded bool, err error) {
	if !again {
		return f.refused(ctx, who)
	}
	now := f.clock()
	if f.seen.Add(string(who), now) <= freeRefusals {
		return false, nil
	}
	f.fold.Count(ctx, string(who), now)
	return true, nil
}
