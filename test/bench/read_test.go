package bench

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// span is how long one point is measured.
const span = 3 * time.Second

// engine is a database both sides of a row run on.
type engine struct {
	name string
	dsn  string // PostgreSQL: for Goldbell
	bare string // PostgreSQL: for the baseline
}

func engines(t *testing.T) []engine {
	all := []engine{{name: "sqlite"}}
	if os.Getenv("GOLDBELL_BENCH_PG") != "no" {
		all = append(all, engine{name: "postgres", dsn: pgtest.Start(t), bare: pgtest.Start(t)})
	}
	return all
}

// reads measures Read of one subject over HTTP, recorded before release, beside a
// handler that does one bare durable insert, and one that only reads.
func reads(t *testing.T, tab *table, e engine) {
	firm := newFirm(t, e)
	bare := newBare(t, e)
	commit := bare.commits(t)
	tab.add(e.name+": bare fsynced commit", "1", "", ms(commit), "", "p50, no HTTP")
	for _, clients := range []int{1, 8, 64} {
		// In turn, so that both meet the same machine.
		ins := load(t, clients, bare.url+"/insert", "", func(int) []byte { return []byte(`{}`) })
		got := load(t, clients, firm.url+"/v1/disclosures", firm.token, firm.body)
		read := load(t, clients, bare.url+"/read", "", func(int) []byte { return []byte(`{}`) })
		tab.add(e.name+": Read masked over HTTP, /s", fmt.Sprint(clients), rate(got), rate(ins), ratio(got.rate, ins.rate), "baseline: one bare durable insert")
		tab.add("", "", rate(got), rate(read), ratio(got.rate, read.rate), "baseline: one bare read")
		tab.add("  p50 / p99", "", ms(got.p50)+" / "+ms(got.p99), ms(ins.p50)+" / "+ms(ins.p99), ratio(float64(got.p50), float64(ins.p50)), "")
		if clients == 1 {
			tab.add("  p50 against the bare commit", "", ms(got.p50), ms(commit), ratio(float64(got.p50), float64(commit)), target("≤ 3", got.p50 <= 3*commit))
		}
	}
	before := firm.disk(t)
	n := firm.answered.Load()
	got := load(t, 8, firm.url+"/v1/disclosures", firm.token, firm.body)
	per := float64(firm.disk(t)-before) / float64(max(firm.answered.Load()-n, 1))
	tab.add(e.name+": bytes on disk per disclosure", "8", fmt.Sprintf("%.0f", per), fmt.Sprint(len(firm.body(0))), ratio(per, float64(len(firm.body(0)))), fmt.Sprintf("baseline: the request's body; %d disclosures", got.n))
}

// firm is a served company with one agent, over HTTP.
type firm struct {
	url, token, dir string
	engine          engine
	ids             []pii.SubjectID
	work            string
	answered        atomic.Int64
}

func newFirm(t *testing.T, e engine) *firm {
	dir := t.TempDir()
	places := server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")}
	made, err := server.Init(t.Context(), server.InitOptions{Places: places, DSN: e.dsn})
	ok(t, err)
	caps := door.DefaultCaps()
	caps.Person[pii.Masked], caps.Org[pii.Masked], caps.Requests = 1<<40, 1<<40, 1<<40
	ok(t, server.UpdateSettings(places.Data, func(s *server.Settings) { s.Caps = caps }))
	srv, err := server.Open(t.Context(), server.Options{Places: server.Places{Data: places.Data}})
	ok(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- srv.Serve(ctx, server.ServeOptions{Listen: "127.0.0.1:0", Ready: func(a string) { ready <- a }})
	}()
	f := &firm{url: "http://" + <-ready, dir: places.Data, engine: e}
	t.Cleanup(func() { stop(); <-done; _ = srv.Close() })
	f.people(t, made.SetupCode)
	return f
}

// people makes an agent with a work item over 1,000 customers, as a company would.
func (f *firm) people(t *testing.T, setup string) {
	crm := f.post(t, "", "/v1/tokens", map[string]any{"code": setup, "name": "crm", "scope": "crm"})
	officer := f.post(t, "", "/v1/sessions", map[string]any{"code": crm["next_code"]})
	boss := officer["token"].(string)
	f.post(t, boss, "/v1/people", map[string]any{"id": "sec", "org": "own", "kind": "secadmin", "contract_from": "2020-01-01T00:00:00Z"})
	sec := f.signIn(t, boss, "sec")
	f.post(t, sec, "/v1/people", map[string]any{
		"id": "a001", "org": "own", "kind": "staff", "contract_from": "2020-01-01T00:00:00Z", "trained_until": "2099-01-01T00:00:00Z",
	})
	f.token = f.signIn(t, sec, "a001")
	service := crm["token"].(string)
	rows := make([]map[string]any, 1000)
	for i := range rows {
		rows[i] = map[string]any{"fields": map[string]string{"name": "王小明", "phone": fmt.Sprintf("138%08d", i), "email": fmt.Sprintf("u%d@example.com", i), "company": "杭州某某有限公司"}}
	}
	stored := f.post(t, service, "/v1/subjects", map[string]any{"rows": rows})
	for _, row := range stored["results"].([]any) {
		s, err := pii.ParseSubjectID(row.(map[string]any)["subject"].(string))
		ok(t, err)
		f.ids = append(f.ids, s)
	}
	// Whoever works down the list as it was stored is taken for one who counts ids up.
	mix := mrand.New(mrand.NewPCG(1, 2))
	mix.Shuffle(len(f.ids), func(i, j int) { f.ids[i], f.ids[j] = f.ids[j], f.ids[i] })
	work := f.post(t, service, "/v1/work-items", map[string]any{
		"kind": "call-task", "purpose": "telesales", "assignee": "a001", "subjects": f.ids,
		"until": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339),
	})
	f.work = work["id"].(string)
}

// signIn signs a person in, on a code that somebody else made for him.
func (f *firm) signIn(t *testing.T, by, who string) string {
	code := f.post(t, by, "/v1/people/"+who+"/code", map[string]any{})
	return f.post(t, "", "/v1/sessions", map[string]any{"code": code["code"]})["token"].(string)
}

func (f *firm) body(i int) []byte {
	f.answered.Add(1)
	return fmt.Appendf(nil, `{"form":"masked","fields":["name","phone"],"purpose":"telesales","work_item":%q,"subjects":[%q]}`, f.work, f.ids[i%len(f.ids)])
}

func (f *firm) post(t *testing.T, token, path string, body any) map[string]any {
	t.Helper()
	b, err := json.Marshal(body)
	ok(t, err)
	req, err := http.NewRequest(http.MethodPost, f.url+path, bytes.NewReader(b))
	ok(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	defer res.Body.Close()
	out := map[string]any{}
	text, err := io.ReadAll(res.Body)
	ok(t, err)
	_ = json.Unmarshal(text, &out)
	if res.StatusCode >= 300 {
		t.Fatalf("POST %s: %d", path, res.StatusCode)
	}
	return out
}

// disk is what the database takes on disk.
func (f *firm) disk(t *testing.T) int64 {
	if f.engine.name == "postgres" {
		db, err := sql.Open("pgx", f.engine.dsn)
		ok(t, err)
		defer db.Close()
		var n int64
		ok(t, db.QueryRow(`SELECT pg_database_size(current_database())`).Scan(&n))
		return n
	}
	return size(t, filepath.Join(f.dir, "goldbell.db"))
}

func size(t *testing.T, file string) int64 {
	info, err := os.Stat(file)
	ok(t, err)
	return info.Size()
}

// bare is the baseline: a handler with one table behind it, on the same engine
// with the same settings.
type bare struct {
	url string
	db  *sql.DB
	n   atomic.Int64
	mu  sync.Mutex
	one bool // one writer at a time: SQLite
}

func newBare(t *testing.T, e engine) *bare {
	b := &bare{one: e.name == "sqlite"}
	driver, dsn, blob := "pgx", e.bare, "BYTEA"
	if b.one {
		blob, driver = "BLOB", "sqlite"
		dsn = "file:" + filepath.Join(t.TempDir(), "bare.db") + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)"
	}
	var err error
	b.db, err = sql.Open(driver, dsn)
	ok(t, err)
	b.db.SetMaxOpenConns(16)
	b.db.SetMaxIdleConns(16)
	_, err = b.db.Exec(`CREATE TABLE bare (id BIGINT PRIMARY KEY, data ` + blob + `)`)
	ok(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /insert", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if b.insert() != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /read", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		var data []byte
		if b.db.QueryRow(`SELECT data FROM bare WHERE id = $1`, 1).Scan(&data) != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); _ = b.db.Close() })
	b.url = "http://" + l.Addr().String()
	return b
}

var payload = bytes.Repeat([]byte{7}, 300)

func (b *bare) insert() error {
	if b.one {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	_, err := b.db.Exec(`INSERT INTO bare (id, data) VALUES ($1, $2)`, b.n.Add(1), payload)
	return err
}

// commits is the median time of a bare durable commit of one row.
func (b *bare) commits(t *testing.T) time.Duration {
	times := make([]time.Duration, 1000)
	for i := range times {
		start := time.Now()
		ok(t, b.insert())
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// point is one measured point.
type point struct {
	n        int
	rate     float64
	p50, p99 time.Duration
}

// load posts in a closed loop from n clients for the span.
func load(t *testing.T, clients int, url, token string, body func(int) []byte) point {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	times := make([][]time.Duration, clients)
	var wait sync.WaitGroup
	start := time.Now()
	for c := range clients {
		wait.Go(func() {
			for time.Since(start) < span {
				began := time.Now()
				if err := once(client, url, token, body(int(next.Add(1)))); err != nil {
					t.Error(err)
					return
				}
				times[c] = append(times[c], time.Since(began))
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	all := slices.Concat(times...)
	slices.Sort(all)
	if len(all) == 0 {
		t.Fatal("nothing was answered")
	}
	return point{len(all), float64(len(all)) / took.Seconds(), all[len(all)/2], all[len(all)*99/100]}
}

func once(client *http.Client, url, token string, body []byte) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		problem, _ := io.ReadAll(res.Body) // the firm is made up
		return fmt.Errorf("status %d: %s", res.StatusCode, problem)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	return nil
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

func rate(p point) string { return fmt.Sprintf("%.0f/s", p.rate) }

func ratio(a, b float64) string { return fmt.Sprintf("%.2f", a/b) }
