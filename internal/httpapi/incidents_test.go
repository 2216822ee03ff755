package httpapi_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/pii"
)

// ran hands the firm's traces to its incidents, as the server does.
type ran struct{ f *firm }

func (r ran) Reach(ctx context.Context, id pii.RequestID) (casework.Reach, error) {
	q, ok := r.f.traces.(*inquiry.Inquiry)
	if !ok {
		return casework.Reach{}, fault.New(fault.NotFound, "not-found", "trace")
	}
	got, err := q.Reach(ctx, id)
	return casework.Reach(got), err
}

// withIndex gives the firm traces that read the exposure index.
func (f *firm) withIndex() {
	f.withDesks()
	f.traces = &inquiry.Inquiry{
		Ledger: f.ledger, Complaints: filed{f.store}, People: f.store, Subjects: f.store, Door: f.door, Cases: f.desk,
		Exposure: exposure.New(f.ledger, f.store, f.ring),
	}
	f.serve()
}

// calledBy is a complaint about one caller.
func (f *firm) calledBy(i int, caller string) string {
	f.Helper()
	return f.post("/v1/complaints", "", m{
		"channel": "phone", "contacted": customer(i)["phone"], "called_at": f.clock().Add(-time.Minute).Format(time.RFC3339),
		"caller": caller, "known": []string{"name", "company"},
	}).want(201).text("id")
}

type incidentSeen struct {
	ID, State  string
	Opened     string `json:"opened_by"`
	Why        []string
	Complaints int
	Clocks     []struct {
		ID   string
		Late bool
	}
	Cases      []struct{ ID string }
	Assessment *struct {
		Named    int
		Affected *int
	}
	Decision *struct {
		Verdict, Reason, By string
		Entry               uint64
	}
	Reasons map[string][]string
}

// I6, over HTTP: complaints of one week about callers who knew the same become a suspected incident by
// themselves; a trace names who had them all; the incident closes only with an
// officer's decision, made freshly proven, about as many people as the records say.
func TestI6AnIncidentClosesByDecisionOnly(t *testing.T) {
	f := newFirm(t, 600)
	f.withIndex()
	f.enact(m{"text": plainRule})
	f.prove("officer", "officer2", "auditor")
	for n, who := range []string{"a001", "a002"} {
		f.enrolKey(who)
		list := f.subjects[n*30 : n*30+30]
		f.post("/v1/disclosures", who, f.read(f.work(who, "call-task", "telesales", list...), "plain", list...)).disclosed()
	}
	f.pass(3 * 24 * time.Hour)
	for i := range 14 {
		f.calledBy(i*2, fmt.Sprintf("1700000%04d", i))
		f.pass(time.Minute)
	}
	f.prove("officer", "officer2", "auditor", "a001")
	f.ok(f.desk.Cluster(t.Context()))

	var board struct{ Incidents []incidentSeen }
	f.get("/v1/incidents", "a001").problem(403, "not-yours")
	listed := f.get("/v1/incidents?state=suspected", "auditor").want(200)
	f.clean("the board", listed.body)
	listed.into(&board)
	if len(board.Incidents) != 1 || board.Incidents[0].State != "suspected" || board.Incidents[0].Complaints != 14 || len(board.Incidents[0].Clocks) != 3 {
		t.Fatalf("%s", listed.body)
	}
	path := "/v1/incidents/" + board.Incidents[0].ID
	var one incidentSeen
	f.get(path, "auditor").want(200).into(&one)
	if len(one.Cases) > 0 {
		t.Error("the auditor sees the complaints")
	}
	f.get(path, "officer").want(200).into(&one)
	if len(one.Cases) != 14 || len(one.Reasons["not-notify"]) == 0 {
		t.Errorf("%+v", one)
	}

	decision := m{"verdict": "notify", "reason": "leak-recorded", "note": "a001 was shown all who complained"}
	f.post(path+"/decision", "officer", decision).problem(409, "not-assessed")
	window := m{"from": "2026-01-01T00:00:00Z", "to": f.clock().Add(time.Hour).Format(time.RFC3339)}
	run := f.post("/v1/traces", "officer", m{"complaints": window}).want(201)
	if v := run.text("verdict"); v != "accuse" {
		t.Fatalf("the trace names nobody: %s", run.body)
	}
	f.post(path+"/assessment", "auditor", m{"run": run.text("id")}).problem(403, "not-yours")
	f.post(path+"/assessment", "officer", m{"run": run.text("id")}).want(200)
	one = incidentSeen{}
	f.get(path, "officer").want(200).into(&one)
	if one.Assessment == nil || one.Assessment.Named != 1 || one.Assessment.Affected == nil || *one.Assessment.Affected != 30 {
		t.Fatalf("the records say 30 were shown to a001: %+v", one.Assessment)
	}

	f.pass(25 * time.Hour)
	f.prove("officer", "auditor", "officer2")
	f.pass(time.Hour)
	f.post(path+"/decision", "officer", decision).problem(403, "step-up-needed")
	f.prove("officer", "officer2", "auditor")
	f.post(path+"/decision", "auditor", decision).problem(403, "not-yours")
	f.post(path+"/decision", "officer", m{"verdict": "notify", "reason": "made-up", "note": "a001 was shown all"}).problem(422, "bad-request")
	f.post(path+"/decision", "officer", m{"verdict": "notify", "reason": "leak-recorded"}).problem(422, "bad-request")
	one = incidentSeen{}
	f.get(path, "officer").want(200).into(&one)
	if one.State != "suspected" || one.Decision != nil || !one.Clocks[1].Late {
		t.Fatalf("%+v", one)
	}
	f.post(path+"/decision", "officer", decision).want(200)
	one = incidentSeen{}
	f.get(path, "officer2").want(200).into(&one)
	if one.State != "closed" || one.Decision == nil || one.Decision.By != "officer" || one.Decision.Verdict != "notify" || one.Clocks[1].Late {
		t.Fatalf("%+v", one)
	}
	f.post(path+"/decision", "officer2", m{"verdict": "not-notify", "reason": "made-up", "note": "nothing happened at all"}).problem(409, "closed")
	f.post(path+"/complaints", "officer2", m{"complaints": []string{f.calledBy(40, "1")}}).problem(409, "closed")
	var entry struct{ Kind string }
	f.get(fmt.Sprint("/v1/ledger/entries/", one.Decision.Entry), "auditor").want(200).into(&entry)
	if entry.Kind != "incident" {
		t.Errorf("the decision's entry is a %s", entry.Kind)
	}
	if got := f.post(path+"/note", "officer2", m{}).want(200).text("note"); got != decision["note"] {
		t.Error(got)
	}
}

// One person cannot open an incident and close it; of few people no number is told.
func TestI6WhoOpensAnIncidentDoesNotDecide(t *testing.T) {
	f := newFirm(t, 3)
	f.withIndex()
	id := f.complain(0)
	f.post("/v1/incidents", "a001", m{"complaints": []string{id}}).problem(403, "not-yours")
	f.post("/v1/incidents", "officer", m{"complaints": []string{"0000"}}).problem(422, "bad-request")
	path := "/v1/incidents/" + f.post("/v1/incidents", "officer", m{"complaints": []string{id}}).want(201).text("id")
	run := f.post("/v1/traces", "officer", m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}}).want(201).text("id")
	f.prove("officer", "officer2")
	f.post(path+"/assessment", "officer", m{"run": run}).want(200)
	var one incidentSeen
	f.get(path, "officer").want(200).into(&one)
	if one.Opened != "officer" || one.Assessment == nil || one.Assessment.Affected != nil || one.Assessment.Named != 0 {
		t.Fatalf("%+v", one)
	}
	decision := m{"verdict": "not-notify", "reason": "not-ours", "note": "nobody of ours was shown her"}
	f.post(path+"/decision", "officer", decision).problem(403, "second-person")
	f.post(path+"/decision", "officer2", decision).want(200)
}
