package register_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantID(t testing.TB, err error, id string) {
	t.Helper()
	if !fault.IsID(err, id) {
		t.Fatalf("got %v, want %s", err, id)
	}
}

// firm is a house with one principal of every role.
type firm struct {
	*authntest.House
	*register.Register
	by map[string]party.Principal
}

func open(t testing.TB) *firm {
	h := authntest.Open(t)
	h.SetUp()
	h.Org("agency", party.Entrusted)
	h.Org("reseller", party.Handler)
	f := &firm{House: h, by: map[string]party.Principal{"officer": h.Principal("officer", "")}}
	for kind, org := range map[party.PersonKind]pii.OrgID{
		party.SystemAdmin: pii.Own, party.SecAdmin: pii.Own, party.Auditor: pii.Own, party.Staff: pii.Own,
		party.Outsourced: "agency", party.Partner: "reseller",
	} {
		f.by[string(kind)] = h.Person(pii.PersonID(kind), kind, org)
	}
	for _, scope := range []string{"import", "switch", "crm", "metrics"} {
		f.by["service/"+scope] = h.Service(scope)
	}
	f.Register = register.New(register.Config{
		People: h.Store, Asks: h.Store, Rounds: h.Store, Rand: rand.Reader, Numbers: h.Store, Work: h.Store, Consents: h.Store, Subjects: h, Keys: h.Vault.RecordKeys,
		Sheets: grant.Sheets(), Schema: pii.Registration(), Fingerprint: h.Fingerprint, Ledger: h.Ledger, Clock: h.Now,
		Rules: func(text string) (string, error) {
			rules, err := policy.Load(text)
			if err != nil {
				return "", err
			}
			return rules.Version(), nil
		},
		Proposed: h.Store, InForce: func(ctx context.Context) (door.RuleSet, error) {
			set, _, err := h.Store.RuleSet(ctx, h.Ledger.Rules())
			return set, err
		},
	})
	return f
}

func (f *firm) ask(role string) register.Asked {
	return register.Asked{By: f.by[role], Request: f.Request()}
}

func (f *firm) person(id pii.PersonID, kind party.PersonKind, org pii.OrgID) party.Person {
	return party.Person{ID: id, Org: org, Kind: kind, ContractFrom: authntest.Start.Add(-time.Hour)}
}

func (f *firm) work(to pii.PersonID, subjects ...pii.SubjectID) register.Work {
	return register.Work{
		Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: to, Subjects: subjects, Until: f.Now().Add(24 * time.Hour),
	}
}

// Who may do what, in full: each role tries each action.
func TestDuties(t *testing.T) {
	want := map[string]string{
		"officer":         "org person end work close consent opt-out propose try withdraw approve",
		"secadmin":        "person end propose try withdraw approve",
		"sysadmin":        "",
		"auditor":         "",
		"staff":           "",
		"outsourced":      "",
		"partner":         "",
		"service/crm":     "work close consent opt-out",
		"service/switch":  "inbound",
		"service/import":  "",
		"service/metrics": "",
	}
	for role, allowed := range want {
		t.Run(role, func(t *testing.T) {
			f := open(t)
			her := f.Enrol("13900001111")
			f.Put(proof.KindParty, party.PersonPut{Person: ptr(f.person("leaver", party.Staff, pii.Own))})
			item := must[pii.RequestID](t)(f.OpenWork(t.Context(), f.ask("officer"), f.work("leaver", her)))
			open := f.proposed("officer-2", "")
			other := f.proposed("officer-2", "")
			tries := map[string]func() error{
				"org": func() error {
					return f.PutOrg(t.Context(), f.ask(role), party.Org{ID: "new", Kind: party.Entrusted, Title: "New"})
				},
				"person":  func() error { return f.PutPerson(t.Context(), f.ask(role), f.person("joiner", party.Staff, pii.Own)) },
				"close":   func() error { return f.CloseWork(t.Context(), f.ask(role), item) },
				"end":     func() error { return f.EndPerson(t.Context(), f.ask(role), "leaver") },
				"opt-out": func() error { return f.PutOptOut(t.Context(), f.ask(role), her, true) },
				"consent": func() error {
					return f.PutConsent(t.Context(), f.ask(role), register.Consent{
						Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller", Given: true, Notice: "1", Proof: authntest.Hash("form"),
					})
				},
				"work": func() error { _, err := f.OpenWork(t.Context(), f.ask(role), f.work("outsourced", her)); return err },
				"inbound": func() error {
					w := f.work("partner", her)
					w.Kind, w.Purpose = grant.Inbound, grant.Support
					_, err := f.OpenWork(t.Context(), f.ask(role), w)
					return err
				},
				"propose":  func() error { _, err := f.Propose(t.Context(), f.ask(role), text("")); return err },
				"try":      func() error { return f.KeepTrial(t.Context(), f.ask(role), open, policy.Trial{}) },
				"withdraw": func() error { _, err := f.Withdraw(t.Context(), f.ask(role), other); return err },
				"approve":  func() error { _, err := f.Approve(t.Context(), f.ask(role), open); return err },
			}
			for _, name := range []string{"org", "person", "work", "inbound", "consent", "opt-out", "close", "end", "propose", "try", "withdraw", "approve"} {
				may := slices.Contains(strings.Fields(allowed), name) ||
					name == "inbound" && slices.Contains(strings.Fields(allowed), "work")
				before := f.Ledger.Size()
				err := tries[name]()
				if may != (err == nil) || !may && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: %v", name, err)
				}
				if wrote := f.Ledger.Size() - before; wrote != map[bool]uint64{true: 1}[may] {
					t.Errorf("%s wrote %d entries", name, wrote)
				}
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// A principal whose power ended since he was authenticated decides nothing.
func TestActorIsReadAgain(t *testing.T) {
	f := open(t)
	f.Person("officer-2", party.Officer, pii.Own)
	f.by["second"] = f.Principal("officer-2", "")
	ok(t, f.EndPerson(t.Context(), f.ask("officer"), "officer-2"))
	err := f.PutOrg(t.Context(), f.ask("second"), party.Org{ID: "new", Kind: party.Entrusted, Title: "New"})
	wantID(t, err, "not-yours")
}

func TestPutPersonRefuses(t *testing.T) {
	f := open(t)
	f.Put(proof.KindParty, party.PersonPut{Person: ptr(f.person("a1", party.Staff, pii.Own))})
	for _, c := range []struct {
		role string
		p    party.Person
		want string
	}{
		{"secadmin", f.person("x", party.Officer, pii.Own), "not-yours"},
		{"secadmin", f.person("x", party.Auditor, pii.Own), "not-yours"},
		{"officer", f.person("x", party.Service, pii.Own), "not-yours"},
		{"officer", f.person("x", "boss", pii.Own), "bad-request"},
		{"officer", f.person("", party.Staff, pii.Own), "bad-request"},
		{"officer", f.person("a b", party.Staff, pii.Own), "bad-request"},
		{"officer", f.person("x", party.Staff, "agency"), "bad-request"},
		{"officer", f.person("x", party.Outsourced, pii.Own), "bad-request"},
		{"officer", f.person("x", party.Outsourced, "reseller"), "bad-request"},
		{"officer", f.person("x", party.Partner, "nowhere"), "bad-request"},
		{"officer", party.Person{ID: "x", Org: pii.Own, Kind: party.Staff}, "bad-request"},
		{"officer", f.person("officer", party.Staff, pii.Own), "not-yours"},
		{"officer", f.person("sysadmin", party.SecAdmin, pii.Own), "kind-fixed"},
		{"officer", f.person("sysadmin", party.Staff, pii.Own), "kind-fixed"},
		{"officer", f.person("a1", party.Auditor, pii.Own), "kind-fixed"},
		{"secadmin", f.person("officer", party.Staff, pii.Own), "kind-fixed"},
		{"secadmin", f.person("crm", party.Staff, pii.Own), "kind-fixed"},
	} {
		t.Run(fmt.Sprintf("%s puts %s %s", c.role, c.p.ID, c.p.Kind), func(t *testing.T) {
			wantID(t, f.PutPerson(t.Context(), f.ask(c.role), c.p), c.want)
		})
	}
	// Staff may become outsourced: the work is the same, the employer another.
	ok(t, f.PutPerson(t.Context(), f.ask("secadmin"), f.person("a1", party.Outsourced, "agency")))
}

func TestPutOrgRefuses(t *testing.T) {
	f := open(t)
	for _, c := range []struct {
		o    party.Org
		want string
	}{
		{party.Org{ID: "New", Kind: party.Entrusted, Title: "N"}, "bad-request"},
		{party.Org{ID: "new", Kind: "friend", Title: "N"}, "bad-request"},
		{party.Org{ID: "new", Kind: party.OwnCompany, Title: "N"}, "bad-request"},
		{party.Org{ID: pii.Own, Kind: party.Entrusted, Title: "N"}, "bad-request"},
		{party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: "N", Suspended: true}, "bad-request"},
		{party.Org{ID: "new", Kind: party.Entrusted}, "bad-request"},
		{party.Org{ID: "new", Kind: party.Entrusted, Title: "a\nb"}, "bad-request"},
		{party.Org{ID: "agency", Kind: party.Handler, Title: "N"}, "kind-fixed"},
	} {
		wantID(t, f.PutOrg(t.Context(), f.ask("officer"), c.o), c.want)
	}
	local := time.FixedZone("", 8*3600)
	ok(t, f.PutOrg(t.Context(), f.ask("officer"), party.Org{
		ID: "agency", Kind: party.Entrusted, Title: "Agency", Agreement: party.Agreement{Reference: "C-7", Until: time.Date(2027, 1, 1, 0, 0, 0, 1, local)}, Assessment: party.Assessment{Reference: "PIA-7"},
	}))
	got, _, err := f.Store.Org(t.Context(), "agency")
	if err != nil || !got.Agreement.Until.Equal(time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)) || got.Assessment.Reference != "PIA-7" {
		t.Fatalf("stored %+v (%v)", got, err)
	}
}

func TestOpenWork(t *testing.T) {
	f := open(t)
	a, b := f.Enrol("13900001111"), f.Enrol("13900002222")
	request := f.ask("service/crm")
	request.Hash = authntest.Hash("body")
	id := must[pii.RequestID](t)(f.OpenWork(t.Context(), request, f.work("outsourced", b, a)))
	w, found, err := f.Store.Item(t.Context(), id)
	if err != nil || !found || id != request.Request {
		t.Fatalf("no item of the request's id (%v)", err)
	}
	ordinals, _, err := f.Resolve(t.Context(), []pii.SubjectID{a, b})
	ok(t, err)
	want := grant.WorkItem{
		ID: id, Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: "outsourced", Recipient: "agency", OpenedBy: "crm",
		OpenedAt: authntest.Start, Until: authntest.Start.Add(24 * time.Hour), Subjects: 2, Digest: grant.Digest(ordinals), Stamp: w.Stamp,
	}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Fatal(diff)
	}
	ok(t, f.Ledger.CheckStamp(&w))
	members := must[[]grant.Member](t)(f.Store.MembersAfter(t.Context(), id, 0, 10))
	for i := range members {
		ok(t, f.Ledger.CheckStamp(&members[i]))
	}
	if len(members) != 2 {
		t.Fatalf("%d members", len(members))
	}
	again := must[pii.RequestID](t)(f.OpenWork(t.Context(), request, f.work("outsourced", b, a)))
	if again != id || len(f.Records(proof.KindWorkItem)) != 1 {
		t.Fatal("a retry opened another item")
	}
}

func TestOpenWorkRefuses(t *testing.T) {
	f := open(t)
	her, nobody := f.Enrol("13900001111"), pii.SubjectID{1}
	f.Put(proof.KindParty, party.PersonPut{Person: &party.Person{
		ID: "gone", Org: pii.Own, Kind: party.Staff, ContractFrom: authntest.Start.Add(-2 * time.Hour), ContractUntil: authntest.Start,
	}})
	many := make([]pii.SubjectID, 1001)
	for i := range many {
		many[i] = pii.SubjectID{2, byte(i >> 8), byte(i)}
	}
	for name, c := range map[string]struct {
		role string
		edit func(*register.Work)
		want string
	}{
		"kind":                 {"officer", func(w *register.Work) { w.Kind = "fun" }, "bad-request at kind"},
		"purpose":              {"officer", func(w *register.Work) { w.Purpose = "fun" }, "bad-request at purpose"},
		"purpose of the kind":  {"officer", func(w *register.Work) { w.Purpose = grant.Support }, "bad-request at purpose"},
		"no subjects":          {"officer", func(w *register.Work) { w.Subjects = nil }, "bad-request at subjects"},
		"too many":             {"officer", func(w *register.Work) { w.Subjects = many }, "too-large at subjects"},
		"twice":                {"officer", func(w *register.Work) { w.Subjects = []pii.SubjectID{her, her} }, "bad-request at subjects[1]"},
		"over":                 {"officer", func(w *register.Work) { w.Until = f.Now() }, "bad-request at until"},
		"too long":             {"officer", func(w *register.Work) { w.Until = f.Now().Add(91 * 24 * time.Hour) }, "bad-request at until"},
		"no such assignee":     {"officer", func(w *register.Work) { w.Assignee = "nobody" }, "bad-request at assignee"},
		"a leaver":             {"officer", func(w *register.Work) { w.Assignee = "gone" }, "bad-request at assignee"},
		"an administrator":     {"officer", func(w *register.Work) { w.Assignee = "sysadmin" }, "bad-request at assignee"},
		"himself":              {"officer", func(w *register.Work) { w.Assignee = "officer" }, "not-yours"},
		"switch, not inbound":  {"service/switch", func(*register.Work) {}, "not-yours"},
		"unknown, by the crm":  {"service/crm", func(w *register.Work) { w.Subjects = []pii.SubjectID{her, nobody} }, "not-found at subjects[1]"},
		"unknown, by a person": {"officer", func(w *register.Work) { w.Subjects = []pii.SubjectID{her, nobody} }, "no-grant"},
		"the dummy":            {"service/crm", func(w *register.Work) { w.Subjects = []pii.SubjectID{{}} }, "not-found at subjects[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.work("staff", her)
			c.edit(&w)
			_, err := f.OpenWork(t.Context(), f.ask(c.role), w)
			if diff := cmp.Diff(c.want, fmt.Sprint(err)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
	if n := len(f.Records(proof.KindWorkItem)); n != 0 {
		t.Fatalf("%d items were opened", n)
	}
}

func TestCloseWork(t *testing.T) {
	f := open(t)
	her := f.Enrol("13900001111")
	id := must[pii.RequestID](t)(f.OpenWork(t.Context(), f.ask("officer"), f.work("staff", her)))
	wantID(t, f.CloseWork(t.Context(), f.ask("outsourced"), id), "not-found")
	wantID(t, f.CloseWork(t.Context(), f.ask("staff"), f.Request()), "not-found")
	size := f.Ledger.Size()
	done := f.ask("staff")
	done.Hash = authntest.Hash("close")
	ok(t, f.CloseWork(t.Context(), done, id))
	ok(t, f.CloseWork(t.Context(), done, id)) // a retry
	wantID(t, f.CloseWork(t.Context(), f.ask("officer"), id), "closed")
	wantStale(t, f, size, ledger.WorkKey(id))
}

// wantStale checks that a decision made at size on key is sent back.
func wantStale(t *testing.T, f *firm, size uint64, key string) {
	t.Helper()
	_, err := f.Ledger.Append(t.Context(), ledger.Item{
		Request: f.Request(), Entry: ledger.Entry{Kind: proof.KindDisclosure},
		Basis: ledger.Basis{Size: size, Rules: f.Ledger.Rules(), Keys: []string{key}},
	})
	if !ledger.Stale(err) {
		t.Fatalf("a decision on %s still stands: %v", strings.SplitN(key, "|", 2)[0], err)
	}
}

// Whatever takes something away sends back what was decided on it.
func TestTakingAwayRevokes(t *testing.T) {
	f := open(t)
	her := f.Enrol("13900001111")
	ordinals, _, err := f.Resolve(t.Context(), []pii.SubjectID{her})
	ok(t, err)
	lead := register.Consent{Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller"}
	for name, c := range map[string]struct {
		do   func() error
		keys []string
	}{
		"leaver": {func() error { return f.EndPerson(t.Context(), f.ask("secadmin"), "staff") }, []string{ledger.PersonKey("staff")}},
		"change": {func() error {
			return f.PutPerson(t.Context(), f.ask("secadmin"), f.person("outsourced", party.Outsourced, "agency"))
		}, []string{ledger.PersonKey("outsourced")}},
		"organisation": {func() error {
			return f.PutOrg(t.Context(), f.ask("officer"), party.Org{ID: "agency", Kind: party.Entrusted, Title: "A", Suspended: true})
		}, []string{ledger.OrgKey("agency")}},
		"withdrawal": {func() error { return f.PutConsent(t.Context(), f.ask("service/crm"), lead) },
			[]string{ledger.ConsentKey(ordinals[0], grant.PartnerLeads, "reseller"), ledger.SubjectKey(ordinals[0])}},
		"opt-out": {func() error { return f.PutOptOut(t.Context(), f.ask("service/crm"), her, true) },
			[]string{ledger.OptOutKey(ordinals[0]), ledger.SubjectKey(ordinals[0])}},
		"rules": {func() error { _, err := f.Approve(t.Context(), f.ask("officer"), f.tried("secadmin", "")); return err }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			size, rules := f.Ledger.Size(), f.Ledger.Rules()
			ok(t, c.do())
			for _, key := range c.keys {
				wantStale(t, f, size, key)
			}
			if name == "rules" && f.Ledger.Rules() == rules {
				t.Fatal("the old rules are in force")
			}
		})
	}
}

// EndPerson ends; a forged contract does not bring him back, nor do other rows
// that were changed with SQL serve as ground for a decision.
func TestForgedRowsAreNoGround(t *testing.T) {
	f := open(t)
	her := f.Enrol("13900001111")
	id := must[pii.RequestID](t)(f.OpenWork(t.Context(), f.ask("officer"), f.work("outsourced", her)))
	ok(t, f.EndPerson(t.Context(), f.ask("secadmin"), "staff"))
	_, err := f.OpenWork(t.Context(), f.ask("officer"), f.work("staff", her))
	wantID(t, err, "bad-request")
	f.Forge(`UPDATE person SET suspended = 0, contract_until = 0 WHERE id = 'staff'`)
	_, err = f.OpenWork(t.Context(), f.ask("officer"), f.work("staff", her))
	wantID(t, err, "row-forged")
	f.Forge(`UPDATE work_item SET opened_by = 'switch'`)
	wantID(t, f.CloseWork(t.Context(), f.ask("service/switch"), id), "row-forged")
	f.Forge(`UPDATE org SET suspended = 1 WHERE id = 'reseller'`)
	wantID(t, f.PutConsent(t.Context(), f.ask("officer"), register.Consent{
		Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller", Given: true, Notice: "1", Proof: authntest.Hash("form"),
	}), "row-forged")
	f.Forge(`UPDATE person SET kind = 'officer' WHERE id = 'sysadmin'`)
	f.by["forged"] = f.Principal("sysadmin", "")
	wantID(t, f.EndPerson(t.Context(), f.ask("forged"), "auditor"), "row-forged")
}

func TestConsents(t *testing.T) {
	f := open(t)
	her := f.Enrol("13900001111")
	ordinals, _, err := f.Resolve(t.Context(), []pii.SubjectID{her})
	ok(t, err)
	c := register.Consent{
		Subject: her, Purpose: grant.PartnerLeads, Recipient: "reseller", Given: true, Notice: "2026-03", Proof: authntest.Hash("form"),
	}
	ok(t, f.PutConsent(t.Context(), f.ask("service/crm"), c))
	rows, err := f.Store.Consents(t.Context(), ordinals, c.Purpose, c.Recipient)
	if err != nil || len(rows) != 1 || !rows[0].Given || f.Ledger.CheckStamp(&rows[0]) != nil {
		t.Fatalf("stored %+v (%v)", rows, err)
	}
	for where, spoil := range map[string]func(*register.Consent){
		"purpose":   func(c *register.Consent) { c.Purpose = "fun" },
		"recipient": func(c *register.Consent) { c.Recipient = "nowhere" },
		"notice":    func(c *register.Consent) { c.Notice = "" },
		"proof":     func(c *register.Consent) { c.Proof = []byte("short") },
	} {
		bad := c
		spoil(&bad)
		if err := f.PutConsent(t.Context(), f.ask("service/crm"), bad); fmt.Sprint(err) != "bad-request at "+where {
			t.Errorf("%s: %v", where, err)
		}
	}
	// The entry is about her, under her own key, and shows nothing of hers.
	r := f.Records(proof.KindConsent)[0]
	r.Subjects(func(o pii.Ordinal, line proof.Line) bool {
		if o != ordinals[0] || line.Shown {
			t.Errorf("line %+v", line)
		}
		return true
	})
	if r.Leaf.Subjects != 1 || r.Fact("recipient") != "reseller" {
		t.Fatalf("%d subjects", r.Leaf.Subjects)
	}
}

// meeting holds the first two who read the joiner until both have: each then
// decides on there being none.
type meeting struct {
	party.Store
	both sync.WaitGroup
	mu   sync.Mutex
	left int
}

func (m *meeting) Person(ctx context.Context, id pii.PersonID) (party.Person, party.Org, bool, error) {
	p, o, found, err := m.Store.Person(ctx, id)
	if id == "joiner" {
		m.mu.Lock()
		wait := m.left > 0
		m.left--
		m.mu.Unlock()
		if wait {
			m.both.Done()
			m.both.Wait()
		}
	}
	return p, o, found, err
}

// Two who add the same person at once: one adds, the other changes, and nobody
// replaces a row he did not see.
func TestJoinersRace(t *testing.T) {
	f := open(t)
	f.Person("sec-2", party.SecAdmin, pii.Own)
	f.by["sec-2"] = f.Principal("sec-2", "")
	m := &meeting{Store: f.Store, left: 2}
	m.both.Add(2)
	f.People = m
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, role := range []string{"secadmin", "sec-2"} {
		a := f.ask(role)
		wg.Go(func() {
			errs[i] = f.PutPerson(t.Context(), a, f.person("joiner", party.Staff, pii.Own))
		})
	}
	wg.Wait()
	ok(t, errors.Join(errs...))
	var what []string
	for _, r := range f.Records(proof.KindParty) {
		if r.Fact("person") == "joiner" {
			what = append(what, r.Fact("what"))
		}
	}
	if diff := cmp.Diff([]string{"added", "changed"}, what); diff != "" {
		t.Fatal(diff)
	}
}

// A service whose person is ended has no token any more, a leaver no session.
func TestEndingEndsCredentials(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	code := must[string](t)(f.Authn.Invite(ctx, f.by["secadmin"], "staff"))
	session := must[authn.Issued](t)(f.Authn.SignIn(ctx, code, "test"))
	f.Person("officer-2", party.Officer, pii.Own)
	code = must[string](t)(f.Authn.Invite(ctx, f.by["officer"], "officer-2"))
	token := must[authn.Issued](t)(f.Authn.CreateToken(ctx, code, "crm-2", authn.ScopeCRM, "test"))
	for id, secret := range map[pii.PersonID]string{"staff": session.Secret, "crm-2": token.Secret} {
		must[party.Principal](t)(f.Authn.Principal(ctx, secret, "test"))
		ok(t, f.EndPerson(ctx, f.ask("officer"), id))
		_, err := f.Authn.Principal(ctx, secret, "test")
		wantID(t, err, "unauthenticated")
	}
	wantID(t, f.EndPerson(ctx, f.ask("officer"), "officer"), "not-yours")
	wantID(t, f.EndPerson(ctx, f.ask("secadmin"), "officer"), "not-yours")
	wantID(t, f.EndPerson(ctx, f.ask("secadmin"), "crm"), "not-yours")
}
