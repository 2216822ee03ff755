package httpapi_test

import (
	"testing"

	"github.com/goldbell/goldbell/internal/party"
)

// enact brings a change of the rules into force: the officer proposes and tries it, her
// colleague approves it.
func (f *firm) enact(draft m) string {
	f.Helper()
	id := f.propose("officer", draft)
	f.try("officer", id)
	f.prove("officer2")
	f.post("/v1/rule-proposals/"+id+"/approval", "officer2", nil).want(200)
	return id
}

func (f *firm) propose(who string, draft m) string {
	f.Helper()
	return f.post("/v1/rule-proposals", who, draft).want(201).text("id")
}

// try waits for a trial to end.
func (f *firm) try(who, id string) {
	f.Helper()
	f.post("/v1/rule-proposals/"+id+"/trial", who, nil).want(202)
	for {
		switch state := f.get("/v1/rule-proposals/"+id, who).want(200).text("trial"); state {
		case "running":
		case "done":
			return
		default:
			f.Fatalf("the trial is %s", state)
		}
	}
}

// TestAProposalIsTriedAndApproved walks a proposal from the first word to its coming
// into force: what the trial counts is what was asked, and nobody does it alone.
func TestAProposalIsTriedAndApproved(t *testing.T) {
	f := newFirm(t, 4)
	f.enrolKey("a001")
	mine, theirs := f.work("a001", "call-task", "telesales", f.subjects...), f.work("o001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(mine, "plain", f.subjects[0], f.subjects[1])).want(200)
	f.post("/v1/disclosures", "a001", f.read(mine, "masked", f.subjects[0])).want(200)
	f.post("/v1/disclosures", "o001", f.read(theirs, "masked", f.subjects[:3]...)).want(200)
	f.post("/v1/disclosures", "o001", f.read(mine, "masked", f.subjects[0])).problem(403, "no-grant") // no rule is asked
	draft := m{"text": plainRule + "\n" + `@id("no-agency") forbid(principal, action == Action::"Read.masked", resource) when { principal.kind == "outsourced" };`}
	f.post("/v1/rule-proposals", "a001", draft).problem(403, "not-yours")
	id := f.propose("officer", draft)
	at := "/v1/rule-proposals/" + id
	f.prove("officer2")
	f.post(at+"/approval", "officer2", nil).problem(409, "proposal-untried")
	f.try("officer", id)
	var p struct {
		State   string
		Changes []string
		Added   []string `json:"rules_added"`
		Found   struct {
			Requests   int
			Gain, Lose struct {
				People, Requests, Subjects int
				Listed                     []struct {
					Person, Action, Fields, Purpose, Rules string
					Requests, Subjects                     int
				}
			}
		}
	}
	r := f.get(at, "auditor").want(200)
	r.into(&p)
	f.clean("a trial", r.body)
	g, l := p.Found.Gain, p.Found.Lose
	if p.Found.Requests != 3 || g.People != 1 || g.Requests != 1 || g.Subjects != 2 || l.People != 1 || l.Requests != 1 || l.Subjects != 3 || len(g.Listed) != 1 || len(l.Listed) != 1 {
		t.Fatalf("%s", r.body)
	}
	if x := g.Listed[0]; x.Person != "a001" || x.Action != "Read.plain" || x.Fields != "name,phone" || x.Purpose != "telesales" || x.Rules != "firm-plain" {
		t.Errorf("gain %+v", x)
	}
	if x := l.Listed[0]; x.Person != "o001" || x.Action != "Read.masked" || x.Rules != "no-agency" || x.Subjects != 3 {
		t.Errorf("lose %+v", x)
	}
	if p.State != "open" || len(p.Added) != 2 {
		t.Errorf("%s, %v added", p.State, p.Added)
	}
	f.post(at+"/approval", "officer", nil).problem(403, "second-person")
	f.pass(party.StepUpLife)
	f.post(at+"/approval", "officer2", nil).problem(403, "step-up-needed")
	f.prove("officer2")
	other := f.propose("officer2", m{"text": ""})
	f.post(at+"/approval", "officer2", nil).want(200)
	f.post("/v1/disclosures", "o001", f.read(theirs, "masked", f.subjects[0])).problem(403, "no-agency")
	var in struct {
		By       string
		Approver string `json:"approved_by"`
		Entry    int
	}
	f.get("/v1/rules", "auditor").want(200).into(&in)
	if in.By != "officer" || in.Approver != "officer2" || in.Entry == 0 {
		t.Errorf("%+v", in)
	}
	f.post("/v1/rule-proposals/"+other+"/trial", "officer", nil).problem(409, "proposal-overtaken")
	if s := f.get("/v1/rule-proposals/"+other, "officer").want(200).text("state"); s != "overtaken" {
		t.Error(s)
	}
	f.post("/v1/rule-proposals/"+other+"/withdrawal", "officer", nil).want(200)
}

// TestCapsAreTried: who would be stopped by other caps, and who no more, is counted on
// the answers past.
func TestCapsAreTried(t *testing.T) {
	f := newFirm(t, 5)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	var caps struct {
		In m `json:"in_force"`
	}
	f.get("/v1/caps", "officer").want(200).into(&caps)
	caps.In["person"] = m{"masked": 2}
	f.enact(m{"caps": caps.In})
	for _, s := range f.subjects[:2] {
		f.post("/v1/disclosures", "a001", f.read(work, "masked", s)).want(200)
	}
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[2])).problem(403, "budget")
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[3])).problem(403, "budget")
	for cap, want := range map[int][2]int{1: {0, 1}, 2: {0, 0}, 3: {1, 0}, 100: {2, 0}} {
		caps.In["person"] = m{"masked": cap}
		id := f.propose("officer", m{"caps": caps.In})
		f.try("officer", id)
		var p struct {
			Found struct{ Gain, Lose struct{ Requests int } }
		}
		r := f.get("/v1/rule-proposals/"+id, "officer").want(200)
		r.into(&p)
		if got := [2]int{p.Found.Gain.Requests, p.Found.Lose.Requests}; got != want {
			t.Errorf("a cap of %d: %v would gain and lose, not %v: %s", cap, got, want, r.body)
		}
	}
}

// TestSheetsAreTried: another sheet is tried like rules, on what was recorded.
func TestSheetsAreTried(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects...)).want(200)
	id := f.propose("officer", m{"purposes": []m{{"purpose": "telesales", "zh": "电话营销", "en": "Telesales", "basis": "consent", "marketing": true,
		"fields": []m{{"field": "name", "highest": "masked", "why_zh": "通话时称呼本人"}}}}})
	f.try("officer", id)
	var p struct {
		Found struct {
			Lose struct {
				Subjects int
				Listed   []struct{ Rules string }
			}
		}
	}
	r := f.get("/v1/rule-proposals/"+id, "officer").want(200)
	r.into(&p)
	if l := p.Found.Lose; l.Subjects != 2 || len(l.Listed) != 1 || l.Listed[0].Rules != "outside-purpose-sheet" {
		t.Errorf("%s", r.body)
	}
}
