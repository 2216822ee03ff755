// Package vault keeps subjects' values sealed and opens them against a receipt.
//
// Its one invariant: [Vault.Open] opens what a receipt of a committed ledger
// entry names and nothing else: its subjects, fields and value versions, and in
// no form above the one it names. There is no other way to a value; [Vault.Confirm]
// compares and answers yes or no. It judges nothing: that is done before.
package vault

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// EnoughToHide is how many customers must share a mask before it is shown; with
// fewer, a mask that says less is taken.
const EnoughToHide = 5

// Vault is the custody of subjects' values. It is safe for concurrent use.
type Vault struct {
	store  Store
	upkeep Maintenance
	ring   *keyring.Ring
	schema pii.Schema
	clock  func() time.Time
	rand   io.Reader
	shared sharing
	source Source // nil: no database is enrolled
	tables func() *enrolment.Set

	mu         sync.Mutex // guards the next two
	nobody     Subject    // the dummy
	dummyUntil time.Time
}

// New makes a vault over a store.
func New(s Store, upkeep Maintenance, ring *keyring.Ring, schema pii.Schema, clock func() time.Time, rand io.Reader) *Vault {
	return &Vault{store: s, upkeep: upkeep, ring: ring, schema: schema, clock: clock, rand: rand}
}

// Schema is the schema of the data directory.
func (v *Vault) Schema() pii.Schema { return v.schema }

// Subject is what may be known of a subject without opening anything.
type Subject struct {
	ID      pii.SubjectID
	Ordinal pii.Ordinal // Dummy: nobody we know
	State   State
	Version pii.Version
	Fields  []pii.Field
	Key     keyring.RecordKey
	custody Custody // sealed; opened against a receipt only
}

// Known reports whether the subject is one of ours.
func (s Subject) Known() bool { return s.Ordinal != pii.Dummy }

// Stored is when her current values were.
func (s Subject) Stored() time.Time { return s.custody.At }

// DummyID is the id of the dummy subject.
var DummyID pii.SubjectID

// Describe finds subjects by id, in the order asked. An id that is nobody's is
// answered with the dummy subject, after the same steps.
func (v *Vault) Describe(ctx context.Context, ids []pii.SubjectID) ([]Subject, error) {
	if len(ids) == 1 {
		c, err := v.store.Nearest(ctx, ids[0])
		if err != nil {
			return nil, err
		}
		return v.Recognise(ctx, ids, []Custody{c})
	}
	found, err := v.store.Custody(ctx, ids)
	if err != nil {
		return nil, err
	}
	return v.Recognise(ctx, ids, found)
}

// Recognise is Describe with the rows read already: of one id that of
// [Store.Nearest], of several those of [Store.Custody].
func (v *Vault) Recognise(ctx context.Context, ids []pii.SubjectID, found []Custody) ([]Subject, error) {
	dummy, err := v.dummy(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) == 1 && len(found) == 1 {
		s, err := v.recogniseOne(ids[0], found[0], dummy)
		return []Subject{s}, err
	}
	byID := make(map[pii.SubjectID]Custody, len(found))
	for _, c := range found {
		byID[c.ID] = c
	}
	out := make([]Subject, len(ids))
	for i, id := range ids {
		c, ok := byID[id]
		if !ok || id == DummyID {
			c = dummy.custody
		}
		if out[i], err = v.describe(c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// recogniseOne describes the nearest subject and answers with her or, if it is not
// she who was asked for, with the dummy. Nearly every request is about one subject; of a request about many
// the time still tells how many of the ids are somebody's.
func (v *Vault) recogniseOne(id pii.SubjectID, c Custody, dummy Subject) (Subject, error) {
	nearest, err := v.describe(c)
	if err != nil {
		return Subject{}, err
	}
	if nearest.ID != id {
		return dummy, nil
	}
	return nearest, nil
}

// dummyLife is how long the dummy is kept in memory: her row changes when keys
// are rotated.
const dummyLife = time.Minute

// dummy is the dummy subject. She is not read anew for every request: a query
// for one id and none would otherwise differ.
func (v *Vault) dummy(ctx context.Context) (Subject, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.clock(); v.dummyUntil.Before(now) {
		found, err := v.store.CustodyByOrdinal(ctx, []pii.Ordinal{pii.Dummy})
		if err != nil {
			return Subject{}, err
		}
		if len(found) != 1 {
			return Subject{}, fault.New(fault.Unavailable, "unavailable", "dummy subject")
		}
		if v.nobody, err = v.describe(found[0]); err != nil {
			return Subject{}, err
		}
		v.dummyUntil = now.Add(dummyLife)
	}
	return v.nobody, nil
}

// DescribeOrdinals finds subjects by ordinal; unknown ones are left out.
func (v *Vault) DescribeOrdinals(ctx context.Context, of []pii.Ordinal) ([]Subject, error) {
	found, err := v.store.CustodyByOrdinal(ctx, of)
	if err != nil {
		return nil, err
	}
	out := make([]Subject, len(found))
	for i, c := range found {
		if out[i], err = v.describe(c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v *Vault) describe(c Custody) (Subject, error) {
	s := Subject{ID: c.ID, Ordinal: c.Ordinal, State: c.State, Version: c.Version, Fields: c.Fields, custody: c}
	if v.ring.Erased(c.ID) {
		s.State = Erased
	}
	if c.RecordKey == nil {
		return s, nil // forgotten
	}
	key, err := v.ring.OpenRecordKey(c.ID, unpackWrapped(c.RecordKey))
	if err != nil && !fault.Is(err, fault.Denied) {
		return Subject{}, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	s.Key = key
	return s, nil
}

// RecordKeys implements [ledger.Keys].
func (v *Vault) RecordKeys(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]keyring.RecordKey, error) {
	keys := make(map[pii.Ordinal]keyring.RecordKey, len(of))
	for len(of) > 0 {
		n := min(len(of), 1000)
		found, err := v.store.CustodyByOrdinal(ctx, of[:n])
		if err != nil {
			return nil, err
		}
		of = of[n:]
		for _, c := range found {
			if c.RecordKey == nil {
				continue
			}
			key, err := v.ring.OpenRecordKey(c.ID, unpackWrapped(c.RecordKey))
			if fault.Is(err, fault.Denied) {
				continue
			}
			if err != nil {
				return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
			}
			keys[c.Ordinal] = key
		}
	}
	return keys, nil
}

// Pseudonym is the id by which an organisation of another company knows a subject.
func (v *Vault) Pseudonym(org pii.OrgID, id pii.SubjectID) pii.SubjectID {
	return v.ring.Pseudonym(org, id)
}

// Opened is what was opened of one subject.
type Opened struct {
	Ordinal pii.Ordinal
	Values  map[pii.Field]pii.Value // in the receipt's form: masks if it names masked
	Missing error                   // why nothing was opened, if so: held or erased

	at  *pointer                // of values that lie in an enrolled table
	raw map[pii.Field]pii.Value // those as they stand there
	odd map[pii.Field]bool      // those that do not look like what their field holds
}

// Open opens what the receipt names: its subjects, fields and value versions, in
// its form: masked values leave the vault as masks. A receipt is used once.
//
// described are subjects as Describe found them when the decision was taken; what
// is not among them is read again. Their state cannot be stale: holding, erasing
// and correcting revoke the subject's key, and the receipt's entry rests on it.
func (v *Vault) Open(ctx context.Context, r *ledger.Receipt, described ...Subject) ([]Opened, error) {
	scope, err := r.Redeem()
	if err != nil {
		return nil, err
	}
	if scope.Form == pii.None || scope.Form == pii.Token {
		return nil, fault.New(fault.Denied, "no-receipt", "form")
	}
	plain, err := v.open(ctx, scope.Shown, scope.Fields, described...)
	if err != nil {
		return nil, err
	}
	if scope.Form == pii.Plain {
		asTheyStand(plain)
	}
	if scope.Form <= pii.Masked {
		if err := v.mask(ctx, plain); err != nil {
			return nil, err
		}
	}
	if slices.Contains(scope.Fields, pii.Note) {
		err = v.withNotes(ctx, scope.Shown, plain, described)
	}
	return plain, err
}

// Rehearse runs the steps of Open on the dummy subject: what a refused caller
// waits for is what an answered one waits for.
func (v *Vault) Rehearse(ctx context.Context, fields []pii.Field) error {
	dummy, err := v.dummy(ctx)
	if err != nil {
		return err
	}
	shown := []ledger.ShownVersion{{Ordinal: pii.Dummy, Version: dummy.Version}}
	plain, err := v.open(ctx, shown, fields, dummy)
	if err != nil {
		return err
	}
	if slices.Contains(fields, pii.Note) {
		if err := v.withNotes(ctx, shown, plain, []Subject{dummy}); err != nil {
			return err
		}
	}
	return v.mask(ctx, plain)
}

// Confirm opens the one subject the receipt names and says whether the field
// holds the value. Nothing is released.
func (v *Vault) Confirm(ctx context.Context, r *ledger.Receipt, f pii.Field, value pii.Value) (bool, error) {
	scope, err := r.Redeem()
	if err != nil {
		return false, err
	}
	return v.confirm(ctx, scope.Shown, f, value)
}

// RehearseConfirm runs the steps of Confirm on the dummy subject.
func (v *Vault) RehearseConfirm(ctx context.Context, f pii.Field, value pii.Value) error {
	_, err := v.confirm(ctx, []ledger.ShownVersion{{Ordinal: pii.Dummy, Version: 1}}, f, value)
	return err
}

func (v *Vault) confirm(ctx context.Context, shown []ledger.ShownVersion, f pii.Field, value pii.Value) (bool, error) {
	plain, err := v.open(ctx, shown, []pii.Field{f})
	if err != nil {
		return false, err
	}
	for _, o := range plain {
		if o.Missing == nil && !value.IsEmpty() && o.Values[f].Equal(value) {
			return true, nil
		}
	}
	return false, nil
}

func (v *Vault) open(ctx context.Context, shown []ledger.ShownVersion, fields []pii.Field, described ...Subject) ([]Opened, error) {
	custody := make(map[pii.Ordinal]Custody, len(shown))
	for _, s := range described {
		custody[s.Ordinal] = s.custody
	}
	if err := v.complete(ctx, shown, custody); err != nil {
		return nil, err
	}
	older, err := v.older(ctx, shown, custody)
	if err != nil {
		return nil, err
	}
	out := make([]Opened, len(shown))
	for i, s := range shown {
		c := custody[s.Ordinal]
		sealed, ok := older[s]
		if !ok && c.Version == s.Version {
			sealed = c.Sealed
		}
		if out[i], err = v.openOne(c, s, sealed, fields); err != nil {
			return nil, err
		}
	}
	return out, v.fetch(ctx, out, fields)
}

// complete reads the rows of subjects that were not described.
func (v *Vault) complete(ctx context.Context, shown []ledger.ShownVersion, custody map[pii.Ordinal]Custody) error {
	var missing []pii.Ordinal
	for _, s := range shown {
		if _, ok := custody[s.Ordinal]; !ok {
			missing = append(missing, s.Ordinal)
		}
	}
	if missing == nil {
		return nil
	}
	rows, err := v.store.CustodyByOrdinal(ctx, missing)
	for _, c := range rows {
		custody[c.Ordinal] = c
	}
	return err
}

// older reads the versions named that are not the current ones: a retry of a
// request whose entry names what was current then.
func (v *Vault) older(ctx context.Context, shown []ledger.ShownVersion, custody map[pii.Ordinal]Custody) (map[ledger.ShownVersion][]byte, error) {
	var wanted []SealedVersion
	for _, s := range shown {
		if custody[s.Ordinal].Version != s.Version {
			wanted = append(wanted, SealedVersion{Ordinal: s.Ordinal, Version: s.Version})
		}
	}
	if wanted == nil {
		return nil, nil
	}
	rows, err := v.store.Replaced(ctx, wanted)
	if err != nil {
		return nil, err
	}
	sealed := make(map[ledger.ShownVersion][]byte, len(rows))
	for _, r := range rows {
		sealed[ledger.ShownVersion{Ordinal: r.Ordinal, Version: r.Version}] = r.Sealed
	}
	return sealed, nil
}

func (v *Vault) openOne(c Custody, s ledger.ShownVersion, sealed []byte, fields []pii.Field) (Opened, error) {
	o := Opened{Ordinal: s.Ordinal, Values: map[pii.Field]pii.Value{}}
	switch {
	case c.State == Held:
		o.Missing = fault.New(fault.Denied, "held", "")
		return o, nil
	case c.State != Live || c.DataKey == nil || sealed == nil:
		o.Missing = fault.New(fault.Denied, "erased", "")
		return o, nil
	}
	key, err := v.dataKey(c)
	if fault.Is(err, fault.Denied) {
		o.Missing = fault.New(fault.Denied, "erased", "")
		return o, nil
	}
	if err != nil {
		return o, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	if p, ok, err := openPointer(key, c.ID, s.Version, sealed); ok || err != nil {
		o.at = &p
		return o, err
	}
	for _, f := range fields {
		box, ok := find(sealed, f)
		if !ok {
			continue
		}
		plain, err := key.Open(keyring.Place{Subject: c.ID, Field: f, Version: s.Version}, box)
		if err != nil {
			return o, fault.Wrap(fault.Unavailable, "seal-broken", err)
		}
		o.Values[f] = pii.NewValue(string(plain))
	}
	return o, nil
}

func (v *Vault) dataKey(c Custody) (keyring.DataKey, error) {
	m, err := month(c.Period)
	if err != nil {
		return keyring.DataKey{}, err
	}
	return v.ring.OpenDataKey(c.ID, keyring.Wrapped{Period: m, Bytes: c.DataKey})
}

func month(period string) (m keyring.Month, err error) {
	if m.UnmarshalText([]byte(period)) != nil {
		return 0, fault.New(fault.Unavailable, "unavailable", "period")
	}
	return m, nil
}

// A subject version is stored as: field, prefixed 2 | box, prefixed 4 | … ; each
// box is sealed under the subject's data key for its field and version.

func appendBox(b []byte, f pii.Field, box []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
	b = append(b, f...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(box)))
	return append(b, box...)
}

func find(sealed []byte, f pii.Field) ([]byte, bool) {
	for name, box := range boxes(sealed) {
		if name == f {
			return box, true
		}
	}
	return nil, false
}

// A wrapped record key is stored with its month in front: 2 bytes, big endian.

func packWrapped(w keyring.Wrapped) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(w.Period)), w.Bytes...)
}

func unpackWrapped(b []byte) keyring.Wrapped {
	if len(b) < 2 {
		return keyring.Wrapped{}
	}
	return keyring.Wrapped{Period: keyring.Month(binary.BigEndian.Uint16(b)), Bytes: b[2:]}
}

func (v *Vault) newID() (id pii.SubjectID, err error) {
	if _, err = io.ReadFull(v.rand, id[:]); err != nil {
		return id, fmt.Errorf("randomness: %w", err)
	}
	return id, nil
}

// Resolve finds the ordinals of ids, in the order asked; found says which exist.
// It is for those who made the ids or hold a work item over them: it tells more
// than [Vault.Describe].
func (v *Vault) Resolve(ctx context.Context, ids []pii.SubjectID) (ordinals []pii.Ordinal, found []bool, err error) {
	byID, err := v.store.Ordinals(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	ordinals, found = make([]pii.Ordinal, len(ids)), make([]bool, len(ids))
	for i, id := range ids {
		ordinals[i], found[i] = byID[id], byID[id] != pii.Dummy
	}
	return ordinals, found, nil
}
