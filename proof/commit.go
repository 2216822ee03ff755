package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Domain tags, one byte each, first in every hashed string (docs/format/ledger.md).
const (
	domTag       = 0x01
	domValue     = 0x02
	domSalt      = 0x10
	domField     = 0x11
	domSubject   = 0x20
	domEnrolled  = 0x21
	domOrdinals  = 0x30
	domForgotten = 0x40
)

// SaltSize is the length of a field's salt.
const SaltSize = 16

// Field is one committed fact of an entry: a name of ours and its value.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Salt derives the salt of field i from the entry's key.
func Salt(entryKey []byte, i int) [SaltSize]byte {
	m := hmac.New(sha256.New, entryKey)
	m.Write([]byte{domSalt, byte(i)})
	return [SaltSize]byte(m.Sum(nil)[:SaltSize])
}

// Commit is the commitment to one field under its salt.
func Commit(salt [SaltSize]byte, f Field) Hash {
	b := make([]byte, 0, 1+SaltSize+8+len(f.Name)+len(f.Value))
	b = append(b, domField)
	b = append(b, salt[:]...)
	b = appendPrefixed(b, f.Name)
	b = appendPrefixed(b, f.Value)
	return sha256.Sum256(b)
}

// Tag is a subject's pseudonym in one entry: unlinkable without her record key.
func Tag(recordKey []byte, request [16]byte) Hash {
	return prf(recordKey, domTag, request)
}

// ValueKey is the key under which a subject's line of one entry is hashed.
func ValueKey(recordKey []byte, request [16]byte) Hash {
	return prf(recordKey, domValue, request)
}

// LineHash is the value a subject's tag maps to in the entry's sparse tree.
func LineHash(valueKey Hash, line []byte) Hash {
	return sha256.Sum256(append(valueKey[:], line...))
}

// SubjectCommitment pins which record key is a subject's: logged when she is
// enrolled. reference is her public id.
func SubjectCommitment(recordKey []byte, reference [16]byte) Hash {
	b := make([]byte, 0, 1+len(recordKey)+len(reference))
	b = append(b, domSubject)
	b = append(b, recordKey...)
	b = append(b, reference[:]...)
	return sha256.Sum256(b)
}

// EnrolledHash is the value a subject commitment maps to in the sparse tree of
// the entry that enrolled her.
func EnrolledHash(commitment Hash) Hash {
	return sha256.Sum256(append([]byte{domEnrolled}, commitment[:]...))
}

// ForgottenHash is what a forget entry says of a subject commitment.
func ForgottenHash(commitment Hash) Hash {
	return sha256.Sum256(append([]byte{domForgotten}, commitment[:]...))
}

// OrdinalsCommitment commits to a serialised bitmap of ordinals.
func OrdinalsCommitment(salt [SaltSize]byte, bitmap []byte) Hash {
	b := make([]byte, 0, 1+SaltSize+len(bitmap))
	b = append(b, domOrdinals)
	b = append(b, salt[:]...)
	b = append(b, bitmap...)
	return sha256.Sum256(b)
}

// Line is what an entry says of one subject.
type Line struct {
	Shown   bool   // shown, or refused
	Version uint32 // the value version opened; 0 if nothing was
	Rule    string // the rule that refused her; empty if shown
}

// Encode gives the bytes that are hashed: shown 1 | version 4 | rule, prefixed.
func (l Line) Encode() []byte {
	b := make([]byte, 0, 16+len(l.Rule))
	if l.Shown {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint32(b, l.Version)
	return appendPrefixed(b, l.Rule)
}

func prf(key []byte, domain byte, request [16]byte) Hash {
	m := hmac.New(sha256.New, key)
	m.Write([]byte{domain})
	m.Write(request[:])
	return Hash(m.Sum(nil))
}

func appendPrefixed(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
