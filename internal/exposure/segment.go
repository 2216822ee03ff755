package exposure

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// segment is the index of the entries [first, until). It is immutable.
type segment struct {
	first, until uint64
	acts         []Act    // by entry
	rows         []uint64 // sorted: ordinal, act, version
	bitmaps      map[Key]*roaring.Bitmap
}

// A row is ordinal 32 | act 24 | version 8, so that sorting groups it by subject,
// each subject's in order of time.
const (
	actBits = 24
	maxActs = 1 << actBits
)

func packRow(o pii.Ordinal, act int, v pii.Version) uint64 {
	return uint64(o)<<32 | uint64(act)<<8 | uint64(min(v, 255))
}

func rowSubject(r uint64) pii.Ordinal { return pii.Ordinal(r >> 32) }
func rowAct(r uint64) int             { return int(r >> 8 & (maxActs - 1)) }
func rowVersion(r uint64) pii.Version { return pii.Version(r & 0xff) }

// of returns a subject's rows.
func (s *segment) of(o pii.Ordinal) []uint64 {
	low, _ := slices.BinarySearch(s.rows, uint64(o)<<32)
	high := low
	for high < len(s.rows) && rowSubject(s.rows[high]) == o {
		high++
	}
	return s.rows[low:high]
}

// each calls f act by act.
func (s *segment) each(f func(*Act, pii.Ordinal, pii.Version)) {
	first := make([]int32, len(s.acts)+1)
	for _, r := range s.rows {
		first[rowAct(r)+1]++
	}
	for i := range s.acts {
		first[i+1] += first[i]
	}
	byAct := make([]uint64, len(s.rows))
	for _, r := range s.rows {
		byAct[first[rowAct(r)]] = r
		first[rowAct(r)]++
	}
	for _, r := range byAct {
		f(&s.acts[rowAct(r)], rowSubject(r), rowVersion(r))
	}
}

// builder collects a segment.
type builder struct{ s segment }

func newBuilder(first uint64) *builder { return &builder{segment{first: first}} }

// record takes an entry of the ledger; entries come in order.
func (b *builder) record(r *ledger.Record) {
	a, ok := actOf(r)
	if !ok {
		return
	}
	n := len(b.s.acts)
	r.Subjects(func(o pii.Ordinal, line proof.Line) bool {
		if line.Shown && o != pii.Dummy {
			b.s.rows = append(b.s.rows, packRow(o, n, pii.Version(line.Version)))
			a.Subjects++
		}
		return true
	})
	if a.Subjects > 0 {
		b.s.acts = append(b.s.acts, a)
	}
}

// seal sorts the rows and makes the bitmaps.
func (b *builder) seal(until uint64) *segment {
	s := &b.s
	s.until = until
	sortRows(s.rows)
	s.index()
	return s
}

// group is what the acts of one list of fields have in common.
type group struct {
	recipient pii.PersonID
	fields    string
	form      pii.Form
	month     Month
}

// index makes the bitmaps. Rows are in order of subject, so each group's list is
// too, and a bitmap of sorted numbers is made quickly.
func (s *segment) index() {
	ids, of := map[group]int{}, make([]int, len(s.acts))
	var groups []*Act
	for i := range s.acts {
		a := &s.acts[i]
		g := group{a.Recipient, joinFields(a.Fields), a.Form, MonthOf(a.At)}
		n, ok := ids[g]
		if !ok {
			n = len(groups)
			ids[g] = n
			groups = append(groups, a)
		}
		of[i] = n
	}
	lists := make([][]uint32, len(groups))
	for _, r := range s.rows {
		n := of[rowAct(r)]
		lists[n] = append(lists[n], uint32(rowSubject(r)))
	}
	s.bitmaps = make(map[Key]*roaring.Bitmap, len(groups))
	for n, a := range groups {
		b := roaring.New()
		b.AddMany(lists[n])
		for _, f := range a.Fields {
			k := Key{a.Recipient, f, a.Form, MonthOf(a.At)}
			if was := s.bitmaps[k]; was != nil {
				s.bitmaps[k] = roaring.Or(was, b)
			} else {
				s.bitmaps[k] = b // shared between fields; nobody changes it
			}
		}
	}
}

func joinFields(fields []pii.Field) string {
	out := make([]byte, 0, 32)
	for _, f := range fields {
		out = append(append(out, f...), ',')
	}
	return string(out)
}

// sortRows sorts by the bytes that differ: most segments need five or six passes.
func sortRows(rows []uint64) {
	if len(rows) < 1<<12 {
		slices.Sort(rows)
		return
	}
	var differ uint64
	for _, r := range rows {
		differ |= r ^ rows[0]
	}
	from, to := rows, make([]uint64, len(rows))
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var count [257]int
		for _, r := range from {
			count[r>>shift&0xff+1]++
		}
		for i := range 256 {
			count[i+1] += count[i]
		}
		for _, r := range from {
			at := &count[r>>shift&0xff]
			to[*at] = r
			*at++
		}
		from, to = to, from
	}
	if &from[0] != &rows[0] {
		copy(rows, from)
	}
}

// merge joins neighbours into one.
func merge(parts []*segment) *segment {
	b := newBuilder(parts[0].first)
	for _, p := range parts {
		base := len(b.s.acts)
		b.s.acts = append(b.s.acts, p.acts...)
		for _, r := range p.rows {
			b.s.rows = append(b.s.rows, r+uint64(base)<<8)
		}
	}
	return b.seal(parts[len(parts)-1].until)
}
