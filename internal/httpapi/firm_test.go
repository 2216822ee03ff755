package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/internal/watch"
	"github.com/goldbell/goldbell/proof"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// What every customer's values are made of: no answer but a disclosure, and no
// log line, may hold any of it.
const (
	canaryName    = "金丝雀"
	canaryPhone   = "1391357"
	canaryMail    = "canary-mail"
	canaryCompany = "金丝雀笼有限公司"
)

var canaries = []string{canaryName, canaryPhone, canaryMail, canaryCompany}

// firm is a small company on a real store, reached over HTTP only.
type firm struct {
	testing.TB
	ring     *keyring.Ring
	store    *store.DB
	vault    *vault.Vault
	ledger   *ledger.Ledger
	door     *door.Door
	authn    *authn.Authn
	api      *httpapi.API
	handler  http.Handler
	log      *lines
	carrier  *carrier
	tokens   map[string]string // by person or service
	codes    map[string]string // next one-time codes
	keys     map[string]*authntest.Key
	subjects []string
	traces   httpapi.Tracer
	decoys   *decoy.Book
	packs    httpapi.Packs
	verifier func() ([]byte, error)
	provider *authn.Provider // who else signs people in; nil: nobody
	desk     *casework.Desk
	messages []casework.Message // what the courier was handed
	watch    *watch.Watch

	mu     sync.Mutex
	now    time.Time
	alarms []string
}

// lines collects the log.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// carrier is a switch that remembers which calls it was given.
type carrier struct {
	mu    sync.Mutex
	calls []pii.RequestID
}

func (c *carrier) Place(_ context.Context, call dial.Call) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call.ID)
	return "ref", nil
}

// parts adapts the vault and the key ring to what others ask of them.
type parts struct{ f *firm }

func (p parts) Seal(now time.Time, context, plaintext []byte) ([]byte, string, error) {
	b, err := p.f.ring.SealRecord(now, context, plaintext)
	if err != nil {
		return nil, "", err
	}
	m, err := keyring.RecordMonth(b)
	return b, m.String(), err
}

func (p parts) Subject(ctx context.Context, id pii.SubjectID) (ledger.Subject, error) {
	found, err := p.f.vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	return ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}, nil
}

func (p parts) Schema() pii.Schema { return p.f.vault.Schema() }

func (p parts) Open(context, sealed []byte) ([]byte, error) {
	return p.f.ring.OpenRecord(context, sealed)
}
func (p parts) Fingerprint(v pii.Value) []byte { return p.f.vault.Fingerprint(v) }

func (f *firm) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *firm) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *firm) alarm(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alarms = append(f.alarms, id)
}

func (f *firm) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// newFirm founds a firm with every kind of person and service signed in, and some
// customers.
func newFirm(t testing.TB, customers int) *firm {
	t.Helper()
	f := &firm{TB: t, now: start, log: &lines{}, carrier: &carrier{}, tokens: map[string]string{}, codes: map[string]string{}, keys: map[string]*authntest.Key{}}
	f.open(t.TempDir())
	code, err := f.authn.SetUp(t.Context(), "Testfirma")
	f.ok(err)
	f.signIn("officer", code)
	for _, s := range []string{"import", "switch", "crm", "metrics"} {
		r := f.post("/v1/tokens", "", m{"code": f.codes["officer"], "name": s, "scope": s}).want(201)
		f.tokens[s], f.codes["officer"] = r.text("token"), r.text("next_code")
	}
	for _, p := range []struct{ id, org, kind, by string }{
		{"officer2", "own", "officer", "officer"}, {"sysadmin", "own", "sysadmin", "officer"},
		{"secadmin", "own", "secadmin", "officer"}, {"auditor", "own", "auditor", "officer"},
		{"a001", "own", "staff", "secadmin"}, {"a002", "own", "staff", "secadmin"},
		{"o001", "agency", "outsourced", "secadmin"}, {"p001", "partner", "partner", "secadmin"},
	} {
		f.join(p.id, p.org, p.kind, p.by)
	}
	f.prove("officer", "officer2")
	f.subjects = f.enrol(customers)
	return f
}

func (f *firm) open(dir string) {
	f.Helper()
	var err error
	f.ring, err = keyring.Create(filepath.Join(dir, "keys"), "test.invalid/log", f.now, rand.Reader)
	f.ok(err)
	f.store, err = store.Open(f.Context(), store.Config{Driver: "sqlite", Path: filepath.Join(dir, "db")})
	f.ok(err)
	f.Cleanup(func() { _ = f.store.Close() })
	f.vault = vault.New(f.store, f.store, f.ring, pii.Registration(), f.clock, rand.Reader)
	f.ledger, err = ledger.Open(f.Context(), ledger.Config{
		Store: f.store, Ring: f.ring, Keeper: ledger.NewKeeper(filepath.Join(dir, "state", "head"), "test.invalid/log"),
		Clock: f.clock, Rand: rand.Reader, Keys: f.vault.RecordKeys, Alarm: f.alarm,
	})
	f.ok(err)
	f.Cleanup(func() { _ = f.ledger.Close() })
	dummy, enrolled, err := f.vault.PrepareDummy()
	f.ok(err)
	r, err := f.ledger.Append(f.Context(), ledger.Item{Request: pii.RequestID{1}, Entry: ledger.Entry{
		Kind: proof.KindGenesis, Enrols: []proof.Hash{enrolled[0].Commitment}, Effects: []ledger.Effect{dummy},
	}})
	f.ok(err)
	r.Close()
	f.door, err = door.New(f.Context(), door.Config{
		Store: f.store, Grants: f.store, Consent: f.store, Vault: f.vault, Tags: f.store, Aging: f.store, Ledger: f.ledger,
		Sheets: grant.Sheets(), Caps: door.DefaultCaps(), Clock: f.clock, Rand: rand.Reader,
	})
	f.ok(err)
	f.serve()
}

// Carries and Send make the firm its own courier: it keeps what it is handed.
func (f *firm) Carries(string) bool { return true }

func (f *firm) Send(_ context.Context, m casework.Message) error {
	f.messages = append(f.messages, m)
	return nil
}

func (f *firm) serve() {
	f.Helper()
	f.authn = authn.New(authn.Config{Store: f.store, Logins: f.store, Accounts: f.store, People: f.store, Ledger: f.ledger, Sealer: f.ring, Clock: f.clock, Rand: rand.Reader, Provider: f.provider})
	f.desk = casework.New(casework.Config{
		Store: f.store, People: f.store, Work: f.store, Finder: f.door, Sealer: parts{f}, Schema: pii.Registration(),
		Limits: casework.DefaultLimits, Ledger: f.ledger, Clock: f.clock, Failed: f.authn.Failed,
		Rand: rand.Reader, Courier: f, Relay: f.door, Cabinet: f.store, Incidents: f.store, Runs: ran{f}, Outbox: f.store, Passing: f.ring, Appeals: f.store,
	})
	f.decoys = &decoy.Book{Store: f.store, Sealer: f.ring, Index: made{f.vault, f.store}, Ledger: f.ledger}
	f.watch = watch.New(watch.Config{Ledger: f.ledger, Alerts: f.store, Exceptions: f.store, Work: f.store, Meters: f.store, Clock: f.clock})
	examiner := exam.New(exam.Config{
		Ledger: f.ledger, Rules: f.store, Notices: f.store, Subjects: parts{f}, Sheets: grant.Sheets(), Caps: door.DefaultCaps(), Clock: f.clock,
	})
	trials := exam.NewTrials(examiner)
	f.Cleanup(trials.Close)
	var err error
	f.api, err = httpapi.New(httpapi.Config{
		Door: f.door, Ledger: f.ledger, Authn: f.authn, People: f.store, Asks: f.store, Rounds: f.store, Numbers: f.store, Work: f.store, Team: f.store, Waiting: f.store, Sealer: f.ring,
		Register: register.New(register.Config{
			People: f.store, Asks: f.store, Rounds: f.store, Rand: rand.Reader, Finder: f.door, Numbers: f.store, Work: f.store, Consents: f.store, Subjects: f.vault, Keys: f.vault.RecordKeys,
			Sheets: grant.Sheets(), Schema: pii.Registration(), Fingerprint: f.vault.Fingerprint, Ledger: f.ledger, Clock: f.clock,
			InForce: f.door.InForce, Exceptions: f.store, Proposed: f.store,
			Rules: func(text string) (string, error) {
				r, err := policy.Load(text)
				if err != nil {
					return "", err
				}
				return r.Version(), nil
			},
		}),
		Traces: f.traces, Decoys: f.decoys, Packs: f.packs, Cases: f.desk, Verifier: f.verifier, Records: records.New(records.Config{Ledger: f.ledger, Clock: f.clock, Rand: rand.Reader}),
		Exam: examiner, Trials: trials,
		Calls:      &dial.Dialer{Door: f.door, Ledger: f.ledger, Carrier: f.carrier, Clock: f.clock, Rand: rand.Reader},
		Complaints: f.desk, Holds: f.desk, RequestID: f.ring.RequestID,
		Exceptions: f.store, Meters: f.store, Alerts: f.store, Watch: f.watch, Network: func(prefix string) string { return "net-" + prefix },
		Clock: f.clock, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(f.log, nil)), Alarm: f.alarm, Version: "test",
	})
	f.ok(err)
	f.handler = f.api.Handler()
}

func (f *firm) signIn(who, code string) {
	f.Helper()
	r := f.post("/v1/sessions", "", m{"code": code}).want(201)
	f.tokens[who], f.codes[who] = r.text("token"), r.text("next_code")
}

func (f *firm) join(id, org, kind, by string) {
	f.Helper()
	switch org {
	case "agency":
		f.post("/v1/organisations", "officer", m{"id": org, "kind": "entrusted", "title": "Agency", "agreement_until": "2027-01-01T00:00:00Z", "assessment": "pia-1"}).want(200)
	case "partner":
		f.post("/v1/organisations", "officer", m{"id": org, "kind": "handler", "title": "Partner", "agreement_until": "2027-01-01T00:00:00Z", "assessment": "pia-2"}).want(200)
	}
	f.post("/v1/people", by, m{"id": id, "org": org, "kind": kind, "contract_from": "2025-01-01T00:00:00Z", "trained_until": "2027-01-01T00:00:00Z"}).want(200)
	f.signIn(id, f.post("/v1/people/"+id+"/code", by, nil).want(201).text("code"))
}

func customer(i int) m {
	return m{
		"name": canaryName + string(rune('一'+i)), "phone": fmt.Sprintf("%s%04d", canaryPhone, i),
		"email": fmt.Sprintf("%s%d@example.com", canaryMail, i), "company": canaryCompany,
	}
}

func (f *firm) enrol(n int) []string {
	f.Helper()
	if n == 0 {
		return nil
	}
	rows := make([]m, n)
	for i := range rows {
		rows[i] = m{"fields": customer(i)}
	}
	var out struct{ Results []struct{ Subject string } }
	f.post("/v1/subjects", "crm", m{"rows": rows}).want(201).into(&out)
	ids := make([]string, n)
	for i, r := range out.Results {
		ids[i] = r.Subject
	}
	return ids
}

// work opens a work item for a person.
func (f *firm) work(to, kind, purpose string, subjects ...string) string {
	f.Helper()
	return f.post("/v1/work-items", "crm", m{
		"kind": kind, "purpose": purpose, "assignee": to, "subjects": subjects,
		"until": f.clock().Add(24 * time.Hour).Format(time.RFC3339),
	}).want(201).text("id")
}

func (f *firm) read(work, form string, subjects ...string) m {
	return m{"form": form, "fields": []string{"name", "phone"}, "purpose": "telesales", "work_item": work, "subjects": subjects}
}

// m is a JSON object.
type m = map[string]any

// reply is an answer.
type reply struct {
	f      *firm
	what   string
	status int
	header http.Header
	body   []byte
}

func (f *firm) post(path, who string, body any, header ...string) *reply {
	f.Helper()
	return f.do("POST", path, who, body, header...)
}

func (f *firm) get(path, who string) *reply { f.Helper(); return f.do("GET", path, who, nil) }

// do asks; body is bytes as they are, a string, or something to encode. header is
// name, value, ….
func (f *firm) do(method, path, who string, body any, header ...string) *reply {
	f.Helper()
	var b []byte
	switch x := body.(type) {
	case nil:
	case []byte:
		b = x
	case string:
		b = []byte(x)
	default:
		var err error
		b, err = json.Marshal(body)
		f.ok(err)
	}
	r := httptest.NewRequest(method, "http://goldbell.invalid/", bytes.NewReader(b)).WithContext(f.Context())
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	if len(b) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+f.tokens[who])
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Content-Type" {
			r.Header.Del(header[i])
		}
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return &reply{f, method + " " + path, w.Code, w.Header(), w.Body.Bytes()}
}

func (r *reply) want(status int) *reply {
	r.f.Helper()
	if r.status != status {
		r.f.Fatalf("%s: %d, want %d: %s", r.what, r.status, status, r.body)
	}
	return r
}

func (r *reply) into(v any) {
	r.f.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.f.Fatalf("%s: %v", r.what, err)
	}
}

// text is a string of the answer's top level.
func (r *reply) text(name string) string {
	r.f.Helper()
	var o m
	r.into(&o)
	s, ok := o[name].(string)
	if !ok || s == "" {
		r.f.Fatalf("%s: no %s in %s", r.what, name, r.body)
	}
	return s
}

// problem is what tests read of a problem.
type problem struct {
	Status  int
	Code    string
	Detail  string
	ID      string
	Reasons []struct{ ID, Zh, En string }
	Errors  []struct{ Where string }
}

func (r *reply) problem(status int, code string) problem {
	r.f.Helper()
	var p problem
	r.want(status).into(&p)
	if p.Code != code || p.Status != status || r.header.Get("Content-Type") != "application/problem+json" {
		r.f.Fatalf("%s: not the problem %s: %s", r.what, code, r.body)
	}
	return p
}

// disclosed is what tests read of a disclosure.
type disclosed struct {
	ID      string
	Entry   uint64
	Mark    string
	Results []struct {
		Subject string
		Shown   bool
		Values  map[string]string
		Token   string
		Reasons []struct{ ID string }
	}
}

func (r *reply) disclosed() (d disclosed) {
	r.f.Helper()
	r.want(200).into(&d)
	return d
}

func (f *firm) entries() uint64 {
	f.Helper()
	h, err := f.ledger.Head(f.Context())
	f.ok(err)
	return h.Size
}

// clean fails if b holds anything of a customer's.
func (f *firm) clean(where string, b []byte) {
	f.Helper()
	for _, c := range canaries {
		if bytes.Contains(b, []byte(c)) {
			f.Errorf("%s holds a customer's value", where)
		}
	}
}
