package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// RecordKey is a subject's key in the ledger: it makes her tags unlinkable and
// seals the openings of entries about her. It lives on the ledger's clock, not on
// that of her values. The zero RecordKey seals and opens nothing.
type RecordKey struct{ k *recordKey }

type recordKey struct {
	raw    key
	origin string
	rand   io.Reader
}

// NewRecordKey makes the record key of a new subject and wraps it under the
// ring's record key of now's month.
func (r *Ring) NewRecordKey(id pii.SubjectID, now time.Time) (RecordKey, Wrapped, error) {
	raw, nonce, err := r.fresh()
	if err != nil {
		return RecordKey{}, Wrapped{}, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	w, err := r.wrap(recordKeys, id, raw, nonce, MonthOf(now))
	if err != nil {
		return RecordKey{}, Wrapped{}, err
	}
	return RecordKey{&recordKey{*raw, r.state.origin, r.rand}}, w, nil
}

// OpenRecordKey unwraps the record key of id.
func (r *Ring) OpenRecordKey(id pii.SubjectID, w Wrapped) (RecordKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	raw, err := r.unwrap(recordKeys, id, w)
	if err != nil {
		return RecordKey{}, err
	}
	return RecordKey{&recordKey{*raw, r.state.origin, r.rand}}, nil
}

// RewrapRecordKey wraps the record key of id under the record key of now's month.
func (r *Ring) RewrapRecordKey(id pii.SubjectID, w Wrapped, now time.Time) (Wrapped, error) {
	return r.rewrap(recordKeys, id, w, now)
}

// PRF is HMAC-SHA256(Ks, label || data): tags of LEDGER's section 4.2 and on.
func (k RecordKey) PRF(label byte, data []byte) (out [32]byte) {
	if k.k == nil {
		panic("keyring: a tag was asked of the zero RecordKey")
	}
	h := hmac.New(sha256.New, k.k.raw[:])
	h.Write([]byte{label})
	h.Write(data)
	h.Sum(out[:0])
	return out
}

// Commitment is SHA-256(0x20 || Ks || reference): logged once, it pins which key
// is the subject's.
func (k RecordKey) Commitment(reference []byte) [32]byte {
	if k.k == nil {
		panic("keyring: a commitment was asked of the zero RecordKey")
	}
	b := append([]byte{0x20}, k.k.raw[:]...)
	defer clear(b[:1+keySize])
	return sha256.Sum256(append(b, reference...))
}

// Bytes returns Ks itself, for the evidence pack of this one subject.
func (k RecordKey) Bytes() []byte {
	if k.k == nil {
		return nil
	}
	return append([]byte(nil), k.k.raw[:]...)
}

// Seal seals an opening under a key derived from Ks; context names its place,
// such as the entry's request id.
func (k RecordKey) Seal(context, plaintext []byte) ([]byte, error) {
	if k.k == nil {
		return nil, ErrSealed
	}
	nonce := make([]byte, longNonce)
	if err := fill(k.k.rand, nonce); err != nil {
		return nil, err
	}
	return k.k.sealer().seal([]byte{byte(intl)}, nonce, plaintext, k.k.ad(context)), nil
}

// Open opens what Seal made for the same context.
func (k RecordKey) Open(context, sealed []byte) ([]byte, error) {
	if k.k == nil || len(sealed) == 0 || suite(sealed[0]) != intl {
		return nil, ErrSealed
	}
	return k.k.sealer().open(sealed[1:], k.k.ad(context))
}

func (k *recordKey) ad(context []byte) []byte {
	return newAD("goldbell opening v1", k.origin).bytes(context)
}

func (k *recordKey) sealer() *sealer {
	sub := derive(&k.raw, "goldbell opening v1")
	defer sub.zero()
	return newSealer(sub)
}

func (k RecordKey) String() string               { return hiddenKey }
func (k RecordKey) GoString() string             { return hiddenKey }
func (k RecordKey) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hiddenKey) }
func (k RecordKey) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }

// SealRecord seals an opening that concerns many subjects, or none, under the
// ring's record key of now's month, which the sealed bytes name. The key is used
// for every such opening of the month: see sealer for why that is safe.
func (r *Ring) SealRecord(now time.Time, context, plaintext []byte) ([]byte, error) {
	return r.sealMonthly(func(r *Ring) map[Month]*sealer { return r.records }, "goldbell record v1", now, context, plaintext)
}

// OpenRecord opens what SealRecord made for the same context.
func (r *Ring) OpenRecord(context, sealed []byte) ([]byte, error) {
	return r.openMonthly(func(r *Ring) map[Month]*sealer { return r.records }, "goldbell record v1", context, sealed)
}

// SealPassing seals what lives for hours, such as a message that waits to be sent,
// under the period key of now's month: when that is destroyed, copies in backups open
// no more.
func (r *Ring) SealPassing(now time.Time, context, plaintext []byte) ([]byte, error) {
	return r.sealMonthly(func(r *Ring) map[Month]*sealer { return r.periods }, "goldbell passing v1", now, context, plaintext)
}

// OpenPassing opens what SealPassing made for the same context.
func (r *Ring) OpenPassing(context, sealed []byte) ([]byte, error) {
	return r.openMonthly(func(r *Ring) map[Month]*sealer { return r.periods }, "goldbell passing v1", context, sealed)
}

func (r *Ring) sealMonthly(keys func(*Ring) map[Month]*sealer, use string, now time.Time, context, plaintext []byte) ([]byte, error) {
	nonce := make([]byte, longNonce)
	if err := fill(r.rand, nonce); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	m, s, err := current(keys(r), MonthOf(now))
	if err != nil {
		return nil, err
	}
	b := make([]byte, 1, 3+longNonce+len(plaintext)+tagSize)
	b[0] = byte(intl)
	b = binary.BigEndian.AppendUint16(b, uint16(m))
	return s.seal(b, nonce, plaintext, r.monthlyAD(use, m, context)), nil
}

func (r *Ring) openMonthly(keys func(*Ring) map[Month]*sealer, use string, context, sealed []byte) ([]byte, error) {
	m, err := RecordMonth(sealed)
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, ok := keys(r)[m]
	if !ok {
		return nil, ErrDestroyed
	}
	return s.open(sealed[3:], r.monthlyAD(use, m, context))
}

// RecordMonth tells under which month's record key SealRecord sealed the bytes.
func RecordMonth(sealed []byte) (Month, error) {
	if len(sealed) < 3 || suite(sealed[0]) != intl {
		return 0, ErrSealed
	}
	return Month(binary.BigEndian.Uint16(sealed[1:])), nil
}

func (r *Ring) monthlyAD(use string, m Month, context []byte) []byte {
	return newAD(use, r.state.origin).number(uint64(m)).bytes(context)
}

// derive makes a key for one use from a random key: HKDF's second step, since
// the input is already uniform.
func derive(k *key, info string) *key {
	b, err := hkdf.Expand(sha256.New, k[:], info, keySize)
	if err != nil {
		panic("keyring: HKDF refused 32 bytes")
	}
	defer clear(b)
	out := key(b)
	return &out
}
