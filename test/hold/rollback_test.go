package hold

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// backup copies a closed data directory, as a file backup does.
func (h *house) backup() string {
	h.t.Helper()
	to := filepath.Join(h.t.TempDir(), "backup")
	h.ok(os.CopyFS(to, os.DirFS(h.dir.Data)))
	return to
}

// restore puts a backup in the place of the data directory.
func (h *house) restore(from string) {
	h.t.Helper()
	h.ok(os.RemoveAll(h.dir.Data))
	h.ok(os.CopyFS(h.dir.Data, os.DirFS(from)))
}

// TestI2_RolledBackDatabase restores an older copy of the database: it is in
// itself without a fault, and only the head keeper knows better.
func TestI2_RolledBackDatabase(t *testing.T) {
	h := newHouse(t, "", 1, 10, options{})
	work := h.calls(h.agents[0], h.ids...)
	h.close()
	old := h.backup()
	h.open(h.dir, options{})
	if _, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[0])); err != nil {
		t.Fatal(err)
	}
	h.close()
	h.restore(old)
	if _, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: h.dir.Data}}); !fault.IsID(err, "keeper-ahead") {
		t.Fatalf("a rolled back database: %v", err)
	}
	r, err := server.VerifyLedger(ctxOf(t), server.Places{Data: h.dir.Data}, nil)
	h.ok(err)
	if len(r.Faults) == 0 {
		t.Error("ledger verify says nothing of a rolled back database")
	}
}

// TestI2_ForkedDatabase goes on from an older copy without the keeper, and past
// the kept size: the kept head is then not a prefix.
func TestI2_ForkedDatabase(t *testing.T) {
	h := newHouse(t, "", 1, 10, options{})
	work := h.calls(h.agents[0], h.ids...)
	h.close()
	old := h.backup()
	one := func(n int) {
		h.open(h.dir, options{})
		for range n {
			if _, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[0])); err != nil {
				t.Fatal(err)
			}
		}
		h.close()
	}
	one(2)
	kept, err := os.ReadFile(h.settings.Keeper)
	h.ok(err)
	h.restore(old)
	h.ok(os.Remove(h.settings.Keeper))
	one(5)
	h.ok(os.WriteFile(h.settings.Keeper, kept, 0o600))
	if _, err := wire(ctxOf(t), h.dir, h.settings, options{}); !fault.IsID(err, "keeper-ahead") {
		t.Fatalf("a forked database: %v", err)
	}
}

// TestI2_RolledBackUnderTheServer swaps the database's head for an older one while
// a server runs: it stops writing and does not start again by itself.
func TestI2_RolledBackUnderTheServer(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 10, options{})
		work := h.calls(h.agents[0], h.ids...)
		var size, micros, rules int64
		var root, note, frontier []byte
		h.ok(h.sqlOf().QueryRow(`SELECT size, root, note, frontier, micros, rules FROM ledger_head`).
			Scan(&size, &root, &note, &frontier, &micros, &rules))
		if _, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[0])); err != nil {
			t.Fatal(err)
		}
		h.exec(`UPDATE ledger_head SET size = $1, root = $2, note = $3, frontier = $4, micros = $5, rules = $6`,
			size, root, note, frontier, micros, rules)
		for range 3 {
			h.refusedAll(work)
		}
		if err := h.ledger.Ready(ctxOf(t)); err == nil {
			t.Error("a ledger that was rolled back says it is ready")
		}
	})
}

// TestI2_OneProcessOwnsADataDirectory opens it a second time.
func TestI2_OneProcessOwnsADataDirectory(t *testing.T) {
	h := initHouse(t, "", options{})
	h.close()
	first, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: h.dir.Data}})
	h.ok(err)
	if _, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: h.dir.Data}}); !fault.IsID(err, "data-in-use") {
		t.Errorf("a second server: %v", err)
	}
	h.ok(first.Close())
	again, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: h.dir.Data}})
	h.ok(err)
	h.ok(again.Close())
}
