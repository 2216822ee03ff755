package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/company"
	"github.com/goldbell/goldbell/proof"
)

// postgres is the company's own database as this process knows it: what is enrolled,
// whether anything goes round it, and the privileged source behind the vault.
type postgres struct {
	s      *Server
	source *company.Source
	tables atomic.Pointer[enrolment.Set]

	mu      sync.Mutex      // guards the next five
	planned []*company.Plan // shown, and perhaps applied; the newest last
	roles   company.Roles
	holes   []company.Hole
	checked time.Time // when the last check ended; zero: never, and nothing is served
	failed  error     // of the last check
	again   chan struct{}
}

// useCompany is what the connection strings are sealed for.
const useCompany = "company database"

func (s *Server) openPostgres(ctx context.Context) error {
	p := &postgres{s: s, again: make(chan struct{}, 1)}
	p.tables.Store(enrolment.NewSet(nil))
	p.source = company.NewSource(func(context.Context, string) (string, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.roles.Source == "" {
			return "", fault.New(fault.Unavailable, "pg-no-database", "")
		}
		return p.roles.SourceDSN(), nil
	}, rand.Reader)
	s.postgres = p
	s.vault.SetSource(p.source, p.tables.Load)
	return p.load(ctx)
}

// load reads what is enrolled. Rows the ledger did not write enrol nothing.
func (p *postgres) load(ctx context.Context) error {
	roles, tables, err := enrolled(ctx, p.s.store, p.s.ring, p.s.ledger.CheckStamp)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.roles != roles {
		p.roles = roles
		p.source.Forget(roles.Database)
	}
	p.tables.Store(enrolment.NewSet(tables))
	return nil
}

// enrolled reads and opens what is enrolled.
func enrolled(ctx context.Context, from enrolment.Store, ring *keyring.Ring, genuine func(pii.Stamped) error) (roles company.Roles, tables []*enrolment.Table, err error) {
	c, ok, err := from.Company(ctx)
	if err != nil || !ok || genuine(&c) != nil {
		return roles, nil, err
	}
	plain, err := ring.OpenFor(useCompany, nil, c.Sealed)
	if err != nil || json.Unmarshal(plain, &roles) != nil {
		return roles, nil, fault.New(fault.Unavailable, "seal-broken", "company database")
	}
	all, err := from.Tables(ctx)
	if err != nil {
		return roles, nil, err
	}
	for _, t := range all {
		if genuine(t) == nil && !t.Ended {
			tables = append(tables, t)
		}
	}
	return roles, tables, nil
}

// planner plans for what is known now.
func (p *postgres) planner() company.Planner {
	p.mu.Lock()
	defer p.mu.Unlock()
	return company.Planner{Schema: p.s.settings.Schema, Known: p.tables.Load(), Roles: p.roles, Rand: rand.Reader}
}

// Plan says what an enrolment would do, and changes nothing.
func (p *postgres) Plan(ctx context.Context, a httpapi.PostgresAsk) (httpapi.PostgresPlan, error) {
	plan, err := p.plan(ctx, a)
	if err != nil {
		return httpapi.PostgresPlan{}, err
	}
	p.keep(plan)
	out := told(plan, false)
	out.Plan = plan.Table.ID.String()
	return out, nil
}

// keptPlans is how many plans are remembered between showing and applying them.
const keptPlans = 16

// keep remembers a plan that was shown.
func (p *postgres) keep(plan *company.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planned = append(p.planned, plan)
	p.planned = p.planned[max(0, len(p.planned)-keptPlans):]
}

// shown finds a plan that was shown: just what an operator said yes to is applied.
func (p *postgres) shown(id, database string) (*company.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, plan := range p.planned {
		if plan.Table.ID.String() == id && plan.Table.Database == database && (p.roles.Reader == "" || p.roles == plan.Roles) {
			return plan, nil
		}
	}
	return nil, fault.New(fault.NotFound, "not-found", "plan")
}

func (p *postgres) plan(ctx context.Context, a httpapi.PostgresAsk) (*company.Plan, error) {
	planner := p.planner()
	database, err := company.Database(a.DSN)
	if err != nil {
		return nil, err
	}
	if planner.Roles.Reader != "" && planner.Roles.Database != database {
		return nil, fault.New(fault.Conflict, "pg-other-database", "--dsn")
	}
	if a.Plan != "" {
		return p.shown(a.Plan, database)
	}
	return planner.Plan(ctx, company.Ask{DSN: a.DSN, Table: a.Table, Subject: a.Subject, Protect: a.Protect, Show: a.Show, Open: a.Open})
}

func told(plan *company.Plan, applied bool) httpapi.PostgresPlan {
	out := httpapi.PostgresPlan{SQL: plan.SQL, Undo: plan.Undo, Notes: plan.Notes, Applied: applied}
	for _, l := range plan.Looks {
		out.Looks = append(out.Looks, httpapi.PostgresLook{Column: l.Column, Field: string(l.Field), Share: l.Share})
	}
	if applied {
		out.ID, out.View = plan.Table.ID.String(), plan.Table.View
	}
	return out
}

// Enrol applies a plan in one transaction of the company's database and records it.
// What cannot be recorded is taken back.
func (p *postgres) Enrol(ctx context.Context, by party.Principal, id pii.RequestID, a httpapi.PostgresAsk) (httpapi.PostgresPlan, error) {
	plan, err := p.plan(ctx, a)
	if err != nil {
		return httpapi.PostgresPlan{}, err
	}
	if len(plan.Looks) > 0 {
		return told(plan, false), fault.New(fault.Invalid, "pg-looks-protected", "--protect")
	}
	if err := company.Run(ctx, a.DSN, plan.SQL); err != nil {
		return httpapi.PostgresPlan{}, err
	}
	t := plan.Table
	t.By, t.At = by.Person.ID, p.s.clock().UTC().Truncate(time.Microsecond)
	if err = company.Define(ctx, plan.Roles, t); err == nil {
		err = p.record(ctx, by, id, t, plan.Roles, "enrolled")
	}
	if err != nil {
		_ = company.Run(context.WithoutCancel(ctx), a.DSN, plan.Undo)
		return httpapi.PostgresPlan{}, err
	}
	if err := p.load(ctx); err != nil {
		return httpapi.PostgresPlan{}, err
	}
	p.wake()
	return told(plan, true), nil
}

// record appends the entry of a table that is enrolled or taken out.
func (p *postgres) record(ctx context.Context, by party.Principal, id pii.RequestID, t *enrolment.Table, roles company.Roles, act string) error {
	plain, err := json.Marshal(roles)
	if err != nil {
		return fault.New(fault.Internal, "internal", "roles")
	}
	sealed, err := p.s.ring.SealFor(useCompany, nil, plain)
	if err != nil {
		return fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	c := &enrolment.Company{Sealed: sealed}
	var fields []pii.Field
	for _, x := range t.Columns {
		if !slices.Contains(fields, x.Field) {
			fields = append(fields, x.Field)
		}
	}
	r, err := p.s.ledger.Append(ctx, ledger.Item{Request: id, Entry: ledger.Entry{
		Kind: proof.KindSource, Actor: by.Person.ID, Org: by.Org.ID, Fields: fields,
		Facts: []proof.Field{
			{Name: "act", Value: act}, {Name: "enrolment", Value: t.ID.String()}, {Name: "database", Value: t.Database},
			{Name: "table", Value: t.Schema + "." + t.Name},
		},
		Effects: []ledger.Effect{enrolment.Put{Table: t}, enrolment.CompanyPut{Company: c}},
	}})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

// Undo takes a table out: its view, indexes and grants, and with the last one the
// roles. Its subjects stay, as the records about them do.
func (p *postgres) Undo(ctx context.Context, by party.Principal, id pii.RequestID, dsn, table string, apply bool) (httpapi.PostgresPlan, error) {
	schema, name, _ := strings.Cut(table, ".")
	planner := p.planner()
	all := planner.Known.In(planner.Roles.Database)
	at := slices.IndexFunc(all, func(t *enrolment.Table) bool { return t.Schema == schema && t.Name == name })
	if at < 0 {
		return httpapi.PostgresPlan{}, fault.New(fault.NotFound, "pg-not-enrolled", "--table")
	}
	t := *all[at]
	if slices.ContainsFunc(all, func(x *enrolment.Table) bool { return x.ID != t.ID && x.Of == t.ID }) {
		return httpapi.PostgresPlan{}, fault.New(fault.Conflict, "pg-referred-to", "--table")
	}
	last := len(all) == 1
	out := httpapi.PostgresPlan{SQL: company.UndoSQL(&t, planner.Roles, last), ID: t.ID.String(), View: t.View}
	if !apply {
		return out, nil
	}
	// Recorded first: from then on nothing of the table is shown, whatever becomes of
	// its view.
	t.Ended = true
	roles := planner.Roles
	if last {
		roles = company.Roles{}
	}
	if err := p.record(ctx, by, id, &t, roles, "ended"); err != nil {
		return httpapi.PostgresPlan{}, err
	}
	if err := p.load(ctx); err != nil {
		return httpapi.PostgresPlan{}, err
	}
	if err := company.Run(ctx, dsn, out.SQL); err != nil {
		return httpapi.PostgresPlan{}, err
	}
	out.Applied = true
	p.wake()
	return out, nil
}

// Tables lists what is enrolled.
func (p *postgres) Tables() []*enrolment.Table {
	p.mu.Lock()
	database := p.roles.Database
	p.mu.Unlock()
	return p.tables.Load().In(database)
}

// Check looks for ways round the views now, through the data too.
func (p *postgres) Check(ctx context.Context) ([]httpapi.PostgresHole, error) {
	holes, err := p.check(ctx, true)
	out := make([]httpapi.PostgresHole, len(holes))
	for i, h := range holes {
		out[i] = httpapi.PostgresHole(h)
	}
	return out, err
}

func (p *postgres) check(ctx context.Context, data bool) ([]company.Hole, error) {
	if err := p.load(ctx); err != nil { // another process may have enrolled
		return nil, p.checkedWith(nil, err, data)
	}
	p.mu.Lock()
	roles := p.roles
	p.mu.Unlock()
	if roles.Reader == "" {
		return nil, p.checkedWith(nil, fault.New(fault.NotFound, "pg-no-database", ""), data)
	}
	holes, err := company.Checker{Roles: roles, Tables: p.tables.Load().In(roles.Database), Data: data, Rand: rand.Reader}.Check(ctx)
	return holes, p.checkedWith(holes, err, data)
}

// checkedWith remembers what a check found. One that did not look through the data
// does not close what is there.
func (p *postgres) checkedWith(holes []company.Hole, err error, data bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !data && err == nil {
		for _, h := range p.holes {
			if h.ID == "pg-hole-data" {
				holes = append(slices.Clone(holes), h)
			}
		}
	}
	if data || !p.checked.IsZero() { // the first check looks at everything
		p.checked = p.s.clock()
	}
	if len(holes) > 0 && len(p.holes) == 0 {
		p.s.alarm("pg-bypass")
	}
	p.holes, p.failed = holes, err
	return err
}

// checkedFor is how long a check is good for: where it cannot be repeated, the port
// stops.
const checkedFor = 5 * time.Minute

// Serving says why the port must not serve, if so.
func (p *postgres) Serving(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed != nil:
		return p.failed
	case p.checked.IsZero() || p.s.clock().Sub(p.checked) > checkedFor:
		return fault.New(fault.Unavailable, "pg-bypass", "check")
	case len(p.holes) > 0:
		return fault.New(fault.Unavailable, "pg-bypass", "")
	}
	return nil
}

// wake asks for a full check and a pass soon.
func (p *postgres) wake() {
	select {
	case p.again <- struct{}{}:
	default:
	}
}

// How often the catalogue is checked, and how often the data and every row are looked
// at.
const (
	checkEvery = time.Minute
	passEvery  = time.Hour
)

// run checks at the start, by the clock and when the database tells of a change, and
// passes over the enrolled tables.
func (p *postgres) run(ctx context.Context) {
	told := make(chan struct{}, 1)
	go p.listen(ctx, told)
	check, pass := time.NewTicker(checkEvery), time.NewTicker(passEvery)
	defer check.Stop()
	defer pass.Stop()
	p.full(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.again:
			p.full(ctx)
		case <-pass.C:
			p.full(ctx)
		case <-told:
			_, _ = p.check(ctx, false)
		case <-check.C:
			_, _ = p.check(ctx, false)
		}
	}
}

// full checks everything, and makes subjects of the rows that are none yet.
func (p *postgres) full(ctx context.Context) {
	if _, err := p.check(ctx, true); err != nil {
		return // Serving says why
	}
	for _, t := range p.Tables() {
		if len(t.Columns) == 0 || t.Of != t.ID {
			continue
		}
		if err := p.pass(ctx, t); err != nil && ctx.Err() == nil {
			p.s.alarm("pg-sweep-failed")
		}
	}
}

func (p *postgres) pass(ctx context.Context, t *enrolment.Table) error {
	for after := ""; ctx.Err() == nil; {
		f, err := p.s.door.Follow(ctx, t, after)
		if err != nil || f.Rows == 0 {
			return err
		}
		after = f.Last
	}
	return ctx.Err()
}

// listen passes on what the database tells, and comes back when the connection ends.
func (p *postgres) listen(ctx context.Context, told chan<- struct{}) {
	for ctx.Err() == nil {
		p.mu.Lock()
		roles := p.roles
		p.mu.Unlock()
		if roles.Source != "" {
			_ = company.Listen(ctx, roles, func() {
				select {
				case told <- struct{}{}:
				default:
				}
			})
		}
		select {
		case <-ctx.Done():
		case <-time.After(checkEvery / 6):
		}
	}
}

// Adopt makes subjects of rows, for who keeps the company's records.
func (p *postgres) Adopt(ctx context.Context, by party.Principal, id string, keys []string) ([]pii.SubjectID, error) {
	var table enrolment.ID
	if table.UnmarshalText([]byte(id)) != nil {
		return nil, fault.New(fault.Invalid, "bad-request", "table")
	}
	t, ok := p.tables.Load().Table(table)
	if !ok || len(t.Columns) == 0 || t.Of != t.ID {
		return nil, fault.New(fault.NotFound, "pg-not-enrolled", "table")
	}
	return p.s.door.Adopt(ctx, by, t, keys)
}

// CheckPostgres looks for ways round the views of a data directory's enrolled database.
// It reads only, and works beside a running server.
func CheckPostgres(ctx context.Context, places Places) (holes []httpapi.PostgresHole, err error) {
	err = readLedger(ctx, places, func(c ledger.Config, db *store.DB) error {
		genuine := func(r pii.Stamped) error { return ledger.CheckStampWith(c.Ring, r) }
		roles, tables, err := enrolled(ctx, db, c.Ring, genuine)
		if err != nil {
			return err
		}
		if roles.Reader == "" {
			return fault.New(fault.NotFound, "pg-no-database", "")
		}
		found, err := company.Checker{Roles: roles, Tables: tables, Data: true, Rand: rand.Reader}.Check(ctx)
		for _, h := range found {
			holes = append(holes, httpapi.PostgresHole(h))
		}
		return err
	})
	return holes, err
}
