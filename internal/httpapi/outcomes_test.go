package httpapi_test

import (
	"strings"
	"testing"
)

type outcomeList struct {
	Outcomes []struct{ Subject, Outcome string }
}

// What became of a contact is recorded inside one's own work item only, the newest
// counts, and a note comes back through the door with its numbers taken out.
func TestOutcomesAndNotes(t *testing.T) {
	f := newFirm(t, 3)
	work := f.work("a001", "call-task", "telesales", f.subjects[:2]...)
	path := "/v1/work-items/" + work + "/outcomes"
	report := func(subject, outcome, note string) m { return m{"subject": subject, "outcome": outcome, "note": note} }

	f.post(path, "a001", report(f.subjects[0], "no-answer", "")).want(201)
	f.post(path, "a001", report(f.subjects[0], "call-again", "改打 13912345678，或写信 other@example.com")).want(201)
	for _, refused := range []struct{ who, subject string }{{"a002", f.subjects[0]}, {"a001", f.subjects[2]}, {"a001", strings.Repeat("ab", 16)}} {
		f.post(path, refused.who, report(refused.subject, "reached", "x")).problem(403, "no-grant")
	}
	f.get(path, "a002").problem(403, "no-grant")

	var list outcomeList
	f.get(path, "a001").want(200).into(&list)
	if len(list.Outcomes) != 1 || list.Outcomes[0].Subject != f.subjects[0] || list.Outcomes[0].Outcome != "call-again" {
		t.Fatalf("%+v", list)
	}
	ask := m{"form": "masked", "fields": []string{"name", "note"}, "purpose": "telesales", "work_item": work, "subjects": f.subjects[:2]}
	got := f.post("/v1/disclosures", "a001", ask).disclosed()
	note := got.Results[0].Values["note"]
	if !strings.Contains(note, "a001") || !strings.Contains(note, "改打") || strings.Contains(note, "1391234") || strings.Contains(note, "@") {
		t.Fatalf("%q", note)
	}
	if _, any := got.Results[1].Values["note"]; any {
		t.Fatal("a customer without a note has one")
	}
	ask["form"] = "plain"
	if r := f.post("/v1/disclosures", "a001", ask).disclosed(); r.Results[0].Shown {
		t.Fatal("a note was shown in a higher form")
	}
}

// Who refuses marketing on the telephone has refused: no call goes out any more.
func TestAnOptOutOnThePhoneCounts(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	call := m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work}
	f.post("/v1/calls", "a001", call).want(201)
	f.post("/v1/work-items/"+work+"/outcomes", "a001", m{"subject": f.subjects[0], "outcome": "opt-out"}).want(201)
	if r := f.post("/v1/calls", "a001", call); r.status != 403 || r.problem(403, "opted-out").Code == "" {
		t.Fatalf("%s", r.body)
	}
}

// A missing watermark is an entry, once for an answer, and says nothing back.
func TestWatermarkReport(t *testing.T) {
	f := newFirm(t, 1)
	before := f.entries()
	body := m{"disclosure": strings.Repeat("ab", 16)}
	first := f.post("/v1/watermark-reports", "a001", body).want(201)
	second := f.post("/v1/watermark-reports", "a001", body).want(201)
	if string(first.body) != string(second.body) || f.entries() != before+1 || len(f.alarms) != 1 {
		t.Fatalf("%d entries, alarms %v", f.entries()-before, f.alarms)
	}
	f.post("/v1/watermark-reports", "officer", body).problem(403, "not-yours")
}
