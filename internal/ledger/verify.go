package ledger

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Report is what a full verification found.
type Report struct {
	Size     uint64     `json:"size"`
	Root     proof.Hash `json:"root"`
	Opened   uint64     `json:"opened"`   // openings that were opened and belong to their leaf
	Unopened uint64     `json:"unopened"` // openings whose record key was forgotten
	Heads    uint64     `json:"heads"`    // signed checkpoints that were found to be prefixes
	Faults   []Fault    `json:"faults"`   // what is wrong; empty: nothing
}

// Fault is one thing a verification found wrong: our words, no values.
type Fault struct {
	Index uint64 `json:"index"`
	What  string `json:"what"`
}

// maxFaults is after how many faults a verification stops listing them.
const maxFaults = 100

// Verify rebuilds the tree from the entries and compares it with every stored
// tile, every signed checkpoint, the head and the head keeper; and opens every
// opening it has the key for. It only reads.
func Verify(ctx context.Context, c Config, history History, progress func(done, total uint64)) (Report, error) {
	verifier, err := note.NewVerifier(c.Ring.VerifierKey())
	if err != nil {
		return Report{}, fault.Wrap(fault.Internal, "internal", err)
	}
	l := &Ledger{store: c.Store, ring: c.Ring, keys: c.Keys, verifier: verifier, alarm: func(string) {}}
	broken := l.lineage(ctx, c.Restores, false)
	if broken != nil && len(l.logs) == 0 {
		return Report{}, broken
	}
	head, err := c.Store.Head(ctx)
	if err != nil {
		return Report{}, err
	}
	v := verification{l: l, history: history, head: head, src: reader{ctx, c.Store}, report: Report{Size: head.Size, Faults: []Fault{}}}
	if fault.IsID(broken, "closed-log") {
		v.fault(head.Size, "this is an older copy: a restore closed the log it belongs to")
	} else if broken != nil {
		v.fault(head.Size, "the rows of restores are not as they were written (%s)", fault.Of(broken).ID)
	}
	if err := v.run(ctx, progress); err != nil {
		return Report{}, err
	}
	if err := c.Keeper.Open(verifier, func(size uint64) (proof.Hash, error) { return l.rootAt(ctx, size) }, head.Size); err != nil {
		v.fault(head.Size, "the head keeper's head is not a prefix of this ledger (%s)", fault.Of(err).ID)
	}
	v.report.Root = rootOf(v.frontier)
	return v.report, nil
}

type verification struct {
	l        *Ledger
	history  History
	head     Head
	src      reader
	report   Report
	frontier []proof.Hash
	last     uint64 // time of the last entry
	rules    uint64 // the last entry that brought a rule set; 0: none
	row      []proof.Hash
}

func (v *verification) fault(idx uint64, what string, args ...any) {
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, Fault{idx, fmt.Sprintf(what, args...)})
	}
}

func (v *verification) run(ctx context.Context, progress func(done, total uint64)) error {
	for from := uint64(0); from < v.head.Size; {
		if err := ctx.Err(); err != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
		n := int(min(tileWidth, v.head.Size-from))
		leaves, err := v.src.leaves(from, n)
		if err != nil {
			return err
		}
		if len(leaves) != n {
			v.fault(from+uint64(len(leaves)), "an entry is missing")
			return nil
		}
		if err := v.page(ctx, from, leaves); err != nil {
			return err
		}
		from += uint64(n)
		if progress != nil {
			progress(from, v.head.Size)
		}
	}
	return v.finish()
}

// page checks one tile's worth of entries.
func (v *verification) page(ctx context.Context, from uint64, leaves [][]byte) error {
	heads, err := v.history.Checkpoints(ctx, from+1, from+uint64(len(leaves)))
	if err != nil {
		return err
	}
	v.row = v.row[:0]
	for i, leaf := range leaves {
		idx := from + uint64(i)
		v.leaf(idx, leaf)
		h := leafHash(leaf)
		v.row = append(v.row, h)
		v.frontier = grow(v.frontier, idx, h)
		if signed, ok := heads[idx+1]; ok {
			v.signed(idx+1, signed)
		}
	}
	if len(v.row) == tileWidth {
		v.tiles(from / tileWidth)
	}
	return v.openings(ctx, from, leaves)
}

func (v *verification) leaf(idx uint64, leaf []byte) {
	l, err := proof.DecodeLeaf(leaf)
	if err != nil {
		v.fault(idx, "the entry is not a leaf of a known format")
		return
	}
	if l.Micros < v.last {
		v.fault(idx, "the entry's time lies before the one before")
	}
	v.last = l.Micros
	v.restore(idx, l.Kind)
	if l.Kind == proof.KindRules && !v.l.isLost(idx) { // a rule set that was lost is not in force
		v.rules = idx
	}
}

// signed checks that a stored checkpoint is signed by the log and is a prefix.
func (v *verification) signed(size uint64, note []byte) {
	got, root, err := v.l.openNote(note)
	if err != nil || got != size || root != rootOf(v.frontier) {
		v.fault(size, "the signed checkpoint of this size does not match the entries before it")
		return
	}
	v.report.Heads++
}

// tiles compares the stored tiles that are complete with level-0 tile n.
func (v *verification) tiles(n uint64) {
	want := make([]byte, 0, tileWidth*proof.HashSize)
	for _, h := range v.row {
		want = append(want, h[:]...)
	}
	for level := 0; ; level++ {
		stored, err := v.src.tiles([]TileID{{level, n}})
		if err != nil || !bytes.Equal(stored[0], want) {
			v.fault(n, "tile %d of level %d is missing or does not match the entries", n, level)
			return
		}
		if n++; n%tileWidth != 0 {
			return
		}
		n = n/tileWidth - 1
		if want, err = children(v.src, level+1, n*tileWidth, tileWidth); err != nil {
			v.fault(n, "tile %d of level %d cannot be read", n, level+1)
			return
		}
	}
}

// openings opens what can be opened and compares it with the leaves.
func (v *verification) openings(ctx context.Context, from uint64, leaves [][]byte) error {
	sealed, err := v.l.store.Openings(ctx, from, len(leaves))
	if err != nil {
		return err
	}
	keys, err := v.l.holders(ctx, sealed)
	if err != nil {
		return err
	}
	seen := make(map[uint64]bool, len(sealed))
	for _, s := range sealed {
		if s.Index < from || s.Index-from >= uint64(len(leaves)) {
			continue
		}
		seen[s.Index] = true
		r, err := v.l.open(s, leaves[s.Index-from], keys)
		switch {
		case err != nil:
			v.fault(s.Index, "the opening does not belong to its entry")
		case r == nil:
			v.report.Unopened++
		default:
			v.report.Opened++
			v.indexed(ctx, r)
			if r.Leaf.Kind == proof.KindRestore {
				v.restoreFacts(r)
			}
		}
	}
	for i := range leaves {
		idx := from + uint64(i)
		switch {
		case seen[idx]:
		case v.l.isLost(idx):
			v.report.Unopened++
		default:
			v.fault(idx, "the entry has no opening")
		}
	}
	return nil
}

// indexed checks that an entry is filed under its actor and subjects.
func (v *verification) indexed(ctx context.Context, r *Record) {
	e := Entry{Kind: r.Leaf.Kind, Actor: pii.PersonID(r.Fact("actor")), Org: pii.OrgID(r.Fact("org"))}
	if work, err := pii.ParseRequestID(r.Fact("work")); err == nil {
		e.Work = work
	}
	r.Subjects(func(o pii.Ordinal, line proof.Line) bool {
		e.Subjects = append(e.Subjects, Subject{Ordinal: o, Line: line})
		return true
	})
	for _, ref := range e.refs() {
		found, err := v.l.Find(ctx, ref, r.Index, 1)
		if err != nil || len(found) == 0 || found[0] != r.Index {
			v.fault(r.Index, "the entry is not filed where the index should have it")
			return
		}
	}
}

func (v *verification) finish() error {
	beyond, err := v.src.leaves(v.head.Size, 1)
	if err != nil {
		return err
	}
	now, err := v.l.store.Head(v.src.ctx)
	if err != nil {
		return err
	}
	if len(beyond) > 0 && now.Size <= v.head.Size { // not appended since the head was read
		v.fault(v.head.Size, "an entry lies beyond the signed head")
	}
	if v.head.Size == 0 {
		return nil
	}
	if v.head.Rules != v.rules {
		v.fault(v.head.Size, "the rule set in force is not the last one the ledger brought into force")
	}
	size, root, err := v.l.openNote(v.head.Note)
	if err != nil || size != v.head.Size || root != v.head.Root || root != rootOf(v.frontier) || checkHead(v.head) != nil {
		v.fault(v.head.Size, "the signed head does not match the entries")
	}
	return nil
}
