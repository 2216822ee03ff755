package httpapi_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/proof"
)

// TestWhoIsNamedMayAnswer: a run names an agent; she reads it once the officer has
// shown it to her, and answers; the case's pack holds the run with its words, the
// disclosures it rests on, and her answer, and verifies.
func TestWhoIsNamedMayAnswer(t *testing.T) {
	f := newFirm(t, 90)
	f.withDesks()
	f.traces = &inquiry.Inquiry{
		Ledger: f.ledger, Complaints: filed{f.store}, People: f.store, Subjects: f.store, Door: f.door, Cases: f.desk,
		Exposure: exposure.New(f.ledger, f.store, f.ring),
	}
	f.serve()
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects[:30]...)
	f.enrolKey("a001")
	shown := f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[:30]...)).disclosed()
	f.pass(time.Hour)
	of := f.complain(0)
	var found inquiry.FileAnswer
	f.found("officer", of, foundList(30, 20), 50).want(201).into(&found)
	run := "/v1/traces/" + found.ID.String()
	if found.Find == nil || len(found.Find.Accused) != 1 || found.Find.Accused[0] != "a001" {
		t.Fatalf("the run names nobody: %+v", found.Find)
	}

	f.get(run, "a001").problem(404, "not-found")
	f.get(run, "a002").problem(404, "not-found")
	f.post(run+"/answer", "a001", m{"answer": "too early"}).problem(404, "not-found")
	f.post(run+"/showing", "a001", m{"person": "a001"}).problem(403, "not-yours")
	f.post(run+"/showing", "officer", m{"person": "a002"}).problem(409, "not-named")
	f.post(run+"/showing", "officer", m{"person": "a001"}).want(201)
	f.get(run, "a002").problem(404, "not-found")
	f.post(run+"/answer", "a001", m{"answer": "My account was lent to a colleague."}).want(201)
	var past inquiry.Run
	f.get(run, "a001").want(200).into(&past)
	if past.Entry != found.Entry || !strings.Contains(strings.Join(past.SaidEn, " "), "a001") || len(past.Hearings) != 2 {
		t.Errorf("%+v", past)
	}

	p := f.post("/v1/evidence-packs", "officer", m{"kind": "case", "complaint": of}).want(201)
	zip := f.get("/v1/evidence-packs/"+p.text("id"), "officer").want(200).body
	f.clean("the pack", zip)
	pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	f.ok(err)
	report, err := proof.Verify(pack, nil)
	f.ok(err)
	kinds := map[proof.Kind]int{}
	ground := false
	for _, e := range report.Entries {
		kinds[e.Kind]++
		ground = ground || e.Index == shown.Entry && e.Kind == proof.KindDisclosure
	}
	if kinds[proof.KindTrace] != 1 || kinds[proof.KindHearing] != 2 || kinds[proof.KindWorkItem] != 1 || !ground {
		t.Errorf("the pack holds %v, the disclosure: %v", kinds, ground)
	}
	for _, words := range []string{"The records point to a001", "记录指向 a001", "My account was lent to a colleague."} {
		if !strings.Contains(string(pack.Page), words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

// TestComplaintsLeftOutAreNamed: what the officer leaves out does not count, and the
// entry says so.
func TestComplaintsLeftOutAreNamed(t *testing.T) {
	f := newFirm(t, 3)
	f.withDesks()
	of := f.complain(0)
	f.complain(1)
	window := m{"from": "2026-01-01T00:00:00Z", "to": f.clock().Add(time.Hour).Format(time.RFC3339)}
	r := f.post("/v1/traces", "officer", m{"complaints": window, "leave_out": []string{of}}).want(201)
	var past inquiry.Run
	f.get("/v1/traces/"+r.text("id"), "officer").want(200).into(&past)
	if len(past.LeftOut) != 1 || past.LeftOut[0] != of {
		t.Errorf("left out: %v", past.LeftOut)
	}
	f.post("/v1/traces", "officer", m{"complaints": window, "leave_out": []string{strings.Repeat("0", 32)}}).problem(422, "no-such-complaint")
	f.post("/v1/traces", "officer", m{"complaints": window, "leave_out": []string{"x"}}).problem(422, "bad-request")
	p := f.post("/v1/evidence-packs", "officer", m{"kind": "case", "complaint": of}).want(201)
	zip := f.get("/v1/evidence-packs/"+p.text("id"), "officer").want(200).body
	pack, err := proof.ReadPack(bytes.NewReader(zip), int64(len(zip)))
	f.ok(err)
	for _, e := range pack.Entries {
		if e.Evidence != nil {
			t.Error("a case that was left out holds the run")
		}
	}
}
