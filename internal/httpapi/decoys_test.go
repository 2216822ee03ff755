package httpapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// made is the decoys' index: the vault hashes, the store finds.
type made struct {
	*vault.Vault
	tagged
}

type tagged interface {
	Tagged(ctx context.Context, f pii.Field, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error)
}

func (f *firm) withDecoys() {
	f.withDesks()
	f.traces = &inquiry.Inquiry{
		Ledger: f.ledger, Complaints: filed{f.store}, People: f.store, Subjects: f.store,
		Exposure: exposure.New(f.ledger, f.store, f.ring), Decoys: f.decoys,
	}
	f.serve()
}

// TestDecoysPointToWhoWasShownThem: five made-up customers are shown to one agent
// among her real ones; strangers ring three of them.
func TestDecoysPointToWhoWasShownThem(t *testing.T) {
	f := newFirm(t, 80)
	f.withDecoys()
	phone := func(i int) m { return m{"field": "phone", "value": customer(i)["phone"]} }
	named := []m{}
	for i := range 10 {
		d := phone(i)
		if d["control"] = i >= 5; i >= 5 {
			d = phone(70 + i)
			d["control"] = true
		}
		named = append(named, d)
	}
	unheld := f.post("/v1/decoys", "officer", m{"decoys": []m{{"field": "phone", "value": "13999999999"}}}).want(201)
	held := f.post("/v1/decoys", "officer", m{"decoys": named}).want(201)
	if len(unheld.body) != len(held.body) {
		t.Errorf("held and unheld numbers are told apart: %s %s", unheld.body, held.body)
	}
	f.enact(m{"text": plainRule})
	for i, agent := range []string{"a001", "a002"} {
		mine := f.subjects[30*i : 30*i+30]
		work := f.work(agent, "call-task", "telesales", mine...)
		f.enrolKey(agent)
		f.post("/v1/disclosures", agent, f.read(work, "plain", mine...)).want(200)
	}
	f.pass(9 * time.Hour)
	at := f.clock().Add(-time.Hour).Format(time.RFC3339)
	contact := func(i int) m {
		return m{"field": "phone", "value": customer(i)["phone"], "at": at, "caller": "1700000000" + string(rune('0'+i)), "known": []string{"name"}}
	}
	window := m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": f.clock().Format(time.RFC3339)}}
	f.post("/v1/decoys/contacts", "officer", m{"contacts": []m{contact(0), contact(20)}}).problem(409, "no-decoy")
	before := f.post("/v1/traces", "officer", window).want(201)
	f.post("/v1/decoys/contacts", "officer", m{"contacts": []m{contact(0), contact(1), contact(2)}}).want(201)
	var got inquiry.Answer
	f.post("/v1/traces", "officer", window).want(201).into(&got)
	if len(got.Ranking) == 0 || got.Ranking[0].Recipient != "a001" || got.Ranking[0].Probability < .8 {
		t.Errorf("before %s, after %+v", before.body, got.Finding)
	}
	if r := f.get("/v1/decoys", "officer").want(200); !strings.Contains(string(r.body), `"named":11,"stored":10,"controls":5,"contacts":3,"stray":0`) {
		t.Errorf("counted: %s", r.body)
	}
	f.get("/v1/decoys", "auditor").problem(403, "not-yours")
	f.post("/v1/decoys", "auditor", m{"decoys": named}).problem(403, "not-yours")
	f.post("/v1/decoys", "a001", m{"decoys": named}).problem(403, "not-yours")
	f.post("/v1/decoys", "officer", m{"decoys": []m{{"field": "name", "value": "x"}}}).problem(422, "bad-request")
	if r := f.get("/v1/decoys/plan?rate=0.3&share=1&power=0.9&contacts=1", "officer").want(200); !strings.Contains(string(r.body), `"decoys":7`) {
		t.Errorf("%s", r.body)
	}
}

// TestPairsThatComplaintsCannotSeparate: two agents were shown the same people; no
// complaint tells one from the other, and the officer is told so beforehand.
func TestPairsThatComplaintsCannotSeparate(t *testing.T) {
	f := newFirm(t, 40)
	f.withDecoys()
	f.enact(m{"text": plainRule})
	show := func(agent string, subjects ...string) {
		work := f.work(agent, "call-task", "telesales", subjects...)
		f.enrolKey(agent)
		f.post("/v1/disclosures", agent, f.read(work, "plain", subjects...)).want(200)
	}
	show("a001", f.subjects[:30]...)
	if r := f.get("/v1/trace-pairs", "officer").want(200); !strings.Contains(string(r.body), `"pairs":[]`) {
		t.Errorf("one list alone: %s", r.body)
	}
	show("a002", f.subjects[1:31]...)
	if r := f.get("/v1/trace-pairs", "officer").want(200); !strings.Contains(string(r.body), `"a":"a001","b":"a002","people_a":30,"people_b":30,"shared":29`) {
		t.Errorf("nearly the same list twice: %s", r.body)
	}
	f.get("/v1/trace-pairs", "auditor").problem(403, "not-yours")
}
