package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
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

// rollbackTime bounds the roll-back of a transaction whose caller is gone.
const rollbackTime = 5 * time.Second

// transact runs fn in one write transaction. If fn, or anything it ran, fails,
// nothing of it remains; if the commit's outcome is unknown the error says no
// more than that.
func (db *DB) transact(ctx context.Context, op string, fn func(*session) error) error {
	s, err := db.begin(ctx)
	if err != nil {
		return db.d.fault(op, err)
	}
	defer func() { db.writer <- s }()
	committed := false
	defer func() { // also when fn panics
		if !committed && !s.rollback(ctx) {
			s.discard()
			s = nil
		}
	}()
	if err = fn(s); err == nil {
		err = s.command(ctx, "COMMIT")
	}
	committed = err == nil
	return db.d.fault(op, err)
}

// begin opens a transaction. A connection that died while it was idle is
// replaced: nothing was asked of it yet.
func (db *DB) begin(ctx context.Context) (*session, error) {
	for again := true; ; again = false {
		s, err := db.session(ctx)
		if err != nil {
			return nil, err
		}
		if err = s.command(ctx, db.d.begin); err == nil {
			return s, nil
		}
		s.discard()
		db.writer <- nil
		if !again || ctx.Err() != nil {
			return nil, err
		}
	}
}

// rollback reports whether the session is fit for another transaction. SQLite
// ends a transaction by itself when the disk is full; then this fails too.
func (s *session) rollback(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	return s.command(ctx, "ROLLBACK") == nil
}

var errNotCommitted = errors.New("COMMIT was answered with ROLLBACK")

// command runs BEGIN, COMMIT or ROLLBACK. PostgreSQL answers the COMMIT of a
// failed transaction without an error, with the tag ROLLBACK.
func (s *session) command(ctx context.Context, text string) error {
	handled := false
	err := s.conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return nil
		}
		handled = true
		tag, err := c.Conn().Exec(ctx, text)
		if err == nil && text == "COMMIT" && tag.String() != "COMMIT" {
			return errNotCommitted
		}
		return err
	})
	if handled || err != nil {
		return err
	}
	_, err = s.exec(ctx, text)
	return err
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
	handled := false
	err := s.conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return nil
		}
		handled = true
		return pipeline(ctx, c.Conn(), calls)
	})
	if handled || err != nil {
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

// question is one query; each is called for every row of its answer.
type question struct {
	text string
	args []any
	each func(scan func(...any) error) error
}

// ask asks the questions in order, of PostgreSQL in one round trip.
func (s *session) ask(ctx context.Context, all []question) error {
	if len(all) == 0 {
		return nil
	}
	handled := false
	err := s.conn.Raw(func(raw any) error {
		c, ok := raw.(*stdlib.Conn)
		if !ok {
			return nil
		}
		handled = true
		var b pgx.Batch
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
		return c.Conn().SendBatch(ctx, &b).Close()
	})
	if handled || err != nil {
		return err
	}
	for _, q := range all {
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

func pipeline(ctx context.Context, conn *pgx.Conn, calls []call) error {
	var b pgx.Batch
	for _, c := range calls {
		b.Queue(c.text, c.args...)
	}
	answers := conn.SendBatch(ctx, &b)
	for _, c := range calls {
		tag, err := answers.Exec()
		if err == nil {
			err = c.check(tag.RowsAffected())
		}
		if err != nil {
			_ = answers.Close()
			return err
		}
	}
	return answers.Close()
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
