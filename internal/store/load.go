package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
)

// Source gives an export back: a table with its columns, or, with no table, a row of
// the table before. It ends with io.EOF, and only if it was given whole.
type Source func() (table string, columns []string, row []any, err error)

// Load fills an empty database with an export, in one transaction: all of it, or
// nothing. The database is then unfinished (see [DB.Unfinished]) until [DB.Finish]. An
// unfinished one counts as empty.
func Load(ctx context.Context, c Config, applied []Applied, from Source) error {
	c.ReadOnly = true // nothing is migrated before it is known to be empty
	db, err := Open(ctx, c)
	if err != nil {
		return err
	}
	all, err := db.d.migrations()
	if err == nil {
		err = db.transact(ctx, "load", func(s *session) error {
			l := loading{ctx: ctx, s: s, all: all}
			return l.run(applied, from)
		})
	}
	return errors.Join(err, db.Close())
}

const (
	selectEpoch     = `SELECT epoch FROM ledger_head WHERE id = 1`
	markUnfinished  = `UPDATE ledger_head SET epoch = -(epoch + 1) WHERE id = 1`
	markFinished    = `UPDATE ledger_head SET epoch = -epoch WHERE id = 1 AND epoch < 0`
	insertRestored  = `INSERT INTO ledger_restore (origin, log_key, restored, seen, checkpoint, heir, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	selectRestores  = `SELECT entry, origin, log_key, restored, seen, checkpoint, heir, mac FROM ledger_restore ORDER BY entry`
	countOurTables  = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()`
	countSQLiteOnes = `SELECT COUNT(*) FROM sqlite_master`
)

// Unfinished reports whether a restore filled this database and did not come to its
// end.
func (db *DB) Unfinished(ctx context.Context) (bool, error) {
	var epoch int64
	_, err := db.row(ctx, "epoch", selectEpoch, []any{&epoch})
	return epoch < 0, err
}

func putRestored(idx uint64, r *ledger.Restored) ([]call, error) {
	return put(idx, r, insertRestored, r.Origin, r.LogKey, int64(r.Restored), int64(r.Seen), notNil(r.Checkpoint), notNil(r.Heir))
}

// Finish makes a loaded database fit for use, and raises the epoch of its head.
func (db *DB) Finish(ctx context.Context) error {
	return db.transact(ctx, "finish", func(s *session) error {
		return s.run(ctx, []call{{text: markFinished, want: 1}})
	})
}

// Restores implements [ledger.Lineage].
func (db *DB) Restores(ctx context.Context) (all []ledger.Restored, err error) {
	err = db.rows(ctx, "restores", selectRestores, func(scan func(...any) error) error {
		var r ledger.Restored
		err := scan(&r.Entry, &r.Origin, &r.LogKey, &r.Restored, &r.Seen, (*blob)(&r.Checkpoint), (*blob)(&r.Heir), &r.MAC)
		all = append(all, r)
		return err
	})
	return all, err
}

type loading struct {
	ctx context.Context
	s   *session
	all []migration

	missing []string // tables that were not given yet
	insert  list
	bools   []bool // columns that take booleans here
	rows    []any
	width   int
}

var errNotEmpty = fault.New(fault.Conflict, "database-not-empty", "")

func (l *loading) run(applied []Applied, from Source) error {
	n, err := l.known(applied)
	if err != nil {
		return err
	}
	if err := l.empty(); err != nil {
		return err
	}
	if err := l.s.migrate(l.ctx, l.all, n); err != nil {
		return err
	}
	l.missing = tables(l.all[:n])
	for _, t := range l.missing { // rows that migrations make
		if _, err := l.s.exec(l.ctx, `DELETE FROM `+t); err != nil {
			return err
		}
	}
	if err := l.fill(from); err != nil {
		return err
	}
	if len(l.missing) > 0 {
		return errForeign
	}
	n2, err := l.s.exec(l.ctx, markUnfinished)
	if err == nil && n2 != 1 {
		err = errHeadGone
	}
	return err
}

// errForeign: the backup is of a program that knows other tables.
var errForeign = fault.New(fault.Unavailable, "backup-foreign", "")

// known counts the migrations of the backup, which must be the first of ours.
func (l *loading) known(applied []Applied) (int, error) {
	if len(applied) == 0 || len(applied) > len(l.all) {
		return 0, errForeign
	}
	for i, m := range applied {
		if m.Name != l.all[i].name {
			return 0, errForeign
		}
	}
	return len(applied), nil
}

// empty makes sure that nothing is overwritten: there are no tables, or those of a
// restore that did not come to its end, which go.
func (l *loading) empty() error {
	text := countSQLiteOnes
	if l.s.d.name == "postgres" {
		text = countOurTables
	}
	if n, err := l.number(text); err != nil || n == 0 {
		return err
	}
	ours := slices.Concat(tables(l.all), []string{"schema_migration"})
	n, err := l.number(text + ` AND table_name = 'ledger_head'`)
	if l.s.d.name != "postgres" || err != nil || n != 1 {
		return errNotEmpty // a file of SQLite is new, or somebody else's
	}
	if epoch, err := l.number(selectEpoch); err != nil || epoch >= 0 {
		return errNotEmpty
	}
	for _, t := range ours {
		if _, err := l.s.conn.ExecContext(l.ctx, `DROP TABLE IF EXISTS `+t); err != nil {
			return err
		}
	}
	if n, err := l.number(text); err != nil || n > 0 {
		return errNotEmpty
	}
	return nil
}

func (l *loading) number(text string) (n int64, err error) {
	err = l.s.rows(l.ctx, text, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}

func (l *loading) fill(from Source) error {
	for {
		table, columns, row, err := from()
		if errors.Is(err, io.EOF) {
			return l.flush()
		}
		if err != nil {
			return err
		}
		if l.ctx.Err() != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
		if table != "" {
			err = l.table(table, columns)
		} else {
			err = l.row(row)
		}
		if err != nil {
			return err
		}
	}
}

// table begins a table. Only names that are ours get into a statement.
func (l *loading) table(name string, columns []string) error {
	if err := l.flush(); err != nil {
		return err
	}
	i := slices.Index(l.missing, name)
	if i < 0 {
		return errForeign
	}
	l.missing = slices.Delete(slices.Clone(l.missing), i, i+1)
	r, err := l.s.conn.QueryContext(l.ctx, `SELECT * FROM `+name+` WHERE 1 = 0`)
	if err != nil {
		return err
	}
	types, err := r.ColumnTypes()
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	l.bools = make([]bool, len(columns))
	for i, c := range columns {
		at := slices.IndexFunc(types, func(t *sql.ColumnType) bool { return t.Name() == c })
		if at < 0 || len(columns) != len(types) {
			return errForeign
		}
		l.bools[i] = types[at].DatabaseTypeName() == "BOOL"
	}
	l.width = len(columns)
	l.insert = values(`INSERT INTO `+name+` (`+strings.Join(columns, ", ")+`) VALUES `, l.width, ``)
	return nil
}

// loadRows is how many rows are inserted at once.
const loadRows = 1000

func (l *loading) row(row []any) error {
	if len(row) != l.width || l.width == 0 {
		return errForeign
	}
	for i, v := range row {
		if n, ok := v.(int64); ok && l.bools[i] { // SQLite keeps 0 and 1
			v = n != 0
		}
		if b, ok := v.([]byte); ok {
			v = notNil(b)
		}
		l.rows = append(l.rows, v)
	}
	if len(l.rows) < loadRows*l.width {
		return nil
	}
	return l.flush()
}

func (l *loading) flush() error {
	calls := l.s.d.insert(nil, l.insert, l.rows)
	l.rows = nil
	return l.s.run(l.ctx, calls)
}
