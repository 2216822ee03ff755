package door_test

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

func TestReadMaskedIsRecordedFirst(t *testing.T) {
	f := firm.New(t, 20)
	work := f.Work(f.IDs[:10]...)
	before := f.Ledger.Size()
	a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[0], f.IDs[1], f.IDs[15]))
	f.OK(err)
	if f.Ledger.Size() != before+1 {
		t.Fatalf("%d entries for one answer", f.Ledger.Size()-before)
	}
	if !a.Results[0].Shown || !a.Results[1].Shown || a.Results[2].Shown {
		t.Fatalf("shown: %v %v %v", a.Results[0].Shown, a.Results[1].Shown, a.Results[2].Shown)
	}
	if got := a.Results[0].Values[pii.Name].Reveal(); got != "王**" {
		t.Errorf("name mask %q", got)
	}
	if got := a.Results[2].Reasons[0].ID; got != "no-grant" {
		t.Errorf("outside the grant: %q", got)
	}
	r, err := f.Ledger.Record(t.Context(), a.Entry)
	f.OK(err)
	shown := 0
	r.Subjects(func(_ pii.Ordinal, l proof.Line) bool {
		if l.Shown {
			shown++
		}
		return true
	})
	if r.Leaf.Kind != proof.KindDisclosure || shown != 2 || r.Fact("actor") != "a001" || r.Fact("form") != "masked" {
		t.Errorf("record: %v, %d shown", r.Leaf.Kind, shown)
	}
}

func TestPlainNeedsARuleOfTheCompany(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, f.IDs[0]))
	f.OK(err)
	if a.Results[0].Shown || a.Results[0].Reasons[0].ID != "no-permit" || a.Results[0].Highest != pii.Token {
		t.Fatalf("%+v", a.Results[0])
	}
	f.AllowPlain()
	a, err = f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, f.IDs[0]))
	f.OK(err)
	if !a.Results[0].Shown || a.Results[0].Values[pii.Phone].Reveal() != "13800000001" || a.Mark == "" {
		t.Fatalf("%+v %q", a.Results[0], a.Mark)
	}
}

func TestBudgetIsExact(t *testing.T) {
	f := firm.New(t, 70)
	f.AllowPlain()
	work := f.Work(f.IDs...)
	shown := 0
	for _, id := range f.IDs {
		for range 2 { // the same subject twice counts once
			a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, id))
			f.OK(err)
			if a.Results[0].Shown {
				shown++
			} else if a.Results[0].Reasons[0].ID != "budget" {
				t.Fatal(a.Results[0].Reasons[0].ID)
			}
		}
	}
	if want := 2 * int(door.DefaultCaps().Person[pii.Plain]); shown != want {
		t.Errorf("%d shown, want %d", shown, want)
	}
}

func TestVerifyFindsNothingInAHealthyLedger(t *testing.T) {
	f := firm.New(t, 300)
	work := f.Work(f.IDs[:200]...)
	for i := range 600 {
		_, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[i%200]))
		f.OK(err)
	}
	r, err := ledger.Verify(t.Context(), f.LedgerConfig(), f.Store, nil)
	f.OK(err)
	if len(r.Faults) != 0 || r.Size != f.Ledger.Size() || r.Opened != r.Size {
		t.Fatalf("%+v", r)
	}
}

// TestCorrectionKeepsTheOldVersion: a correction is shown from then on, found by
// its value, and the version in a record says which one was shown.
func TestCorrectionKeepsTheOldVersion(t *testing.T) {
	f := firm.New(t, 3)
	f.AllowPlain()
	work := f.Work(f.IDs...)
	crm := party.Principal{Person: party.Person{ID: "crm", Org: pii.Own, Kind: party.Service}, Scope: door.ScopeCRM}
	v, err := f.Door.Correct(t.Context(), crm, firm.NewID(), nil, f.IDs[0], vault.Row{
		pii.Name: pii.NewValue("王小明"), pii.Phone: pii.NewValue("13900000000"),
	})
	f.OK(err)
	a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Plain, f.IDs[0]))
	f.OK(err)
	r, err := f.Ledger.Record(t.Context(), a.Entry)
	f.OK(err)
	r.Subjects(func(_ pii.Ordinal, l proof.Line) bool {
		if v != 2 || l.Version != 2 {
			t.Errorf("version %d, recorded %d", v, l.Version)
		}
		return true
	})
	if got := a.Results[0].Values[pii.Phone].Reveal(); got != "13900000000" {
		t.Error("the old number was shown")
	}
	for number, want := range map[string]bool{"13800000001": false, "13900000000": true} {
		found, err := f.Door.Find(t.Context(), f.Agent, door.Lookup{
			ID: firm.NewID(), Field: pii.Phone, Value: pii.NewValue(number), Purpose: "telesales", Work: work,
		})
		f.OK(err)
		if found.Hit != want {
			t.Errorf("the number was found: %v, want %v", found.Hit, want)
		}
	}
}

// TestAFloodIsOneEntry: above 60 refusals in a minute, of reads or lookups, the
// rest of the minute is one entry with a count.
func TestAFloodIsOneEntry(t *testing.T) {
	f := firm.New(t, 2)
	work := f.Work(f.IDs[0])
	before := f.Ledger.Size()
	for i := range 63 {
		if i%2 == 0 {
			a, err := f.Door.Disclose(t.Context(), f.Agent, f.Read(work, pii.Masked, f.IDs[1]))
			f.OK(err)
			if a.Results[0].Shown {
				t.Fatal("shown")
			}
			continue
		}
		found, err := f.Door.Find(t.Context(), f.Agent, door.Lookup{
			ID: firm.NewID(), Field: pii.Phone, Value: pii.NewValue("13800000002"), Purpose: "telesales", Work: work,
		})
		f.OK(err)
		if found.Hit {
			t.Fatal("a hit")
		}
	}
	if got := f.Ledger.Size() - before; got != 60 {
		t.Errorf("%d entries for 63 refusals within the minute, want 60", got)
	}
	f.Now = f.Now.Add(time.Minute)
	f.Door.Tick(t.Context())
	r, err := f.Ledger.Record(t.Context(), f.Ledger.Size()-1)
	f.OK(err)
	if r.Leaf.Kind != proof.KindRefusals || r.Fact("count") != "3" || r.Fact("actor") != "a001" {
		t.Errorf("%v with count %q of %q", r.Leaf.Kind, r.Fact("count"), r.Fact("actor"))
	}
}

// TestI4LookupsAskTheRules: what a lookup may tell is decided like what a read may
// show. Whoever the rules refuse is answered as if nobody held the value.
func TestI4LookupsAskTheRules(t *testing.T) {
	f := firm.New(t, 3)
	work := f.Work(f.IDs...)
	ask := func(p party.Principal) door.Found {
		found, err := f.Door.Find(t.Context(), p, door.Lookup{
			ID: firm.NewID(), Field: pii.Phone, Value: pii.NewValue("13800000001"), Purpose: "telesales", Work: work,
		})
		f.OK(err)
		return found
	}
	if !ask(f.Agent).Hit {
		t.Fatal("the agent's own customer is not found")
	}
	for name, change := range map[string]func(*party.Principal){
		"not trained":    func(p *party.Principal) { p.Person.TrainedUntil = f.Now.Add(-time.Hour) },
		"contract ended": func(p *party.Principal) { p.Person.ContractUntil = f.Now.Add(-time.Hour) },
		"suspended":      func(p *party.Principal) { p.Person.Suspended = true },
		"firm suspended": func(p *party.Principal) { p.Org.Suspended = true },
	} {
		p := f.Agent
		change(&p)
		if found := ask(p); found.Hit || found.Subject != (pii.SubjectID{}) || len(found.Reasons) != 1 || found.Reasons[0].ID != "no-grant" {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
