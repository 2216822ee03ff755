package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// optionsOut is the first half of a ceremony. A browser hands public_key to
// PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON.
type optionsOut struct {
	Body struct {
		Ceremony  string    `json:"ceremony" doc:"to hand back with what the authenticator answered"`
		PublicKey any       `json:"public_key" doc:"WebAuthn options, as JSON"`
		Until     time.Time `json:"until"`
	}
}

func options(o authn.Options, err error) (*optionsOut, error) {
	if err != nil {
		return nil, err
	}
	out := &optionsOut{}
	out.Body.Ceremony, out.Body.PublicKey, out.Body.Until = o.Ceremony, o.PublicKey, o.Until
	return out, nil
}

// answered is the second half: the ceremony, and the credential's toJSON().
type answered struct {
	Ceremony   string          `json:"ceremony" minLength:"1" maxLength:"2000"`
	Credential json.RawMessage `json:"credential" doc:"PublicKeyCredential.toJSON()"`
}

func (x answered) answer() authn.Answer {
	return authn.Answer{Ceremony: x.Ceremony, Credential: x.Credential}
}

type signInOptionsIn struct {
	Body struct {
		Password bool `json:"password,omitempty" doc:"a password will come with the passkey, which then need not verify its owner"`
	}
}

func signInOptions(a *API, _ context.Context, _ *call, in *signInOptionsIn) (*optionsOut, error) {
	return options(a.Authn.BeginSignIn(in.Body.Password))
}

type passkeySignIn struct {
	Body struct {
		Ceremony   string          `json:"ceremony" minLength:"1" maxLength:"2000"`
		Credential json.RawMessage `json:"credential" doc:"PublicKeyCredential.toJSON()"`
		Cookie     bool            `json:"cookie,omitempty" doc:"keep the session in a cookie of this browser instead of telling its token"`
	}
}

func signInByPasskey(a *API, ctx context.Context, c *call, in *passkeySignIn) (*issuedOut, error) {
	got, err := a.Authn.SignInByPasskey(ctx, answered{in.Body.Ceremony, in.Body.Credential}.answer(), c.client(in.Body.Cookie))
	if err != nil {
		return nil, err
	}
	return issued(c, got), nil
}

type passwordSignIn struct {
	Body struct {
		Person     string          `json:"person" minLength:"1" maxLength:"40" doc:"the staff number"`
		Password   string          `json:"password" minLength:"1" maxLength:"512"`
		Ceremony   string          `json:"ceremony" minLength:"1" maxLength:"2000"`
		Credential json.RawMessage `json:"credential" doc:"PublicKeyCredential.toJSON()"`
		Cookie     bool            `json:"cookie,omitempty" doc:"keep the session in a cookie of this browser instead of telling its token"`
	}
}

func signInByPassword(a *API, ctx context.Context, c *call, in *passwordSignIn) (*issuedOut, error) {
	b := &in.Body
	got, err := a.Authn.SignInByPassword(ctx, pii.PersonID(b.Person), b.Password, answered{b.Ceremony, b.Credential}.answer(), c.client(b.Cookie))
	if err != nil {
		return nil, err
	}
	return issued(c, got), nil
}

type enrolOptionsIn struct {
	Body struct {
		Replace bool `json:"replace,omitempty" doc:"end the other passkeys and sessions; a one-time code suffices for it"`
	}
}

func enrolOptions(a *API, ctx context.Context, c *call, in *enrolOptionsIn) (*optionsOut, error) {
	return options(a.Authn.BeginEnrolment(ctx, c.who, in.Body.Replace))
}

type passkey struct {
	ID     string    `json:"id"`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at"`
	Synced bool      `json:"synced" doc:"its vendor keeps copies of it"`
}

type passkeyOut struct {
	Body passkey
}

type answerIn struct {
	Body answered
}

func enrolPasskey(a *API, ctx context.Context, c *call, in *answerIn) (*passkeyOut, error) {
	k, err := a.Authn.Enrol(ctx, c.who, in.Body.answer(), c.source)
	if err != nil {
		return nil, err
	}
	return &passkeyOut{Body: passkey(k)}, nil
}

type signsInWith struct {
	Body struct {
		Passkeys []passkey `json:"passkeys"`
		Password bool      `json:"password" doc:"a password is set"`
		Sessions int       `json:"sessions" doc:"how many sessions are allowed at a time"`
	}
}

func (a *API) accountOf(ctx context.Context, c *call, person pii.PersonID) (*signsInWith, error) {
	got, err := a.Authn.Account(ctx, c.who, person)
	if err != nil {
		return nil, err
	}
	out := &signsInWith{}
	out.Body.Passkeys, out.Body.Password, out.Body.Sessions = []passkey{}, got.Password, got.Sessions
	for _, k := range got.Passkeys {
		out.Body.Passkeys = append(out.Body.Passkeys, passkey(k))
	}
	return out, nil
}

func myAccount(a *API, ctx context.Context, c *call, _ *struct{}) (*signsInWith, error) {
	return a.accountOf(ctx, c, c.who.Person.ID)
}

func personAccount(a *API, ctx context.Context, c *call, in *ofPerson) (*signsInWith, error) {
	return a.accountOf(ctx, c, pii.PersonID(in.ID))
}

type passkeyByID struct {
	ID string `path:"id" minLength:"32" maxLength:"32"`
}

func endPasskey(a *API, ctx context.Context, c *call, in *passkeyByID) (*struct{}, error) {
	return nil, a.Authn.EndPasskey(ctx, c.who, in.ID)
}

func endAccount(a *API, ctx context.Context, c *call, in *ofPerson) (*struct{}, error) {
	return nil, a.Authn.EndAccount(ctx, c.who, pii.PersonID(in.ID))
}

type allowIn struct {
	ID   string `path:"id" minLength:"1" maxLength:"40"`
	Body struct {
		Sessions int `json:"sessions" minimum:"1" maximum:"5"`
	}
}

func allowSessions(a *API, ctx context.Context, c *call, in *allowIn) (*struct{}, error) {
	return nil, a.Authn.AllowSessions(ctx, c.who, pii.PersonID(in.ID), in.Body.Sessions)
}

type passwordIn struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"512"`
	}
}

func setPassword(a *API, ctx context.Context, c *call, in *passwordIn) (*struct{}, error) {
	return nil, a.Authn.SetPassword(ctx, c.who, in.Body.Password)
}

type nothingIn struct {
	Body *nothing
}

func stepUpOptions(a *API, ctx context.Context, c *call, _ *nothingIn) (*optionsOut, error) {
	return options(a.Authn.BeginStepUp(ctx, c.who))
}

type stepUpOut struct {
	Body struct {
		Until time.Time `json:"step_up_until"`
	}
}

func stepUp(a *API, ctx context.Context, c *call, in *answerIn) (*stepUpOut, error) {
	until, err := a.Authn.StepUp(ctx, c.who, in.Body.answer(), c.source)
	if err != nil {
		return nil, err
	}
	out := &stepUpOut{}
	out.Body.Until = until
	return out, nil
}

// freshEnough refuses an approval by somebody who did not prove herself just now.
func (rt *route) freshEnough(p party.Principal, now time.Time) bool {
	return !rt.fresh || p.MayApprove(now)
}
