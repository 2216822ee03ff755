package dial_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/pii"
)

var key = bytes.Repeat([]byte{7}, dial.MinKey)

// startSwitch starts a simulator and the carrier that talks to it.
func startSwitch(t testing.TB, change func(*switchsim.Config)) (*switchsim.Listener, *dial.HTTPS) {
	t.Helper()
	c := switchsim.Config{Address: "127.0.0.1:0", Key: key, Seed: 1, Clock: time.Now, Rand: rand.Reader, Backoff: time.Millisecond}
	if change != nil {
		change(&c)
	}
	l, err := switchsim.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, carrier(t, l.Ready().URL, roots(l.Ready().Certificate))
}

func roots(certificate string) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(certificate))
	return pool
}

func carrier(t testing.TB, url string, roots *x509.CertPool) *dial.HTTPS {
	t.Helper()
	h, err := dial.NewHTTPS(dial.HTTPSConfig{URL: url, Roots: roots, Key: key, Clock: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func call() dial.Call {
	return dial.Call{ID: newID(), Agent: "a001", Number: pii.NewValue(number(1)), Deadline: time.Now().Add(time.Minute)}
}

func TestSwitchCallsOnceForARepeat(t *testing.T) {
	l, h := startSwitch(t, nil)
	c := call()
	first, err := h.Place(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Place(t.Context(), c)
	if err != nil || again != first || first == "" {
		t.Errorf("the repeat: %q, then %q: %v", first, again, err)
	}
	if got := l.Counts(); got.Calls != 1 || got.Repeats != 1 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
}

// post posts a body to the simulator as the adapter would, but for what the case
// changes.
type post struct {
	key     []byte
	path    string // signed
	at      time.Time
	nonce   byte
	body    any
	tampers bool
}

func (p post) send(t *testing.T, l *switchsim.Listener) int {
	t.Helper()
	body, err := json.Marshal(p.body)
	if err != nil {
		t.Fatal(err)
	}
	header := dial.Signed{At: p.at, Nonce: [16]byte{p.nonce}}.Sign(p.key, "POST", p.path, body)
	if p.tampers {
		body = bytes.Replace(body, []byte(canary), []byte("1398888"), 1)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", l.Ready().URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(dial.SignatureHeader, header)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots(l.Ready().Certificate), MinVersion: tls.VersionTLS12}}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || strings.Contains(string(b), canary) {
		t.Errorf("the answer echoes the number, or is broken: %v", err)
	}
	return resp.StatusCode
}

func TestSwitchRefuses(t *testing.T) {
	body := func(change func(*dial.CallBody)) dial.CallBody {
		b := dial.CallBody{CallID: newID(), Agent: "a001", Number: number(1), Expires: time.Now().Add(time.Minute)}
		change(&b)
		return b
	}
	same := func(*dial.CallBody) {}
	for name, c := range map[string]struct {
		change func(*post)
		want   int
		calls  int
	}{
		"nothing":        {func(*post) {}, 202, 1},
		"other key":      {func(p *post) { p.key = bytes.Repeat([]byte{8}, 32) }, 401, 0},
		"other path":     {func(p *post) { p.path = "/elsewhere" }, 401, 0},
		"tampered body":  {func(p *post) { p.tampers = true }, 401, 0},
		"late by 2 min":  {func(p *post) { p.at = p.at.Add(-2 * time.Minute) }, 401, 0},
		"early by 2 min": {func(p *post) { p.at = p.at.Add(2 * time.Minute) }, 401, 0},
		"expired":        {func(p *post) { p.body = body(func(b *dial.CallBody) { b.Expires = time.Now().Add(-time.Second) }) }, 410, 0},
		"no number":      {func(p *post) { p.body = body(func(b *dial.CallBody) { b.Number = "" }) }, 422, 0},
		"not a number":   {func(p *post) { p.body = body(func(b *dial.CallBody) { b.Number = "139-7777" }) }, 422, 0},
		"no agent":       {func(p *post) { p.body = body(func(b *dial.CallBody) { b.Agent = "" }) }, 422, 0},
		"unknown field":  {func(p *post) { p.body = map[string]any{"number": number(1), "speed": 1} }, 422, 0},
		"long body":      {func(p *post) { p.body = body(func(b *dial.CallBody) { b.Number = strings.Repeat("1", 1<<13) }) }, 413, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := startSwitch(t, nil)
			p := post{key: key, path: "/calls", at: time.Now(), nonce: 1, body: body(same)}
			c.change(&p)
			if got := p.send(t, l); got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
			if got := l.Counts(); got.Calls != c.calls || got.Refused != 1-c.calls {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSwitchRefusesANonceUsedBefore(t *testing.T) {
	l, _ := startSwitch(t, nil)
	p := post{key: key, path: "/calls", at: time.Now(), nonce: 1,
		body: dial.CallBody{CallID: newID(), Agent: "a001", Number: number(1), Expires: time.Now().Add(time.Minute)}}
	var got []int
	for _, nonce := range []byte{1, 1, 2} {
		p.nonce = nonce
		got = append(got, p.send(t, l))
	}
	if diff := cmp.Diff([]int{202, 401, 200}, got); diff != "" {
		t.Error(diff)
	}
}

// TestCarrierErrorsAreClasses: whatever the other side does, the error is one of
// ours and nothing it sent is in it.
func TestCarrierErrorsAreClasses(t *testing.T) {
	echo := func(status int, pad int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			w.Header().Set("Location", "https://127.0.0.1:1/"+canary)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"ref":"x","pad":"%s","echo":%s}`, strings.Repeat("p", pad), b)
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"taken":      {echo(202, 0), nil},
		"refused":    {echo(403, 0), dial.Refused},
		"broken":     {echo(500, 0), dial.Refused},
		"redirect":   {echo(307, 0), dial.Refused},
		"no content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, dial.Refused},
		"too long":   {echo(202, 1<<20), dial.Garbled},
		"padded": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"ref":"x"}`+strings.Repeat(" ", 1<<13))
		}, dial.Garbled},
		"not JSON":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, canary) }, dial.Garbled},
		"no reference":       {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, dial.Garbled},
		"strange reference":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ref":"a b"}`) }, dial.Garbled},
		"connection dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, dial.Unreachable},
		"long header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat(canary, 1<<14))
		}, dial.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewTLSServer(c.handler)
			defer s.Close()
			pool := x509.NewCertPool()
			pool.AddCert(s.Certificate())
			_, err := carrier(t, s.URL, pool).Place(t.Context(), call())
			if err != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestSlowSwitchIsLate(t *testing.T) {
	gone := make(chan struct{})
	s := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // answers never; ends when the carrier hangs up
		close(gone)
	}))
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := carrier(t, s.URL, pool).Place(ctx, call()); err != error(dial.Late) {
		t.Errorf("%v", err)
	}
	<-gone
}

func TestCertificateMustBeTheSwitchs(t *testing.T) {
	l, _ := startSwitch(t, nil)
	other, _ := startSwitch(t, nil)
	_, err := carrier(t, l.Ready().URL, roots(other.Ready().Certificate)).Place(t.Context(), call())
	if err != error(dial.Untrusted) {
		t.Errorf("%v", err)
	}
	if got := l.Counts(); got != (switchsim.Counts{}) {
		t.Errorf("something arrived all the same: %+v", got)
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	url := "https://" + s.Listener.Addr().String()
	s.Close()
	if _, err := carrier(t, url, x509.NewCertPool()).Place(t.Context(), call()); err != error(dial.Unreachable) {
		t.Errorf("%v", err)
	}
}

func TestCarrierNeedsHTTPSRootsAndKey(t *testing.T) {
	good := dial.HTTPSConfig{URL: "https://switch.invalid/calls", Roots: x509.NewCertPool(), Key: key}
	if _, err := dial.NewHTTPS(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*dial.HTTPSConfig){
		"plain http":     func(c *dial.HTTPSConfig) { c.URL = "http://switch.invalid/calls" },
		"password":       func(c *dial.HTTPSConfig) { c.URL = "https://u:" + canary + "@switch.invalid/" },
		"query":          func(c *dial.HTTPSConfig) { c.URL += "?token=" + canary },
		"no host":        func(c *dial.HTTPSConfig) { c.URL = "https:///calls" },
		"not a URL":      func(c *dial.HTTPSConfig) { c.URL = "https://[" + canary },
		"no roots":       func(c *dial.HTTPSConfig) { c.Roots = nil },
		"a key too few":  func(c *dial.HTTPSConfig) { c.Key = key[1:] },
		"no key at all ": func(c *dial.HTTPSConfig) { c.Key = nil },
	} {
		c := good
		change(&c)
		if _, err := dial.NewHTTPS(c); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// noNumber fails if what is printed of v, in any verb, holds a customer's number.
func noNumber(t *testing.T, v any) {
	t.Helper()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if s := fmt.Sprintf(format, v); strings.Contains(s, canary) || strings.Contains(s, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s shows the number", format)
		}
	}
	var err error
	if e, ok := v.(error); ok {
		err = e
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), canary) {
			t.Error("an error holds the number")
		}
	}
}

func quiet(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}
