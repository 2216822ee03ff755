package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// maxKeys bounds the record keys an audit remembers.
const maxKeys = 1 << 16

// openings opens what can be opened and compares it with the leaves.
func (a *Audit) openings(ctx context.Context, from uint64, leaves [][]byte) error {
	sealed, err := a.l.store.Openings(ctx, from, len(leaves))
	if err != nil {
		return err
	}
	holders := make([]pii.Ordinal, 0, len(sealed))
	for _, s := range sealed {
		if s.Holder != pii.Dummy {
			holders = append(holders, s.Holder)
		}
	}
	if err := a.learn(ctx, holders); err != nil {
		return err
	}
	seen := make([]bool, len(leaves))
	var open []*Record
	for _, s := range sealed {
		if s.Index < from || s.Index-from >= uint64(len(leaves)) {
			continue
		}
		seen[s.Index-from] = true
		r, err := a.l.open(s, leaves[s.Index-from], a.keys)
		switch {
		case err != nil:
			a.fault(s.Index, "the opening does not belong to its entry")
		case r == nil:
			a.closed(s)
		default:
			open = append(open, r)
		}
	}
	for i := range leaves {
		switch idx := from + uint64(i); {
		case seen[i]:
		case a.l.isLost(idx): // a restore put it back without
			a.report.Unopened++
		default:
			a.fault(idx, "the entry has no opening")
		}
	}
	return a.subjects(ctx, from, len(leaves), open)
}

// learn finds the record keys of subjects; of those without one, whether they were
// forgotten.
func (a *Audit) learn(ctx context.Context, of []pii.Ordinal) error {
	if len(a.keys)+len(a.gone) > maxKeys {
		clear(a.keys)
		clear(a.gone)
	}
	var unknown []pii.Ordinal
	slices.Sort(of)
	for _, o := range slices.Compact(of) {
		_, known := a.keys[o]
		if _, gone := a.gone[o]; !known && !gone {
			unknown = append(unknown, o)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	found, err := a.l.keys(ctx, unknown)
	if err != nil {
		return err
	}
	var without []pii.Ordinal
	for _, o := range unknown {
		if k, ok := found[o]; ok {
			a.keys[o] = k
		} else {
			a.gone[o], without = false, append(without, o)
		}
	}
	forgotten, err := a.l.forgotten(ctx, without)
	for _, o := range forgotten {
		a.gone[o] = true
	}
	return err
}

// closed judges an opening that does not open: its key must have been destroyed,
// by an entry or with its month.
func (a *Audit) closed(s SealedOpening) {
	if s.Holder != pii.Dummy {
		if !a.gone[s.Holder] {
			a.fault(s.Index, "the opening's record key is missing and was not forgotten")
			return
		}
	} else if m, err := keyring.RecordMonth(s.Sealed); err != nil || !a.l.ring.RecordEnded(m) {
		a.fault(s.Index, "the opening's month has no record key, and its time is not over")
		return
	}
	a.report.Unopened++
}

// subjects rebuilds the sparse tree of every entry that was opened, and compares
// where it is filed.
func (a *Audit) subjects(ctx context.Context, from uint64, n int, open []*Record) error {
	var of []pii.Ordinal
	for _, r := range open {
		r.Subjects(func(o pii.Ordinal, _ proof.Line) bool { of = append(of, o); return true })
	}
	if err := a.learn(ctx, of); err != nil {
		return err
	}
	kept := map[uint64][]KeptPair{}
	if slices.ContainsFunc(of, func(o pii.Ordinal) bool { _, ok := a.gone[o]; return ok }) {
		var err error
		if kept, err = a.l.kept(ctx, from, from+uint64(n)); err != nil {
			return err
		}
	}
	for _, r := range open {
		a.report.Opened++
		a.filedAs(r)
		if r.Leaf.Kind == proof.KindRestore {
			a.restoreFacts(r)
		}
		ps, missing := r.pairs(a.keys, kept[r.Index])
		if len(missing) > 0 {
			a.without(r, missing)
			continue
		}
		if root, err := proof.SparseRoot(ps); err != nil || root != r.Leaf.Root || !r.tagged(ps) {
			a.fault(r.Index, "the entry's subjects do not make its sparse tree")
		}
	}
	return nil
}

// without judges an entry whose sparse tree cannot be rebuilt.
func (a *Audit) without(r *Record, missing []pii.Ordinal) {
	if slices.ContainsFunc(missing, func(o pii.Ordinal) bool { return !a.gone[o] }) {
		a.fault(r.Index, "a subject of the entry has no record key and was not forgotten")
		return
	}
	a.report.PartOnly++
}

// ledgerSums adds up rows per 1,024 entries, so that two sets of rows that come in
// different orders can be compared in one pass each, without keeping either. A row
// counts as a hash under a seed nobody knows before; equal sums then mean equal
// sets.
type ledgerSums struct {
	seed  [32]byte
	of    map[uint64]*[2]uint64
	count uint64
	buf   []byte
}

const sumWidth = 1024

func newSums(seed [32]byte) *ledgerSums {
	return &ledgerSums{seed: seed, of: map[uint64]*[2]uint64{}}
}

func (s *ledgerSums) hash(idx uint64, request [16]byte, key []byte, kind RefKind) (uint64, uint64) {
	b := append(s.buf[:0], s.seed[:]...)
	b = binary.BigEndian.AppendUint64(b, idx)
	b = append(append(b, request[:]...), byte(kind))
	s.buf = append(b, key...)
	h := sha256.Sum256(s.buf)
	return binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])
}

// add counts a row that there should be, sub one that there is.
func (s *ledgerSums) add(idx uint64, request [16]byte, key []byte, kind RefKind) {
	x, y := s.hash(idx, request, key, kind)
	t := s.at(idx)
	t[0], t[1] = t[0]+x, t[1]+y
	s.count++
}

func (s *ledgerSums) sub(idx uint64, request [16]byte, key []byte, kind RefKind) {
	x, y := s.hash(idx, request, key, kind)
	t := s.at(idx)
	t[0], t[1] = t[0]-x, t[1]-y
}

func (s *ledgerSums) at(idx uint64) *[2]uint64 {
	t := s.of[idx/sumWidth]
	if t == nil {
		t = new([2]uint64)
		s.of[idx/sumWidth] = t
	}
	return t
}

// unequal lists the first entries of the groups whose rows differ, in order.
func (s *ledgerSums) unequal() []uint64 {
	var bad []uint64
	for n, t := range s.of {
		if *t != ([2]uint64{}) {
			bad = append(bad, n*sumWidth)
		}
	}
	slices.Sort(bad)
	return bad
}
