package hold

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/server"
)

// o is a JSON object.
type o = map[string]any

// surface is a running server, with everything it writes and answers kept.
type surface struct {
	t       testing.TB
	dir     server.Places
	base    string // the API's URL
	metrics string // the metrics' URL
	log     *text
	http    *http.Client
	tokens  map[string]string
	codes   map[string]string
	swept   int           // answers that were swept
	modes   atomic.Uint32 // of the switch, one after the other
	numbers atomic.Uint32 // calls at the switch that carried a marked number
	stop    func()
}

// text is a buffer for several writers.
type text struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (x *text) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.buf.Write(b)
}

func (x *text) bytes() []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return bytes.Clone(x.buf.Bytes())
}

// serve makes a data directory and serves it on TCP, with a switch that repeats
// what it is sent in every way an answer can.
func serve(t testing.TB, dir, dsn string) *surface {
	t.Helper()
	s := &surface{
		t: t, log: &text{}, http: &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		tokens: map[string]string{}, codes: map[string]string{},
		dir: server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "state")},
	}
	made, err := server.Init(t.Context(), server.InitOptions{Places: s.dir, DSN: dsn, Title: "test"})
	s.ok(err)
	s.addSwitch(dir)
	s.open()
	t.Cleanup(func() { s.stop() })
	s.signIn("officer", made.SetupCode)
	for _, name := range []string{"import", "switch", "crm"} {
		r := s.post("/v1/tokens", "", o{"code": s.codes["officer"], "name": name, "scope": name}).want(201)
		s.tokens[name], s.codes["officer"] = r.text("token"), r.text("next_code")
	}
	now := time.Now()
	for _, p := range [][2]string{{"secadmin", "secadmin"}, {"officer2", "officer"}, {"auditor", "auditor"}, {"a001", "staff"}, {"a002", "staff"}} {
		by := "officer"
		if p[1] == "staff" {
			by = "secadmin"
		}
		s.post("/v1/people", by, o{"id": p[0], "org": "own", "kind": p[1], "contract_from": now.AddDate(-1, 0, 0), "trained_until": now.AddDate(1, 0, 0)}).want(200)
		s.signIn(p[0], s.post("/v1/people/"+p[0]+"/code", by, nil).want(201).text("code"))
	}
	return s
}

func (s *surface) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// open starts the server; its log, and what any package logs by default, is kept.
func (s *surface) open() {
	s.t.Helper()
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}))
	srv, err := server.Open(s.t.Context(), server.Options{Places: s.dir, Log: log})
	s.ok(err)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	s.ok(err)
	s.metrics = "http://" + free.Addr().String() + "/metrics"
	s.ok(free.Close())
	ctx, cancel := contextOf()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- srv.Serve(ctx, server.ServeOptions{
			Listen: "127.0.0.1:0", Metrics: strings.TrimSuffix(strings.TrimPrefix(s.metrics, "http://"), "/metrics"),
			Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		s.base = "http://" + addr
	case err := <-ended:
		s.t.Fatalf("the server does not serve: %v", err)
	}
	s.stop = sync.OnceFunc(func() {
		cancel()
		s.http.CloseIdleConnections()
		if err := <-ended; err != nil {
			s.t.Errorf("serve: %v", err)
		}
		if err := srv.Close(); err != nil {
			s.t.Errorf("close: %v", err)
		}
	})
}

// addSwitch sets up a switch that takes the number it is sent and sends it back:
// in a good answer, a broken one, an error, a redirect, a header, and cut off.
func (s *surface) addSwitch(dir string) {
	s.t.Helper()
	sw := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if bytes.Contains(b, []byte(marks[1])) {
			s.numbers.Add(1)
		}
		quoted := string(b[bytes.Index(b, []byte(marks[1])):][:11])
		switch s.modes.Add(1) {
		case 1:
			_, _ = io.WriteString(w, `{"ref":"r1"}`)
		case 2:
			_, _ = io.WriteString(w, `{"ref":"`+quoted+` "}`)
		case 3:
			http.Error(w, quoted, http.StatusInternalServerError)
		case 4:
			http.Redirect(w, r, "https://"+quoted+".invalid/"+quoted, http.StatusFound)
		case 5:
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 "+quoted+"\r\n"+quoted+"\r\n\r\n")
				_ = c.Close()
			}
		default:
			_, _ = io.WriteString(w, quoted)
		}
	}))
	sw.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	sw.StartTLS()
	s.t.Cleanup(sw.Close)
	roots, secret := filepath.Join(dir, "switch.pem"), filepath.Join(dir, "switch.key")
	s.ok(os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sw.Certificate().Raw}), 0o600))
	s.ok(os.WriteFile(secret, []byte(hex.EncodeToString(make([]byte, 32))), 0o600))
	s.ok(server.UpdateSettings(s.dir.Data, func(x *server.Settings) {
		x.Switch = &server.Switch{URL: sw.URL + "/calls", Roots: roots, Secret: secret}
	}))
}

func (s *surface) signIn(who, code string) {
	s.t.Helper()
	r := s.post("/v1/sessions", "", o{"code": code}).want(201)
	s.tokens[who], s.codes[who] = r.text("token"), r.text("next_code")
}

// enact brings a change of the rules into force: one proposes and tries it, another
// approves it.
func (s *surface) enact(draft o) {
	s.t.Helper()
	path := "/v1/rule-proposals/" + s.post("/v1/rule-proposals", "officer", draft).want(201).text("id")
	s.post(path+"/trial", "officer", nil).want(202)
	for s.get(path, "officer").want(200).text("trial") == "running" {
		runtime.Gosched()
	}
	s.enrolKey("officer2") // which verifies her
	s.post(path+"/approval", "officer2", nil).want(200)
}

// answered is an answer.
type answered struct {
	s      *surface
	what   string
	status int
	all    []byte // status line, headers and body
	body   []byte
}

func (s *surface) post(path, who string, body any, header ...string) *answered {
	s.t.Helper()
	return s.do("POST", path, who, body, header...).sweep()
}

func (s *surface) get(path, who string) *answered {
	s.t.Helper()
	return s.do("GET", path, who, nil).sweep()
}

// sweep fails if the answer holds a mark. Only a disclosure's answer, and the
// company's letter to a complainant, is not swept.
func (r *answered) sweep() *answered {
	r.s.t.Helper()
	clean(r.s.t, "the answer to "+r.what, r.all)
	r.s.swept++
	return r
}

// do asks; body is text as it is, or something to encode.
func (s *surface) do(method, path, who string, body any, header ...string) *answered {
	s.t.Helper()
	var b []byte
	switch x := body.(type) {
	case nil:
	case string:
		b = []byte(x)
	default:
		var err error
		b, err = json.Marshal(body)
		s.ok(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader(b))
	s.ok(err)
	if len(b) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+s.tokens[who])
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := s.http.Do(r)
	s.ok(err)
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	s.ok(err)
	all := fmt.Appendf(nil, "%s %v ", res.Status, res.Header)
	return &answered{s, method + " " + path, res.StatusCode, append(all, got...), got}
}

func (r *answered) want(status int) *answered {
	r.s.t.Helper()
	if r.status != status {
		r.s.t.Fatalf("%s: %d, want %d: %s", r.what, r.status, status, r.body)
	}
	return r
}

func (r *answered) into(v any) {
	r.s.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.s.t.Fatalf("%s: %v", r.what, err)
	}
}

// text is a string of the answer's top level.
func (r *answered) text(name string) string {
	r.s.t.Helper()
	var all o
	r.into(&all)
	got, _ := all[name].(string)
	if got == "" {
		r.s.t.Fatalf("%s: no %s in %s", r.what, name, r.body)
	}
	return got
}
