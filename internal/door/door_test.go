package door_test

import (
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

func TestReadMaskedIsRecordedFirst(t *testing.T) {
	f := newFirm(t, 20)
	work := f.work(f.ids[:10]...)
	before := f.ledger.Size()
	a, err := f.door.Disclose(t.Context(), f.agent, f.read(work, pii.Masked, f.ids[0], f.ids[1], f.ids[15]))
	f.ok(err)
	if f.ledger.Size() != before+1 {
		t.Fatalf("%d entries for one answer", f.ledger.Size()-before)
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
	r, err := f.ledger.Record(t.Context(), a.Entry)
	f.ok(err)
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
	f := newFirm(t, 3)
	work := f.work(f.ids...)
	a, err := f.door.Disclose(t.Context(), f.agent, f.read(work, pii.Plain, f.ids[0]))
	f.ok(err)
	if a.Results[0].Shown || a.Results[0].Reasons[0].ID != "no-permit" || a.Results[0].Highest != pii.Token {
		t.Fatalf("%+v", a.Results[0])
	}
	f.allowPlain()
	a, err = f.door.Disclose(t.Context(), f.agent, f.read(work, pii.Plain, f.ids[0]))
	f.ok(err)
	if !a.Results[0].Shown || a.Results[0].Values[pii.Phone].Reveal() != "13800000001" || a.Mark == "" {
		t.Fatalf("%+v %q", a.Results[0], a.Mark)
	}
}

func TestBudgetIsExact(t *testing.T) {
	f := newFirm(t, 70)
	f.allowPlain()
	work := f.work(f.ids...)
	shown := 0
	for _, id := range f.ids {
		for range 2 { // the same subject twice counts once
			a, err := f.door.Disclose(t.Context(), f.agent, f.read(work, pii.Plain, id))
			f.ok(err)
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
	f := newFirm(t, 300)
	work := f.work(f.ids[:200]...)
	for i := range 600 {
		_, err := f.door.Disclose(t.Context(), f.agent, f.read(work, pii.Masked, f.ids[i%250]))
		f.ok(err)
	}
	r, err := ledger.Verify(t.Context(), f.config(), f.store, nil)
	f.ok(err)
	if len(r.Faults) != 0 || r.Size != f.ledger.Size() || r.Opened != r.Size {
		t.Fatalf("%+v", r)
	}
}
