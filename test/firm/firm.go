// Package firm builds a small company on a real store, for tests: keys, database,
// ledger, vault and door as the server wires them, with a clock the test moves.
package firm

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Start is the time every firm starts at.
var Start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// Firm is a company with one agent and some customers.
type Firm struct {
	t      testing.TB
	Dir    string
	Now    time.Time
	Ring   *keyring.Ring
	Store  *store.DB
	Ledger *ledger.Ledger
	Vault  *vault.Vault
	Door   *door.Door
	IDs    []pii.SubjectID
	Agent  party.Principal
	Driver string
	DSN    string
	seq    int
}

// New makes a firm with the given number of customers on SQLite.
func New(t testing.TB, customers int) *Firm { return newFirm(t, customers, "sqlite", "") }

// NewOn makes a firm on an empty PostgreSQL database.
func NewOn(t testing.TB, customers int, dsn string) *Firm {
	return newFirm(t, customers, "postgres", dsn)
}

func newFirm(t testing.TB, customers int, driver, dsn string) *Firm {
	t.Helper()
	f := &Firm{t: t, Dir: t.TempDir(), Now: Start, Driver: driver, DSN: dsn}
	var err error
	f.Ring, err = keyring.Create(filepath.Join(f.Dir, "keys"), "test.invalid/log", f.Now, rand.Reader)
	f.OK(err)
	f.Open()
	dummy, enrolled, err := f.Vault.PrepareDummy()
	f.OK(err)
	f.Append(ledger.Entry{Kind: proof.KindGenesis, Enrols: []proof.Hash{enrolled[0].Commitment}, Effects: []ledger.Effect{dummy}})
	org := &party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: "test"}
	agent := &party.Person{ID: "a001", Org: pii.Own, Kind: party.Staff, ContractFrom: Start.AddDate(-1, 0, 0), TrainedUntil: Start.AddDate(1, 0, 0)}
	f.Append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.OrgPut{Org: org}, party.PersonPut{Person: agent}}})
	f.Agent = party.Principal{Person: *agent, Org: *org, StepUp: f.Now}
	f.IDs = f.Enrol(customers)
	return f
}

// Open opens the store and what stands on it; a test that closed them calls it again.
func (f *Firm) Open() {
	f.t.Helper()
	var err error
	f.Store, err = store.Open(f.t.Context(), store.Config{Driver: f.Driver, Path: filepath.Join(f.Dir, "db"), DSN: f.DSN})
	f.OK(err)
	clock := func() time.Time { return f.Now }
	f.Vault = vault.New(f.Store, f.Store, f.Ring, pii.Registration(), clock, rand.Reader)
	f.Ledger, err = ledger.Open(f.t.Context(), f.LedgerConfig())
	f.OK(err)
	f.Door, err = door.New(f.t.Context(), door.Config{
		Store: f.Store, Grants: f.Store, Consent: f.Store, Vault: f.Vault, Tags: f.Store, Aging: f.Store, Ledger: f.Ledger,
		Sheets: grant.Sheets(), Caps: door.DefaultCaps(), Clock: clock, Rand: rand.Reader,
	})
	f.OK(err)
	f.t.Cleanup(func() { _ = f.Ledger.Close(); _ = f.Store.Close() })
}

// LedgerConfig is what the ledger is opened with.
func (f *Firm) LedgerConfig() ledger.Config {
	return ledger.Config{
		Store: f.Store, Peers: f.Store, Ring: f.Ring, Keeper: ledger.NewKeeper(filepath.Join(f.Dir, "state", "head"), "test.invalid/log"),
		Clock: func() time.Time { return f.Now }, Rand: rand.Reader, Keys: f.Vault.RecordKeys, Remains: f.Store,
	}
}

// OK ends the test on an error.
func (f *Firm) OK(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// NewID is a fresh request id.
func NewID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

// Append records an entry.
func (f *Firm) Append(e ledger.Entry) *ledger.Receipt {
	f.t.Helper()
	r, err := f.Ledger.Append(f.t.Context(), ledger.Item{Request: NewID(), Entry: e})
	f.OK(err)
	r.Close()
	return r
}

// Enrol stores n more customers.
func (f *Firm) Enrol(n int) []pii.SubjectID {
	f.t.Helper()
	rows := make([]vault.Row, n)
	for i := range rows {
		f.seq++
		rows[i] = vault.Row{
			pii.Name:  pii.NewValue("王小明"),
			pii.Phone: pii.NewValue(fmt.Sprintf("138%08d", f.seq)),
			pii.Email: pii.NewValue(fmt.Sprintf("u%d@example.com", f.seq)),
		}
	}
	ids, err := f.Door.Enrol(f.t.Context(), party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}, door.Enrolment{ID: NewID(), Rows: rows})
	f.OK(err)
	return ids
}

// Work opens a call task of the agent over the subjects.
func (f *Firm) Work(ids ...pii.SubjectID) pii.RequestID {
	f.t.Helper()
	subjects, err := f.Vault.Describe(f.t.Context(), ids)
	f.OK(err)
	w := &grant.WorkItem{
		ID: NewID(), Kind: grant.CallTask, Purpose: "telesales", Assignee: f.Agent.Person.ID, Recipient: pii.Own,
		OpenedBy: "crm", OpenedAt: f.Now, Until: f.Now.Add(24 * time.Hour), Subjects: len(ids),
	}
	var members []*grant.Member
	for _, s := range subjects {
		members = append(members, &grant.Member{Ordinal: s.Ordinal, Item: w.ID})
	}
	f.Append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	return w.ID
}

// Read asks for name and phone of subjects.
func (f *Firm) Read(work pii.RequestID, form pii.Form, ids ...pii.SubjectID) door.Request {
	return door.Request{ID: NewID(), Verb: pii.Read, Form: form, Fields: []pii.Field{pii.Name, pii.Phone}, Purpose: "telesales", Work: work, Subjects: ids}
}

// AllowPlain puts a company rule into force that permits plain on assigned work.
func (f *Firm) AllowPlain() {
	f.t.Helper()
	set := &door.RuleSet{Text: `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`, At: f.Now}
	f.Append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: set}}})
}
