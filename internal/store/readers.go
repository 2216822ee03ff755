package store

import (
	"context"
	"database/sql"
	"runtime"
	"sync"
)

// readers are the connections that read. The one used last is taken first: on
// SQLite the pages it read are still in its memory, on PostgreSQL the others can
// rest.
type readers struct {
	d     dialect
	pool  *sql.DB
	slots chan struct{} // one for each connection that may be open

	mu   sync.Mutex
	idle []*session
}

func newReaders(d dialect, pool *sql.DB) *readers {
	return &readers{d: d, pool: pool, slots: make(chan struct{}, readersOf(d))}
}

// readersOf is how many connections read: on SQLite a query keeps a processor busy,
// on PostgreSQL it waits for the network.
func readersOf(d dialect) int {
	if d.name == "sqlite" {
		return 4 * runtime.GOMAXPROCS(0)
	}
	return max(24, 4*runtime.GOMAXPROCS(0))
}

// with runs fn on a connection. If that turns out to be dead, the others have
// probably died with it; unless fn handed a row out already, it runs again on a new
// one.
func (r *readers) with(ctx context.Context, op string, handed *bool, fn func(*session) error) error {
	err := r.try(ctx, fn)
	if err != nil && !r.d.answered(err) && !*handed && ctx.Err() == nil {
		r.closeIdle()
		err = r.try(ctx, fn)
	}
	return r.d.fault(op, err)
}

func (r *readers) try(ctx context.Context, fn func(*session) error) error {
	s, err := r.take(ctx)
	if err != nil {
		return err
	}
	kept := false
	defer func() { // also when fn panics
		if !kept {
			s.discard()
		}
		<-r.slots
	}()
	if err = fn(s); err == nil || r.d.answered(err) {
		r.give(s)
		kept = true
	}
	return err
}

// take waits for a slot and takes the connection used last, or makes one.
func (r *readers) take(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // the select below would toss a coin
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	if n := len(r.idle); n > 0 {
		s := r.idle[n-1]
		r.idle = r.idle[:n-1]
		r.mu.Unlock()
		return s, nil
	}
	r.mu.Unlock()
	conn, err := r.pool.Conn(ctx)
	if err != nil {
		<-r.slots
		return nil, err
	}
	return &session{d: r.d, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (r *readers) give(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, s)
}

func (r *readers) closeIdle() {
	r.mu.Lock()
	idle := r.idle
	r.idle = nil
	r.mu.Unlock()
	for _, s := range idle {
		s.discard()
	}
}

func (r *readers) close() error {
	r.closeIdle()
	return r.pool.Close()
}

// rows runs a reader's query and calls each for every row.
func (db *DB) rows(ctx context.Context, op, text string, each func(scan func(...any) error) error, args ...any) error {
	handed := false
	row := func(scan func(...any) error) error { handed = true; return each(scan) }
	return db.read.with(ctx, op, &handed, func(s *session) error { return s.rows(ctx, text, row, args...) })
}

// row reads at most one row and reports whether there was one.
func (db *DB) row(ctx context.Context, op, text string, into []any, args ...any) (bool, error) {
	found := false
	err := db.rows(ctx, op, text, func(scan func(...any) error) error {
		found = true
		return scan(into...)
	}, args...)
	return found && err == nil, err
}

// together asks several questions on one connection: of PostgreSQL in one round
// trip, of SQLite in one snapshot, so that the pages of one serve the next.
func (db *DB) together(ctx context.Context, op string, all ...question) error {
	handed := false
	for i, q := range all {
		all[i].each = func(scan func(...any) error) error { handed = true; return q.each(scan) }
	}
	return db.read.with(ctx, op, &handed, func(s *session) error { return s.snapshot(ctx, all) })
}
