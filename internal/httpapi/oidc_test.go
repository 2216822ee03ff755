package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
)

const oidcBack = "https://goldbell.invalid/console/oidc"

// withIDP is a firm with an identity provider that names a001.
func withIDP(t *testing.T) (*firm, *authntest.IDP) {
	t.Helper()
	f := newFirm(t, 0)
	idp := authntest.OpenIDP(t, f.clock, oidcBack)
	idp.Person, idp.Claims = "a001", map[string]any{"acr": "phr"}
	var err error
	f.provider, err = authn.NewProvider(authn.OIDCConfig{
		Issuer: idp.URL, Client: authntest.Client, Secret: authntest.Secret, Claim: "staff", Redirect: oidcBack, ACR: []string{"phr"},
	}, f.clock)
	f.ok(err)
	f.serve()
	return f, idp
}

// leaves goes to the provider; what comes back is the cookie and the body to post.
func (f *firm) leaves(idp *authntest.IDP, path string, header ...string) (cookie string, back m) {
	f.Helper()
	r := f.post(path, "", nil, append([]string{"User-Agent", browser}, header...)...).want(200)
	set := r.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-goldbell-oidc=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Max-Age=300"} {
		if !strings.Contains(set, part) {
			f.Errorf("the cookie lacks %q", part)
		}
	}
	code, state := idp.Visit(r.text("address"))
	cookie, _, _ = strings.Cut(set, ";")
	if value := strings.TrimPrefix(cookie, "__Host-goldbell-oidc="); strings.Contains(string(r.body), value) {
		f.Error("a script can read what the browser holds")
	}
	return cookie, m{"code": code, "state": state}
}

func (f *firm) returns(cookie string, back m, header ...string) *reply {
	f.Helper()
	return f.post("/v1/sign-in/oidc", "", back, append([]string{"Cookie", cookie, "User-Agent", browser}, header...)...)
}

func TestOIDCOverHTTP(t *testing.T) {
	f, idp := withIDP(t)
	var ways struct {
		OIDC       bool
		OIDCStepUp bool `json:"oidc_step_up"`
	}
	f.get("/v1/sign-in", "").want(200).into(&ways)
	if !ways.OIDC || !ways.OIDCStepUp {
		t.Errorf("%+v", ways)
	}
	cookie, back := f.leaves(idp, "/v1/sign-in/oidc/options")
	r := f.returns(cookie, back).want(201)
	set := r.header.Values("Set-Cookie")
	if len(set) != 2 || !strings.HasPrefix(set[0], "__Host-goldbell=gbs_") || !strings.Contains(set[0], "; Secure; SameSite=Strict") ||
		!strings.HasPrefix(set[1], "__Host-goldbell-oidc=;") || strings.Contains(string(r.body), "gbs_") {
		t.Fatalf("%q", set)
	}
	session, _, _ := strings.Cut(set[0], ";")
	me := func() (who struct {
		Person, How string
		StepUpUntil string `json:"step_up_until"`
	}) {
		f.do("GET", "/v1/me", "", nil, "Cookie", session, "User-Agent", browser).want(200).into(&who)
		return who
	}
	if who := me(); who.Person != "a001" || who.How != "oidc" || who.StepUpUntil != "" {
		t.Errorf("%+v", who)
	}
	f.returns(cookie, back).problem(401, "sign-in-refused")

	cookie, back = f.leaves(idp, "/v1/step-up/oidc/options", "Cookie", session)
	f.post("/v1/step-up/oidc", "", back, "Cookie", session+"; "+cookie, "User-Agent", browser).want(200)
	if who := me(); who.StepUpUntil == "" {
		t.Errorf("%+v", who)
	}
	f.clean("log", []byte(f.log.String()))
	for _, secret := range []string{back["code"].(string), back["state"].(string), authntest.Secret, "gbs_"} {
		if strings.Contains(f.log.String(), secret) {
			t.Error("a secret of the sign-in is in the log")
		}
	}
}

// Whoever plants a session or a ceremony of his own in her browser gains nothing: she
// has a new session, and his ceremony does not take her answer.
func TestOIDCSessionFixation(t *testing.T) {
	f, idp := withIDP(t)
	planted := f.inBrowser("a001")
	cookie, back := f.leaves(idp, "/v1/sign-in/oidc/options")
	his, _ := f.leaves(idp, "/v1/sign-in/oidc/options")
	f.returns(planted+"; "+his, back).problem(401, "sign-in-refused")
	f.returns(planted, back).problem(401, "sign-in-refused")
	r := f.returns(planted+"; "+cookie, back).want(201)
	if session, _, _ := strings.Cut(r.header.Values("Set-Cookie")[0], ";"); session == planted {
		t.Error("the planted session was taken over")
	}
	f.do("GET", "/v1/me", "", nil, "Cookie", planted, "User-Agent", browser).problem(401, "unauthenticated")
}

// A page of another site neither begins nor ends a sign-in in her browser: else she
// would work under his name.
func TestOIDCCrossSite(t *testing.T) {
	f, idp := withIDP(t)
	cookie, back := f.leaves(idp, "/v1/sign-in/oidc/options")
	for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		f.post("/v1/sign-in/oidc/options", "", nil, from...).problem(403, "cross-origin")
		f.returns(cookie, back, from...).problem(403, "cross-origin")
		f.post("/v1/step-up/oidc", "", back, append(from, "Cookie", cookie)...).problem(403, "cross-origin")
	}
	f.returns(cookie, back, "Sec-Fetch-Site", "same-origin").want(201)
}

// Nothing that is sent decides where a browser goes: there is one way back, and no
// answer redirects.
func TestNoOpenRedirect(t *testing.T) {
	f, idp := withIDP(t)
	evil := "https://evil.example/"
	for _, name := range []string{"return", "next", "redirect", "redirect_uri", "return_to", "url"} {
		for _, path := range []string{"/v1/sign-in/oidc/options", "/v1/sign-in/oidc", "/v1/sign-in"} {
			method := "POST"
			if path == "/v1/sign-in" {
				method = "GET"
			}
			r := f.do(method, path+"?"+name+"="+url.QueryEscape(evil), "", m{name: evil, "code": "x", "state": "x"})
			if r.status != http.StatusUnprocessableEntity || r.header.Get("Location") != "" || strings.Contains(string(r.body), "evil") {
				t.Errorf("%s with %s: %d %s", path, name, r.status, r.body)
			}
		}
	}
	r := f.post("/v1/sign-in/oidc/options", "", nil, "Referer", evil, "Host", "evil.example", "X-Forwarded-Host", "evil.example", "User-Agent", browser).want(200)
	u, err := url.Parse(r.text("address"))
	f.ok(err)
	if u.Query().Get("redirect_uri") != oidcBack || !strings.HasPrefix(r.text("address"), idp.URL+"/auth?") {
		t.Error("the way back is not the one that was set")
	}
}

// What the provider answers is taken in a body only: an address is kept by browsers,
// proxies and logs.
func TestNoCodeInAnAddress(t *testing.T) {
	f, idp := withIDP(t)
	cookie, back := f.leaves(idp, "/v1/sign-in/oidc/options")
	query := "?code=" + back["code"].(string) + "&state=" + back["state"].(string)
	f.do("GET", "/v1/sign-in/oidc"+query, "", nil, "Cookie", cookie, "User-Agent", browser).problem(404, "not-found")
	f.do("POST", "/v1/sign-in/oidc"+query, "", m{}, "Cookie", cookie, "User-Agent", browser).problem(422, "bad-request")
	f.do("GET", "/v1/sign-in"+query, "", nil, "Cookie", cookie, "User-Agent", browser).problem(422, "bad-request")
	if strings.Contains(f.log.String(), back["code"].(string)) {
		t.Error("a code in an address is in the log")
	}
	f.returns(cookie, back).want(201)
}
