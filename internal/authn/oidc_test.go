package authn_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/authn/authntest"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const back = "https://goldbell.example.com/console/oidc"

// chrome is a browser that keeps sessions in cookies.
var chrome = authn.Client{Source: source, Cookie: true, Agent: "Testbrowser/1.0"}

// company is a house with an identity provider that names its staff member.
func company(t *testing.T, steps ...string) (*authntest.House, *authntest.IDP) {
	t.Helper()
	h, _ := firm(t)
	idp := authntest.OpenIDP(t, h.Now, back)
	idp.Person = "a1"
	h.Use(must[*authn.Provider](t)(authn.NewProvider(configOf(idp, steps...), h.Now)), "https://goldbell.example.com")
	return h, idp
}

func configOf(idp *authntest.IDP, steps ...string) authn.OIDCConfig {
	return authn.OIDCConfig{
		Issuer: idp.URL, Client: authntest.Client, Secret: authntest.Secret, Claim: "staff", Redirect: back, ACR: steps, AMR: steps,
	}
}

// visit goes to the provider and comes back.
func visit(idp *authntest.IDP, l authn.Leaving) authn.Returned {
	code, state := idp.Visit(l.Address)
	return authn.Returned{Held: l.Held, State: state, Code: code}
}

func leave(t *testing.T, h *authntest.House) authn.Leaving {
	t.Helper()
	return must[authn.Leaving](t)(h.Authn.BeginOIDC(t.Context(), chrome))
}

func TestOIDCSignIn(t *testing.T) {
	h, idp := company(t)
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		idp.Alg = alg
		s := must[authn.Issued](t)(h.Authn.SignInByOIDC(t.Context(), visit(idp, leave(t, h)), chrome))
		p := must[party.Principal](t)(h.Authn.PrincipalFrom(t.Context(), s.Secret, chrome))
		if p.Person.ID != "a1" || p.SteppedUp(h.Now()) || p.MayApprove(h.Now()) {
			t.Fatalf("%s: signed in as %+v", alg, p)
		}
		// A session of the provider's word adds no passkey: that needs the code.
		_, err := h.Authn.BeginEnrolment(t.Context(), p, false)
		wantID(t, err, "step-up-needed")
	}
	all := h.Records(proof.KindCredential)
	last := all[len(all)-1]
	if last.Fact("what") != "session" || last.Fact("how") != "oidc" || last.Fact("person") != "a1" {
		t.Errorf("%v", last.Facts())
	}
	open := must[[]authn.Session](t)(h.Authn.Sessions(t.Context(), h.Principal("sec", ""), "a1"))
	if len(open) != 1 || open[0].How != authn.ByOIDC {
		t.Errorf("%+v", open)
	}
}

// Whatever is wrong with what comes back, the answer is the same, nobody is signed in,
// and nobody is made.
func TestOIDCRefused(t *testing.T) {
	type spoil = func(h *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client)
	says := func(change func(*authntest.IDP)) spoil {
		return func(_ *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			change(idp)
			return visit(idp, l), chrome
		}
	}
	claim := func(name string, v any) spoil {
		return says(func(idp *authntest.IDP) { idp.Claims = map[string]any{name: v} })
	}
	comes := func(change func(h *authntest.House, in *authn.Returned)) spoil {
		return func(h *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			in := visit(idp, l)
			change(h, &in)
			return in, chrome
		}
	}
	soon := func(d time.Duration) int64 { return authntest.Start.Add(d).Unix() }
	for name, spoil := range map[string]spoil{
		"another state":   comes(func(_ *authntest.House, in *authn.Returned) { in.State = strings.Repeat("A", len(in.State)) }),
		"no state":        comes(func(_ *authntest.House, in *authn.Returned) { in.State = "" }),
		"no code":         comes(func(_ *authntest.House, in *authn.Returned) { in.Code = "" }),
		"an unknown code": comes(func(_ *authntest.House, in *authn.Returned) { in.Code = "x" }),
		"no cookie":       comes(func(_ *authntest.House, in *authn.Returned) { in.Held = "" }),
		"a forged cookie": comes(func(_ *authntest.House, in *authn.Returned) { in.Held = strings.Repeat("A", len(in.Held)) }),
		"another browser's cookie": comes(func(h *authntest.House, in *authn.Returned) {
			l, _ := h.Authn.BeginOIDC(h.T.Context(), chrome)
			in.Held = l.Held
		}),
		"a passkey's ceremony": comes(func(h *authntest.House, in *authn.Returned) { in.Held = must2(h.Authn.BeginSignIn(false)).Ceremony }),
		"too late":             comes(func(h *authntest.House, _ *authn.Returned) { h.Pass(5 * time.Minute) }),
		"used before": func(h *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			idp.Lax = true
			in := visit(idp, l)
			must[authn.Issued](h.T)(h.Authn.SignInByOIDC(h.T.Context(), in, chrome))
			return in, chrome
		},
		"copied to another browser": func(_ *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			return visit(idp, l), authn.Client{Source: source, Cookie: true, Agent: "curl/8"}
		},
		"another nonce":            claim("nonce", "n"),
		"no nonce":                 claim("nonce", nil),
		"another issuer":           claim("iss", "https://evil.example"),
		"another provider's party": comes(func(_ *authntest.House, in *authn.Returned) { in.Issuer = "https://evil.example" }),
		"no issuer beside the code": says(func(idp *authntest.IDP) {
			idp.Says = map[string]any{"authorization_response_iss_parameter_supported": true}
		}),
		"another's audience":    claim("aud", "crm"),
		"several audiences":     claim("aud", []string{authntest.Client, "crm"}),
		"another party's token": claim("azp", "crm"),
		"over":                  claim("exp", soon(-time.Second)),
		"made tomorrow":         claim("iat", soon(24*time.Hour)),
		"not yet valid":         claim("nbf", soon(time.Hour)),
		"HS256 with the public key": says(func(idp *authntest.IDP) {
			idp.Alg = "HS256"
		}),
		"not signed":              says(func(idp *authntest.IDP) { idp.Alg = "none" }),
		"signed by somebody else": says(func(idp *authntest.IDP) { idp.Foreign = true }),
		"nobody named":            claim("staff", nil),
		"a number for a name":     claim("staff", 17),
		"an unknown person":       claim("staff", "a999"),
		"no name at all":          claim("staff", "a 1'; --"),
		"a service": func(h *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			h.Service(authn.ScopeCRM)
			idp.Person = authn.ScopeCRM
			return visit(idp, l), chrome
		},
		"a leaver": func(h *authntest.House, idp *authntest.IDP, l authn.Leaving) (authn.Returned, authn.Client) {
			change(party.Person{Suspended: true})(h, authn.Issued{})
			return visit(idp, l), chrome
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, idp := company(t)
			l := leave(t, h)
			in, from := spoil(h, idp, l)
			if name == "no issuer beside the code" { // metadata are kept for an hour
				h.Use(must[*authn.Provider](t)(authn.NewProvider(configOf(idp), h.Now)), "")
			}
			_, err := h.Authn.SignInByOIDC(t.Context(), in, from)
			if err == nil || err.Error() != fault.New(fault.Unauthentic, "sign-in-refused", "").Error() {
				t.Fatalf("%v", err)
			}
			if _, _, made, _ := h.Store.Person(t.Context(), "a999"); made {
				t.Error("a person was made")
			}
		})
	}
}

// A provider that is away, or says it is another, opens nothing, and passkeys go on.
func TestOIDCProviderIsNotThere(t *testing.T) {
	for name, says := range map[string]map[string]any{
		"another issuer":      {"issuer": "https://evil.example"},
		"keys without TLS":    {"jwks_uri": "http://evil.example/keys"},
		"tokens without TLS":  {"token_endpoint": "http://evil.example/token"},
		"sign-in without TLS": {"authorization_endpoint": "http://evil.example/auth"},
	} {
		h, idp := company(t)
		idp.Says = says
		if _, err := h.Authn.BeginOIDC(t.Context(), chrome); !fault.IsID(err, "oidc-silent") {
			t.Errorf("%s: %v", name, err)
		}
	}
	h, idp := company(t)
	c := configOf(idp)
	c.Issuer = "http://127.0.0.1:1"
	h.Use(must[*authn.Provider](t)(authn.NewProvider(c, h.Now)), "")
	_, err := h.Authn.BeginOIDC(t.Context(), chrome)
	wantID(t, err, "oidc-silent")
	must[authn.Options](t)(h.Authn.BeginSignIn(false))
	h.Use(nil, "")
	_, err = h.Authn.BeginOIDC(t.Context(), chrome)
	wantID(t, err, "no-oidc")
}

func TestOIDCSettingsAreChecked(t *testing.T) {
	good := authn.OIDCConfig{Issuer: "https://id.example.com", Client: "c", Secret: "s", Claim: "staff", Redirect: back}
	must[*authn.Provider](t)(authn.NewProvider(good, time.Now))
	for where, spoil := range map[string]func(*authn.OIDCConfig){
		"issuer":  func(c *authn.OIDCConfig) { c.Issuer = "http://id.example.com" },
		"client":  func(c *authn.OIDCConfig) { c.Client = "" },
		"secret":  func(c *authn.OIDCConfig) { c.Secret = "" },
		"claim":   func(c *authn.OIDCConfig) { c.Claim = "" },
		"step_up": func(c *authn.OIDCConfig) { c.ACR = []string{""} },
	} {
		c := good
		spoil(&c)
		if _, err := authn.NewProvider(c, time.Now); !fault.IsID(err, "bad-oidc") || fault.Of(err).Where != "sign_in.oidc."+where {
			t.Errorf("%s: %v", where, err)
		}
	}
}

func TestStepUpByOIDC(t *testing.T) {
	h, idp := company(t, "phr")
	ctx := t.Context()
	idp.Claims = map[string]any{"acr": "phr"}
	s := must[authn.Issued](t)(h.Authn.SignInByOIDC(ctx, visit(idp, leave(t, h)), chrome))
	by := must[party.Principal](t)(h.Authn.PrincipalFrom(ctx, s.Secret, chrome))
	if by.SteppedUp(h.Now()) {
		t.Fatal("a sign-in is a step-up")
	}
	h.Pass(time.Hour)
	begin := func() authn.Leaving { return must[authn.Leaving](t)(h.Authn.BeginStepUpOIDC(ctx, by)) }
	l := begin()
	if u, err := url.Parse(l.Address); err != nil || u.Query().Get("max_age") != "0" || u.Query().Get("prompt") != "login" || u.Query().Get("acr_values") != "phr" {
		t.Errorf("the provider is not told to ask afresh")
	}
	for name, claims := range map[string]map[string]any{
		"asked before":       {"acr": "phr", "auth_time": h.Now().Add(-time.Minute).Unix()},
		"nobody knows when":  {"acr": "phr", "auth_time": nil},
		"asked tomorrow":     {"acr": "phr", "auth_time": h.Now().Add(24 * time.Hour).Unix()},
		"by a password only": {"acr": "pwd"},
		"nobody knows how":   {},
		"another person":     {"acr": "phr", "staff": "sec"},
	} {
		idp.Claims = claims
		if _, err := h.Authn.StepUpByOIDC(ctx, by, visit(idp, begin()), source); !fault.IsID(err, "oidc-not-fresh") {
			t.Errorf("%s: %v", name, err)
		}
	}
	idp.Claims = map[string]any{"acr": "phr"}
	other := visit(idp, leave(t, h)) // of a sign-in
	if _, err := h.Authn.StepUpByOIDC(ctx, by, other, source); !fault.IsID(err, "oidc-not-fresh") {
		t.Errorf("a sign-in's answer: %v", err)
	}
	stolen := by
	stolen.Credential = []byte("another session")
	if _, err := h.Authn.StepUpByOIDC(ctx, stolen, visit(idp, begin()), source); !fault.IsID(err, "oidc-not-fresh") {
		t.Errorf("another session: %v", err)
	}
	idp.Claims = map[string]any{"amr": []string{"pwd", "phr"}}
	in := visit(idp, l)
	until := must[time.Time](t)(h.Authn.StepUpByOIDC(ctx, by, in, source))
	if p := must[party.Principal](t)(h.Authn.PrincipalFrom(ctx, s.Secret, chrome)); !p.MayApprove(h.Now()) || !until.Equal(h.Now().Add(party.StepUpLife)) {
		t.Errorf("stepped up until %v: %+v", until, p)
	}
	_, err := h.Authn.StepUpByOIDC(ctx, by, in, source)
	wantID(t, err, "oidc-not-fresh")

	plain, _ := company(t) // whose settings name no step-up
	_, err = plain.Authn.BeginStepUpOIDC(ctx, plain.Principal(pii.PersonID("a1"), ""))
	wantID(t, err, "no-oidc")
}

// Passkeys are bound to the address that was set, and to no other.
func TestPasskeysAtAnAddress(t *testing.T) {
	h, s := firm(t)
	h.Use(nil, "https://goldbell.example.com")
	by := again(t, h, s.Secret)
	o := must[authn.Options](t)(h.Authn.BeginEnrolment(t.Context(), by, false))
	for _, origin := range []string{"http://localhost:8470", "http://goldbell.example.com", "https://goldbell.example.com:8443", "https://evil.example"} {
		k := authntest.NewKey()
		k.Site.ID, k.Site.Origin = "goldbell.example.com", origin
		_, err := h.Authn.Enrol(t.Context(), by, authn.Answer{Ceremony: o.Ceremony, Credential: k.Create(h.JSON(o.PublicKey))}, source)
		wantID(t, err, "passkey-refused")
	}
	k := authntest.NewKey()
	k.Site.ID, k.Site.Origin = "goldbell.example.com", "https://goldbell.example.com"
	must[authn.KeyInfo](t)(h.Authn.Enrol(t.Context(), by, authn.Answer{Ceremony: o.Ceremony, Credential: k.Create(h.JSON(o.PublicKey))}, source))
	must[authn.Issued](t)(h.Authn.SignInByPasskey(t.Context(), answer(t, h, k, false), authn.Client{Source: source}))
}

func TestSites(t *testing.T) {
	for site, want := range map[string]bool{
		"https://goldbell.example.com": true, "https://goldbell.example.com:8443": true, "http://localhost:8470": true, "http://localhost": true,
		"": false, "goldbell.example.com": false, "http://goldbell.example.com": false, "https://goldbell.example.com/": false,
		"https://goldbell.example.com/app": false, "https://goldbell.example.com?x": false, "https://u@goldbell.example.com": false,
		"https://192.0.2.7": false, "https://[2001:db8::1]": false, "http://127.0.0.1:8470": false, "https://goldbell": false,
		"https://Goldbell.example.com": false, "https://-x.example.com": false, "ftp://goldbell.example.com": false, "https://a.example.com#f": false,
	} {
		if got := authn.IsSite(site); got != want {
			t.Errorf("%q: %v", site, got)
		}
	}
}
