package httpapi_test

import (
	"bytes"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// A retry finds the entry of the first try and opens the recorded versions again.
func TestRetryFindsTheEntry(t *testing.T) {
	f := newFirm(t, 2)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	ask := func(key string, subjects ...string) *reply {
		return f.post("/v1/disclosures", "a001", f.read(work, "masked", subjects...), "Idempotency-Key", key)
	}
	first := ask("k1", f.subjects[0]).disclosed()
	size := f.entries()
	f.pass(9 * time.Minute)
	again := ask("k1", f.subjects[0]).disclosed()
	if again.ID != first.ID || again.Entry != first.Entry || !reflect.DeepEqual(again.Results, first.Results) {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	if f.entries() != size {
		t.Fatalf("a retry made %d entries", f.entries()-size)
	}
	p := ask("k1", f.subjects[1]).problem(422, "idempotency-body")
	if p.Errors[0].Where != "Idempotency-Key" && p.Errors[0].Where != "header.Idempotency-Key" {
		t.Errorf("%+v", p.Errors)
	}
	if other := ask("k2", f.subjects[0]).disclosed(); other.ID == first.ID {
		t.Error("another key, the same id")
	}
	f.pass(2 * time.Minute)
	ask("k1", f.subjects[0]).problem(409, "idempotency-late")
	f.post("/v1/disclosures", "a002", f.read(work, "masked", f.subjects[0]), "Idempotency-Key", "k2").problem(403, "no-grant")
}

// What was withdrawn since is not opened again.
func TestRetryAfterWithdrawal(t *testing.T) {
	for name, withdraw := range map[string]func(f *firm, work string){
		"the work item is closed": func(f *firm, work string) { f.post("/v1/work-items/"+work+"/close", "crm", nil).want(200) },
		"she refused marketing": func(f *firm, _ string) {
			f.post("/v1/consents", "crm", m{"items": []m{{"subject": f.subjects[0], "act": "opt-out"}}}).want(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFirm(t, 1)
			work := f.work("a001", "call-task", "telesales", f.subjects...)
			call := m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work}
			f.post("/v1/calls", "a001", call, "Idempotency-Key", "k").want(201)
			f.post("/v1/calls", "a001", call, "Idempotency-Key", "k").want(201)
			if len(f.carrier.calls) != 2 || f.carrier.calls[0] != f.carrier.calls[1] {
				t.Fatalf("the carrier was given %v", f.carrier.calls)
			}
			withdraw(f, work)
			f.post("/v1/calls", "a001", call, "Idempotency-Key", "k").problem(409, "idempotency-late")
			if len(f.carrier.calls) != 2 {
				t.Fatal("the retry placed a call")
			}
		})
	}
}

func TestRetryAfterConsentIsWithdrawn(t *testing.T) {
	f := newFirm(t, 1)
	consent := func(act string) {
		r := f.post("/v1/consents", "crm", m{"items": []m{{
			"subject": f.subjects[0], "act": act, "purpose": "partner-lead", "recipient": "partner", "notice": "v1", "proof": strings.Repeat("ab", 32),
		}}}).want(200)
		if !bytes.Contains(r.body, []byte(`"done":true`)) {
			t.Fatalf("%s", r.body)
		}
	}
	consent("give")
	work := f.work("p001", "partner-lead", "partner-lead", f.subjects...)
	var list struct{ Subjects []string }
	f.get("/v1/subjects?work_item="+work, "p001").want(200).into(&list)
	if len(list.Subjects) != 1 || list.Subjects[0] == f.subjects[0] {
		t.Fatalf("the partner knows %v", list.Subjects)
	}
	body := m{"form": "masked", "fields": []string{"name"}, "purpose": "partner-lead", "work_item": work, "subjects": list.Subjects}
	f.post("/v1/disclosures", "p001", body, "Idempotency-Key", "k").disclosed()
	consent("withdraw")
	f.post("/v1/disclosures", "p001", body, "Idempotency-Key", "k").problem(409, "idempotency-late")
	if p := f.post("/v1/disclosures", "p001", body).want(403).text("code"); !strings.Contains(p, "consent") {
		t.Errorf("refused for %s", p)
	}
}

// Many tries at once of one request are one entry.
func TestOneKeyOneEntry(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	size := f.entries()
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			r := f.post("/v1/disclosures", "a001", f.read(work, "masked", f.subjects[0]), "Idempotency-Key", "one")
			if r.status == 200 {
				ids[i] = r.text("id")
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("ids %v", ids)
		}
	}
	if f.entries() != size+1 {
		t.Fatalf("%d entries", f.entries()-size)
	}
}

// Every way to be outside a grant is the same answer, but for its id.
func TestI4OutsideAGrantAllIsAlike(t *testing.T) {
	f := newFirm(t, 3)
	mine := f.work("a001", "call-task", "telesales", f.subjects[0])
	theirs := f.work("a002", "call-task", "telesales", f.subjects...)
	shut := f.work("a001", "call-task", "telesales", f.subjects[0])
	f.post("/v1/work-items/"+shut+"/close", "a001", nil).want(200)
	nobody := strings.Repeat("5", 32)
	var want string
	for name, r := range map[string]*reply{
		"a subject of another's work":  f.post("/v1/disclosures", "a001", f.read(mine, "masked", f.subjects[1])),
		"a subject that is nobody":     f.post("/v1/disclosures", "a001", f.read(mine, "masked", nobody)),
		"another's work item":          f.post("/v1/disclosures", "a001", f.read(theirs, "masked", f.subjects[0])),
		"a work item that is none":     f.post("/v1/disclosures", "a001", f.read(nobody, "masked", f.subjects[0])),
		"a closed work item":           f.post("/v1/disclosures", "a001", f.read(shut, "masked", f.subjects[0])),
		"a form nobody is permitted":   f.post("/v1/disclosures", "a001", f.read(mine, "plain", f.subjects[1])),
		"a call":                       f.post("/v1/calls", "a001", m{"subject": nobody, "purpose": "telesales", "work_item": mine}),
		"a call to another's subject":  f.post("/v1/calls", "a001", m{"subject": f.subjects[2], "purpose": "telesales", "work_item": mine}),
		"a lookup that is held hidden": f.post("/v1/lookups", "a001", m{"field": "phone", "value": customer(1)["phone"], "purpose": "telesales", "work_item": mine}),
		"a lookup that is a miss":      f.post("/v1/lookups", "a001", m{"field": "phone", "value": "13000000000", "purpose": "telesales", "work_item": mine}),
	} {
		p := r.problem(403, "no-grant")
		got := strings.Replace(string(r.body), p.ID, "ID", 1)
		if want == "" {
			want = got
		}
		if got != want || len(p.ID) != 32 {
			t.Errorf("%s reads\n%s\nothers\n%s", name, got, want)
		}
	}
}

func TestLanguageOfTheDetail(t *testing.T) {
	f := newFirm(t, 1)
	for header, want := range map[string]string{
		"": "没有", "en": "No open", "en-GB,zh;q=0.5": "No open", "fr, EN": "No open", "zh-CN,en": "没有", "fr": "没有",
	} {
		r := f.post("/v1/disclosures", "a001", f.read(strings.Repeat("5", 32), "masked", f.subjects[0]), "Accept-Language", header)
		if p := r.problem(403, "no-grant"); !strings.HasPrefix(p.Detail, want) {
			t.Errorf("%q: %s", header, p.Detail)
		}
	}
}
