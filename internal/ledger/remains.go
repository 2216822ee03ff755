package ledger

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Forgotten says that an entry destroyed the record key of a subject. Nothing ties
// the ordinal to a person any more.
type Forgotten struct {
	Ordinal pii.Ordinal
	pii.Stamp
}

// StampRow implements [pii.Stamped].
func (f *Forgotten) StampRow() (string, []byte) {
	return "forgotten", binary.BigEndian.AppendUint32(nil, uint32(f.Ordinal))
}

// KeptPair is a forgotten subject's place in the sparse tree of an entry that names
// others too. Without it their proofs could not be made any more. It is a hash and a
// pseudonym of this one entry.
type KeptPair struct {
	Index   uint64
	Ordinal pii.Ordinal
	Pair    proof.Pair
}

// ForgottenPut stores both; effect of the entry that forgets. What ties the ordinal
// to the person, and her wrapped keys, are deleted afterwards.
type ForgottenPut struct {
	Row  *Forgotten
	Kept []KeptPair
}

// Stamps lists the rows to stamp.
func (f ForgottenPut) Stamps() []pii.Stamped { return []pii.Stamped{f.Row} }

// Remains is what forgetting left.
type Remains interface {
	// Forgotten returns the rows of those of the ordinals that were forgotten.
	Forgotten(ctx context.Context, of []pii.Ordinal) ([]Forgotten, error)
	// Kept returns the pairs kept for the entries [from, to), by entry.
	Kept(ctx context.Context, from, to uint64) (map[uint64][]KeptPair, error)
}

// forgotten returns those of the ordinals that an entry forgot. Rows the ledger did
// not write forget nobody.
func (l *Ledger) forgotten(ctx context.Context, of []pii.Ordinal) ([]pii.Ordinal, error) {
	if l.remains == nil || len(of) == 0 {
		return nil, nil
	}
	rows, err := l.remains.Forgotten(ctx, of)
	if err != nil {
		return nil, err
	}
	var out []pii.Ordinal
	for i := range rows {
		if l.CheckStamp(&rows[i]) == nil {
			out = append(out, rows[i].Ordinal)
		}
	}
	return out, nil
}

func (l *Ledger) kept(ctx context.Context, from, to uint64) (map[uint64][]KeptPair, error) {
	if l.remains == nil {
		return nil, nil
	}
	return l.remains.Kept(ctx, from, to)
}

// KeepPairs lists what must be kept of a subject before she is forgotten: her pair
// of every entry from an index on that names others too.
func (l *Ledger) KeepPairs(ctx context.Context, s Subject, from uint64) ([]KeptPair, error) {
	var kept []KeptPair
	err := l.eachAbout(ctx, s.Ordinal, from, func(r *Record) error {
		if len(r.opening.Subjects) < 2 {
			return nil
		}
		for _, x := range r.opening.Subjects {
			if x.Ordinal == s.Ordinal {
				kept = append(kept, KeptPair{r.Index, s.Ordinal, pairOf(s.Key, x.Line, r.Leaf.Request)})
			}
		}
		return nil
	})
	return kept, err
}

// eachAbout calls each for every entry from an index on that is filed under a
// subject and opens, in order.
func (l *Ledger) eachAbout(ctx context.Context, o pii.Ordinal, from uint64, each func(*Record) error) error {
	const page = 256
	for {
		found, err := l.Find(ctx, SubjectRef(o), from, page)
		if err != nil {
			return err
		}
		for _, idx := range found {
			rs, err := l.Records(ctx, idx, 1)
			if err != nil {
				return err
			}
			for _, r := range rs {
				if err := each(r); err != nil {
					return err
				}
			}
		}
		if len(found) < page {
			return nil
		}
		from = found[len(found)-1] + 1
	}
}

// LastAbout is when the last entry that is filed under a subject was recorded.
func (l *Ledger) LastAbout(ctx context.Context, o pii.Ordinal) (time.Time, error) {
	const page = 1024
	last, any := uint64(0), false
	for from := uint64(0); ; from = last + 1 {
		found, err := l.Find(ctx, SubjectRef(o), from, page)
		if err != nil {
			return time.Time{}, err
		}
		if len(found) > 0 {
			last, any = found[len(found)-1], true
		}
		if len(found) < page {
			break
		}
	}
	leaves, err := l.store.Leaves(ctx, last, 1)
	if err != nil {
		return time.Time{}, err
	}
	if !any || len(leaves) != 1 {
		return time.Time{}, fault.New(fault.Unavailable, "ledger-broken", "")
	}
	leaf, err := proof.DecodeLeaf(leaves[0])
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	return time.UnixMicro(int64(leaf.Micros)).UTC(), nil
}

// Named is what an entry says of one person, with what a stranger needs to find it
// in the entry's sparse tree. The value key is missing if she was forgotten.
type Named struct {
	Ordinal  pii.Ordinal
	Line     proof.Line
	Pair     proof.Pair
	ValueKey proof.Hash
	Known    bool // ValueKey is set
}

// Named lists everybody an entry names. If somebody was forgotten and her pair was
// not kept, it is zero.
func (l *Ledger) Named(ctx context.Context, r *Record) ([]Named, error) {
	of := make([]pii.Ordinal, len(r.opening.Subjects))
	for i, s := range r.opening.Subjects {
		of[i] = s.Ordinal
	}
	if len(of) == 0 {
		return nil, nil
	}
	keys, err := l.keys(ctx, of)
	if err != nil {
		return nil, err
	}
	kept, err := l.kept(ctx, r.Index, r.Index+1)
	if err != nil {
		return nil, err
	}
	out := make([]Named, len(of))
	for i, s := range r.opening.Subjects {
		out[i] = Named{Ordinal: s.Ordinal, Line: s.Line}
		if key, ok := keys[s.Ordinal]; ok {
			out[i].Pair, out[i].Known = pairOf(key, s.Line, r.Leaf.Request), true
			out[i].ValueKey = key.PRF(2, r.Leaf.Request[:])
		}
		for _, k := range kept[r.Index] {
			if k.Ordinal == s.Ordinal && !out[i].Known {
				out[i].Pair = k.Pair
			}
		}
	}
	return out, nil
}

// Remember makes the row of somebody whom the key ring has on its list of forgotten
// ids, for a database that was restored from before she was forgotten.
func (l *Ledger) Remember(o pii.Ordinal) *Forgotten {
	f := &Forgotten{Ordinal: o}
	l.stamp(f, 0)
	return f
}

// Pairs rebuilds the sparse tree of an entry over the subjects it names, for
// proofs: from their record keys and, of those who were forgotten, the pairs that
// were kept.
func (l *Ledger) Pairs(ctx context.Context, r *Record) ([]proof.Pair, error) {
	of := make([]pii.Ordinal, len(r.opening.Subjects))
	for i, s := range r.opening.Subjects {
		of[i] = s.Ordinal
	}
	keys, err := l.keys(ctx, of)
	if err != nil {
		return nil, err
	}
	ps, missing := r.pairs(keys, nil)
	if len(missing) > 0 {
		kept, err := l.kept(ctx, r.Index, r.Index+1)
		if err != nil {
			return nil, err
		}
		if ps, missing = r.pairs(keys, kept[r.Index]); len(missing) > 0 {
			return nil, fault.New(fault.Conflict, "forgotten", "")
		}
	}
	if root, err := proof.SparseRoot(ps); err != nil || root != r.Leaf.Root {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", errOpening)
	}
	return ps, nil
}

// pairs are those of the entry's sparse tree, in the order of its subjects, with
// the ordinals neither keys nor kept have anything of.
func (r *Record) pairs(keys map[pii.Ordinal]keyring.RecordKey, kept []KeptPair) (ps []proof.Pair, missing []pii.Ordinal) {
	ps = make([]proof.Pair, 0, len(r.opening.Subjects)+len(r.opening.Enrols))
	old := make(map[pii.Ordinal]proof.Pair, len(kept))
	for _, k := range kept {
		old[k.Ordinal] = k.Pair
	}
	for _, s := range r.opening.Subjects {
		if key, ok := keys[s.Ordinal]; ok {
			ps = append(ps, pairOf(key, s.Line, r.Leaf.Request))
		} else if p, ok := old[s.Ordinal]; ok {
			ps = append(ps, p)
		} else {
			missing = append(missing, s.Ordinal)
		}
	}
	for _, c := range r.opening.Enrols {
		ps = append(ps, proof.Pair{Key: c, Value: proof.EnrolledHash(c)})
	}
	return ps, missing
}

// tagged verifies what the leaf says besides the tree: the one subject's tag, and
// the commitment to the ordinals.
func (r *Record) tagged(ps []proof.Pair) bool {
	var tag, ordinals proof.Hash
	named := r.opening.Subjects
	if len(named) == 1 {
		tag = ps[0].Key
	}
	if len(named) > 0 {
		subjects := make([]Subject, len(named))
		for i, s := range named {
			subjects[i].Ordinal = s.Ordinal
		}
		ordinals = proof.OrdinalsCommitment(proof.Salt(r.opening.Key[:], len(r.opening.Facts)), bitmap(subjects))
	}
	return r.Leaf.Tag == tag && r.Leaf.Ordinals == ordinals
}
