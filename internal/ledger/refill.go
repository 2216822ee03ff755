package ledger

import (
	"context"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Entries gives entries in order, from the first that is missing on; it may be asked
// more than once.
type Entries func(each func(leaf []byte) error) error

// Opened is a restored ledger that is not in use yet.
type Opened struct{ l *Ledger }

// OpenRestored checks a restored database against itself: that its head is signed by
// the log it belongs to and is the tree of its entries, every one of which is read.
func OpenRestored(ctx context.Context, c Config, progress func(done, total uint64)) (*Opened, Head, error) {
	verifier, err := note.NewVerifier(c.Ring.VerifierKey())
	if err != nil {
		return nil, Head{}, fault.Wrap(fault.Internal, "internal", err)
	}
	l := &Ledger{store: c.Store, ring: c.Ring, keys: c.Keys, verifier: verifier, alarm: func(string) {}, clock: c.Clock}
	if err := l.lineage(ctx, c.Restores, true); err != nil {
		return nil, Head{}, err
	}
	head, err := l.store.Head(ctx)
	if err != nil {
		return nil, head, err
	}
	if err := l.trust(head, reader{ctx, l.store}); err != nil {
		return nil, head, err
	}
	var tree Tree
	for from := uint64(0); from < head.Size; from += tileWidth {
		if ctx.Err() != nil {
			return nil, head, fault.New(fault.Unavailable, "interrupted", "")
		}
		leaves, err := l.store.Leaves(ctx, from, int(min(tileWidth, head.Size-from)))
		if err != nil {
			return nil, head, err
		}
		for _, leaf := range leaves {
			tree.Add(leaf)
		}
		if progress != nil {
			progress(from+uint64(len(leaves)), head.Size)
		}
	}
	if !tree.Is(head) {
		return nil, head, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return &Opened{l}, head, nil
}

// LogName is the log that the restored database's head belongs to.
func (o *Opened) LogName() string { return o.l.logs[len(o.l.logs)-1].name }

// RootAt is the root of the first size entries.
func (o *Opened) RootAt(ctx context.Context, size uint64) (proof.Hash, error) {
	return o.l.rootAt(ctx, size)
}

// Heir opens another log: the key in use names its heir, which signs the tree from
// size entries on, and is destroyed.
func (o *Opened) Heir(size uint64, root proof.Hash, name string) (signed []byte, err error) {
	closing := o.l.ring.LogName()
	return o.l.ring.OpenLog(name, func(vkey string) string { return proof.HeirText(closing, size, root, vkey) })
}

// Refill puts entries that a mirror kept back behind those that were restored, byte
// for byte, until the tree is the one of size and root, which the log has signed.
// The whole is compared before anything is written; what of it is written is all
// signed, because all of it was signed once.
func (o *Opened) Refill(ctx context.Context, entries Entries, size uint64, root proof.Hash) error {
	head, err := o.l.store.Head(ctx)
	if err != nil {
		return err
	}
	tree := Tree{slices.Clone(head.Frontier), head.Size}
	err = entries(func(leaf []byte) error {
		tree.Add(leaf)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if tree.size != size || rootOf(tree.frontier) != root {
		return fault.New(fault.Conflict, "mirror-differs", "--mirror")
	}
	var batch [][]byte
	err = entries(func(leaf []byte) error {
		batch = append(batch, leaf)
		if len(batch) < maxBatch {
			return nil
		}
		defer func() { batch = nil }()
		return o.putBack(ctx, batch)
	})
	if err == nil && len(batch) > 0 {
		err = o.putBack(ctx, batch)
	}
	if err != nil {
		return err
	}
	if head, err = o.l.store.Head(ctx); err != nil {
		return err
	}
	if head.Size != size || head.Root != root {
		return fault.New(fault.Conflict, "mirror-differs", "--mirror")
	}
	return nil
}

func (o *Opened) putBack(ctx context.Context, leaves [][]byte) error {
	err := o.l.store.Append(ctx, func(tx Tx) error {
		b := builder{l: o.l, tx: tx}
		var err error
		if b.head, err = tx.Head(); err != nil {
			return err
		}
		if err := o.l.trust(b.head, &b); err != nil {
			return err
		}
		b.batch.Old, b.head.Frontier = b.head.Size, slices.Clone(b.head.Frontier)
		for _, leaf := range leaves {
			l, err := proof.DecodeLeaf(leaf)
			if err != nil || l.Micros < b.head.Micros {
				return fault.New(fault.Conflict, "mirror-differs", "--mirror")
			}
			h := leafHash(leaf)
			b.head.Frontier = grow(b.head.Frontier, b.head.Size, h)
			b.head.Size++
			b.head.Micros = l.Micros
			b.hashes = append(b.hashes, h)
			b.batch.Leaves = append(b.batch.Leaves, leaf)
			b.batch.Requests = append(b.batch.Requests, pii.RequestID(l.Request))
			b.batch.Openings = append(b.batch.Openings, SealedOpening{Index: b.head.Size - 1}) // lost
		}
		b.at = time.UnixMicro(int64(b.head.Micros))
		if err := b.finish(); err != nil {
			return err
		}
		return tx.Write(b.batch)
	})
	o.l.clean = false
	return err
}

// Tree grows the tree of entries that are read in order.
type Tree struct {
	frontier []proof.Hash
	size     uint64
}

// Add adds the next entry.
func (t *Tree) Add(leaf []byte) {
	t.frontier = grow(t.frontier, t.size, leafHash(leaf))
	t.size++
}

// Is reports whether it is the tree of the head.
func (t *Tree) Is(h Head) bool {
	return t.size == h.Size && rootOf(t.frontier) == h.Root && slices.Equal(t.frontier, h.Frontier)
}
