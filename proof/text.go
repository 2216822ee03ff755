package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"
)

// b64 refuses stray bits, so that a text stands for one byte string only.
var b64 = base64.StdEncoding.Strict()

// ID is a 128-bit name: of a subject or a request.
type ID [16]byte

// FieldSalt is the salt of one opened field.
type FieldSalt [SaltSize]byte

func (h Hash) String() string                        { return hex.EncodeToString(h[:]) }
func (h Hash) MarshalText() ([]byte, error)          { return []byte(h.String()), nil }
func (h *Hash) UnmarshalText(b []byte) error         { return unhex(h[:], b) }
func (id ID) String() string                         { return hex.EncodeToString(id[:]) }
func (id ID) MarshalText() ([]byte, error)           { return []byte(id.String()), nil }
func (id *ID) UnmarshalText(b []byte) error          { return unhex(id[:], b) }
func (s FieldSalt) MarshalText() ([]byte, error)     { return hex.AppendEncode(nil, s[:]), nil }
func (s *FieldSalt) UnmarshalText(text []byte) error { return unhex(s[:], text) }

// unhex reads exactly len(dst) bytes from lower-case hexadecimal digits.
func unhex(dst, text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(dst) || hex.EncodeToString(b) != string(text) {
		return fail("hash", "malformed")
	}
	copy(dst, b)
	return nil
}

// hashList is written as one base64 text of all hashes, one after the other.
type hashList []Hash

func (l hashList) bytes() []byte {
	b := make([]byte, 0, HashSize*len(l))
	for i := range l {
		b = append(b, l[i][:]...)
	}
	return b
}

func (l hashList) MarshalText() ([]byte, error) { return b64.AppendEncode(nil, l.bytes()), nil }

func (l *hashList) UnmarshalText(text []byte) error {
	b, err := b64.DecodeString(string(text))
	if err != nil || len(b)%HashSize != 0 {
		return fail("hashes", "malformed")
	}
	*l = splitHashes(b)
	return nil
}

func splitHashes(b []byte) []Hash {
	var l []Hash
	for ; len(b) > 0; b = b[HashSize:] {
		l = append(l, Hash(b[:HashSize]))
	}
	return l
}

// MarshalText writes the proof as base64 of: number of siblings 2, big endian |
// siblings | if another key is in the place, its key and value.
func (p SparseProof) MarshalText() ([]byte, error) {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(p.Siblings)))
	b = append(b, hashList(p.Siblings).bytes()...)
	if p.Other != nil {
		b = append(b, p.Other.Key[:]...)
		b = append(b, p.Other.Value[:]...)
	}
	return b64.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText wrote and refuses everything else.
func (p *SparseProof) UnmarshalText(text []byte) error {
	b, err := b64.DecodeString(string(text))
	if err != nil || len(b) < 2 {
		return fail("sparse proof", "malformed")
	}
	n, b := int(binary.BigEndian.Uint16(b)), b[2:]
	if n > 256 || (len(b) != n*HashSize && len(b) != (n+2)*HashSize) {
		return fail("sparse proof", "malformed")
	}
	*p = SparseProof{Siblings: splitHashes(b[:n*HashSize])}
	if rest := b[n*HashSize:]; len(rest) > 0 {
		p.Other = &Pair{Hash(rest[:HashSize]), Hash(rest[HashSize:])}
	}
	return nil
}

// canonicalJSON writes v as RFC 8785 does. v's struct fields are declared in the
// order of their JSON names, and numbers stay below 2^53.
func canonicalJSON(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // no type of this package fails to encode
	return unescapeSeparators(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// unescapeSeparators undoes the one escape of encoding/json that RFC 8785 does
// not have: U+2028 and U+2029 stand for themselves.
func unescapeSeparators(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		switch {
		case bytes.HasPrefix(b, []byte(`\u2028`)), bytes.HasPrefix(b, []byte(`\u2029`)):
			out = utf8.AppendRune(out, 0x2020+rune(b[5]-'0'))
			b = b[6:]
		case b[0] == '\\':
			out, b = append(out, b[:2]...), b[2:]
		default:
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

// parseJSON reads v and refuses text that canonicalJSON would not have written.
func parseJSON(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil || !bytes.Equal(canonicalJSON(v), b) {
		return fail("JSON", "json")
	}
	return nil
}
