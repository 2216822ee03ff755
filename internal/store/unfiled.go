package store

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// filing is what one entry is found by. It is written with the entry, in the
// entry's own row, and filed in the two indices later: an index row lands on a page
// of its own, and a commit of 256 entries would write a thousand pages.
type filing struct {
	idx     uint64
	request pii.RequestID
	packed  []byte // request 16 | (kind 1, length 2, key)…
}

// filings packs what a batch's entries are found by. References that say the same
// twice are kept once.
func filings(b ledger.Batch) ([]filing, error) {
	rows := make([]filing, len(b.Leaves))
	for i := range rows {
		rows[i] = filing{b.Old + uint64(i), b.Requests[i], append(make([]byte, 0, 64), b.Requests[i][:]...)}
	}
	type said struct {
		idx uint64
		ref refKey
	}
	seen := make(map[said]bool, len(b.Refs))
	for _, r := range b.Refs {
		if r.Index < b.Old || r.Index-b.Old >= uint64(len(rows)) || len(r.Ref.Key) > 1<<16-1 {
			return nil, fault.Wrap(fault.Internal, "internal", errors.New("store: a reference to another batch's entry"))
		}
		if x := (said{r.Index, keyOf(r.Ref)}); !seen[x] {
			seen[x] = true
			f := &rows[r.Index-b.Old]
			f.packed = append(f.packed, byte(r.Ref.Kind))
			f.packed = binary.BigEndian.AppendUint16(f.packed, uint16(len(r.Ref.Key)))
			f.packed = append(f.packed, r.Ref.Key...)
		}
	}
	return rows, nil
}

// refs calls each for every reference of a packed row.
func (f filing) refs(each func(ledger.Ref)) error {
	b := f.packed[len(f.request):]
	for len(b) > 0 {
		if len(b) < 3 {
			return errColumn
		}
		n := 3 + int(binary.BigEndian.Uint16(b[1:]))
		if len(b) < n {
			return errColumn
		}
		each(ledger.Ref{Kind: ledger.RefKind(b[0]), Key: b[3:n]})
		b = b[n:]
	}
	return nil
}

// selectUnfiled reads what is not filed, from an entry on.
const selectUnfiled = `SELECT idx, refs FROM ledger_entry
WHERE idx >= $1 AND idx >= (SELECT size FROM ledger_filed WHERE id = 1) ORDER BY idx`

func scanFiling(each func(filing) error) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var f filing
		if err := scan(&f.idx, (*blob)(&f.packed)); err != nil {
			return err
		}
		if len(f.packed) < len(f.request) {
			return errColumn
		}
		copy(f.request[:], f.packed)
		return each(f)
	}
}

type refKey struct {
	kind ledger.RefKind
	key  string
}

func keyOf(r ledger.Ref) refKey { return refKey{r.Kind, string(r.Key)} }

// unfiled is what this process knows of the entries that may not be filed yet:
// those of [from, to). What others appended is read when something is looked for.
type unfiled struct {
	mu       sync.Mutex
	from, to uint64
	requests map[pii.RequestID]uint64
	refs     map[refKey][]uint64 // ascending
}

func (u *unfiled) reset(at uint64) {
	u.from, u.to = at, at
	u.requests, u.refs = map[pii.RequestID]uint64{}, map[refKey][]uint64{}
}

// add takes an entry in, unless it is known. A gap means that others filed what is
// missing: then nothing before it matters any more.
func (u *unfiled) add(f filing) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if f.idx < u.to {
		return nil
	}
	if f.idx > u.to || u.refs == nil {
		u.reset(f.idx)
	}
	u.to = f.idx + 1
	u.requests[f.request] = f.idx
	return f.refs(func(r ledger.Ref) {
		k := keyOf(r)
		u.refs[k] = append(u.refs[k], f.idx)
	})
}

// seen is up to where the ledger is known.
func (u *unfiled) seen() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.to
}

func (u *unfiled) request(id pii.RequestID) *uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if idx, ok := u.requests[id]; ok {
		return &idx
	}
	return nil
}

// find returns the known entries under a reference.
func (u *unfiled) find(r ledger.Ref, from uint64) []uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	known := u.refs[keyOf(r)]
	first, _ := slices.BinarySearch(known, from)
	return slices.Clone(known[first:])
}

// filed forgets what is in the indices now.
func (u *unfiled) filed(size uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if size <= u.from {
		return
	}
	u.from = min(size, u.to)
	for id, idx := range u.requests {
		if idx < size {
			delete(u.requests, id)
		}
	}
	for k, all := range u.refs {
		first, _ := slices.BinarySearch(all, size)
		if first == len(all) {
			delete(u.refs, k)
		} else if first > 0 {
			u.refs[k] = slices.Clone(all[first:])
		}
	}
}

// waiting is how many entries this process knows to wait.
func (u *unfiled) waiting() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.to - u.from
}
