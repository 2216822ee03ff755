package enrolment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/enrolment"
)

var some = enrolment.ID{0xa1, 0xb2, 3, 4, 5, 6, 7, 8}

func TestPlaceholderIsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringN(0, 20, 60), 1, 3).Draw(t, "parts")
		p := enrolment.Placeholder{Enrolment: some, Tag: rapid.StringMatching(`[a-z]{1,2}`).Draw(t, "tag"), Subject: enrolment.JoinKey(parts)}
		if rapid.Bool().Draw(t, "row") {
			p.Row = enrolment.JoinKey(parts)
		}
		if d := cmp.Diff(parts, enrolment.SplitKey(p.Subject)); d != "" {
			t.Fatalf("the key came apart otherwise (-want +got):\n%s", d)
		}
		text := p.String()
		got, ok := enrolment.Parse([]byte(text))
		if fits := p.Subject != "" && len(text) <= enrolment.MaxPlaceholder; ok != fits || ok && got != p {
			t.Fatalf("%q was read as %+v, %v", text, got, ok)
		}
	})
}

func TestOnlyWholePlaceholdersAreRead(t *testing.T) {
	for text, want := range map[string]bool{
		"~a1b2030405060708:p:5~":      true,
		"~a1b2030405060708:pq:5;7~":   true,
		"~a1b2030405060708:p:a%2Cb~":  true,
		"~a1b2030405060708:p:5":       false,
		"a1b2030405060708:p:5~":       false,
		" ~a1b2030405060708:p:5~":     false,
		"~A1B2030405060708:p:5~":      false,
		"~a1b2030405060708:P:5~":      false,
		"~a1b2030405060708:pqr:5~":    false,
		"~a1b2030405060708:p:~":       false,
		"~a1b2030405060708:p:5;~":     false,
		"~a1b2030405060708:p:5;6;7~":  false,
		"~a1b2030405060708:p:5~6~":    false,
		"~a1b2030405060708:p:a%2cb~":  false,
		"~a1b2030405060708:p:a%~":     false,
		"~a1b2030405060708:p:%41~":    false,
		"~p:5~":                       false,
		"":                            false,
		"~a1b2030405060708:p:5~ ":     false,
		"~a1b20304050607zz:p:5~":      false,
		"~a1b203040506070:p:5~":       false,
		"~a1b2030405060708:p:5~extra": false,
	} {
		if p, ok := enrolment.Parse([]byte(text)); ok != want || ok && p.String() != text {
			t.Errorf("%q: read is %v (%v), want %v", text, ok, p, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("~a1b2030405060708:p:5~"))
	f.Add([]byte("~a1b2030405060708:p:5;6%7E~"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := enrolment.Parse(b); ok && p.String() != string(b) {
			t.Fatalf("%q was read as %q", b, p)
		}
	})
}

func TestACellIsOfItsDatabase(t *testing.T) {
	phone := enrolment.Column{Name: "phone", Tag: "p", Field: "phone", Text: true}
	born := enrolment.Column{Name: "born", Tag: "b", Field: "note", Companion: "born_text"}
	table := &enrolment.Table{ID: some, Database: "crm", View: "customer", Columns: []enrolment.Column{phone, born}}
	set := enrolment.NewSet([]*enrolment.Table{table, {ID: enrolment.ID{9}, Database: "crm", Ended: true}})
	cell, ok := set.Cell("crm", []byte("~a1b2030405060708:p:5~"))
	if !ok || cell.Subject != "5" || cell.Column != phone || cell.Placeholder() != "~a1b2030405060708:p:5~" {
		t.Errorf("cell is %+v, %v", cell, ok)
	}
	for _, text := range []string{"~a1b2030405060708:x:5~", "~a1b2030405060708:p:5;6~", "~0900000000000000:p:5~", "~a1b2030405060709:p:5~"} {
		if _, ok := set.Cell("crm", []byte(text)); ok {
			t.Errorf("%s is taken for a cell", text)
		}
	}
	if _, ok := set.Cell("other", []byte("~a1b2030405060708:p:5~")); ok {
		t.Error("a cell of another database is taken")
	}
	if c, ok := table.Shows("born_text"); !ok || c != born {
		t.Error("the companion of a column is not found")
	}
	if _, ok := table.Shows("born"); ok {
		t.Error("a column that is NULL in the view is said to be a placeholder")
	}
}
