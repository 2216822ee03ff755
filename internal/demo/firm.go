package demo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

// firm is the demonstration firm while it is played.
type firm struct {
	Options
	production
	home   *home
	plot   *plot
	people customers
	clock  *clock
	show   *progress
	srv    *server.Server

	officerCode       string    // her next one
	workers           []*worker // agents first, as in the plot
	desk, partners    []*worker
	lead              *worker // supervisor of the service desk
	security          *worker // the security administrator
	crm, imports, pbx party.Principal
	switchToken       string
	ids               []pii.SubjectID // of customers, by number

	tally   tally
	loot    loot
	filed   int
	finding trace.Finding
	carried [2]int // before and after
	rows    [2]figures

	sw             *switchProcess
	stopServing    func() error
	address        string
	pack           string
	packVerified   bool
	ledgerVerified bool
	kinds          map[proof.Kind]int64 // entries of the ledger, by kind
	ledgerSize     uint64
}

// worker is somebody who works with customers.
type worker struct {
	id   pii.PersonID
	org  pii.OrgID
	kind party.PersonKind
	code string // for the first sign-in
	key  *passkey

	session string // the day's access token
	now     party.Principal
	work    pii.RequestID // the day's work item
}

const origin = "goldbell.invalid/demo"

// found makes the data directory and opens it.
func (f *firm) found(ctx context.Context) error {
	f.show.phase("found")
	f.clock.set(workday(0, 9, 0).AddDate(0, 0, -3))
	made, err := server.Init(ctx, server.InitOptions{Places: f.home.Places, Title: "云帆科技（演示）", Origin: origin, Clock: f.clock.Now})
	if err != nil {
		return err
	}
	f.home.Data, f.home.Keys = made.Data, made.Keys
	if err := f.home.mark(made); err != nil {
		return err
	}
	f.officerCode = made.SetupCode
	return f.open(ctx)
}

func (f *firm) open(ctx context.Context) (err error) {
	f.srv, err = server.Open(ctx, server.Options{Places: f.home.Places, Clock: f.clock.Now, Console: f.Console})
	return err
}

// close ends what runs, the switch first: it still reports.
func (f *firm) close() error {
	if f.sw != nil {
		f.sw.end()
	}
	if f.stopServing != nil {
		_ = f.stopServing()
	}
	if f.srv == nil {
		return nil
	}
	return f.srv.Close()
}

// officer signs the officer in afresh.
func (f *firm) officer(ctx context.Context) (party.Principal, error) {
	_, p, err := f.signIn(ctx, &f.officerCode)
	return p, err
}

// signIn spends a code; the next one takes its place.
func (f *firm) signIn(ctx context.Context, code *string) (secret string, p party.Principal, err error) {
	issued, err := f.srv.Authn().SignIn(ctx, *code, "demo")
	if err != nil {
		return "", p, err
	}
	*code = issued.NextCode
	p, err = f.srv.Authn().Principal(ctx, issued.Secret, "demo")
	return issued.Secret, p, err
}

// hire registers organisations, services and everybody who works.
func (f *firm) hire(ctx context.Context) error {
	f.show.phase("hire")
	officer, err := f.officer(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, party.Principal) error{f.putOrgs, f.putServices, f.putPeople} {
		if err := step(ctx, officer); err != nil {
			return err
		}
	}
	return nil
}

var partnerFirms = []pii.OrgID{"kaiyun", "zhongtuo", "haina", "sanwei"}

func (f *firm) putOrgs(ctx context.Context, officer party.Principal) error {
	orgs := []party.Org{
		{ID: agencies[1], Kind: party.Entrusted, Title: "华讯呼叫中心服务有限公司"}, {ID: agencies[2], Kind: party.Entrusted, Title: "联达外包服务有限公司"},
		{ID: dial.SwitchOrg, Kind: party.Entrusted, Title: "通信中继服务商"},
	}
	for i := range f.plot.firms {
		orgs = append(orgs, party.Org{ID: partnerFirms[i], Kind: party.Handler, Title: "合作伙伴 " + string(partnerFirms[i])})
	}
	for _, o := range orgs {
		o.Agreement = party.Agreement{Reference: "C-2025-" + string(o.ID), Until: f.clock.Now().AddDate(2, 0, 0)}
		o.Assessment = party.Assessment{Reference: "PIA-2025-" + string(o.ID), On: f.clock.Now().AddDate(-1, 0, 0)}
		if err := f.srv.Register().PutOrg(ctx, asked(officer), o); err != nil && !fault.IsID(err, "exists") {
			return err
		}
	}
	return nil
}

func (f *firm) putServices(ctx context.Context, _ party.Principal) error {
	for _, s := range []struct {
		scope string
		into  *party.Principal
	}{{door.ScopeImport, &f.imports}, {door.ScopeCRM, &f.crm}, {door.ScopeSwitch, &f.pbx}} {
		issued, err := f.srv.Authn().CreateToken(ctx, f.officerCode, "demo-"+s.scope, s.scope, "demo")
		if err != nil {
			return err
		}
		f.officerCode = issued.NextCode
		if *s.into, err = f.srv.Authn().Principal(ctx, issued.Secret, "demo"); err != nil {
			return err
		}
		if s.scope == door.ScopeSwitch {
			f.switchToken = issued.Secret
		}
	}
	return nil
}

// putPeople registers everybody with contract and training. Their codes come from
// the security administrator, who assigns no work.
func (f *firm) putPeople(ctx context.Context, officer party.Principal) error {
	f.recruit()
	f.security = &worker{id: "security-01", org: pii.Own, kind: party.SecAdmin}
	err := f.putPerson(ctx, officer, f.security)
	if err != nil {
		return err
	}
	if f.security.code, err = f.srv.Authn().Invite(ctx, officer, f.security.id); err != nil {
		return err
	}
	if err := f.enter(ctx, f.security); err != nil {
		return err
	}
	inviter := f.security.now
	return each(ctx, len(f.workers), func(ctx context.Context, i int) error {
		w := f.workers[i]
		if err := f.putPerson(ctx, officer, w); err != nil {
			return err
		}
		w.code, err = f.srv.Authn().Invite(ctx, inviter, w.id)
		return err
	})
}

func (f *firm) recruit() {
	for _, a := range f.plot.agents {
		kind := party.Outsourced
		if a.org == pii.Own {
			kind = party.Staff
		}
		f.workers = append(f.workers, &worker{id: a.id, org: a.org, kind: kind})
	}
	for i := range f.plot.desk {
		f.desk = append(f.desk, &worker{id: pii.PersonID(fmt.Sprintf("desk-%02d", i+1)), org: pii.Own, kind: party.Staff})
	}
	f.lead = &worker{id: "desk-lead", org: pii.Own, kind: party.Staff}
	for i := range f.plot.firms * 2 {
		org := partnerFirms[i/2]
		f.partners = append(f.partners, &worker{id: pii.PersonID(fmt.Sprintf("%s-%02d", org, i%2+1)), org: org, kind: party.Partner})
	}
	f.workers = append(append(append(f.workers, f.desk...), f.lead), f.partners...)
}

func (f *firm) putPerson(ctx context.Context, by party.Principal, w *worker) error {
	now := f.clock.Now()
	return f.srv.Register().PutPerson(ctx, asked(by), party.Person{
		ID: w.id, Org: w.org, Kind: w.kind, ContractFrom: now.AddDate(-1, 0, 0), TrainedUntil: now.AddDate(1, 0, 0),
	})
}

// batch is how many customers the import stores at a time.
const batch = 1000

// enrol imports the customers, as `goldbell import` does.
func (f *firm) enrol(ctx context.Context) error {
	f.ids = make([]pii.SubjectID, 0, f.plot.customers)
	file := sha256.Sum256(fmt.Append(nil, "demo customers ", f.Seed))
	imp, err := f.srv.Door().OpenImport(ctx, f.imports, newID(), nil, file[:])
	if err != nil {
		return err
	}
	for from := 0; from < f.plot.customers; from += batch {
		f.show.step("import", from, f.plot.customers)
		e := door.Enrolment{ID: newID(), Import: imp}
		for i := from; i < min(from+batch, f.plot.customers); i++ {
			e.Rows = append(e.Rows, f.people.row(i))
		}
		ids, err := f.srv.Door().Enrol(ctx, f.imports, e)
		if err != nil {
			return err
		}
		f.ids = append(f.ids, ids...)
	}
	_, err = f.srv.Door().FinishImport(ctx, f.imports, newID(), nil, imp)
	return err
}

func asked(by party.Principal) register.Asked {
	return register.Asked{By: by, Request: newID()}
}

func newID() (id pii.RequestID) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// atOnce is how many act at the same time: what queues during a commit is the next.
const atOnce = 128

// each runs f for 0 to n-1, some at a time, and returns the first error.
func each(ctx context.Context, n int, f func(context.Context, int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, n) {
		wait.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					continue
				}
				if err := f(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return context.Cause(ctx)
}
