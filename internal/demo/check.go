package demo

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// page is how many entries are read at a time.
const page = 1000

// check reads every leaf of the ledger back, rebuilds the tree from them and
// compares it with the signed head; `goldbell ledger verify` checks more, and takes
// longer. What became of the calls is waited for first.
func (f *firm) check(ctx context.Context) error {
	if err := f.sw.settle(ctx); err != nil {
		return err
	}
	head, err := f.srv.Ledger().Head(ctx)
	if err != nil {
		return err
	}
	tree := tree{}
	f.kinds = map[proof.Kind]int64{}
	for from := uint64(0); from < head.Size; {
		f.show.step("readback", int(from), int(head.Size))
		leaves, err := f.srv.Ledger().Leaves(ctx, from, int(min(page, head.Size-from)))
		if err != nil {
			return err
		}
		for _, b := range leaves {
			leaf, err := proof.DecodeLeaf(b)
			if err != nil {
				return fault.Wrap(fault.Unavailable, "ledger-broken", err)
			}
			f.kinds[leaf.Kind]++
			tree.add(tlog.RecordHash(b))
		}
		if len(leaves) == 0 {
			break // the tree will not match
		}
		from += uint64(len(leaves))
	}
	f.ledgerSize = head.Size
	f.ledgerVerified, err = f.signed(head.Note, tree)
	return err
}

// signed says whether the checkpoint is the log's, of this tree.
func (f *firm) signed(note []byte, t tree) (bool, error) {
	policy, err := f.policy()
	if err != nil || len(policy.Logs) == 0 {
		return false, err
	}
	c, err := proof.ParseCheckpoint(note)
	if err != nil {
		return false, err
	}
	return c.Signed(policy.Logs[0].Key) == nil && c.Size == t.size && tlog.Hash(c.Root) == t.root(), nil
}

// tree is RFC 6962's, kept as the roots of its full subtrees, largest first.
type tree struct {
	size uint64
	full []tlog.Hash
}

func (t *tree) add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(t.full[len(t.full)-1], leaf)
		t.full = t.full[:len(t.full)-1]
	}
	t.full = append(t.full, leaf)
	t.size++
}

func (t *tree) root() tlog.Hash {
	if len(t.full) == 0 {
		return tlog.Hash{}
	}
	h := t.full[len(t.full)-1]
	for i := len(t.full) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.full[i], h)
	}
	return h
}
