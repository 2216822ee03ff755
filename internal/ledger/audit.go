package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// AuditOptions say how a full verification goes.
type AuditOptions struct {
	// From is where an earlier audit stopped, a multiple of 256; what lies before
	// is not read again. Its hashes are taken from the tree under the signed head,
	// so a wrong number skips entries and hides nothing else.
	From uint64
}

// Audit is a full verification in steps, so that it can be slow on purpose and go
// on later. It rebuilds the tree from the entries and compares it with every stored
// tile, every signed checkpoint, the head and the head keeper; with the record keys
// it opens every opening, and compares the index with them in both directions.
//
// It only reads; entries appended after it began are the next audit's. Its memory
// does not grow with the ledger but for 32 bytes per 1,024 entries. It is for one
// goroutine.
type Audit struct {
	l       *Ledger
	history History
	head    Head
	keyless bool
	phase   phase

	witnesses map[string]proof.Key
	next      uint64
	report    Report

	tree  growing
	last  uint64 // time of the last entry
	rules uint64 // the last entry that brought a rule set, since From
	moved bool   // entries are missing: what follows the hole was not read

	keys   map[pii.Ordinal]keyring.RecordKey
	gone   map[pii.Ordinal]bool // ordinals without a key: whether they were forgotten
	filed  *ledgerSums          // what the entries' rows say is filed, less what is
	wanted *ledgerSums          // the requests of the entries, likewise
	said   map[uint64][]Ref     // what the rows of this page say
	// filedTo is how many entries were in the indices when the audit began.
	filedTo uint64
	at      IndexRow
	after   pii.RequestID
	rows    uint64    // of the index, read so far
	state   *versions // which version of every row the entries make the current one
	newest  uint64    // the ledger's size when it was last looked at
}

type phase uint8

const (
	readEntries phase = iota
	readIndex
	readRequests
	readRows
	closing
	finished
)

// The entries of one step: openings weigh more than leaves.
const (
	auditPage      = 1024
	auditKeyedPage = 256
	rowPage        = 4096
)

// NewAudit begins an audit of the entries under the head as it is now. Without
// c.Keys it leaves out what needs them: openings, index, requests.
func NewAudit(ctx context.Context, c Config, history History, o AuditOptions) (*Audit, error) {
	verifier, err := note.NewVerifier(c.Ring.VerifierKey())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "internal", err)
	}
	l := &Ledger{
		store: c.Store, ring: c.Ring, keeper: c.Keeper, keys: c.Keys, remains: c.Remains,
		verifier: verifier, alarm: func(string) {},
	}
	broken := l.lineage(ctx, c.Restores, false)
	if broken != nil && len(l.logs) == 0 {
		return nil, broken
	}
	head, err := c.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	a := &Audit{
		l: l, history: history, head: head, keyless: c.Keys == nil, report: Report{Size: head.Size, Faults: []Fault{}},
		witnesses: c.Witnesses, keys: map[pii.Ordinal]keyring.RecordKey{}, gone: map[pii.Ordinal]bool{},
	}
	if fault.IsID(broken, "closed-log") {
		a.fault(head.Size, "this is an older copy: a restore closed the log it belongs to")
	} else if broken != nil {
		a.fault(head.Size, "the rows of restores are not as they were written (%s)", fault.Of(broken).ID)
	}
	if !a.keyless {
		if c.Rand == nil {
			return nil, fault.New(fault.Internal, "internal", "no randomness was handed in")
		}
		var seed [32]byte
		if _, err := io.ReadFull(c.Rand, seed[:]); err != nil {
			return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
		}
		a.filed, a.wanted, a.said = newSums(seed), newSums(seed), map[uint64][]Ref{}
		if a.filedTo, err = history.Filed(ctx); err != nil {
			return nil, err
		}
	}
	if o.From > 0 && o.From < head.Size && o.From%tileWidth == 0 {
		if err := a.goOn(ctx, o.From); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Size is how many entries the audit is about.
func (a *Audit) Size() uint64 { return a.head.Size }

// Records reads entries whose openings still open, as [Ledger.Records] does.
func (a *Audit) Records(ctx context.Context, from uint64, n int) ([]*Record, error) {
	return a.l.Records(ctx, from, n)
}

// goOn takes the tree of the first size entries from the stored tiles, each
// checked against the signed head.
func (a *Audit) goOn(ctx context.Context, size uint64) error {
	if a.l.checkSigned(a.head) != nil {
		return nil // begin at the beginning: it will be found
	}
	hashes := hashReader(reader{ctx, a.l.store}, a.head.Size, a.head.Root)
	tree, err := grownTo(size, hashes)
	if err != nil {
		return nil
	}
	leaves, err := a.l.store.Leaves(ctx, size-1, 1)
	if err != nil || len(leaves) != 1 {
		return err
	}
	before, err := proof.DecodeLeaf(leaves[0])
	if err != nil {
		return nil
	}
	a.tree, a.last, a.next, a.report.From = tree, before.Micros, size, size
	return nil
}

// Next is where another audit may go on; 0 once the entries were read.
func (a *Audit) Next() uint64 {
	if a.phase != readEntries {
		return 0
	}
	return a.next / tileWidth * tileWidth
}

// Progress tells how far the audit is.
func (a *Audit) Progress() (done, total uint64) {
	if a.keyless {
		return a.next, a.head.Size
	}
	if expected := a.filed.count; expected > 0 && a.phase > readEntries {
		return a.next + min(a.rows*a.head.Size/expected, a.head.Size), 2 * a.head.Size
	}
	return a.next, 2 * a.head.Size
}

// Report is what was found so far.
func (a *Audit) Report() Report { return a.report }

func (a *Audit) fault(idx uint64, what string, args ...any) {
	if len(a.report.Faults) < maxFaults {
		a.report.Faults = append(a.report.Faults, Fault{idx, fmt.Sprintf(what, args...)})
	}
}

// Step does the next piece of work and reports whether it was the last.
func (a *Audit) Step(ctx context.Context) (done bool, err error) {
	if a.phase == readEntries && a.next >= a.head.Size {
		a.phase = readIndex
		if a.keyless || a.moved {
			a.phase = closing
		} else if err := a.unfiled(ctx); err != nil {
			a.phase = readEntries
			return false, err
		}
	}
	switch a.phase {
	case readEntries:
		err = a.entries(ctx)
	case readIndex:
		err = a.index(ctx)
	case readRequests:
		err = a.requests(ctx)
	case readRows:
		err = a.power(ctx)
	case closing:
		if err = a.close(ctx); err == nil {
			a.phase = finished
		}
	case finished:
	}
	return a.phase == finished, err
}

var errHole = errors.New("ledger: an entry is missing")

// entries checks the next page of entries.
func (a *Audit) entries(ctx context.Context) error {
	from, n := a.next, uint64(auditPage)
	if !a.keyless {
		n = auditKeyedPage
	}
	to := min(from+n-from%tileWidth, a.head.Size)
	first := from + 1
	if from == 0 {
		first = 0 // of which there is no checkpoint
	}
	heads, err := a.history.Checkpoints(ctx, first, to)
	if err != nil {
		return err
	}
	if _, ok := heads[0]; ok {
		a.fault(0, "there is a checkpoint of no entries")
	}
	stored, err := a.history.TilesOf(ctx, 0, from/tileWidth, to/tileWidth)
	if err != nil {
		return err
	}
	if err := a.cosigned(ctx, first, to, heads); err != nil {
		return err
	}
	a.tree.full = a.tree.full[:0]
	var leaves [][]byte
	var bytes []byte
	err = a.history.ScanLeaves(ctx, from, to, func(idx uint64, leaf []byte) error {
		if idx != a.next {
			return errHole
		}
		a.next++
		a.leaf(idx, leaf)
		a.tree.addLeaf(leaf)
		if signed, ok := heads[idx+1]; ok {
			a.signed(idx+1, signed)
		}
		if !a.keyless {
			start := len(bytes)
			bytes = append(bytes, leaf...)
			leaves = append(leaves, bytes[start:len(bytes):len(bytes)])
		}
		return nil
	})
	if err != nil && !errors.Is(err, errHole) {
		return err
	}
	if a.next < to {
		a.fault(a.next, "the entry is missing")
		a.next, a.moved = a.head.Size, true
		return nil
	}
	if err := a.tiles(ctx, stored); err != nil || a.keyless {
		return err
	}
	if err := a.filings(ctx, from, leaves); err != nil {
		return err
	}
	return a.openings(ctx, from, leaves)
}

func (a *Audit) leaf(idx uint64, leaf []byte) {
	f, ok := frameOf(leaf)
	if !ok {
		a.fault(idx, "the entry is not a leaf of a known format")
		return
	}
	if f.micros < a.last {
		a.fault(idx, "the entry's time lies before the one before")
	}
	a.last = f.micros
	a.restore(idx, f.kind)
	if f.kind == proof.KindRules && !a.l.isLost(idx) { // a rule set that was lost is not in force
		a.rules = idx
	}
}

// signed checks that a stored checkpoint is signed by the log and is a prefix.
func (a *Audit) signed(size uint64, note []byte) {
	got, root, err := a.l.openNote(note)
	if err != nil || got != size || root != a.tree.root() {
		a.fault(size, "the signed checkpoint of this size does not match the entries before it")
		return
	}
	a.report.Heads++
}

// tiles compares the tiles that this page filled with the stored ones.
func (a *Audit) tiles(ctx context.Context, level0 map[uint64][]byte) error {
	for _, t := range a.tree.full {
		data, ok := level0[t.ID.Number]
		if t.ID.Level > 0 {
			above, err := a.history.TilesOf(ctx, t.ID.Level, t.ID.Number, t.ID.Number+1)
			if err != nil {
				return err
			}
			data, ok = above[t.ID.Number]
		}
		if !ok || string(data) != string(t.Data) {
			first := t.ID.Number << (tileHeight * (t.ID.Level + 1))
			a.fault(first, "tile %d of level %d is missing or does not match the entries", t.ID.Number, t.ID.Level)
		}
	}
	return nil
}

// close compares what remains: the head, the end of the entries, the head keeper.
func (a *Audit) close(ctx context.Context) error {
	beyond, err := a.l.store.Leaves(ctx, a.head.Size, 1)
	if err != nil {
		return err
	}
	now, err := a.l.store.Head(ctx)
	if err != nil {
		return err
	}
	if len(beyond) > 0 && now.Size <= a.head.Size { // not appended since the head was read
		a.fault(a.head.Size, "an entry lies beyond the signed head")
	}
	if err := a.beyond(ctx, now.Size); err != nil {
		return err
	}
	a.report.Root = a.tree.root()
	if !a.moved {
		a.closeHead()
	}
	if a.l.keeper == nil {
		return nil
	}
	err = a.kept(ctx)
	if fault.IsID(err, "keeper-ahead") { // an append between reading the head and reading the file
		err = a.kept(ctx)
	}
	if err != nil {
		a.fault(a.head.Size, "the head keeper's head is not a prefix of this ledger (%s)", fault.Of(err).ID)
	}
	return nil
}

// kept compares the head keeper with the ledger as it is now.
func (a *Audit) kept(ctx context.Context) error {
	now, err := a.l.store.Head(ctx)
	if err != nil {
		return err
	}
	return a.l.keeper.Open(a.l.verifier, func(size uint64) (proof.Hash, error) { return a.l.rootAt(ctx, size) }, now.Size)
}

// beyond looks for checkpoints and signatures of sizes the ledger never had.
func (a *Audit) beyond(ctx context.Context, size uint64) error {
	const most = 1<<63 - 1
	heads, err := a.history.Checkpoints(ctx, size+1, most)
	if err != nil {
		return err
	}
	cosignatures, err := a.history.AllCosignatures(ctx, size+1, most)
	if err != nil {
		return err
	}
	if len(heads)+len(cosignatures) == 0 {
		return nil
	}
	if now, err := a.l.store.Head(ctx); err != nil || now.Size > size {
		return err // they were appended meanwhile; the next audit looks again
	}
	for at := range heads {
		a.fault(at, "a signed checkpoint of this size lies beyond the signed head")
	}
	for _, c := range cosignatures {
		a.fault(c.Size, "a witness's signature of this size lies beyond the signed head")
	}
	return nil
}

func (a *Audit) closeHead() {
	rules := a.rules
	if rules == 0 && a.head.Rules < a.report.From {
		rules = a.head.Rules // brought in before this pass began
	}
	if a.head.Rules != rules {
		a.fault(a.head.Size, "the rule set in force is not the last one the ledger brought into force")
	}
	if a.head.Micros != a.last {
		a.fault(a.head.Size, "the head's time is not the last entry's")
	}
	if a.head.Root != a.report.Root || checkHead(a.head) != nil {
		a.fault(a.head.Size, "the head's root or frontier does not match the entries")
	}
	if a.head.Size == 0 {
		return
	}
	size, root, err := a.l.openNote(a.head.Note)
	if err != nil || size != a.head.Size || root != a.report.Root {
		a.fault(a.head.Size, "the signed head does not match the entries")
	}
}
