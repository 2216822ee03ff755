package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// Cell asks for one cell of a subject.
type Cell struct {
	Ordinal pii.Ordinal
	enrolment.Cell
}

// ErrChanged says that a value in the company's database is not the one of the version
// a receipt names. Its subject is to be adopted again, and the decision taken anew.
var ErrChanged = fault.New(fault.Conflict, "source-changed", "")

// OpenCells opens cells of enrolled tables, in the order asked: each must be of a
// subject and a field that the receipt names, and the row that subject's. The form is
// the receipt's: in form masked no plain value leaves.
func (v *Vault) OpenCells(ctx context.Context, r *ledger.Receipt, cells []Cell, described ...Subject) ([]Raw, error) {
	scope, err := r.Redeem()
	if err != nil {
		return nil, err
	}
	if scope.Form != pii.Masked && scope.Form != pii.Plain {
		return nil, fault.New(fault.Denied, "no-receipt", "form")
	}
	at, err := v.pointers(ctx, scope.Shown, described)
	if err != nil {
		return nil, err
	}
	asked := make([]enrolment.Cell, len(cells))
	for i, c := range cells {
		p, ok := at[c.Ordinal]
		if !ok || !slices.Contains(scope.Fields, c.Column.Field) || p.Table != c.Table.Of || p.Key != c.Subject {
			return nil, fault.New(fault.Denied, "no-receipt", "cell")
		}
		asked[i] = c.Cell
	}
	raw, err := v.readSource(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i, c := range cells {
		if len(c.Table.Row) == 0 && !raw[i].Gone && !at[c.Ordinal].holds(v, c.Column, raw[i]) {
			return nil, ErrChanged
		}
	}
	if scope.Form == pii.Masked {
		return raw, v.maskRaw(ctx, cells, raw)
	}
	return raw, nil
}

// holds reports whether the value is the one of this version. A row that is gone holds
// none of any version: adopting it again would find nothing, so it is no change.
func (p pointer) holds(v *Vault, c enrolment.Column, raw Raw) bool {
	if raw.Null || raw.Gone || raw.Value.IsEmpty() {
		return p.of(c.Tag) == nil
	}
	sum := p.of(c.Tag)
	return sum != nil && *sum == v.print(c, raw.Value)
}

func (v *Vault) readSource(ctx context.Context, cells []enrolment.Cell) ([]Raw, error) {
	if v.source == nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "source")
	}
	return v.source.Read(ctx, cells)
}

// pointers opens where the values of the shown lie. Who is held or erased, or is not
// of an enrolled table, is not among them.
func (v *Vault) pointers(ctx context.Context, shown []ledger.ShownVersion, described []Subject) (map[pii.Ordinal]pointer, error) {
	custody := make(map[pii.Ordinal]Custody, len(shown))
	for _, s := range described {
		custody[s.Ordinal] = s.custody
	}
	if err := v.complete(ctx, shown, custody); err != nil {
		return nil, err
	}
	at := make(map[pii.Ordinal]pointer, len(shown))
	for _, s := range shown {
		c := custody[s.Ordinal]
		if c.Version != s.Version {
			return nil, ErrChanged
		}
		if c.State != Live || c.DataKey == nil || v.ring.Erased(c.ID) {
			continue
		}
		key, err := v.dataKey(c)
		if err != nil {
			return nil, err
		}
		p, ok, err := openPointer(key, c.ID, c.Version, c.Sealed)
		if err != nil {
			return nil, err
		}
		if ok {
			at[s.Ordinal] = p
		}
	}
	return at, nil
}

// fetch reads the values of the opened whose values lie in enrolled tables.
func (v *Vault) fetch(ctx context.Context, opened []Opened, fields []pii.Field) error {
	byDatabase := map[string][]place{}
	for i := range opened {
		if opened[i].at == nil {
			continue
		}
		if v.tables == nil {
			return fault.New(fault.Unavailable, "unavailable", "source")
		}
		t, ok := v.tables().Table(opened[i].at.Table)
		if !ok {
			return fault.New(fault.Unavailable, "unavailable", "enrolment")
		}
		for _, f := range fields {
			if c, ok := t.OfField(f); ok {
				cell := enrolment.Cell{Table: t, Column: c, Subject: opened[i].at.Key}
				byDatabase[t.Database] = append(byDatabase[t.Database], place{&opened[i], cell})
			}
		}
	}
	for _, places := range byDatabase {
		if err := v.fetchFrom(ctx, places); err != nil {
			return err
		}
	}
	return nil
}

// place says whose value a cell is.
type place struct {
	of   *Opened
	cell enrolment.Cell
}

func (v *Vault) fetchFrom(ctx context.Context, places []place) error {
	cells := make([]enrolment.Cell, len(places))
	for i, p := range places {
		cells[i] = p.cell
	}
	raw, err := v.readSource(ctx, cells)
	if err != nil {
		return err
	}
	for i, p := range places {
		if !raw[i].Gone && !p.of.at.holds(v, p.cell.Column, raw[i]) {
			return ErrChanged
		}
		if raw[i].Null || raw[i].Gone || raw[i].Value.IsEmpty() {
			continue
		}
		f := p.cell.Column.Field
		val, ok := v.canonical(f, raw[i].Value)
		if p.of.raw == nil {
			p.of.raw, p.of.odd = map[pii.Field]pii.Value{}, map[pii.Field]bool{}
		}
		p.of.Values[f], p.of.raw[f], p.of.odd[f] = val, raw[i].Value, !ok
	}
	return nil
}

// asTheyStand gives the values of enrolled tables as they stand there.
func asTheyStand(opened []Opened) {
	for _, o := range opened {
		for f, val := range o.raw {
			o.Values[f] = val
		}
	}
}

// maskRaw replaces raw values by masks. What does not look like what its field holds
// gets the mask that says nothing.
func (v *Vault) maskRaw(ctx context.Context, cells []Cell, raw []Raw) error {
	vals, fields := make([]pii.Value, len(raw)), make([]pii.Field, len(raw))
	for i, c := range cells {
		vals[i], fields[i] = raw[i].Value, c.Column.Field
		if val, ok := v.canonical(fields[i], raw[i].Value); ok {
			vals[i] = val
		} else {
			vals[i] = pii.Value{}
		}
	}
	var keys [][16]byte
	for i, val := range vals {
		if !val.IsEmpty() {
			keys = append(keys, v.maskKeys(fields[i], val)...)
		}
	}
	sharing, err := v.shared.counts(ctx, v.store, keys, v.clock())
	if err != nil {
		return err
	}
	for i, val := range vals {
		if !raw[i].Null && !raw[i].Gone {
			raw[i].Value = pii.NewValue(v.pick(fields[i], val, sharing))
		}
	}
	return nil
}

// ConfirmCell says whether a protected column of the one subject the receipt names
// holds the value now, and which row is hers. Nothing is released.
func (v *Vault) ConfirmCell(ctx context.Context, r *ledger.Receipt, t *enrolment.Table, c enrolment.Column, value pii.Value) (key string, held bool, err error) {
	scope, err := r.Redeem()
	if err != nil {
		return "", false, err
	}
	if len(scope.Shown) != 1 || !slices.Contains(scope.Fields, c.Field) {
		return "", false, fault.New(fault.Denied, "no-receipt", "cell")
	}
	at, err := v.pointers(ctx, scope.Shown, nil)
	if errors.Is(err, ErrChanged) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	p, ok := at[scope.Shown[0].Ordinal]
	if !ok || p.Table != t.ID {
		return "", false, nil
	}
	raw, err := v.readSource(ctx, []enrolment.Cell{{Table: t, Column: c, Subject: p.Key}})
	if err != nil {
		return "", false, err
	}
	val, ok := v.canonical(c.Field, raw[0].Value)
	return p.Key, ok && !raw[0].Null && !raw[0].Gone && val.Equal(value), nil
}

// Canonical is a value as it is looked up, or false if the field cannot hold it.
func (v *Vault) Canonical(f pii.Field, typed pii.Value) (pii.Value, bool) {
	return v.canonical(f, typed)
}
