package keyring

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// The ring's keys that are not a month's, by number in the file.
const (
	indexKey = iota
	macKey
	maskKey
	tokenKey
	requestKey
	sealKey
	namedKeys
)

// state is what the ring file holds. A published state is never altered, only
// replaced by a changed clone.
type state struct {
	generation        uint64
	origin            string   // the first log's name; in all associated data
	signer            string   // note signer key, named by the log
	closed            []string // verifier keys of the logs before, oldest first
	named             [namedKeys]*key
	periods, records  map[Month]*key
	erased, forgotten map[pii.SubjectID]bool
}

func emptyState() *state {
	return &state{
		periods: map[Month]*key{}, records: map[Month]*key{},
		erased: map[pii.SubjectID]bool{}, forgotten: map[pii.SubjectID]bool{},
	}
}

func newState(origin string, m Month, rand io.Reader) (*state, error) {
	if origin == "" || strings.ContainsAny(origin, "+ \t\n") {
		return nil, fault.New(fault.Invalid, "bad-origin", "origin")
	}
	st := emptyState()
	st.generation, st.origin = 1, origin
	var err error
	if st.signer, _, err = note.GenerateKey(rand, origin); err != nil {
		return nil, fault.New(fault.Invalid, "bad-origin", "origin")
	}
	if _, err := note.NewSigner(st.signer); err != nil {
		return nil, fault.New(fault.Invalid, "bad-origin", "origin")
	}
	slots := []**key{new(*key), new(*key)}
	for i := range st.named {
		slots = append(slots, &st.named[i])
	}
	for _, s := range slots {
		if *s, err = newKey(rand); err != nil {
			return nil, err
		}
	}
	st.periods[m], st.records[m] = *slots[0], *slots[1]
	return st, nil
}

func (s *state) clone() *state {
	c := *s
	for i, k := range s.named {
		c.named[i] = copyKey(k)
	}
	c.periods, c.records = cloneKeys(s.periods), cloneKeys(s.records)
	c.closed = slices.Clone(s.closed)
	c.erased, c.forgotten = maps.Clone(s.erased), maps.Clone(s.forgotten)
	return &c
}

func copyKey(k *key) *key { c := *k; return &c }

func cloneKeys(m map[Month]*key) map[Month]*key {
	c := make(map[Month]*key, len(m))
	for k, v := range m {
		c[k] = copyKey(v)
	}
	return c
}

// zero overwrites the raw keys. Ciphers made from them keep their own schedules,
// and the signer its text, until the collector reuses the memory.
func (s *state) zero() {
	for _, k := range s.named {
		if k != nil {
			k.zero()
		}
	}
	for _, m := range []map[Month]*key{s.periods, s.records} {
		for _, k := range m {
			k.zero()
		}
	}
}

// logName is the name of the log that the signer signs, "" if it is malformed.
func logName(s *state) string {
	parts := strings.SplitN(s.signer, "+", 5) // base64 may hold a + of its own
	if len(parts) != 5 {
		return ""
	}
	return parts[2]
}

// verifierKey is the public half of the signer, "" if the signer is malformed.
func verifierKey(s *state) string {
	parts := strings.SplitN(s.signer, "+", 5)
	if len(parts) != 5 {
		return ""
	}
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+keySize {
		return ""
	}
	defer clear(seed)
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(logName(s), public)
	if err != nil {
		return ""
	}
	return vkey
}

// The ring's plaintext is a list of items: one byte that says what it is, four
// bytes of length, the item. Items come in one order only, so that a state has
// one encoding.
const (
	itemOrigin    = 'o'
	itemSigner    = 's'
	itemClosed    = 'l' // verifier key of a log that was closed
	itemNamed     = 'k' // number, key
	itemPeriod    = 'p' // month, key
	itemRecord    = 'r' // month, key
	itemErased    = 'e' // ids
	itemForgotten = 'f' // ids
)

func (s *state) encode() []byte {
	// The size is computed first: an append that grows would leave copies of keys.
	size := len(s.origin) + len(s.signer) + len(strings.Join(s.closed, "     ")) + 64 + int(namedKeys)*(6+keySize) +
		(len(s.periods)+len(s.records))*(7+keySize) + 16*(len(s.erased)+len(s.forgotten))
	b := make([]byte, 0, size)
	b = item(b, itemOrigin, []byte(s.origin))
	b = item(b, itemSigner, []byte(s.signer))
	for _, vkey := range s.closed {
		b = item(b, itemClosed, []byte(vkey))
	}
	for i, k := range s.named {
		b = item(b, itemNamed, []byte{byte(i)}, k[:])
	}
	for _, group := range []struct {
		tag  byte
		keys map[Month]*key
	}{{itemPeriod, s.periods}, {itemRecord, s.records}} {
		for _, m := range sortedMonths(group.keys) {
			b = item(b, group.tag, binary.BigEndian.AppendUint16(nil, uint16(m)), group.keys[m][:])
		}
	}
	b = item(b, itemErased, idBytes(s.erased))
	return item(b, itemForgotten, idBytes(s.forgotten))
}

func item(b []byte, tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = binary.BigEndian.AppendUint32(append(b, tag), uint32(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// decodeState reads what encode wrote and nothing else.
func decodeState(generation uint64, b []byte) (*state, error) {
	s := emptyState()
	s.generation = generation
	for rest := b; len(rest) > 0; {
		if len(rest) < 5 {
			return nil, ErrDamaged
		}
		n := int(binary.BigEndian.Uint32(rest[1:5]))
		if n > len(rest)-5 || !s.take(rest[0], rest[5:5+n]) {
			return nil, ErrDamaged
		}
		rest = rest[5+n:]
	}
	if slices.Contains(s.named[:], nil) || s.origin == "" || verifierKey(s) == "" {
		return nil, ErrDamaged
	}
	again := s.encode()
	defer clear(again)
	if !bytes.Equal(again, b) { // order, duplicates
		return nil, ErrDamaged
	}
	return s, nil
}

func (s *state) take(tag byte, v []byte) bool {
	switch tag {
	case itemOrigin:
		s.origin = string(v)
	case itemSigner:
		s.signer = string(v)
	case itemClosed:
		if _, err := note.NewVerifier(string(v)); err != nil {
			return false
		}
		s.closed = append(s.closed, string(v))
	case itemNamed:
		if len(v) != 1+keySize || int(v[0]) >= namedKeys {
			return false
		}
		s.named[v[0]] = copyKey((*key)(v[1:]))
	case itemPeriod:
		return takeMonth(s.periods, v)
	case itemRecord:
		return takeMonth(s.records, v)
	case itemErased:
		return takeIDs(s.erased, v)
	case itemForgotten:
		return takeIDs(s.forgotten, v)
	default:
		return false
	}
	return true
}

func takeMonth(keys map[Month]*key, v []byte) bool {
	if len(v) != 2+keySize {
		return false
	}
	keys[Month(binary.BigEndian.Uint16(v))] = copyKey((*key)(v[2:]))
	return true
}

func takeIDs(set map[pii.SubjectID]bool, v []byte) bool {
	if len(v)%16 != 0 {
		return false
	}
	for id := range slices.Chunk(v, 16) {
		set[pii.SubjectID(id)] = true
	}
	return true
}

func idBytes(set map[pii.SubjectID]bool) []byte {
	b := make([]byte, 0, 16*len(set))
	for _, id := range sortedIDs(set) {
		b = append(b, id[:]...)
	}
	return b
}

func sortedIDs(set map[pii.SubjectID]bool) []pii.SubjectID {
	return slices.SortedFunc(maps.Keys(set), func(a, b pii.SubjectID) int {
		return bytes.Compare(a[:], b[:])
	})
}
