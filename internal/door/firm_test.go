package door_test

import (
	"context"
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

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// firm is a small company on a real store, for tests.
type firm struct {
	t      testing.TB
	dir    string
	now    time.Time
	ring   *keyring.Ring
	store  *store.DB
	ledger *ledger.Ledger
	vault  *vault.Vault
	door   *door.Door
	ids    []pii.SubjectID
	agent  party.Principal
	seq    int
}

func newFirm(t testing.TB, customers int) *firm {
	t.Helper()
	f := &firm{t: t, dir: t.TempDir(), now: start}
	var err error
	f.ring, err = keyring.Create(filepath.Join(f.dir, "keys"), "test.invalid/log", f.now, rand.Reader)
	f.ok(err)
	f.open()
	dummy, enrolled, err := f.vault.PrepareDummy()
	f.ok(err)
	f.append(ledger.Entry{Kind: proof.KindGenesis, Enrols: []proof.Hash{enrolled[0].Commitment}, Effects: []ledger.Effect{dummy}})
	org := &party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: "test"}
	agent := &party.Person{ID: "a001", Org: pii.Own, Kind: party.Staff, ContractFrom: start.AddDate(-1, 0, 0), TrainedUntil: start.AddDate(1, 0, 0)}
	f.append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.OrgPut{Org: org}, party.PersonPut{Person: agent}}})
	f.agent = party.Principal{Person: *agent, Org: *org, StepUp: f.now}
	f.ids = f.enrol(customers)
	return f
}

func (f *firm) open() {
	f.t.Helper()
	var err error
	f.store, err = store.Open(f.t.Context(), store.Config{Driver: "sqlite", Path: filepath.Join(f.dir, "db")})
	f.ok(err)
	clock := func() time.Time { return f.now }
	f.vault = vault.New(f.store, f.store, f.ring, pii.Registration(), clock, rand.Reader)
	f.ledger, err = ledger.Open(f.t.Context(), f.config())
	f.ok(err)
	f.door, err = door.New(f.t.Context(), door.Config{
		Store: f.store, Grants: f.store, Consent: f.store, Vault: f.vault, Ledger: f.ledger,
		Sheets: testSheets(), Caps: door.DefaultCaps(), Clock: clock, Rand: rand.Reader,
	})
	f.ok(err)
	f.t.Cleanup(func() { _ = f.ledger.Close(); _ = f.store.Close() })
}

func (f *firm) config() ledger.Config {
	return ledger.Config{
		Store: f.store, Ring: f.ring, Keeper: ledger.NewKeeper(filepath.Join(f.dir, "state", "head"), "test.invalid/log"),
		Clock: func() time.Time { return f.now }, Rand: rand.Reader, Keys: f.vault.RecordKeys,
	}
}

func testSheets() map[pii.Purpose]grant.Sheet {
	return map[pii.Purpose]grant.Sheet{"telesales": {
		Purpose: "telesales", Marketing: true,
		Highest: map[pii.Field]pii.Form{pii.Name: pii.Plain, pii.Phone: pii.Plain, pii.Company: pii.Plain},
	}}
}

func (f *firm) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

func (f *firm) append(e ledger.Entry) *ledger.Receipt {
	f.t.Helper()
	r, err := f.ledger.Append(f.t.Context(), ledger.Item{Request: newID(), Entry: e})
	f.ok(err)
	r.Close()
	return r
}

func (f *firm) enrol(n int) []pii.SubjectID {
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
	ids, err := f.door.Enrol(f.t.Context(), party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}, door.Enrolment{ID: newID(), Rows: rows})
	f.ok(err)
	return ids
}

// work opens a work item for the agent over the subjects.
func (f *firm) work(ids ...pii.SubjectID) pii.RequestID {
	f.t.Helper()
	subjects, err := f.vault.Describe(f.t.Context(), ids)
	f.ok(err)
	w := &grant.WorkItem{
		ID: newID(), Kind: grant.CallTask, Purpose: "telesales", Assignee: f.agent.Person.ID, Recipient: pii.Own,
		OpenedBy: "crm", OpenedAt: f.now, Until: f.now.Add(24 * time.Hour), Subjects: len(ids),
	}
	var members []*grant.Member
	for _, s := range subjects {
		members = append(members, &grant.Member{Ordinal: s.Ordinal, Item: w.ID})
	}
	f.append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	return w.ID
}

func (f *firm) read(work pii.RequestID, form pii.Form, ids ...pii.SubjectID) door.Request {
	return door.Request{ID: newID(), Verb: pii.Read, Form: form, Fields: []pii.Field{pii.Name, pii.Phone}, Purpose: "telesales", Work: work, Subjects: ids}
}

// allowPlain puts a company rule into force that permits plain on assigned work.
func (f *firm) allowPlain() {
	f.t.Helper()
	set := &door.RuleSet{Text: `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`, At: f.now}
	f.append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: set}}})
}

func background() context.Context { return context.Background() }
