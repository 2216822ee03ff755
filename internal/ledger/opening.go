package ledger

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// openingPad is the step of an opening's length: entries whose facts differ by a
// few bytes are equally long, so that length tells nothing.
const openingPad = 256

const openingVersion = 1

var errOpening = errors.New("not an opening")

// opening is what the leaf commits to: the entry's key, its facts and subjects.
//
// Encoding, big endian: version 1 | entry key 32 | facts 2 | (name, value)… |
// subjects 4 | (ordinal 4, shown 1, version 4, rule)… | enrols 4 | hashes… |
// refs 2 | (kind 1, key)… ; strings are prefixed with their length in 4 bytes; 0x80 and zeros up to a
// multiple of 256.
type opening struct {
	Key      [32]byte
	Facts    []proof.Field
	Subjects []openedSubject
	Enrols   []proof.Hash
	Refs     []Ref // what the entry is found by besides its actor, organisation and subjects
}

type openedSubject struct {
	Ordinal pii.Ordinal
	Line    proof.Line
}

func (o opening) encode() []byte {
	b := make([]byte, 0, 2*openingPad)
	b = append(b, openingVersion)
	b = append(b, o.Key[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Facts)))
	for _, f := range o.Facts {
		b = appendText(b, f.Name)
		b = appendText(b, f.Value)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(o.Subjects)))
	for _, s := range o.Subjects {
		b = binary.BigEndian.AppendUint32(b, uint32(s.Ordinal))
		b = append(b, s.Line.Encode()...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(o.Enrols)))
	for _, h := range o.Enrols {
		b = append(b, h[:]...)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.Refs)))
	for _, r := range o.Refs {
		b = append(b, byte(r.Kind))
		b = appendText(b, string(r.Key))
	}
	b = append(b, 0x80)
	return append(b, make([]byte, (openingPad-len(b)%openingPad)%openingPad)...)
}

// scanner reads the encoding; after the first short read everything is zero.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) take(n int) []byte {
	if s.bad || n < 0 || n > len(s.b) {
		s.bad = true
		return make([]byte, min(max(n, 0), 64))
	}
	out := s.b[:n]
	s.b = s.b[n:]
	return out
}

func (s *scanner) u8() byte    { return s.take(1)[0] }
func (s *scanner) u16() uint16 { return binary.BigEndian.Uint16(s.take(2)) }
func (s *scanner) u32() uint32 { return binary.BigEndian.Uint32(s.take(4)) }

func (s *scanner) text() string { return string(s.take(int(s.u32()))) }

// count reads a number of items of at least size bytes each.
func (s *scanner) count(n uint32, size int) int {
	if s.bad || int64(n)*int64(size) > int64(len(s.b)) {
		s.bad = true
		return 0
	}
	return int(n)
}

func decodeOpening(b []byte) (opening, error) {
	s := &scanner{b: b}
	var o opening
	if s.u8() != openingVersion {
		return o, errOpening
	}
	copy(o.Key[:], s.take(32))
	o.Facts = make([]proof.Field, s.count(uint32(s.u16()), 8))
	for i := range o.Facts {
		o.Facts[i] = proof.Field{Name: s.text(), Value: s.text()}
	}
	o.Subjects = make([]openedSubject, s.count(s.u32(), 13))
	for i := range o.Subjects {
		o.Subjects[i].Ordinal = pii.Ordinal(s.u32())
		shown := s.u8()
		s.bad = s.bad || shown > 1
		o.Subjects[i].Line = proof.Line{Shown: shown == 1, Version: s.u32(), Rule: s.text()}
	}
	if n := s.count(s.u32(), proof.HashSize); n > 0 {
		o.Enrols = make([]proof.Hash, n)
		for i := range o.Enrols {
			copy(o.Enrols[i][:], s.take(proof.HashSize))
		}
	}
	if n := s.count(uint32(s.u16()), 5); n > 0 {
		o.Refs = make([]Ref, n)
		for i := range o.Refs {
			o.Refs[i] = Ref{RefKind(s.u8()), []byte(s.text())}
		}
	}
	s.bad = s.bad || s.u8() != 0x80 || len(b)%openingPad != 0 || len(s.b) >= openingPad
	for _, x := range s.b {
		s.bad = s.bad || x != 0
	}
	if s.bad {
		return opening{}, errOpening
	}
	return o, nil
}

func appendText(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// Record is an entry as it was written: its leaf with the opening.
type Record struct {
	Index   uint64
	Leaf    proof.Leaf
	opening opening
}

// At is when the entry was recorded, UTC.
func (r *Record) At() time.Time { return time.UnixMicro(int64(r.Leaf.Micros)).UTC() }

// Request is the request id of the entry.
func (r *Record) Request() pii.RequestID { return r.Leaf.Request }

// Fact returns a fact's value, empty if the entry has none of that name.
func (r *Record) Fact(name string) string { return r.opening.fact(name) }

func (o *opening) fact(name string) string {
	for _, f := range o.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// refs is what the entry is found by.
func (r *Record) refs() []Ref { return r.opening.refs(r.Leaf.Kind) }

// Refs is what the entry is filed under.
func (r *Record) Refs() []Ref { return r.refs() }

// Facts lists all facts in the order the leaf commits to them.
func (r *Record) Facts() []proof.Field { return r.opening.Facts }

// Salt is the salt of fact i, for opening that one fact to an outsider.
func (r *Record) Salt(i int) [proof.SaltSize]byte { return proof.Salt(r.opening.Key[:], i) }

// Fields are the data fields the entry names.
func (r *Record) Fields() []pii.Field { return splitFields(r.Fact("fields")) }

// Form is the form the entry names; None if it names none.
func (r *Record) Form() (f pii.Form) {
	if f.UnmarshalText([]byte(r.Fact("form"))) != nil {
		return pii.None
	}
	return f
}

// Verb is the verb the entry names; 0 if it names none.
func (r *Record) Verb() pii.Verb {
	for v := pii.Read; v <= pii.Provide; v++ {
		if v.String() == r.Fact("verb") {
			return v
		}
	}
	return 0
}

// Subjects calls f for every subject the entry names, until f returns false.
func (r *Record) Subjects(f func(o pii.Ordinal, line proof.Line) bool) {
	for _, s := range r.opening.Subjects {
		if !f(s.Ordinal, s.Line) {
			return
		}
	}
}

// Enrols lists the subject commitments the entry pins.
func (r *Record) Enrols() []proof.Hash { return r.opening.Enrols }

// scope is what the vault may open on this record.
func (r *Record) scope() Scope {
	s := Scope{
		Entry: r.Index, Request: r.Leaf.Request, Verb: r.Verb(), Form: r.Form(),
		Fields: r.Fields(), Recipient: pii.OrgID(r.Fact("org")),
	}
	for _, x := range r.opening.Subjects {
		if x.Line.Shown {
			s.Shown = append(s.Shown, ShownVersion{x.Ordinal, pii.Version(x.Line.Version)})
		}
	}
	return s
}

// matches verifies that the opening is the leaf's: every commitment, and that the
// number of subjects agrees. The sparse tree needs the subjects' keys; see [Audit].
func (r *Record) matches() bool {
	if len(r.opening.Facts) != len(r.Leaf.Commitments) ||
		int(r.Leaf.Subjects) != len(r.opening.Subjects)+len(r.opening.Enrols) {
		return false
	}
	for i, f := range r.opening.Facts {
		if proof.Commit(r.Salt(i), f) != r.Leaf.Commitments[i] {
			return false
		}
	}
	return true
}

func requestHash(r *Record) []byte {
	b, err := hex.DecodeString(r.Fact("request-hash"))
	if err != nil {
		return nil
	}
	return b
}
