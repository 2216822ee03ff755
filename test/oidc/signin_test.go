// Package oidc signs people in at somebody else's identity provider, zitadel's, which
// the test starts: over HTTP, from the first request to a page that is theirs. It is a
// module of its own, so that the provider's dependencies are not the product's.
package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/goldbell/goldbell/internal/server"
)

const (
	site = "https://example.com"
	back = site + "/console/oidc"
)

// m is a JSON object.
type m = map[string]any

// provider starts zitadel's example provider, whose people are id1 and id2.
func provider(t *testing.T) (issuer string) {
	t.Helper()
	storage.RegisterClients(storage.WebClient("goldbell", "s3cret", back))
	s := httptest.NewUnstartedServer(nil)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	issuer = "http://localhost:" + port + "/"
	quiet := slog.New(slog.DiscardHandler)
	s.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), quiet, false)
	s.Start()
	t.Cleanup(s.Close)
	return issuer
}

// firm is a running server that people reach at site.
type firm struct {
	*testing.T
	server *httptest.Server
}

func open(t *testing.T, issuer string) (f *firm, code string) {
	t.Helper()
	dir := t.TempDir()
	p := server.Places{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Keeper: filepath.Join(dir, "keeper")}
	made, err := server.Init(t.Context(), server.InitOptions{Places: p})
	check(t, err)
	secret := filepath.Join(dir, "secret")
	check(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	settings := filepath.Join(p.Data, "goldbell.json")
	b, err := os.ReadFile(settings)
	check(t, err)
	signIn := `{"sign_in":{"url":"` + site + `","oidc":{"issuer":"` + issuer + `","client":"goldbell","secret":"` + secret + `","claim":"sub","step_up":{"amr":["pwd"]}}},`
	check(t, os.WriteFile(settings, []byte(strings.Replace(string(b), "{", signIn, 1)), 0o600))
	s, err := server.Open(t.Context(), server.Options{Places: p})
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	f = &firm{T: t, server: httptest.NewTLSServer(s.Handler())}
	t.Cleanup(f.server.Close)
	return f, made.SetupCode
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies, and follows no redirect to the firm: the console's page does.
func (f *firm) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	check(f.T, err)
	transport := f.server.Client().Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == "example.com:443" {
			addr = f.server.Listener.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), site) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// ask asks the firm; an answer of another status fails the test.
func (f *firm) ask(c *http.Client, method, path, bearer string, in any, status int) m {
	f.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		check(f.T, err)
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(f.Context(), method, site+path, body)
	check(f.T, err)
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := c.Do(r)
	check(f.T, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	check(f.T, err)
	if res.StatusCode != status {
		f.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, status, b)
	}
	out := m{}
	if len(b) > 0 {
		check(f.T, json.Unmarshal(b, &out))
	}
	return out
}

var hidden = regexp.MustCompile(`name="id" value="([^"]+)"`)

// visit signs in at the provider's own page and returns what the browser is sent back
// with.
func (f *firm) visit(c *http.Client, address, user string) m {
	f.Helper()
	res, err := c.Get(address)
	check(f.T, err)
	page, err := io.ReadAll(res.Body)
	check(f.T, err)
	_ = res.Body.Close()
	id := hidden.FindSubmatch(page)
	if id == nil {
		f.Fatalf("%s: no form of the provider: %s", res.Request.URL.Path, page)
	}
	form := url.Values{"id": {string(id[1])}, "username": {user}, "password": {"verysecure"}}
	res, err = c.PostForm(res.Request.URL.Scheme+"://"+res.Request.URL.Host+"/login/username", form)
	check(f.T, err)
	_ = res.Body.Close()
	to, err := res.Location()
	check(f.T, err)
	if !strings.HasPrefix(to.String(), back+"?") {
		f.Fatalf("sent to %s", to.Redacted())
	}
	in := m{"code": to.Query().Get("code"), "state": to.Query().Get("state")}
	if iss := to.Query().Get("iss"); iss != "" {
		in["iss"] = iss
	}
	return in
}

// Somebody on the register signs in at the company's provider, and proves herself
// afresh there; somebody who is not does not come in.
func TestZitadel(t *testing.T) {
	issuer := provider(t)
	f, code := open(t, issuer)
	plain := f.browser()
	join := func(by, id, kind string) (code string) {
		f.ask(plain, "POST", "/v1/people", by, m{"id": id, "org": "own", "kind": kind, "contract_from": "2025-01-01T00:00:00Z"}, 200)
		return f.ask(plain, "POST", "/v1/people/"+id+"/code", by, nil, 201)["code"].(string)
	}
	officer := f.ask(plain, "POST", "/v1/sessions", "", m{"code": code}, 201)["token"].(string)
	admin := f.ask(plain, "POST", "/v1/sessions", "", m{"code": join(officer, "secadmin", "secadmin")}, 201)["token"].(string)
	join(admin, "id1", "staff")

	c := f.browser()
	leave := func(path string) string { return f.ask(c, "POST", path, "", nil, 200)["address"].(string) }
	in := f.visit(c, leave("/v1/sign-in/oidc/options"), "test-user@localhost")
	if got := f.ask(c, "POST", "/v1/sign-in/oidc", "", in, 201); got["person"] != "id1" {
		t.Fatalf("signed in as %v", got)
	}
	me := f.ask(c, "GET", "/v1/me", "", nil, 200)
	if me["person"] != "id1" || me["how"] != "oidc" || me["step_up_until"] != nil {
		t.Errorf("%v", me)
	}
	in = f.visit(c, leave("/v1/step-up/oidc/options"), "test-user@localhost")
	f.ask(c, "POST", "/v1/step-up/oidc", "", in, 200)
	if me = f.ask(c, "GET", "/v1/me", "", nil, 200); me["step_up_until"] == nil {
		t.Errorf("%v", me)
	}

	c = f.browser()
	in = f.visit(c, leave("/v1/sign-in/oidc/options"), "test-user2")
	if got := f.ask(c, "POST", "/v1/sign-in/oidc", "", in, 401); got["code"] != "sign-in-refused" {
		t.Errorf("%v", got)
	}
	f.ask(c, "GET", "/v1/me", "", nil, 401)
}
