package casework_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const note = "the records show where it came from"

// runs are traces that were run, as package inquiry would tell of them.
type runs map[pii.RequestID]casework.Reach

func (r runs) Reach(_ context.Context, run pii.RequestID) (casework.Reach, error) {
	if got, ok := r[run]; ok {
		return got, nil
	}
	return casework.Reach{}, fault.New(fault.NotFound, "not-found", "trace")
}

// ran makes a run about complaints that points to people who were shown some.
func (d *desk) ran(of []pii.RequestID, shown ...uint32) pii.RequestID {
	id := d.Request()
	d.runs[id] = casework.Reach{Entry: d.Ledger.Size() - 1, At: d.Now(), Cases: of, Named: min(len(shown), 1), Affected: roaring.BitmapOf(shown...)}
	return id
}

// voice is a complaint of its own contact.
type voice struct {
	caller, said string
	known        []pii.Field
	days         int // before now
	contact      int // 0: the voice's own
}

func (d *desk) complain(t testing.TB, n int, v voice) pii.RequestID {
	t.Helper()
	if v.contact > 0 {
		n = v.contact
	}
	f := d.filing(fmt.Sprintf("139%08d", n))
	f.Caller, f.Said, f.Known = pii.NewValue(v.caller), pii.NewValue(v.said), v.known
	f.CalledAt = d.Now().Add(-time.Hour - time.Duration(v.days)*24*time.Hour)
	f.Source = fmt.Sprint("198.51.100.", n%250)
	return must[casework.Filed](t)(d.File(t.Context(), f)).ID
}

func (d *desk) incidents(t testing.TB) []casework.Incident {
	t.Helper()
	must[bool](t)(true, d.Cluster(t.Context()))
	return must[[]casework.Incident](t)(d.Incidents.Incidents(t.Context(), "", casework.IncidentPlace{}, 100))
}

const (
	script = "您好，我们是云服务商的合作伙伴，您名下的两台服务器下周到期，现在续费可以打七折，还送一年的域名"
	retold = "他说是云服务商的合作伙伴，我名下的两台服务器下周到期，现在续费可以打七折"
	other  = "He asked whether I wanted to buy a flat near the new railway station in the west of the town"
)

// What complaints have in common decides whether they are one suspected incident.
func TestComplaintsThatBelongTogether(t *testing.T) {
	fields, more := []pii.Field{pii.Name, pii.Company}, []pii.Field{pii.Name, pii.Company, pii.Email}
	same := func(v voice, n int) []voice { return slices.Repeat([]voice{v}, n) }
	mixed := func(n int, v func(i int) voice) (all []voice) {
		for i := range n {
			all = append(all, v(i))
		}
		return all
	}
	caller := func(i int) string { return fmt.Sprintf("170%08d", i) }
	for name, c := range map[string]struct {
		voices []voice
		want   []casework.Sign // nil: no incident
		of     int
	}{
		"one caller in one week":            {same(voice{caller: "17012345678"}, 3), []casework.Sign{casework.SameCaller, casework.SameTime}, 3},
		"two are too few":                   {same(voice{caller: "17012345678", said: script, known: fields}, 2), nil, 0},
		"one person again and again":        {same(voice{caller: "17012345678", said: script, known: fields, contact: 9}, 6), nil, 0},
		"one caller over weeks, as such":    {mixed(3, func(i int) voice { return voice{caller: "17012345678", days: i * 9} }), nil, 0},
		"one caller over weeks, fields too": {mixed(3, func(i int) voice { return voice{caller: "17012345678", known: fields, days: i * 9} }), []casework.Sign{casework.SameCaller, casework.SameFields}, 3},
		"half a year apart":                 {mixed(3, func(i int) voice { return voice{caller: "17012345678", known: fields, said: script, days: i * 60} }), nil, 0},
		"one script, many callers":          {mixed(3, func(i int) voice { return voice{caller: caller(i), said: script} }), []casework.Sign{casework.SameScript, casework.SameTime}, 3},
		"a script retold": {mixed(3, func(i int) voice {
			return voice{caller: caller(i), said: []string{script, retold, script}[i], known: fields}
		}), []casework.Sign{casework.SameFields, casework.SameScript, casework.SameTime}, 3},
		"other words": {mixed(3, func(i int) voice {
			return voice{caller: caller(i), said: []string{script, other, "nothing much was said to me"}[i], known: fields}
		}), nil, 0},
		"nine who were known alike": {mixed(9, func(i int) voice { return voice{caller: caller(i), known: fields} }), nil, 0},
		"ten who were known alike":  {mixed(10, func(i int) voice { return voice{caller: caller(i), known: fields} }), []casework.Sign{casework.SameFields, casework.SameTime}, 10},
		"ten by the name alone":     {mixed(10, func(i int) voice { return voice{caller: caller(i), known: []pii.Field{pii.Name}} }), nil, 0},
		"one joins through another": {[]voice{{caller: caller(1), said: script}, {caller: caller(2), said: script}, {caller: caller(2), said: other}, {caller: caller(3), known: more}},
			[]casework.Sign{casework.SameCaller, casework.SameScript, casework.SameTime}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			for n, v := range c.voices {
				d.complain(t, n+1, v)
			}
			got := d.incidents(t)
			if c.want == nil {
				if len(got) > 0 {
					t.Fatalf("an incident was opened: %v", got[0].Why)
				}
				return
			}
			if len(got) != 1 || got[0].State != casework.Suspected || len(got[0].Cases) != c.of || got[0].OpenedBy != "" {
				t.Fatalf("got %+v", got)
			}
			if diff := cmp.Diff(c.want, got[0].Why); diff != "" {
				t.Error(diff)
			}
			if again := d.incidents(t); len(again) != 1 || len(d.Records(proof.KindIncident)) != 1 {
				t.Error("it was opened again")
			}
		})
	}
}

// Complaints that come later join the open incident; once it is closed they wait for
// others like them. What was taken down by a handler counts when she confirmed it.
func TestLaterComplaintsJoin(t *testing.T) {
	d := open(t)
	v := voice{caller: "17012345678", said: script}
	for n := range 3 {
		d.complain(t, n+1, v)
	}
	d.incidents(t)
	d.Pass(time.Hour)
	d.complain(t, 4, v)
	f := d.filing("13900000005")
	f.Caller = pii.NewValue(v.caller)
	must[pii.RequestID](t)(d.TakeDown(t.Context(), d.ask(d.agent), f))
	got := d.incidents(t)
	if len(got) != 1 || len(got[0].Cases) != 4 {
		t.Fatalf("got %d incidents of %d", len(got), len(got[0].Cases))
	}
	cases := d.cases(got[0])
	d.close(t, got[0].ID, d.ran(cases))
	for n := range 2 {
		d.complain(t, 10+n, v)
	}
	if got = d.incidents(t); len(got) != 1 || len(got[0].Cases) != 4 {
		t.Fatal("a closed incident changed, or two complaints opened one")
	}
	d.complain(t, 12, v)
	if got = d.incidents(t); len(got) != 2 || len(got[0].Cases) != 3 {
		t.Fatal("what came after the decision is not looked at")
	}
	d.apartAgain(t) // a process that starts finds the same
}

// apartAgain looks at everything afresh, as another process would.
func (d *desk) apartAgain(t testing.TB) {
	t.Helper()
	before := d.Ledger.Size()
	must[bool](t)(true, casework.New(d.Config).Cluster(t.Context()))
	if d.Ledger.Size() != before {
		t.Error("another process opened or joined again")
	}
}

func (d *desk) cases(i casework.Incident) (of []pii.RequestID) {
	for _, j := range i.Cases {
		of = append(of, j.Case)
	}
	return of
}

// close assesses and decides as one officer.
func (d *desk) close(t testing.TB, id, run pii.RequestID) {
	t.Helper()
	must[bool](t)(true, d.Assess(t.Context(), d.ask(d.officer), id, run))
	must[bool](t)(true, d.DecideIncident(t.Context(), d.ask(d.officer), id, casework.Notify, "leak-recorded", pii.NewValue(note)))
}

func TestI6AnIncidentClosesByDecision(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	hers := must[casework.Filed](t)(d.File(ctx, d.filing(ours))).ID
	for n := range 3 {
		d.complain(t, n+1, voice{caller: "17012345678", said: words, known: []pii.Field{pii.Name, pii.Company}})
	}
	i := d.incidents(t)[0]
	run := d.ran(d.cases(i), 7, 8, 9)
	decide := func(p party.Principal, v casework.Verdict, reason, why string) error {
		return d.DecideIncident(ctx, d.ask(p), i.ID, v, reason, pii.NewValue(why))
	}
	wantID(t, decide(d.officer, casework.Notify, "leak-recorded", note), "not-assessed")
	wantID(t, d.Assess(ctx, d.ask(d.agent), i.ID, run), "not-yours")
	wantID(t, d.Assess(ctx, d.ask(d.officer), i.ID, d.Request()), "not-found")
	wantID(t, d.Assess(ctx, d.ask(d.officer), i.ID, d.ran([]pii.RequestID{d.Request()}, 7)), "run-of-others")
	wantID(t, d.Assess(ctx, d.ask(d.officer), i.ID, d.ran(d.cases(i)[1:], 7)), "run-of-others")
	must[bool](t)(true, d.Assess(ctx, d.ask(d.officer), i.ID, run))
	wantID(t, decide(d.agent, casework.Notify, "leak-recorded", note), "not-yours")
	wantID(t, decide(d.officer, "later", "leak-recorded", note), "bad-request")
	wantID(t, decide(d.officer, casework.NotNotify, "leak-recorded", note), "bad-request")
	wantID(t, decide(d.officer, casework.NotNotify, "", note), "bad-request")
	wantID(t, decide(d.officer, casework.NotNotify, "made-up", "short"), "bad-request")

	// Who complained and is known counts beside whom the named were shown: she, 7, 8, 9.
	row, _, err := d.Store.Complaint(ctx, hers)
	got, v, err2 := d.ReadIncident(ctx, i.ID)
	if err != nil || err2 != nil || got.Affected != 4 || got.Named != 1 || v != nil {
		t.Fatalf("%d affected, %v %v", got.Affected, err, err2)
	}
	for _, of := range []pii.Ordinal{row.Ordinal, 7, 9} {
		if held := must[bool](t)(d.Held(ctx, of)); !held {
			t.Errorf("%d is not held while the incident is open", of)
		}
	}
	if held := must[bool](t)(d.Held(ctx, 10)); held {
		t.Error("somebody who is not affected is held")
	}

	d.Pass(2 * time.Hour)
	d.complain(t, 8, voice{caller: "17012345678", said: words, known: []pii.Field{pii.Name, pii.Company}})
	if joined := d.incidents(t); len(joined[0].Cases) != 5 {
		t.Fatal("a later complaint did not join")
	}
	d.Pass(2 * time.Hour)
	wantID(t, decide(d.officer, casework.Notify, "leak-recorded", note), "assessed-before")
	i = d.incidents(t)[0]
	must[bool](t)(true, d.Assess(ctx, d.ask(d.officer), i.ID, d.ran(d.cases(i), 7, 8, 9)))
	must[bool](t)(true, decide(d.officer, casework.Notify, "leak-recorded", note))

	wantID(t, decide(d.second, casework.NotNotify, "made-up", note), "closed")
	wantID(t, d.Assess(ctx, d.ask(d.second), i.ID, run), "closed")
	wantID(t, d.Join(ctx, d.ask(d.second), i.ID, []pii.RequestID{hers}), "closed")
	got, v, err = d.ReadIncident(ctx, i.ID)
	if err != nil || got.State != casework.Decided || v.Officer != "officer" || v.Verdict != casework.Notify || v.Affected != 4 {
		t.Fatalf("%+v %v", v, err)
	}
	if held := must[bool](t)(d.Held(ctx, 7)); held {
		t.Error("a decided incident holds")
	}
	r := d.Records(proof.KindIncident)
	last := r[len(r)-1]
	for name, want := range map[string]string{
		"what": "decided", "verdict": "notify", "reason": "leak-recorded", "actor": "officer", "affected": "4", "named": "1", "state": "closed",
	} {
		if last.Fact(name) != want {
			t.Errorf("the entry says %s %q", name, last.Fact(name))
		}
	}
	wantID(t, second(d.ReadNote(ctx, d.ask(d.agent), i.ID)), "not-yours")
	if text := must[pii.Value](t)(d.ReadNote(ctx, d.ask(d.second), i.ID)); text.Reveal() != note {
		t.Error("the note reads otherwise")
	}
	if r = d.Records(proof.KindIncident); r[len(r)-1].Fact("what") != "note-read" || r[len(r)-1].Fact("actor") != "officer-2" {
		t.Error("that the note was read is not recorded")
	}
}

func second[T any](_ T, err error) error { return err }

// Who opened an incident by hand does not decide about it.
func TestI6WhoOpensDoesNotDecide(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	one := d.complain(t, 1, voice{})
	wantID(t, second(d.Suspect(ctx, d.ask(d.agent), []pii.RequestID{one})), "not-yours")
	wantID(t, second(d.Suspect(ctx, d.ask(d.officer), []pii.RequestID{one, one})), "no-such-complaint")
	wantID(t, second(d.Suspect(ctx, d.ask(d.officer), []pii.RequestID{d.Request()})), "no-such-complaint")
	id := must[pii.RequestID](t)(d.Suspect(ctx, d.ask(d.officer), []pii.RequestID{one}))
	two := d.complain(t, 2, voice{})
	must[bool](t)(true, d.Join(ctx, d.ask(d.officer), id, []pii.RequestID{two}))
	must[bool](t)(true, d.Assess(ctx, d.ask(d.officer), id, d.ran([]pii.RequestID{one, two})))
	wantID(t, d.DecideIncident(ctx, d.ask(d.officer), id, casework.NotNotify, "not-ours", pii.NewValue(note)), "second-person")
	must[bool](t)(true, d.DecideIncident(ctx, d.ask(d.second), id, casework.NotNotify, "not-ours", pii.NewValue(note)))
	if open := must[bool](t)(d.Desk.Open(ctx, id)); open {
		t.Error("a found file may be matched under a closed incident")
	}
}

// Whatever anybody does in whatever order: an incident is closed exactly if there is a
// decision, by an officer who did not open it.
func TestI6NoOrderOfMovesClosesWithoutADecision(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	people := []party.Principal{d.officer, d.second, d.agent}
	rapid.Check(t, func(r *rapid.T) {
		who := func() casework.Asked { return d.ask(people[rapid.IntRange(0, 2).Draw(r, "who")]) }
		f := d.filing(ours)
		f.Caller, f.Known, f.Source = pii.Value{}, nil, fmt.Sprint("source ", d.Request())
		filed, err := d.File(ctx, f)
		if err != nil {
			r.Fatal(err)
		}
		opener := people[rapid.IntRange(0, 1).Draw(r, "opener")]
		id, err := d.Suspect(ctx, d.ask(opener), []pii.RequestID{filed.ID})
		if err != nil {
			r.Fatal(err)
		}
		for range rapid.IntRange(1, 8).Draw(r, "moves") {
			switch rapid.IntRange(0, 3).Draw(r, "move") {
			case 0:
				_ = d.Assess(ctx, who(), id, d.ran([]pii.RequestID{filed.ID}))
			case 1:
				_ = d.Join(ctx, who(), id, []pii.RequestID{filed.ID})
			case 2:
				v := rapid.SampledFrom([]casework.Verdict{casework.Notify, casework.NotNotify, ""}).Draw(r, "verdict")
				reason := rapid.SampledFrom([]string{"leak-likely", "made-up", ""}).Draw(r, "reason")
				_ = d.DecideIncident(ctx, who(), id, v, reason, pii.NewValue(note))
			case 3:
				_ = d.Cluster(ctx)
			}
			i, v, err := d.ReadIncident(ctx, id)
			if err != nil {
				r.Fatal(err)
			}
			_, decided, err := d.Incidents.Decision(ctx, id)
			if err != nil || (i.State == casework.Decided) != decided || decided != (v != nil) {
				r.Fatalf("the incident is %s, and decided: %v (%v)", i.State, decided, err)
			}
			if v != nil && (v.Officer == opener.Person.ID || v.Officer == d.agent.Person.ID || !slices.Contains(casework.Reasons[v.Verdict], v.Reason)) {
				r.Fatalf("decided by %s, who opened it or may not: %s", v.Officer, v.Reason)
			}
		}
	})
}

// A complaint that does not read any more holds up no other: those it belongs with are
// a suspected incident without it, and it is told of once.
func TestABadComplaintHoldsUpNoOther(t *testing.T) {
	d := open(t)
	v := voice{caller: "17012345678", said: words, known: []pii.Field{pii.Name, pii.Company}}
	bad := d.complain(t, 1, v)
	must[bool](t)(true, d.Cluster(t.Context()))
	d.Forge(`UPDATE complaint SET sealed = ? WHERE id = ?`, []byte("garbage"), bad[:])
	for n := range 3 {
		d.complain(t, 2+n, v)
	}
	wantID(t, d.Cluster(t.Context()), "row-forged")
	if got := d.incidents(t); len(got) != 1 || len(got[0].Cases) != 3 || slices.Contains(d.cases(got[0]), bad) {
		t.Fatalf("%d incidents", len(got))
	}
	d.complain(t, 9, v)
	if got := d.incidents(t); len(got) != 1 || len(got[0].Cases) != 4 {
		t.Fatal("what came later was not looked at")
	}
}

// An incident holds whom it names however many others are open, and none is lost
// between two pages of the list.
func TestTheOldestOfManyIncidentsHolds(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	hers := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	row, _, err := d.Store.Complaint(ctx, hers.ID)
	if err != nil {
		t.Fatal(err)
	}
	must[pii.RequestID](t)(d.Suspect(ctx, d.ask(d.officer), []pii.RequestID{hers.ID}))
	must[bool](t)(true, d.confirm(t, hers))
	d.Pass(time.Second)
	other := d.complain(t, 1, voice{})
	for range 105 { // at one time
		must[pii.RequestID](t)(d.Suspect(ctx, d.ask(d.officer), []pii.RequestID{other}))
	}
	if held := must[bool](t)(d.Held(ctx, row.Ordinal)); !held {
		t.Fatal("the oldest of many incidents does not hold")
	}
}
