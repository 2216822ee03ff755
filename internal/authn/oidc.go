package authn

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/goldbell/goldbell/internal/fault"
)

// OIDCConfig is the company's identity provider. People are only matched: whoever it
// names must be on the register, and who is not does not come in.
type OIDCConfig struct {
	Issuer string
	Client string
	Secret string
	// Claim of the ID token that holds the staff number. It must be one that people
	// cannot change themselves.
	Claim string
	// Redirect is where the provider sends browsers back to, exactly.
	Redirect string
	// ACR and AMR are the values of these claims that count as a step-up when the
	// provider asked the person afresh. None: step-up is by passkey only.
	ACR, AMR []string
	Roots    *x509.CertPool // nil: the system's
}

// How the provider is asked.
const (
	oidcTimeout  = 10 * time.Second
	oidcMaxBytes = 1 << 20
	oidcMetadata = time.Hour // how long its metadata is kept
	oidcSkew     = time.Minute
)

// signatures are what an ID token may be signed with. Whatever the provider's
// metadata say: no secret that both sides know, and not nothing.
var signatures = []string{oidc.RS256, oidc.ES256, oidc.EdDSA}

// Provider asks the company's identity provider. It is safe for concurrent use.
type Provider struct {
	OIDCConfig
	client *http.Client
	clock  func() time.Time

	mu    sync.Mutex // guards what follows
	known *metadata
	until time.Time
}

// metadata is what the provider says of itself.
type metadata struct {
	endpoint oauth2.Endpoint
	verifier *oidc.IDTokenVerifier
	namesIss bool // its answers name the issuer (RFC 9207)
}

// NewProvider checks what can be checked without asking anybody: a server starts
// while its provider is away.
func NewProvider(c OIDCConfig, clock func() time.Time) (*Provider, error) {
	switch {
	case !isSafe(c.Issuer):
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.issuer")
	case c.Client == "":
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.client")
	case c.Secret == "":
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.secret")
	case c.Claim == "":
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.claim")
	case c.Redirect == "":
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.url")
	case slices.Contains(c.ACR, "") || slices.Contains(c.AMR, ""):
		return nil, fault.New(fault.Invalid, "bad-oidc", "sign_in.oidc.step_up")
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsWith(c.Roots), TLSHandshakeTimeout: oidcTimeout,
		ForceAttemptHTTP2: true, MaxIdleConns: 4, IdleConnTimeout: time.Minute,
	}
	return &Provider{OIDCConfig: c, clock: clock, client: &http.Client{
		Timeout: oidcTimeout, Transport: bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// isSafe accepts https, and http on this machine, where a provider is tried out.
func isSafe(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

// bounded cuts off what a provider answers too much of.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, oidcMaxBytes), res.Body}
	}
	return res, err
}

var errSilent = fault.New(fault.Unavailable, "oidc-silent", "")

// metadata is the provider's, asked for once an hour.
func (p *Provider) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if p.known != nil && now.Before(p.until) {
		return p.known, nil
	}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	found, err := oidc.NewProvider(ctx, p.Issuer) // refuses another issuer's
	if err != nil {
		return nil, errSilent
	}
	var says struct {
		JWKS     string `json:"jwks_uri"`
		NamesIss bool   `json:"authorization_response_iss_parameter_supported"`
	}
	end := found.Endpoint()
	if found.Claims(&says) != nil || !isSafe(end.AuthURL) || !isSafe(end.TokenURL) || !isSafe(says.JWKS) {
		return nil, errSilent
	}
	p.known = &metadata{
		endpoint: oauth2.Endpoint{AuthURL: end.AuthURL, TokenURL: end.TokenURL},
		verifier: found.VerifierContext(ctx, &oidc.Config{ClientID: p.Client, SupportedSigningAlgs: signatures, Now: p.clock}),
		namesIss: says.NamesIss,
	}
	p.until = now.Add(oidcMetadata)
	return p.known, nil
}

func (p *Provider) oauth(m *metadata) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.Client, ClientSecret: p.Secret, Endpoint: m.endpoint, RedirectURL: p.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// address is where a browser goes to sign in at the provider.
func (p *Provider) address(ctx context.Context, c ceremony) (string, error) {
	m, err := p.metadata(ctx)
	if err != nil {
		return "", err
	}
	o := []oauth2.AuthCodeOption{oidc.Nonce(c.nonce()), oauth2.S256ChallengeOption(c.Verifier)}
	if c.Use == toProveByOIDC {
		o = append(o, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
		if len(p.ACR) > 0 {
			o = append(o, oauth2.SetAuthURLParam("acr_values", strings.Join(p.ACR, " ")))
		}
	}
	return p.oauth(m).AuthCodeURL(c.state(), o...), nil
}

// told is what a valid ID token says.
type told struct {
	person string
	at     time.Time // when the person was asked
	acr    string
	amr    []string
}

// redeem turns a code into what the provider says about its person. ok is false if
// the provider does not stand by the code, or its token is not for this ceremony.
func (p *Provider) redeem(ctx context.Context, c ceremony, in Returned) (t told, ok bool, err error) {
	m, err := p.metadata(ctx)
	if err != nil {
		return t, false, err
	}
	if in.Issuer != p.Issuer && (in.Issuer != "" || m.namesIss) {
		return t, false, nil // another provider's answer (RFC 9207)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	got, err := p.oauth(m).Exchange(ctx, in.Code, oauth2.VerifierOption(c.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError // its text quotes the provider: never kept
		if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode/100 == 4 {
			return t, false, nil
		}
		return t, false, errSilent
	}
	raw, _ := got.Extra("id_token").(string)
	id, err := m.verifier.Verify(ctx, raw)
	if err != nil || !sameText(id.Nonce, c.nonce()) || id.IssuedAt.After(p.clock().Add(oidcSkew)) {
		return t, false, nil
	}
	return p.claims(id)
}

func (p *Provider) claims(id *oidc.IDToken) (t told, ok bool, err error) {
	var all map[string]json.RawMessage
	var set struct {
		Azp      string   `json:"azp"`
		AuthTime int64    `json:"auth_time"`
		ACR      string   `json:"acr"`
		AMR      []string `json:"amr"`
	}
	if id.Claims(&all) != nil || id.Claims(&set) != nil {
		return t, false, nil
	}
	if set.Azp != "" && set.Azp != p.Client || len(id.Audience) > 1 && set.Azp == "" {
		return t, false, nil // made for another party
	}
	if json.Unmarshal(all[p.Claim], &t.person) != nil || t.person == "" {
		return t, false, nil
	}
	if set.AuthTime > 0 {
		t.at = time.Unix(set.AuthTime, 0)
	}
	t.acr, t.amr = set.ACR, set.AMR
	return t, true, nil
}

// isStepUp says whether the person was asked since the ceremony began, in a way that
// the settings accept.
func (p *Provider) isStepUp(t told, began, now time.Time) bool {
	if t.at.Before(began.Truncate(time.Second)) || t.at.After(now.Add(oidcSkew)) {
		return false
	}
	return slices.Contains(p.ACR, t.acr) || slices.ContainsFunc(t.amr, func(m string) bool { return slices.Contains(p.AMR, m) })
}

// steps says whether the provider may stand for a passkey at all.
func (p *Provider) steps() bool { return p != nil && len(p.ACR)+len(p.AMR) > 0 }
