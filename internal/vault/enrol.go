package vault

import (
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Row is one subject's normalised values, by field.
type Row map[pii.Field]pii.Value

// Enrolled is a prepared subject: what the entry that enrols her must pin.
type Enrolled struct {
	ID         pii.SubjectID
	Commitment proof.Hash
}

// Prepare seals rows for storage. Nothing is stored until the effect is applied
// with the entry that pins the commitments.
func (v *Vault) Prepare(ctx context.Context, rows []Row) (*Stored, []Enrolled, error) {
	first, err := v.store.NextOrdinals(ctx, len(rows))
	if err != nil {
		return nil, nil, err
	}
	p := preparing{v: v, stored: &Stored{}, masks: map[[16]byte]int{}}
	enrolled := make([]Enrolled, len(rows))
	for i, row := range rows {
		id, err := v.newID()
		if err != nil {
			return nil, nil, fault.Wrap(fault.Unavailable, "unavailable", err)
		}
		if enrolled[i], err = p.add(id, first+pii.Ordinal(i), row); err != nil {
			return nil, nil, fault.Wrap(fault.Unavailable, "unavailable", err)
		}
	}
	p.stored.Masks = counts(p.masks)
	return p.stored, enrolled, nil
}

// PrepareDummy makes the subject on which misses and refusals rehearse.
func (v *Vault) PrepareDummy() (*Stored, []Enrolled, error) {
	p := preparing{v: v, stored: &Stored{}, masks: map[[16]byte]int{}}
	row := Row{}
	for _, f := range v.schema {
		row[f.Field] = pii.NewValue("00000000000")
	}
	e, err := p.add(DummyID, pii.Dummy, row)
	if err != nil {
		return nil, nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	p.stored.Index = nil // nobody is found as the dummy
	return p.stored, []Enrolled{e}, nil
}

// preparing gathers a batch of new subjects.
type preparing struct {
	v      *Vault
	stored *Stored
	masks  map[[16]byte]int
}

func (p *preparing) add(id pii.SubjectID, o pii.Ordinal, row Row) (Enrolled, error) {
	e, err := p.insert(id, o, func(key keyring.DataKey) ([]byte, []pii.Field, error) { return p.v.sealRow(key, id, 1, row) })
	if err != nil {
		return Enrolled{}, err
	}
	for _, f := range p.stored.Custody[len(p.stored.Custody)-1].Fields {
		p.stored.Index = append(p.stored.Index, p.v.indexRow(o, f, row[f])...)
		for _, key := range p.v.maskKeys(f, row[f]) {
			p.masks[key]++
		}
	}
	return e, nil
}

// insert makes a subject's keys and her first version, as seal writes it.
func (p *preparing) insert(id pii.SubjectID, o pii.Ordinal, seal func(keyring.DataKey) ([]byte, []pii.Field, error)) (Enrolled, error) {
	now := p.v.clock()
	data, wrapped, err := p.v.ring.NewDataKey(id, now)
	if err != nil {
		return Enrolled{}, err
	}
	record, wrappedRecord, err := p.v.ring.NewRecordKey(id, now)
	if err != nil {
		return Enrolled{}, err
	}
	sealed, fields, err := seal(data)
	if err != nil {
		return Enrolled{}, err
	}
	p.stored.Custody = append(p.stored.Custody, Custody{
		ID: id, Ordinal: o, State: Live, Version: 1, At: now, Period: wrapped.Period.String(), DataKey: wrapped.Bytes,
		RecordKey: packWrapped(wrappedRecord), Fields: fields, Sealed: sealed,
	})
	return Enrolled{id, record.Commitment(id[:])}, nil
}

// sealRow seals a row's values, in schema order, and lists the fields that have one.
func (v *Vault) sealRow(key keyring.DataKey, id pii.SubjectID, version pii.Version, row Row) ([]byte, []pii.Field, error) {
	sealed := make([]byte, 0, 64*len(row))
	var fields []pii.Field
	for _, spec := range v.schema {
		val, ok := row[spec.Field]
		if !ok || val.IsEmpty() {
			continue
		}
		box, err := key.Seal(keyring.Place{Subject: id, Field: spec.Field, Version: version}, []byte(val.Reveal()))
		if err != nil {
			return nil, nil, err
		}
		sealed = appendBox(sealed, spec.Field, box)
		fields = append(fields, spec.Field)
	}
	return sealed, fields, nil
}

func (v *Vault) indexRow(o pii.Ordinal, f pii.Field, val pii.Value) []IndexRow {
	spec, ok := v.schema.Spec(f)
	if !ok || !spec.Indexed {
		return nil
	}
	return []IndexRow{{Ordinal: o, Field: f, Norm: pii.NormVersion, Tag: v.tag(f, val)}}
}

func (v *Vault) tag(f pii.Field, val pii.Value) [32]byte {
	return v.ring.BlindIndex(f, pii.NormVersion, val.Reveal())
}

// Tag is the keyed hash by which a value of the field is found.
func (v *Vault) Tag(f pii.Field, val pii.Value) [32]byte { return v.tag(f, val) }

// Fingerprint is a keyed hash of a value that is not a customer's, such as the
// number a complaint is about.
func (v *Vault) Fingerprint(val pii.Value) []byte {
	t := v.ring.BlindIndex("", pii.NormVersion, val.Reveal())
	return t[:]
}

// Candidates finds who may hold the value in the field, by the blind index. The
// caller learns nothing until [Vault.Confirm] has opened and compared.
func (v *Vault) Candidates(ctx context.Context, f pii.Field, val pii.Value) ([]pii.Ordinal, error) {
	tag := v.tag(f, val)
	found, err := v.store.Candidates(ctx, f, pii.NormVersion, [][32]byte{tag})
	if err != nil {
		return nil, err
	}
	return found[tag], nil
}

// Covered finds which member of the work item may hold the value in the field; the
// dummy, after the same steps, if none does, whoever else holds it.
func (v *Vault) Covered(ctx context.Context, f pii.Field, val pii.Value, item pii.RequestID) (pii.Ordinal, error) {
	return v.store.Covered(ctx, f, pii.NormVersion, v.tag(f, val), item)
}

// Holder finds the one who may hold the value in the field; the dummy, after the
// same steps, if it is nobody or more than one.
func (v *Vault) Holder(ctx context.Context, f pii.Field, val pii.Value) (pii.Ordinal, error) {
	return v.store.Holder(ctx, f, pii.NormVersion, v.tag(f, val))
}

// Horizon returns an ordinal above all that are in use and below all to come.
func (v *Vault) Horizon(ctx context.Context) (pii.Ordinal, error) {
	return v.store.NextOrdinals(ctx, 1)
}

// Matches counts the rows of which at least one indexed value is held by a subject
// below the ordinal before.
func (v *Vault) Matches(ctx context.Context, rows []Row, before pii.Ordinal) (int, error) {
	matched := make([]bool, len(rows))
	for _, spec := range v.schema {
		if !spec.Indexed {
			continue
		}
		var tags [][32]byte
		of := map[[32]byte][]int{}
		for i, row := range rows {
			if val, ok := row[spec.Field]; ok && !val.IsEmpty() {
				t := v.tag(spec.Field, val)
				tags = append(tags, t)
				of[t] = append(of[t], i)
			}
		}
		found, err := v.store.Candidates(ctx, spec.Field, pii.NormVersion, tags)
		if err != nil {
			return 0, err
		}
		for t, ordinals := range found {
			if !slices.ContainsFunc(ordinals, func(o pii.Ordinal) bool { return o < before }) {
				continue
			}
			for _, i := range of[t] {
				matched[i] = true
			}
		}
	}
	n := 0
	for _, m := range matched {
		if m {
			n++
		}
	}
	return n, nil
}

// PrepareCorrection seals a new version of a live subject's values: row holds all
// fields of the new version. The old version stays sealed: which one leaked dates
// a leak. The receipt names the version that is replaced.
func (v *Vault) PrepareCorrection(ctx context.Context, r *ledger.Receipt, row Row) (*Corrected, error) {
	scope, err := r.Redeem()
	if err != nil {
		return nil, err
	}
	if len(scope.Shown) != 1 {
		return nil, fault.New(fault.Denied, "no-receipt", "subject")
	}
	custody, err := v.store.CustodyByOrdinal(ctx, []pii.Ordinal{scope.Shown[0].Ordinal})
	if err != nil {
		return nil, err
	}
	if len(custody) != 1 || custody[0].State != Live {
		return nil, fault.New(fault.Denied, "erased", "")
	}
	c := custody[0]
	if _, sourced := find(c.Sealed, sourceField); sourced {
		return nil, fault.New(fault.Conflict, "sourced", "subject")
	}
	old, err := v.open(ctx, scope.Shown, c.Fields)
	if err != nil {
		return nil, err
	}
	key, err := v.dataKey(c)
	if err != nil {
		return nil, err
	}
	sealed, fields, err := v.sealRow(key, c.ID, c.Version+1, row)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	out := &Corrected{
		Ordinal: c.Ordinal, Version: c.Version + 1, At: v.clock(), Fields: fields, Sealed: sealed,
	}
	masks := map[[16]byte]int{}
	for _, f := range fields {
		out.Index = append(out.Index, v.indexRow(c.Ordinal, f, row[f])...)
		v.countMasks(masks, f, row[f], 1)
	}
	for f, val := range old[0].Values {
		v.countMasks(masks, f, val, -1)
	}
	out.Masks = counts(masks)
	return out, nil
}

// PrepareErasure makes the effect that destroys a subject's data key. Her values
// are opened once more, against the receipt, to take them out of the mask counts.
func (v *Vault) PrepareErasure(ctx context.Context, r *ledger.Receipt) (*Destroyed, error) {
	scope, err := r.Redeem()
	if err != nil {
		return nil, err
	}
	if len(scope.Shown) != 1 {
		return nil, fault.New(fault.Denied, "no-receipt", "subject")
	}
	d := &Destroyed{Ordinal: scope.Shown[0].Ordinal}
	masks := map[[16]byte]int{}
	at, err := v.pointers(ctx, scope.Shown, nil)
	if err != nil {
		return nil, err
	}
	if p, ok := at[d.Ordinal]; ok { // her values are not here; the way to them is destroyed
		p.count(masks, -1)
		d.Masks = counts(masks)
		return d, nil
	}
	old, err := v.open(ctx, scope.Shown, scope.Fields)
	if err != nil {
		return nil, err
	}
	for f, val := range old[0].Values {
		v.countMasks(masks, f, val, -1)
	}
	d.Masks = counts(masks)
	return d, nil
}

// Shred puts the id on the key ring's list of erased subjects: a restored backup
// erases her again before the first read.
func (v *Vault) Shred(id pii.SubjectID) error { return v.ring.Shred(id) }

// Purge makes destroyed key material unreachable in the database's own files.
func (v *Vault) Purge(ctx context.Context) error { return v.upkeep.Purge(ctx) }

func (v *Vault) countMasks(into map[[16]byte]int, f pii.Field, val pii.Value, by int) {
	for _, key := range v.maskKeys(f, val) {
		into[key] += by
	}
}

// counts lists the changes in a fixed order, so that two batches lock rows alike.
func counts(m map[[16]byte]int) []MaskCount {
	out := make([]MaskCount, 0, len(m))
	for key, by := range m {
		if by != 0 {
			out = append(out, MaskCount{key, by})
		}
	}
	slices.SortFunc(out, func(a, b MaskCount) int { return slices.Compare(a.Key[:], b.Key[:]) })
	return out
}
