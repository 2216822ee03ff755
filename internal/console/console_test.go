package console_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goldbell/goldbell/internal/console"
)

func packed(t *testing.T, text string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		t.Fatal("gzip")
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func built(t *testing.T, reported func()) *console.Console {
	return console.New(fstest.MapFS{
		"index.html":          {Data: []byte(`<meta name="csp-nonce" content="{{nonce}}">`)},
		"assets/main-1.js.gz": packed(t, "let one = 1"),
	}, rand.Reader, reported)
}

func ask(c *console.Console, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every page has a nonce of its own, in its policy and in the page, and is kept
// nowhere.
func TestEveryPageHasItsOwnNonce(t *testing.T) {
	c, seen := built(t, nil), map[string]bool{}
	for _, path := range []string{"/console/", "/console/desk", "/console/cases/1", "/console/assetsx"} {
		r := ask(c, "GET", path)
		policy := r.Header.Get("Content-Security-Policy")
		m := regexp.MustCompile(`'nonce-([A-Za-z0-9_-]{24})'`).FindStringSubmatch(policy)
		if m == nil || !strings.Contains(text(t, r), `content="`+m[1]+`"`) || seen[m[1]] {
			t.Fatalf("%s: %q", path, policy)
		}
		seen[m[1]] = true
		if r.StatusCode != 200 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
}

// The policy lets nothing foreign and nothing inline in, and no frame around it.
func TestThePolicyIsClosed(t *testing.T) {
	policy := ask(built(t, nil), "GET", "/console/").Header.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
		"form-action 'none'", "require-trusted-types-for 'script'", "trusted-types default;", "report-uri /console/reports",
	} {
		if !strings.Contains(policy, part) {
			t.Errorf("no %q in %q", part, policy)
		}
	}
	for _, loose := range []string{"unsafe", "*", "http:", "https:", "data:", "blob:"} {
		if strings.Contains(policy, loose) {
			t.Errorf("%q in %q", loose, policy)
		}
	}
}

func TestAssets(t *testing.T) {
	c := built(t, nil)
	for _, want := range []struct {
		path, accepts, encoding string
		status                  int
	}{
		{"/console/assets/main-1.js", "gzip, br", "gzip", 200},
		{"/console/assets/main-1.js", "", "", 200},
		{"/console/assets/main-2.js", "gzip", "", 404},
		{"/console/assets/../index.html", "gzip", "", 404},
		{"/console/assets/", "gzip", "", 404},
	} {
		r := ask(c, "GET", want.path, "Accept-Encoding", want.accepts)
		if r.StatusCode != want.status || r.Header.Get("Content-Encoding") != want.encoding {
			t.Errorf("%s: %d %q", want.path, r.StatusCode, r.Header.Get("Content-Encoding"))
		}
		if want.status == 200 && !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s may be kept", want.path)
		}
		if want.status == 200 && want.encoding == "" && text(t, r) != "let one = 1" {
			t.Errorf("%s is not unpacked", want.path)
		}
	}
}

// A browser's report is counted, and nothing of it is kept.
func TestReportsAreCounted(t *testing.T) {
	n := 0
	c := built(t, func() { n++ })
	if r := ask(c, "POST", "/console/reports"); r.StatusCode != 204 || n != 1 {
		t.Fatal(r.StatusCode, n)
	}
	if r := ask(c, "POST", "/console/"); r.StatusCode != 405 || n != 1 {
		t.Fatal(r.StatusCode, n)
	}
}

// Without the console's files one page says how to build it.
func TestNotBuilt(t *testing.T) {
	c := console.New(nil, rand.Reader, nil)
	r := ask(c, "GET", "/console/")
	if r.StatusCode != 404 || !strings.Contains(text(t, r), "make build") || r.Header.Get("Content-Security-Policy") == "" {
		t.Fatal(r.StatusCode)
	}
	if r := ask(c, "GET", "/console/assets/main-1.js"); r.StatusCode != 404 {
		t.Fatal(r.StatusCode)
	}
	if r := ask(c, "GET", "/"); r.StatusCode != 303 || r.Header.Get("Location") != console.Prefix {
		t.Fatal(r.StatusCode)
	}
}
