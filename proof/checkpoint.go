package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Signature types of c2sp.org/signed-note that this package checks.
const (
	typeLog         = 0x01 // Ed25519
	typeCosignature = 0x04 // Ed25519 with a time, by a witness
)

// maxTree is the largest tree there can be: above it x/mod's arithmetic of proofs
// does not come to an end.
const maxTree = 1 << 62

// maxSignatures is how many lines of signatures are read before giving up.
const maxSignatures = 100

// Key is a verifier key in the form of c2sp.org/signed-note.
type Key struct {
	Name   string
	ID     uint32
	typ    byte
	public [ed25519.PublicKeySize]byte
}

// ParseLogKey reads a log's vkey (Ed25519).
func ParseLogKey(vkey string) (Key, error) { return parseKey(vkey, typeLog) }

// ParseWitnessKey reads a witness's vkey (Ed25519 cosignature with time).
func ParseWitnessKey(vkey string) (Key, error) { return parseKey(vkey, typeCosignature) }

func parseKey(vkey string, typ byte) (Key, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	_, key64, _ := strings.Cut(rest, "+")
	raw, err := b64.DecodeString(key64)
	if err != nil || !validName(name) || !speakable(name) || len(raw) != 1+ed25519.PublicKeySize || raw[0] != typ {
		return Key{}, fail("key", "key")
	}
	k := Key{Name: name, typ: typ, public: [ed25519.PublicKeySize]byte(raw[1:])}
	sum := sha256.Sum256([]byte(name + "\n" + string(raw)))
	k.ID = binary.BigEndian.Uint32(sum[:])
	if k.String() != vkey {
		return Key{}, fail("key", "key")
	}
	return k, nil
}

// String writes the vkey.
func (k Key) String() string {
	raw := append([]byte{k.typ}, k.public[:]...)
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.ID, b64.EncodeToString(raw))
}

func (k Key) made(s Signature) bool { return s.Name == k.Name && s.KeyID == k.ID }

// check verifies one signature over a checkpoint's text. The time is that of a
// witness; a log's signature has none.
func (k Key) check(text string, s Signature) (time.Time, error) {
	if k.typ == typeLog {
		if !ed25519.Verify(k.public[:], []byte(text), s.Bytes) {
			return time.Time{}, fail("checkpoint", "signature")
		}
		return time.Time{}, nil
	}
	if len(s.Bytes) != 8+ed25519.SignatureSize {
		return time.Time{}, fail("checkpoint", "signature")
	}
	seconds := binary.BigEndian.Uint64(s.Bytes)
	msg := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	if seconds > math.MaxInt64 || !ed25519.Verify(k.public[:], []byte(msg), s.Bytes[8:]) {
		return time.Time{}, fail("checkpoint", "signature")
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// Signature is one line under a checkpoint.
type Signature struct {
	Name  string
	KeyID uint32
	Bytes []byte // what follows the key ID
}

// Checkpoint is a signed tree head (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin     string
	Size       uint64
	Root       Hash
	Text       string // what is signed, with its last newline
	Signatures []Signature
}

// ParseCheckpoint reads a signed checkpoint. It verifies no signature.
func ParseCheckpoint(signed []byte) (Checkpoint, error) {
	bad := fail("checkpoint", "malformed")
	text, sigs, ok := strings.Cut(string(signed), "\n\n")
	if !ok || !printable(string(signed)) || !strings.HasSuffix(sigs, "\n") {
		return Checkpoint{}, bad
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 3 || lines[0] == "" {
		return Checkpoint{}, bad
	}
	size, err := parseNumber(lines[1])
	root, err2 := b64.DecodeString(lines[2])
	if err != nil || err2 != nil || len(root) != HashSize || size > maxTree {
		return Checkpoint{}, bad
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: Hash(root), Text: text + "\n"}
	c.Signatures, err = parseSignatures(strings.TrimSuffix(sigs, "\n"))
	return c, err
}

func parseSignatures(text string) ([]Signature, error) {
	var out []Signature
	for line := range strings.SplitSeq(text, "\n") {
		rest, ok := strings.CutPrefix(line, "— ")
		name, sig64, _ := strings.Cut(rest, " ")
		raw, err := b64.DecodeString(sig64)
		if !ok || err != nil || !validName(name) || len(raw) < 5 || len(out) == maxSignatures {
			return nil, fail("checkpoint", "malformed")
		}
		out = append(out, Signature{name, binary.BigEndian.Uint32(raw), raw[4:]})
	}
	return out, nil
}

// Signed verifies that the log with this key signed the checkpoint and that it is
// the checkpoint of the log of that name.
func (c Checkpoint) Signed(log Key) error {
	if c.Origin != log.Name {
		return fail("checkpoint", "origin")
	}
	_, ok, err := c.by(log)
	if err == nil && !ok {
		err = fail("checkpoint", "unsigned")
	}
	return err
}

// Cosigned reports whether the witness signed, and when. A signature in the
// witness's name that does not verify is an error.
func (c Checkpoint) Cosigned(witness Key) (when time.Time, ok bool, err error) {
	return c.by(witness)
}

func (c Checkpoint) by(k Key) (when time.Time, ok bool, err error) {
	for _, s := range c.Signatures {
		if !k.made(s) {
			continue
		}
		t, err := k.check(c.Text, s)
		if err != nil {
			return time.Time{}, false, err
		}
		if !ok || t.Before(when) {
			when = t
		}
		ok = true
	}
	return when, ok, nil
}

// onlyBy verifies every line under the checkpoint: each is of one of the keys,
// no key signs twice. A pack asks for this, so that no byte of it is idle.
func (c Checkpoint) onlyBy(keys []Key) error {
	done := make(map[Key]bool, len(keys))
	for _, s := range c.Signatures {
		i := 0
		for i < len(keys) && !keys[i].made(s) {
			i++
		}
		if i == len(keys) {
			return fail("checkpoint", "stranger")
		}
		if done[keys[i]] {
			return fail("checkpoint", "repeated")
		}
		done[keys[i]] = true
		if _, err := keys[i].check(c.Text, s); err != nil {
			return err
		}
	}
	return nil
}

func parseNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0, fail("number", "malformed")
	}
	return n, nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' }) < 0
}

func validName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "+") && strings.IndexFunc(s, unicode.IsSpace) < 0
}

// speakable reports whether a name can stand in a sentence: nothing in it moves a
// cursor or turns the direction of writing.
func speakable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) < 0
}
