package httpapi_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pages"
	"github.com/goldbell/goldbell/internal/register"
)

// outside is a person outside, with a plain browser: she reads pages and sends their
// forms.
type outside struct {
	*firm
	srv  *httptest.Server
	lang string
	page string // the last page
	code int
	sent string // every URL she asked for
	most int    // the largest page in bytes
}

// goOutside serves the pages over the firm.
func (f *firm) goOutside() *outside {
	f.Helper()
	p, err := pages.New(pages.Config{
		Title: "Firm", Desk: f.desk, Own: f.store, People: f.store, Ledger: f.ledger, Sealer: f.ring,
		Register: register.New(register.Config{
			People: f.store, Work: f.store, Consents: f.store, Subjects: f.vault, Keys: f.vault.RecordKeys,
			Sheets: grant.Sheets(), Ledger: f.ledger, Clock: f.clock,
		}),
		Verifier:  func() ([]byte, error) { return []byte("<!doctype html>verifier"), nil },
		RequestID: f.ring.RequestID, Clock: f.clock, Rand: rand.Reader,
	})
	f.ok(err)
	srv := httptest.NewServer(p)
	f.Cleanup(srv.Close)
	return &outside{firm: f, srv: srv, lang: "en"}
}

func (o *outside) visit(method, path string, form url.Values) *outside {
	o.Helper()
	req, err := http.NewRequestWithContext(o.Context(), method, o.srv.URL+path, strings.NewReader(form.Encode()))
	o.ok(err)
	req.Header.Set("Accept-Language", o.lang)
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	o.sent += path + "\n"
	resp, err := o.srv.Client().Do(req)
	o.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	o.ok(err)
	o.page, o.code, o.most = string(b), resp.StatusCode, max(o.most, len(b))
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || len(resp.Cookies()) > 0 {
		o.Fatalf("policy %q, %d cookies", csp, len(resp.Cookies()))
	}
	if strings.Contains(o.page, "<script") || strings.Contains(o.page, " style=") || strings.Contains(o.page, "http://") || strings.Contains(o.page, "https://") {
		o.Fatal("the page has a script, an inline style or an address elsewhere")
	}
	return o
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// fill sends the form of the last page that has the act, with what she types.
func (o *outside) fill(path, act string, typed map[string]string) *outside {
	o.Helper()
	for _, form := range strings.Split(o.page, "<form ")[1:] {
		form, _, _ = strings.Cut(form, "</form>")
		values := url.Values{}
		for _, m := range hiddenInput.FindAllStringSubmatch(form, -1) {
			values.Set(m[1], m[2])
		}
		if values.Get("act") != act {
			continue
		}
		for k, v := range typed {
			if !strings.Contains(form, `name="`+k+`"`) {
				o.Fatalf("the form %s has no input %s", act, k)
			}
			values.Set(k, v)
		}
		return o.visit("POST", path, values)
	}
	o.Fatalf("the page has no form %q: %s", act, o.page)
	return o
}

func (o *outside) has(words ...string) *outside {
	o.Helper()
	for _, w := range words {
		if !strings.Contains(o.page, w) {
			o.Fatalf("%d, and the page does not say %q:\n%s", o.code, w, o.page)
		}
	}
	return o
}

// proves gets her code and shows what is recorded about her.
func (o *outside) proves(i int) *outside {
	o.Helper()
	o.visit("GET", "/my/information", nil)
	o.fill("/my/information", "contact", map[string]string{"contact": customer(i)["phone"].(string), "channel": "sms"})
	o.ok(o.desk.Deliver(o.Context()))
	return o.fill("/my/information", "code", map[string]string{"once": o.sentCode()})
}

// Complaint is marked closed by its handler: refused; the complainant contests:
// reopened and escalated; then she closes it herself.
func TestPagesComplaint(t *testing.T) {
	for _, lang := range []string{"en", "zh-CN"} {
		f := newFirm(t, 1)
		o := f.goOutside()
		o.lang = lang
		o.visit("GET", "/my/complaint", nil).fill("/my/complaint", "", map[string]string{
			"contacted": customer(0)["phone"].(string), "called_at": "soon", "said": "CANARY they knew",
		})
		if o.code != 422 {
			t.Fatal(o.code)
		}
		o.has(`aria-invalid="true"`, "CANARY they knew") // what she typed is not lost
		at := f.clock().Add(-time.Hour).In(time.FixedZone("", 8*3600)).Format("2006-01-02T15:04")
		o.fill("/my/complaint", "", map[string]string{"contacted": customer(0)["phone"].(string), "called_at": at, "channel": "phone", "caller": "17012345678", "known_name": "1"})
		code := regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`).FindString(o.page)
		if code == "" {
			t.Fatal("no follow-up code")
		}
		var out struct{ Complaints []struct{ ID string } }
		f.get("/v1/complaints?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z", "officer").want(200).into(&out)
		path := "/v1/complaints/" + out.Complaints[0].ID
		work := f.post(path+"/assignment", "officer", m{"assignee": "a001", "until": f.clock().Add(time.Hour).Format(time.RFC3339)}).want(201).text("id")
		f.post(path+"/handling", "a001", m{"work_item": work}).want(200)
		f.post(path+"/handling", "a001", m{"work_item": work, "reply": "An <b>agency</b> called."}).want(200)
		f.post(path+"/closing", "a001", m{"reason": "it is resolved, I say"}).problem(403, "not-yours")

		o.visit("GET", "/my/case", nil).fill("/my/case", "", map[string]string{"code": code}).has("An &lt;b&gt;agency&lt;/b&gt; called.", "12321")
		o.fill("/my/case", "appeal", map[string]string{"appeal_why": "CANARY nobody asked them"})
		var inbox struct {
			Appeals []struct{ ID, Complaint string }
		}
		r := f.get("/v1/appeals", "officer").want(200)
		f.clean("the inbox", r.body)
		if r.into(&inbox); len(inbox.Appeals) != 1 || inbox.Appeals[0].Complaint != out.Complaints[0].ID {
			t.Fatalf("%s", r.body)
		}
		answer := "/v1/appeals/" + inbox.Appeals[0].ID + "/answer"
		f.post(answer, "a001", m{"outcome": "dismissed", "text": "It is answered, I say."}).problem(403, "not-yours")
		f.post(answer, "officer", m{"outcome": "dismissed", "text": "They asked <i>everybody</i>."}).want(200)
		o.visit("GET", "/my/case", nil).fill("/my/case", "", map[string]string{"code": code}).has("CANARY nobody asked them", "They asked &lt;i&gt;everybody&lt;/i&gt;.")
		f.get("/v1/appeals", "officer").want(200).into(&inbox)
		if len(inbox.Appeals) != 0 {
			t.Error("an answered appeal still waits")
		}
		o.fill("/my/case", "contest", map[string]string{"why": "Who?"})
		if o.code != 200 {
			t.Fatal(o.page)
		}
		f.get("/v1/complaints?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z", "officer").want(200)
		if lang == "en" {
			o.has("reopened", "protection officer")
		} else {
			o.has("重新办理", "个人信息保护负责人")
		}
		o.fill("/my/case", "code", nil)
		f.ok(f.desk.Deliver(f.Context()))
		o.fill("/my/case", "confirm", map[string]string{"once": "000000"})
		if o.code != 403 {
			t.Fatal("a wrong code closed it")
		}
		o.fill("/my/case", "confirm", map[string]string{"once": f.sentCode()})
		o.has(map[string]string{"en": `id="state">closed`, "zh-CN": `id="state">办结`}[lang])
		o.clean("URLs", []byte(o.sent))
		if strings.Contains(o.sent, code) || o.most > 30<<10 {
			t.Errorf("a code is in a URL, or a page has %d bytes", o.most)
		}
	}
}

// Consent withdrawn on the person's page: the agent's next request is refused. So is
// a marketing call, once she stopped them. And she sees who was shown what.
func TestPagesInformation(t *testing.T) {
	f := newFirm(t, 2)
	f.post("/v1/consents", "crm", m{"items": []m{{
		"subject": f.subjects[0], "act": "give", "purpose": "partner-lead", "recipient": "partner", "notice": "v1", "proof": strings.Repeat("ab", 32),
	}}}).want(200)
	work := f.work("p001", "partner-lead", "partner-lead", f.subjects[0])
	var list struct{ Subjects []string }
	f.get("/v1/subjects?work_item="+work, "p001").want(200).into(&list)
	lead := m{"form": "masked", "fields": []string{"name"}, "purpose": "partner-lead", "work_item": work, "subjects": list.Subjects}
	f.post("/v1/disclosures", "p001", lead).disclosed()
	calls := f.work("a001", "call-task", "telesales", f.subjects...)
	call := m{"subject": f.subjects[0], "purpose": "telesales", "work_item": calls}
	f.post("/v1/calls", "a001", call).want(201)

	o := f.goOutside().proves(0)
	o.has("Partner", "(masked)", "called or wrote", "sending your code", "Withdraw")
	short := regexp.MustCompile(`mono">([0-9a-z]{8})<`).FindStringSubmatch(o.page)
	o.fill("/my/information", "withdraw", nil).has("Withdrawn, from this moment", "withdrawn")
	if p := f.post("/v1/disclosures", "p001", lead).want(403).text("code"); !strings.Contains(p, "consent") {
		t.Errorf("the agent's next request is refused for %s", p)
	}
	o.fill("/my/information", "stop", nil).has(`id="stopped"`)
	f.post("/v1/calls", "a001", call).problem(403, "opted-out")
	f.post("/v1/calls", "a001", m{"subject": f.subjects[1], "purpose": "telesales", "work_item": calls}).want(201)

	if short == nil {
		t.Fatal("no receipt has a short code")
	}
	f.ok(f.store.File(t.Context()))
	o.visit("GET", "/my/receipt", nil).fill("/my/receipt", "", map[string]string{"code": strings.ToUpper(short[1])}).has("own answer", "entry")
	o.visit("GET", "/my/receipt", nil).fill("/my/receipt", "", map[string]string{"code": "00000000"}).has("no such code")
	o.clean("URLs", []byte(o.sent))
	if o.most > 30<<10 {
		t.Errorf("a page has %d bytes", o.most)
	}
}

// Asking for a code is answered alike whoever the contact is, to the byte but for
// the form's own ids; a token that is made up opens nothing; another site's form is
// refused.
func TestPagesHostile(t *testing.T) {
	f := newFirm(t, 1)
	o := f.goOutside()
	ids := regexp.MustCompile(`[0-9a-f]{32}`)
	ask := func(number string) string {
		o.visit("GET", "/my/information", nil)
		o.fill("/my/information", "contact", map[string]string{"contact": number, "channel": "sms"})
		return ids.ReplaceAllString(o.page, "")
	}
	if known, unknown := ask(customer(0)["phone"].(string)), ask("13000000000"); known != unknown {
		t.Error("a known contact is answered in another way")
	}
	before := len(f.messages)
	_ = f.desk.Deliver(t.Context()) // of the unknown one nothing is sent
	if n := len(f.messages) - before; n != 1 {
		t.Errorf("%d messages for a known and an unknown contact", n)
	}
	o.fill("/my/information", "code", map[string]string{"once": f.sentCode()}) // the known one's digits for the unknown one's code
	if o.code != 403 {
		t.Error(o.code)
	}
	for _, token := range []string{"", "AAAA", strings.Repeat("A", 4000)} {
		if o.visit("POST", "/my/information", url.Values{"act": {"stop"}, "token": {token}}); o.code != 403 {
			t.Errorf("a made-up token: %d", o.code)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", o.srv.URL+"/my/case", strings.NewReader("code=x"))
	f.ok(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := o.srv.Client().Do(req)
	f.ok(err)
	f.ok(resp.Body.Close())
	if resp.StatusCode != 403 {
		t.Errorf("a form of another site: %d", resp.StatusCode)
	}
	if o.visit("POST", "/my/case", url.Values{"code": {strings.Repeat("x", 70_000)}}); o.code != 413 {
		t.Errorf("a form of 70 kB: %d", o.code)
	}
	if o.visit("GET", "/my/nowhere", nil); o.code != 404 {
		t.Errorf("no page: %d", o.code)
	}
	for i := 0; o.code != 429; i++ {
		if o.visit("POST", "/my/case", url.Values{"code": {"x"}}); i > 100 {
			t.Fatal("forms are not limited")
		}
	}
	o.visit("GET", "/my/?lang=zh", nil).has(`<html lang="zh-CN">`, "投诉")
}

// TestHerProofEnds: what she proved with her code is over after twenty minutes, however
// often she used it: a page left open in a library does not go on by itself.
func TestHerProofEnds(t *testing.T) {
	f := newFirm(t, 1)
	o := f.goOutside()
	o.proves(0)
	again := func() int {
		f.pass(6 * time.Minute)
		token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(o.page)
		if token == nil {
			t.Fatalf("%d, and no token on the page", o.code)
		}
		return o.visit("POST", "/my/information", url.Values{"act": {"look"}, "token": {token[1]}}).code
	}
	for range 3 {
		if code := again(); code != 200 {
			t.Fatalf("%d within her time: %s", code, o.page)
		}
	}
	if code := again(); code != 403 {
		t.Errorf("%d after her time", code)
	}
}
