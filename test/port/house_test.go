// Package port holds the PostgreSQL port's promises against the real thing: the real
// server on a real store, in front of a real PostgreSQL that is enrolled as an operator
// enrols it.
//
// Its one invariant: nothing on the path is a stand-in. What a single part of the port
// does is tested beside the part.
package port

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

const companySchema = `
CREATE TABLE public.customer (id bigint PRIMARY KEY, name text, phone text UNIQUE, company text);
INSERT INTO public.customer SELECT n, '王小明', '139' || lpad(n::text, 8, '0'), 'company ' || n %% 7 FROM generate_series(1, %d) n;
ALTER TABLE public.customer SET (autovacuum_enabled = off);
`

// house is a company with its database enrolled, one agent, and the port open.
type house struct {
	testing.TB
	srv    *server.Server
	raw    string // connects to the company's database as its owner
	addr   string // of the port
	table  string // the enrolment's id
	ids    []pii.SubjectID
	agent  party.Principal
	crm    party.Principal
	places server.Places
	stop   func()
}

// plans say how a house is built.
type plans struct {
	customers int
	covered   int // how many of the first are subjects; 0: all
	dsn       string
	driver    string // DSN of Goldbell's own database; empty: SQLite
	caps      func(*door.Caps)
	tls       server.PortOptions
}

// build is a house with a table of customers, enrolled, and the port open.
func build(t testing.TB, p plans) *house {
	t.Helper()
	h := found(t, p)
	h.do(fmt.Sprintf(companySchema, p.customers))
	h.enrol(httpapi.PostgresAsk{Table: "public.customer", Subject: []string{"id"}, Protect: []string{"name", "phone"}, Show: []string{"company"}})
	n := p.covered
	if n == 0 {
		n = p.customers
	}
	h.adopt(n)
	h.serve(p.tls)
	return h
}

// found is a house with its people, and nothing enrolled yet.
func found(t testing.TB, p plans) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{TB: t, raw: p.dsn, places: server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}}
	if h.raw == "" {
		h.raw = pgtest.Start(t)
	}
	_, err := server.Init(context.Background(), server.InitOptions{Places: h.places, DSN: p.driver})
	h.ok(err)
	if p.caps != nil {
		h.ok(server.UpdateSettings(h.places.Data, func(s *server.Settings) { p.caps(&s.Caps) }))
	}
	h.open()
	h.staff()
	t.Cleanup(func() {
		// The roles are of the whole server, which other tests share.
		h.stop()
		h.dropRoles()
	})
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// do does something as the owner of the company's database.
func (h *house) do(sql string) {
	h.Helper()
	c, err := pgx.Connect(context.Background(), h.raw)
	h.ok(err)
	defer c.Close(context.Background())
	_, err = c.Exec(context.Background(), sql)
	h.ok(err)
}

func (h *house) open() {
	h.Helper()
	var err error
	h.srv, err = server.Open(context.Background(), server.Options{Places: h.places})
	h.ok(err)
	h.stop = func() { _ = h.srv.Close() }
}

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}

func (h *house) append(e ledger.Entry) {
	h.Helper()
	r, err := h.srv.Ledger().Append(context.Background(), ledger.Item{Request: newID(), Entry: e})
	h.ok(err)
	r.Close()
}

// staff hires the agent and lets the company's rules show him plain values.
func (h *house) staff() {
	h.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	org := &party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: "test"}
	agent := &party.Person{ID: "a001", Org: pii.Own, Kind: party.Staff, ContractFrom: now.AddDate(-1, 0, 0), TrainedUntil: now.AddDate(1, 0, 0)}
	crm := &party.Person{ID: "crm", Org: pii.Own, Kind: party.Service, ContractFrom: now.AddDate(-1, 0, 0)}
	h.append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.OrgPut{Org: org}, party.PersonPut{Person: agent}, party.PersonPut{Person: crm}}})
	set := &door.RuleSet{Text: `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`, At: now}
	h.append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: set}}})
	h.agent = party.Principal{Person: *agent, Org: *org, StepUp: now}
	h.crm = party.Principal{Person: *crm, Org: *org, Scope: door.ScopeCRM}
}

// enrol enrols a table and returns the enrolment's id; the first is the one whose rows
// are subjects.
func (h *house) enrol(a httpapi.PostgresAsk) string {
	h.Helper()
	a.DSN = h.raw
	plan, err := h.srv.Postgres().Enrol(context.Background(), h.agent, newID(), a)
	if err != nil {
		h.Fatalf("%s: %v; what looks protected: %v", a.Table, err, plan.Looks)
	}
	if h.table == "" {
		h.table = plan.ID
	}
	return plan.ID
}

func (h *house) dropRoles() {
	c, err := pgx.Connect(context.Background(), h.raw)
	if err != nil {
		return // its server is gone
	}
	defer c.Close(context.Background())
	_, _ = c.Exec(context.Background(), `DO $$ DECLARE who text; BEGIN
FOR who IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'goldbell\_%' ORDER BY length(rolname) DESC LOOP
EXECUTE format('DROP OWNED BY %I CASCADE', who); EXECUTE format('DROP ROLE %I', who); END LOOP; END $$`)
}

func (h *house) adopt(n int) {
	h.Helper()
	for from := 1; from <= n; from += 1000 {
		keys := make([]string, min(1000, n-from+1))
		for i := range keys {
			keys[i] = strconv.Itoa(from + i)
		}
		ids, err := h.srv.Postgres().Adopt(context.Background(), h.crm, h.table, keys)
		h.ok(err)
		h.ids = append(h.ids, ids...)
	}
}

// serve opens the port, once a check has found no way around it.
func (h *house) serve(o server.PortOptions) {
	h.Helper()
	if _, err := h.srv.Postgres().Check(context.Background()); err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Ready = func(addr string) { ready <- addr }
	go func() { done <- h.srv.Serve(ctx, server.ServeOptions{Listen: "127.0.0.1:0", Port: o}) }()
	select {
	case h.addr = <-ready:
	case err := <-done:
		cancel()
		h.Fatal(err)
	}
	end := h.stop
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.Errorf("serve: %v", err)
		}
		end()
		h.stop = func() {}
	}
}

// work assigns the agent an item over customers.
func (h *house) work(from, to int) pii.RequestID {
	h.Helper()
	id, err := h.srv.Register().OpenWork(context.Background(), register.Asked{By: h.crm, Request: newID()}, register.Work{
		Kind: grant.CallTask, Purpose: "telesales", Assignee: h.agent.Person.ID, Subjects: h.ids[from-1 : to], Until: time.Now().Add(24 * time.Hour),
	})
	h.ok(err)
	return id
}

// login issues the agent a login and returns how to connect with it.
func (h *house) login(work pii.RequestID, form pii.Form) string {
	h.Helper()
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: work, Form: form})
	h.ok(err)
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", l.Name, l.Password, h.addr, l.Name)
}

func (h *house) connect(dsn string) *pgx.Conn {
	h.Helper()
	c, err := pgx.Connect(context.Background(), dsn)
	h.ok(err)
	h.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func query(c *pgx.Conn, sql string, args ...any) ([]string, error) {
	r, err := c.Query(context.Background(), sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, func(r pgx.CollectableRow) (string, error) {
		v, err := r.Values()
		return strings.TrimSuffix(fmt.Sprintln(v...), "\n"), err
	})
}

// recorded counts, of each subject, the fields that entries of disclosures name.
func (h *house) recorded() map[pii.Ordinal]int { return h.recordedFrom(0) }

func (h *house) recordedFrom(from uint64) map[pii.Ordinal]int {
	h.Helper()
	n := map[pii.Ordinal]int{}
	for i := from; i < h.srv.Ledger().Size(); i++ {
		r, err := h.srv.Ledger().Record(context.Background(), i)
		h.ok(err)
		if r.Leaf.Kind != proof.KindDisclosure {
			continue
		}
		r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
			if l.Shown {
				n[o]++
			}
			return true
		})
	}
	return n
}
