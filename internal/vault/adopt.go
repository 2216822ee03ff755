package vault

import (
	"context"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
)

// fieldsOf are the fields an enrolled table has, in schema order.
func (v *Vault) fieldsOf(t *enrolment.Table) (fields []pii.Field) {
	for _, spec := range v.schema {
		if _, ok := t.OfField(spec.Field); ok {
			fields = append(fields, spec.Field)
		}
	}
	return fields
}

// Adopted is what became of the rows of an enrolled table that were looked at.
type Adopted struct {
	New      *Stored         // effect; nil if nobody is new
	Enrolled []Enrolled      // of the new ones
	Changed  []*Corrected    // effects: subjects whose values are others than before,
	Subjects []Subject       // and who they are
	IDs      []pii.SubjectID // of every row, in the order of Keys
	Keys     []string
}

// Adopt reads the rows with these keys, or, with none, the page after the key, and
// prepares what makes subjects of them: of new ones a key and a pointer to the row, of
// changed ones a new version. No value is kept, and none is told.
func (v *Vault) Adopt(ctx context.Context, t *enrolment.Table, keys []string, after string, n int) (Adopted, error) {
	rows, err := v.rows(ctx, t, keys, after, n)
	if err != nil || len(rows) == 0 {
		return Adopted{}, err
	}
	a := Adopted{IDs: make([]pii.SubjectID, len(rows)), Keys: make([]string, len(rows))}
	for i, row := range rows {
		a.IDs[i], a.Keys[i] = v.SourcedID(t, row.Key), row.Key
	}
	known, err := v.store.Custody(ctx, a.IDs)
	if err != nil {
		return Adopted{}, err
	}
	byID := make(map[pii.SubjectID]Custody, len(known))
	for _, c := range known {
		byID[c.ID] = c
	}
	var fresh []RawRow
	for i, row := range rows {
		c, ok := byID[a.IDs[i]]
		if !ok {
			fresh = append(fresh, row)
			continue
		}
		if err := v.follow(&a, t, c, row); err != nil {
			return Adopted{}, err
		}
	}
	return a, v.adoptNew(ctx, &a, t, fresh)
}

func (v *Vault) rows(ctx context.Context, t *enrolment.Table, keys []string, after string, n int) ([]RawRow, error) {
	if v.source == nil || len(t.Row) > 0 {
		return nil, fault.New(fault.Unavailable, "unavailable", "source")
	}
	if keys != nil {
		return v.source.Rows(ctx, t, keys)
	}
	return v.source.Page(ctx, t, after, n)
}

// adoptNew prepares subjects for rows that have none.
func (v *Vault) adoptNew(ctx context.Context, a *Adopted, t *enrolment.Table, fresh []RawRow) error {
	if len(fresh) == 0 {
		return nil
	}
	first, err := v.store.NextOrdinals(ctx, len(fresh))
	if err != nil {
		return err
	}
	p := preparing{v: v, stored: &Stored{}, masks: map[[16]byte]int{}}
	fields := v.fieldsOf(t)
	for i, row := range fresh {
		o, id := first+pii.Ordinal(i), v.SourcedID(t, row.Key)
		at, tags := v.survey(t, o, row)
		e, err := p.insert(id, o, func(key keyring.DataKey) ([]byte, []pii.Field, error) {
			sealed, err := sealPointer(key, id, 1, at)
			return sealed, fields, err
		})
		if err != nil {
			return fault.Wrap(fault.Unavailable, "unavailable", err)
		}
		p.stored.Index = append(p.stored.Index, tags...)
		at.count(p.masks, 1)
		a.Enrolled = append(a.Enrolled, e)
	}
	p.stored.Masks = counts(p.masks)
	a.New = p.stored
	return nil
}

// follow prepares a new version of a live subject whose row has other values than the
// last one knew of.
func (v *Vault) follow(a *Adopted, t *enrolment.Table, c Custody, row RawRow) error {
	if c.State != Live || c.DataKey == nil || v.ring.Erased(c.ID) {
		return nil
	}
	key, err := v.dataKey(c)
	if err != nil {
		return err
	}
	was, ok, err := openPointer(key, c.ID, c.Version, c.Sealed)
	if err != nil || !ok {
		return err
	}
	is, tags := v.survey(t, c.Ordinal, row)
	if was.equal(is) {
		return nil
	}
	sealed, err := sealPointer(key, c.ID, c.Version+1, is)
	if err != nil {
		return fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	masks := map[[16]byte]int{}
	was.count(masks, -1)
	is.count(masks, 1)
	s, err := v.describe(c)
	if err != nil {
		return err
	}
	a.Subjects = append(a.Subjects, s)
	a.Changed = append(a.Changed, &Corrected{
		Ordinal: c.Ordinal, Version: c.Version + 1, At: v.clock(), Fields: v.fieldsOf(t), Sealed: sealed,
		Index: tags, Masks: counts(masks),
	})
	return nil
}
