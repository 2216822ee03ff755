package grant

import (
	"testing"

	"github.com/goldbell/goldbell/internal/pii"
)

// Every sheet can be shown, names only fields of the schema and belongs to some
// kind of work; every kind of work has a purpose.
func TestSheets(t *testing.T) {
	schema, sheets := pii.Registration(), Sheets()
	if len(sheets) != len(shipped) {
		t.Fatal("two sheets have one purpose")
	}
	used := map[pii.Purpose]bool{}
	for _, k := range WorkKinds {
		some := false
		for p := range sheets {
			if k.Allows(p) {
				some, used[p] = true, true
			}
		}
		if !some {
			t.Errorf("%s has no purpose", k)
		}
	}
	for p, s := range sheets {
		if s.Purpose != p || s.Zh == "" || s.En == "" || s.Basis == "" || len(s.Highest) == 0 || !used[p] {
			t.Errorf("sheet %q is incomplete, or no work has it", p)
		}
		if s.Marketing && s.Basis != "consent" {
			t.Errorf("sheet %q is marketing without consent", p)
		}
		for f, form := range s.Highest {
			spec, ok := schema.Spec(f)
			if !ok && f != pii.Note || form == pii.None {
				t.Errorf("sheet %q: field %q", p, f)
			}
			if spec.Sensitive && s.Basis != "legal-duty" {
				t.Errorf("sheet %q shows the sensitive field %q", p, f)
			}
		}
	}
}

// What ships may be proposed as it is; notes are masked at most.
func TestAShippedSheetMayBeProposed(t *testing.T) {
	for p, s := range Sheets() {
		if err := s.Check(pii.Registration()); err != nil {
			t.Errorf("%s: %v", p, err)
		}
		if s.Highest[pii.Note] = pii.Plain; s.Check(pii.Registration()) == nil {
			t.Errorf("%s shows notes in plain", p)
		}
	}
}

// Callers may not change what we ship.
func TestSheetsAreCopies(t *testing.T) {
	Sheets()[Telesales].Highest[pii.IDNumber] = pii.Plain
	if Sheets()[Telesales].Allows([]pii.Field{pii.IDNumber}, pii.Masked) {
		t.Fatal("a caller widened a shipped sheet")
	}
}
