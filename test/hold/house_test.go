package hold

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/register/registertest"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/internal/vault"
)

// parts are Goldbell's packages wired over a data directory that `init` made, as
// package server wires them; tests may stand between ledger or vault and the store.
type parts struct {
	dir    server.Places
	db     *store.DB
	ring   *keyring.Ring
	vault  *vault.Vault
	ledger *ledger.Ledger
	door   *door.Door
	authn  *authn.Authn
	reg    *register.Register
	desk   *casework.Desk
	alarms *alarms
}

// options are what a test changes of the wiring.
type options struct {
	clock   func() time.Time
	records func(ledger.Store) ledger.Store // stands between ledger and store
	custody func(vault.Store) vault.Store   // stands between vault and store
	caps    *door.Caps
}

// alarms collects the alarms' ids.
type alarms struct {
	mu  sync.Mutex
	all []string
}

func (a *alarms) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, id)
}

// wire opens a data directory. It needs no testing.T, so that a child process can
// use it.
func wire(ctx context.Context, p server.Places, s server.Settings, o options) (*parts, error) {
	if o.clock == nil {
		o.clock = time.Now
	}
	h := &parts{dir: p, alarms: &alarms{}}
	var err error
	if h.ring, err = keyring.Open(s.Keys, rand.Reader); err != nil {
		return nil, err
	}
	if _, err = h.ring.StartPeriod(o.clock()); err != nil {
		return nil, err
	}
	h.db, err = store.Open(ctx, store.Config{Driver: s.Driver, Path: filepath.Join(p.Data, "goldbell.db"), DSN: s.DSN})
	if err != nil {
		return nil, err
	}
	records, custody := ledger.Store(h.db), vault.Store(h.db)
	if o.records != nil {
		records = o.records(h.db)
	}
	if o.custody != nil {
		custody = o.custody(h.db)
	}
	caps := s.Caps
	if o.caps != nil {
		caps = *o.caps
	}
	h.vault = vault.New(custody, h.db, h.ring, s.Schema, o.clock, rand.Reader)
	h.ledger, err = ledger.Open(ctx, ledger.Config{
		Store: records, Peers: h.db, Ring: h.ring, Keeper: ledger.NewKeeper(s.Keeper, s.Origin),
		Clock: o.clock, Rand: rand.Reader, Alarm: h.alarms.add, Keys: h.vault.RecordKeys, Restores: h.db,
	})
	if err != nil {
		_ = h.db.Close()
		return nil, err
	}
	h.door, err = door.New(ctx, door.Config{
		Store: h.db, Grants: h.db, Consent: h.db, Vault: h.vault, Aging: h.db, Ledger: h.ledger,
		Sheets: grant.Sheets(), Caps: caps, Clock: o.clock, Rand: rand.Reader,
	})
	if err != nil {
		_ = h.ledger.Close()
		_ = h.db.Close()
		return nil, err
	}
	h.authn = authn.New(authn.Config{Store: h.db, Logins: h.db, Accounts: h.db, People: h.db, Ledger: h.ledger, Sealer: h.ring, Clock: o.clock, Rand: rand.Reader})
	h.reg = register.New(register.Config{
		People: h.db, Numbers: h.db, Work: h.db, Consents: h.db, Subjects: h.vault, Keys: h.vault.RecordKeys,
		Sheets: grant.Sheets(), Schema: s.Schema, Rules: checkRules, Fingerprint: h.vault.Fingerprint, Ledger: h.ledger, Clock: o.clock,
		InForce: h.door.InForce, Proposed: h.db,
	})
	h.desk = casework.New(casework.Config{
		Store: h.db, People: h.db, Work: h.db, Finder: h.door, Sealer: sealer{h.ring, h.vault},
		Schema: s.Schema, Limits: casework.DefaultLimits, Ledger: h.ledger, Clock: o.clock,
		Failed: func(context.Context, string) {}, Rand: rand.Reader,
	})
	return h, nil
}

func (h *parts) close() { _ = h.ledger.Close(); _ = h.db.Close() }

func checkRules(text string) (string, error) {
	r, err := policy.Load(text)
	if err != nil {
		return "", err
	}
	return r.Version(), nil
}

type sealer struct {
	ring  *keyring.Ring
	vault *vault.Vault
}

func (s sealer) Seal(now time.Time, context, plain []byte) ([]byte, string, error) {
	sealed, err := s.ring.SealRecord(now, context, plain)
	return sealed, keyring.MonthOf(now).String(), err
}
func (s sealer) Open(context, sealed []byte) ([]byte, error) {
	return s.ring.OpenRecord(context, sealed)
}
func (s sealer) Fingerprint(v pii.Value) []byte { return s.vault.Fingerprint(v) }

// house is a small company on a data directory of its own.
type house struct {
	*parts
	t        testing.TB
	made     server.Initialised
	settings server.Settings
	officer  party.Principal
	code     string // the officer's, in force
	crm      party.Principal
	secadmin *party.Principal
	agents   []party.Principal
	askers   map[pii.PersonID]ownWork
	ids      []pii.SubjectID
	rows     []vault.Row
	seq      int
}

// onEach runs a test on both engines.
func onEach(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, "") })
	t.Run("postgres", func(t *testing.T) { f(t, pgtest.Start(t)) })
}

// newHouse makes a data directory and a company with agents and customers in it.
func newHouse(t testing.TB, dsn string, agents, customers int, o options) *house {
	t.Helper()
	h := initHouse(t, dsn, o)
	for i := range agents {
		h.agents = append(h.agents, h.hire(fmt.Sprintf("a%04d", i+1), party.Staff, pii.Own))
	}
	h.enrol(customers)
	return h
}

// initHouse makes a data directory with an officer and a CRM.
func initHouse(t testing.TB, dsn string, o options) *house {
	t.Helper()
	dir := t.TempDir()
	p := server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}
	h := &house{t: t}
	var err error
	h.made, err = server.Init(ctxOf(t), server.InitOptions{Places: p, DSN: dsn, Title: "test", Clock: o.clock})
	h.ok(err)
	h.settings = settingsOf(t, p.Data)
	h.open(p, o)
	officer, err := h.authn.SignIn(ctxOf(t), h.made.SetupCode, "test")
	h.ok(err)
	h.officer, err = h.authn.Principal(ctxOf(t), officer.Secret, "test")
	h.ok(err)
	crm, err := h.authn.CreateToken(ctxOf(t), officer.NextCode, "crm", authn.ScopeCRM, "test")
	h.ok(err)
	h.code = crm.NextCode
	h.crm, err = h.authn.Principal(ctxOf(t), crm.Secret, "test")
	h.ok(err)
	return h
}

// settingsOf reads what init wrote.
func settingsOf(t testing.TB, data string) (s server.Settings) {
	t.Helper()
	if err := server.UpdateSettings(data, func(x *server.Settings) { s = *x }); err != nil {
		t.Fatal(err)
	}
	return s
}

// open opens the data directory; a test that closed it calls it again.
func (h *house) open(p server.Places, o options) {
	h.t.Helper()
	var err error
	h.parts, err = wire(ctxOf(h.t), p, h.settings, o)
	h.ok(err)
	h.t.Cleanup(h.parts.close)
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func ctxOf(testing.TB) context.Context { return context.Background() }

// hire adds a person and returns who he is at the door.
func (h *house) hire(id string, kind party.PersonKind, org pii.OrgID) party.Principal {
	h.t.Helper()
	now := time.Now()
	h.ok(h.reg.PutPerson(ctxOf(h.t), h.asked(), party.Person{
		ID: pii.PersonID(id), Org: org, Kind: kind, ContractFrom: now.AddDate(-1, 0, 0), TrainedUntil: now.AddDate(1, 0, 0),
	}))
	return h.principal(pii.PersonID(id))
}

// principal is a person as authn would return him, freshly signed in.
func (h *house) principal(id pii.PersonID) party.Principal {
	h.t.Helper()
	p, o, ok, err := h.db.Person(ctxOf(h.t), id)
	h.ok(err)
	if !ok {
		h.t.Fatalf("no person %s", id)
	}
	return party.Principal{Person: p, Org: o, StepUp: time.Now()}
}

func (h *house) asked() register.Asked    { return register.Asked{By: h.officer, Request: newID()} }
func (h *house) askedCRM() register.Asked { return register.Asked{By: h.crm, Request: newID()} }

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

func newSubjectID() (id pii.SubjectID) {
	_, _ = rand.Read(id[:])
	return id
}

// enrol stores n more customers.
func (h *house) enrol(n int) []pii.SubjectID {
	h.t.Helper()
	var made []pii.SubjectID
	for n > 0 {
		rows := make([]vault.Row, min(n, door.MaxSubjects))
		n -= len(rows)
		for i := range rows {
			h.seq++
			rows[i] = customer(h.seq)
		}
		ids, err := h.door.Enrol(ctxOf(h.t), h.crm, door.Enrolment{ID: newID(), Rows: rows})
		h.ok(err)
		made = append(made, ids...)
		h.rows = append(h.rows, rows...)
	}
	h.ids = append(h.ids, made...)
	return made
}

// work opens a work item for an agent over subjects.
func (h *house) work(to party.Principal, kind grant.WorkKind, purpose pii.Purpose, ids ...pii.SubjectID) pii.RequestID {
	h.t.Helper()
	id, err := h.reg.OpenWork(ctxOf(h.t), h.askedCRM(), register.Work{
		Kind: kind, Purpose: purpose, Assignee: to.Person.ID, Subjects: ids, Until: time.Now().Add(24 * time.Hour),
	})
	h.ok(err)
	return id
}

func (h *house) calls(to party.Principal, ids ...pii.SubjectID) pii.RequestID {
	h.t.Helper()
	return h.work(to, grant.CallTask, grant.Telesales, ids...)
}

// read asks for name and phone of subjects.
func read(work pii.RequestID, form pii.Form, ids ...pii.SubjectID) door.Request {
	return door.Request{
		ID: newID(), Verb: pii.Read, Form: form, Fields: []pii.Field{pii.Name, pii.Phone},
		Purpose: grant.Telesales, Work: work, Subjects: ids,
	}
}

const plainRule = `@id("firm-plain") @zh("公司规则") @en("company rule")
permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`

// allowPlain puts a company rule into force that permits plain on assigned work.
func (h *house) allowPlain() {
	h.t.Helper()
	h.enact(plainRule)
}

// enact puts company rules into force: the officer proposes, a security administrator
// approves.
func (h *house) enact(text string) {
	h.t.Helper()
	by := h.officer
	by.Person.ID = "rule-approver"
	if _, _, ok, err := h.db.Person(ctxOf(h.t), by.Person.ID); err != nil || !ok {
		h.ok(err)
		h.hire(string(by.Person.ID), party.SecAdmin, pii.Own)
	}
	registertest.Rules(ctxOf(h.t), h.t, h.reg, h.officer, h.principal(by.Person.ID), text)
}

// verified ends the test if the ledger, read by `ledger verify`'s own path, has a
// fault.
func (h *house) verified() ledger.Report {
	h.t.Helper()
	r, err := server.VerifyLedger(ctxOf(h.t), server.Places{Data: h.dir.Data}, nil)
	h.ok(err)
	for _, f := range r.Faults {
		h.t.Errorf("ledger verify: entry %d: %s", f.Index, f.What)
	}
	return r
}

// sqlOf opens the database as somebody with SQL rights would, beside Goldbell.
func (h *house) sqlOf() *sql.DB {
	h.t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(h.dir.Data, "goldbell.db")+"?_pragma=busy_timeout(5000)"
	if h.settings.Driver == "postgres" {
		driver, dsn = "pgx", h.settings.DSN
	}
	db, err := sql.Open(driver, dsn)
	h.ok(err)
	h.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (h *house) exec(text string, args ...any) {
	h.t.Helper()
	r, err := h.sqlOf().Exec(text, args...)
	if err == nil {
		if n, _ := r.RowsAffected(); n == 0 {
			h.t.Fatal("the statement changed nothing")
		}
	}
	h.ok(err)
}
