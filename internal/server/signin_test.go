package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

// A bad address or provider is refused at start with one sentence that names the place.
func TestBadSignInSettings(t *testing.T) {
	p := places(t)
	if _, err := server.Init(t.Context(), server.InitOptions{Places: p}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(p.Data, "goldbell.json")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	outside, open, within := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "open"), filepath.Join(p.Data, "secret")
	for file, mode := range map[string]os.FileMode{outside: 0o600, open: 0o644, within: 0o600} {
		if err := os.WriteFile(file, []byte("s3cret\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOLDBELL_TEST_SECRET", "s3cret")
	start := func(signIn string) error {
		t.Helper()
		if err := os.WriteFile(name, []byte(strings.Replace(string(good), "{", `{"sign_in":`+signIn+",", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := server.Open(t.Context(), server.Options{Places: p})
		if err == nil {
			err = s.Close()
		}
		return err
	}
	oidc := func(url, secret, rest string) string {
		return `{"url":"` + url + `","oidc":{"issuer":"https://id.example.com","client":"goldbell","claim":"staff","secret":"` + secret + `"` + rest + `}}`
	}
	const site = "https://goldbell.example.com"
	for _, text := range []string{
		`{"url":"` + site + `"}`, `{"url":"` + site + `/"}`, `{"url":"http://localhost:8470"}`, `{}`,
		oidc(site, outside, ""), oidc(site, "env:GOLDBELL_TEST_SECRET", `,"step_up":{"amr":["hwk"]}`),
	} {
		if err := start(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, c := range []struct{ text, id, where string }{
		{`{"url":"http://goldbell.example.com"}`, "bad-url", "sign_in.url"},
		{`{"url":"https://192.0.2.7"}`, "bad-url", "sign_in.url"},
		{`{"url":"https://goldbell.example.com/app"}`, "bad-url", "sign_in.url"},
		{`{"url":"goldbell.example.com"}`, "bad-url", "sign_in.url"},
		{oidc("", outside, ""), "bad-url", "sign_in.url"},
		{oidc(site, within, ""), "bad-oidc", "sign_in.oidc.secret"},
		{oidc(site, open, ""), "bad-oidc", "sign_in.oidc.secret"},
		{oidc(site, outside+".gone", ""), "bad-oidc", "sign_in.oidc.secret"},
		{oidc(site, "s3cret", ""), "bad-oidc", "sign_in.oidc.secret"},
		{oidc(site, "env:GOLDBELL_TEST_NO_SECRET", ""), "bad-oidc", "sign_in.oidc.secret"},
		{oidc(site, outside, `,"step_up":{}`), "bad-oidc", "sign_in.oidc.step_up"},
		{oidc(site, outside, `,"roots":"/nowhere.pem"`), "bad-oidc", "sign_in.oidc.roots"},
	} {
		err := start(c.text)
		if !fault.IsID(err, c.id) || fault.Of(err).Where != c.where || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}
