package records

import (
	"context"
	"crypto/rand"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// MaxSample is how many entries one sample may open.
const MaxSample = 1000

// Sample is a draw, with what an auditor needs to check it offline against a
// checkpoint he has from elsewhere.
type Sample struct {
	Entry      uint64 // the entry that records the draw
	Size       uint64 // the entries it was drawn from: [0, Size)
	Checkpoint []byte // the signed head of Size
	Drawn      []Drawn
}

// Drawn is one entry, fully open.
type Drawn struct {
	Index    uint64
	At       time.Time
	Kind     string
	Leaf     []byte
	Path     []proof.Hash // inclusion in the checkpoint's tree
	Closed   bool         // the record key is destroyed: there is no more than the leaf
	Fields   []proof.Opened
	Subjects []ledger.Named
	IDs      []pii.SubjectID // of Subjects, zero where she was forgotten or is nobody
}

// Sample draws n entries at random and opens them. The draw is recorded before any
// of it is returned.
func (k *Keeper) Sample(ctx context.Context, request pii.RequestID, n int, by Approval) (Sample, error) {
	head, err := k.Ledger.Head(ctx)
	if err != nil {
		return Sample{}, err
	}
	if head.Size == 0 {
		return Sample{}, fault.New(fault.Conflict, "sample-empty", "")
	}
	if n < 1 || n > MaxSample {
		return Sample{}, fault.New(fault.Invalid, "bad-request", "count")
	}
	drawn, err := k.draw(head.Size, n)
	if err != nil {
		return Sample{}, err
	}
	receipt, err := k.Ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		return ledger.Item{Basis: ledger.Basis{Keys: by.Keys}, Entry: ledger.Entry{
			Kind: proof.KindSample, Actor: by.Person.ID, Org: by.Person.Org,
			Facts: []proof.Field{
				fact("size", strconv.FormatUint(head.Size, 10)), fact("count", strconv.Itoa(len(drawn))), fact("drawn", numbers(drawn)),
			},
			Effects: []ledger.Effect{by.Effect},
		}}, nil
	})
	if err != nil {
		return Sample{}, err
	}
	receipt.Close()
	s := Sample{Entry: receipt.Record().Index, Size: head.Size, Checkpoint: head.Note, Drawn: make([]Drawn, len(drawn))}
	for i, idx := range drawn {
		if s.Drawn[i], err = k.open(ctx, head, idx); err != nil {
			return Sample{}, err
		}
	}
	return s, nil
}

// draw draws n different numbers below size, each set of n as likely as any other,
// in ascending order.
func (k *Keeper) draw(size uint64, n int) ([]uint64, error) {
	n = int(min(uint64(n), size))
	taken := make(map[uint64]bool, n)
	for top := size - uint64(n); top < size; top++ { // Floyd's algorithm
		r, err := rand.Int(k.Rand, new(big.Int).SetUint64(top+1))
		if err != nil {
			return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
		}
		at := r.Uint64()
		if taken[at] {
			at = top
		}
		taken[at] = true
	}
	out := make([]uint64, 0, n)
	for at := range taken {
		out = append(out, at)
	}
	slices.Sort(out)
	return out, nil
}

func numbers(list []uint64) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.FormatUint(n, 10)
	}
	return strings.Join(texts, ",")
}

func (k *Keeper) open(ctx context.Context, head ledger.Head, idx uint64) (Drawn, error) {
	leaves, err := k.Ledger.Leaves(ctx, idx, 1)
	if err != nil {
		return Drawn{}, err
	}
	if len(leaves) != 1 {
		return Drawn{}, fault.New(fault.Unavailable, "ledger-broken", "")
	}
	leaf, err := proof.DecodeLeaf(leaves[0])
	if err != nil {
		return Drawn{}, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	d := Drawn{Index: idx, At: time.UnixMicro(int64(leaf.Micros)).UTC(), Kind: leaf.Kind.String(), Leaf: leaves[0]}
	if d.Path, err = k.Ledger.Inclusion(ctx, head, idx); err != nil {
		return Drawn{}, err
	}
	found, err := k.Ledger.Records(ctx, idx, 1)
	if err != nil {
		return Drawn{}, err
	}
	if d.Closed = len(found) == 0; d.Closed {
		return d, nil
	}
	r := found[0]
	for i, f := range r.Facts() {
		d.Fields = append(d.Fields, proof.Opened{I: i, Name: f.Name, Salt: proof.FieldSalt(r.Salt(i)), Value: f.Value})
	}
	if d.Subjects, err = k.Ledger.Named(ctx, r); err != nil {
		return Drawn{}, err
	}
	d.IDs, err = k.ids(ctx, d.Subjects)
	return d, err
}

func (k *Keeper) ids(ctx context.Context, named []ledger.Named) ([]pii.SubjectID, error) {
	of := make([]pii.Ordinal, 0, len(named))
	for _, n := range named {
		if n.Ordinal != pii.Dummy {
			of = append(of, n.Ordinal)
		}
	}
	known, err := k.Subjects.IDs(ctx, of)
	if err != nil {
		return nil, err
	}
	ids := make([]pii.SubjectID, len(named))
	for i, n := range named {
		ids[i] = known[n.Ordinal]
	}
	return ids, nil
}
