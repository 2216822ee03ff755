package ledger_test

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/proof"
)

var ctx = context.Background()

var begin = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// book is a ledger on a real store, with a clock the test moves.
type book struct {
	*ledger.Ledger
	t      testing.TB
	dir    string
	dsn    string // empty: SQLite
	config ledger.Config
	db     *store.DB
	keys   map[pii.Ordinal]keyring.RecordKey

	mu     sync.Mutex
	now    time.Time
	alarms []string
}

func newBook(t testing.TB) *book { return newBookOn(t, "") }

func newBookOn(t testing.TB, dsn string) *book {
	t.Helper()
	b := &book{t: t, dir: t.TempDir(), dsn: dsn, now: begin, keys: map[pii.Ordinal]keyring.RecordKey{}}
	ring, err := keyring.Create(filepath.Join(b.dir, "keys"), "test.invalid/log", begin, rand.Reader)
	b.ok(err)
	b.config = ledger.Config{Ring: ring, Clock: b.clock, Rand: rand.Reader, Alarm: b.alarm, Keys: b.recordKeys}
	b.keys[pii.Dummy] = b.key()
	b.keys[1] = b.key()
	b.open(nil)
	return b
}

// open opens store and ledger; between may stand between them.
func (b *book) open(between func(ledger.Store) ledger.Store) {
	b.t.Helper()
	b.ok(b.reopen(between))
	db, l := b.db, b.Ledger
	b.t.Cleanup(func() { _ = l.Close(); _ = db.Close() })
}

func (b *book) reopen(between func(ledger.Store) ledger.Store) (err error) {
	if b.db, err = store.Open(ctx, b.place()); err != nil {
		return err
	}
	b.config.Store = b.db
	if between != nil {
		b.config.Store = between(b.db)
	}
	b.config.Keeper = ledger.NewKeeper(filepath.Join(b.dir, "head"), "test.invalid/log")
	l, err := ledger.Open(ctx, b.config)
	if err != nil {
		_ = b.db.Close()
		return err
	}
	b.Ledger = l
	return nil
}

func (b *book) place() store.Config {
	if b.dsn != "" {
		return store.Config{Driver: "postgres", DSN: b.dsn}
	}
	return store.Config{Driver: "sqlite", Path: filepath.Join(b.dir, "db")}
}

func (b *book) shut() { b.ok(b.Close()); b.ok(b.db.Close()) }

func (b *book) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *book) move(by time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(by)
}

func (b *book) alarm(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alarms = append(b.alarms, id)
}

func (b *book) key() keyring.RecordKey {
	k, _, err := b.config.Ring.NewRecordKey(pii.SubjectID{1}, begin)
	b.ok(err)
	return k
}

func (b *book) recordKeys(_ context.Context, of []pii.Ordinal) (map[pii.Ordinal]keyring.RecordKey, error) {
	found := map[pii.Ordinal]keyring.RecordKey{}
	for _, o := range of {
		if k, ok := b.keys[o]; ok {
			found[o] = k
		}
	}
	return found, nil
}

func (b *book) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

// shown is a disclosure of subject 1; about is an entry that shows nothing.
func (b *book) shown() ledger.Entry {
	return ledger.Entry{
		Kind: proof.KindDisclosure, Actor: "a001", Org: pii.Own, Verb: pii.Read, Form: pii.Masked,
		Fields: []pii.Field{pii.Name}, Purpose: "telesales",
		Subjects: []ledger.Subject{{Ordinal: 1, Key: b.keys[1], Line: proof.Line{Shown: true, Version: 1}}},
	}
}

func about(facts ...proof.Field) ledger.Entry {
	return ledger.Entry{Kind: proof.KindParty, Actor: "officer", Org: pii.Own, Facts: facts}
}

func (b *book) add(e ledger.Entry) *ledger.Receipt {
	b.t.Helper()
	r, err := b.Append(ctx, ledger.Item{Request: newID(), Entry: e})
	b.ok(err)
	return r
}

func (b *book) fill(n int) {
	b.t.Helper()
	for range n {
		b.add(about()).Close()
	}
}
