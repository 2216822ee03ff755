package vault

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// Aged is a version of somebody's values, and when it was stored.
type Aged struct {
	Ordinal pii.Ordinal
	Version pii.Version
	At      time.Time
	Fields  []pii.Field
}

// Aging finds what was stored long ago. Whoever is erased is not found.
type Aging interface {
	// Aged pages by ordinal through the current versions stored at or before a time.
	Aged(ctx context.Context, until time.Time, after pii.Ordinal, n int) ([]Aged, error)
	// AgedReplaced pages by ordinal and version through those that were replaced.
	AgedReplaced(ctx context.Context, until time.Time, after Aged, n int) ([]Aged, error)
	// Past returns every replaced version of the subjects, by ordinal and version.
	Past(ctx context.Context, of []pii.Ordinal) ([]SealedVersion, error)
}

// Lapse says which fields of one subject are past their retention: of her current
// version, and of those it replaced.
type Lapse struct {
	Ordinal  pii.Ordinal
	Current  []pii.Field
	Replaced map[pii.Version][]pii.Field
}

// Lapsed takes single fields of subjects away. A value is gone when the key it was
// sealed under is: each subject gets a new data key, and what stays is sealed anew.
type Lapsed struct {
	Of    []Resealed
	Masks []MaskCount
}

// Resealed is what stays of one subject.
type Resealed struct {
	Ordinal  pii.Ordinal
	Version  pii.Version // the current one, which stays
	Period   string
	DataKey  []byte
	Fields   []pii.Field
	Sealed   []byte
	Gone     []pii.Field // their index rows go
	Replaced []ResealedVersion
	Notes    []Note
}

// ResealedVersion is what stays of a replaced version.
type ResealedVersion struct {
	Version pii.Version
	Fields  []pii.Field
	Sealed  []byte
	Gone    []pii.Field
}

// PrepareLapse makes the effect that takes fields away which are past their
// retention. The receipt names the subjects and every one of the fields; kept are the
// subjects' replaced versions. What stays is opened and sealed anew here, and nothing
// leaves. A subject who is no longer live fails the whole.
func (v *Vault) PrepareLapse(ctx context.Context, r *ledger.Receipt, of []Lapse, kept []SealedVersion) (*Lapsed, error) {
	scope, err := r.Redeem()
	if err != nil {
		return nil, err
	}
	ordinals := make([]pii.Ordinal, len(of))
	for i, l := range of {
		ordinals[i] = l.Ordinal
		if !l.within(scope) {
			return nil, fault.New(fault.Denied, "no-receipt", "fields")
		}
	}
	custody, err := v.store.CustodyByOrdinal(ctx, ordinals)
	if err != nil {
		return nil, err
	}
	if len(custody) != len(of) {
		return nil, fault.New(fault.Conflict, "stale", "custody")
	}
	notes, err := v.store.ContactNotes(ctx, ordinals, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	out, masks := &Lapsed{}, map[[16]byte]int{}
	for i, l := range of {
		one, err := v.reseal(custody[i], l, kept, notes, masks)
		if err != nil {
			return nil, err
		}
		out.Of = append(out.Of, one)
	}
	out.Masks = counts(masks)
	return out, nil
}

// within reports whether a receipt names all that the lapse takes away.
func (l Lapse) within(s ledger.Scope) bool {
	if !slices.ContainsFunc(s.Shown, func(v ledger.ShownVersion) bool { return v.Ordinal == l.Ordinal }) {
		return false
	}
	named := func(fields []pii.Field) bool {
		return !slices.ContainsFunc(fields, func(f pii.Field) bool { return !slices.Contains(s.Fields, f) })
	}
	for _, fields := range l.Replaced {
		if !named(fields) {
			return false
		}
	}
	return named(l.Current)
}

func (v *Vault) reseal(c Custody, l Lapse, kept []SealedVersion, notes []Note, masks map[[16]byte]int) (Resealed, error) {
	if _, sourced := find(c.Sealed, sourceField); sourced || c.Ordinal != l.Ordinal || c.State != Live || c.DataKey == nil {
		return Resealed{}, fault.New(fault.Conflict, "stale", "custody")
	}
	old, err := v.dataKey(c)
	if err != nil {
		return Resealed{}, err
	}
	fresh, wrapped, err := v.ring.NewDataKey(c.ID, v.clock())
	if err != nil {
		return Resealed{}, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	x := anew{c.ID, old, fresh}
	out := Resealed{Ordinal: c.Ordinal, Version: c.Version, Period: wrapped.Period.String(), DataKey: wrapped.Bytes, Gone: l.Current}
	out.Sealed, out.Fields, err = x.version(c.Version, c.Sealed, l.Current, func(f pii.Field, val pii.Value) { v.countMasks(masks, f, val, -1) })
	if err != nil {
		return out, err
	}
	for _, k := range kept {
		if k.Ordinal != c.Ordinal {
			continue
		}
		one := ResealedVersion{Version: k.Version, Gone: l.Replaced[k.Version]}
		if one.Sealed, one.Fields, err = x.version(k.Version, k.Sealed, one.Gone, nil); err != nil {
			return out, err
		}
		out.Replaced = append(out.Replaced, one)
	}
	for _, n := range notes {
		if n.Ordinal != c.Ordinal {
			continue
		}
		if n.Sealed, err = x.box(notePlace(c.ID, n.ID), n.Sealed); err != nil {
			return out, err
		}
		out.Notes = append(out.Notes, n)
	}
	return out, nil
}

// anew takes what is sealed under one data key of a subject to another.
type anew struct {
	id       pii.SubjectID
	from, to keyring.DataKey
}

func (x anew) box(at keyring.Place, sealed []byte) ([]byte, error) {
	plain, err := x.from.Open(at, sealed)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "seal-broken", err)
	}
	out, err := x.to.Seal(at, plain)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	return out, nil
}

// version seals a version anew but for the fields that go, of which gone is told.
func (x anew) version(v pii.Version, sealed []byte, going []pii.Field, gone func(pii.Field, pii.Value)) (out []byte, fields []pii.Field, err error) {
	out = make([]byte, 0, len(sealed))
	for f, box := range boxes(sealed) {
		at := keyring.Place{Subject: x.id, Field: f, Version: v}
		if !slices.Contains(going, f) {
			if box, err = x.box(at, box); err != nil {
				return nil, nil, err
			}
			out, fields = appendBox(out, f, box), append(fields, f)
			continue
		}
		if gone == nil {
			continue
		}
		plain, err := x.from.Open(at, box)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Unavailable, "seal-broken", err)
		}
		gone(f, pii.NewValue(string(plain)))
	}
	return out, fields, nil
}

// boxes goes through the boxes of a version, in their order.
func boxes(sealed []byte) func(yield func(pii.Field, []byte) bool) {
	return func(yield func(pii.Field, []byte) bool) {
		for len(sealed) >= 2 {
			n := int(binary.BigEndian.Uint16(sealed))
			if len(sealed) < 2+n+4 {
				return
			}
			f := pii.Field(sealed[2 : 2+n])
			size := int(binary.BigEndian.Uint32(sealed[2+n:]))
			sealed = sealed[2+n+4:]
			if len(sealed) < size || !yield(f, sealed[:size]) {
				return
			}
			sealed = sealed[size:]
		}
	}
}
