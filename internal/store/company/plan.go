package company

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
)

// Ask is what somebody wants enrolled.
type Ask struct {
	DSN     string // of a role that owns the table and may make roles
	Table   string // SCHEMA.TABLE
	Subject []string
	// Protect are columns, each with the field it holds after "=", or without where its
	// name says so.
	Protect []string
	Show    []string // columns that look protected and are not
	Open    bool     // the table holds nothing to protect: a view and no more
}

// Plan is what an enrolment would do.
type Plan struct {
	Table *enrolment.Table
	Roles Roles
	SQL   []string // one transaction
	Undo  []string
	// Looks are columns that look as if they held personal information and are neither
	// protected nor shown on purpose: nothing is applied while there are any.
	Looks []Look
	Notes []string // message ids of what the operator should know
}

// Look is a column whose content looks like a field's.
type Look struct {
	Column string    `json:"column"`
	Field  pii.Field `json:"field"`
	Share  int       `json:"share"` // of the sampled values, in hundredths
}

// Planner plans enrolments.
type Planner struct {
	Schema pii.Schema
	Known  *enrolment.Set // what is enrolled already
	Roles  Roles          // of the database, if there are any
	Rand   io.Reader
}

// Plan reads the catalogue and a sample of the table, and changes nothing.
func (p Planner) Plan(ctx context.Context, a Ask) (*Plan, error) {
	conn, err := connect(ctx, a.DSN)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	schema, name, ok := strings.Cut(a.Table, ".")
	if !ok || schema == "" || name == "" {
		return nil, fault.New(fault.Invalid, "pg-table-name", "--table")
	}
	rel, err := describe(ctx, conn, schema, name)
	if err != nil {
		return nil, err
	}
	w := planning{Planner: p, ask: a, rel: rel, conn: conn, plan: &Plan{Roles: p.Roles}}
	return w.plan, w.run(ctx)
}

type planning struct {
	Planner
	ask  Ask
	rel  *relation
	conn *pgx.Conn
	plan *Plan
	new  bool // the database's first enrolment
}

func (w *planning) run(ctx context.Context) error {
	t := &enrolment.Table{Database: w.conn.Config().Database, Schema: w.rel.schema, Name: w.rel.name, View: w.rel.name}
	w.plan.Table = t
	if _, err := io.ReadFull(w.Rand, t.ID[:]); err != nil {
		return fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	if err := w.free(t); err != nil {
		return err
	}
	if w.new = w.plan.Roles.Reader == ""; w.new {
		var err error
		if w.plan.Roles, err = newRoles(w.Rand, t.Database); err != nil {
			return err
		}
	}
	if !w.ask.Open {
		for _, step := range []func(context.Context, *enrolment.Table) error{w.columns, w.keys, w.unique} {
			if err := step(ctx, t); err != nil {
				return err
			}
		}
	} else if len(w.ask.Protect)+len(w.ask.Subject) > 0 {
		return fault.New(fault.Invalid, "pg-open-protects", "--open")
	}
	w.shown(t)
	if err := w.sample(ctx, t); err != nil {
		return err
	}
	return w.statements(ctx, t)
}

// free refuses a table or a view's name that is taken.
func (w *planning) free(t *enrolment.Table) error {
	if w.Known == nil {
		return nil
	}
	for _, k := range w.Known.In(t.Database) {
		if k.Schema == t.Schema && k.Name == t.Name {
			return fault.New(fault.Conflict, "pg-enrolled", "--table")
		}
		if k.View == t.View {
			t.View = t.Schema + "_" + t.Name
		}
	}
	if _, taken := w.Known.View(t.Database, t.View); taken {
		return fault.New(fault.Conflict, "pg-enrolled", "--table")
	}
	return nil
}

// columns finds the protected columns, their fields and tags.
func (w *planning) columns(_ context.Context, t *enrolment.Table) error {
	if len(w.ask.Protect) == 0 {
		return fault.New(fault.Invalid, "pg-nothing-protected", "--protect")
	}
	for _, item := range w.ask.Protect {
		name, field, named := strings.Cut(item, "=")
		c, ok := w.rel.column(name)
		if !ok {
			return fault.New(fault.Invalid, "pg-no-column", "--protect")
		}
		f, ok := pii.Field(field), named
		if !named {
			f, ok = intake.FieldOf(w.Schema, name)
		}
		spec, known := w.Schema.Spec(f)
		if !ok || !known {
			return fault.New(fault.Invalid, "pg-which-field", "--protect")
		}
		if slices.Contains(w.rel.divides, name) {
			return fault.New(fault.Invalid, "pg-partition-key", "--protect")
		}
		if _, twice := t.Shows(name); twice {
			return fault.New(fault.Invalid, "pg-column-twice", "--protect")
		}
		col := enrolment.Column{Name: name, Field: f, Type: c.typ, Text: c.text, Find: spec.Indexed, Tag: freeTag(t, f)}
		if !c.text {
			col.Companion = w.companion(name)
		}
		t.Columns = append(t.Columns, col)
	}
	return nil
}

// companion is a name for the text column beside a column that is no text.
func (w *planning) companion(name string) string {
	for n := name + "_text"; ; n += "_" {
		if _, taken := w.rel.column(n); !taken {
			return n
		}
	}
}

// freeTag is a letter or two that no column of the table has yet; of a field its first.
func freeTag(t *enrolment.Table, f pii.Field) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	first := string(f[0])
	tags := []string{first}
	for _, l := range letters {
		tags = append(tags, first+string(l))
	}
	for _, tag := range tags {
		if _, taken := t.ByTag(tag); !taken {
			return tag
		}
	}
	return "zz" // 27 columns of one letter: the check of the plan's SQL refuses a second
}

// keys finds what names subject and row: the subject's columns are a key of the table,
// or refer to the subjects of an enrolled one.
func (w *planning) keys(_ context.Context, t *enrolment.Table) error {
	if len(w.ask.Subject) == 0 {
		w.ask.Subject = w.rel.primary
	}
	subject, err := w.key(w.ask.Subject)
	if err != nil {
		return err
	}
	t.Subject = subject
	own := w.isKey(w.ask.Subject) || w.rel.isView() && w.refersTo(t) == nil
	if own {
		t.Of = t.ID
		return w.sensitiveKey(t)
	}
	of := w.refersTo(t)
	if of == nil {
		return fault.New(fault.Invalid, "pg-subject-not-key", "--subject")
	}
	t.Of = of.ID
	if t.Row, err = w.key(w.rel.primary); err != nil {
		return fault.New(fault.Invalid, "pg-no-primary-key", "--table")
	}
	for i := range t.Columns { // a value is looked up where its subject has one row
		t.Columns[i].Find = false
	}
	return w.sensitiveKey(t)
}

// key finds the types of key columns.
func (w *planning) key(names []string) ([]enrolment.Key, error) {
	if len(names) == 0 || len(names) > 8 {
		return nil, fault.New(fault.Invalid, "pg-no-subject", "--subject")
	}
	var key []enrolment.Key
	for _, n := range names {
		c, ok := w.rel.column(n)
		if !ok {
			return nil, fault.New(fault.Invalid, "pg-no-column", "--subject")
		}
		key = append(key, enrolment.Key{Column: n, Type: c.typ})
	}
	_, _, err := keyText("", key)
	return key, err
}

// isKey reports whether the columns are the primary key, or unique and NOT NULL.
func (w *planning) isKey(names []string) bool {
	same := func(of []string) bool {
		a, b := slices.Sorted(slices.Values(of)), slices.Sorted(slices.Values(names))
		return slices.Equal(a, b)
	}
	if same(w.rel.primary) {
		return true
	}
	for _, n := range names {
		if c, _ := w.rel.column(n); !c.notNull {
			return false
		}
	}
	return slices.ContainsFunc(w.rel.uniques, same)
}

// refersTo finds the enrolled table whose subjects the columns refer to.
func (w *planning) refersTo(t *enrolment.Table) *enrolment.Table {
	if w.Known == nil {
		return nil
	}
	for _, f := range w.rel.foreign {
		for _, k := range w.Known.In(t.Database) {
			if k.Schema != f.schema || k.Name != f.name || len(k.Subject) == 0 || len(k.Row) > 0 {
				continue
			}
			if ours, ok := mapped(f, columnsOf(k.Subject)); ok && slices.Equal(ours, w.ask.Subject) {
				return &enrolment.Table{ID: k.Of}
			}
		}
	}
	return nil
}

// mapped are the columns that refer to theirs, in the order of theirs.
func mapped(f foreignKey, theirs []string) ([]string, bool) {
	ours := make([]string, len(theirs))
	for i, n := range theirs {
		at := slices.Index(f.theirs, n)
		if at < 0 {
			return nil, false
		}
		ours[i] = f.columns[at]
	}
	return ours, len(theirs) == len(f.theirs)
}

// sensitiveKey refuses a key that is itself protected: the placeholder shows it.
func (w *planning) sensitiveKey(t *enrolment.Table) error {
	for _, k := range slices.Concat(t.Subject, t.Row) {
		if slices.ContainsFunc(t.Columns, func(c enrolment.Column) bool { return c.Name == k.Column }) {
			return fault.New(fault.Invalid, "pg-key-protected", "--subject")
		}
	}
	return nil
}

// unique makes sure that the key of a view names one row; of a table an index does.
func (w *planning) unique(ctx context.Context, t *enrolment.Table) error {
	if !w.rel.isView() {
		return nil
	}
	key := columnList("", rowOf(t))
	text := fmt.Sprintf(`SELECT EXISTS (SELECT 1 FROM %s GROUP BY %s HAVING count(*) > 1) OR EXISTS (SELECT 1 FROM %s WHERE (%s) IS NULL)`,
		nameOf(t), key, nameOf(t), strings.Join(strings.Split(key, ", "), " IS NULL OR "))
	bad := false
	if err := rows(ctx, w.conn, text, func(scan func(...any) error) error { return scan(&bad) }); err != nil {
		return err
	}
	if bad {
		return fault.New(fault.Invalid, "pg-subject-not-key", "--subject")
	}
	return nil
}

// shown lists the columns the view shows as they are.
func (w *planning) shown(t *enrolment.Table) {
	for _, c := range w.rel.columns {
		if !slices.ContainsFunc(t.Columns, func(x enrolment.Column) bool { return x.Name == c.name }) {
			t.Plain = append(t.Plain, c.name)
		}
	}
}

func nameOf(t *enrolment.Table) string { return quote(t.Schema) + "." + quote(t.Name) }
func viewOf(t *enrolment.Table) string {
	return quote(enrolment.ViewSchema) + "." + quote(t.View)
}
