package httpapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
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

	q := f.traces.(*inquiry.Inquiry)
	week := pii.RequestID{1, 2, 3}
	for range 2 { // the second time it is there already
		if recorded, err := q.ReportPairs(t.Context(), week, f.clock()); !recorded || err != nil {
			t.Fatalf("recorded %v, %v", recorded, err)
		}
	}
	entries := f.entries()
	var told struct{ Week *inquiry.Weekly }
	f.get("/v1/trace-pairs", "officer").want(200).into(&told)
	if told.Week == nil || told.Week.Entry != entries-1 || told.Week.Total != 1 || len(told.Week.Pairs) != 1 || told.Week.Pairs[0].Shared != 29 {
		t.Errorf("the weekly report: %+v", told.Week)
	}
}

// TestWeeks: a week begins on Monday in China.
func TestWeeks(t *testing.T) {
	sunday := time.Date(2026, 11, 22, 15, 59, 0, 0, time.UTC)
	if a, b := inquiry.Week(sunday), inquiry.Week(sunday.Add(time.Minute)); a != "2026-47" || b != "2026-48" {
		t.Errorf("%s, %s", a, b)
	}
}

// TestAnAliasNamesWhoWasGivenIt: a number stood for a customer's in one agent's list
// alone. Two strangers ring it; the records of Goldbell show that agent nothing.
func TestAnAliasNamesWhoWasGivenIt(t *testing.T) {
	f := newFirm(t, 20)
	f.withDecoys()
	alias := m{"field": "phone", "value": "13612345678", "recipient": "a002"}
	decoy := f.post("/v1/decoys", "officer", m{"decoys": []m{{"field": "phone", "value": "13999999999"}}}).want(201)
	if named := f.post("/v1/decoys", "officer", m{"decoys": []m{alias}}).want(201); len(named.body) != len(decoy.body) {
		t.Errorf("an alias is told from a decoy: %s %s", named.body, decoy.body)
	}
	f.post("/v1/decoys", "officer", m{"decoys": []m{{"field": "phone", "value": "13612345678", "recipient": "13612345678"}}}).problem(422, "bad-request")
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects[:10]...)
	f.enrolKey("a001")
	f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[:10]...)).want(200)
	f.pass(9 * time.Hour)
	window := m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": f.clock().Format(time.RFC3339)}}
	before := f.post("/v1/traces", "officer", window).want(201)
	var contacts []m
	for i, caller := range []string{"17000000001", "17000000002"} {
		contacts = append(contacts, m{"field": "phone", "value": "13612345678", "at": f.clock().Add(-time.Duration(i+1) * time.Hour).Format(time.RFC3339), "caller": caller})
	}
	f.post("/v1/decoys/contacts", "officer", m{"contacts": contacts}).want(201)
	var got inquiry.Answer
	f.post("/v1/traces", "officer", window).want(201).into(&got)
	if len(got.Ranking) == 0 || got.Ranking[0].Recipient != "a002" || !got.Detail.Candidates[0].Alias {
		t.Errorf("before %s, after %+v", before.body, got.Finding)
	}
	if got.Verdict != trace.Accuse {
		t.Errorf("two contacts with an alias that one person had: %s %v, %+v", got.Verdict, got.Ranking, got.Detail.Guards)
	}
	if r := f.get("/v1/decoys", "officer").want(200); !strings.Contains(string(r.body), `"named":1,"stored":0,"controls":0,"contacts":0,"stray":0,"aliases":1,"alias_contacts":2`) {
		t.Errorf("counted: %s", r.body)
	}
}

// TestDecoysAreNoPeopleOfAFoundFile: what a file is said to hold counts customers, and
// four decoys with one customer are as few as one customer is. Contacts with decoys
// are weighed together with the file.
func TestDecoysAreNoPeopleOfAFoundFile(t *testing.T) {
	f := newFirm(t, 60)
	f.withDecoys()
	q := f.traces.(*inquiry.Inquiry)
	q.Door, q.Cases = f.door, f.desk
	var named []m
	for i := range 4 {
		named = append(named, m{"field": "phone", "value": customer(i)["phone"]})
	}
	f.post("/v1/decoys", "officer", m{"decoys": named}).want(201)
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects[:20]...)
	f.enrolKey("a001")
	f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[:20]...)).want(200)
	f.pass(time.Hour)
	of := f.complain(30)
	var few, many, more inquiry.FileAnswer
	f.found("officer", of, foundList(5, 20), 25).want(201).into(&few)
	if few.File.People != nil || few.Find != nil {
		t.Errorf("four decoys and one customer are told: %+v", few)
	}
	f.found("officer", of, foundList(12, 20), 32).want(201).into(&many)
	if many.File.People == nil || *many.File.People != 8 || many.File.OurRows == nil || *many.File.OurRows != 8 || many.Find == nil {
		t.Fatalf("eight customers and four decoys: %+v", many.File)
	}
	f.post("/v1/decoys/contacts", "officer", m{"contacts": []m{{"field": "phone", "value": customer(0)["phone"], "at": f.clock().Format(time.RFC3339)}}}).want(201)
	f.found("officer", of, foundList(12, 20), 32).want(201).into(&more)
	if more.Find == nil || more.Find.Detail.Items != many.Find.Detail.Items+1 {
		t.Errorf("%d items, with a contact %d", many.Find.Detail.Items, more.Find.Detail.Items)
	}
}
