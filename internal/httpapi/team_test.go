package httpapi_test

import (
	"strings"
	"testing"
)

// A manager sees those who name him, with numbers of work and outcomes and no
// customer; others see everybody or nobody.
func TestTeam(t *testing.T) {
	f := newFirm(t, 3)
	f.post("/v1/people", "secadmin", m{
		"id": "a002", "org": "own", "kind": "staff", "manager": "a001", "contract_from": "2025-01-01T00:00:00Z",
		"contract_until": "2026-06-01T00:00:00Z", "trained_until": "2027-01-01T00:00:00Z",
	}).want(200)
	work := f.work("a002", "call-task", "telesales", f.subjects...)
	f.post("/v1/work-items/"+work+"/outcomes", "a002", m{"subject": f.subjects[0], "outcome": "reached"}).want(201)
	f.post("/v1/work-items/"+work+"/outcomes", "a002", m{"subject": f.subjects[1], "outcome": "reached"}).want(201)
	type page struct {
		People []struct {
			Person        string
			ContractUntil string `json:"contract_until"`
			WorkItems     int    `json:"work_items"`
			Subjects      int
			Outcomes      map[string]int
		}
		Next string
	}
	ask := func(who, query string) (p page) {
		r := f.get("/v1/team"+query, who).want(200)
		r.into(&p)
		f.clean("/v1/team", r.body)
		for _, s := range f.subjects {
			if strings.Contains(string(r.body), s) {
				t.Error("the answer names a subject")
			}
		}
		return p
	}
	mine := ask("a001", "")
	if len(mine.People) != 1 || mine.People[0].Person != "a002" || mine.People[0].WorkItems != 1 || mine.People[0].Subjects != 3 ||
		mine.People[0].Outcomes["reached"] != 2 || mine.People[0].ContractUntil != "2026-06-01T00:00:00Z" {
		t.Errorf("a manager's team: %+v", mine)
	}
	if got := ask("a002", ""); len(got.People) != 0 {
		t.Errorf("who manages nobody sees %d people", len(got.People))
	}
	var all []string
	for after := ""; ; {
		p := ask("officer", "?limit=2&after="+after)
		for _, x := range p.People {
			all = append(all, x.Person)
		}
		if after = p.Next; after == "" {
			break
		}
	}
	if strings.Join(all, " ") != "a001 a002 o001 p001" {
		t.Errorf("the officer's team: %v", all)
	}
	if len(ask("secadmin", "").People) != 4 {
		t.Error("the security administrator sees others")
	}
	f.get("/v1/team", "o001").problem(403, "not-yours")
	f.get("/v1/team", "auditor").problem(403, "not-yours")

	var me struct{ Manages bool }
	f.get("/v1/me", "a001").want(200).into(&me)
	if !me.Manages {
		t.Error("a manager is not told that he is one")
	}
	me.Manages = false
	f.get("/v1/me", "a002").want(200).into(&me)
	if me.Manages {
		t.Error("who manages nobody is told otherwise")
	}
}

// What waits for a second person is listed without a value, and no longer once
// it was approved.
func TestWaitingForASecondPerson(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "rights-request", "rights-request", f.subjects...)
	id := f.post("/v1/subjects/"+f.subjects[0]+"/erasure", "a001", m{"work_item": work}).want(202).text("erasure")
	var got struct {
		Erasures []struct {
			ID, Subject string
			AskedBy     string `json:"asked_by"`
		}
	}
	r := f.get("/v1/erasures", "officer").want(200)
	r.into(&got)
	f.clean("/v1/erasures", r.body)
	if len(got.Erasures) != 1 || got.Erasures[0].ID != id || got.Erasures[0].Subject != f.subjects[0] || got.Erasures[0].AskedBy != "a001" {
		t.Fatalf("%s", r.body)
	}
	f.get("/v1/erasures", "a001").problem(403, "not-yours")
	f.post("/v1/erasures/"+id+"/approve", "officer", nil).want(200)
	if f.get("/v1/erasures", "auditor").want(200).into(&got); len(got.Erasures) != 0 {
		t.Error("an approved erasure still waits")
	}

	complaint := f.post("/v1/complaints", "", m{"channel": "phone", "contacted": "13800138000", "called_at": "2026-03-01T00:00:00Z", "said": "x"}).want(201).text("id")
	f.post("/v1/found-files", "officer", m{"case": complaint, "sha256": strings.Repeat("ab", 32), "rows": 5000}).want(202)
	r = f.get("/v1/found-files", "officer2").want(200)
	if !strings.Contains(string(r.body), `"rows":5000`) || !strings.Contains(string(r.body), `"asked_by":"officer"`) {
		t.Errorf("%s", r.body)
	}
}

// How many share a mask is told from five on; below it, whether anybody is held or
// nobody, the answer is the same.
func TestSharedMask(t *testing.T) {
	f := newFirm(t, 6)
	ask := func(field, mask string) string {
		return string(f.post("/v1/questions/shared-mask", "officer", m{"field": field, "mask": mask}).want(200).body)
	}
	if got := ask("name", "金**"); !strings.Contains(got, `"people":6`) {
		t.Errorf("six share a surname: %s", got)
	}
	held, nobodys := ask("phone", "尾号 0001"), ask("phone", "尾号 9999")
	if held != nobodys || strings.Contains(held, "people") {
		t.Errorf("a mask of one person is told from one of nobody: %s, %s", held, nobodys)
	}
	f.post("/v1/questions/shared-mask", "officer", m{"field": "nothing", "mask": "x"}).problem(422, "bad-request")
	f.post("/v1/questions/shared-mask", "a001", m{"field": "name", "mask": "金**"}).problem(403, "not-yours")
}
