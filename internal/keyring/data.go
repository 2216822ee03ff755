package keyring

import (
	"crypto/cipher"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Wrapped is a key sealed under the ring's key of a month. Both parts are stored
// beside the subject; neither is secret without the ring.
type Wrapped struct {
	Period Month
	Bytes  []byte
}

// Place says where a sealed value lives. A value moved to another subject, field
// or version does not open.
type Place struct {
	Subject pii.SubjectID
	Field   pii.Field
	Version pii.Version
}

// DataKey seals the values of one subject. Destroying its wrapping destroys them.
// The zero DataKey seals and opens nothing.
type DataKey struct{ k *dataKey }

type dataKey struct {
	aead   cipher.AEAD
	origin string
	rand   io.Reader
}

// NewDataKey makes the data key of a new subject and wraps it under the period
// key of now's month, or of the month before until [Ring.StartPeriod] has run.
func (r *Ring) NewDataKey(id pii.SubjectID, now time.Time) (DataKey, Wrapped, error) {
	raw, nonce, err := r.fresh()
	if err != nil {
		return DataKey{}, Wrapped{}, err
	}
	defer raw.zero()
	r.mu.RLock()
	defer r.mu.RUnlock()
	w, err := r.wrap(dataKeys, id, raw, nonce, MonthOf(now))
	if err != nil {
		return DataKey{}, Wrapped{}, err
	}
	return r.dataKey(raw), w, nil
}

// OpenDataKey unwraps the data key of id.
func (r *Ring) OpenDataKey(id pii.SubjectID, w Wrapped) (DataKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	raw, err := r.unwrap(dataKeys, id, w)
	if err != nil {
		return DataKey{}, err
	}
	defer raw.zero()
	return r.dataKey(raw), nil
}

// Rewrap wraps the data key of id anew under the period key of now. The caller
// replaces the old wrapping by the new one.
func (r *Ring) Rewrap(id pii.SubjectID, w Wrapped, now time.Time) (Wrapped, error) {
	return r.rewrap(dataKeys, id, w, now)
}

// StartPeriod makes the period key and the record key of now's month where they
// are missing, durably. It destroys nothing: the living data keys must be wrapped
// anew first, see [Ring.EndPeriods].
func (r *Ring) StartPeriod(now time.Time) (started bool, err error) {
	m := MonthOf(now)
	err = r.change(func(st *state) (bool, error) {
		for _, keys := range []map[Month]*key{st.periods, st.records} {
			if keys[m] != nil {
				continue
			}
			k, err := newKey(r.rand)
			if err != nil {
				return false, err
			}
			keys[m], started = k, true
		}
		return started, nil
	})
	return started && err == nil, err
}

// EndPeriods destroys the period keys before last: those of all months earlier
// than the one before now's. living tells how many living data keys are still
// wrapped under a month; while there are any its key stays and the answer is
// [ErrInUse], so that a machine that slept through two months loses nothing.
func (r *Ring) EndPeriods(now time.Time, living func(Month) (int, error)) (destroyed []Month, err error) {
	return r.end(func(st *state) map[Month]*key { return st.periods }, MonthOf(now)-1, living)
}

// EndRecords destroys the record keys of all months earlier than before; living
// as in [Ring.EndPeriods], for record keys and openings that must still be read.
func (r *Ring) EndRecords(before Month, living func(Month) (int, error)) (destroyed []Month, err error) {
	return r.end(func(st *state) map[Month]*key { return st.records }, before, living)
}

// RecordEnded reports whether the record key of a month was destroyed because its
// time was over: it is missing, and later ones than it exist.
func (r *Ring) RecordEnded(m Month) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	months := sortedMonths(r.state.records)
	return len(months) > 0 && m < months[0]
}

// RecordMonths lists the months whose record keys exist, oldest first.
func (r *Ring) RecordMonths() []Month {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return sortedMonths(r.state.records)
}

// Periods lists the months whose period keys exist, oldest first.
func (r *Ring) Periods() []Month {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return sortedMonths(r.state.periods)
}

func (r *Ring) end(of func(*state) map[Month]*key, before Month, living func(Month) (int, error)) ([]Month, error) {
	gone, held, err := r.unused(of, before, living)
	if err != nil {
		return nil, err
	}
	err = r.change(func(st *state) (bool, error) {
		for _, m := range gone {
			if k := of(st)[m]; k != nil {
				k.zero()
				delete(of(st), m)
			}
		}
		return len(gone) > 0, nil
	})
	if err != nil {
		return nil, err
	}
	if held {
		return gone, ErrInUse
	}
	return gone, nil
}

// unused lists the months before before under which nothing living is wrapped.
// It asks without a lock: new wrappings are made under this month or the last.
func (r *Ring) unused(of func(*state) map[Month]*key, before Month, living func(Month) (int, error)) (gone []Month, held bool, err error) {
	r.mu.RLock()
	months := sortedMonths(of(r.state))
	r.mu.RUnlock()
	for _, m := range months {
		if m >= before {
			break
		}
		n, err := living(m)
		switch {
		case err != nil:
			return nil, false, err
		case n > 0:
			held = true
		default:
			gone = append(gone, m)
		}
	}
	return gone, held, nil
}

// wrapKind is one of the two hierarchies of wrapped keys, each on its own clock.
type wrapKind struct {
	label   string
	sealers func(*Ring) map[Month]*sealer
	dead    func(*state) map[pii.SubjectID]bool
}

var (
	dataKeys = wrapKind{"goldbell data key v1",
		func(r *Ring) map[Month]*sealer { return r.periods },
		func(s *state) map[pii.SubjectID]bool { return s.erased }}
	recordKeys = wrapKind{"goldbell record key v1",
		func(r *Ring) map[Month]*sealer { return r.records },
		func(s *state) map[pii.SubjectID]bool { return s.forgotten }}
)

// fresh reads a new key and a nonce to wrap it with, in one read.
func (r *Ring) fresh() (*key, []byte, error) {
	var b [keySize + longNonce]byte
	if err := fill(r.rand, b[:]); err != nil {
		return nil, nil, err
	}
	k := key(b[:keySize])
	clear(b[:keySize])
	return &k, b[keySize:], nil
}

// wrap needs the lock held.
func (r *Ring) wrap(kind wrapKind, id pii.SubjectID, raw *key, nonce []byte, m Month) (Wrapped, error) {
	if kind.dead(r.state)[id] {
		return Wrapped{}, ErrErased
	}
	m, s, err := current(kind.sealers(r), m)
	if err != nil {
		return Wrapped{}, err
	}
	b := make([]byte, 1, 1+longNonce+keySize+tagSize)
	b[0] = byte(intl)
	return Wrapped{m, s.seal(b, nonce, raw[:], r.wrapAD(kind, id, m))}, nil
}

// current finds the key to seal under in month m: the month's own, or the one of
// the month before, so that work does not stop between midnight and StartPeriod.
func current(keys map[Month]*sealer, m Month) (Month, *sealer, error) {
	for _, m := range []Month{m, m - 1} {
		if s, ok := keys[m]; ok {
			return m, s, nil
		}
	}
	return 0, nil, fault.New(fault.Unavailable, "no-period-key", m.String())
}

// unwrap needs the lock held.
func (r *Ring) unwrap(kind wrapKind, id pii.SubjectID, w Wrapped) (*key, error) {
	if kind.dead(r.state)[id] {
		return nil, ErrErased
	}
	s, ok := kind.sealers(r)[w.Period]
	if !ok {
		return nil, ErrDestroyed
	}
	if len(w.Bytes) != 1+longNonce+keySize+tagSize || suite(w.Bytes[0]) != intl {
		return nil, ErrSealed
	}
	plain, err := s.open(w.Bytes[1:], r.wrapAD(kind, id, w.Period))
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	k := key(plain)
	return &k, nil
}

func (r *Ring) rewrap(kind wrapKind, id pii.SubjectID, w Wrapped, now time.Time) (Wrapped, error) {
	nonce := make([]byte, longNonce)
	if err := fill(r.rand, nonce); err != nil {
		return Wrapped{}, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	raw, err := r.unwrap(kind, id, w)
	if err != nil {
		return Wrapped{}, err
	}
	defer raw.zero()
	return r.wrap(kind, id, raw, nonce, MonthOf(now))
}

func (r *Ring) wrapAD(kind wrapKind, id pii.SubjectID, m Month) []byte {
	return newAD(kind.label, r.state.origin).bytes(id[:]).number(uint64(m))
}

func (r *Ring) dataKey(raw *key) DataKey {
	return DataKey{&dataKey{newGCM(raw), r.state.origin, r.rand}}
}

// Seal seals a value for its place. Random 96-bit nonces are safe here: one key
// sees the few values of one subject.
func (d DataKey) Seal(at Place, plaintext []byte) ([]byte, error) {
	if d.k == nil {
		return nil, ErrSealed
	}
	b := make([]byte, 1+gcmNonce, 1+gcmNonce+len(plaintext)+tagSize)
	b[0] = byte(intl)
	nonce := b[1:]
	if err := fill(d.k.rand, nonce); err != nil {
		return nil, err
	}
	return d.k.aead.Seal(b, nonce, plaintext, d.k.ad(at)), nil
}

// Open opens what Seal made for the same place.
func (d DataKey) Open(at Place, sealed []byte) ([]byte, error) {
	if d.k == nil || len(sealed) < 1+gcmNonce+tagSize || suite(sealed[0]) != intl {
		return nil, ErrSealed
	}
	plain, err := d.k.aead.Open(nil, sealed[1:1+gcmNonce], sealed[1+gcmNonce:], d.k.ad(at))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func (k *dataKey) ad(at Place) []byte {
	return newAD("goldbell field v1", k.origin).bytes(at.Subject[:]).text(string(at.Field)).number(uint64(at.Version))
}

func (d DataKey) String() string               { return hiddenKey }
func (d DataKey) GoString() string             { return hiddenKey }
func (d DataKey) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hiddenKey) }
func (d DataKey) MarshalText() ([]byte, error) { return []byte(hiddenKey), nil }

func sortedMonths(m map[Month]*key) []Month {
	out := make([]Month, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
