// Package store is the only SQL on Goldbell's own database, in one text for
// SQLite and PostgreSQL; what differs is in the DDL and in a dialect of six words.
//
// Its one invariant: what belongs to an entry commits with that entry, under the
// ledger head's lock, or not at all. It keeps sealed bytes, keyed tags and
// stamped rows; it opens nothing, decides nothing and checks no stamp. An error
// that leaves it carries the driver's code and never the driver's text, which may
// hold a row.
package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where the database is.
type Config struct {
	Driver string // "sqlite" or "postgres"
	Path   string // SQLite: the file
	DSN    string // PostgreSQL: the connection string
	// ReadOnly opens a database another process may be writing: nothing is
	// migrated, and what writes fails.
	ReadOnly bool
}

// DB is one open database. It implements the stores of every package that keeps
// rows, and its methods are safe for concurrent use.
type DB struct {
	d     dialect
	write *sql.DB
	read  *readers

	writer chan *session // the one writer; nil inside means: connect anew

	unfiled unfiled
	file    chan struct{}

	unflushed atomic.Int64 // bytes written since the last flush, roughly
	flush     chan struct{}
	readOnly  bool
	closed    context.CancelFunc
	done      sync.WaitGroup
}

// Open opens the database and brings its schema up to date. It refuses a
// database whose applied migrations are not the ones in this binary.
func Open(ctx context.Context, c Config) (*DB, error) {
	d, write, read, err := connect(c)
	if err != nil {
		return nil, err
	}
	db := &DB{d: d, write: write, read: newReaders(d, read), writer: make(chan *session, 1), flush: make(chan struct{}, 1), file: make(chan struct{}, 1), readOnly: c.ReadOnly}
	db.writer <- nil
	background, cancel := context.WithCancel(context.Background())
	db.closed = cancel
	if c.ReadOnly {
		return db, nil
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.done.Add(1)
	go db.fileLoop(background)
	if d.name == "sqlite" {
		db.done.Add(1)
		go db.flushLoop(background)
	}
	return db, nil
}

// closeLimit bounds the filing of what waits when the database is closed.
const closeLimit = 10 * time.Second

// Close ends the background work, files what waits and closes every connection.
func (db *DB) Close() error {
	db.closed()
	db.done.Wait()
	if !db.readOnly {
		ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
		_ = db.File(ctx) // what is not filed now is filed later
		cancel()
	}
	err := db.read.close() // first: SQLite's last connection empties the log
	if s := <-db.writer; s != nil {
		s.discard()
	}
	db.writer <- nil
	err = errors.Join(err, db.write.Close())
	return db.d.fault("close", err)
}

func connect(c Config) (dialect, *sql.DB, *sql.DB, error) {
	switch c.Driver {
	case "sqlite":
		return openSQLite(c.Path)
	case "postgres":
		return openPostgres(c.DSN)
	}
	return dialect{}, nil, nil, errors.New(`store: driver: "sqlite" or "postgres" is needed`)
}

func pool(driver, dsn string, conns int) (*sql.DB, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, errors.New("store: the connection string is malformed") // the text may hold a password
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func drain(r *sql.Rows, each func(scan func(...any) error) error) error {
	defer r.Close()
	for r.Next() {
		if err := each(r.Scan); err != nil {
			return err
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	return r.Close()
}
