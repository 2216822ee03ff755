package httpapi_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestReadOverHTTP(t *testing.T) {
	f := newFirm(t, 12)
	work := f.work("a001", "call-task", "telesales", f.subjects[:6]...)
	before := f.entries()
	d := f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0], f.subjects[1], f.subjects[8])).disclosed()
	if f.entries() != before+1 {
		t.Fatalf("%d entries for one answer", f.entries()-before)
	}
	if !d.Results[0].Shown || !d.Results[1].Shown || d.Results[2].Shown {
		t.Fatalf("%+v", d.Results)
	}
	if got := d.Results[0].Values["name"]; !strings.Contains(got, "*") {
		t.Errorf("name %q is no mask", got)
	}
	if got := d.Results[2].Reasons[0].ID; got != "no-grant" || d.Results[2].Values != nil {
		t.Errorf("outside the work item: %q", got)
	}
	if d.Entry != before || len(d.ID) != 32 {
		t.Errorf("entry %d, id %q", d.Entry, d.ID)
	}
	f.clean("log", []byte(f.log.String()))
}

func TestPlainCarriesItsMark(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.enrolKey("a001")
	p := f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[0])).problem(403, "no-permit")
	if len(p.Reasons) == 0 || p.Reasons[0].Zh == "" || p.Reasons[0].En == "" {
		t.Errorf("%+v", p)
	}
	f.enact(m{"text": `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`})
	d := f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[0])).disclosed()
	if d.Results[0].Values["phone"] != customer(0)["phone"] || !strings.HasPrefix(d.Mark, "a001 · ") {
		t.Errorf("%+v", d)
	}
}

func TestTokensOfTwoOrganisationsDiffer(t *testing.T) {
	f := newFirm(t, 1)
	seen := map[string]bool{}
	for _, who := range []string{"a001", "o001"} {
		work := f.work(who, "call-task", "telesales", f.subjects...)
		d := f.post("/v1/disclosures", who, f.read(work, "token", f.subjects[0])).disclosed()
		seen[d.Results[0].Token] = true
	}
	if len(seen) != 2 || seen[""] || seen[f.subjects[0]] {
		t.Fatalf("%d tokens", len(seen))
	}
}

func TestMembersAreListedToTheAssigneeOnly(t *testing.T) {
	f := newFirm(t, 7)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	seen := map[string]bool{}
	for path := "/v1/subjects?limit=3&work_item=" + work; path != ""; {
		var out struct {
			Subjects []string
			Next     string
		}
		f.get(path, "a001").want(200).into(&out)
		for _, id := range out.Subjects {
			if seen[id] {
				t.Fatal("listed twice")
			}
			seen[id] = true
		}
		path = ""
		if out.Next != "" {
			path = "/v1/subjects?limit=3&work_item=" + work + "&cursor=" + out.Next
		}
	}
	if len(seen) != 7 {
		t.Fatalf("%d listed", len(seen))
	}
	f.get("/v1/subjects?work_item="+work, "a002").problem(403, "no-grant")
	f.get("/v1/subjects?work_item="+strings.Repeat("0", 32), "a001").problem(403, "no-grant")
	var mine struct {
		WorkItems []struct{ ID string } `json:"work_items"`
	}
	f.get("/v1/work-items", "a001").want(200).into(&mine)
	if len(mine.WorkItems) != 1 || mine.WorkItems[0].ID != work {
		t.Fatalf("%+v", mine)
	}
	f.post("/v1/work-items/"+work+"/close", "a001", nil).want(200)
	f.get("/v1/subjects?work_item="+work, "a001").problem(403, "no-grant")
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0])).problem(403, "no-grant")
}

func TestImport(t *testing.T) {
	f := newFirm(t, 2)
	id := f.post("/v1/imports", "import", m{"sha256": strings.Repeat("ab", 32)}).want(201).text("id")
	r := f.post("/v1/subjects", "import", m{"import": id, "rows": []m{
		{"fields": customer(0)}, {"fields": m{"name": canaryName, "phone": canaryPhone + "x"}}, {"fields": m{"name": canaryName}},
		{"fields": m{"email": canaryMail + "@example.com", canaryName: "x"}},
	}}).want(201)
	f.clean("the answer", r.body)
	var out struct {
		Stored, Refused int
		Results         []struct {
			Subject string
			Errors  []struct{ Where string }
		}
	}
	r.into(&out)
	if out.Stored != 1 || out.Refused != 3 || out.Results[0].Subject == "" || out.Results[1].Errors[0].Where != "fields.phone" ||
		len(out.Results[2].Errors) != 2 || out.Results[3].Errors[0].Where != "fields" {
		t.Fatalf("%s", r.body)
	}
	var fin struct {
		Stored  int
		Matches *int
	}
	f.post("/v1/imports/"+id+"/finish", "import", nil).want(200).into(&fin)
	if fin.Stored != 1 || fin.Matches == nil || *fin.Matches != 1 {
		t.Fatalf("%+v", fin)
	}
	f.post("/v1/imports/"+id+"/finish", "import", nil).problem(409, "import-done")
}

func TestLookupIsAHitInsideTheWorkItemOnly(t *testing.T) {
	f := newFirm(t, 3)
	work := f.work("a001", "support-ticket", "support", f.subjects[0])
	ask := func(i any) m {
		return m{"field": "phone", "value": i, "purpose": "support", "work_item": work}
	}
	hit := f.post("/v1/lookups", "a001", ask(customer(0)["phone"])).want(200)
	if hit.text("subject") != f.subjects[0] {
		t.Fatalf("%s", hit.body)
	}
	hidden := f.post("/v1/lookups", "a001", ask(customer(1)["phone"]))
	miss := f.post("/v1/lookups", "a001", ask("13000000000"))
	a, b := hidden.problem(403, "no-grant"), miss.problem(403, "no-grant")
	if got, want := strings.Replace(string(hidden.body), a.ID, b.ID, 1), string(miss.body); got != want {
		t.Errorf("a hidden hit reads\n%s\na miss\n%s", got, want)
	}
	f.post("/v1/lookups", "switch", m{"value": "13000000000", "purpose": "support", "assignee": "a001"}).want(201)
	in := f.post("/v1/lookups", "switch", m{"value": "+86 " + customer(2)["phone"].(string), "purpose": "support", "assignee": "a001"}).want(201)
	f.clean("the switch's answer", in.body)
	d := f.post("/v1/disclosures", "a001", m{
		"form": "masked", "fields": []string{"phone"}, "purpose": "support", "work_item": in.text("work_item"), "subjects": []string{f.subjects[2]},
	}).disclosed()
	if !d.Results[0].Shown {
		t.Fatal("the inbound caller's work item does not cover her")
	}
}

func TestCallsShowNoNumber(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects[0])
	r := f.post("/v1/calls", "a001", m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work}).want(201)
	f.clean("the answer", r.body)
	if len(f.carrier.calls) != 1 || f.carrier.calls[0].String() != r.text("id") {
		t.Fatalf("the carrier has %v", f.carrier.calls)
	}
	f.post("/v1/calls", "a001", m{"subject": f.subjects[1], "purpose": "telesales", "work_item": work}).problem(403, "no-grant")
	var out struct{ Results []struct{ Status string } }
	f.post("/v1/call-outcomes", "switch", m{"outcomes": []m{
		{"call_id": r.text("id"), "result": "connected", "at": f.clock().Format(time.RFC3339), "seconds": 40},
		{"call_id": strings.Repeat("0", 32), "result": "busy", "at": f.clock().Format(time.RFC3339), "seconds": 0},
	}}).want(200).into(&out)
	if len(out.Results) != 2 || out.Results[0].Status != "recorded" || out.Results[1].Status != "unknown" {
		t.Fatalf("%+v", out)
	}
	var done struct{ Results []struct{ Done bool } }
	f.post("/v1/consents", "crm", m{"items": []m{{"subject": f.subjects[0], "act": "opt-out"}}}).want(200).into(&done)
	if !done.Results[0].Done {
		t.Fatalf("%+v", done)
	}
	f.post("/v1/calls", "a001", m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work}).problem(403, "opted-out")
	if len(f.carrier.calls) != 1 {
		t.Fatal("a call went out after the opt-out")
	}
}

func TestConsentsAnswerEachItem(t *testing.T) {
	f := newFirm(t, 1)
	r := f.post("/v1/consents", "crm", m{"items": []m{
		{"subject": f.subjects[0], "act": "give", "purpose": "partner-lead", "recipient": "partner", "notice": "v1", "proof": strings.Repeat("ab", 32)},
		{"subject": f.subjects[0], "act": "give", "purpose": "partner-lead", "recipient": "nobody", "notice": "v1", "proof": strings.Repeat("ab", 32)},
		{"subject": strings.Repeat("0", 32), "act": "opt-out"},
	}}).want(200)
	var out struct {
		Results []struct {
			Done            bool
			Code, Zh, Where string
		}
	}
	r.into(&out)
	if len(out.Results) != 3 || !out.Results[0].Done || out.Results[1].Done || out.Results[1].Where != "recipient" || out.Results[2].Done || out.Results[2].Zh == "" {
		t.Fatalf("%s", r.body)
	}
}

func TestWhoSawThisPerson(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	for range 3 {
		f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects...)).want(200)
	}
	var out struct {
		Disclosures []struct {
			Actor, Form    string
			Fields         []string
			Shown, Refused int
		}
		Next string
	}
	path := "/v1/subjects/" + f.subjects[0] + "/disclosures?limit=100"
	r := f.get(path, "auditor").want(200)
	f.clean("the list", r.body)
	r.into(&out)
	if len(out.Disclosures) != 3 || out.Disclosures[0].Actor != "a001" || out.Disclosures[0].Shown != 1 {
		t.Fatalf("%s", r.body)
	}
	n := 0
	for next := ""; ; {
		page := "/v1/recipients/a001/disclosures?limit=2"
		if next != "" {
			page += "&cursor=" + next
		}
		out.Next, out.Disclosures = "", nil
		f.get(page, "officer").want(200).into(&out)
		n += len(out.Disclosures)
		if next = out.Next; next == "" {
			break
		}
	}
	if n != 3 {
		t.Fatalf("%d of 3 disclosures listed for the recipient", n)
	}
	f.post("/v1/lookups", "a001", m{"field": "phone", "value": "13000000000", "purpose": "telesales", "work_item": work}).problem(403, "no-grant")
	f.get("/v1/subjects/"+strings.Repeat("0", 32)+"/disclosures", "officer").want(200).into(&out)
	if len(out.Disclosures) != 0 {
		t.Fatal("the dummy subject's entries are listed")
	}
	f.get(path, "a001").problem(403, "not-yours")
}

func TestErasureNeedsTwo(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "rights-request", "rights-request", f.subjects...)
	id := f.post("/v1/subjects/"+f.subjects[0]+"/erasure", "a001", m{"work_item": work}).want(202).text("erasure")
	f.post("/v1/erasures/"+id+"/approve", "a001", nil).problem(403, "not-yours")
	r := f.post("/v1/erasures/"+id+"/approve", "officer", nil).want(200)
	if r.text("state") != "done" || r.text("backups_until") != "2026-05-01T00:00:00+08:00" {
		t.Fatalf("%s", r.body)
	}
	sales := f.post("/v1/disclosures", "a001", m{
		"form": "masked", "fields": []string{"name"}, "purpose": "rights-request", "work_item": work, "subjects": f.subjects,
	})
	if sales.status == 200 {
		t.Fatalf("an erased person was shown: %s", sales.body)
	}
}

func TestComplaintFromFilingToClosing(t *testing.T) {
	f := newFirm(t, 1)
	file := func(number any) *reply {
		return f.post("/v1/complaints", "", m{
			"channel": "phone", "contacted": number, "called_at": f.clock().Add(-time.Hour).Format(time.RFC3339),
			"caller": "17012345678", "known": []string{"name", "company"}, "said": canaryName,
		}).want(201)
	}
	known, unknown := file(customer(0)["phone"]), file("13000000000")
	if len(known.body) != len(unknown.body) {
		t.Error("the answers differ in length")
	}
	id, code := known.text("id"), known.text("code")
	var out struct{ Complaints []struct{ ID, State string } }
	r := f.get("/v1/complaints?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z", "officer").want(200)
	f.clean("the list", r.body)
	r.into(&out)
	if len(out.Complaints) != 2 {
		t.Fatalf("%s", r.body)
	}
	work := f.post("/v1/complaints/"+id+"/assignment", "officer", m{"assignee": "a001", "until": f.clock().Add(time.Hour).Format(time.RFC3339)}).want(201).text("id")
	f.post("/v1/complaints/"+id+"/handling", "a001", m{"work_item": work}).want(200)
	f.post("/v1/complaints/"+id+"/handling", "a001", m{"work_item": work, "reply": "We look into it."}).want(200)
	f.post("/v1/complaints/"+id+"/closing", "officer", m{"reason": "she has her answer"}).problem(403, "second-person")
	f.post("/v1/complaints/"+id+"/mine", "", m{"code": "00000-00000-00000-00000", "act": "follow"}).problem(403, "bad-code")
	read := f.post("/v1/complaints/"+id+"/account", "a001", m{"work_item": work}).want(200)
	if !strings.Contains(string(read.body), canaryName) || strings.Contains(string(read.body), fmt.Sprint(customer(0)["phone"])) {
		t.Fatal("the handler reads what was said, and not her number")
	}
	f.post("/v1/complaints/"+id+"/account", "a002", m{"work_item": work}).problem(403, "no-grant")
	her := f.closes(id, code).want(200)
	if her.text("state") != "closed" || !strings.Contains(string(her.body), "We look into it.") {
		t.Fatalf("%s", her.body)
	}
	f.clean("log", []byte(f.log.String()))
}

// closes is the complainant with the code that comes to her number.
func (f *firm) closes(id, code string) *reply {
	f.Helper()
	asked := f.post("/v1/complaints/"+id+"/mine", "", m{"code": code, "act": "code"}).want(200).text("once_id")
	f.ok(f.desk.Deliver(f.Context()))
	return f.post("/v1/complaints/"+id+"/mine", "", m{"code": code, "act": "confirm", "once_id": asked, "once": f.sentCode()})
}

// sentCode is the one-time code that was sent last.
func (f *firm) sentCode() string {
	f.Helper()
	for _, m := range slices.Backward(f.messages) {
		if code := regexp.MustCompile(`\b[0-9]{6}\b`).FindString(m.Text.Reveal()); code != "" {
			return code
		}
	}
	f.Fatal("no code was sent")
	return ""
}

// I5, over HTTP: complaint is marked closed by its handler: refused; the complainant
// contests: reopened and escalated.
func TestI5TheHandlerClosesNothing(t *testing.T) {
	f := newFirm(t, 1)
	filed := f.post("/v1/complaints", "", m{
		"channel": "phone", "contacted": customer(0)["phone"], "called_at": f.clock().Add(-time.Hour).Format(time.RFC3339),
	}).want(201)
	id, code := filed.text("id"), filed.text("code")
	path := "/v1/complaints/" + id
	assign := func() string {
		return f.post(path+"/assignment", "officer", m{"assignee": "a001", "until": f.clock().Add(time.Hour).Format(time.RFC3339)}).want(201).text("id")
	}
	work := assign()
	f.post(path+"/handling", "a001", m{"work_item": work}).want(200)
	f.post(path+"/handling", "a001", m{"work_item": work, "reply": "Resolved."}).want(200)

	f.post(path+"/handling", "a001", m{"work_item": work, "state": "closed"}).problem(422, "bad-request")
	f.post(path+"/closing", "a001", m{"reason": "it is resolved, I say"}).problem(403, "not-yours")
	f.post(path+"/closing", "officer", m{"reason": "it is resolved, I say"}).problem(403, "second-person")
	f.post(path+"/mine", "a001", m{"code": id, "act": "confirm", "once_id": id, "once": "000000"}).problem(403, "bad-code")
	asked := f.post(path+"/mine", "", m{"code": code, "act": "code"}).want(200).text("once_id")
	f.post(path+"/mine", "", m{"code": code, "act": "confirm", "once_id": asked, "once": "000000"}).problem(403, "bad-code")

	f.pass(time.Second)
	her := f.post(path+"/mine", "", m{"code": code, "act": "contest", "why": "Nothing is."}).want(200)
	var out struct {
		State     string
		Escalated bool
		Channels  []struct{ ID string }
		Steps     []struct{ What, By string }
	}
	her.into(&out)
	if out.State != "reopened" || !out.Escalated || len(out.Channels) < 5 || len(out.Steps) != 5 || out.Steps[4].By != "complainant" {
		t.Fatalf("%s", her.body)
	}
	f.post(path+"/handling", "a001", m{"work_item": work}).problem(403, "no-grant") // it is the officer's now
	f.pass(time.Second)
	f.post(path+"/handling", "a001", m{"work_item": assign()}).want(200)
	if s := f.closes(id, code).want(200).text("state"); s != "closed" {
		t.Fatal(s)
	}
}

func TestSessionsEnd(t *testing.T) {
	f := newFirm(t, 0)
	f.get("/v1/work-items", "a001").want(200)
	f.do("DELETE", "/v1/sessions", "a001", nil).want(204)
	r := f.get("/v1/work-items", "a001")
	r.problem(401, "unauthenticated")
	if r.header.Get("WWW-Authenticate") != "Bearer" {
		t.Error("no challenge")
	}
	f.post("/v1/people/a002/end", "secadmin", nil).want(200)
	f.get("/v1/work-items", "a002").problem(401, "unauthenticated")
}

func TestLedgerOverHTTP(t *testing.T) {
	f := newFirm(t, 3)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	d := f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects...)).disclosed()
	note := string(f.get("/v1/ledger/checkpoint", "sysadmin").want(200).body)
	if !strings.HasPrefix(note, "test.invalid/log\n") {
		t.Fatalf("%q", note)
	}
	size := int(f.entries())
	tile := "/v1/ledger/tile/0/000.p/" + itoa(size)
	if got := len(f.get(tile, "a001").want(200).body); got != 32*size {
		t.Errorf("%d bytes for %d hashes", got, size)
	}
	f.get("/v1/ledger/tile/0/000.p/"+itoa(size+1), "a001").problem(404, "not-found")
	f.get("/v1/ledger/tile/0/000", "a001").problem(404, "not-found")
	f.get("/v1/ledger/tile/entries/000.p/1", "a001").problem(403, "not-yours")
	b := f.get("/v1/ledger/tile/entries/000.p/"+itoa(size), "auditor").want(200).body
	n := 0
	for len(b) > 0 {
		b, n = b[2+int(b[0])<<8+int(b[1]):], n+1
	}
	if n != size {
		t.Errorf("%d of %d entries", n, size)
	}
	r := f.get("/v1/ledger/entries/"+itoa(int(d.Entry)), "auditor").want(200)
	f.clean("the entry", r.body)
	var e struct {
		Kind     string
		Subjects []struct {
			Subject string
			Shown   bool
		}
	}
	r.into(&e)
	if e.Kind != "disclosure" || len(e.Subjects) != 3 || e.Subjects[0].Subject == "" || !e.Subjects[0].Shown {
		t.Fatalf("%s", r.body)
	}
	f.get("/v1/ledger/entries/999999", "auditor").problem(404, "not-found")
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestWrongRulesNameTheLine(t *testing.T) {
	f := newFirm(t, 0)
	r := f.post("/v1/rule-proposals", "officer", m{"text": plainRule + "\n\n" + `@id("` + secret + `") permit(principal, action, resource) when { context.` + secret + ` };`})
	r.problem(422, "bad-rules")
	sweep(t, r)
	if !strings.Contains(string(r.body), `"where":"body.text","line":3`) {
		t.Errorf("%s", r.body)
	}
}
