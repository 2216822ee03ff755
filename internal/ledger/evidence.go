package ledger

import (
	"bytes"
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Persons opens what an entry says of each person it names, without anybody's
// record key; only limits the answer to some of them. Like [Ledger.Pairs] it needs
// the record keys of all it opens.
func (l *Ledger) Persons(ctx context.Context, r *Record, only ...pii.Ordinal) ([]proof.Person, error) {
	var of []pii.Ordinal
	for _, s := range r.opening.Subjects {
		if len(only) == 0 || slices.Contains(only, s.Ordinal) {
			of = append(of, s.Ordinal)
		}
	}
	keys, err := l.keys(ctx, of)
	if err != nil {
		return nil, err
	}
	request := r.Leaf.Request[:]
	out := make([]proof.Person, 0, len(of))
	for _, s := range r.opening.Subjects {
		if len(only) > 0 && !slices.Contains(only, s.Ordinal) {
			continue
		}
		key, ok := keys[s.Ordinal]
		if !ok {
			return nil, fault.New(fault.Conflict, "forgotten", "")
		}
		out = append(out, proof.Person{Tag: key.PRF(1, request), ValueKey: key.PRF(2, request), Line: s.Line})
	}
	slices.SortFunc(out, func(a, b proof.Person) int { return bytes.Compare(a.Tag[:], b.Tag[:]) })
	return out, nil
}

// RootAt is the root of the tree's first size entries, checked against the newest
// head. A size beyond that head is refused.
func (l *Ledger) RootAt(ctx context.Context, size uint64) (proof.Hash, error) {
	h, err := l.store.Head(ctx)
	if err != nil {
		return proof.Hash{}, err
	}
	if size == 0 || size > h.Size {
		return proof.Hash{}, fault.New(fault.Invalid, "bad-request", "size")
	}
	return l.rootAt(ctx, size)
}
