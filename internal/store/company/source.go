// Package company speaks to a company's own PostgreSQL database: it plans and makes
// enrolments, checks that nothing goes round them, and reads raw values for the vault.
//
// Its one invariant: the connection that can read a protected column is made here,
// belongs to [Source], and hands what it reads to the vault alone. It knows no
// principal, no receipt and nothing of Goldbell's own database.
package company

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// Source reads raw values; it implements [vault.Source]. It is safe for concurrent use.
type Source struct {
	dsn  func(ctx context.Context, database string) (string, error)
	rand io.Reader

	mu    sync.Mutex // guards pools
	pools map[string]*pgxpool.Pool
}

var _ vault.Source = (*Source)(nil)

// NewSource makes a source that finds the privileged connection strings with dsn.
func NewSource(dsn func(ctx context.Context, database string) (string, error), rand io.Reader) *Source {
	return &Source{dsn: dsn, rand: rand, pools: map[string]*pgxpool.Pool{}}
}

// Close ends the connections.
func (s *Source) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, p := range s.pools {
		p.Close()
		delete(s.pools, name)
	}
}

// Forget ends the connections to a database: its credentials changed.
func (s *Source) Forget(database string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pools[database]; p != nil {
		p.Close()
		delete(s.pools, database)
	}
}

// sourceConnections is how many connections a database's source has at most.
const sourceConnections = 8

// pinned are the settings that decide how a value is written as text.
var pinned = map[string]string{
	"application_name": "goldbell", "client_encoding": "UTF8", "standard_conforming_strings": "on",
	"DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "TimeZone": "UTC", "bytea_output": "hex", "extra_float_digits": "1",
	"search_path": "pg_catalog", "default_transaction_read_only": "on", "row_security": "off",
}

func (s *Source) pool(ctx context.Context, database string) (*pgxpool.Pool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pools[database]; p != nil {
		return p, nil
	}
	dsn, err := s.dsn(ctx, database)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "pg-source", "")
	}
	for name, value := range pinned {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.MaxConns, config.MaxConnIdleTime = sourceConnections, 5*time.Minute
	config.ConnConfig.Tracer = nil // nothing of what is read is logged
	p, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "pg-source", "")
	}
	s.pools[database] = p
	return p, nil
}

// unread reduces an error of the company's database to its class: its text may hold a
// row.
func unread(err error) error {
	var f *fault.Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	code := "connection"
	var e *pgconn.PgError
	if errors.As(err, &e) {
		code = e.Code
	}
	return fault.Wrap(fault.Unavailable, "pg-source", errors.New("company: postgres "+code))
}

// Read implements [vault.Source]: one question for each table.
func (s *Source) Read(ctx context.Context, cells []enrolment.Cell) ([]vault.Raw, error) {
	out := make([]vault.Raw, len(cells))
	if len(cells) == 0 {
		return out, nil
	}
	p, err := s.pool(ctx, cells[0].Table.Database)
	if err != nil {
		return nil, err
	}
	byTable := map[*enrolment.Table][]int{}
	for i, c := range cells {
		byTable[c.Table] = append(byTable[c.Table], i)
	}
	for t, at := range byTable {
		if err := readTable(ctx, p, t, cells, at, out); err != nil {
			return nil, unread(err)
		}
	}
	return out, nil
}

// readTable reads the cells of one table by their rows' keys.
func readTable(ctx context.Context, p *pgxpool.Pool, t *enrolment.Table, cells []enrolment.Cell, at []int, out []vault.Raw) error {
	var columns []enrolment.Column
	place := map[string]int{} // of a column in the answer
	rows := map[string]bool{}
	var keys []string
	for _, i := range at {
		c := cells[i]
		if _, ok := place[c.Column.Name]; !ok {
			place[c.Column.Name] = len(columns)
			columns = append(columns, c.Column)
		}
		if k := rowKey(c); !rows[k] {
			rows[k] = true
			keys = append(keys, k)
		}
	}
	found, err := fetch(ctx, p, t, columns, keys)
	if err != nil {
		return err
	}
	for _, i := range at {
		r, ok := found[rowKey(cells[i])]
		if !ok || r.twice || r.subject != cells[i].Subject {
			out[i] = vault.Raw{Gone: true}
			continue
		}
		out[i] = r.values[place[cells[i].Column.Name]]
	}
	return nil
}

func rowKey(c enrolment.Cell) string {
	if len(c.Table.Row) > 0 {
		return c.Row
	}
	return c.Subject
}

// rowOf is the key that names a row of the table.
func rowOf(t *enrolment.Table) []enrolment.Key {
	if len(t.Row) > 0 {
		return t.Row
	}
	return t.Subject
}

type fetched struct {
	subject string
	values  []vault.Raw
	twice   bool // two rows have this key: neither is told
}

// fetch reads columns of rows by key.
func fetch(ctx context.Context, p *pgxpool.Pool, t *enrolment.Table, columns []enrolment.Column, keys []string) (map[string]fetched, error) {
	text, err := selectRows(t, columns)
	if err != nil {
		return nil, err
	}
	width := len(rowOf(t))
	parts := make([][]string, width)
	for _, k := range keys {
		texts := enrolment.SplitKey(k)
		if !areTexts(rowOf(t), texts) {
			continue // no key of this table
		}
		for i := range parts {
			parts[i] = append(parts[i], texts[i])
		}
	}
	args := make([]any, width)
	for i := range parts {
		args[i] = parts[i]
	}
	if len(parts[0]) == 0 {
		return nil, nil
	}
	found := make(map[string]fetched, len(keys))
	err = each(ctx, p, text+whereKeys(rowOf(t)), args, len(columns), func(key, subject string, values []vault.Raw) {
		_, twice := found[key]
		found[key] = fetched{subject, values, twice}
	})
	return found, err
}

// selectRows is the beginning of every question: the row's key, the subject's, and the
// columns as text.
func selectRows(t *enrolment.Table, columns []enrolment.Column) (string, error) {
	row, _, err := keyText("t.", rowOf(t))
	if err != nil {
		return "", err
	}
	subject, _, err := keyText("t.", t.Subject)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("SELECT " + row + ", " + subject)
	for _, c := range columns {
		b.WriteString(", t." + quote(c.Name) + "::text")
	}
	b.WriteString(" FROM " + quote(t.Schema) + "." + quote(t.Name) + " t")
	return b.String(), nil
}

// whereKeys finds rows by lists of the texts of their keys' columns.
func whereKeys(key []enrolment.Key) string {
	names, lists := make([]string, len(key)), make([]string, len(key))
	for i := range key {
		names[i] = "u.k" + string(rune('a'+i))
		lists[i] = "$" + string(rune('1'+i)) + "::text[]"
	}
	of := " FROM unnest(" + strings.Join(lists, ", ") + ") u(" + strings.ReplaceAll(strings.Join(names, ", "), "u.", "") + ")"
	back := keyFrom(key, names)
	if len(key) == 1 { // an index serves it
		return " WHERE t." + quote(key[0].Column) + " = ANY(ARRAY(SELECT " + back[0] + of + "))"
	}
	return " WHERE (" + columnList("t.", key) + ") IN (SELECT " + strings.Join(back, ", ") + of + ")"
}

func columnList(table string, key []enrolment.Key) string {
	names := columnsOf(key)
	for i, n := range names {
		names[i] = table + quote(n)
	}
	return strings.Join(names, ", ")
}

// each runs a question of selectRows and hands over its rows.
func each(ctx context.Context, p *pgxpool.Pool, text string, args []any, columns int, take func(key, subject string, values []vault.Raw)) error {
	rows, err := p.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var key, subject *string
	texts := make([]*string, columns)
	into := []any{&key, &subject}
	for i := range texts {
		into = append(into, &texts[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if key == nil || subject == nil {
			continue // of nobody
		}
		values := make([]vault.Raw, columns)
		for i, t := range texts {
			if t == nil {
				values[i].Null = true
			} else {
				values[i].Value = pii.NewValue(*t)
			}
		}
		take(*key, *subject, values)
	}
	return rows.Err()
}

// Rows implements [vault.Source].
func (s *Source) Rows(ctx context.Context, t *enrolment.Table, keys []string) ([]vault.RawRow, error) {
	p, err := s.pool(ctx, t.Database)
	if err != nil {
		return nil, err
	}
	found, err := fetch(ctx, p, t, t.Columns, keys)
	if err != nil {
		return nil, unread(err)
	}
	out := make([]vault.RawRow, 0, len(found))
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		if r, ok := found[k]; ok && !r.twice && !seen[k] {
			seen[k] = true
			out = append(out, vault.RawRow{Key: k, Values: r.values})
		}
	}
	return out, nil
}

// Page implements [vault.Source].
func (s *Source) Page(ctx context.Context, t *enrolment.Table, after string, n int) ([]vault.RawRow, error) {
	p, err := s.pool(ctx, t.Database)
	if err != nil {
		return nil, err
	}
	text, err := selectRows(t, t.Columns)
	if err != nil {
		return nil, err
	}
	args := []any{n}
	where, of := "", "$1"
	if after != "" {
		texts := enrolment.SplitKey(after)
		if !areTexts(t.Subject, texts) {
			return nil, fault.New(fault.Internal, "internal", "key")
		}
		names := make([]string, len(texts))
		for i, x := range texts {
			args = append(args, x)
			names[i] = "$" + string(rune('2'+i)) + "::text"
		}
		where = " WHERE (" + columnList("t.", t.Subject) + ") > (" + strings.Join(keyFrom(t.Subject, names), ", ") + ")"
	}
	var out []vault.RawRow
	err = each(ctx, p, text+where+" ORDER BY "+columnList("t.", t.Subject)+" LIMIT "+of, args, len(t.Columns),
		func(key, _ string, values []vault.Raw) { out = append(out, vault.RawRow{Key: key, Values: values}) })
	return out, unread(err)
}

// RowsOf implements [vault.Source].
func (s *Source) RowsOf(ctx context.Context, t *enrolment.Table, subject string, n int) ([]string, error) {
	p, err := s.pool(ctx, t.Database)
	if err != nil {
		return nil, err
	}
	texts := enrolment.SplitKey(subject)
	if !areTexts(t.Subject, texts) {
		return nil, nil
	}
	text, err := selectRows(t, nil)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(texts))
	for i, x := range texts {
		args[i] = []string{x}
	}
	var out []string
	err = each(ctx, p, text+whereKeys(t.Subject)+" LIMIT $"+string(rune('1'+len(texts))), append(args, n), 0,
		func(key, _ string, _ []vault.Raw) { out = append(out, key) })
	return out, unread(err)
}

// connect opens one connection for planning, applying or checking.
func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fault.New(fault.Invalid, "pg-dsn", "--dsn")
	}
	for _, name := range []string{"application_name", "client_encoding", "standard_conforming_strings", "search_path"} {
		config.RuntimeParams[name] = pinned[name]
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "pg-unreachable", "--dsn")
	}
	return c, nil
}
