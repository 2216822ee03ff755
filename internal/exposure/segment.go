package exposure

import (
	"cmp"
	"slices"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// segment is the index of the entries [first, until). It is immutable.
//
// A hundred million rows must fit beside everything else, so what acts have in
// common is kept once, a row is four bytes, and the sets are packed lists, from
// which a bitmap is made when one is asked for.
type segment struct {
	first, until uint64
	kinds        []kind
	works        []string
	acts         []act    // by entry
	rows         []uint32 // by subject: the low 8 bits of her ordinal | act 24
	versions     []uint8  // of each row; nil: all are 1
	blocks       []uint32 // ordinal / 256 → its first row; one more at the end
	sets         sets
}

// kind is what acts have in common.
type kind struct {
	recipient pii.PersonID
	org       pii.OrgID
	purpose   pii.Purpose
	verb      pii.Verb
	form      pii.Form
	fields    []pii.Field
	joined    string // the fields
}

type act struct {
	entry    uint64
	micros   int64
	kind     uint32
	work     uint32
	subjects uint32
}

// A row while a segment is made: ordinal 32 | act 24 | version 8, so that sorting
// groups rows by subject, each subject's in order of time.
const (
	actBits = 24
	maxActs = 1 << actBits
)

func packRow(o pii.Ordinal, act int, v pii.Version) uint64 {
	return uint64(o)<<32 | uint64(act)<<8 | uint64(min(v, 255))
}

// act is the i-th act as the package's users see it.
func (s *segment) act(i int) Act {
	a := &s.acts[i]
	k := &s.kinds[a.kind]
	return Act{
		Entry: a.entry, At: fromMicros(a.micros), Recipient: k.recipient, Org: k.org, Fields: k.fields, Verb: k.verb,
		Form: k.form, Purpose: k.purpose, Work: s.works[a.work], Subjects: int(a.subjects),
	}
}

// of returns a subject's rows: [low, high).
func (s *segment) of(o pii.Ordinal) (low, high int) {
	block := int(o >> 8)
	if block+1 >= len(s.blocks) {
		return 0, 0
	}
	low, high = int(s.blocks[block]), int(s.blocks[block+1])
	rows := s.rows[low:high]
	from, _ := slices.BinarySearch(rows, uint32(o&0xff)<<actBits)
	until := from
	for until < len(rows) && rows[until]>>actBits == uint32(o&0xff) {
		until++
	}
	return low + from, low + until
}

func (s *segment) rowAct(i int) int { return int(s.rows[i] & (maxActs - 1)) }

func (s *segment) rowVersion(i int) pii.Version {
	if s.versions == nil {
		return 1
	}
	return pii.Version(s.versions[i])
}

// wide calls f for every row in order.
func (s *segment) wide(f func(o pii.Ordinal, act int, v pii.Version)) {
	for b := range max(len(s.blocks)-1, 0) {
		for i := s.blocks[b]; i < s.blocks[b+1]; i++ {
			f(pii.Ordinal(b)<<8|pii.Ordinal(s.rows[i]>>actBits), s.rowAct(int(i)), s.rowVersion(int(i)))
		}
	}
}

// each calls f act by act, for the acts of wanted kinds; nil: all.
func (s *segment) each(wanted []bool, f func(*Act, pii.Ordinal, pii.Version)) {
	first := make([]int32, len(s.acts)+1)
	asked := make([]bool, len(s.acts))
	for i := range s.acts {
		asked[i] = wanted == nil || wanted[s.acts[i].kind]
		if asked[i] {
			first[i+1] = int32(s.acts[i].subjects)
		}
		first[i+1] += first[i]
	}
	byAct := make([]uint64, first[len(s.acts)])
	for b := range max(len(s.blocks)-1, 0) {
		for i := s.blocks[b]; i < s.blocks[b+1]; i++ {
			n := s.rows[i] & (maxActs - 1)
			if !asked[n] {
				continue
			}
			byAct[first[n]] = packRow(pii.Ordinal(b)<<8|pii.Ordinal(s.rows[i]>>actBits), 0, s.rowVersion(int(i)))
			first[n]++
		}
	}
	next := int32(0)
	for i := range s.acts {
		if !asked[i] {
			continue
		}
		a := s.act(i)
		for ; next < first[i]; next++ {
			f(&a, pii.Ordinal(byAct[next]>>32), pii.Version(byAct[next]&0xff))
		}
	}
}

// builder collects a segment.
type builder struct {
	s     segment
	rows  []uint64
	ids   map[kindKey]uint32
	works map[string]uint32
}

type kindKey struct {
	recipient pii.PersonID
	org       pii.OrgID
	purpose   pii.Purpose
	verb      pii.Verb
	form      pii.Form
	joined    string
}

func newBuilder(first uint64) *builder {
	return &builder{s: segment{first: first}, ids: map[kindKey]uint32{}, works: map[string]uint32{}}
}

// record takes an entry of the ledger; entries come in order.
func (b *builder) record(r *ledger.Record) {
	a, ok := actOf(r)
	if !ok {
		return
	}
	n := len(b.s.acts)
	r.Subjects(func(o pii.Ordinal, line proof.Line) bool {
		if line.Shown && o != pii.Dummy {
			b.rows = append(b.rows, packRow(o, n, pii.Version(line.Version)))
			a.Subjects++
		}
		return true
	})
	if a.Subjects > 0 {
		b.add(a)
	}
}

// add enters an act.
func (b *builder) add(a Act) {
	joined := joinFields(a.Fields)
	key := kindKey{a.Recipient, a.Org, a.Purpose, a.Verb, a.Form, joined}
	k, ok := b.ids[key]
	if !ok {
		k = uint32(len(b.s.kinds))
		b.ids[key] = k
		b.s.kinds = append(b.s.kinds, kind{a.Recipient, a.Org, a.Purpose, a.Verb, a.Form, a.Fields, joined})
	}
	w, ok := b.works[a.Work]
	if !ok {
		w = uint32(len(b.s.works))
		b.works[a.Work] = w
		b.s.works = append(b.s.works, a.Work)
	}
	b.s.acts = append(b.s.acts, act{a.Entry, a.At.UnixMicro(), k, w, uint32(a.Subjects)})
}

// seal sorts the rows, makes them small and packs the sets.
func (b *builder) seal(until uint64) *segment {
	s := &b.s
	s.until = until
	sortRows(b.rows)
	if n := len(b.rows); n > 0 {
		s.blocks = make([]uint32, b.rows[n-1]>>40+2)
	}
	s.rows = make([]uint32, len(b.rows))
	for i, r := range b.rows {
		s.rows[i] = uint32(r>>32)<<actBits | uint32(r>>8)&(maxActs-1)
		s.blocks[r>>40+1] = uint32(i + 1)
		if v := uint8(r); v != 1 && s.versions == nil {
			s.versions = make([]uint8, len(b.rows))
			for n := range i {
				s.versions[n] = 1
			}
		}
		if s.versions != nil {
			s.versions[i] = uint8(r)
		}
	}
	for i := 1; i < len(s.blocks); i++ {
		s.blocks[i] = max(s.blocks[i], s.blocks[i-1])
	}
	s.sets = packSets(s, b.rows)
	b.rows = nil
	return s
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
		for i := range p.acts {
			b.add(p.act(i))
		}
		p.wide(func(o pii.Ordinal, act int, v pii.Version) { b.rows = append(b.rows, packRow(o, base+act, v)) })
	}
	return b.seal(parts[len(parts)-1].until)
}

func compareLists(a, b list) int {
	return cmp.Or(cmp.Compare(a.recipient, b.recipient), cmp.Compare(a.month, b.month), cmp.Compare(a.kind, b.kind))
}
