package exposure

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// btree asks PostgreSQL the same question, with a B-tree on (subject, time). A
// tenth of the rows at most: the figure grows with the tree's depth alone.
func btree(t *testing.T, ctx context.Context, total, subjects int) {
	rows := min(total/10, 10_000_000)
	conn, err := pgx.Connect(ctx, pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, sql := range []string{
		`CREATE UNLOGGED TABLE shown (subject integer NOT NULL, at bigint NOT NULL, recipient integer NOT NULL, fields integer NOT NULL, form smallint NOT NULL)`,
		`INSERT INTO shown SELECT 1 + (random() * ($2::float8 - 1))::int, i, (random() * 4999)::int, 3, 1 FROM generate_series(1, $1::int) i`,
		`CREATE INDEX shown_subject ON shown (subject, at)`,
		`ANALYZE shown`,
	} {
		args := []any{}
		if sql[0] == 'I' {
			args = []any{rows, float64(subjects) / 10} // as many postings for each as above
		}
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	var each []time.Duration
	for i := range 500 {
		began := time.Now()
		found, err := conn.Query(ctx, `SELECT at, recipient, fields, form FROM shown WHERE subject = $1 ORDER BY at`, 1+i*7%(subjects/10))
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
		}
		found.Close()
		each = append(each, time.Since(began))
	}
	slices.Sort(each)
	t.Logf("the same of PostgreSQL, B-tree on (subject, time), %d rows: p50 %v, p99 %v", rows, each[250], each[495])
}
