package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestPacksAreRepeated: under one key there is one pack and one entry.
func TestPacksAreRepeated(t *testing.T) {
	f := newFirm(t, 1)
	f.withDesks()
	order := m{"kind": "subject", "subject": f.subjects[0]}
	first := f.post("/v1/evidence-packs", "officer", order, "Idempotency-Key", "p1").want(201)
	f.work("a001", "call-task", "telesales", f.subjects...)
	f.now = f.now.Add(time.Minute)
	size := f.ledger.Size()
	again := f.post("/v1/evidence-packs", "officer", order, "Idempotency-Key", "p1").want(201)
	if again.text("id") != first.text("id") || f.ledger.Size() != size {
		t.Errorf("pack %s after %s, %d new entries", again.text("id"), first.text("id"), f.ledger.Size()-size)
	}
	f.get("/v1/evidence-packs/"+again.text("id"), "officer").want(200)
	order["until"] = "2030-01-01T00:00:00Z"
	f.post("/v1/evidence-packs", "officer", order, "Idempotency-Key", "p1").problem(422, "idempotency-body")
}

// TestKeysWithoutEffectAreRefused: a route that cannot find its first try again says so,
// in its answer and in the document.
func TestKeysWithoutEffectAreRefused(t *testing.T) {
	f := newFirm(t, 1)
	f.withDesks()
	for path, body := range map[string]m{
		"/v1/sessions":          {"code": "AAAAA-AAAAA"},
		"/v1/ledger/samples":    {"code": "AAAAA-AAAAA", "count": 1},
		"/v1/people/a001/code":  {},
		"/v1/questions/changes": {},
	} {
		r := f.post(path, "secadmin", body, "Idempotency-Key", "k1")
		if r.status == 403 {
			r = f.post(path, "officer", body, "Idempotency-Key", "k1")
		}
		r.problem(422, "bad-request")
		if !strings.Contains(string(r.body), "header.Idempotency-Key") {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Description string
			Parameters  []struct{ Name string }
		}
	}
	f.ok(json.Unmarshal(f.get("/openapi.json", "").want(200).body, &doc))
	with, without := 0, 0
	for path, item := range doc.Paths {
		op, ok := item["post"]
		if !ok {
			continue
		}
		takes := false
		for _, p := range op.Parameters {
			takes = takes || p.Name == "Idempotency-Key"
		}
		if takes == strings.Contains(op.Description, "It takes no Idempotency-Key. ") {
			t.Errorf("%s: the document offers the key and says that there is none, or neither", path)
		}
		if takes {
			with++
		} else {
			without++
		}
	}
	if with < 40 || without < 20 {
		t.Errorf("%d routes take a key, %d do not", with, without)
	}
}
