// Package enrolment says what an enrolled table of a company's own PostgreSQL
// database is, and what the placeholders are that its views show.
//
// Its one invariant: a placeholder names a cell and holds nothing of its value, so
// that whoever has one has nothing. The format is that of docs/format/pgwire.md.
// The package reads no database and opens no value.
package enrolment

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// ViewSchema is the schema of the views a reader sees, in every database.
const ViewSchema = "goldbell"

// ReaderRole and SourceRole begin the names of the role the port connects as, and of
// the one behind the vault: roles are of a whole server, so that each database has
// names of its own.
const (
	ReaderRole = "goldbell_reader_"
	SourceRole = "goldbell_source_"
)

// DDLChannel is the channel on which the enrolled database tells of changes to it.
const DDLChannel = "goldbell_ddl"

// Refused is what a text cell shows that may not be shown: the masked constant.
const Refused = "***"

// ID is the 64 random bits of an enrolment. Data cannot contain them by chance, and
// whoever writes them on purpose is found by the check.
type ID [8]byte

func (id ID) String() string               { return hex.EncodeToString(id[:]) }
func (id ID) IsZero() bool                 { return id == ID{} }
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 16 lower-case hexadecimal digits.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) != 16 || !isHex(b) {
		return errNotID
	}
	_, err := hex.Decode(id[:], b)
	return err
}

// Table is an enrolled table: which rows belong to which subject, and which columns
// are protected. It gives power: the ledger stamps it.
type Table struct {
	ID       ID     `json:"id"`
	Database string `json:"database"` // as clients name it when they connect
	Schema   string `json:"schema"`
	Name     string `json:"name"`
	View     string `json:"view"` // in ViewSchema
	// Of is the enrolment whose subjects the rows are about: its own ID, or, for a
	// table that refers to an enrolled one, that one's.
	Of      ID       `json:"of"`
	Subject []Key    `json:"subject"` // the columns that name the subject, NOT NULL in its own table
	Row     []Key    `json:"row"`     // the columns that name the row; empty: the subject does
	Columns []Column `json:"columns"`
	Plain   []string `json:"plain"`  // the columns the view shows as they are
	Writes  bool     `json:"writes"` // the reader may write the plain columns

	// Definition is the hash of the view as the database told it when it was made.
	Definition string       `json:"definition"`
	By         pii.PersonID `json:"by"`
	At         time.Time    `json:"at"`
	Ended      bool         `json:"ended"`
	pii.Stamp  `json:"-"`
}

// Key is one column of a subject or row key. Type is its SQL type as format_type
// writes it.
type Key struct {
	Column string `json:"column"`
	Type   string `json:"type"`
}

// Column is a protected column. In the view a text column is its placeholder; any
// other is NULL of its type, and Companion, a text column beside it, its placeholder.
type Column struct {
	Name      string    `json:"name"`
	Tag       string    `json:"tag"` // one or two letters, unique in the table
	Field     pii.Field `json:"field"`
	Type      string    `json:"type"`
	Text      bool      `json:"text"`
	Companion string    `json:"companion,omitempty"`
	Find      bool      `json:"find"` // may be looked up by value; an index serves its placeholder
}

// RowKey implements [pii.Keyed].
func (t *Table) RowKey() string { return t.ID.String() }

// StampRow implements [pii.Stamped].
func (t *Table) StampRow() (string, []byte) {
	b, err := json.Marshal(t)
	if err != nil {
		panic("enrolment: a row of plain fields did not encode") // impossible state
	}
	return "enrolment", b
}

// Put inserts or replaces an enrolled table: an effect.
type Put struct{ *Table }

// Company is the company's own database: how it is reached, sealed, because passwords
// are in it. There is one.
type Company struct {
	Sealed    []byte `json:"sealed"`
	pii.Stamp `json:"-"`
}

// RowKey implements [pii.Keyed].
func (c *Company) RowKey() string { return "" }

// StampRow implements [pii.Stamped].
func (c *Company) StampRow() (string, []byte) { return "company-database", c.Sealed }

// Store keeps enrolled tables. [Put] and [CompanyPut] are effects.
type Store interface {
	// Tables lists every table that was ever enrolled.
	Tables(ctx context.Context) ([]*Table, error)
	// Company reads how the company's database is reached; ok is false if there is none.
	Company(ctx context.Context) (c Company, ok bool, err error)
}

// CompanyPut inserts or replaces it: an effect.
type CompanyPut struct{ *Company }

// ByTag finds a protected column by its tag.
func (t *Table) ByTag(tag string) (Column, bool) {
	return t.column(func(c Column) bool { return c.Tag == tag })
}

// Shows finds the protected column that the view's column of this name is the
// placeholder of.
func (t *Table) Shows(viewColumn string) (Column, bool) {
	return t.column(func(c Column) bool {
		return c.Text && c.Name == viewColumn || c.Companion != "" && c.Companion == viewColumn
	})
}

// OfField finds the first protected column of a field.
func (t *Table) OfField(f pii.Field) (Column, bool) {
	return t.column(func(c Column) bool { return c.Field == f })
}

func (t *Table) column(is func(Column) bool) (Column, bool) {
	i := slices.IndexFunc(t.Columns, is)
	if i < 0 {
		return Column{}, false
	}
	return t.Columns[i], true
}

// Set is the enrolled tables of one company, by id. It must not be altered.
type Set struct{ byID map[ID]*Table }

// NewSet makes a set of the tables that have not ended.
func NewSet(tables []*Table) *Set {
	s := &Set{byID: make(map[ID]*Table, len(tables))}
	for _, t := range tables {
		if !t.Ended {
			s.byID[t.ID] = t
		}
	}
	return s
}

// Table finds an enrolled table.
func (s *Set) Table(id ID) (*Table, bool) {
	t, ok := s.byID[id]
	return t, ok
}

// In lists the enrolled tables of a database, by name of their views.
func (s *Set) In(database string) []*Table {
	var all []*Table
	for _, t := range s.byID {
		if t.Database == database {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *Table) int { return slices.Compare([]byte(a.View), []byte(b.View)) })
	return all
}

// View finds an enrolled table of a database by its view.
func (s *Set) View(database, view string) (*Table, bool) {
	for _, t := range s.byID {
		if t.Database == database && t.View == view {
			return t, true
		}
	}
	return nil, false
}

// Cell names the cell a whole placeholder stands for: the table and the protected
// column of this set and database it was made from. Anything else is no placeholder
// of ours, and stays what it is.
func (s *Set) Cell(database string, text []byte) (Cell, bool) {
	p, ok := Parse(text)
	if !ok {
		return Cell{}, false
	}
	t, ok := s.byID[p.Enrolment]
	if !ok || t.Database != database || (p.Row != "") != (len(t.Row) > 0) {
		return Cell{}, false
	}
	c, ok := t.ByTag(p.Tag)
	return Cell{Table: t, Column: c, Subject: p.Subject, Row: p.Row}, ok
}

// Cell is one protected cell: of this table, this column, this subject and this row.
type Cell struct {
	Table   *Table
	Column  Column
	Subject string // the subject's key, escaped as in the placeholder
	Row     string // the row's key; empty if the subject names the row
}

// Placeholder is the text the view shows in place of the cell.
func (c Cell) Placeholder() string {
	return Placeholder{Enrolment: c.Table.ID, Tag: c.Column.Tag, Subject: c.Subject, Row: c.Row}.String()
}

// Answer is what came of one cell.
type Answer struct {
	Shown  bool
	Null   bool      // shown, and there is no value
	Value  pii.Value // shown: in the form the door allows
	Reason string    // refused: a message id, no-grant outside the grant
}
