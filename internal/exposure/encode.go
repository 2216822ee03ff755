package exposure

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// A segment is stored as: version 1 | first | until | texts | acts | rows; numbers
// as varints, texts once each in the order of first use. Rows are differences in
// sorted order. The sets follow from the rows and are made when a segment is read:
// that is quicker than reading them. The same entries always give the same bytes.

const segmentVersion = 1

var errSegment = errors.New("not an exposure segment")

type writer struct {
	b     []byte
	texts map[string]uint64
	list  []string
}

func (w *writer) text(s string) {
	n, ok := w.texts[s]
	if !ok {
		n = uint64(len(w.list))
		w.texts[s], w.list = n, append(w.list, s)
	}
	w.b = binary.AppendUvarint(w.b, n)
}

func (w *writer) number(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

func (s *segment) encode() []byte {
	w := &writer{texts: map[string]uint64{}}
	w.number(uint64(len(s.acts)))
	entry, at := s.first, uint64(0)
	for i := range s.acts {
		a := s.act(i)
		w.number(a.Entry - entry)
		w.number(uint64(a.At.UnixMicro()) - at)
		entry, at = a.Entry, uint64(a.At.UnixMicro())
		w.text(string(a.Recipient))
		w.text(string(a.Org))
		w.text(string(a.Purpose))
		w.text(a.Work)
		w.b = append(w.b, byte(a.Verb), byte(a.Form))
		w.number(uint64(len(a.Fields)))
		for _, f := range a.Fields {
			w.text(string(f))
		}
		w.number(uint64(a.Subjects))
	}
	w.number(uint64(len(s.rows)))
	last := uint64(0)
	s.wide(func(o pii.Ordinal, act int, v pii.Version) {
		r := packRow(o, act, v)
		w.number(r - last)
		last = r
	})
	head := binary.AppendUvarint(binary.AppendUvarint([]byte{segmentVersion}, s.first), s.until)
	head = binary.AppendUvarint(head, uint64(len(w.list)))
	for _, t := range w.list {
		head = append(binary.AppendUvarint(head, uint64(len(t))), t...)
	}
	return append(head, w.b...)
}

// scanner reads; after the first short read everything is zero.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) number() uint64 {
	n, size := binary.Uvarint(s.b)
	if size <= 0 {
		s.bad = true
		return 0
	}
	s.b = s.b[size:]
	return n
}

// count reads a number of things of at least one byte each.
func (s *scanner) count() int {
	n := s.number()
	if n > uint64(len(s.b)) {
		s.bad = true
		return 0
	}
	return int(n)
}

func (s *scanner) take(n int) []byte {
	if s.bad || n > len(s.b) {
		s.bad = true
		return make([]byte, min(n, 64))
	}
	out := s.b[:n]
	s.b = s.b[n:]
	return out
}

func decode(data []byte) (*segment, error) {
	s := &scanner{b: data}
	if s.take(1)[0] != segmentVersion {
		return nil, errSegment
	}
	b, until := newBuilder(s.number()), s.number()
	texts := make([]string, s.count())
	for i := range texts {
		texts[i] = string(s.take(s.count()))
	}
	text := func() string {
		n := s.number()
		if n >= uint64(len(texts)) {
			s.bad = true
			return ""
		}
		return texts[n]
	}
	acts := s.count()
	entry, at := b.s.first, int64(0)
	lists := map[string][]pii.Field{}
	for range acts {
		entry += s.number()
		at += int64(s.number())
		a := Act{Entry: entry, At: time.UnixMicro(at).UTC(), Recipient: pii.PersonID(text()), Org: pii.OrgID(text()), Purpose: pii.Purpose(text()), Work: text()}
		how := s.take(2)
		a.Verb, a.Form = pii.Verb(how[0]), pii.Form(how[1])
		fields := make([]pii.Field, s.count())
		for n := range fields {
			fields[n] = pii.Field(text())
		}
		key := joinFields(fields)
		if _, ok := lists[key]; !ok {
			lists[key] = fields
		}
		a.Fields, a.Subjects = lists[key], int(s.number())
		if s.bad {
			return nil, errSegment
		}
		b.add(a)
	}
	b.rows = make([]uint64, s.count())
	shown, last := make([]uint32, len(b.s.acts)), uint64(0)
	for i := range b.rows {
		last += s.number()
		b.rows[i] = last
		if n := last >> 8 & (maxActs - 1); n < uint64(len(shown)) {
			shown[n]++
		} else {
			s.bad = true
		}
	}
	for i := range shown {
		s.bad = s.bad || shown[i] != b.s.acts[i].subjects
	}
	if s.bad || len(s.b) > 0 || until < b.s.first {
		return nil, errSegment
	}
	return b.seal(until), nil
}
