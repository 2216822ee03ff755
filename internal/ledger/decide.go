package ledger

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
)

// decideTries is how often a decision is made anew before its caller is told.
const decideTries = 4

// Decide makes a decision and records it under a request id; hash is the request's
// SHA-256 if it may be retried, else nil. decide reads what the decision rests on
// and returns the item with Basis.Keys naming it. Decide sets the item's request,
// and the basis's size and rules to those of before the reading, and calls decide
// again if any of it was taken away meanwhile.
//
// A retry of a recorded request is not decided again: what the first try changed
// would speak against it.
func (l *Ledger) Decide(ctx context.Context, request pii.RequestID, hash []byte, decide func() (Item, error)) (*Receipt, error) {
	for try := 1; ; try++ {
		size, rules := l.Size(), l.Rules()
		item, err := l.decided(ctx, request, hash, decide)
		if err != nil {
			return nil, err
		}
		item.Request, item.Hash = request, hash
		item.Basis.Size, item.Basis.Rules = size, rules
		r, err := l.Append(ctx, item)
		if !Stale(err) || try == decideTries {
			return r, err
		}
		if err := l.Refresh(ctx); err != nil {
			return nil, err
		}
	}
}

// decided is the item to append. If the request is recorded it is an empty one:
// Append then answers with the recorded entry, whatever is handed in.
func (l *Ledger) decided(ctx context.Context, request pii.RequestID, hash []byte, decide func() (Item, error)) (Item, error) {
	if hash == nil {
		return decide()
	}
	recorded, err := l.store.Requests(ctx, []pii.RequestID{request})
	if err != nil || len(recorded) > 0 {
		return Item{}, err
	}
	return decide()
}
