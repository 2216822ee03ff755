package store_test

import (
	"context"
	"testing"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/store/storetest"
	"github.com/jackc/pgx/v5"
)

// TestEntriesOutOfOrder: PostgreSQL may hand out entries of another process in the
// order in which they lie on the disk, and space that was given free is used again.
// A request that waits to be filed is found all the same, so that a retry is one.
func TestEntriesOutOfOrder(t *testing.T) {
	ctx := context.Background()
	dsn := pgtest.Start(t)
	a := open(t, store.Config{Driver: "postgres", DSN: dsn})
	raw, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close(ctx)
	exec := func(text string) {
		t.Helper()
		if _, err := raw.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	// nothing is filed meanwhile
	exec(`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'`)
	exec(`CREATE TRIGGER no BEFORE INSERT ON ledger_request EXECUTE FUNCTION no()`)
	exec(`INSERT INTO ledger_entry SELECT -g, decode(repeat('00', 500), 'hex'), 0, '', NULL, '' FROM generate_series(1, 200) g`)
	add := func(n int) {
		t.Helper()
		if err := storetest.Append(a, n, nil); err != nil {
			t.Fatal(err)
		}
	}
	add(20)
	exec(`DELETE FROM ledger_entry WHERE idx < 0`)
	exec(`VACUUM ledger_entry`)
	add(20)

	b := open(t, store.Config{Driver: "postgres", DSN: dsn + "&enable_indexscan=off"})
	h, err := b.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ids := storetest.Batch(ledger.Head{}, int(h.Size)).Requests
	if _, err := b.Find(ctx, ledger.RefOrg, [][]byte{[]byte("own")}, 0, 100); err != nil {
		t.Fatal(err)
	}
	found, err := b.Requests(ctx, ids)
	if err != nil || len(found) != len(ids) {
		t.Errorf("%d of %d requests are found: %v", len(found), len(ids), err)
	}
	rows, err := b.Find(ctx, ledger.RefOrg, [][]byte{[]byte("own")}, 0, 100)
	if err != nil || len(rows) != len(ids) {
		t.Errorf("%d of %d entries are found: %v", len(rows), len(ids), err)
	}
	err = b.Append(ctx, func(tx ledger.Tx) error {
		found, err := tx.Requests([]pii.RequestID{ids[3]})
		if len(found) != 1 {
			t.Error("a retry is not recognised: it would be recorded and charged again")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
