package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// cosignature is the type of an Ed25519 cosignature with time (c2sp.org/tlog-cosignature).
const cosignature = 0x04

const privatePrefix = "PRIVATE+KEY+"

// Key signs for a witness. It must sign for nothing else: the signed message does
// not name the witness.
type Key struct {
	public  proof.Key
	private ed25519.PrivateKey
}

var errKey = fault.New(fault.Unavailable, "witness-key", "")

// NewKey makes a witness's key.
func NewKey(name string, rand io.Reader) (Key, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return Key{}, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	k, err := keyOf(name, seed)
	if err != nil {
		return Key{}, fault.New(fault.Invalid, "witness-name", "")
	}
	return k, nil
}

func keyOf(name string, seed []byte) (Key, error) {
	private := ed25519.NewKeyFromSeed(seed)
	raw := append([]byte{cosignature}, private.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256([]byte(name + "\n" + string(raw)))
	vkey := fmt.Sprintf("%s+%08x+%s", name, binary.BigEndian.Uint32(sum[:]), b64.EncodeToString(raw))
	public, err := proof.ParseWitnessKey(vkey)
	return Key{public, private}, err
}

// ParseKey reads what Secret writes.
func ParseKey(text string) (Key, error) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), privatePrefix)
	parts := strings.Split(rest, "+")
	if !ok || len(parts) < 3 {
		return Key{}, errKey
	}
	raw, err := b64.DecodeString(strings.Join(parts[2:], "+"))
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != cosignature {
		return Key{}, errKey
	}
	k, err := keyOf(parts[0], raw[1:])
	if err != nil || fmt.Sprintf("%08x", k.public.ID) != parts[1] {
		return Key{}, errKey
	}
	return k, nil
}

// Secret is the private key, in the form of signed notes.
func (k Key) Secret() string {
	raw := append([]byte{cosignature}, k.private.Seed()...)
	return fmt.Sprintf("%s%s+%08x+%s\n", privatePrefix, k.public.Name, k.public.ID, b64.EncodeToString(raw))
}

// Verifier is the public key; its text is the witness's vkey.
func (k Key) Verifier() proof.Key { return k.public }

func (k Key) String() string             { return k.public.String() }
func (k Key) GoString() string           { return k.public.String() }
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.public.String()) }

// cosign signs a checkpoint's text as seen at a time.
func (k Key) cosign(text string, at time.Time) string {
	seconds := uint64(max(at.Unix(), 0))
	signed := ed25519.Sign(k.private, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, text))
	return signatureLine(proof.Signature{
		Name: k.public.Name, KeyID: k.public.ID, Bytes: append(binary.BigEndian.AppendUint64(nil, seconds), signed...),
	})
}

func originHash(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:])
}
