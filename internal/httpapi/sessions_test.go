package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/party"
)

const browser = "Testbrowser/1.0"

// inBrowser signs a person in with a cookie and returns what the browser sends.
func (f *firm) inBrowser(who string) (cookie string) {
	f.Helper()
	r := f.post("/v1/sessions", "", m{"code": f.codes[who], "cookie": true}, "User-Agent", browser).want(201)
	f.codes[who] = r.text("next_code")
	set := r.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-goldbell=gbs_", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(set, part) {
			f.Errorf("the cookie lacks %q", part)
		}
	}
	if strings.Contains(set, "Domain") || strings.Contains(string(r.body), "gbs_") {
		f.Error("the cookie has a domain, or a script can read the session")
	}
	cookie, _, _ = strings.Cut(set, ";")
	return cookie
}

func TestSessionInACookie(t *testing.T) {
	f := newFirm(t, 0)
	cookie := f.inBrowser("officer")
	ask := func(method, path string, header ...string) *reply {
		return f.do(method, path, "", nil, append([]string{"Cookie", cookie, "User-Agent", browser}, header...)...)
	}
	var who struct {
		Person, Kind, Org, Session, How string
		Cookie                          bool
		Until                           time.Time
	}
	ask("GET", "/v1/me").want(200).into(&who)
	if who.Person != "officer" || who.Kind != "officer" || who.Org != "own" || !who.Cookie || who.How != "code" || !who.Until.Equal(start.Add(12*time.Hour)) {
		t.Errorf("%+v", who)
	}
	ask("GET", "/v1/me", "Sec-Fetch-Site", "same-origin").want(200)
	ask("GET", "/v1/me", "Sec-Fetch-Site", "none").want(200)
	secret := strings.TrimPrefix(cookie, "__Host-goldbell=")
	for name, r := range map[string]*reply{
		"asked for by another site":  ask("GET", "/v1/me", "Sec-Fetch-Site", "cross-site"),
		"by a neighbouring host":     ask("GET", "/v1/me", "Sec-Fetch-Site", "same-site"),
		"copied to another browser":  f.do("GET", "/v1/me", "", nil, "Cookie", cookie, "User-Agent", "curl/8"),
		"as a bearer secret":         f.do("GET", "/v1/me", "", nil, "Authorization", "Bearer "+secret, "User-Agent", browser),
		"under another name":         f.do("GET", "/v1/me", "", nil, "Cookie", "goldbell="+secret, "User-Agent", browser),
		"given twice":                f.do("GET", "/v1/me", "", nil, "Cookie", cookie+"; "+cookie, "User-Agent", browser),
		"a bearer secret in cookies": f.do("GET", "/v1/me", "", nil, "Cookie", "__Host-goldbell="+f.tokens["a001"], "User-Agent", browser),
		"beside a wrong bearer":      ask("GET", "/v1/me", "Authorization", "Bearer x"),
	} {
		if r.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	r := ask("DELETE", "/v1/sessions").want(204)
	if set := r.header.Get("Set-Cookie"); !strings.HasPrefix(set, "__Host-goldbell=;") || !strings.Contains(set, "Max-Age=0") {
		t.Errorf("signing out leaves the cookie: %q", set)
	}
	ask("GET", "/v1/me").problem(401, "unauthenticated")
}

// A page of another site makes a browser send nothing that changes anything, with a
// session or without one (who signs a victim in under his own name reads what she
// then does).
func TestCrossSiteRequestForgery(t *testing.T) {
	f := newFirm(t, 0)
	cookie := f.inBrowser("officer")
	before := f.entries()
	for _, from := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		header := append([]string{"Cookie", cookie, "User-Agent", browser}, from...)
		f.post("/v1/people/a001/end", "", nil, header...).problem(403, "cross-origin")
		f.do("DELETE", "/v1/sessions", "", nil, header...).problem(403, "cross-origin")
		f.post("/v1/sessions", "", m{"code": f.codes["officer"], "cookie": true}, from...).problem(403, "cross-origin")
	}
	if n := f.entries() - before; n != 0 {
		t.Fatalf("%d entries", n)
	}
	f.post("/v1/people/a001/end", "", nil, "Cookie", cookie, "User-Agent", browser, "Sec-Fetch-Site", "same-origin", "Origin", "http://goldbell.invalid").want(200)
}

// Whoever plants a session in a browser before somebody signs in there has another
// session than hers; and no secret is taken from an address.
func TestSessionFixation(t *testing.T) {
	f := newFirm(t, 0)
	planted := "__Host-goldbell=gbs_" + strings.Repeat("A", 43)
	r := f.post("/v1/sessions", "", m{"code": f.codes["a001"], "cookie": true}, "Cookie", planted, "User-Agent", browser).want(201)
	got, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	if got == planted || got == "" {
		t.Fatal("the planted session was taken over")
	}
	f.do("GET", "/v1/me", "", nil, "Cookie", planted, "User-Agent", browser).problem(401, "unauthenticated")
	f.do("GET", "/v1/me", "", nil, "Cookie", got, "User-Agent", browser).want(200)
}

func TestNoTokenInAnAddress(t *testing.T) {
	f := newFirm(t, 0)
	for _, name := range []string{"token", "access_token", "session", "authorization", "code", "bearer"} {
		f.get("/v1/me?"+name+"="+f.tokens["a001"], "").problem(401, "unauthenticated")
		f.get("/v1/work-items?"+name+"="+f.tokens["a001"], "a001").problem(422, "bad-request")
	}
	if strings.Contains(f.log.String(), "gbs_") {
		t.Error("a token in an address is in the log")
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	f := newFirm(t, 0)
	type list struct {
		Sessions []struct {
			ID, How string
			Current bool
		}
	}
	var mine, seen list
	f.get("/v1/sessions", "a001").want(200).into(&mine)
	if len(mine.Sessions) != 1 || !mine.Sessions[0].Current || mine.Sessions[0].How != "code" {
		t.Fatalf("%+v", mine)
	}
	f.get("/v1/people/a001/sessions", "secadmin").want(200).into(&seen)
	if len(seen.Sessions) != 1 || seen.Sessions[0].ID != mine.Sessions[0].ID || seen.Sessions[0].Current {
		t.Fatalf("%+v", seen)
	}
	id := mine.Sessions[0].ID
	for _, who := range []string{"officer", "sysadmin", "auditor", "a002"} {
		f.get("/v1/people/a001/sessions", who).problem(403, "not-yours")
		f.do("DELETE", "/v1/people/a001/sessions/"+id, who, nil).problem(403, "not-yours")
	}
	f.do("DELETE", "/v1/sessions/"+id, "a002", nil).problem(404, "not-found")
	f.get("/v1/me", "a001").want(200)
	f.do("DELETE", "/v1/people/a001/sessions/"+id, "secadmin", nil).want(204)
	f.get("/v1/me", "a001").problem(401, "unauthenticated")
	f.do("DELETE", "/v1/people/a002/sessions", "secadmin", nil).want(204)
	f.get("/v1/me", "a002").problem(401, "unauthenticated")
	f.get("/v1/sessions", "o001").want(200).into(&mine)
	f.do("DELETE", "/v1/sessions/"+mine.Sessions[0].ID, "o001", nil).want(204)
	f.get("/v1/me", "o001").problem(401, "unauthenticated")
	f.get("/v1/me", "crm").want(200)
	f.get("/v1/sessions", "crm").problem(403, "not-yours")
}

// One person, one session: the newer one ends the older.
func TestOnePersonOneSession(t *testing.T) {
	f := newFirm(t, 0)
	before, old := f.entries(), f.tokens["a001"]
	f.signIn("a001", f.codes["a001"])
	if n := f.entries() - before; n != 1 {
		t.Errorf("%d entries for one sign-in", n)
	}
	f.get("/v1/me", "a001").want(200)
	f.tokens["a001"] = old
	f.get("/v1/me", "a001").problem(401, "unauthenticated")
}

// ceremony is the first half of one, over HTTP.
type ceremony struct {
	Ceremony  string
	PublicKey json.RawMessage `json:"public_key"`
}

func (f *firm) begin(path, who string, body any) (c ceremony) {
	f.Helper()
	f.post(path, who, body).want(200).into(&c)
	return c
}

// enrolKey gives a person who signed in with her code a passkey, over HTTP.
func (f *firm) enrolKey(who string) *authntest.Key {
	f.Helper()
	k := authntest.NewKey()
	c := f.begin("/v1/passkeys/options", who, m{})
	f.post("/v1/passkeys", who, m{"ceremony": c.Ceremony, "credential": json.RawMessage(k.Create(c.PublicKey))}).want(201)
	f.keys[who] = k
	return k
}

// stepUp proves a person afresh, over HTTP.
func (f *firm) stepUp(who string, k *authntest.Key) *reply {
	f.Helper()
	c := f.begin("/v1/step-up/options", who, nil)
	return f.post("/v1/step-up", who, m{"ceremony": c.Ceremony, "credential": json.RawMessage(k.Get(c.PublicKey))})
}

func TestPasskeyOverHTTP(t *testing.T) {
	f := newFirm(t, 1)
	f.post("/v1/step-up/options", "a001", nil).problem(403, "no-passkey")
	k := f.enrolKey("a001")
	f.post("/v1/password", "a001", m{"password": "correct horse battery"}).want(204)
	c := f.begin("/v1/sign-in/passkey/options", "", m{})
	in := m{"ceremony": c.Ceremony, "credential": json.RawMessage(k.Get(c.PublicKey)), "cookie": true}
	r := f.post("/v1/sign-in/passkey", "", in, "User-Agent", browser).want(201)
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	var who struct {
		How         string
		StepUpUntil time.Time `json:"step_up_until"`
	}
	f.do("GET", "/v1/me", "", nil, "Cookie", cookie, "User-Agent", browser).want(200).into(&who)
	if who.How != "passkey" || !who.StepUpUntil.Equal(f.clock().Add(10*time.Minute)) {
		t.Errorf("%+v", who)
	}
	f.post("/v1/sign-in/passkey", "", in, "User-Agent", browser).problem(401, "sign-in-refused")
	c = f.begin("/v1/sign-in/passkey/options", "", m{"password": true})
	f.tokens["a001"] = f.post("/v1/sign-in/password", "", m{
		"person": "a001", "password": "correct horse battery", "ceremony": c.Ceremony, "credential": json.RawMessage(k.Get(c.PublicKey)),
	}).want(201).text("token")
	var account struct {
		Password bool
		Passkeys []struct{ ID string }
	}
	f.get("/v1/account", "a001").want(200).into(&account)
	if !account.Password || len(account.Passkeys) != 1 {
		t.Fatalf("%+v", account)
	}
	f.get("/v1/people/a001/account", "officer").problem(403, "not-yours")
	f.do("DELETE", "/v1/passkeys/"+account.Passkeys[0].ID, "a002", nil).problem(404, "not-found")
	f.do("DELETE", "/v1/people/a001/account", "secadmin", nil).want(204)
	f.get("/v1/me", "a001").problem(401, "unauthenticated")
	f.clean("log", []byte(f.log.String()))
	if strings.Contains(f.log.String(), "correct horse") {
		t.Error("a password is in the log")
	}
}

// Plain values are shown to whom a passkey verified a few minutes ago, and to nobody
// who signed in with a code alone.
func TestPlainNeedsAPasskey(t *testing.T) {
	f := newFirm(t, 1)
	f.enact(m{"text": plainRule})
	work := f.work("a001", "call-task", "telesales", f.subjects...)
	read := func() *reply { return f.post("/v1/disclosures", "a001", f.read(work, "plain", f.subjects[0])) }
	read().problem(403, "plain-needs-step-up")
	k := f.enrolKey("a001") // which verifies her
	read().want(200)
	f.pass(party.StepUpLife)
	read().problem(403, "plain-needs-step-up")
	f.stepUp("a001", k).want(200)
	read().want(200)
	f.signIn("a001", f.codes["a001"])
	read().problem(403, "plain-needs-step-up")
}

// Whether a person exists, has a password or a passkey changes nothing in the answer
// to a sign-in that fails, and no work is done for her that is not done for nobody.
func TestUnknownAndKnownSignInAlike(t *testing.T) {
	f := newFirm(t, 0)
	f.enrolKey("a001")
	f.post("/v1/password", "a001", m{"password": "correct horse battery"}).want(204)
	var want string
	for _, person := range []string{"a001", "a002", "nobody", "crm", "officer"} {
		c := f.begin("/v1/sign-in/passkey/options", "", m{"password": true})
		r := f.post("/v1/sign-in/password", "", m{
			"person": person, "password": "correct horse battery", "ceremony": c.Ceremony, "credential": json.RawMessage(authntest.NewKey().Get(c.PublicKey)),
		})
		r.problem(401, "sign-in-refused")
		if want == "" {
			want = string(r.body)
		}
		if string(r.body) != want {
			t.Errorf("%s reads\n%s\nothers\n%s", person, r.body, want)
		}
	}
	f.log.mu.Lock()
	defer f.log.mu.Unlock()
	if strings.Contains(f.log.buf.String(), "nobody") {
		t.Error("a name that was tried is in the log")
	}
}
