package vault

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
)

// pointer is what is sealed of a subject whose values lie in an enrolled table: where
// they are, and keyed hashes of them, which say that one was changed.
type pointer struct {
	Table  enrolment.ID
	Key    string
	Prints []imprint  // by column tag, in its order; a missing one: no value
	Masks  [][16]byte // what she counts for
}

// imprint is a keyed hash of what stands in the column of a tag.
type imprint struct {
	Tag string
	Sum [16]byte
}

// of is the print of a column, nil if there is no value.
func (p pointer) of(tag string) *[16]byte {
	for i := range p.Prints {
		if p.Prints[i].Tag == tag {
			return &p.Prints[i].Sum
		}
	}
	return nil
}

func (p pointer) equal(o pointer) bool {
	return p.Table == o.Table && p.Key == o.Key && slices.Equal(p.Prints, o.Prints)
}

// A pointer is written as: the enrolment's eight bytes, the key, the prints, the masks.
// A number before the key, before each tag, and before prints and masks says how long it
// is, or how many they are. Nothing stands behind it.

func (p pointer) append(b []byte) []byte {
	b = append(b, p.Table[:]...)
	b = appendText(b, p.Key)
	b = binary.AppendUvarint(b, uint64(len(p.Prints)))
	for _, x := range p.Prints {
		b = append(appendText(b, x.Tag), x.Sum[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(p.Masks)))
	for _, m := range p.Masks {
		b = append(b, m[:]...)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errPointer = errors.New("vault: a pointer that is none")

// readPointer reads what append wrote. Who shows a page of customers reads as many of
// them, so it costs little.
func readPointer(b []byte) (p pointer, err error) {
	if len(b) < len(p.Table) {
		return p, errPointer
	}
	b = b[copy(p.Table[:], b):]
	key, b, err := cut(b, 1)
	if err != nil {
		return p, err
	}
	p.Key = string(key)
	n, b, err := count(b)
	if err != nil {
		return p, err
	}
	if n > 0 && n*len(imprint{}.Sum) <= len(b) {
		p.Prints = make([]imprint, 0, n)
	}
	for range n {
		tag, rest, err := cut(b, 1)
		if err != nil || len(rest) < len(imprint{}.Sum) {
			return p, errPointer
		}
		p.Prints = append(p.Prints, imprint{Tag: string(tag), Sum: [16]byte(rest)})
		b = rest[len(imprint{}.Sum):]
	}
	masks, b, err := cut(b, 16)
	if err != nil || len(b) > 0 || !slices.IsSortedFunc(p.Prints, byTag) {
		return p, errPointer
	}
	if len(masks) > 0 {
		p.Masks = make([][16]byte, len(masks)/16)
	}
	for i := range p.Masks {
		p.Masks[i] = [16]byte(masks[16*i:])
	}
	return p, nil
}

func byTag(a, b imprint) int { return strings.Compare(a.Tag, b.Tag) }

// count reads a number that what follows can hold.
func count(b []byte) (n int, rest []byte, err error) {
	u, size := binary.Uvarint(b)
	if size <= 0 || u > uint64(len(b)) {
		return 0, nil, errPointer
	}
	return int(u), b[size:], nil
}

// cut reads a number of pieces and cuts them off.
func cut(b []byte, each int) (piece, rest []byte, err error) {
	n, b, err := count(b)
	if err != nil || n*each > len(b) {
		return nil, nil, errPointer
	}
	return b[:n*each], b[n*each:], nil
}

// sealPointer seals it as a version of the subject.
func sealPointer(key keyring.DataKey, id pii.SubjectID, version pii.Version, p pointer) ([]byte, error) {
	box, err := key.Seal(keyring.Place{Subject: id, Field: sourceField, Version: version}, p.append(nil))
	if err != nil {
		return nil, err
	}
	return appendBox(nil, sourceField, box), nil
}

// openPointer says where a subject's values lie; ok is false if they are sealed here.
func openPointer(key keyring.DataKey, id pii.SubjectID, version pii.Version, sealed []byte) (p pointer, ok bool, err error) {
	box, ok := find(sealed, sourceField)
	if !ok {
		return p, false, nil
	}
	plain, err := key.Open(keyring.Place{Subject: id, Field: sourceField, Version: version}, box)
	if err == nil {
		p, err = readPointer(plain)
	}
	if err != nil {
		return p, true, fault.Wrap(fault.Unavailable, "seal-broken", err)
	}
	return p, true, nil
}
