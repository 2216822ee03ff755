package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/httpapi"
)

// secret is what a caller sends in every position: it must not come back.
const secret = "CANARY13913579999"

func TestNothingSentComesBack(t *testing.T) {
	f := newFirm(t, 1)
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	good := f.read(work, "masked", f.subjects...)
	with := func(change func(m)) []byte {
		o := m{}
		for k, v := range good {
			o[k] = v
		}
		change(o)
		b, err := json.Marshal(o)
		f.ok(err)
		return b
	}
	ok, _ := json.Marshal(good)
	person := func(from any) m {
		return m{"id": "x1", "org": "own", "kind": "staff", "contract_from": from}
	}
	for _, c := range []struct {
		name, method, path, who string
		body                    any
		header                  []string
		status                  int
		where                   string
	}{
		{"value of a wrong kind", "POST", "/v1/disclosures", "a001", with(func(o m) { o["fields"] = secret }), nil, 422, "body.fields"},
		{"value outside the list", "POST", "/v1/disclosures", "a001", with(func(o m) { o["form"] = secret }), nil, 422, "body.form"},
		{"id that is none", "POST", "/v1/disclosures", "a001", with(func(o m) { o["subjects"] = []string{f.subjects[0], secret} }), nil, 422, "body.subjects[1]"},
		{"unknown field of data", "POST", "/v1/disclosures", "a001", with(func(o m) { o["fields"] = []string{secret} }), nil, 422, "fields"},
		{"unknown purpose", "POST", "/v1/disclosures", "a001", with(func(o m) { o["purpose"] = secret }), nil, 422, "purpose"},
		{"subject twice", "POST", "/v1/disclosures", "a001", with(func(o m) { o["subjects"] = []string{f.subjects[0], f.subjects[0]} }), nil, 422, "subjects"},
		{"no subject", "POST", "/v1/disclosures", "a001", with(func(o m) { o["subjects"] = []string{} }), nil, 422, "body.subjects"},
		{"null", "POST", "/v1/disclosures", "a001", with(func(o m) { o["subjects"] = nil }), nil, 422, "body.subjects"},
		{"unknown name", "POST", "/v1/disclosures", "a001", with(func(o m) { o[secret] = 1 }), nil, 422, "body"},
		{"name in another case", "POST", "/v1/disclosures", "a001", with(func(o m) { o["Form"] = secret }), nil, 422, "body"},
		{"missing name", "POST", "/v1/disclosures", "a001", with(func(o m) { delete(o, "form") }), nil, 422, "body"},
		{"broken", "POST", "/v1/disclosures", "a001", `{"form":"` + secret, nil, 422, "body.form"},
		{"not an object", "POST", "/v1/disclosures", "a001", `["` + secret + `"]`, nil, 422, "body"},
		{"a number too great", "POST", "/v1/call-outcomes", "switch", `{"outcomes":[{"call_id":"` + work + `","result":"busy","at":"2026-03-02T00:00:00Z","seconds":1e999}]}`, nil, 422, "body.outcomes[0].seconds"},
		{"no body", "POST", "/v1/disclosures", "a001", nil, nil, 422, ""},
		{"text after the end", "POST", "/v1/disclosures", "a001", string(ok) + secret, nil, 422, "body"},
		{"another document after the end", "POST", "/v1/disclosures", "a001", string(ok) + `{"x":"` + secret + `"}`, nil, 422, "body"},
		{"a name given twice", "POST", "/v1/disclosures", "a001", strings.Replace(string(ok), `"form":`, `"form":"plain","form":`, 1), nil, 422, "body.form"},
		{"a name given twice, spelt otherwise", "POST", "/v1/disclosures", "a001", strings.Replace(string(ok), `"form":`, `"f\u006frm":"plain","form":`, 1), nil, 422, "body.form"},
		{"an unknown name given twice", "POST", "/v1/disclosures", "a001", `{"` + secret + `":1,"` + secret + `":2}`, nil, 422, "body"},
		{"invalid UTF-8", "POST", "/v1/disclosures", "a001", `{"form":"` + secret + "\xff" + `"}`, nil, 422, "body"},
		{"half a surrogate pair", "POST", "/v1/disclosures", "a001", `{"form":"` + secret + `\ud800"}`, nil, 422, "body.form"},
		{"deep nesting", "POST", "/v1/disclosures", "a001", `{"form":` + strings.Repeat("[", 10000) + `"` + secret + `"` + strings.Repeat("]", 10000) + `}`, nil, 422, "body"},
		{"over the size limit", "POST", "/v1/disclosures", "a001", strings.Repeat(secret, 1<<20/len(secret)+1), nil, 413, "body"},
		{"another content type", "POST", "/v1/disclosures", "a001", ok, []string{"Content-Type", "text/" + secret}, 422, ""},
		{"idempotency key with spaces", "POST", "/v1/disclosures", "a001", ok, []string{"Idempotency-Key", secret + " x"}, 422, "header.Idempotency-Key"},
		{"two idempotency keys", "POST", "/v1/disclosures", "a001", ok, []string{"Idempotency-Key", secret, "Idempotency-Key", "b"}, 422, "header.Idempotency-Key"},
		{"a map's key", "POST", "/v1/subjects", "crm", m{"rows": []m{{"fields": m{secret: 1}}}}, nil, 422, "body.rows[0].fields"},
		{"a map's key, its value fit", "POST", "/v1/subjects", "crm", m{"rows": []m{{"fields": m{secret: secret, "phone": secret}}}}, nil, 200, ""},
		{"unknown name deep inside", "POST", "/v1/subjects", "crm", m{"rows": []m{{"fields": m{}, secret: 1}}}, nil, 422, "body.rows[0]"},
		{"a phone that is none", "POST", "/v1/lookups", "switch", m{"value": secret, "purpose": "support", "assignee": "a001"}, nil, 422, "body.value"},
		{"an assignee who is nobody", "POST", "/v1/lookups", "switch", m{"value": "13000000000", "purpose": "support", "assignee": secret}, nil, 422, "body.assignee"},
		{"a time before 2000", "POST", "/v1/people", "officer", person("1999-12-31T23:59:59Z"), nil, 422, "body.contract_from"},
		{"the zero time", "POST", "/v1/people", "officer", person("0001-01-01T00:00:00Z"), nil, 422, "body.contract_from"},
		{"a time more than 100 years ahead", "POST", "/v1/people", "officer", person("2126-03-03T00:00:00Z"), nil, 422, "body.contract_from"},
		{"a time that is none", "POST", "/v1/people", "officer", person(secret), nil, 422, "body.contract_from"},
		{"an absurd optional time", "POST", "/v1/people", "officer", m{"id": "x1", "org": "own", "kind": "staff", "contract_from": "2026-01-01T00:00:00Z", "contract_until": "0001-01-01T00:00:00Z"}, nil, 422, "body.contract_until"},
		{"rules that do not parse", "POST", "/v1/rule-proposals", "officer", m{"text": secret}, nil, 422, "body.text"},
		{"a wrong code", "POST", "/v1/sessions", "", m{"code": secret}, nil, 403, "code"},
		{"an unknown parameter", "GET", "/v1/work-items?" + secret + "=1", "a001", nil, nil, 422, "query"},
		{"a parameter of a wrong kind", "GET", "/v1/work-items?limit=" + secret, "a001", nil, nil, 422, "query.limit"},
		{"a cursor that is none", "GET", "/v1/recipients/a001/disclosures?cursor=" + secret, "officer", nil, nil, 422, "query.cursor"},
		{"an id in the path", "GET", "/v1/subjects/" + secret + "/disclosures", "officer", nil, nil, 422, "path.id"},
		{"an index in the path", "GET", "/v1/ledger/entries/" + secret, "officer", nil, nil, 422, "path.index"},
		{"a tile in the path", "GET", "/v1/ledger/tile/0/" + secret, "officer", nil, nil, 404, ""},
		{"a person in the path", "POST", "/v1/people/" + secret + "/end", "officer", nil, nil, 404, "person"},
		{"an unknown path", "GET", "/v1/" + secret, "a001", nil, nil, 404, ""},
		{"a path ServeMux would clean", "GET", "/v1//" + secret, "a001", nil, nil, 404, ""},
		{"a path ServeMux would climb", "GET", "/v1/x/../" + secret, "a001", nil, nil, 404, ""},
		{"a path ServeMux would end", "GET", "/v1/ledger/tile?x=" + secret, "a001", nil, nil, 404, ""},
		{"a path with a slash too many", "GET", "/v1/work-items/?x=" + secret, "a001", nil, nil, 404, ""},
		{"no credential", "GET", "/v1/work-items", "", nil, []string{"Authorization", "Bearer " + secret}, 401, ""},
		{"another scheme", "GET", "/v1/work-items", "", nil, []string{"Authorization", secret + " x"}, 401, ""},
		{"a cookie", "GET", "/v1/work-items", "", nil, []string{"Cookie", "session=" + secret}, 401, ""},
		{"a language", "POST", "/v1/disclosures", "a001", `{`, []string{"Accept-Language", secret}, 422, "body"},
		{"an answer's type", "POST", "/v1/disclosures", "a001", `{`, []string{"Accept", "text/" + secret}, 422, "body"},
		{"an origin", "OPTIONS", "/v1/disclosures", "", nil, []string{"Origin", "https://" + secret, "Access-Control-Request-Method", "POST"}, 404, ""},
		{"an invented method", secret, "/v1/disclosures", "a001", ok, nil, 404, ""},
		{"a method the route has not", "PUT", "/v1/disclosures", "a001", ok, nil, 404, ""},
		{"HEAD", "HEAD", "/v1/" + secret, "a001", nil, nil, 404, ""},
		{"CONNECT", "CONNECT", "/v1/" + secret, "a001", nil, nil, 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.TB = t
			r := f.do(c.method, c.path, c.who, c.body, c.header...)
			sweep(t, r)
			if r.status != c.status {
				t.Fatalf("%d, want %d: %s", r.status, c.status, r.body)
			}
			if c.where == "" {
				return
			}
			var p problem
			r.into(&p)
			if len(p.Errors) == 0 || p.Errors[0].Where != c.where {
				t.Errorf("places %v, want %s", p.Errors, c.where)
			}
		})
	}
	if strings.Contains(f.log.String(), "CANARY") || strings.Contains(f.log.String(), "1391357") {
		t.Error("the log quotes a request")
	}
	if !strings.Contains(f.log.String(), "route=/v1/subjects/{id}/disclosures") {
		t.Error("the log does not name the route")
	}
	page := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	f.api.MetricsHandler().ServeHTTP(page, r)
	if b := page.Body.String(); strings.Contains(b, "CANARY") || !strings.Contains(b, `goldbell_http_requests_total{method="POST",route="/v1/disclosures",status="422"}`) {
		t.Errorf("the metrics page: %.300s", b)
	}
}

// sweep looks for the secret in everything an answer consists of.
func sweep(t testing.TB, r *reply) {
	t.Helper()
	if bytes.Contains(r.body, []byte("CANARY")) {
		t.Errorf("%s: the body quotes the request: %s", r.what, r.body)
	}
	for name, values := range r.header {
		if strings.Contains(name+strings.Join(values, ""), "CANARY") {
			t.Errorf("%s: the header %s quotes the request", r.what, name)
		}
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: headers %v", r.what, r.header)
	}
	for _, name := range []string{"Server", "Access-Control-Allow-Origin", "Location"} {
		if r.header.Get(name) != "" {
			t.Errorf("%s: header %s", r.what, name)
		}
	}
}

// What net/http answers by itself, before any handler, quotes nothing either.
func TestTheServerItselfQuotesNothing(t *testing.T) {
	f := newFirm(t, 0)
	s := httptest.NewUnstartedServer(nil)
	s.Config = httpapi.NewServer(f.handler)
	s.Start()
	defer s.Close()
	for name, raw := range map[string]string{
		"a broken request line": secret + "\r\n\r\n",
		"a broken header":       "GET /healthz HTTP/1.1\r\nHost: x\r\n" + secret + "\r\n\r\n",
		"a broken host":         "GET /healthz HTTP/1.1\r\nHost: " + secret + "/\x01\r\n\r\n",
		"an unknown encoding":   "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + secret + "\r\n\r\n",
		"a broken length":       "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: " + secret + "\r\n\r\n",
		"a broken escape":       "GET /%zz" + secret + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"an expectation":        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: " + secret + "\r\nContent-Length: 2\r\n\r\n{}",
		"a host in the path":    "GET http://" + secret + "/v1/" + secret + " HTTP/1.1\r\nHost: " + secret + "\r\nConnection: close\r\n\r\n",
		"a great header":        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat(secret, 4000) + "\r\n\r\n",
		"a null in the path":    "GET /v1/%00" + secret + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"a star":                "OPTIONS * HTTP/1.1\r\nHost: " + secret + "\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() { _, _ = io.WriteString(conn, raw) }()
			_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			r, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
			if strings.Contains(fmt.Sprint(r.Header)+string(b), "CANARY") {
				t.Errorf("quoted: %v %s", r.Header, b)
			}
			if r.Header.Get("Server") != "" {
				t.Error("the server names itself")
			}
		})
	}
}

// document is what tests read of the OpenAPI document.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]json.RawMessage }
}

type operation struct {
	OperationID string
	Description string
	Parameters  []struct{ Name, In string }
	RequestBody *struct{}
	Responses   map[string]json.RawMessage
	Security    []map[string][]string
}

func (f *firm) document() (d document) {
	f.Helper()
	f.get("/openapi.json", "").want(200).into(&d)
	return d
}

// Every route of the table is in the document, and nothing else: the document's
// routes answer, with what they say, and no other path does.
func TestTheDocumentIsTheTable(t *testing.T) {
	f := newFirm(t, 0)
	d := f.document()
	if d.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", d.OpenAPI)
	}
	var documented []string
	for path, item := range d.Paths {
		for method, op := range item {
			documented = append(documented, strings.ToUpper(method)+" "+path)
			if strings.Contains(path, "...") {
				t.Errorf("%s is no OpenAPI path", path)
			}
			open := len(op.Security) == 0
			if open != strings.Contains(op.Description, "no account") {
				t.Errorf("%s %s: security %v, %s", method, path, op.Security, op.Description)
			}
			key := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.Name == "Idempotency-Key" })
			if key != (method == "post" && !strings.Contains(op.Description, "It takes no Idempotency-Key. ")) {
				t.Errorf("%s %s: Idempotency-Key documented: %v", method, path, key)
			}
			if !open {
				r := f.do(strings.ToUpper(method), fill(path, strings.Repeat("0", 32)), "", nil)
				if r.status != 401 {
					t.Errorf("%s %s without an account: %d", method, path, r.status)
				}
			}
		}
	}
	slices.Sort(documented)
	if got := f.api.Routes(); !slices.Equal(got, documented) {
		t.Errorf("the table\n%s\nthe document\n%s", strings.Join(got, "\n"), strings.Join(documented, "\n"))
	}
	if b, _ := json.Marshal(d); strings.Contains(string(b), "goldbell.invalid") {
		t.Error("the document repeats the Host header")
	}
}

// fill puts a value where a path has a name.
func fill(path, id string) string {
	for {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			return path
		}
		_, after, _ := strings.Cut(rest, "}")
		path = before + id + after
	}
}

// samples are a request to every route that would succeed for the right caller.
func (f *firm) samples(work string) map[string]any {
	hour := f.clock().Add(time.Hour).Format(time.RFC3339)
	now := f.clock().Format(time.RFC3339)
	return map[string]any{
		"/v1/subjects":                              m{"rows": []m{{"fields": m{"phone": "13000000001"}}}},
		"/v1/subjects/{id}/corrections":             m{"fields": m{"phone": "13000000002"}},
		"/v1/imports":                               m{"sha256": strings.Repeat("cd", 32)},
		"/v1/imports/{id}/finish":                   nil,
		"/v1/disclosures":                           f.read(work, "plain", f.subjects...),
		"/v1/calls":                                 m{"subject": f.subjects[0], "purpose": "telesales", "work_item": work},
		"/v1/call-outcomes":                         m{"outcomes": []m{{"call_id": work, "result": "busy", "at": now, "seconds": 0}}},
		"/v1/lookups":                               m{"field": "phone", "value": customer(0)["phone"], "purpose": "telesales", "work_item": work},
		"/v1/work-items":                            m{"kind": "call-task", "purpose": "telesales", "assignee": "a002", "subjects": f.subjects, "until": hour},
		"/v1/work-items/{id}/close":                 nil,
		"/v1/notices":                               m{"purpose": "partner-lead", "version": "2", "sha256": strings.Repeat("ab", 32)},
		"/v1/work-items/{id}/outcomes":              m{"subject": f.subjects[0], "outcome": "reached", "note": "in my own words"},
		"/v1/watermark-reports":                     m{"disclosure": strings.Repeat("ab", 16)},
		"/v1/consents":                              m{"items": []m{{"subject": f.subjects[0], "act": "end-opt-out"}}},
		"/v1/subjects/{id}/erasure":                 m{"work_item": work},
		"/v1/erasures/{id}/approve":                 nil,
		"/v1/complaints":                            m{"channel": "phone", "contacted": customer(0)["phone"], "called_at": now},
		"/v1/complaints/taken-down":                 m{"channel": "phone", "contacted": customer(0)["phone"], "called_at": now},
		"/v1/complaints/{id}/account":               m{"work_item": work},
		"/v1/complaints/{id}/files/{n}":             m{"work_item": work},
		"/v1/complaints/{id}/assignment":            m{"assignee": "a002", "until": hour},
		"/v1/complaints/{id}/handling":              m{"work_item": work},
		"/v1/complaints/{id}/closing":               m{"reason": "the second officer's reason"},
		"/v1/complaints/{id}/mine":                  m{"code": "00000-00000-00000-00000", "act": "follow"},
		"/v1/appeals/{id}/answer":                   m{"outcome": "dismissed", "text": "why the answer stands"},
		"/v1/incidents":                             m{"complaints": []string{work}},
		"/v1/incidents/{id}/complaints":             m{"complaints": []string{work}},
		"/v1/incidents/{id}/assessment":             m{"run": work},
		"/v1/incidents/{id}/decision":               m{"verdict": "not-notify", "reason": "made-up", "note": "why the persons are not notified"},
		"/v1/incidents/{id}/note":                   m{},
		"/v1/traces":                                m{"complaints": m{"from": "2026-01-01T00:00:00Z", "to": hour}},
		"/v1/traces/{id}/showing":                   m{"person": "a001"},
		"/v1/traces/{id}/answer":                    m{"answer": "my account was lent"},
		"/v1/decoys":                                m{"decoys": []m{{"field": "phone", "value": customer(0)["phone"]}}},
		"/v1/decoys/contacts":                       m{"contacts": []m{{"field": "phone", "value": customer(0)["phone"], "at": now}}},
		"/v1/found-files":                           m{"case": work, "sha256": strings.Repeat("cd", 32), "rows": 2000},
		"/v1/found-files/{id}/approve":              nil,
		"/v1/found-files/matching":                  fmt.Sprint("phone\n", customer(0)["phone"]),
		"/v1/evidence-packs":                        m{"kind": "subject", "subject": f.subjects[0]},
		"/v1/ledger/attestations":                   m{"scanned": 1},
		"/v1/people":                                m{"id": "x1", "org": "own", "kind": "staff", "contract_from": "2026-01-01T00:00:00Z"},
		"/v1/people/{id}/end":                       nil,
		"/v1/people/imports":                        m{"sha256": strings.Repeat("cd", 32), "rows": []m{{"id": "x2", "org": "own", "contract_from": "2026-01-01T00:00:00Z"}}},
		"/v1/consents/imports":                      m{"sha256": strings.Repeat("cd", 32), "rows": []m{{"phone": customer(0)["phone"], "purpose": "partner-lead", "recipient": "own", "notice": "1", "at": "2026-01-01T00:00:00Z", "reference": "R-1"}}},
		"/v1/people/{id}/ask/decision":              m{"allow": true, "entry": 1},
		"/v1/people/{id}/trainings":                 m{"course": "pi-protection", "at": "2026-01-01T00:00:00Z", "until": hour, "reference": "T-1"},
		"/v1/organisations/{id}/numbers":            m{"number": "17012345678", "from": "2026-01-01T00:00:00Z"},
		"/v1/people/{id}/code":                      nil,
		"/v1/organisations":                         m{"id": "partner", "kind": "handler", "title": "Partner"},
		"/v1/questions/who-can":                     m{"field": "phone", "subject": f.subjects[0]},
		"/v1/questions/could":                       m{"person": "a001", "field": "phone", "subject": f.subjects[0]},
		"/v1/questions/saw":                         m{"person": "a001", "from": "2026-01-01T00:00:00Z", "until": hour},
		"/v1/questions/changes":                     m{"from": "2026-01-01T00:00:00Z", "until": hour},
		"/v1/questions/coverage":                    m{"field": "phone"},
		"/v1/questions/written":                     m{},
		"/v1/questions/shared-mask":                 m{"field": "name", "mask": "金**"},
		"/v1/exceptions":                            m{"work_item": work, "fields": []string{"name"}, "form": "plain", "reason": "carrier-down", "until": hour},
		"/v1/exceptions/{id}/decision":              m{"approve": true},
		"/v1/exceptions/{id}/review":                m{"justified": true},
		"/v1/break-glass":                           m{"purpose": "support", "subjects": f.subjects[:1], "fields": []string{"name"}, "reason": "danger-to-life", "minutes": 10},
		"/v1/alerts/{id}/judgement":                 m{"confirmed": true},
		"/v1/tokens":                                m{"code": "00000-00000-00000-00000", "name": "x", "scope": "crm"},
		"/v1/sessions":                              m{"code": "00000-00000-00000-00000"},
		"/v1/postgres/enrolments":                   m{"dsn": "postgres://127.0.0.1:1/x", "table": "public.customer", "subject": []string{"id"}, "protect": []string{"phone"}},
		"/v1/postgres/enrolments/undo":              m{"dsn": "postgres://127.0.0.1:1/x", "table": "public.customer"},
		"/v1/postgres/checks":                       nil,
		"/v1/postgres/subjects":                     m{"table": strings.Repeat("cd", 8), "keys": [][]string{{"1"}}},
		"/v1/postgres/logins":                       m{"purpose": "telesales", "work_item": work, "form": "plain"},
		"/v1/postgres/logins/{name}/end":            nil,
		"/v1/postgres/sessions/{id}/end":            nil,
		"/v1/sign-in/passkey/options":               m{},
		"/v1/sign-in/passkey":                       m{"ceremony": "x", "credential": m{}},
		"/v1/sign-in/password":                      m{"person": "a001", "password": "a long password", "ceremony": "x", "credential": m{}},
		"/v1/sign-in/oidc/options":                  nil,
		"/v1/sign-in/oidc":                          m{"code": "x", "state": "x"},
		"/v1/step-up/oidc/options":                  nil,
		"/v1/step-up/oidc":                          m{"code": "x", "state": "x"},
		"/v1/password":                              m{"password": "a long password"},
		"/v1/passkeys/options":                      m{},
		"/v1/passkeys":                              m{"ceremony": "x", "credential": m{}},
		"/v1/step-up/options":                       nil,
		"/v1/step-up":                               m{"ceremony": "x", "credential": m{}},
		"/v1/people/{id}/sessions":                  m{"sessions": 2},
		"/v1/ledger/samples":                        m{"code": "00000-00000-00000-00000", "count": 3},
		"/v1/ledger/forgettings":                    m{"code": "00000-00000-00000-00000", "second_code": "00000-00000-00000-00000", "subject": f.subjects[0]},
		"/v1/recertifications":                      m{"days": 14},
		"/v1/questions/moves":                       m{"from": "2026-01-01T00:00:00Z", "until": hour},
		"/v1/recertifications/{id}/people/{person}": m{"keep": true},

		"/v1/rule-proposals": m{"text": plainRule,
			"purposes": []m{{"purpose": "support", "zh": "客户服务", "en": "Support", "basis": "contract", "fields": []m{{"field": "name", "highest": "plain", "why_zh": "称呼来电的本人"}}}},
			"caps":     m{"person": m{"masked": 10}, "organisation": m{"masked": 10}, "requests": 10, "refused": 10, "lookups": 10, "limits": []m{}}},
		"/v1/rule-proposals/{id}/trial":      nil,
		"/v1/rule-proposals/{id}/approval":   nil,
		"/v1/rule-proposals/{id}/withdrawal": nil,
	}
}

const plainRule = `@id("firm-plain") @zh("公司规则") @en("company rule") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`

// Whoever administers, watches or is a service reads no field through any route,
// even where the firm's rules allow plain values to those who work.
func TestI9AdministratorsReadNoField(t *testing.T) {
	f := newFirm(t, 2)
	f.withIndex()
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	f.enrolKey("a001")
	samples := f.samples(work)
	held := f.post("/v1/disclosures", "a001", samples["/v1/disclosures"]).want(200)
	if !bytes.Contains(held.body, []byte(canaryPhone)) {
		t.Fatalf("the assignee reads nothing, so this test compares nothing: %s", held.body)
	}
	d := f.document()
	asked := 0
	for _, who := range []string{"sysadmin", "secadmin", "auditor", "officer2", "officer", "crm", "import", "metrics", "switch"} {
		for path, item := range d.Paths {
			for method := range item {
				body, ok := samples[path]
				if method == "post" && !ok {
					t.Fatalf("%s has no sample request", path)
				}
				if method == "delete" {
					continue // signs out; last
				}
				for _, id := range []string{f.subjects[0], work, "a001", "0"} {
					r := f.do(strings.ToUpper(method), strings.NewReplacer("{rest}", "0/000.p/1", "{index}", "3", "{name}", "nobody").Replace(fill2(path, id))+query(path, work), who, body)
					f.clean(who+" "+r.what, r.body)
					asked++
					if r.status == 401 && !strings.HasPrefix(path, "/v1/sign-in/") || r.status == 503 && !strings.HasPrefix(path, "/v1/postgres/") && path != "/v1/found-files/matching" && path != "/v1/ledger/attestations" {
						t.Fatalf("%s %s: %d %s", who, r.what, r.status, r.body)
					}
				}
			}
		}
	}
	if asked < 1000 {
		t.Errorf("only %d requests", asked)
	}
	f.clean("log", []byte(f.log.String()))
}

// fill2 puts an id where a path has {id}, and leaves the other names.
func fill2(path, id string) string { return strings.ReplaceAll(path, "{id}", id) }

func query(path, work string) string {
	switch path {
	case "/v1/subjects":
		return "?work_item=" + work
	case "/v1/found-files/matching":
		return "?case=" + work + "&sha256=" + strings.Repeat("cd", 32) + "&rows=1&found_at=2026-03-01T00:00:00Z"
	case "/v1/complaints":
		return "?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"
	}
	return ""
}

// Whatever is sent to a route that reads bodies, the answer quotes none of it, is
// JSON, and is never a failure of ours.
func FuzzBodies(f *testing.F) {
	firm := newFirm(f, 1)
	work := firm.work("a001", "call-task", "telesales", firm.subjects...)
	routes := []struct{ path, who string }{
		{"/v1/disclosures", "a001"}, {"/v1/lookups", "a001"}, {"/v1/lookups", "switch"}, {"/v1/subjects", "crm"}, {"/v1/consents", "crm"},
		{"/v1/call-outcomes", "switch"}, {"/v1/people", "secadmin"}, {"/v1/complaints", ""}, {"/v1/work-items", "crm"}, {"/v1/sessions", ""},
	}
	for i, r := range routes {
		b, _ := json.Marshal(firm.samples(work)[r.path])
		f.Add(i, b)
		f.Add(i, bytes.ReplaceAll(b, []byte(`"13`), []byte(`"`+secret+`13`)))
		f.Add(i, bytes.ReplaceAll(b, []byte(`":`), []byte(secret+`":`)))
	}
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		r := routes[uint(i)%uint(len(routes))]
		firm.TB = t
		firm.pass(time.Minute)
		got := firm.post(r.path, r.who, body)
		sweep(t, got)
		if got.status >= 500 || !json.Valid(got.body) {
			t.Fatalf("%d: %s", got.status, got.body)
		}
	})
}
