package ledger_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/store"
)

// TestVerifyFindsAFlippedByte in every table of the ledger, one at a time.
func TestVerifyFindsAFlippedByte(t *testing.T) {
	for name, text := range map[string]string{
		"leaf":       `UPDATE ledger_entry SET data = CAST(substr(data, 1, 40) || x'5a5b' || substr(data, 43) AS BLOB) WHERE idx = 100`,
		"opening":    `UPDATE ledger_entry SET sealed = CAST(substr(sealed, 1, 40) || x'5a5b' || substr(sealed, 43) AS BLOB) WHERE idx = 100`,
		"no opening": `UPDATE ledger_entry SET sealed = NULL WHERE idx = 100`,
		"index":      `DELETE FROM ledger_index WHERE idx = 100 AND kind = 2`,
		"tile":       `UPDATE ledger_tile SET data = CAST(substr(data, 1, 40) || x'5a5b' || substr(data, 43) AS BLOB)`,
		"checkpoint": `UPDATE ledger_checkpoint SET note = CAST(substr(note, 1, 40) || x'5a5b' || substr(note, 43) AS BLOB) WHERE size = 100`,
		"head":       `UPDATE ledger_head SET root = CAST(substr(root, 1, 20) || x'5a5b' || substr(root, 23) AS BLOB)`,
		"last entry": `DELETE FROM ledger_entry WHERE idx = (SELECT MAX(idx) FROM ledger_entry)`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook(t)
			b.fill(300)
			b.shut()
			b.open(nil)
			r, err := ledger.Verify(ctx, b.config, b.db, nil)
			b.ok(err)
			if len(r.Faults) != 0 || r.Size != 300 {
				t.Fatalf("before: %+v", r.Faults)
			}
			b.shut()
			raw, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "db")+"?_pragma=busy_timeout(10000)")
			b.ok(err)
			_, err = raw.Exec(text)
			b.ok(err)
			b.ok(raw.Close())
			db, err := store.Open(ctx, store.Config{Driver: "sqlite", Path: filepath.Join(b.dir, "db"), ReadOnly: true})
			b.ok(err)
			defer db.Close()
			b.config.Store = db
			r, err = ledger.Verify(ctx, b.config, db, nil)
			if err == nil && len(r.Faults) == 0 {
				t.Error("verify finds nothing")
			}
		})
	}
}

// TestReceiptOpensOnce and in time, and not at all if nobody appended.
func TestReceiptOpensOnce(t *testing.T) {
	b := newBook(t)
	r := b.add(b.shown())
	if _, err := r.Redeem(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Redeem(); !fault.IsID(err, "receipt-used") {
		t.Errorf("twice: %v", err)
	}
	late := b.add(b.shown())
	b.move(5 * time.Second)
	if _, err := late.Redeem(); !fault.IsID(err, "receipt-late") {
		t.Errorf("after 5 s: %v", err)
	}
	closed := b.add(b.shown())
	closed.Close()
	if _, err := closed.Redeem(); err == nil {
		t.Error("a closed receipt opens")
	}
	var none *ledger.Receipt
	for _, r := range []*ledger.Receipt{none, {}} {
		if _, err := r.Redeem(); !fault.IsID(err, "no-receipt") {
			t.Errorf("a receipt nobody made: %v", err)
		}
		r.Close()
	}
}

// TestClockGoingBack: entries never carry an earlier time, and operators are told.
func TestClockGoingBack(t *testing.T) {
	b := newBook(t)
	first := b.add(about()).Record().At()
	b.move(-time.Hour)
	if got := b.add(about()).Record().At(); got.Before(first) {
		t.Errorf("%v after %v", got, first)
	}
	if len(b.alarms) != 1 || b.alarms[0] != "clock-back" {
		t.Errorf("alarms %v", b.alarms)
	}
}
