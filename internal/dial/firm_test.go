package dial_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/dial"
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

// firm is a small company on a real store, with agents who call.
type firm struct {
	t       testing.TB
	now     time.Time
	ledger  *ledger.Ledger
	vault   *vault.Vault
	door    *door.Door
	ids     []pii.SubjectID
	agent   party.Principal
	partner party.Principal // of another organisation that handles information for itself
	sw      party.Principal // the service the switch reports as
}

// canary is in every customer's number.
const canary = "1397777"

func number(i int) string { return fmt.Sprintf("%s%04d", canary, i) }

func newFirm(t testing.TB, customers int, caps door.Caps) *firm {
	t.Helper()
	f := &firm{t: t, now: time.Now().UTC().Truncate(time.Microsecond)}
	clock := func() time.Time { return f.now }
	dir := t.TempDir()
	ring, err := keyring.Create(filepath.Join(dir, "keys"), "test.invalid/log", f.now, rand.Reader)
	f.ok(err)
	db, err := store.Open(t.Context(), store.Config{Driver: "sqlite", Path: filepath.Join(dir, "db")})
	f.ok(err)
	f.vault = vault.New(db, db, ring, pii.Registration(), clock, rand.Reader)
	f.ledger, err = ledger.Open(t.Context(), ledger.Config{
		Store: db, Ring: ring, Keeper: ledger.NewKeeper(filepath.Join(dir, "state", "head"), "test.invalid/log"),
		Clock: clock, Rand: rand.Reader, Keys: f.vault.RecordKeys,
	})
	f.ok(err)
	t.Cleanup(func() { _ = f.ledger.Close(); _ = db.Close() })
	f.door, err = door.New(t.Context(), door.Config{
		Store: db, Grants: db, Consent: db, Vault: f.vault, Ledger: f.ledger, Caps: caps, Clock: clock, Rand: rand.Reader,
		Sheets: map[pii.Purpose]grant.Sheet{"telesales": {
			Purpose: "telesales", Marketing: true,
			Highest: map[pii.Field]pii.Form{pii.Name: pii.Masked, pii.Phone: pii.Relay},
		}},
	})
	f.ok(err)
	f.people()
	f.ids = f.enrol(customers)
	return f
}

func (f *firm) people() {
	dummy, enrolled, err := f.vault.PrepareDummy()
	f.ok(err)
	f.append(ledger.Entry{Kind: proof.KindGenesis, Enrols: []proof.Hash{enrolled[0].Commitment}, Effects: []ledger.Effect{dummy}})
	own := party.Org{ID: pii.Own, Kind: party.OwnCompany}
	other := party.Org{ID: "p1", Kind: party.Handler, Agreement: party.Agreement{Until: f.now.AddDate(1, 0, 0)}, Assessment: party.Assessment{Reference: "pia-1"}}
	person := func(id pii.PersonID, o party.Org, k party.PersonKind) party.Principal {
		return party.Principal{Org: o, Person: party.Person{
			ID: id, Org: o.ID, Kind: k, ContractFrom: f.now.AddDate(-1, 0, 0), TrainedUntil: f.now.AddDate(1, 0, 0),
		}}
	}
	f.agent = person("a001", own, party.Staff)
	f.partner = person("p1-01", other, party.Partner)
	f.sw = person("pbx", party.Org{ID: dial.SwitchOrg, Kind: party.Entrusted}, party.Service)
	f.sw.Scope = door.ScopeSwitch
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

func (f *firm) append(e ledger.Entry) {
	f.t.Helper()
	r, err := f.ledger.Append(f.t.Context(), ledger.Item{Request: newID(), Entry: e})
	f.ok(err)
	r.Close()
}

func (f *firm) enrol(n int) []pii.SubjectID {
	f.t.Helper()
	rows := make([]vault.Row, n)
	for i := range rows {
		rows[i] = vault.Row{pii.Name: pii.NewValue("王小明"), pii.Phone: pii.NewValue(number(i))}
	}
	rows = append(rows, vault.Row{pii.Name: pii.NewValue("李四"), pii.Email: pii.NewValue("li@example.com")}) // the last has no number
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	ids, err := f.door.Enrol(f.t.Context(), crm, door.Enrolment{ID: newID(), Rows: rows})
	f.ok(err)
	return ids
}

func (f *firm) ordinals() []pii.Ordinal {
	f.t.Helper()
	subjects, err := f.vault.Describe(f.t.Context(), f.ids)
	f.ok(err)
	of := make([]pii.Ordinal, len(subjects))
	for i, s := range subjects {
		of[i] = s.Ordinal
	}
	return of
}

// work opens a work item over every customer.
func (f *firm) work(p party.Principal) *grant.WorkItem {
	f.t.Helper()
	of := f.ordinals()
	w := &grant.WorkItem{
		ID: newID(), Kind: grant.CallTask, Purpose: "telesales", Assignee: p.Person.ID, Recipient: p.Org.ID,
		OpenedBy: "crm", OpenedAt: f.now, Until: f.now.Add(24 * time.Hour), Subjects: len(of), Digest: grant.Digest(of),
	}
	var members []*grant.Member
	for _, o := range of {
		members = append(members, &grant.Member{Ordinal: o, Item: w.ID})
	}
	f.append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	return w
}

func (f *firm) close(w *grant.WorkItem) {
	f.t.Helper()
	closed := *w
	closed.Closed = true
	f.append(ledger.Entry{Kind: proof.KindWorkItem, Effects: []ledger.Effect{grant.Closed{WorkItem: &closed}}, Revokes: []string{ledger.WorkKey(w.ID)}})
}

func (f *firm) optOut(i int) {
	f.t.Helper()
	o := f.ordinals()[i]
	f.append(ledger.Entry{Kind: proof.KindConsent, Revokes: []string{ledger.SubjectKey(o)}, Effects: []ledger.Effect{
		consent.OptOutPut{OptOut: &consent.OptOut{Ordinal: o, Refused: true, At: f.now}}}})
}

func (f *firm) consent(i int, given bool) {
	f.t.Helper()
	o := f.ordinals()[i]
	f.append(ledger.Entry{Kind: proof.KindConsent, Revokes: []string{ledger.SubjectKey(o)}, Effects: []ledger.Effect{
		consent.Put{Consent: &consent.Consent{Ordinal: o, Purpose: "telesales", Recipient: "p1", Given: given, At: f.now}}}})
}

func (f *firm) dialer(c dial.Carrier) *dial.Dialer {
	return &dial.Dialer{Door: f.door, Ledger: f.ledger, Carrier: c, Clock: func() time.Time { return f.now }, Rand: rand.Reader}
}

func (f *firm) request(w *grant.WorkItem, i int) dial.Request {
	return dial.Request{ID: newID(), Hash: []byte("0123456789abcdef0123456789abcdef"), Subject: f.ids[i], Purpose: "telesales", Work: w.ID}
}

// entries counts the entries of a kind.
func (f *firm) entries(k proof.Kind) int {
	f.t.Helper()
	leaves, err := f.ledger.Leaves(f.t.Context(), 0, 10_000)
	f.ok(err)
	n := 0
	for _, b := range leaves {
		l, err := proof.DecodeLeaf(b)
		f.ok(err)
		if l.Kind == k {
			n++
		}
	}
	return n
}
