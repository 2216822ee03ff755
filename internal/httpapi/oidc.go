package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
)

// oidcCookie holds what a browser must bring back from the identity provider.
const oidcCookie = "__Host-goldbell-oidc"

type waysOut struct {
	Body struct {
		OIDC       bool `json:"oidc" doc:"people may sign in at the company's identity provider"`
		OIDCStepUp bool `json:"oidc_step_up" doc:"and prove themselves afresh there"`
	}
}

func waysToSignIn(a *API, _ context.Context, _ *call, _ *struct{}) (*waysOut, error) {
	out := &waysOut{}
	out.Body.OIDC, out.Body.OIDCStepUp = a.Authn.Ways()
	return out, nil
}

// leavingOut sends a browser to the identity provider.
type leavingOut struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Address string    `json:"address" doc:"where the browser goes; the answer comes back to /console/oidc"`
		Until   time.Time `json:"until"`
	}
}

func leaving(c *call, l authn.Leaving, err error) (*leavingOut, error) {
	if err != nil {
		return nil, err
	}
	out := &leavingOut{SetCookie: setCookie(oidcCookie, l.Held, l.Until, c.now)}
	out.Body.Address, out.Body.Until = l.Address, l.Until
	return out, nil
}

func beginOIDC(a *API, ctx context.Context, c *call, _ *nothingIn) (*leavingOut, error) {
	l, err := a.Authn.BeginOIDC(ctx, c.client(true))
	return leaving(c, l, err)
}

func beginStepUpOIDC(a *API, ctx context.Context, c *call, _ *nothingIn) (*leavingOut, error) {
	l, err := a.Authn.BeginStepUpOIDC(ctx, c.who)
	return leaving(c, l, err)
}

// returned is what the provider put into the address it sent the browser back to, and
// the cookie. No address of ours takes it: the page posts it.
type returned struct {
	Held string `cookie:"__Host-goldbell-oidc" doc:"set when the browser left"`
	Body struct {
		Code   string `json:"code" minLength:"1" maxLength:"2000"`
		State  string `json:"state" minLength:"1" maxLength:"200"`
		Issuer string `json:"iss,omitempty" maxLength:"500" doc:"RFC 9207"`
	}
}

func (r *returned) back() authn.Returned {
	return authn.Returned{Held: r.Held, State: r.Body.State, Code: r.Body.Code, Issuer: r.Body.Issuer}
}

type oidcIssuedOut struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      struct {
		Person string    `json:"person"`
		Until  time.Time `json:"until"`
	}
}

func signInByOIDC(a *API, ctx context.Context, c *call, in *returned) (*oidcIssuedOut, error) {
	got, err := a.Authn.SignInByOIDC(ctx, in.back(), c.client(true))
	if err != nil {
		return nil, err
	}
	out := &oidcIssuedOut{SetCookie: []string{setCookie(sessionCookie, got.Secret, got.Until, c.now), clearCookie(oidcCookie)}}
	out.Body.Person, out.Body.Until = string(got.Person), got.Until
	return out, nil
}

type oidcStepUpOut struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Until time.Time `json:"step_up_until"`
	}
}

func stepUpByOIDC(a *API, ctx context.Context, c *call, in *returned) (*oidcStepUpOut, error) {
	until, err := a.Authn.StepUpByOIDC(ctx, c.who, in.back(), c.source)
	if err != nil {
		return nil, err
	}
	out := &oidcStepUpOut{SetCookie: clearCookie(oidcCookie)}
	out.Body.Until = until
	return out, nil
}
