package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// sessionCookie holds a browser's session. The prefix makes browsers refuse it
// unless it is Secure, for this host alone and for every path, so that no other host
// or path plants one.
const sessionCookie = "__Host-goldbell"

// setCookie is a session's cookie: out of reach of scripts, and sent by no page of
// another site.
func setCookie(name, value string, until, now time.Time) string {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: max(int(until.Sub(now)/time.Second), 1),
	}
	return c.String()
}

// clearCookie takes a cookie away.
func clearCookie(name string) string {
	c := http.Cookie{Name: name, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
	return c.String()
}

// authenticate finds out who asks, by his bearer secret or by his browser's cookie.
func (a *API) authenticate(ctx context.Context, c *call, r *http.Request) (party.Principal, error) {
	cookies := r.CookiesNamed(sessionCookie)
	if len(cookies) == 0 || len(r.Header.Values("Authorization")) > 0 {
		c.bearer = bearerOf(r)
		return a.Authn.Principal(ctx, c.bearer, c.source)
	}
	if len(cookies) > 1 || len(cookies[0].Value) > 256 || !ownPage(r) {
		a.Authn.Failed(ctx, c.source)
		return party.Principal{}, fault.New(fault.Unauthentic, "unauthenticated", "")
	}
	return a.Authn.PrincipalFrom(ctx, cookies[0].Value, c.client(true))
}

// client is where a request came from, and how its session is or will be carried.
func (c *call) client(cookie bool) authn.Client {
	c.cookie = cookie
	return authn.Client{Source: c.source, Cookie: cookie, Agent: c.agent}
}

// ownPage says whether a request with a cookie was made by a page of ours, or typed
// by the person. Browsers too old to say so are bound by the cookie's SameSite alone.
func ownPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return false
}

type meOut struct {
	Body struct {
		Person      string     `json:"person" doc:"staff number, or the service's name"`
		Kind        string     `json:"kind" enum:"staff,outsourced,partner,officer,sysadmin,secadmin,auditor,service"`
		Org         string     `json:"org"`
		OrgKind     string     `json:"org_kind" enum:"own,entrusted,handler"`
		Scope       string     `json:"scope,omitempty" doc:"a service's"`
		Manages     bool       `json:"manages,omitempty" doc:"somebody names this person as manager"`
		Session     string     `json:"session"`
		How         string     `json:"how,omitempty" doc:"how the session was opened"`
		Cookie      bool       `json:"cookie"`
		Until       time.Time  `json:"until"`
		StepUpUntil *time.Time `json:"step_up_until,omitempty" doc:"until when the last step-up counts as fresh; absent: plain values and approvals need one"`
	}
}

func me(a *API, ctx context.Context, c *call, _ *struct{}) (*meOut, error) {
	s, err := a.Authn.Session(ctx, c.who)
	if err != nil {
		return nil, err
	}
	out := &meOut{}
	b := &out.Body
	b.Person, b.Kind, b.Org, b.OrgKind = string(c.who.Person.ID), string(c.who.Person.Kind), string(c.who.Org.ID), string(c.who.Org.Kind)
	b.Scope, b.Session, b.How, b.Cookie, b.Until = c.who.Scope, s.ID.String(), string(s.How), s.Cookie, s.Until
	if b.Manages, err = a.managesSomebody(ctx, c.who); err != nil {
		return nil, err
	}
	if c.who.SteppedUp(c.now) {
		until := c.who.StepUp.Add(party.StepUpLife)
		b.StepUpUntil = &until
	}
	return out, nil
}

type openSession struct {
	ID      string     `json:"id"`
	How     string     `json:"how"`
	Cookie  bool       `json:"cookie"`
	MadeAt  time.Time  `json:"made_at"`
	Until   time.Time  `json:"until"`
	StepUp  *time.Time `json:"step_up,omitempty" doc:"when the person last proved herself afresh in it"`
	Current bool       `json:"current"`
}

type sessionsOut struct {
	Body struct {
		Sessions []openSession `json:"sessions"`
	}
}

func (a *API) sessionsOf(ctx context.Context, c *call, person pii.PersonID) (*sessionsOut, error) {
	open, err := a.Authn.Sessions(ctx, c.who, person)
	if err != nil {
		return nil, err
	}
	out := &sessionsOut{}
	out.Body.Sessions = []openSession{}
	for _, s := range open {
		o := openSession{
			ID: s.ID.String(), How: string(s.How), Cookie: s.Cookie, MadeAt: s.MadeAt, Until: s.Until,
			Current: s.ID == authn.SessionOf(c.who.Credential),
		}
		if !s.StepUp.IsZero() {
			o.StepUp = &s.StepUp
		}
		out.Body.Sessions = append(out.Body.Sessions, o)
	}
	return out, nil
}

func mySessions(a *API, ctx context.Context, c *call, _ *struct{}) (*sessionsOut, error) {
	return a.sessionsOf(ctx, c, c.who.Person.ID)
}

type ofPerson struct {
	ID string `path:"id" minLength:"1" maxLength:"40"`
}

func personSessions(a *API, ctx context.Context, c *call, in *ofPerson) (*sessionsOut, error) {
	return a.sessionsOf(ctx, c, pii.PersonID(in.ID))
}

type cookieOut struct {
	SetCookie string `header:"Set-Cookie"`
}

func signOut(a *API, ctx context.Context, c *call, _ *struct{}) (*cookieOut, error) {
	out := &cookieOut{}
	if c.cookie {
		out.SetCookie = clearCookie(sessionCookie)
	}
	return out, a.Authn.End(ctx, c.who)
}

type mySession struct {
	Session string `path:"session" minLength:"32" maxLength:"32"`
}

func endMine(a *API, ctx context.Context, c *call, in *mySession) (*struct{}, error) {
	return nil, a.endSession(ctx, c, c.who.Person.ID, in.Session)
}

type personSession struct {
	ID      string `path:"id" minLength:"1" maxLength:"40"`
	Session string `path:"session" minLength:"32" maxLength:"32"`
}

func endOf(a *API, ctx context.Context, c *call, in *personSession) (*struct{}, error) {
	return nil, a.endSession(ctx, c, pii.PersonID(in.ID), in.Session)
}

func endAllOf(a *API, ctx context.Context, c *call, in *ofPerson) (*struct{}, error) {
	return nil, a.Authn.EndSessions(ctx, c.who, pii.PersonID(in.ID), nil)
}

func (a *API) endSession(ctx context.Context, c *call, person pii.PersonID, session string) error {
	var id authn.SessionID
	if id.UnmarshalText([]byte(session)) != nil {
		return bad("path.session")
	}
	return a.Authn.EndSessions(ctx, c.who, person, &id)
}

type sessionIn struct {
	Body struct {
		Code   string `json:"code" minLength:"1" maxLength:"64" doc:"the person's one-time code"`
		Cookie bool   `json:"cookie,omitempty" doc:"keep the session in a cookie of this browser instead of telling its token"`
	}
}

// issuedOut is a session or an access token that was made.
type issuedOut struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Token    string    `json:"token,omitempty" doc:"shown once; absent if the session is in a cookie"`
		Person   string    `json:"person"`
		Until    time.Time `json:"until"`
		NextCode string    `json:"next_code,omitempty" doc:"the next one-time code of the person whose code was used; shown once"`
	}
}

func issued(c *call, got authn.Issued) *issuedOut {
	out := &issuedOut{}
	out.Body.Person, out.Body.Until, out.Body.NextCode = string(got.Person), got.Until, got.NextCode
	if c.cookie {
		out.SetCookie = setCookie(sessionCookie, got.Secret, got.Until, c.now)
	} else {
		out.Body.Token = got.Secret
	}
	return out
}

func signIn(a *API, ctx context.Context, c *call, in *sessionIn) (*issuedOut, error) {
	got, err := a.Authn.SignInFrom(ctx, in.Body.Code, c.client(in.Body.Cookie))
	if err != nil {
		return nil, err
	}
	return issued(c, got), nil
}
