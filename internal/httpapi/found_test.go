package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/inquiry"
)

// withFound gives the firm its trace engine, with a door to match files at.
func (f *firm) withFound() {
	q := &inquiry.Inquiry{Ledger: f.ledger, Complaints: filed{f.store}, People: f.store, Subjects: f.store, Exposure: exposure.New(f.ledger, f.store, f.ring), Door: f.door}
	f.traces = q
	f.serve()
	q.Cases = f.desk
}

// complain files a complaint about a customer and returns its id.
func (f *firm) complain(i int) string {
	return f.post("/v1/complaints", "", m{"channel": "phone", "contacted": customer(i)["phone"], "called_at": f.clock().Format(time.RFC3339)}).want(201).text("id")
}

// found sends a file, with true words about it.
func (f *firm) found(who, of, file string, rows int) *reply {
	sum := sha256.Sum256([]byte(file))
	q := url.Values{"case": {of}, "sha256": {hex.EncodeToString(sum[:])}, "rows": {fmt.Sprint(rows)}, "found_at": {f.clock().Format(time.RFC3339)}}
	return f.post("/v1/found-files/matching?"+q.Encode(), who, file, "Content-Type", "application/octet-stream")
}

// foundList is a file of rows strangers and of the first customers.
func foundList(ours, strangers int) string {
	var b strings.Builder
	b.WriteString("联系方式,备注\n")
	for i := range ours {
		fmt.Fprintf(&b, "+86 %s,x\n", customer(i)["phone"])
	}
	for i := range strangers {
		fmt.Fprintf(&b, "133%08d,x\n", i)
	}
	return b.String()
}

// TestFoundFileOverHTTP: an agent was shown twelve customers in plain, and a file
// with them is found among strangers.
func TestFoundFileOverHTTP(t *testing.T) {
	f := newFirm(t, 60)
	f.withFound()
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects[:12]...)
	f.enrolKey("a001")
	shown := f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[:12]...)).disclosed()
	f.pass(time.Hour)
	of := f.complain(0)

	r := f.found("officer", of, foundList(12, 20)+"marked by "+shown.Mark+",\n\"a001 · 2026-03-02 09:00:01 · 00000000\",\n", 34).want(201)
	f.clean("the answer", r.body)
	var out inquiry.FileAnswer
	r.into(&out)
	if out.File.Rows != 34 || out.File.People == nil || *out.File.People != 12 || out.File.Fields["phone"] != 12 {
		t.Fatalf("%s", r.body)
	}
	if out.Find == nil || len(out.Find.Ranking) == 0 || out.Find.Ranking[0].Recipient != "a001" {
		t.Errorf("the ranking does not begin with who was shown them: %s", r.body)
	}
	if out.Entry != f.entries()-1 || out.Lookup != out.Entry-1 {
		t.Errorf("lookup %d and run %d of %d entries", out.Lookup, out.Entry, f.entries())
	}
	if len(out.File.Marks) != 2 || !out.File.Marks[0].Genuine || *out.File.Marks[0].Entry != shown.Entry || out.File.Marks[1].Genuine {
		t.Errorf("marks %+v", out.File.Marks)
	}
	f.clean("the log", []byte(f.log.String()))

	// A handful is not told as a number: the answer to one of ours and to none is
	// the same.
	one, none := f.found("officer", of, foundList(1, 20), 21).want(201), f.found("officer", of, foundList(0, 21), 21).want(201)
	var a, b inquiry.FileAnswer
	one.into(&a)
	none.into(&b)
	a.ID, a.Lookup = b.ID, b.Lookup
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) || a.File.People != nil || a.Find != nil {
		t.Errorf("one of ours: %s\nnone: %s", one.body, none.body)
	}
}

// TestFoundFileIsRefused over HTTP: without a case, without a second officer, for
// others than officers, and for what is no list.
func TestFoundFileIsRefused(t *testing.T) {
	f := newFirm(t, 3)
	f.withFound()
	of, file := f.complain(0), foundList(3, 1200)
	sum := sha256.Sum256([]byte(file))
	f.found("officer", strings.Repeat("0", 32), foundList(3, 0), 3).problem(403, "no-open-case")
	f.found("a001", of, foundList(3, 0), 3).problem(403, "not-yours")
	f.found("auditor", of, foundList(3, 0), 3).problem(403, "not-yours")
	f.found("officer", of, foundList(3, 0), 4).problem(403, "found-differs")
	f.found("officer", of, "", 1).want(422)
	f.found("officer", of, "PK\x03\x04 and no book", 1).want(422)
	f.found("officer", of, file, 1203).problem(403, "second-person")
	asked := f.post("/v1/found-files", "officer", m{"case": of, "sha256": hex.EncodeToString(sum[:]), "rows": 1203}).want(202)
	if asked.text("state") != "asked" {
		t.Fatalf("%s", asked.body)
	}
	approve := "/v1/found-files/" + asked.text("id") + "/approve"
	f.post(approve, "officer", m{}).problem(403, "second-person")
	f.post(approve, "officer2", m{}).want(200)
	r := f.found("officer", of, file, 1203).want(201)
	f.clean("the answer", r.body)
	f.found("officer", of, file, 1203).problem(403, "second-person")
}
