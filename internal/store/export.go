package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"regexp"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
)

// Applied is a migration a database has had.
type Applied struct {
	Name string `json:"name"`
	Sum  string `json:"sum"` // SHA-256, hexadecimal
}

// Snapshot is what an export is of: one moment of the database, whatever is written
// meanwhile.
type Snapshot struct {
	Engine     string
	Migrations []Applied
	Head       ledger.Head
	Rows       int64
}

// Sink takes an export. A table's rows follow it; entries come in order.
type Sink interface {
	Table(name string, columns []string) error
	Row(values []any) error
}

// snapshot opens a transaction that sees one moment. SQLite's read transactions do.
var snapshot = map[string]*sql.TxOptions{
	"sqlite":   nil,
	"postgres": {Isolation: sql.LevelRepeatableRead, ReadOnly: true},
}

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+) \(`)

// tables are the tables that migrations make, in order.
func tables(of []migration) (names []string) {
	for _, m := range of {
		for _, found := range createTable.FindAllStringSubmatch(m.text, -1) {
			names = append(names, found[1])
		}
	}
	return names
}

// entryTable is read in order, so that whoever takes the export can hash the tree.
const entryTable = "ledger_entry"

// Export reads all tables, but for the list of migrations, at one moment, beside
// whoever writes: begin is told of the moment and answers where the rows go. While
// it runs nothing can be purged.
func (db *DB) Export(ctx context.Context, begin func(Snapshot) (Sink, error)) error {
	s, err := db.read.take(ctx)
	if err != nil {
		return db.d.fault("export", err)
	}
	defer func() { // nobody else gets a connection with this history
		s.discard()
		<-db.read.slots
	}()
	conn := s.conn
	if db.d.name == "postgres" {
		if _, err := conn.ExecContext(ctx, shareBackupLock); err != nil {
			return db.d.fault("export", err)
		}
		defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), endSharedBackupLock) }()
	}
	tx, err := conn.BeginTx(ctx, snapshot[db.d.name])
	if err != nil {
		return db.d.fault("export", err)
	}
	defer func() { _ = tx.Rollback() }()
	e := export{ctx: ctx, d: db.d, tx: tx}
	return db.d.fault("export", e.run(begin))
}

type export struct {
	ctx context.Context
	d   dialect
	tx  *sql.Tx
}

func (e export) query(text string, each func(scan func(...any) error) error) error {
	r, err := e.tx.QueryContext(e.ctx, text)
	if err != nil {
		return err
	}
	return drain(r, func(scan func(...any) error) error {
		if e.ctx.Err() != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
		return each(scan)
	})
}

func (e export) run(begin func(Snapshot) (Sink, error)) error {
	all, err := e.d.migrations()
	if err != nil {
		return err
	}
	snap := Snapshot{Engine: e.d.name}
	err = e.query(selectHead, func(scan func(...any) error) (err error) {
		snap.Head, err = scanHead(scan)
		return err
	})
	if err != nil {
		return err
	}
	err = e.query(selectMigrations, func(scan func(...any) error) error {
		var n int
		var m Applied
		var sum hash32
		err := scan(&n, &m.Name, &sum)
		m.Sum = hex.EncodeToString(sum[:])
		snap.Migrations = append(snap.Migrations, m)
		return err
	})
	if err != nil {
		return err
	}
	names := tables(all[:min(len(snap.Migrations), len(all))])
	for _, name := range names {
		var n int64
		if err := e.query(`SELECT COUNT(*) FROM `+name, func(scan func(...any) error) error { return scan(&n) }); err != nil {
			return err
		}
		snap.Rows += n
	}
	to, err := begin(snap)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := e.table(name, to); err != nil {
			return err
		}
	}
	return nil
}

func (e export) table(name string, to Sink) error {
	text := `SELECT * FROM ` + name
	if name == entryTable {
		text += ` ORDER BY idx`
	}
	r, err := e.tx.QueryContext(e.ctx, text)
	if err != nil {
		return err
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		return err
	}
	if err := to.Table(name, columns); err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	return drain(r, func(scan func(...any) error) error {
		if e.ctx.Err() != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
		if err := scan(into...); err != nil {
			return err
		}
		return to.Row(values)
	})
}
