package hold

import (
	"bytes"
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// contains counts the files under dir that hold the bytes.
func contains(t testing.TB, dir string, what []byte) (n int) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // PostgreSQL removes files while we look
		}
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, what) {
			n++
		}
		return nil
	})
	return n
}

// wrappedKey reads a subject's wrapped data key with SQL.
func (h *house) wrappedKey(id pii.SubjectID) (key []byte) {
	h.t.Helper()
	of, _, err := h.vault.Resolve(ctxOf(h.t), []pii.SubjectID{id})
	h.ok(err)
	h.ok(h.sqlOf().QueryRow(`SELECT data_key FROM custody WHERE ordinal = $1`, int64(of[0])).Scan(&key))
	if len(key) < 32 {
		h.t.Fatal("no wrapped key to look for")
	}
	return key
}

// erase asks for an erasure as an agent and approves it as the officer.
func (h *house) erase(id pii.SubjectID) error {
	h.t.Helper()
	work := h.work(h.agents[0], grant.RightsRequest, grant.RightsRequests, id)
	asked, err := h.door.AskErasure(ctxOf(h.t), h.agents[0], newID(), nil, id, work)
	h.ok(err)
	if err := h.door.ApproveErasure(ctxOf(h.t), h.agents[0], newID(), nil, asked, h.desk); !fault.Is(err, fault.Denied) {
		h.t.Errorf("who asked approves: %v", err)
	}
	return h.door.ApproveErasure(ctxOf(h.t), h.officer, newID(), nil, asked, h.desk)
}

func (h *house) plain(id pii.SubjectID) string {
	h.t.Helper()
	work := h.calls(h.agents[0], id)
	a, err := h.door.Disclose(ctxOf(h.t), h.agents[0], read(work, pii.Plain, id))
	h.ok(err)
	if !a.Results[0].Shown {
		return a.Results[0].Reasons[0].ID
	}
	return a.Results[0].Values[pii.Phone].Reveal()
}

// TestI7_RestoredBackupDoesNotOpen backs up, erases, and restores the copy with
// today's key ring.
func TestI7_RestoredBackupDoesNotOpen(t *testing.T) {
	h := newHouse(t, "", 1, 10, options{})
	h.allowPlain()
	if h.plain(h.ids[0]) != h.rows[0][pii.Phone].Reveal() {
		t.Fatal("the value does not open before: this test would see nothing")
	}
	key := h.wrappedKey(h.ids[0])
	h.close()
	copied := h.backup()
	if contains(t, copied, key) == 0 {
		t.Fatal("the wrapped key is not in the backup: this test would see nothing")
	}
	h.open(h.dir, options{})
	h.ok(h.erase(h.ids[0]))
	if n := contains(t, h.dir.Data, key); n > 0 {
		t.Errorf("after erasing, %d files still hold the wrapped key", n)
	}
	if got := h.plain(h.ids[0]); got != "erased" {
		t.Errorf("after erasing: %s", got)
	}
	if got := h.plain(h.ids[1]); got != h.rows[1][pii.Phone].Reveal() {
		t.Error("a neighbour's value does not open any more")
	}
	h.close()
	h.verified()

	h.restore(copied)
	h.ok(os.Remove(h.settings.Keeper)) // as `restore` does on the officer's code
	h.open(h.dir, options{})
	if got := h.plain(h.ids[0]); got != "erased" {
		t.Errorf("from the restored backup: %s", got)
	}
	if got := h.plain(h.ids[1]); got != h.rows[1][pii.Phone].Reveal() {
		t.Error("a neighbour's value does not open from the backup")
	}
	h.close()
	// the server takes the restored key out of the files before its first read
	if contains(t, h.dir.Data, key) == 0 {
		t.Fatal("the restored files do not hold the wrapped key: this test would see nothing")
	}
	s, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: h.dir.Data}})
	h.ok(err)
	if n := contains(t, h.dir.Data, key); n > 0 {
		t.Errorf("the server runs and %d restored files still hold the wrapped key", n)
	}
	h.ok(s.Close())
}

// TestI7_PostgresFilesHoldNoKey looks for the wrapped key in PostgreSQL's tables.
func TestI7_PostgresFilesHoldNoKey(t *testing.T) {
	cluster := pgtest.New(t)
	h := newHouse(t, cluster.Database(t), 1, 10, options{})
	key := h.wrappedKey(h.ids[0])
	tables := filepath.Join(cluster.DataDir(), "base")
	checkpoint(t, h.sqlOf())
	if contains(t, tables, key) == 0 {
		t.Fatal("the tables do not hold the wrapped key before: this test would see nothing")
	}
	h.ok(h.erase(h.ids[0]))
	checkpoint(t, h.sqlOf())
	if n := contains(t, tables, key); n > 0 {
		t.Errorf("after erasing, %d table files still hold the wrapped key", n)
	}
	h.verified()
}

func checkpoint(t testing.TB, db *sql.DB) {
	t.Helper()
	if _, err := db.Exec(`CHECKPOINT`); err != nil {
		t.Fatal(err)
	}
}

// TestI7_HeldWhileAComplaintIsOpen: she is stored and closed to everybody, and not
// erased, while a complaint names her.
func TestI7_HeldWhileAComplaintIsOpen(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		h := newHouse(t, dsn, 1, 10, options{})
		h.allowPlain()
		_, err := h.desk.File(ctxOf(t), casework.Filing{
			Channel: casework.ByPhone, Contacted: h.rows[0][pii.Phone], CalledAt: time.Now().Add(-time.Hour),
			Known: []pii.Field{pii.Name}, Source: "test", Request: newID(),
		})
		h.ok(err)
		if err := h.erase(h.ids[0]); !fault.IsID(err, "held") {
			t.Fatalf("while a complaint is open: %v", err)
		}
		h.wrappedKey(h.ids[0])
		if got := h.plain(h.ids[0]); got != "held" {
			t.Errorf("while held: %s", got)
		}
		h.verified()
	})
}

// TestI7_CrashBetweenErasureAndKeyRing: the process ends after the erasure's last
// entry. Asking again must finish it, or a backup would still open.
func TestI7_CrashBetweenErasureAndKeyRing(t *testing.T) {
	h := newHouse(t, "", 1, 10, options{})
	h.allowPlain()
	h.close()
	copied := h.backup()
	h.open(h.dir, options{})
	work := h.work(h.agents[0], grant.RightsRequest, grant.RightsRequests, h.ids[0])
	asked, err := h.door.AskErasure(ctxOf(t), h.agents[0], newID(), nil, h.ids[0], work)
	h.ok(err)
	// the key ring cannot be written: the disk that holds it is full, say
	h.ok(os.Rename(h.dir.Keys, h.dir.Keys+".away"))
	if err := h.door.ApproveErasure(ctxOf(t), h.officer, newID(), nil, asked, h.desk); err == nil {
		t.Fatal("an erasure that did not reach the key ring is acknowledged")
	}
	h.ok(os.Rename(h.dir.Keys+".away", h.dir.Keys))
	h.ok(h.door.ApproveErasure(context.Background(), h.officer, newID(), nil, asked, h.desk))
	h.close()
	h.restore(copied)
	h.ok(os.Remove(h.settings.Keeper))
	h.open(h.dir, options{})
	if got := h.plain(h.ids[0]); got != "erased" {
		t.Errorf("from the backup: %s", map[bool]string{true: got, false: "it opens"}[len(got) < 10])
	}
}
