package hold

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/proof"
)

func contextOf() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

// TestI8NoValueOutsideAnswers sends marked values through every part of the API,
// well formed and not, and then looks for them in everything that was written.
func TestI8NoValueOutsideAnswers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { sweepFirm(t, nil) })
	t.Run("postgres", func(t *testing.T) { sweepFirm(t, pgtest.New(t, pgtest.LogEverything...)) })
}

func sweepFirm(t *testing.T, pg *pgtest.Cluster) {
	dir := t.TempDir()
	temp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv("SQLITE_TMPDIR", temp)
	dsn := ""
	if pg != nil {
		dsn = pg.Database(t)
	}
	s := serve(t, dir, dsn)
	ids := s.imports()
	s.disclosures(ids)
	s.calls(ids)
	s.lookups(ids)
	s.complaints()
	s.watch(ids)
	s.erases(ids[len(ids)-1])
	s.malformed(ids)
	s.everyRoute()

	s.metricsPage()
	everywhere := func() {
		t.Helper()
		clean(t, "the log", s.log.bytes())
		cleanDir(t, dir) // data with -wal and -shm, keys, keeper, TMPDIR
		if pg != nil {
			clean(t, "PostgreSQL's log", pg.Log(t))
			pgCheckpoint(t, dsn)
			cleanDir(t, pg.DataDir())
		}
	}
	if !testing.Short() { // while it runs, and after
		everywhere()
	}
	s.stop()
	everywhere()
	if log := string(s.log.bytes()); !strings.Contains(log, `"route":"/v1/disclosures"`) {
		t.Error("the log that was swept names no request")
	}
	if s.swept < 300 {
		t.Errorf("only %d answers were swept", s.swept)
	}
	t.Logf("%d answers swept, %d spellings", s.swept, len(spellings))
	if pg != nil {
		seesPostgres(t, pg, dsn)
	}
}

// pgCheckpoint makes PostgreSQL write its tables.
func pgCheckpoint(t testing.TB, dsn string, before ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, q := range append(before, "CHECKPOINT") {
		if _, err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

// seesPostgres plants a value as a bind value and in a table: the sweep that found
// nothing was not blind.
func seesPostgres(t *testing.T, pg *pgtest.Cluster, dsn string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	name := customer(1)[pii.Name].Reveal()
	if _, err := conn.Exec(t.Context(), "CREATE TABLE planted (x text, y bytea)"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO planted VALUES ($1, $2)", name, []byte(customer(1)[pii.Phone].Reveal())); err != nil {
		t.Fatal(err)
	}
	pgCheckpoint(t, dsn)
	if found(pg.Log(t)) == nil {
		t.Error("a bind value in PostgreSQL's log is not seen")
	}
	if foundIn(t, filepath.Join(pg.DataDir(), "base")) == nil {
		t.Error("a value in a table's file is not seen")
	}
	if foundIn(t, filepath.Join(pg.DataDir(), "pg_wal")) == nil {
		t.Error("a value in PostgreSQL's WAL is not seen")
	}
}

func (s *surface) metricsPage() {
	s.t.Helper()
	base := s.base
	s.base = s.metrics
	r := s.get("", "").want(200)
	s.base = base
	if !strings.Contains(string(r.body), "goldbell_http_requests_total") {
		s.t.Error("the metrics page counts nothing")
	}
}

func fieldsOf(n int) o {
	row := o{}
	for f, v := range customer(n) {
		row[string(f)] = v.Reveal()
	}
	return row
}

// stored is how many customers are stored, from 0; the others are only asked for.
const stored = 12

// imports stores customers as an import and as the CRM does; some rows are refused.
func (s *surface) imports() (ids []string) {
	s.t.Helper()
	id := s.post("/v1/imports", "import", o{"sha256": strings.Repeat("ab", 32)}).want(201).text("id")
	rows := []o{}
	for n := range stored {
		row := fieldsOf(n)
		if n == 3 { // as people write it
			row["phone"] = "+86 139-4711-0003"
			row["email"] = "Canary000003@Marked.Example"
		}
		rows = append(rows, o{"fields": row})
	}
	for _, change := range []o{
		{"phone": marks[1]}, {"email": marks[2]}, {"id_number": marks[3] + "0000"}, {marks[1]: marks[2]},
		{"name": strings.Repeat(marks[0], 500)}, {"address": marks[5] + "\u0000"}, {"phone": marks[1] + "00.5"},
		{"phone": "1.39471100E+10"},
	} {
		row := fieldsOf(stored)
		for k, v := range change {
			row[k] = v
		}
		rows = append(rows, o{"fields": row})
	}
	var out struct {
		Stored, Refused int
		Results         []struct{ Subject string }
	}
	s.post("/v1/subjects", "import", o{"import": id, "rows": rows}).want(201).into(&out)
	for _, r := range out.Results {
		if r.Subject != "" {
			ids = append(ids, r.Subject)
		}
	}
	if len(ids) < stored || out.Refused == 0 {
		s.t.Fatalf("stored %d, refused %d", out.Stored, out.Refused)
	}
	s.post("/v1/imports/"+id+"/finish", "import", nil).want(200)
	again := o{"rows": rows[:2]} // the same people once more
	key := "key-" + marks[1] + "77"
	s.post("/v1/subjects", "crm", again, "Idempotency-Key", key).want(201)
	s.post("/v1/subjects", "crm", again, "Idempotency-Key", key).want(409)
	s.post("/v1/subjects", "crm", o{"rows": rows[2:4]}, "Idempotency-Key", key).want(422)
	changed := fieldsOf(5)
	changed["address"] = marks[5] + "9号"
	s.post("/v1/subjects/"+ids[5]+"/corrections", "crm", o{"fields": changed}).want(201)
	s.post("/v1/subjects/"+ids[5]+"/corrections", "crm", o{"fields": o{"phone": marks[1]}}).want(422)
	return ids[:stored]
}

func (s *surface) work(to, kind, purpose string, ids ...string) string {
	s.t.Helper()
	return s.post("/v1/work-items", "crm", o{
		"kind": kind, "purpose": purpose, "assignee": to, "subjects": ids, "until": time.Now().Add(20 * time.Hour),
	}).want(201).text("id")
}

// enrolKey gives a person a passkey: without, she is shown no plain value and approves
// nothing.
func (s *surface) enrolKey(who string) {
	s.t.Helper()
	var c struct {
		Ceremony  string
		PublicKey json.RawMessage `json:"public_key"`
	}
	if err := json.Unmarshal(s.post("/v1/passkeys/options", who, o{}).want(200).body, &c); err != nil {
		s.t.Fatal(err)
	}
	s.post("/v1/passkeys", who, o{"ceremony": c.Ceremony, "credential": json.RawMessage(authntest.NewKey().Create(c.PublicKey))}).want(201)
}

var allFields = []string{"name", "phone", "email", "id_number", "company", "address"}

// disclosures reads in every form, allowed and refused. Plain answers, and only
// they, hold the values.
func (s *surface) disclosures(ids []string) {
	s.t.Helper()
	ask := func(work, purpose, form string, fields []string, ids ...string) o {
		return o{"form": form, "fields": fields, "purpose": purpose, "work_item": work, "subjects": ids}
	}
	sales := s.work("a001", "call-task", "telesales", ids...)
	s.post("/v1/disclosures", "a001", ask(sales, "telesales", "plain", []string{"name", "phone"}, ids[0])).want(403)
	s.enact(o{"text": plainRule})
	s.enrolKey("a001") // which verifies her
	right := s.work("a001", "rights-request", "rights-request", ids...)
	plain := s.do("POST", "/v1/disclosures", "a001", ask(right, "rights-request", "plain", allFields, ids[0])).want(200)
	for i, mark := range marks {
		if !strings.Contains(string(plain.body), mark) {
			s.t.Fatalf("a plain answer does not hold mark %d: this test would see nothing: %s", i, plain.body)
		}
	}
	for _, form := range []string{"masked", "token"} {
		s.post("/v1/disclosures", "a001", ask(right, "rights-request", form, allFields, ids...)).want(200)
	}
	s.do("POST", "/v1/disclosures", "a001", ask(sales, "telesales", "plain", []string{"name", "phone", "company"}, ids[:6]...), "Idempotency-Key", marks[2]).want(200)
	s.do("POST", "/v1/disclosures", "a001", ask(sales, "telesales", "plain", []string{"name", "phone", "company"}, ids[:6]...), "Idempotency-Key", marks[2]).want(200)
	s.post("/v1/disclosures", "a002", ask(sales, "telesales", "masked", []string{"name"}, ids[0])).want(403)
	s.post("/v1/disclosures", "a001", ask(sales, "telesales", "masked", []string{"id_number"}, ids[0])).want(403)
	s.post("/v1/disclosures", "a001", ask(sales, "telesales", "masked", []string{"name"}, strings.Repeat("a", 32))).want(403)
	s.post("/v1/disclosures", "officer", ask(sales, "telesales", "masked", []string{"name"}, ids[0])).want(403)
	s.get("/v1/subjects?work_item="+sales, "a001").want(200)
	s.get("/v1/work-items", "a001").want(200)
}

// calls places calls at a switch that repeats the number in its answers.
func (s *surface) calls(ids []string) {
	s.t.Helper()
	work := s.work("a002", "call-task", "telesales", ids...)
	call := func(id string) *answered {
		return s.post("/v1/calls", "a002", o{"subject": id, "purpose": "telesales", "work_item": work})
	}
	var got []int
	for _, id := range ids[:7] {
		got = append(got, call(id).status)
	}
	if got[0] != 201 || s.numbers.Load() < 6 {
		s.t.Fatalf("calls were answered %v, %d numbers reached the switch", got, s.numbers.Load())
	}
	for _, result := range []string{"connected", marks[1] + "00"} {
		s.post("/v1/call-outcomes", "switch", o{"outcomes": []o{{"call_id": work, "result": result, "at": time.Now(), "seconds": 1}}})
	}
}

// lookups looks values up: a hit, misses, hidden hits, and from the switch.
func (s *surface) lookups(ids []string) {
	s.t.Helper()
	work := s.work("a001", "support-ticket", "support", ids[:2]...)
	look := func(field, value string) int {
		return s.post("/v1/lookups", "a001", o{"field": field, "value": value, "purpose": "support", "work_item": work}).status
	}
	of := func(n int, f pii.Field) string { return customer(n)[f].Reveal() }
	for _, c := range []struct {
		field, value string
		want         int
	}{
		{"phone", of(0, pii.Phone), 200}, {"phone", "+86 139 4711 0001", 200}, {"email", of(1, pii.Email), 200},
		{"phone", of(8, pii.Phone), 403}, {"phone", of(90, pii.Phone), 403}, {"email", of(90, pii.Email), 403},
		{"email", marks[2], 422}, {"name", of(0, pii.Name), 422}, {marks[1], marks[2], 422}, {"phone", marks[1], 422},
	} {
		if got := look(c.field, c.value); got != c.want {
			s.t.Errorf("lookup of a %s: %d, want %d", c.field, got, c.want)
		}
	}
	for _, n := range []int{0, 95} {
		s.post("/v1/lookups", "switch", o{"value": of(n, pii.Phone), "purpose": "support", "assignee": "a001"}).want(201)
	}
	s.post("/v1/lookups", "switch", o{"value": marks[1], "purpose": "support", "assignee": "a001"}).want(422)
}

// complaints files, handles and closes complaints full of marked text.
func (s *surface) complaints() {
	s.t.Helper()
	file := func(channel, contacted string) *answered {
		return s.post("/v1/complaints", "", o{
			"channel": channel, "contacted": contacted, "called_at": time.Now().Add(-time.Hour), "caller": customer(50)[pii.Phone].Reveal(),
			"known": []string{"name", "company"}, "known_company": customer(0)[pii.Company].Reveal(),
			"said": "他们叫我" + customer(0)[pii.Name].Reveal() + "，住" + customer(0)[pii.Address].Reveal() + "，" + customer(0)[pii.IDNumber].Reveal(),
		})
	}
	r := file("phone", customer(0)[pii.Phone].Reveal()).want(201)
	file("phone", customer(91)[pii.Phone].Reveal()).want(201)
	file("email", customer(1)[pii.Email].Reveal()).want(201)
	file("phone", marks[1]).want(422)
	file(marks[1], marks[1]).want(422)
	id, code := r.text("id"), r.text("code")
	s.get("/v1/complaints?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", "officer").want(200)
	work := s.post("/v1/complaints/"+id+"/assignment", "officer", o{"assignee": "a002", "until": time.Now().Add(time.Hour)}).want(201).text("id")
	s.post("/v1/complaints/"+id+"/handling", "a002", o{"work_item": work}).want(200)
	s.post("/v1/complaints/"+id+"/handling", "a002", o{"work_item": work, "reply": "尊敬的" + customer(0)[pii.Name].Reveal() + "：" + customer(0)[pii.Email].Reveal()}).want(200)
	s.post("/v1/complaints/"+id+"/closing", "officer", o{"reason": customer(0)[pii.Name].Reveal() + customer(0)[pii.Phone].Reveal()}).want(403)
	s.post("/v1/complaints/"+id+"/mine", "", o{"code": marks[1], "act": "follow"}).want(403)
	letter := s.do("POST", "/v1/complaints/"+id+"/mine", "", o{"code": code, "act": "contest", "why": "我是" + customer(0)[pii.Name].Reveal()}).want(200)
	if !strings.Contains(string(letter.body), marks[0]) {
		s.t.Error("the company's letter does not reach her")
	}
}

// watch asks for who saw whom, a trace and an evidence pack.
func (s *surface) watch(ids []string) {
	s.t.Helper()
	s.get("/v1/subjects/"+ids[0]+"/disclosures", "officer").want(200)
	s.get("/v1/recipients/a001/disclosures", "auditor").want(200)
	for n := range 30 {
		s.get(fmt.Sprintf("/v1/ledger/entries/%d", n), "auditor").want(200)
	}
	s.get("/v1/ledger/checkpoint", "a001").want(200)
	s.post("/v1/traces", "officer", o{"complaints": o{"from": "2020-01-01T00:00:00Z", "to": time.Now().Add(time.Hour)}}).want(201)
	pack := s.post("/v1/evidence-packs", "officer", o{"kind": "subject", "subject": ids[0]}).want(201).text("id")
	zip := s.get("/v1/evidence-packs/"+pack, "officer").want(200)
	if !strings.HasPrefix(string(zip.body), "PK") || !strings.Contains(string(zip.body), ids[0]) {
		s.t.Error("the pack that was swept is no readable pack about her")
	}
	s.otherPacks(ids)
}

// otherPacks asks for a pack of every complaint, of a recipient and of an answer.
func (s *surface) otherPacks(ids []string) {
	s.t.Helper()
	var listed struct {
		Complaints []struct{ ID string }
	}
	if err := json.Unmarshal(s.get("/v1/complaints?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z", "officer").want(200).body, &listed); err != nil || len(listed.Complaints) == 0 {
		s.t.Fatal("no complaints are listed", err)
	}
	var seen struct {
		Disclosures []struct{ ID string }
	}
	if err := json.Unmarshal(s.get("/v1/subjects/"+ids[0]+"/disclosures", "officer").want(200).body, &seen); err != nil || len(seen.Disclosures) == 0 {
		s.t.Fatal("nothing was disclosed", err)
	}
	orders := []o{
		{"kind": "recipient", "recipient": "a001"},
		{"kind": "disclosure", "disclosure": seen.Disclosures[0].ID},
		{"kind": "disclosure", "disclosure": seen.Disclosures[0].ID, "subject": ids[0]},
	}
	for _, c := range listed.Complaints {
		orders = append(orders, o{"kind": "case", "complaint": c.ID})
	}
	for _, order := range orders {
		id := s.post("/v1/evidence-packs", "officer", order).want(201).text("id")
		zip := s.get("/v1/evidence-packs/"+id, "officer").want(200).body
		if v := proof.Judge(zip, nil); !v.Consistent {
			s.t.Errorf("a pack of kind %v: %s", order["kind"], v.Failure)
		}
	}
	s.post("/v1/ledger/attestations", "auditor", o{"scanned": 5}).want(201)
}

func (s *surface) erases(id string) {
	s.t.Helper()
	work := s.work("a002", "rights-request", "rights-request", id)
	asked := s.post("/v1/subjects/"+id+"/erasure", "a002", o{"work_item": work}).want(202).text("erasure")
	s.signIn("officer", s.codes["officer"])
	s.enrolKey("officer") // which verifies her: she approves
	s.post("/v1/erasures/"+asked+"/approve", "officer", nil).want(200)
	s.post("/v1/disclosures", "a002", o{"form": "plain", "fields": []string{"name"}, "purpose": "rights-request", "work_item": work, "subjects": []string{id}}).want(403)
}

// malformed sends marked values where none belongs.
func (s *surface) malformed(ids []string) {
	s.t.Helper()
	phone, name := customer(60)[pii.Phone].Reveal(), customer(60)[pii.Name].Reveal()
	for _, body := range []string{
		`{"` + name + `":"` + phone + `"}`, `{"form":"` + phone, `["` + name + `"]`, `{"form":` + phone + `}`, phone, name,
		`{"form":"` + phone + "\xff" + `"}`, `{"form":"` + name + `\ud800"}`, `{"` + name + `":1,"` + name + `":2}`,
		`{"form":"masked"} ` + phone, `{"fields":{"` + phone + `":"` + name + `"}}`, strings.Repeat(`{"`+name+`":`, 30) + "1",
		`{"subjects":["` + ids[0] + `","` + phone + `"]}`, strings.Repeat(phone, 100_000),
	} {
		for path, who := range map[string]string{"/v1/disclosures": "a001", "/v1/subjects": "crm", "/v1/complaints": "", "/v1/lookups": "switch"} {
			if r := s.post(path, who, body); r.status != 422 && r.status != 413 {
				s.t.Errorf("%s with %.20q…: %d", path, body, r.status)
			}
		}
	}
	esc := url.PathEscape(name)
	for _, header := range []string{"Authorization", "Cookie", "User-Agent", "Accept", "Accept-Language", "Origin", "Referer", "X-Forwarded-For", "Idempotency-Key", "Content-Type", "X-Request-Id", "Traceparent"} {
		s.post("/v1/disclosures", "a001", `{}`, header, "Bearer "+phone)
		s.post("/v1/disclosures", "", `{}`, header, phone)
		s.post("/v1/disclosures", "a001", `{}`, header, esc)
	}
	for _, path := range []string{
		"/" + phone, "/v1/" + esc, "/v1/subjects/" + phone, "/v1/subjects/" + esc + "/disclosures", "/v1//" + phone, "/v1/x/../" + phone,
		"/v1/work-items?limit=" + phone, "/v1/work-items?" + esc + "=1", "/v1/work-items?cursor=" + phone, "/v1/ledger/tile/0/" + phone,
		"/v1/ledger/entries/" + phone, "/v1/work-items;" + phone, "/v1/complaints?from=" + phone + "&to=" + esc,
		"/debug/pprof/?x=" + phone, "/metrics?x=" + phone,
	} {
		for _, method := range []string{"GET", "POST", "PUT", "HEAD", "OPTIONS", "X" + phone} {
			s.do(method, path, "officer", nil).sweep()
		}
	}
}

// everyRoute sends marked values to each route of the document, in place of every
// parameter and every property of the body.
func (s *surface) everyRoute() {
	s.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref        string `json:"$ref"`
						Properties map[string]json.RawMessage
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	s.get("/openapi.json", "").want(200).into(&doc)
	values := []string{customer(61)[pii.Phone].Reveal(), customer(61)[pii.Email].Reveal(), customer(61)[pii.Name].Reveal(), customer(61)[pii.IDNumber].Reveal()}
	if testing.Short() {
		values = values[:1]
	}
	who := []string{"officer", "a001", "crm"}
	asked := 0
	for path, item := range doc.Paths {
		for method, op := range item {
			if method == "delete" {
				continue // signs out
			}
			for i, v := range values {
				at := url.PathEscape(v)
				to, query := path, url.Values{}
				for _, p := range op.Parameters {
					switch p.In {
					case "path":
						to = strings.ReplaceAll(to, "{"+p.Name+"}", at)
					case "query":
						query.Set(p.Name, v)
					}
				}
				if len(query) > 0 {
					to += "?" + query.Encode()
				}
				var body any
				if schema := op.RequestBody.Content["application/json"].Schema; method == "post" {
					props := schema.Properties
					if props == nil {
						props = doc.Components.Schemas[schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]].Properties
					}
					filled := o{}
					for name := range props {
						filled[name] = v
					}
					body = filled
				}
				for _, w := range who {
					s.do(strings.ToUpper(method), to, w, body, "Idempotency-Key", fmt.Sprintf("k%d-%s", i, customer(61)[pii.Phone].Reveal())).sweep()
					asked++
				}
			}
		}
	}
	if asked < 100 {
		s.t.Errorf("only %d requests were made from the document", asked)
	}
}
