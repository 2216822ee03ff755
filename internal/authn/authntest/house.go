// Package authntest opens a small firm for tests: a real store on SQLite in a
// directory of its own, a real key ring, ledger and sign-in, with its people.
//
// Its one invariant: nothing in it is pretended but the clock. It is not for
// product code.
package authntest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the tests reach behind the store's back with SQL

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// House is an open firm.
type House struct {
	T      testing.TB
	Store  *store.DB
	Ring   *keyring.Ring
	Ledger *ledger.Ledger
	Authn  *authn.Authn
	Vault  *vault.Vault

	path string

	mu     sync.Mutex
	now    time.Time
	alarms []string
}

// Start is the time in a new house.
var Start = time.Date(2026, 3, 2, 9, 30, 0, 123456000, time.UTC)

// Open makes an empty house. Everything is closed with the test.
func Open(t testing.TB) *House {
	t.Helper()
	dir := t.TempDir()
	h := &House{T: t, path: filepath.Join(dir, "goldbell.db"), now: Start}
	var err error
	h.Store, err = store.Open(t.Context(), store.Config{Driver: "sqlite", Path: h.path})
	h.must(err)
	t.Cleanup(func() { h.must(h.Store.Close()) })
	h.Ring, err = keyring.Create(filepath.Join(dir, "keys"), "house.test", h.now, rand.Reader)
	h.must(err)
	h.Vault = vault.New(h.Store, h.Store, h.Ring, pii.Registration(), h.Now, rand.Reader)
	h.Ledger, err = ledger.Open(t.Context(), ledger.Config{
		Store: h.Store, Ring: h.Ring, Keeper: ledger.NewKeeper(filepath.Join(dir, "keeper", "head"), h.Ring.Origin()),
		Clock: h.Now, Rand: rand.Reader, Alarm: h.alarm, Keys: h.Vault.RecordKeys,
	})
	h.must(err)
	t.Cleanup(func() { h.must(h.Ledger.Close()) })
	dummy, pinned, err := h.Vault.PrepareDummy()
	h.must(err)
	h.enrol(dummy, pinned)
	h.Use(nil, "")
	return h
}

// Use opens sign-in with an identity provider, and at an address.
func (h *House) Use(p *authn.Provider, url string) {
	h.Authn = authn.New(authn.Config{
		Store: h.Store, Logins: h.Store, Accounts: h.Store, People: h.Store, Ledger: h.Ledger, Sealer: h.Ring, Clock: h.Now, Rand: rand.Reader,
		Provider: p, URL: url,
	})
}

func (h *House) must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Now is the house's clock.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass lets time pass.
func (h *House) Pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *House) alarm(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarms = append(h.alarms, id)
}

// Alarms are the ids that operators were shown.
func (h *House) Alarms() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.alarms...)
}

// Forge changes the database behind the ledger's back and fails unless it changed
// at least one row.
func (h *House) Forge(query string, args ...any) {
	h.T.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path+"?_pragma=busy_timeout(5000)")
	h.must(err)
	defer db.Close()
	result, err := db.ExecContext(context.Background(), query, args...)
	h.must(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		h.T.Fatalf("the forgery changed %d rows (%v)", n, err)
	}
}

// Files reads the database's files as they are on the disk.
func (h *House) Files() (all [][]byte) {
	h.T.Helper()
	names, err := filepath.Glob(h.path + "*")
	h.must(err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		h.must(err)
		all = append(all, b)
	}
	if len(all) == 0 {
		h.T.Fatal("the database has no file")
	}
	return all
}

// SetUp founds the firm and returns the officer's code.
func (h *House) SetUp() (code string) {
	h.T.Helper()
	code, err := h.Authn.SetUp(h.T.Context(), "House")
	h.must(err)
	return code
}

// Request is a fresh request id.
func (h *House) Request() (id pii.RequestID) {
	_, err := rand.Read(id[:])
	h.must(err)
	return id
}

// Hash is a request's hash.
func Hash(body string) []byte {
	sum := sha256.Sum256([]byte(body))
	return sum[:]
}

// Put writes rows with an entry, as the package that owns them would.
func (h *House) Put(kind proof.Kind, effects ...ledger.Effect) {
	h.T.Helper()
	r, err := h.Ledger.Append(h.T.Context(), ledger.Item{
		Request: h.Request(), Entry: ledger.Entry{Kind: kind, Effects: effects},
	})
	h.must(err)
	r.Close()
}

// Org adds an organisation.
func (h *House) Org(id pii.OrgID, kind party.OrgKind) {
	h.T.Helper()
	h.Put(proof.KindParty, party.OrgPut{Org: &party.Org{ID: id, Kind: kind, Title: string(id)}})
}

// Person adds a person and returns him as a principal who has just signed in.
func (h *House) Person(id pii.PersonID, kind party.PersonKind, org pii.OrgID) party.Principal {
	h.T.Helper()
	h.Put(proof.KindParty, party.PersonPut{Person: &party.Person{
		ID: id, Org: org, Kind: kind, ContractFrom: Start.Add(-time.Hour), TrainedUntil: Start.AddDate(1, 0, 0),
	}})
	return h.Principal(id, "")
}

// Service adds a service with a scope.
func (h *House) Service(scope string) party.Principal {
	h.T.Helper()
	h.Person(pii.PersonID(scope), party.Service, pii.Own)
	return h.Principal(pii.PersonID(scope), scope)
}

// Principal is a person who is there already, freshly signed in.
func (h *House) Principal(id pii.PersonID, scope string) party.Principal {
	h.T.Helper()
	p, o, ok, err := h.Store.Person(h.T.Context(), id)
	h.must(err)
	if !ok {
		h.T.Fatalf("no person %q", id)
	}
	return party.Principal{Person: p, Org: o, Scope: scope, StepUp: h.Now()}
}

// Records reads all entries of a kind.
func (h *House) Records(kind proof.Kind) (of []*ledger.Record) {
	h.T.Helper()
	all, err := h.Ledger.Records(h.T.Context(), 0, int(h.Ledger.Size()))
	h.must(err)
	for _, r := range all {
		if r.Leaf.Kind == kind {
			of = append(of, r)
		}
	}
	return of
}
