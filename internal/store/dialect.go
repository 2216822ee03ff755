package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// dialect is what differs between the engines besides the DDL. No query text is
// rewritten.
type dialect struct {
	name    string // also the directory of its migrations
	begin   string // opens a transaction that will write
	lockRow string // ends a SELECT that locks its row
	lock    string // taken while migrating, where several processes may start at once
	lists   []int  // lengths of multi-row lists, ascending
	arrays  bool   // lists of rows may come as an array per column
	code    func(error) (code string, class class)
}

// class is what we need to know of a driver's error.
type class uint8

const (
	broken class = iota // a defect: ours, or the database's
	unique              // a row of that key exists
	retry               // full, busy, out of reach: later it may work
)

// fault reduces a driver's error to its class and code. Faults pass unchanged.
func (d dialect) fault(op string, err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Unavailable, "unavailable", errors.New("store: "+op+": out of time"))
	}
	code, class := d.code(err)
	cause := errors.New("store: " + op + ": " + d.name + " " + code)
	switch class {
	case unique:
		return fault.Wrap(fault.Conflict, "exists", cause)
	case retry:
		return fault.Wrap(fault.Unavailable, "unavailable", cause)
	}
	return fault.Wrap(fault.Internal, "internal", cause)
}

// short is the context of one short statement. On SQLite a statement is a
// function call that ends by itself, and the driver would start a goroutine per
// statement to watch a context; on PostgreSQL the network may hang.
func (d dialect) short(ctx context.Context) context.Context {
	if d.name == "sqlite" {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

var sqliteDialect = dialect{
	name:  "sqlite",
	begin: "BEGIN IMMEDIATE",
	lists: []int{1, 8, 64, 256},
	code:  sqliteCode,
}

var postgresDialect = dialect{
	name:    "postgres",
	begin:   "BEGIN ISOLATION LEVEL READ COMMITTED",
	lockRow: " FOR UPDATE",
	lock:    "SELECT pg_advisory_xact_lock(7014301270)",
	lists:   []int{1, 16, 256, 1000},
	arrays:  true,
	code:    postgresCode,
}

// SQLite's result codes, https://www.sqlite.org/rescode.html
const (
	sqlitePerm     = 3
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqlitePrimary  = 1555
	sqliteUnique   = 2067
)

func sqliteCode(err error) (string, class) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return "driver", broken
	}
	code := strconv.Itoa(e.Code())
	switch e.Code() {
	case sqlitePrimary, sqliteUnique:
		return code, unique
	}
	if slices.Contains([]int{sqlitePerm, sqliteBusy, sqliteLocked, sqliteReadOnly, sqliteIOErr, sqliteFull, sqliteCantOpen}, e.Code()&0xff) {
		return code, retry
	}
	return code, broken
}

func postgresCode(err error) (string, class) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return "connection", retry // anything but an answer: the server is out of reach
	}
	if e.Code == "23505" {
		return e.Code, unique
	}
	for _, prefix := range []string{"08", "25006", "40", "53", "55P03", "57", "58"} {
		if strings.HasPrefix(e.Code, prefix) {
			return e.Code, retry
		}
	}
	return e.Code, broken
}

// answered reports whether the error is the engine's answer, after which the
// connection can be used again.
func (d dialect) answered(err error) bool {
	if d.name == "sqlite" {
		return true
	}
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Severity == "ERROR"
}

// walLimit is when a committing writer copies the write-ahead log itself; the
// background does so long before (see flushBytes).
const walLimit = 16384 // pages of 4 KiB

func openSQLite(path string) (dialect, *sql.DB, *sql.DB, error) {
	if path == "" {
		return dialect{}, nil, nil, errors.New("store: a path is needed")
	}
	// Readable by its owner only; SQLite gives the log and the index beside it the
	// same mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return dialect{}, nil, nil, fault.Wrap(fault.Unavailable, "unavailable", errors.New("store: the database file cannot be opened"))
	}
	_ = f.Close()
	common := "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=secure_delete(1)&_pragma=temp_store(2)&_pragma=foreign_keys(1)"
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + common
	write, err := pool("sqlite", file+"&_pragma=wal_autocheckpoint("+strconv.Itoa(walLimit)+")&_pragma=cache_size(-65536)", 1)
	if err != nil {
		return dialect{}, nil, nil, err
	}
	read, err := pool("sqlite", file+"&_pragma=query_only(1)&_pragma=cache_size(-8192)", readersOf(sqliteDialect)+1) // one for upkeep
	return sqliteDialect, write, read, err
}

func openPostgres(dsn string) (dialect, *sql.DB, *sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return dialect{}, nil, nil, errors.New("store: the connection string is malformed")
	}
	// Every query of ours goes by a key. A plan made while a table was empty would
	// scan it, and be kept.
	for name, value := range map[string]string{"application_name": "goldbell",
		"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"} {
		config.RuntimeParams[name] = value
	}
	name := stdlib.RegisterConnConfig(config)
	write, err := pool("pgx", name, 2)
	if err != nil {
		return dialect{}, nil, nil, err
	}
	read, err := pool("pgx", name, readersOf(postgresDialect)+1)
	return postgresDialect, write, read, err
}
