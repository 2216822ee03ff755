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
