package httpapi_test

import (
	"bytes"
	"fmt"
	"testing"
)

type entryPage struct {
	Size    uint64
	Entries []struct {
		Index         uint64
		Kind, Actor   string
		Shown, Others int
	}
	Next *uint64
}

// The pages of the explorer hold every entry once, the newest first, and say nothing
// of a customer.
func TestEntriesByPage(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects...)).want(200)
	var seen []uint64
	path, shown := "/v1/ledger/entries?limit=7", 0
	for path != "" {
		var p entryPage
		r := f.get(path, "auditor").want(200)
		r.into(&p)
		f.clean(path, r.body)
		for _, s := range f.subjects {
			if bytes.Contains(r.body, []byte(s)) {
				t.Fatal("a line names a subject")
			}
		}
		for _, e := range p.Entries {
			seen = append(seen, e.Index)
			if e.Kind == "disclosure" && e.Actor == "a001" {
				shown += e.Shown
			}
		}
		path = ""
		if p.Next != nil {
			path = fmt.Sprintf("/v1/ledger/entries?limit=7&before=%d", *p.Next)
		}
	}
	for i, idx := range seen {
		if want := f.entries() - 1 - uint64(i); idx != want {
			t.Fatalf("place %d: entry %d, want %d", i, idx, want)
		}
	}
	if uint64(len(seen)) != f.entries() || shown != 2 {
		t.Fatalf("%d of %d entries, %d shown", len(seen), f.entries(), shown)
	}
	f.get("/v1/ledger/entries", "a001").problem(403, "not-yours")
}

// A consent brought in by a phone number says nothing, in its entry either, of whether
// somebody has the number, or of what was on record of her before.
func TestI4AnImportersEntrySaysNothing(t *testing.T) {
	f := newFirm(t, 3)
	f.post("/v1/organisations", "officer", m{"id": "reseller", "kind": "handler", "title": "Reseller"}).want(200)
	sum := fmt.Sprintf("%064x", 1)
	row := func(phone string) m {
		return m{"phone": phone, "purpose": "partner-lead", "recipient": "reseller", "notice": "1", "at": "2026-01-01T00:00:00Z", "reference": "box 7", "separate": true}
	}
	f.post("/v1/consents", "officer", m{"items": []m{
		{"subject": f.subjects[1], "act": "give", "purpose": "partner-lead", "recipient": "reseller", "notice": "1", "proof": sum},
	}}).want(200)
	var said [][]byte
	for _, phone := range []string{customer(0)["phone"].(string), customer(1)["phone"].(string), "13999999999", "13999999998"} {
		at := f.entries()
		if r := f.post("/v1/consents/imports", "officer", m{"sha256": sum, "rows": []m{row(phone)}}).want(200); !bytes.Contains(r.body, []byte(`"created":1`)) {
			t.Fatalf("%s", r.body)
		}
		r := f.get(fmt.Sprintf("/v1/ledger/entries/%d", at), "officer").want(200)
		var e struct {
			Facts    []struct{ Name, Value string }
			Subjects []any
		}
		r.into(&e)
		if len(e.Subjects) != 0 {
			t.Errorf("the entry names somebody: %s", r.body)
		}
		said = append(said, fmt.Append(nil, e.Facts))
		if !bytes.Contains(r.body, []byte("box 7")) || !bytes.Equal(said[0], said[len(said)-1]) {
			t.Errorf("entries differ: %s", r.body)
		}
		var p entryPage
		f.get("/v1/ledger/entries?limit=1", "auditor").want(200).into(&p)
		if p.Entries[0].Others != 0 || p.Entries[0].Shown != 0 {
			t.Errorf("the line counts somebody: %+v", p.Entries[0])
		}
	}
}
