package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

// onEach runs a test on both engines, handing it where the database is.
func onEach(t *testing.T, run func(*testing.T, store.Config)) {
	t.Run("sqlite", func(t *testing.T) {
		run(t, store.Config{Driver: "sqlite", Path: filepath.Join(t.TempDir(), "goldbell.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		run(t, store.Config{Driver: "postgres", DSN: pgtest.Start(t)})
	})
}

// enrol appends entries and as many subjects, so that what an entry brings with
// it can be counted against the head.
func enrol(db *store.DB, n int, last func()) error {
	return storetest.Append(db, n, func(tx ledger.Tx, first uint64) error {
		if err := tx.Apply(first, now(), []ledger.Effect{storetest.Subjects(int(first)+1, n)}); err != nil {
			return err
		}
		if _, err := tx.Spend([]ledger.Spend{{Key: "k", Cap: 1 << 40, Amount: int64(n), Until: now()}}); err != nil {
			return err
		}
		last()
		return nil
	})
}

// whole checks that every entry has its subject, and no subject lacks its entry.
func whole(t *testing.T, db *store.DB) (size uint64) {
	t.Helper()
	storetest.Check(t, db)
	h, err := db.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all, err := db.CustodyAfter(ctx, 0, int(h.Size)+10)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != int(h.Size) || len(all) > 0 && all[len(all)-1].Ordinal != pii.Ordinal(h.Size) {
		t.Errorf("%d entries, %d subjects", h.Size, len(all))
	}
	err = db.Append(ctx, func(tx ledger.Tx) error {
		for extra, want := range map[int64]bool{0: true, -1: false} {
			over, err := tx.Spend([]ledger.Spend{{Key: "k", Cap: int64(h.Size) + extra, Until: now()}})
			if err != nil || h.Size > 0 && (over == "") != want {
				t.Errorf("the budget does not stand at %d: %v", h.Size, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return h.Size
}

// TestKilled kills a writing process: in the middle of an append, after one, and
// at moments it cannot foresee.
func TestKilled(t *testing.T) {
	if where := os.Getenv("STORE_VICTIM"); where != "" {
		victim(t, where)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	onEach(t, func(t *testing.T, c store.Config) {
		for _, where := range []string{"inside", "after", "anywhere", "anywhere"} {
			acked := killOne(t, c, where)
			db, err := store.Open(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			size := whole(t, db)
			if size < acked {
				t.Errorf("killed %s: %d entries were acknowledged, %d are there", where, acked, size)
			}
			if where == "inside" && size != acked {
				t.Errorf("killed before the commit, yet %d entries are there, not %d", size, acked)
			}
			if err := enrol(db, 2, func() {}); err != nil {
				t.Errorf("killed %s: no further append: %v", where, err)
			}
			whole(t, db)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// killOne runs a victim to its end and returns the size it last acknowledged.
func killOne(t *testing.T, c store.Config, where string) (acked uint64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "STORE_VICTIM="+where, "STORE_PATH="+c.Path, "STORE_DSN="+c.DSN)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	rounds := 5 + rand.IntN(10)
	for s := bufio.NewScanner(out); s.Scan(); {
		text, ok := strings.CutPrefix(s.Text(), "acked ")
		if !ok {
			continue
		}
		if acked, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
		if rounds--; rounds == 0 && where == "anywhere" {
			_ = cmd.Process.Kill() // it is in its next append, or nearly
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim was not killed: %v", err)
	}
	return acked
}

func victim(t *testing.T, where string) {
	c := store.Config{Driver: "sqlite", Path: os.Getenv("STORE_PATH")}
	if c.Path == "" {
		c = store.Config{Driver: "postgres", DSN: os.Getenv("STORE_DSN")}
	}
	db, err := store.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	die := func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
	for round := 0; ; round++ {
		err := enrol(db, 1+rand.IntN(40), func() {
			if where == "inside" && round == 4 {
				die()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		h, err := db.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acked", h.Size)
		if where == "after" && round == 4 {
			die()
		}
	}
}

// TestTwoProcesses stands two stores on one database, as two servers do: one
// history, and budgets that are exact across both.
func TestTwoProcesses(t *testing.T) {
	const spenders, each, limit = 16, 4, 70
	onEach(t, func(t *testing.T, c store.Config) {
		dbs := []*store.DB{open(t, c), open(t, c)}
		var passed atomic.Int64
		var wait sync.WaitGroup
		for g := range 2 * spenders {
			wait.Go(func() {
				for range each {
					err := storetest.Append(dbs[g%2], 1, func(tx ledger.Tx, _ uint64) error {
						over, err := tx.Spend([]ledger.Spend{{Key: "shared", Cap: limit, Amount: 1, Until: now()}})
						if over == "" {
							passed.Add(1)
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if got := passed.Load(); got != limit {
			t.Errorf("%d passed a cap of %d", got, limit)
		}
		for _, db := range dbs {
			storetest.Check(t, db)
			if h, err := db.Head(ctx); err != nil || h.Size != 2*spenders*each {
				t.Errorf("size %d: %v", h.Size, err)
			}
		}
	})
}

// TestDiskFull: SQLite refuses to grow, at every place of an append in turn.
func TestDiskFull(t *testing.T) {
	db := sqlite(t)
	for room := int64(1); room < 12; room++ {
		if err := db.LimitPages(ctx, room); err != nil {
			t.Fatal(err)
		}
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			err = enrol(db, 20, func() {})
		}
		if !fault.Is(err, fault.Unavailable) {
			t.Fatalf("with room for %d pages: %v", room, err)
		}
		if err := db.LimitPages(ctx, 0); err != nil {
			t.Fatal(err)
		}
		whole(t, db)
		if err := enrol(db, 3, func() {}); err != nil {
			t.Fatalf("with space again: %v", err)
		}
	}
	whole(t, db)
}

func TestServerGone(t *testing.T) {
	server := pgtest.New(t)
	db := open(t, store.Config{Driver: "postgres", DSN: server.Database(t)})
	if err := enrol(db, 3, func() {}); err != nil {
		t.Fatal(err)
	}
	// between the first statement of an append and its last
	err := enrol(db, 3, func() { server.Stop(t) })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("an append whose server went away: %v", err)
	}
	if err := enrol(db, 3, func() {}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an append without a server: %v", err)
	}
	if _, err := db.Head(ctx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a read without a server: %v", err)
	}
	server.Start(t)
	if err := enrol(db, 3, func() {}); err != nil {
		t.Errorf("the server is back: %v", err)
	}
	if got := whole(t, db); got != 6 {
		t.Errorf("%d entries, want 6", got)
	}
	server.Stop(t)
	server.Start(t)
	if err := enrol(db, 1, func() {}); err != nil {
		t.Errorf("the writer's connection died idle: %v", err)
	}
}

func TestGivenUp(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		given, cancel := context.WithCancel(ctx)
		cancel()
		if err := db.Append(given, func(ledger.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("an append of a caller who is gone: %v", err)
		}
		if _, err := db.Head(given); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a read of a caller who is gone: %v", err)
		}
		// the writer is taken: the second caller does not wait for ever
		err := db.Append(ctx, func(ledger.Tx) error {
			second, cancel := context.WithCancel(ctx)
			cancel()
			return db.Append(second, func(ledger.Tx) error { return nil })
		})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("the second writer: %v", err)
		}
		if err := enrol(db, 1, func() {}); err != nil {
			t.Error(err)
		}
	})
}

// TestErrorsCarryNoValue: PostgreSQL's detail of a duplicate key holds the key.
func TestErrorsCarryNoValue(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		const canary = "CANARY-4711"
		again := func() error {
			return db.Append(ctx, func(tx ledger.Tx) error {
				h, err := tx.Head()
				if err != nil {
					return err
				}
				b := storetest.Batch(h, 1)
				b.Refs = append(b.Refs, ledger.IndexRow{Ref: ledger.Ref{Kind: ledger.RefPerson, Key: []byte(canary)}, Index: b.Old})
				b.Revocations = []ledger.Revocation{{Key: canary}}
				return tx.Write(b)
			})
		}
		if err := again(); err != nil {
			t.Fatal(err)
		}
		err := again()
		if !fault.Is(err, fault.Conflict) {
			t.Fatalf("a duplicate row: %v", err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			text := fmt.Sprintf("%v %+v %#v", e, e, e)
			if strings.Contains(text, canary) || strings.Contains(text, "434e") || strings.Contains(text, "revocation") {
				t.Errorf("the error says %s", text)
			}
		}
	})
	if _, err := store.Open(ctx, store.Config{Driver: "postgres", DSN: "postgres://u:secret@%zz/"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a malformed connection string: %v", err)
	}
}

// TestErasedBytesAreGone looks for destroyed and replaced keys in the database's
// files.
func TestErasedBytesAreGone(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, store.Config{Driver: "sqlite", Path: filepath.Join(dir, "goldbell.db")})
		erasedBytesAreGone(t, db, dir, func() {})
	})
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.New(t)
		dsn := server.Database(t)
		db := open(t, store.Config{Driver: "postgres", DSN: dsn})
		// pg_wal keeps what was written until it is recycled; see Purge
		erasedBytesAreGone(t, db, filepath.Join(server.DataDir(), "base"), func() { checkpoint(t, dsn) })
	})
}

func erasedBytesAreGone(t *testing.T, db *store.DB, dir string, sync func()) {
	const n = 700
	var effects []ledger.Effect
	all := storetest.Subjects(1, n)
	effects = append(effects, all)
	if err := apply(db, effects...); err != nil {
		t.Fatal(err)
	}
	erased, rewrapped, living := all.Custody[:300], all.Custody[300:600], all.Custody[600:]
	effects = nil
	var tags [][]byte
	for _, c := range erased {
		effects = append(effects, destroyed(c.Ordinal))
	}
	for _, x := range all.Index {
		if int(x.Ordinal) <= len(erased) && x.Field == pii.Phone {
			tags = append(tags, x.Tag[:])
		}
	}
	sync()
	if count(t, dir, keys(erased)) == 0 || count(t, dir, tags) == 0 {
		t.Fatal("the keys are not in the files before they are erased: this test would see nothing")
	}
	if err := apply(db, effects...); err != nil {
		t.Fatal(err)
	}
	if err := db.Rewrap(ctx, rewraps(rewrapped)); err != nil {
		t.Fatal(err)
	}
	if err := db.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	sync()
	for what, list := range map[string][][]byte{"erased data keys": keys(erased), "replaced data keys": keys(rewrapped), "index rows of the erased": tags} {
		if got := count(t, dir, list); got != 0 {
			t.Errorf("%d of %d %s are still in the files", got, len(list), what)
		}
	}
	if got := count(t, dir, keys(living)); got != len(living) {
		t.Errorf("only %d of %d living keys are in the files", got, len(living))
	}
}

// count returns how many of the byte strings lie in the files under dir.
func count(t *testing.T, dir string, list [][]byte) (n int) {
	t.Helper()
	var files bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // PostgreSQL removes files while we look
		}
		if b, err := os.ReadFile(path); err == nil {
			files.Write(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		if bytes.Contains(files.Bytes(), b) {
			n++
		}
	}
	return n
}
