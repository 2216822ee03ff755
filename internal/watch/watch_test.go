package watch_test

import (
	"context"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/watch"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

func open(f *firm.Firm) *watch.Watch {
	return watch.New(watch.Config{
		Ledger: f.Ledger, Alerts: f.Store, Exceptions: f.Store, Work: f.Store, Meters: f.Store, Clock: func() time.Time { return f.Now },
	})
}

// alerts follows, and lists what was raised.
func alerts(t *testing.T, f *firm.Firm, w *watch.Watch) []grant.Alert {
	t.Helper()
	f.OK(w.Follow(t.Context()))
	all, err := f.Store.Alerts(t.Context(), 100)
	f.OK(err)
	for i := range all {
		f.OK(f.Ledger.CheckStamp(&all[i]))
		if s := all[i].Sentence(); s.Zh == "" || s.En == "" {
			t.Errorf("%s explains nothing", all[i].Detector)
		}
	}
	return all
}

func one(t *testing.T, f *firm.Firm, w *watch.Watch, d grant.Detector) grant.Alert {
	t.Helper()
	all := alerts(t, f, w)
	if len(all) != 1 || all[0].Detector != d || len(all[0].Entries) == 0 {
		t.Fatalf("%+v, want one of %s", all, d)
	}
	if again := alerts(t, f, w); len(again) != 1 {
		t.Fatalf("told again: %+v", again)
	}
	if again := alerts(t, f, open(f)); len(again) != 1 { // another process, or the next start
		t.Fatalf("told again after a start: %+v", again)
	}
	return all[0]
}

func ask(t *testing.T, f *firm.Firm, r door.Request) door.Result {
	t.Helper()
	a, err := f.Door.Disclose(t.Context(), f.Agent, r)
	f.OK(err)
	return a.Results[0]
}

func officer(f *firm.Firm) party.Principal {
	p := &party.Person{ID: "officer", Org: pii.Own, Kind: party.Officer, ContractFrom: firm.Start.AddDate(-1, 0, 0)}
	f.Append(ledger.Entry{Kind: proof.KindParty, Effects: []ledger.Effect{party.PersonPut{Person: p}}})
	return party.Principal{Person: *p, Org: f.Agent.Org, StepUp: f.Now}
}

// TestCountingUpIDsFreezes: an agent who counts up ids is stopped at the door, and
// goes on when the officer calls the alert false.
func TestCountingUpIDsFreezes(t *testing.T) {
	f := firm.New(t, 2)
	by := officer(f)
	work, w := f.Work(f.IDs...), open(f)
	if !ask(t, f, f.Read(work, pii.Masked, f.IDs[0])).Shown {
		t.Fatal("not shown")
	}
	if all := alerts(t, f, w); len(all) != 0 {
		t.Fatalf("%+v", all)
	}
	for i := range 10 {
		var row []pii.SubjectID
		for j := range 2 {
			id := pii.SubjectID{7}
			id[14], id[15] = byte(i), byte(j)
			row = append(row, id)
		}
		ask(t, f, f.Read(work, pii.Masked, row...))
	}
	a := one(t, f, w, grant.Enumeration)
	if a.Action != grant.Freeze || len(a.Work) != 1 || a.Work[0] != work || a.Count < 16 {
		t.Errorf("%+v", a)
	}
	if r := ask(t, f, f.Read(work, pii.Masked, f.IDs[0])); r.Shown || r.Reasons[0].ID != "work-frozen" {
		t.Fatalf("%+v", r)
	}
	f.OK(w.Judge(t.Context(), by, firm.NewID(), nil, a.ID, false))
	if !ask(t, f, f.Read(work, pii.Masked, f.IDs[0])).Shown {
		t.Error("still frozen after the alert was called false")
	}
	if err := w.Judge(t.Context(), by, firm.NewID(), nil, a.ID, true); err == nil {
		t.Error("judged twice")
	}
	q, err := w.Qualities(t.Context())
	f.OK(err)
	if q[grant.Enumeration] != (watch.Quality{Raised: 1, False: 1}) {
		t.Errorf("%+v", q)
	}
}

// TestTwoNetworksAskForAFreshSignIn: until then nothing is shown; after it, again.
func TestTwoNetworksAskForAFreshSignIn(t *testing.T) {
	f := firm.New(t, 1)
	work, w := f.Work(f.IDs...), open(f)
	for _, network := range []string{"home", "home", "away"} {
		f.Now = f.Now.Add(time.Minute)
		f.Agent.Network = network
		ask(t, f, f.Read(work, pii.Masked, f.IDs[0]))
	}
	if a := one(t, f, w, grant.TwoNetworks); a.Action != grant.StepUp || a.Count != 2 {
		t.Errorf("%+v", a)
	}
	if r := ask(t, f, f.Read(work, pii.Masked, f.IDs[0])); r.Shown || r.Reasons[0].ID != "fresh-sign-in-due" {
		t.Fatalf("%+v", r)
	}
	f.Now = f.Now.Add(time.Minute)
	f.Agent.StepUp = f.Now
	if !ask(t, f, f.Read(work, pii.Masked, f.IDs[0])).Shown {
		t.Error("a fresh sign-in does not help")
	}
}

func TestOneNetworkAtATimeIsNoAlert(t *testing.T) {
	f := firm.New(t, 1)
	work, w := f.Work(f.IDs...), open(f)
	for _, network := range []string{"home", "away"} {
		f.Now = f.Now.Add(time.Hour)
		f.Agent.Network = network
		ask(t, f, f.Read(work, pii.Masked, f.IDs[0]))
	}
	if all := alerts(t, f, w); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// TestReadWithoutAct: values revealed and not used are told; a call, or the end of the
// work, is a use.
func TestReadWithoutAct(t *testing.T) {
	for name, act := range map[string]func(f *firm.Firm, work pii.RequestID, id pii.SubjectID){
		"nothing": nil,
		"calls": func(f *firm.Firm, work pii.RequestID, id pii.SubjectID) {
			r := f.Read(work, pii.Relay, id)
			r.Verb, r.Fields = pii.Dial, []pii.Field{pii.Phone}
			_, err := f.Door.Use(t.Context(), f.Agent, r, noUse)
			f.OK(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := firm.New(t, 3)
			f.AllowPlain()
			work, w := f.Work(f.IDs...), open(f)
			for _, id := range f.IDs {
				if !ask(t, f, f.Read(work, pii.Plain, id)).Shown {
					t.Fatal("not shown")
				}
				if act != nil {
					act(f, work, id)
				}
			}
			if all := alerts(t, f, w); len(all) != 0 {
				t.Fatalf("too early: %+v", all)
			}
			f.Now = f.Now.Add(31 * time.Minute)
			if act != nil {
				if all := alerts(t, f, w); len(all) != 0 {
					t.Errorf("%+v", all)
				}
				return
			}
			if a := one(t, f, w, grant.ReadNoAct); a.Count != 3 || a.Action != grant.Notify || len(a.Entries) != 3 {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestTheLinesWarnings: what was taken in plain warns at a tenth of half the line, and
// at half of it; masked does not count, and nobody counts twice.
func TestTheLinesWarnings(t *testing.T) {
	f := firm.New(t, 250)
	f.AllowPlain()
	c := door.DefaultCaps()
	c.Person[pii.Plain], c.Limits = 1000, nil
	f.Door.Caps = c
	work, w := f.Work(f.IDs...), open(f)
	ask(t, f, f.Read(work, pii.Masked, f.IDs...))
	ask(t, f, f.Read(work, pii.Plain, f.IDs[:249]...))
	ask(t, f, f.Read(work, pii.Plain, f.IDs[:249]...))
	if all := alerts(t, f, w); len(all) != 0 {
		t.Fatalf("%+v", all)
	}
	ask(t, f, f.Read(work, pii.Plain, f.IDs[249]))
	a := one(t, f, w, grant.LineWarning)
	if a.Count != 250 || a.Of != grant.Line || a.Minutes != 10 {
		t.Errorf("%+v", a)
	}
}

// TestTheSamePeopleAgain: the third time within a week is told.
func TestTheSamePeopleAgain(t *testing.T) {
	f := firm.New(t, 2)
	w := open(f)
	for i := range 3 {
		f.Append(ledger.Entry{Kind: proof.KindWorkItem, Actor: "crm", Facts: []proof.Field{
			{Name: "what", Value: "opened"}, {Name: "assignee", Value: "a001"}, {Name: "subject-digest", Value: "same"},
		}})
		if all := alerts(t, f, w); (len(all) == 1) != (i == 2) {
			t.Fatalf("after %d: %+v", i+1, all)
		}
	}
}

func noUse(context.Context, door.Answer, map[pii.Field]pii.Value) error { return nil }

// TestTwoAlertsHoldOneItem: what a second alert found frozen stays frozen when the first
// is called false.
func TestTwoAlertsHoldOneItem(t *testing.T) {
	f := firm.New(t, 2)
	by, w := officer(f), open(f)
	count := func(work pii.RequestID, from byte) {
		for i := range 10 {
			a, b := pii.SubjectID{7}, pii.SubjectID{7}
			a[14], b[14], b[15] = from+byte(i), from+byte(i), 1
			ask(t, f, f.Read(work, pii.Masked, a, b))
		}
	}
	first := f.Work(f.IDs...)
	count(first, 0)
	one(t, f, w, grant.Enumeration)
	f.Now = f.Now.Add(time.Minute)
	second := f.Work(f.IDs...)
	count(second, 100)
	all := alerts(t, f, w)
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	f.OK(w.Judge(t.Context(), by, firm.NewID(), nil, all[1].ID, false))
	for _, work := range []pii.RequestID{first, second} {
		if r := ask(t, f, f.Read(work, pii.Masked, f.IDs[0])); r.Shown {
			t.Errorf("shown, while an alert nobody judged holds the item")
		}
	}
	f.OK(w.Judge(t.Context(), by, firm.NewID(), nil, all[0].ID, false))
	for _, work := range []pii.RequestID{first, second} {
		if r := ask(t, f, f.Read(work, pii.Masked, f.IDs[0])); !r.Shown {
			t.Errorf("%+v", r)
		}
	}
}
