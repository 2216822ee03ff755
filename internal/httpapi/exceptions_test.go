package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
)

// prove signs people in with their passkeys, which those who have none enrol: who
// approves needs it.
func (f *firm) prove(who ...string) {
	f.Helper()
	for _, p := range who {
		if f.keys[p] == nil {
			f.enrolKey(p)
			continue
		}
		c := f.begin("/v1/sign-in/passkey/options", "", m{})
		in := m{"ceremony": c.Ceremony, "credential": json.RawMessage(f.keys[p].Get(c.PublicKey))}
		f.tokens[p] = f.post("/v1/sign-in/passkey", "", in).want(201).text("token")
	}
}

func (f *firm) exception(by, work string, subjects ...string) *reply {
	f.Helper()
	return f.post("/v1/exceptions", by, m{
		"work_item": work, "subjects": subjects, "fields": []string{"name", "phone"}, "form": "plain", "reason": "carrier-down",
		"until": f.clock().Add(2 * time.Hour).Format(time.RFC3339),
	})
}

func (f *firm) decide(by, id string, approve bool) *reply {
	f.Helper()
	return f.post("/v1/exceptions/"+id+"/decision", by, m{"approve": approve})
}

// TestAnExceptionIsAGround: asked for by a colleague, approved by an officer, it shows
// what it names, so often, until it is closed.
func TestAnExceptionIsAGround(t *testing.T) {
	f := newFirm(t, 4)
	work := f.work("a001", "call-task", "telesales", f.subjects[:3]...)
	k := f.enrolKey("a001")
	f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[0])).problem(403, "no-permit")

	f.exception("a001", work, f.subjects[0]).problem(403, "not-for-yourself")
	f.exception("a002", strings.Repeat("0", 32), f.subjects[0]).problem(403, "no-grant")
	f.exception("a002", work, f.subjects[3]).problem(403, "no-grant")
	f.exception("a002", work, strings.Repeat("e", 32)).problem(403, "no-grant")
	id := f.exception("a002", work, f.subjects[:2]...).want(201).text("id")
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[0])).problem(403, "no-grant")

	own := f.exception("officer", work).want(201).text("id")
	f.prove("officer", "officer2")
	f.decide("officer", own, true).problem(403, "second-person")
	if got := f.decide("officer2", own, false).want(200).text("state"); got != "refused" {
		t.Errorf("refused: %s", got)
	}
	f.decide("officer", own, true).problem(409, "decided")

	f.pass(time.Hour)
	f.decide("officer", id, true).problem(403, "prove-again")
	f.prove("officer")
	if got := f.decide("officer", id, true).want(200).text("state"); got != "open" {
		t.Fatalf("approved: %s", got)
	}
	f.stepUp("a001", k).want(200)
	for _, s := range f.subjects[:2] {
		if d := f.post("/v1/disclosures", "a001", f.read(id, "plain", s)).disclosed(); d.Results[0].Values["phone"] == "" {
			t.Errorf("%+v", d)
		}
	}
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[0])).problem(403, "budget")
	f.post("/v1/disclosures", "a002", f.read(id, "plain", f.subjects[0])).problem(403, "no-grant")
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[2])).problem(403, "no-grant")
	more := f.read(id, "plain", f.subjects[0])
	more["fields"] = []string{"company"}
	f.post("/v1/disclosures", "a001", more).problem(403, "outside-purpose-sheet")

	var list struct {
		Exceptions []struct {
			ID, State              string
			Subjects, Budget, Used int
			Line                   struct{ Used, Line int } `json:"person_line"`
		}
	}
	r := f.get("/v1/exceptions", "officer").want(200)
	r.into(&list)
	f.clean("the list of exceptions", r.body)
	seen := false
	for _, e := range list.Exceptions {
		if e.ID == id {
			seen = e.State == "open" && e.Subjects == 2 && e.Budget == 2 && e.Used == 2 && e.Line.Used == 2 && e.Line.Line == 2500
		}
	}
	if !seen {
		t.Errorf("%+v", list)
	}
	f.post("/v1/work-items/"+id+"/close", "officer", nil).want(200)
	f.post("/v1/disclosures", "a001", f.read(id, "masked", f.subjects[0])).problem(403, "no-grant")
}

// TestAnExceptionEndsWithItsWork: closing the work item closes what was opened as an
// exception of it, and it lasts no longer.
func TestAnExceptionEndsWithItsWork(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	other := f.work("a001", "call-task", "telesales", f.subjects...)
	id := f.exception("a002", work, f.subjects[0]).want(201).text("id")
	kept := f.exception("a002", other, f.subjects[0]).want(201).text("id")
	f.prove("officer", "a001")
	for _, x := range []string{id, kept} {
		f.decide("officer", x, true).want(200)
		f.post("/v1/disclosures", "a001", f.read(x, "masked", f.subjects[0])).disclosed()
	}
	f.post("/v1/work-items/"+work+"/close", "officer", nil).want(200)
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[0])).problem(403, "no-grant")
	f.post("/v1/disclosures", "a001", f.read(kept, "masked", f.subjects[0])).problem(403, "budget")
}

// TestBulkNeedsTwo: from 50 subjects on, two officers approve, and not one twice.
func TestBulkNeedsTwo(t *testing.T) {
	f := newFirm(t, 50)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	id := f.exception("a002", work).want(201).text("id")
	f.prove("officer", "officer2")
	if got := f.decide("officer", id, true).want(200).text("state"); got != "seconded" {
		t.Fatalf("after one approval: %s", got)
	}
	f.decide("officer", id, true).problem(403, "second-person")
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[0])).problem(403, "no-grant")
	if got := f.decide("officer2", id, true).want(200).text("state"); got != "open" {
		t.Fatalf("after two: %s", got)
	}
	f.enrolKey("a001")
	f.post("/v1/disclosures", "a001", f.read(id, "plain", f.subjects[0])).disclosed()
}

// TestBreakGlass: it opens at once, the officer is told, and who is not reviewed in a
// day cannot use it again. Who does not exist is not told apart.
func TestBreakGlass(t *testing.T) {
	f := newFirm(t, 2)
	glass := func(subjects ...string) *reply {
		return f.post("/v1/break-glass", "a001", m{
			"purpose": "support", "subjects": subjects, "fields": []string{"name", "phone"}, "reason": "danger-to-life", "minutes": 30,
		})
	}
	f.prove("a001")
	id := glass(f.subjects[0]).want(201).text("id")
	none := glass(strings.Repeat("e", 32)).want(201).text("id")
	ask := f.read(id, "plain", f.subjects[0])
	ask["purpose"] = "support"
	if d := f.post("/v1/disclosures", "a001", ask).disclosed(); d.Results[0].Values["phone"] == "" {
		t.Errorf("%+v", d)
	}
	ask["subjects"] = []string{f.subjects[1]}
	f.post("/v1/disclosures", "a001", ask).problem(403, "no-grant")
	var told struct {
		Alerts []struct {
			ID, Detector, Zh, En, State string
			Entries                     []uint64
		}
	}
	f.get("/v1/alerts", "officer").want(200).into(&told)
	if len(told.Alerts) != 2 || told.Alerts[0].Detector != "break-glass" || told.Alerts[0].Zh == "" || told.Alerts[0].En == "" || len(told.Alerts[0].Entries) != 1 {
		t.Fatalf("%+v", told)
	}
	f.pass(25 * time.Hour)
	f.prove("a001", "officer")
	glass(f.subjects[0]).problem(403, "review-due")
	f.ok(f.watch.Follow(t.Context()))
	f.get("/v1/alerts", "officer").want(200).into(&told)
	if len(told.Alerts) != 4 || told.Alerts[0].Detector != "review-overdue" {
		t.Errorf("%+v", told)
	}
	for _, x := range []string{id, none} {
		f.post("/v1/exceptions/"+x+"/review", "officer", m{"justified": x == id}).want(200)
	}
	f.post("/v1/exceptions/"+id+"/review", "officer", m{"justified": true}).problem(409, "decided")
	glass(f.subjects[0]).want(201)
}

// TestWorkOfOnesOwn: a service does not open work on the word of who gets it.
func TestWorkOfOnesOwn(t *testing.T) {
	f := newFirm(t, 1)
	body := m{"kind": "call-task", "purpose": "telesales", "assignee": "a001", "subjects": f.subjects, "asked_by": "a001",
		"until": f.clock().Add(time.Hour).Format(time.RFC3339)}
	f.post("/v1/work-items", authn.ScopeCRM, body).problem(403, "not-for-yourself")
	body["asked_by"] = "a002"
	f.post("/v1/work-items", authn.ScopeCRM, body).want(201)
}

// TestSheetsAndCaps: a new version decides at once, within the base rules and the
// ceilings.
func TestSheetsAndCaps(t *testing.T) {
	f := newFirm(t, 3)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0])).disclosed()
	sheet := m{"purpose": "telesales", "zh": "电话营销", "en": "Telesales", "basis": "consent", "marketing": true,
		"fields": []m{{"field": "name", "highest": "masked", "why_zh": "通话时称呼本人"}}}
	f.post("/v1/rule-proposals", "a001", m{"purposes": []m{sheet}}).problem(403, "not-yours")
	f.enact(m{"purposes": []m{sheet}})
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0])).problem(403, "outside-purpose-sheet")
	for name, change := range map[string]func(m){
		"bad-request": func(s m) { s["marketing"] = false },
		"sheet-why":   func(s m) { s["fields"] = []m{{"field": "name", "highest": "masked"}} },
		"sheet-sensitive": func(s m) {
			s["purpose"], s["basis"], s["marketing"], s["work"] = "check", "contract", false, []string{"support-ticket"}
			s["fields"] = []m{{"field": "id_number", "highest": "plain", "why_zh": "核对本人身份"}}
		},
	} {
		s := m{}
		for k, v := range sheet {
			s[k] = v
		}
		change(s)
		f.post("/v1/rule-proposals", "officer", m{"purposes": []m{s}}).problem(422, name)
	}
	sheet["fields"] = []m{{"field": "name", "highest": "plain", "why_zh": "通话时称呼本人"}, {"field": "phone", "highest": "plain", "why_zh": "拨打电话给本人"}}
	sheet["kinds"] = []string{"outsourced"}
	f.enact(m{"purposes": []m{sheet}})
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0])).problem(403, "not-a-holder")
	sheet["kinds"] = nil
	delete(sheet, "kinds")
	f.enact(m{"purposes": []m{sheet}})
	var list struct {
		Purposes []struct {
			Purpose, By string
			Version     int
		}
	}
	f.get("/v1/purposes", "a001").want(200).into(&list)
	for _, p := range list.Purposes {
		if p.Purpose == "telesales" && (p.Version != 3 || p.By != "officer") {
			t.Errorf("%+v", p)
		}
	}
	var caps struct {
		In m `json:"in_force"`
	}
	f.get("/v1/caps", "officer").want(200).into(&caps)
	caps.In["person"] = m{"masked": 1_000_000}
	f.post("/v1/rule-proposals", "officer", m{"caps": caps.In}).problem(422, "over-ceiling")
	caps.In["person"] = m{"masked": 2}
	caps.In["limits"] = []m{{"of": "purpose", "purpose": "telesales", "form": "masked", "window": "ever", "subjects": 1}}
	f.enact(m{"caps": caps.In})
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[1])).disclosed()
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[2])).problem(403, "budget")
	f.enact(m{"text": ""}) // rules leave sheets and caps alone
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[2])).problem(403, "budget")
}
