package exam_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// subjects finds people as the server does.
type subjects struct{ f *firm.Firm }

func (s subjects) Subject(ctx context.Context, id pii.SubjectID) (ledger.Subject, error) {
	found, err := s.f.Vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	return ledger.Subject{Ordinal: found[0].Ordinal, Key: found[0].Key}, nil
}

func (s subjects) Schema() pii.Schema { return s.f.Vault.Schema() }

func examiner(f *firm.Firm) *exam.Examiner {
	return exam.New(exam.Config{
		Ledger: f.Ledger, Rules: f.Store, Notices: f.Store, Subjects: subjects{f}, Sheets: grant.Sheets(), Clock: func() time.Time { return f.Now },
	})
}

// answered is what the live door said to a request, and when.
type answered struct {
	request exam.Request
	of      pii.Ordinal
	allow   bool
	rules   []string
}

// year is a firm whose rows change at random; each row is told to the ledger alone.
type year struct {
	t     *rapid.T
	dice  *rand.Rand
	f     *firm.Firm
	work  []pii.RequestID
	past  []answered
	sold  party.Org
	known []ledger.Subject
}

var people = []pii.PersonID{"p1", "p2", "p3"}

// draw is even: what rapid draws is mostly small, and years of extremes are all refusals.
func (y *year) draw(n int) int { return y.dice.IntN(n) }

func (y *year) date() time.Time {
	days := []int{30, 20, 60, 8, 3, -2}[y.draw(6)] // small draws are the likely ones
	return y.f.Now.AddDate(0, 0, days)
}

// person puts a person, new or changed.
func (y *year) person() { y.put(people[y.draw(len(people))]) }

func (y *year) put(id pii.PersonID) {
	p := &party.Person{
		ID: id, Org: pii.Own, Kind: party.Staff,
		ContractFrom: y.date().AddDate(0, 0, -31), ContractUntil: y.date(), TrainedUntil: y.date(),
		Suspended: y.draw(6) == 5, Level: []uint8{0, 0, 2, 3, 4}[y.draw(5)],
	}
	if (id == "p3") != (y.draw(8) == 7) {
		p.Org, p.Kind = y.sold.ID, party.Partner
	}
	y.f.Append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: p}}, Revokes: []string{ledger.PersonKey(p.ID)}})
}

func (y *year) org() {
	o := y.sold
	o.Agreement.Until, o.Suspended = y.date(), y.draw(6) == 5
	o.Assessment.Reference = []string{"PIA", "PIA", "PIA", ""}[y.draw(4)]
	o.Region = []string{"", "", "", "SG"}[y.draw(4)]
	o.Transfer = party.Transfer{Basis: party.StandardContract, Reference: "SC", Until: y.date()}
	y.f.Append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.OrgPut{Org: &o}}, Revokes: []string{ledger.OrgKey(o.ID)}})
}

func (y *year) open() {
	to := people[y.draw(len(people))]
	p, _, _, err := y.f.Store.Person(context.Background(), to)
	if err != nil {
		y.t.Fatal(err)
	}
	w := &grant.WorkItem{
		ID: firm.NewID(), Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: to, Recipient: p.Org, OpenedBy: "crm",
		OpenedAt: y.f.Now, Until: y.date(), Frozen: y.draw(8) == 7,
	}
	if y.draw(8) == 7 {
		w.OpenedBy = to
	}
	var members []*grant.Member
	for _, s := range y.known {
		if y.draw(4) < 3 {
			members = append(members, &grant.Member{Ordinal: s.Ordinal, Item: w.ID})
		}
	}
	y.work = append(y.work, w.ID)
	y.f.Append(ledger.Entry{Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
}

func (y *year) close() {
	if len(y.work) == 0 {
		return
	}
	w, ok, err := y.f.Store.Item(context.Background(), y.work[y.draw(len(y.work))])
	if err != nil || !ok {
		y.t.Fatal(ok, err)
	}
	if w.Closed {
		return
	}
	w.Closed = true
	y.f.Append(ledger.Entry{Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Closed{WorkItem: &w}}, Revokes: []string{ledger.WorkKey(w.ID)}})
}

// agree records a consent, its withdrawal, a refusal of marketing or its end, with the
// facts that the register writes.
func (y *year) agree() {
	her := y.known[y.draw(len(y.known))]
	given := y.draw(3) < 2
	e := ledger.Entry{Kind: proof.KindConsent, Subjects: []ledger.Subject{her}, Revokes: []string{ledger.SubjectKey(her.Ordinal)}}
	if y.draw(2) == 0 {
		e.Effects = []ledger.Effect{consent.OptOutPut{OptOut: &consent.OptOut{Ordinal: her.Ordinal, Refused: given, At: y.f.Now}}}
		e.Facts = []proof.Field{{Name: "what", Value: map[bool]string{true: "opt-out", false: "opt-out-ended"}[given]}}
	} else {
		e.Purpose = grant.Telesales
		e.Effects = []ledger.Effect{consent.Put{Consent: &consent.Consent{
			Ordinal: her.Ordinal, Purpose: grant.Telesales, Recipient: y.sold.ID, Given: given, At: y.f.Now,
		}}}
		e.Facts = []proof.Field{
			{Name: "what", Value: map[bool]string{true: "given", false: "withdrawn"}[given]}, {Name: "recipient", Value: string(y.sold.ID)},
		}
	}
	y.f.Append(e)
}

func (y *year) rules() {
	text := []string{
		"", `@id("plain") permit (principal, action == Action::"Read.plain", resource);`,
		`@id("low") forbid (principal, action, resource) when { context.level > 2 };`,
	}[y.draw(3)]
	rules, err := policy.Load(text)
	if err != nil {
		y.t.Fatal(err)
	}
	set := &door.RuleSet{Version: rules.Version(), Text: text, At: y.f.Now}
	y.f.Append(ledger.Entry{Kind: proof.KindRules, Rules: true, Effects: []ledger.Effect{door.RuleSetPut{RuleSet: set}}})
}

// ask asks the live door and keeps its answer.
func (y *year) ask() {
	ctx := context.Background()
	p, o, ok, err := y.f.Store.Person(ctx, people[y.draw(len(people))])
	if err != nil {
		y.t.Fatal(err)
	}
	if !ok || len(y.work) == 0 {
		return
	}
	y.asks(p, o, y.item(p.ID), []pii.Form{pii.Masked, pii.Token, pii.Plain}[y.draw(3)], []pii.Field{pii.Phone, pii.Name, pii.Email}[y.draw(3)])
}

func (y *year) asks(p party.Person, o party.Org, work pii.RequestID, form pii.Form, f pii.Field) {
	ctx := context.Background()
	i := y.draw(len(y.f.IDs))
	r := door.Request{
		ID: firm.NewID(), Verb: pii.Read, Form: form, Fields: []pii.Field{f}, Purpose: grant.Telesales,
		Work: work, Subjects: []pii.SubjectID{y.f.IDs[i]},
	}
	if o.Kind == party.Handler {
		r.Subjects[0] = y.f.Vault.Pseudonym(o.ID, r.Subjects[0])
	}
	by := party.Principal{Person: p, Org: o, StepUp: y.f.Now.Add(-time.Duration(y.draw(2)*24) * time.Hour)}
	a, err := y.f.Door.Disclose(ctx, by, r)
	if err != nil {
		y.t.Fatal(err)
	}
	x := answered{of: y.known[i].Ordinal, allow: a.Results[0].Shown}
	x.request = exam.Request{Request: r, By: p.ID, StepUp: by.StepUp, At: y.f.Now}
	for _, reason := range a.Results[0].Reasons {
		x.rules = append(x.rules, reason.ID)
	}
	y.past = append(y.past, x)
}

// item is a work item, more often than not one of his.
func (y *year) item(of pii.PersonID) pii.RequestID {
	his, err := y.f.Store.Assigned(context.Background(), of, 10)
	if err != nil {
		y.t.Fatal(err)
	}
	if len(his) > 0 && y.draw(5) < 4 {
		return his[y.draw(len(his))].ID
	}
	return y.work[y.draw(len(y.work))]
}

// first are days that every year begins with, so that none is dull: one who may see a
// customer, and then may not, for one reason after the other.
func (y *year) first() {
	id := pii.PersonID("p0")
	w := &grant.WorkItem{
		ID: firm.NewID(), Kind: grant.CallTask, Purpose: grant.Telesales, Assignee: id, Recipient: pii.Own, OpenedBy: "crm",
		OpenedAt: y.f.Now, Until: y.f.Now.AddDate(0, 0, 60),
	}
	var members []*grant.Member
	for _, s := range y.known {
		members = append(members, &grant.Member{Ordinal: s.Ordinal, Item: w.ID})
	}
	y.f.Append(ledger.Entry{Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Opened{WorkItem: w, Members: members}}})
	turn := func(change func(*party.Person), item func(*grant.WorkItem)) {
		y.f.Now = y.f.Now.Add(time.Duration(1+y.draw(20)) * time.Hour)
		p := party.Person{ID: id, Org: pii.Own, Kind: party.Staff, ContractFrom: y.f.Now.AddDate(0, -1, 0), TrainedUntil: y.f.Now.AddDate(0, 1, 0)}
		change(&p)
		y.f.Append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: &p}}, Revokes: []string{ledger.PersonKey(id)}})
		now := *w
		if item != nil {
			item(&now)
		}
		y.f.Append(ledger.Entry{Kind: proof.KindWorkItem, Work: w.ID, Effects: []ledger.Effect{grant.Changed{WorkItem: &now}}, Revokes: []string{ledger.WorkKey(w.ID)}})
		person, org, ok, err := y.f.Store.Person(context.Background(), id)
		if err != nil || !ok {
			y.t.Fatal(ok, err)
		}
		y.asks(person, org, w.ID, pii.Masked, pii.Phone)
	}
	well := func(*party.Person) {}
	turn(well, nil)
	turn(func(p *party.Person) { p.Suspended = true }, nil)
	turn(func(p *party.Person) { p.ContractUntil = y.f.Now.AddDate(0, 0, -1) }, nil)
	turn(func(p *party.Person) { p.TrainedUntil = y.f.Now.AddDate(0, 0, -1) }, nil)
	turn(func(p *party.Person) { p.Level = 1 }, nil)
	turn(well, func(w *grant.WorkItem) { w.Frozen = true })
	turn(well, func(w *grant.WorkItem) { w.OpenedBy = id })
	turn(well, nil)
	turn(well, func(w *grant.WorkItem) { w.Closed = true })
	want := []string{"", "suspended", "contract-ended", "untrained", "above-level", "work-frozen", "self-made-work", "", "no-grant"}
	for i, x := range y.past {
		if x.allow != (want[i] == "") || !x.allow && !slices.Contains(x.rules, want[i]) {
			y.t.Fatalf("day %d: allowed %v by %v, want %q", i, x.allow, x.rules, want[i])
		}
	}
}

// TestReplayAnswersAsTheDoorDid: whatever changed before and after, the ledger replayed
// to a day says what the live door said on that day, by the same rules.
func TestReplayAnswersAsTheDoorDid(t *testing.T) {
	few(t)
	allowed, refused := 0, map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		y := &year{t: rt, dice: rand.New(rand.NewPCG(seed, 1)), f: firm.New(t, 3), sold: party.Org{ID: "sold", Kind: party.Handler, Title: "partner"}}
		found, err := y.f.Vault.Describe(context.Background(), y.f.IDs)
		if err != nil {
			rt.Fatal(err)
		}
		for _, s := range found {
			y.known = append(y.known, ledger.Subject{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Rule: "consent"}})
		}
		y.first()
		y.org()
		for _, id := range people {
			y.put(id)
		}
		y.open()
		moves := []func(){y.ask, y.ask, y.ask, y.open, y.agree, y.ask, y.person, y.org, y.open, y.close, y.agree, y.rules, y.ask, y.ask}
		for range 60 {
			y.f.Now = y.f.Now.Add(time.Duration(1+y.draw(40)) * time.Hour)
			if _, err := y.f.Ring.StartPeriod(y.f.Now); err != nil {
				rt.Fatal(err)
			}
			moves[y.draw(len(moves))]()
		}
		e := examiner(y.f)
		for _, i := range rapid.Permutation(indices(len(y.past))).Draw(rt, "order") {
			x := y.past[i]
			d, err := e.Decide(context.Background(), x.request, x.of)
			if err != nil {
				rt.Fatal(err)
			}
			if d.Allow != x.allow || !x.allow && !slices.Equal(d.Rules, x.rules) {
				rt.Fatalf("%v asked by %s at %v: the door said %v by %v, the ledger says %v by %v",
					x.request.Fields, x.request.By, x.request.At, x.allow, x.rules, d.Allow, d.Rules)
			}
			if x.allow {
				allowed++
			}
			for _, r := range x.rules {
				refused[r] = true
			}
		}
	})
	if allowed == 0 || len(refused) < 7 {
		t.Errorf("the years were dull: %d answers allowed, refusals by %v", allowed, refused)
	}
}

// few keeps the number of firms low: each has a database of its own.
func few(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("8"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
	}
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
