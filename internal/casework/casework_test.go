package casework_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const (
	source   = "192.0.2.9"
	ours     = "13900001111" // a customer's number
	nobodys  = "13900002222"
	reseller = "17012345678"
	words    = "CANARY they knew which servers I rent"
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

func wantID(t testing.TB, err error, id string) {
	t.Helper()
	if !fault.IsID(err, id) {
		t.Fatalf("got %v, want %s", err, id)
	}
}

type desk struct {
	*authntest.House
	*casework.Desk
	box                           *box
	numbers                       *register
	runs                          runs
	officer, second, agent, other party.Principal
}

// box is where the company's provider leaves messages in these tests: it keeps them.
type box struct {
	mu   sync.Mutex
	got  []casework.Message
	down bool
}

func (b *box) Carries(channel string) bool {
	return channel == casework.BySMS || channel == casework.ByEmail
}

func (b *box) Send(_ context.Context, m casework.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return fault.New(fault.Unavailable, "unavailable", "courier")
	}
	b.got = append(b.got, m)
	return nil
}

func (b *box) last(t testing.TB) casework.Message {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got) == 0 {
		t.Fatal("no message came")
	}
	return b.got[len(b.got)-1]
}

// digits are those of the code that was asked for.
func (b *box) digits(t testing.TB, asked pii.RequestID) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.got {
		if m.ID == asked {
			return sixDigits.FindString(m.Text.Reveal())
		}
	}
	t.Fatal("the code did not come")
	return ""
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// register is a register of numbers with what a test put into it, by the fingerprint.
type register struct{ tags map[string]pii.OrgID }

func (r *register) Registered(_ context.Context, tag []byte, _ time.Time) ([]pii.OrgID, error) {
	if org, ok := r.tags[string(tag)]; ok {
		return []pii.OrgID{org}, nil
	}
	return nil, nil
}

// enter puts a number into the register.
func (d *desk) enter(number string, of pii.OrgID) {
	d.numbers.tags = map[string]pii.OrgID{string(d.Fingerprint(pii.NewValue("caller|" + number))): of}
}

// confirm closes as the complainant does: with the code that came to her contact.
func (d *desk) confirm(t testing.TB, f casework.Filed) error {
	t.Helper()
	id, err := d.AskToClose(t.Context(), d.her(f))
	if err != nil {
		return err
	}
	if err := d.Deliver(t.Context()); err != nil && !fault.IsID(err, "undelivered") { // an older one is late
		t.Fatal(err)
	}
	return d.Confirm(t.Context(), d.her(f), id, d.box.digits(t, id))
}

func open(t testing.TB) *desk {
	h := authntest.Open(t)
	h.SetUp()
	h.Enrol(ours)
	box, numbers, runs := &box{}, &register{}, runs{}
	return &desk{
		House: h,
		Desk: casework.New(casework.Config{
			Store: h.Store, People: h.Store, Work: h.Store, Finder: h, Sealer: h, Schema: pii.Registration(),
			Limits: casework.DefaultLimits, Ledger: h.Ledger, Clock: h.Now, Rand: rand.Reader, Failed: h.Authn.Failed,
			Courier: box, Numbers: numbers, Address: "https://house.test", Incidents: h.Store, Runs: runs, Outbox: h.Store, Passing: h.Ring, Appeals: h.Store,
		}),
		box: box, numbers: numbers, runs: runs,
		officer: h.Principal("officer", ""),
		second:  h.Person("officer-2", party.Officer, pii.Own),
		agent:   h.Person("agent", party.Staff, pii.Own),
		other:   h.Person("other", party.Staff, pii.Own),
	}
}

func (d *desk) filing(contacted string) casework.Filing {
	return casework.Filing{
		Channel: casework.ByPhone, Contacted: pii.NewValue(contacted), CalledAt: d.Now().Add(-time.Hour),
		Caller: pii.NewValue("+86 170 1234 5678"), Known: []pii.Field{pii.Name, pii.Company},
		KnownCompany: pii.NewValue("CANARY Ltd"), Said: pii.NewValue(words),
		Source: source, Request: d.Request(),
	}
}

func (d *desk) ask(p party.Principal) casework.Asked {
	return casework.Asked{By: p, Request: d.Request()}
}

func (d *desk) her(f casework.Filed) casework.Her {
	return casework.Her{Case: f.ID, Code: f.Code, Source: source, Request: d.Request()}
}

func (d *desk) state(t testing.TB, f casework.Filed) casework.State {
	t.Helper()
	return must[casework.Status](t)(d.Follow(t.Context(), f.ID, f.Code, source)).State
}

// assign gives the case to a member of staff.
func (d *desk) assign(t testing.TB, f casework.Filed, to party.Principal) pii.RequestID {
	t.Helper()
	return must[pii.RequestID](t)(d.Assign(t.Context(), d.ask(d.officer), f.ID, to.Person.ID, d.Now().Add(time.Hour)))
}

func TestFromComplaintToConfirmation(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	work := d.assign(t, f, d.agent)
	must[bool](t)(true, d.TakeUp(ctx, d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(ctx, d.ask(d.agent), f.ID, work, pii.NewValue("We are looking into it.")))
	must[bool](t)(true, d.Contest(ctx, d.her(f), pii.NewValue("That is no answer.")))
	wantID(t, d.TakeUp(ctx, d.ask(d.agent), f.ID, work), "no-grant") // it is the officer's now
	d.Pass(time.Second)
	work = d.assign(t, f, d.agent)
	must[bool](t)(true, d.TakeUp(ctx, d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(ctx, d.ask(d.agent), f.ID, work, pii.NewValue("It was an agency.")))
	must[bool](t)(true, d.confirm(t, f))
	s := must[casework.Status](t)(d.Follow(ctx, f.ID, strings.ToLower(f.Code), source))
	var replies []string
	for _, r := range s.Replies {
		replies = append(replies, r.Reveal())
	}
	if diff := cmp.Diff([]string{"We are looking into it.", "It was an agency."}, replies); diff != "" || s.State != casework.Closed {
		t.Fatalf("%s %s", s.State, diff)
	}
	var states []string
	for _, r := range d.Records(proof.KindComplaint) {
		states = append(states, r.Fact("state"))
	}
	want := []string{"accepted", "in-handling", "replied", "reopened", "in-handling", "replied", "closed"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Fatal(diff)
	}
}

// Whether the contact is a customer's shows in no answer and in no entry: not in
// the facts, the refs, the number of lines or any length.
func TestKnownAndUnknownLookAlike(t *testing.T) {
	d := open(t)
	// A call time of one length, whatever the clock says.
	shape := func(contacted string) (leaf, sealed int, facts []string, subjects uint32) {
		before := d.Ledger.Size()
		f := must[casework.Filed](t)(d.File(t.Context(), d.filing(contacted)))
		if len(f.Code) != 23 {
			t.Fatal("the code has another form")
		}
		if n := d.Ledger.Size() - before; n != 1 {
			t.Fatalf("%d entries", n)
		}
		leaves := must[[][]byte](t)(d.Ledger.Leaves(t.Context(), before, 1))
		r := d.Records(proof.KindComplaint)
		last := r[len(r)-1]
		for _, x := range last.Facts() {
			facts = append(facts, fmt.Sprintf("%s %d", x.Name, len(x.Value)))
		}
		openings, err := d.Store.Openings(t.Context(), before, 1)
		if err != nil || len(openings) != 1 || openings[0].Holder != pii.Dummy {
			t.Fatalf("the opening names its subject (%v)", err)
		}
		return len(leaves[0]), len(openings[0].Sealed), facts, last.Leaf.Subjects
	}
	type print struct {
		leaf, sealed int
		facts        []string
		subjects     uint32
	}
	var a, b print
	a.leaf, a.sealed, a.facts, a.subjects = shape(ours)
	b.leaf, b.sealed, b.facts, b.subjects = shape(nobodys)
	if diff := cmp.Diff(a, b, cmp.AllowUnexported(print{})); diff != "" {
		t.Fatal(diff)
	}
	all := must[[]casework.Complaint](t)(d.Store.Complaints(t.Context(), authntest.Start, authntest.Start.Add(time.Hour), 10))
	if len(all) != 2 || (all[0].Ordinal == pii.Dummy) == (all[1].Ordinal == pii.Dummy) {
		t.Fatal("the rows should name one customer and one dummy, or this test compares nothing")
	}
	if len(all[0].Sealed) != len(all[1].Sealed) {
		t.Fatal("the rows differ in length")
	}
	if !bytes.Equal(all[0].Caller, all[1].Caller) || len(all[0].Caller) == 0 {
		t.Fatal("one caller has two fingerprints")
	}
}

func TestACustomersComplaintHoldsHer(t *testing.T) {
	d := open(t)
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing("+86 139-0000-1111")))
	row, _, err := d.Store.Complaint(t.Context(), f.ID)
	if err != nil || row.Ordinal == pii.Dummy {
		t.Fatalf("not found by her number as people write it (%v)", err)
	}
	if held := must[bool](t)(d.Held(t.Context(), row.Ordinal)); !held {
		t.Fatal("an open complaint does not hold")
	}
	must[bool](t)(true, d.confirm(t, f))
	if held := must[bool](t)(d.Held(t.Context(), row.Ordinal)); held {
		t.Fatal("a closed complaint holds")
	}
}

// What complainants write, and numbers, are in no file in the clear.
func TestWordsAreSealed(t *testing.T) {
	d := open(t)
	must[casework.Filed](t)(d.File(t.Context(), d.filing(nobodys)))
	for _, b := range d.Files() {
		for _, s := range []string{"CANARY", nobodys, reseller, source} {
			if bytes.Contains(b, []byte(s)) {
				t.Fatal("a file of the data directory carries what was said, or a number")
			}
		}
	}
}

func TestFileRefuses(t *testing.T) {
	d := open(t)
	for where, spoil := range map[string]func(*casework.Filing){
		"channel":       func(f *casework.Filing) { f.Channel = "fax" },
		"contacted":     func(f *casework.Filing) { f.Contacted = pii.NewValue("not a number") },
		"called_at":     func(f *casework.Filing) { f.CalledAt = d.Now().Add(time.Hour) },
		"said":          func(f *casework.Filing) { f.Said = pii.NewValue(strings.Repeat("话", 4001)) },
		"known_company": func(f *casework.Filing) { f.KnownCompany = pii.NewValue("\xff") },
		"caller":        func(f *casework.Filing) { f.Caller = pii.NewValue(strings.Repeat("1", 65)) },
		"known[1]":      func(f *casework.Filing) { f.Known = []pii.Field{pii.Name, "shoe_size"} },
		"known[2]":      func(f *casework.Filing) { f.Known = []pii.Field{pii.Name, pii.Phone, pii.Name} },
	} {
		f := d.filing(ours)
		spoil(&f)
		_, err := d.File(t.Context(), f)
		if diff := cmp.Diff("bad-request at "+where, fmt.Sprint(err)); diff != "" {
			t.Error(diff)
		}
	}
	f := d.filing(ours)
	f.CalledAt, f.Said = d.Now().Add(-2*365*24*time.Hour), pii.NewValue(strings.Repeat("话", 4000))
	must[casework.Filed](t)(d.File(t.Context(), f))
}

func TestSourceLimits(t *testing.T) {
	d := open(t)
	d.Limits.Minute, d.Limits.Day = 3, 5
	file := func(from string) error {
		f := d.filing(ours)
		f.Source = from
		_, err := d.File(t.Context(), f)
		return err
	}
	for range 3 {
		must[bool](t)(true, file(source))
	}
	wantID(t, file(source), "slow-down")
	must[bool](t)(true, file("192.0.2.10"))
	d.Pass(time.Minute)
	for range 2 {
		must[bool](t)(true, file(source))
	}
	wantID(t, file(source), "slow-down") // the day's
	d.Pass(24 * time.Hour)
	must[bool](t)(true, file(source))
}

// A retry of the same request answers the same and files nothing.
func TestFileAgain(t *testing.T) {
	d := open(t)
	f := d.filing(ours)
	f.Hash = authntest.Hash("body")
	first := must[casework.Filed](t)(d.File(t.Context(), f))
	d.Pass(time.Minute)
	if diff := cmp.Diff(first, must[casework.Filed](t)(d.File(t.Context(), f))); diff != "" {
		t.Fatal(diff)
	}
	if n := len(d.Records(proof.KindComplaint)); n != 1 {
		t.Fatalf("%d entries", n)
	}
	must[casework.Status](t)(d.Follow(t.Context(), first.ID, first.Code, source))
	f.Hash = authntest.Hash("another body")
	_, err := d.File(t.Context(), f)
	wantID(t, err, "idempotency-body")
}

// A wrong code and a complaint that does not exist are one answer, and counted.
func TestWrongCode(t *testing.T) {
	d := open(t)
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	wrong, missing := d.her(f), d.her(f)
	wrong.Code = "00000-00000-00000-00000"
	missing.Case = d.Request()
	_, a := d.AskToClose(t.Context(), wrong)
	_, b := d.AskToClose(t.Context(), missing)
	if a == nil || b == nil || a.Error() != b.Error() {
		t.Fatalf("%v is not %v", a, b)
	}
	d.Authn.Flush(t.Context(), time.Time{})
	if r := d.Records(proof.KindAuthnFailed); len(r) != 1 || r[0].Fact("count") != "2" {
		t.Fatalf("%d entries of failures", len(r))
	}
}

func TestHandlingNeedsAWorkItemForThisCase(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := must[casework.Filed](t)(d.File(ctx, d.filing(nobodys)))
	g := must[casework.Filed](t)(d.File(ctx, d.filing(nobodys)))
	work := d.assign(t, f, d.agent)
	wantID(t, d.TakeUp(ctx, d.ask(d.agent), g.ID, work), "no-grant")
	wantID(t, d.TakeUp(ctx, d.ask(d.other), f.ID, work), "no-grant")
	wantID(t, d.TakeUp(ctx, d.ask(d.agent), f.ID, d.Request()), "no-grant")
	wantID(t, d.TakeUp(ctx, d.ask(d.officer), f.ID, work), "not-yours")
	d.Pass(time.Hour)
	wantID(t, d.TakeUp(ctx, d.ask(d.agent), f.ID, work), "no-grant")
	_, err := d.Assign(ctx, d.ask(d.agent), f.ID, "agent", d.Now().Add(time.Hour))
	wantID(t, err, "not-yours")
}

// Rows changed behind the ledger's back move nothing.
func TestForgedRows(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		who   pii.PersonID
		want  string
	}{
		"work item": {`UPDATE work_item SET assignee = 'other'`, "other", "no-grant"},
		"complaint": {`UPDATE complaint SET state = 'reopened'`, "agent", "row-forged"},
		"person":    {`UPDATE person SET suspended = 0 WHERE id = 'agent'`, "agent", "not-yours"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
			work := d.assign(t, f, d.agent)
			if name == "person" {
				p := d.agent.Person
				p.Suspended = true
				d.Put(proof.KindParty, party.PersonPut{Person: &p})
			}
			d.Forge(c.query)
			wantID(t, d.TakeUp(t.Context(), d.ask(d.Principal(c.who, "")), f.ID, work), c.want)
		})
	}
}

func TestSecondOfficer(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	const reason = "Answered in full; no reply for two months."
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	work := d.assign(t, f, d.agent)
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, reason), "bad-state")
	must[bool](t)(true, d.TakeUp(ctx, d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(ctx, d.ask(d.agent), f.ID, work, pii.NewValue("No.")))
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.officer), f.ID, reason), "second-person")
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.agent), f.ID, reason), "not-yours")
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, "no"), "bad-request")
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, reason), "not-silent-yet")
	d.Pass(15*24*time.Hour - time.Minute)
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, reason), "not-silent-yet")
	d.Pass(time.Minute)
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.officer), f.ID, reason), "second-person")
	d.box.down = true
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, reason), "unavailable") // she could not be told how to contest
	d.box.down = false
	if s := d.state(t, f); s != casework.Replied {
		t.Fatal(s)
	}
	must[bool](t)(true, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, reason))
	if m := d.box.last(t); !strings.HasSuffix(m.To.Reveal(), ours) || !strings.Contains(m.Text.Reveal(), "https://house.test/my/case") {
		t.Fatal("how to contest was not sent to the contact that complained")
	}

	d.Pass(30*24*time.Hour + time.Second)
	wantID(t, d.Contest(ctx, d.her(f), pii.Value{}), "appeal-over")
	d.Pass(-time.Minute)
	must[bool](t)(true, d.Contest(ctx, d.her(f), pii.Value{}))
	if s := d.state(t, f); s != casework.Reopened {
		t.Fatal(s)
	}
}

// I5: whatever the handlers and the officer who chose them do, in any order, the
// complaint is not closed; and whenever it is closed, the last step was hers or
// the second officer's.
func TestHandlerNeverCloses(t *testing.T) {
	d := open(t)
	const many = 1 << 30
	d.Clocks = law.Clocks{law.ComplaintSilence: 1}
	d.Limits = casework.Limits{Minute: many, Day: many, CodeMinute: many, CodeDay: many, ContactDay: many, AllDay: many}
	ctx := t.Context()
	rapid.Check(t, func(r *rapid.T) {
		f := must[casework.Filed](t)(d.File(ctx, d.filing(rapid.SampledFrom([]string{ours, nobodys}).Draw(r, "contacted"))))
		var works []pii.RequestID
		var asked pii.RequestID
		last := ""
		moved := func(who string, err error) {
			if err == nil {
				last = who
			} else if k := fault.Of(err).Kind; k != fault.Denied && k != fault.Conflict {
				r.Fatalf("%s: %v", who, err)
			}
		}
		agent := func() party.Principal { return rapid.SampledFrom([]party.Principal{d.agent, d.other}).Draw(r, "agent") }
		work := func() pii.RequestID {
			return rapid.SampledFrom(append(works, pii.RequestID{})).Draw(r, "work")
		}
		guess := func() casework.Her {
			h := d.her(f)
			h.Code = rapid.SampledFrom([]string{"", f.ID.String(), f.Code[:22]}).Draw(r, "guess")
			return h
		}
		r.Repeat(map[string]func(*rapid.T){
			"assign": func(r *rapid.T) {
				d.Pass(time.Millisecond)
				w, err := d.Assign(ctx, d.ask(d.officer), f.ID, agent().Person.ID, d.Now().Add(time.Hour))
				if err == nil {
					works = append(works, w)
				}
			},
			"take up": func(*rapid.T) { moved("handler", d.TakeUp(ctx, d.ask(agent()), f.ID, work())) },
			"reply": func(*rapid.T) {
				moved("handler", d.Reply(ctx, d.ask(agent()), f.ID, work(), pii.NewValue("Solved.")))
			},
			"guess": func(*rapid.T) {
				_, err := d.AskToClose(ctx, guess())
				moved("guesser", err)
				id := rapid.SampledFrom([]pii.RequestID{asked, {}, f.ID}).Draw(r, "asked")
				moved("guesser", d.Confirm(ctx, d.her(f), id, rapid.SampledFrom([]string{"000000", "123456", ""}).Draw(r, "digits")))
			},
			"ask": func(*rapid.T) { asked, _ = d.AskToClose(ctx, d.her(f)) },
			"close": func(*rapid.T) {
				who := rapid.SampledFrom([]party.Principal{d.agent, d.other, d.officer}).Draw(r, "who")
				moved("handler", d.CloseAsSecond(ctx, d.ask(who), f.ID, "It is solved, I say so."))
			},
			"second": func(*rapid.T) {
				moved("second", d.CloseAsSecond(ctx, d.ask(d.second), f.ID, "Answered in full."))
			},
			"confirm": func(*rapid.T) { moved("her", d.confirm(t, f)) },
			"silence": func(r *rapid.T) {
				d.Pass(24 * time.Hour)
				if _, err := d.Ring.StartPeriod(d.Now()); err != nil {
					r.Fatal(err)
				}
			},
			"contest": func(*rapid.T) { moved("her", d.Contest(ctx, d.her(f), pii.Value{})) },
			"": func(r *rapid.T) {
				c, ok, err := d.Store.Complaint(ctx, f.ID)
				if err != nil || !ok || c.State == casework.Closed && last != "her" && last != "second" {
					r.Fatalf("closed by %s (%v)", last, err)
				}
			},
		})
	})
}
