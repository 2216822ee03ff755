package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/goldbell/goldbell/internal/fault"
)

// session is a connection with its prepared statements. Whoever took it owns it.
type session struct {
	d     dialect
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// call is one statement that answers no rows.
type call struct {
	text  string
	args  []any
	want  int64 // rows it must change; any if 0
	other error // what another number means
}

// question is one query; each is called for every row of its answer.
type question struct {
	text string
	args []any
	each func(scan func(...any) error) error
	skip func() bool // if the answers before it made it needless; may be nil
}

// session waits for the writer, connecting if there is none.
func (db *DB) session(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // the select below would toss a coin
	}
	var s *session
	select {
	case s = <-db.writer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s != nil {
		return s, nil
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		db.writer <- nil
		return nil, err
	}
	return &session{d: db.d, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

// discard closes the connection for good.
func (s *session) discard() {
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn }) // keeps it out of the pool
	_ = s.conn.Close()
}

// transaction is one write transaction. Its owner defers end.
type transaction struct {
	db   *DB
	s    *session // nil: not begun
	done bool     // committed
}

// begin opens the transaction and asks the first questions in it: on PostgreSQL
// one round trip. A connection that died while it was idle is replaced: nothing
// was written yet.
func (t *transaction) begin(ctx context.Context, first ...question) error {
	for again := true; ; again = false {
		s, err := t.db.session(ctx)
		if err != nil {
			return err
		}
		if err = s.begin(ctx, first); err == nil {
			t.s = s
			return nil
		}
		dead := !s.rollback(ctx)
		if dead {
			s.discard()
			s = nil
		}
		t.db.writer <- s
		if !dead || !again || ctx.Err() != nil {
			return err
		}
	}
}

// commit runs the last statements and commits: on PostgreSQL one round trip,
// unless a statement's effect has to be checked first. If the outcome is unknown
// the error says no more than that.
func (t *transaction) commit(ctx context.Context, last []call) error {
	err := t.s.commit(ctx, last)
	t.done = err == nil
	return err
}

// end rolls back what was not committed, also when its owner panics, and hands the
// session on.
func (t *transaction) end(ctx context.Context) {
	if t.s == nil {
		return
	}
	if !t.done && !t.s.rollback(ctx) {
		t.s.discard()
		t.s = nil
	}
	t.db.writer <- t.s
}

// transact runs fn in one write transaction. If fn, or anything it ran, fails,
// nothing of it remains.
func (db *DB) transact(ctx context.Context, op string, fn func(*session) error) error {
	t := &transaction{db: db}
	defer t.end(ctx)
	err := t.begin(ctx)
	if err == nil {
		err = fn(t.s)
	}
	if err == nil {
		err = t.commit(ctx, nil)
	}
	return db.d.fault(op, err)
}

// rollbackTime bounds the roll-back of a transaction whose caller is gone.
const rollbackTime = 5 * time.Second

func (s *session) begin(ctx context.Context, first []question) error {
	var b pgx.Batch
	if handled, err := s.postgres(func(conn *pgx.Conn) error {
		b.Queue(s.d.begin)
		queue(&b, first)
		return conn.SendBatch(ctx, &b).Close()
	}); handled || err != nil {
		return err
	}
	if _, err := s.exec(ctx, s.d.begin); err != nil {
		return err
	}
	return s.ask(ctx, first)
}

var errNotCommitted = errors.New("COMMIT was answered with ROLLBACK")

// commit runs the calls and commits. PostgreSQL answers the COMMIT of a failed
// transaction without an error, with the tag ROLLBACK.
func (s *session) commit(ctx context.Context, last []call) error {
	if slices.ContainsFunc(last, func(c call) bool { return c.want != 0 }) {
		if err := s.run(ctx, last); err != nil {
			return err
		}
		last = nil
	}
	if handled, err := s.postgres(func(conn *pgx.Conn) error {
		var b pgx.Batch
		for _, c := range last {
			b.Queue(c.text, c.args...)
		}
		b.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
			if tag.String() != "COMMIT" {
				return errNotCommitted
			}
			return nil
		})
		return conn.SendBatch(ctx, &b).Close()
	}); handled || err != nil {
		return err
	}
	if err := s.run(ctx, last); err != nil {
		return err
	}
	_, err := s.exec(ctx, "COMMIT")
	return err
}

// rollback reports whether the session is fit for another transaction. SQLite
// ends a transaction by itself when the disk is full; then this fails too.
func (s *session) rollback(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if handled, err := s.postgres(func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "ROLLBACK")
		return err
	}); handled || err != nil {
		return err == nil
	}
	_, err := s.exec(ctx, "ROLLBACK")
	return err == nil
}

// postgres calls fn with the driver's own connection, if that is PostgreSQL's.
func (s *session) postgres(fn func(*pgx.Conn) error) (handled bool, err error) {
	err = s.conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return nil
		}
		handled = true
		return fn(c.Conn())
	})
	return handled, err
}

func (s *session) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := s.stmts[text]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s.stmts[text] = st
	return st, nil
}

func (s *session) exec(ctx context.Context, text string, args ...any) (int64, error) {
	ctx = s.d.short(ctx)
	st, err := s.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (s *session) rows(ctx context.Context, text string, each func(scan func(...any) error) error, args ...any) error {
	ctx = s.d.short(ctx)
	st, err := s.stmt(ctx, text)
	if err != nil {
		return err
	}
	r, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return drain(r, each)
}

// run executes the calls in order. PostgreSQL gets them in one round trip.
func (s *session) run(ctx context.Context, calls []call) error {
	if len(calls) == 0 {
		return nil
	}
	if handled, err := s.postgres(func(conn *pgx.Conn) error {
		var b pgx.Batch
		for _, c := range calls {
			b.Queue(c.text, c.args...).Exec(func(tag pgconn.CommandTag) error { return c.check(tag.RowsAffected()) })
		}
		return conn.SendBatch(ctx, &b).Close()
	}); handled || err != nil {
		return err
	}
	for _, c := range calls {
		n, err := s.exec(ctx, c.text, c.args...)
		if err != nil {
			return err
		}
		if err := c.check(n); err != nil {
			return err
		}
	}
	return nil
}

// ask asks the questions in order, of PostgreSQL in one round trip.
func (s *session) ask(ctx context.Context, all []question) error {
	if len(all) == 0 {
		return nil
	}
	if handled, err := s.postgres(func(conn *pgx.Conn) error {
		var b pgx.Batch
		queue(&b, all)
		return conn.SendBatch(ctx, &b).Close()
	}); handled || err != nil {
		return err
	}
	for _, q := range all {
		if q.skip != nil && q.skip() {
			continue
		}
		if err := s.rows(ctx, q.text, q.each, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// snapshot is ask in one snapshot of SQLite.
func (s *session) snapshot(ctx context.Context, all []question) error {
	if s.d.name != "sqlite" {
		return s.ask(ctx, all)
	}
	if _, err := s.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	err := s.ask(ctx, all)
	_, end := s.exec(ctx, "ROLLBACK") // nothing was written
	return cmp.Or(err, end)
}

func queue(b *pgx.Batch, all []question) {
	for _, q := range all {
		b.Queue(q.text, q.args...).Query(func(r pgx.Rows) error {
			for r.Next() {
				if err := q.each(r.Scan); err != nil {
					return err
				}
			}
			return r.Err()
		})
	}
}

func (c call) check(n int64) error {
	if c.want == 0 || n == c.want {
		return nil
	}
	if c.other != nil {
		return c.other
	}
	return fault.New(fault.Conflict, "stale", "store")
}
