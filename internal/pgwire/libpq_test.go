package pgwire_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"
)

// TestLibPQ reads with lib/pq, as it is: text and binary parameters, prepared statements,
// arrays, a cursor, COPY, errors and notices.
func TestLibPQ(t *testing.T) {
	for _, binary := range []string{"no", "yes"} {
		t.Run("binary parameters "+binary, func(t *testing.T) {
			h := open(t, 200)
			base, err := pq.NewConnector(h.dsn() + "&binary_parameters=" + binary)
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			db := sql.OpenDB(pq.ConnectorWithNoticeHandler(base, func(e *pq.Error) { told = append(told, e.Message) }))
			defer db.Close()
			db.SetMaxOpenConns(1)
			r := &reader{T: t, db: db}
			r.all("row", "SELECT id, phone, name FROM customer WHERE id IN (1, 2, 150) ORDER BY id")
			r.all("found", "SELECT id FROM customer WHERE phone = $1 AND id > $2", "13900000007", 0)
			r.all("outside", "SELECT id FROM customer WHERE phone = $1", "13900000150")
			r.all("any", "SELECT id FROM customer WHERE phone = ANY ($1) ORDER BY id", pq.Array([]string{"13900000007", "13900000008"}))
			r.prepared()
			r.inTransaction()
			_, err = db.Exec("UPDATE customer SET phone = $1 WHERE id = 5", "x")
			var e *pq.Error
			if errors.As(err, &e) {
				r.say("refused %s", e.Code)
			}
			r.say("told %v", strings.Contains(strings.Join(told, " "), "no-grant"))
			want := []string{
				"row [1 13900000001 name 1]", "row [2 13900000002 name 2]", "row [150 *** ***]", "found [7]", "any [7]", "any [8]",
				"again 3 13900000003", "again 4 13900000004", "again 150 ***",
				"fetched [9 13900000009]", "fetched [10 13900000010]", "copied [2]", "refused 42501", "told true",
			}
			if diff := cmp.Diff(want, r.said); diff != "" {
				t.Errorf("what lib/pq read (-want +got):\n%s", diff)
			}
		})
	}
}

// reader writes down what it reads.
type reader struct {
	*testing.T
	db   querying
	said []string
}

type querying interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func (r *reader) say(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// all reads every row of a query.
func (r *reader) all(what, text string, args ...any) {
	r.Helper()
	rows, err := r.db.QueryContext(context.Background(), text, args...)
	if err != nil {
		r.Fatalf("%s: %v", what, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		r.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]string, len(names)), make([]any, len(names))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			r.Fatal(err)
		}
		r.say("%s %v", what, values)
	}
	if err := rows.Err(); err != nil {
		r.Fatalf("%s: %v", what, err)
	}
}

// prepared reads with one prepared statement several times.
func (r *reader) prepared() {
	r.Helper()
	s, err := r.db.(*sql.DB).Prepare("SELECT phone FROM customer WHERE id = $1")
	if err != nil {
		r.Fatal(err)
	}
	defer s.Close()
	for _, id := range []int{3, 4, 150} {
		var phone string
		if err := s.QueryRow(id).Scan(&phone); err != nil {
			r.Fatal(err)
		}
		r.say("again %d %s", id, phone)
	}
}

// inTransaction reads a cursor and copies rows in, in a transaction that is taken back.
func (r *reader) inTransaction() {
	r.Helper()
	tx, err := r.db.(*sql.DB).Begin()
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	try := func(_ any, err error) {
		if err != nil {
			r.Fatal(err)
		}
	}
	try(tx.Exec("DECLARE c CURSOR FOR SELECT id, phone FROM customer WHERE id > 8 ORDER BY id"))
	in := &reader{T: r.T, db: tx, said: r.said}
	in.all("fetched", "FETCH 2 FROM c")
	try(tx.Exec("CREATE TEMP TABLE t (a int, b text)"))
	s, err := tx.Prepare("COPY t (a, b) FROM STDIN")
	if err != nil {
		r.Fatal(err)
	}
	for i := range 2 {
		try(s.Exec(i, "x"))
	}
	try(s.Exec())
	if err := s.Close(); err != nil {
		r.Fatal(err)
	}
	in.all("copied", "SELECT count(*) FROM t")
	r.said = in.said
}
