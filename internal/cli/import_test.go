package cli

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// wire is a body of POST /v1/subjects as its reader sees it.
type wire struct {
	Import string `json:"import"`
	Rows   []struct {
		Fields map[string]string `json:"fields"`
	} `json:"rows"`
}

// register keeps what it is posted, once per Idempotency-Key, as the API does.
type register struct {
	mu    sync.Mutex
	seen  map[string][32]byte // of bodies, by key
	rows  []map[string]string
	lost  int // answers not given, although the rows are kept
	cut   context.CancelFunc
	after int // rows after which cut is called
	done  bool
	large int
}

func (g *register) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.large = max(g.large, len(body))
	switch {
	case r.URL.Path == "/v1/imports":
		_, _ = io.WriteString(w, `{"id":"00112233445566778899aabbccddeeff"}`)
	case strings.HasSuffix(r.URL.Path, "/finish"):
		g.finish(w)
	default:
		g.enrol(w, r.Header.Get("Idempotency-Key"), body)
	}
}

func (g *register) finish(w http.ResponseWriter) {
	if g.done {
		answerProblem(w, http.StatusConflict, "import-done")
		return
	}
	g.done = true
	_, _ = fmt.Fprintf(w, `{"stored":%d,"matches":7}`, len(g.rows))
}

func (g *register) enrol(w http.ResponseWriter, key string, body []byte) {
	if old, again := g.seen[key]; again {
		if old != sha256.Sum256(body) {
			answerProblem(w, http.StatusUnprocessableEntity, "idempotency-body")
			return
		}
		answerProblem(w, http.StatusConflict, "already-stored")
		return
	}
	var in wire
	if json.Unmarshal(body, &in) != nil || len(in.Rows) == 0 || len(in.Rows) > 1000 || len(body) > 1<<20 || in.Import == "" {
		answerProblem(w, http.StatusUnprocessableEntity, "bad-request")
		return
	}
	g.seen[key] = sha256.Sum256(body)
	for _, row := range in.Rows {
		g.rows = append(g.rows, row.Fields)
	}
	if g.cut != nil && len(g.rows) >= g.after {
		g.cut()
	}
	if g.lost > 0 {
		g.lost--
		answerProblem(w, http.StatusServiceUnavailable, "unavailable")
		return
	}
	_, _ = fmt.Fprintf(w, `{"stored":%d,"refused":0}`, len(in.Rows))
}

func answerProblem(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"status":%d,"code":%q,"detail":"…"}`, status, code)
}

func newRegister(t *testing.T) (*register, *api) {
	t.Helper()
	g := &register{seen: map[string][32]byte{}}
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	return g, &api{client: &server.Client{HTTP: srv.Client(), Base: srv.URL}, token: "gbt_x"}
}

// list writes a CSV of n rows, every tenth with a bad phone number and every
// seventh with the phone of the row before.
func list(t *testing.T, n int, address string) (path string, valid int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("姓名,手机号,地址\n")
	for i := range n {
		phone := fmt.Sprintf("138%08d", i)
		switch {
		case i%10 == 9:
			phone = "138"
		case i%7 == 6:
			phone = fmt.Sprintf("138%08d", i-1)
			valid++
		default:
			valid++
		}
		fmt.Fprintf(&b, "王小\"明\"%d,%s,%s\n", i, phone, address)
	}
	path = filepath.Join(t.TempDir(), "list.csv")
	text := strings.ReplaceAll(b.String(), `"`, "”")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, valid
}

// import_ runs the sending half of an import.
func import_(t *testing.T, ctx context.Context, a *api, path string, merge pii.Field) (*sender, *intake.Survey, error) {
	t.Helper()
	src, err := openRegular(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	f, err := intake.Open(src, path, intake.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file, digest, err := fingerprint(src, f.Plan(), merge)
	if err != nil {
		t.Fatal(err)
	}
	survey, err := f.Survey(intake.SurveyOptions{MergeBy: merge})
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{api: a, file: file, digest: digest}
	if err := s.open(ctx); err != nil {
		t.Fatal(err)
	}
	return s, survey, s.send(ctx, survey)
}

func TestImportSendsEveryRowOnce(t *testing.T) {
	g, a := newRegister(t)
	path, valid := list(t, 6300, "")
	s, survey, err := import_(t, context.Background(), a, path, "")
	if err != nil || s.stored != valid || len(g.rows) != valid || survey.Report.Stored != valid {
		t.Fatalf("%v; counted %d, kept %d, survey %d, valid %d", err, s.stored, len(g.rows), survey.Report.Stored, valid)
	}
	if len(g.seen) != (valid+batchRows-1)/batchRows {
		t.Errorf("%d batches", len(g.seen))
	}
	done, told, err := s.finish(context.Background())
	if err != nil || !told || done.Stored != int64(valid) || *done.Matches != 7 {
		t.Errorf("finish: %+v, %v, %v", done, told, err)
	}
	again, _, err := import_(t, context.Background(), a, path, "")
	if err != nil || again.stored != valid || again.before != valid || len(g.rows) != valid {
		t.Errorf("the second time: %v; counted %d, before %d, kept %d", err, again.stored, again.before, len(g.rows))
	}
	if _, told, err := again.finish(context.Background()); told || err != nil {
		t.Errorf("the number of matches was told twice: %v, %v", told, err)
	}
}

func TestImportMerges(t *testing.T) {
	g, a := newRegister(t)
	path, valid := list(t, 3000, "")
	s, survey, err := import_(t, context.Background(), a, path, pii.Phone)
	if err != nil || survey.Report.Merged == 0 || len(g.rows) != valid-survey.Report.Merged || s.stored != len(g.rows) {
		t.Fatalf("%v; kept %d of %d, merged %d, counted %d", err, len(g.rows), valid, survey.Report.Merged, s.stored)
	}
}

func TestImportResumesAfterLostAnswersAndCtrlC(t *testing.T) {
	g, a := newRegister(t)
	path, valid := list(t, 9000, "")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.lost, g.cut, g.after = 1, cancel, 2000
	s, _, err := import_(t, ctx, a, path, "")
	if err == nil || len(g.rows) == valid {
		t.Fatalf("not interrupted: %v, %d rows", err, len(g.rows))
	}
	f := explain(s.broken(err, valid))
	if f.ID != "import-stopped" || f.code != exitUnavailable || s.stored != len(g.rows) {
		t.Errorf("%s, exit code %d; counted %d, kept %d", f.ID, f.code, s.stored, len(g.rows))
	}
	g.cut = nil
	kept := len(g.rows)
	s, _, err = import_(t, context.Background(), a, path, "")
	if err != nil || len(g.rows) != valid || s.stored != valid || s.before != kept {
		t.Errorf("resumed: %v; kept %d of %d, counted %d, before %d of %d", err, len(g.rows), valid, s.stored, s.before, kept)
	}
}

func TestImportSplitsBySize(t *testing.T) {
	g, a := newRegister(t)
	path, valid := list(t, 2200, strings.Repeat("浙江省杭州市西湖区文三路", 40))
	if _, _, err := import_(t, context.Background(), a, path, ""); err != nil || len(g.rows) != valid {
		t.Fatalf("%v; kept %d of %d", err, len(g.rows), valid)
	}
	if g.large > 1<<20 || g.large < 1<<19 || len(g.seen) < 3 {
		t.Errorf("largest body %d bytes, %d batches", g.large, len(g.seen))
	}
}

// TestImportStopsWhenRowsDiffer: a server that keeps fewer rows than it was sent
// is not believed.
func TestImportStopsWhenRowsDiffer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"id":"00112233445566778899aabbccddeeff","stored":1,"refused":2}`)
	}))
	defer srv.Close()
	a := &api{client: &server.Client{HTTP: srv.Client(), Base: srv.URL}}
	path, _ := list(t, 100, "")
	_, _, err := import_(t, context.Background(), a, path, "")
	if f := explain(err); f.ID != "import-server-refused" || f.code != exitFailed {
		t.Errorf("%v", err)
	}
}

func TestDryRunCountsTheSamples(t *testing.T) {
	path, valid := list(t, 500, "")
	code, out, stderr := run(t, nil, "import", path, "--dry-run", "--json")
	var got struct {
		Rows, Stored, Merged, Refused int
		RefusedBy                     map[string]int `json:"refused_by"`
		DuplicatePhoneRows            int            `json:"duplicate_phone_rows"`
		DryRun                        bool           `json:"dry_run"`
		Matches                       *int
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d: %v %s", code, err, stderr)
	}
	if got.Rows != 500 || got.Stored != valid || got.Refused != 500-valid || got.RefusedBy["phone"] != 50 || !got.DryRun || got.Matches != nil || got.DuplicatePhoneRows == 0 {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(intake.RefusedPath(path)); err == nil {
		t.Error("a dry run wrote a file of refused rows")
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{"", `a"b\c`, "行\n\t\x00\x1f\x7f", "\u2028<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip("intake hands on valid text only")
		}
		var back string
		if err := json.Unmarshal(appendJSON(nil, s), &back); err != nil || back != s {
			t.Errorf("%q reads back as %q: %v", s, back, err)
		}
	})
}

func BenchmarkBatch(b *testing.B) {
	values := []intake.FieldValue{
		{Field: pii.Name, Value: pii.NewValue("王小明")}, {Field: pii.Phone, Value: pii.NewValue("+8613800138000")},
		{Field: pii.Email, Value: pii.NewValue("w@example.com")}, {Field: pii.IDNumber, Value: pii.NewValue("330106199705048111")},
		{Field: pii.Address, Value: pii.NewValue("浙江省杭州市西湖区文三路一号")},
	}
	var x batch
	x.start("00112233445566778899aabbccddeeff")
	for i := 0; b.Loop(); i++ {
		if !x.add(intake.Subject{Rows: []int{i}, Values: values}) {
			x.start("00112233445566778899aabbccddeeff")
		}
	}
}

func TestProgressBar(t *testing.T) {
	now := time.Unix(0, 0)
	var drawn strings.Builder
	c := &call{Env: &Env{Clock: func() time.Time { return now }}}
	p := startProgress(c, &drawn, "bar-storing", 100, func() int { return 60 })
	now = now.Add(10 * time.Second)
	p.add(25, 5000)
	for _, want := range []string{"25 %", "每秒 500 行", "还需 0:30", "[##"} {
		if !strings.Contains(drawn.String(), want) {
			t.Errorf("%q is not in %q", want, drawn.String())
		}
	}
	if line := p.line(now); cells(line) > 60 {
		t.Errorf("%d cells wide: %q", cells(line), line)
	}
	p.add(25, 1) // the same moment: not drawn again
	if n := strings.Count(drawn.String(), "\r"); n != 1 {
		t.Errorf("drawn %d times", n)
	}
	p.end()
	p.end()
	if n := strings.Count(drawn.String(), "\r\x1b[K"); n != 1 {
		t.Errorf("removed %d times", n)
	}
	var none *progress
	none.add(1, 1)
	none.end()
}

func TestQuoteAll(t *testing.T) {
	if diff := cmp.Diff(`'/a b/it'\''s' '/c'`, quoteAll([]string{"/a b/it's", "/c"})); diff != "" {
		t.Error(diff)
	}
}
