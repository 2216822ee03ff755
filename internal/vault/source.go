package vault

import (
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/pii"
)

// Source reads the raw values of enrolled tables, which stay in the company's own
// database: a privileged connection that nothing but the vault reaches. Its methods
// are safe for concurrent use.
type Source interface {
	// Read returns what stands in each cell now, in the order asked. Cells are of one
	// database. A row that is gone, or not the subject's, is Gone.
	Read(ctx context.Context, cells []enrolment.Cell) ([]Raw, error)
	// Rows returns the protected columns of the subjects with these keys, in a table
	// whose subject names the row; keys without a row are left out.
	Rows(ctx context.Context, t *enrolment.Table, keys []string) ([]RawRow, error)
	// Page returns at most n rows of such a table after the key, "" for the first, in
	// an order of its own.
	Page(ctx context.Context, t *enrolment.Table, after string, n int) ([]RawRow, error)
	// RowsOf returns the row keys of a subject, at most n, in a table where she may
	// have several.
	RowsOf(ctx context.Context, t *enrolment.Table, subject string, n int) ([]string, error)
}

// Raw is one cell as it stands in the company's database.
type Raw struct {
	Value pii.Value
	Null  bool
	Gone  bool
}

// RawRow is a row with its protected columns, in the table's order.
type RawRow struct {
	Key    string
	Values []Raw
}

// SetSource connects the vault with enrolled databases, before it is used.
func (v *Vault) SetSource(s Source, tables func() *enrolment.Set) { v.source, v.tables = s, tables }

// sourceField is where a subject's pointer lies among her sealed values; no field of
// a schema can be called so.
const sourceField pii.Field = "~source"

// SourcedID is the id of the subject of a row.
func (v *Vault) SourcedID(t *enrolment.Table, key string) pii.SubjectID {
	return v.ring.SourcedID(t.Of.String(), key)
}

// IsSourced reports whether a subject's values lie in an enrolled table.
func (s Subject) IsSourced() bool {
	_, ok := find(s.custody.Sealed, sourceField)
	return ok
}

// canonical is a raw value as it is compared and masked; ok is false where it does
// not look like what its field holds.
func (v *Vault) canonical(f pii.Field, raw pii.Value) (pii.Value, bool) {
	spec, known := v.schema.Spec(f)
	if !known {
		return raw, false
	}
	c, err := spec.Normalise(raw.Reveal())
	if err != nil || c.IsEmpty() {
		return raw, false
	}
	return c, true
}

// print is a keyed hash of a raw value: two writings of one number differ in it.
func (v *Vault) print(c enrolment.Column, raw pii.Value) [16]byte {
	sum := v.ring.BlindIndex("~raw "+c.Field, pii.NormVersion, raw.Reveal())
	return [16]byte(sum[:16])
}

// survey is what is kept of a row's values: prints, masks and tags, never a value.
func (v *Vault) survey(t *enrolment.Table, o pii.Ordinal, row RawRow) (pointer, []IndexRow) {
	p := pointer{Table: t.ID, Key: row.Key}
	var tags []IndexRow
	for i, c := range t.Columns {
		raw := row.Values[i]
		if raw.Null || raw.Gone || raw.Value.IsEmpty() {
			continue
		}
		p.Prints = append(p.Prints, imprint{c.Tag, v.print(c, raw.Value)})
		val, ok := v.canonical(c.Field, raw.Value)
		if !ok {
			continue
		}
		tags = append(tags, v.indexRow(o, c.Field, val)...)
		p.Masks = append(p.Masks, v.maskKeys(c.Field, val)...)
	}
	slices.SortFunc(p.Prints, byTag)
	return p, distinctTags(tags)
}

// distinctTags: two columns of one field may hold one value.
func distinctTags(tags []IndexRow) []IndexRow {
	var out []IndexRow
	for _, t := range tags {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (p pointer) count(into map[[16]byte]int, by int) {
	for _, m := range p.Masks {
		into[m] += by
	}
}
