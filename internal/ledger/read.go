package ledger

import (
	"context"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Keys finds the record keys of subjects; the ordinals it does not know, or whose
// keys were forgotten, are missing from its answer.
type Keys func(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]keyring.RecordKey, error)

// reader reads the store outside an append.
type reader struct {
	ctx   context.Context
	store Store
}

func (r reader) leaves(from uint64, n int) ([][]byte, error) { return r.store.Leaves(r.ctx, from, n) }
func (r reader) tiles(ids []TileID) ([][]byte, error)        { return r.store.Tiles(r.ctx, ids) }

// Head reads the newest signed head.
func (l *Ledger) Head(ctx context.Context) (Head, error) { return l.store.Head(ctx) }

// Record reads one entry with its opening.
func (l *Ledger) Record(ctx context.Context, idx uint64) (*Record, error) {
	if idx >= l.Size() { // past the end it may be anybody's number, and queries are logged
		h, err := l.Head(ctx) // another process may have appended
		if err != nil {
			return nil, err
		}
		if idx >= h.Size {
			return nil, fault.New(fault.NotFound, "not-found", "entry")
		}
	}
	rs, err := l.Records(ctx, idx, 1)
	if err != nil {
		return nil, err
	}
	if len(rs) == 0 {
		return nil, fault.New(fault.NotFound, "not-found", "entry")
	}
	return rs[0], nil
}

// Records reads the entries [from, from+n) whose openings still open. An opening
// that does not belong to its leaf is an error: nobody is shown a forged record.
func (l *Ledger) Records(ctx context.Context, from uint64, n int) ([]*Record, error) {
	leaves, err := l.store.Leaves(ctx, from, n)
	if err != nil {
		return nil, err
	}
	sealed, err := l.store.Openings(ctx, from, n)
	if err != nil {
		return nil, err
	}
	keys, err := l.holders(ctx, sealed)
	if err != nil {
		return nil, err
	}
	out := make([]*Record, 0, len(sealed))
	for _, s := range sealed {
		if s.Index < from || s.Index-from >= uint64(len(leaves)) {
			return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
		}
		r, err := l.open(s, leaves[s.Index-from], keys)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

func (l *Ledger) holders(ctx context.Context, sealed []SealedOpening) (map[pii.Ordinal]keyring.RecordKey, error) {
	seen := map[pii.Ordinal]bool{pii.Dummy: true}
	var of []pii.Ordinal
	for _, s := range sealed {
		if !seen[s.Holder] {
			seen[s.Holder] = true
			of = append(of, s.Holder)
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	return l.keys(ctx, of)
}

// open opens one sealed opening; nil if its key was forgotten.
func (l *Ledger) open(s SealedOpening, leaf []byte, keys map[pii.Ordinal]keyring.RecordKey) (*Record, error) {
	r := &Record{Index: s.Index}
	var err error
	if r.Leaf, err = proof.DecodeLeaf(leaf); err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	var plain []byte
	if s.Holder == pii.Dummy {
		if m, e := keyring.RecordMonth(s.Sealed); e != nil || m.String() != s.Month {
			return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errOpening)
		}
		plain, err = l.ring.OpenRecord(r.Leaf.Request[:], s.Sealed)
		if fault.Is(err, fault.Denied) {
			return nil, nil // the month's record key was destroyed
		}
	} else {
		key, ok := keys[s.Holder]
		if !ok {
			return nil, nil
		}
		plain, err = key.Open(openingContext(r.Leaf.Request, s.Month), s.Sealed)
	}
	if err == nil {
		r.opening, err = decodeOpening(plain)
	}
	if err != nil || !r.matches() {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errOpening)
	}
	return r, nil
}

// Leaves reads the leaves [from, from+n), fewer at the end.
func (l *Ledger) Leaves(ctx context.Context, from uint64, n int) ([][]byte, error) {
	return l.store.Leaves(ctx, from, n)
}

// Tile reads one tile of the tree of the given size, W ≤ 256 hashes wide.
func (l *Ledger) Tile(ctx context.Context, level int, number uint64, width int) ([]byte, error) {
	src := reader{ctx, l.store}
	if width == tileWidth {
		full, err := src.tiles([]TileID{{level, number}})
		if err != nil {
			return nil, err
		}
		return full[0], nil
	}
	return children(src, level, number*tileWidth, width)
}

// Requests finds the entries that requests were recorded as; the others are missing.
func (l *Ledger) Requests(ctx context.Context, ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	return l.store.Requests(ctx, ids)
}

// Find lists entries filed under a reference, ascending from an index.
func (l *Ledger) Find(ctx context.Context, ref Ref, from uint64, n int) ([]uint64, error) {
	rows, err := l.store.Find(ctx, ref.Kind, [][]byte{ref.Key}, from, n)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	found := make([]uint64, len(rows))
	for i, r := range rows {
		found[i] = r.Index
	}
	return found, nil
}

// FindAny lists what is filed under any of the references of one kind.
func (l *Ledger) FindAny(ctx context.Context, kind RefKind, keys [][]byte) ([]IndexRow, error) {
	return l.store.Find(ctx, kind, keys, 0, math.MaxInt32)
}

// Inclusion proves that entry idx is in the tree of the head, checked before it
// is handed out.
func (l *Ledger) Inclusion(ctx context.Context, h Head, idx uint64) ([]proof.Hash, error) {
	hr := hashReader(reader{ctx, l.store}, h.Size, h.Root)
	p, err := tlog.ProveRecord(int64(h.Size), int64(idx), hr)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return hashes(p), nil
}

// Consistency proves that the tree of size old is a prefix of the head's.
func (l *Ledger) Consistency(ctx context.Context, h Head, old uint64) ([]proof.Hash, error) {
	if old == 0 || old > h.Size {
		return nil, fault.New(fault.Invalid, "bad-request", "old")
	}
	hr := hashReader(reader{ctx, l.store}, h.Size, h.Root)
	p, err := tlog.ProveTree(int64(h.Size), int64(old), hr)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return hashes(p), nil
}

// rootAt is the root of the tree's first size entries.
func (l *Ledger) rootAt(ctx context.Context, size uint64) (proof.Hash, error) {
	h, err := l.store.Head(ctx)
	if err != nil {
		return proof.Hash{}, err
	}
	root, err := tlog.TreeHash(int64(size), hashReader(reader{ctx, l.store}, h.Size, h.Root))
	if err != nil {
		return proof.Hash{}, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return proof.Hash(root), nil
}

// checkLeaf verifies that leaf is entry idx of the tree.
func checkLeaf(src tileSource, size uint64, root proof.Hash, idx uint64, leaf []byte) error {
	p, err := tlog.ProveRecord(int64(size), int64(idx), hashReader(src, size, root))
	if err != nil {
		return errTree
	}
	if tlog.CheckRecord(p, int64(size), tlog.Hash(root), int64(idx), tlog.RecordHash(leaf)) != nil {
		return errTree
	}
	return nil
}

func hashes(p []tlog.Hash) []proof.Hash {
	out := make([]proof.Hash, len(p))
	for i := range p {
		out[i] = proof.Hash(p[i])
	}
	return out
}
