package exposure

import (
	"encoding/binary"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/pii"
)

// sets are a segment's sets of subjects, one for every recipient, list of fields,
// form and month, packed: differences of the ordinals in order, as varints. Most
// sets hold a few hundred people among millions, for which a bitmap's containers
// would cost ten times as much.
type sets struct {
	lists  []list // by recipient, month
	packed []byte
}

// list is one packed set.
type list struct {
	recipient pii.PersonID
	month     Month
	kind      uint32 // of one of the acts; they agree in fields and form
	people    uint32
	from      uint32 // in packed
}

// packSets packs the sets of sorted rows.
func packSets(s *segment, rows []uint64) (out sets) {
	type group struct {
		recipient pii.PersonID
		joined    string
		form      pii.Form
		month     Month
	}
	ids, of := map[group]uint32{}, make([]uint32, len(s.acts))
	var count []uint32
	last := map[uint32]struct { // kind → the month it was last met in
		month Month
		id    uint32
	}{}
	for i := range s.acts {
		a := &s.acts[i]
		month := MonthOf(fromMicros(a.micros))
		at, ok := last[a.kind]
		if !ok || at.month != month {
			k := &s.kinds[a.kind]
			g := group{k.recipient, k.joined, k.form, month}
			id, ok := ids[g]
			if !ok {
				id = uint32(len(out.lists))
				ids[g] = id
				out.lists, count = append(out.lists, list{recipient: k.recipient, month: month, kind: a.kind}), append(count, 0)
			}
			at.month, at.id = month, id
			last[a.kind] = at
		}
		of[i] = at.id
		count[at.id] += a.subjects
	}
	next := make([]uint32, len(count))
	for i := 1; i < len(count); i++ {
		next[i] = next[i-1] + count[i-1]
	}
	people := make([]uint32, len(rows))
	for _, r := range rows {
		n := of[r>>8&(maxActs-1)]
		people[next[n]] = uint32(r >> 32)
		next[n]++
	}
	out.packed = make([]byte, 0, 2*len(rows))
	for i := range out.lists {
		l := &out.lists[i]
		l.from = uint32(len(out.packed))
		last := uint32(0)
		for _, o := range people[next[i]-count[i] : next[i]] {
			if o != last {
				out.packed = binary.AppendUvarint(out.packed, uint64(o-last))
				last = o
				l.people++
			}
		}
	}
	slices.SortFunc(out.lists, compareLists)
	out.packed = slices.Clip(out.packed)
	return out
}

// of lists the sets of a recipient.
func (s *sets) of(p pii.PersonID) []list {
	low, _ := slices.BinarySearchFunc(s.lists, p, func(l list, p pii.PersonID) int {
		if l.recipient < p {
			return -1
		}
		return 1
	})
	high := low
	for high < len(s.lists) && s.lists[high].recipient == p {
		high++
	}
	return s.lists[low:high]
}

// unpack appends the ordinals of a set.
func (s *sets) unpack(l list, to []uint32) []uint32 {
	b, o := s.packed[l.from:], uint32(0)
	for range l.people {
		n, size := binary.Uvarint(b)
		b, o = b[size:], o+uint32(n)
		to = append(to, o)
	}
	return to
}

// Bitmap is the set of subjects a recipient was shown; nil if nobody. It is the
// caller's own.
func (x *Index) Bitmap(k Key) *roaring.Bitmap {
	var out *roaring.Bitmap
	var people []uint32
	for _, s := range x.view.Load().segments {
		for _, l := range s.sets.of(k.Recipient) {
			of := &s.kinds[l.kind]
			if l.month != k.Month || of.form != k.Form || !slices.Contains(of.fields, k.Field) {
				continue
			}
			if out == nil {
				out = roaring.New()
			}
			people = s.sets.unpack(l, people[:0])
			out.AddMany(people)
		}
	}
	return out
}

// Keys lists the bitmaps there are, in no order.
func (x *Index) Keys() (keys []Key) {
	seen := map[Key]bool{}
	for _, s := range x.view.Load().segments {
		for _, l := range s.sets.lists {
			for _, f := range s.kinds[l.kind].fields {
				k := Key{l.recipient, f, s.kinds[l.kind].form, l.month}
				if !seen[k] {
					seen[k] = true
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}
