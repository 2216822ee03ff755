package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

type personIn struct {
	Body struct {
		ID            string   `json:"id" minLength:"1" maxLength:"40" doc:"the staff number, not a name"`
		Org           string   `json:"org" minLength:"1" maxLength:"40"`
		Kind          string   `json:"kind" enum:"staff,outsourced,partner,officer,sysadmin,secadmin,auditor"`
		ContractFrom  instant  `json:"contract_from"`
		ContractUntil *instant `json:"contract_until,omitempty"`
		TrainedUntil  *instant `json:"trained_until,omitempty"`
		Suspended     bool     `json:"suspended,omitempty"`
	}
}

type doneOut struct {
	Body struct {
		Entry string `json:"request" doc:"the id of the entry that records it"`
	}
}

func done(id pii.RequestID) *doneOut {
	out := &doneOut{}
	out.Body.Entry = id.String()
	return out
}

func putPerson(a *API, ctx context.Context, c *call, in *personIn) (*doneOut, error) {
	b := &in.Body
	err := a.Register.PutPerson(ctx, c.asked(), party.Person{
		ID: pii.PersonID(b.ID), Org: pii.OrgID(b.Org), Kind: party.PersonKind(b.Kind), ContractFrom: b.ContractFrom.Time,
		ContractUntil: b.ContractUntil.orZero(), TrainedUntil: b.TrainedUntil.orZero(), Suspended: b.Suspended,
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type personByID struct {
	ID   string `path:"id" minLength:"1" maxLength:"40"`
	Body *nothing
}

func endPerson(a *API, ctx context.Context, c *call, in *personByID) (*doneOut, error) {
	if err := a.Register.EndPerson(ctx, c.asked(), pii.PersonID(in.ID)); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type codeOut struct {
	Body struct {
		Code string `json:"code" doc:"shown once: hand it to the person"`
	}
}

func invite(a *API, ctx context.Context, c *call, in *personByID) (*codeOut, error) {
	code, err := a.Authn.Invite(ctx, c.who, pii.PersonID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &codeOut{}
	out.Body.Code = code
	return out, nil
}

type orgIn struct {
	Body struct {
		ID             string   `json:"id" minLength:"1" maxLength:"40"`
		Kind           string   `json:"kind" enum:"own,entrusted,handler"`
		Title          string   `json:"title" minLength:"1" maxLength:"200"`
		AgreementUntil *instant `json:"agreement_until,omitempty"`
		Assessment     string   `json:"assessment,omitempty" maxLength:"200" doc:"reference of the impact assessment"`
		Suspended      bool     `json:"suspended,omitempty"`
	}
}

func putOrg(a *API, ctx context.Context, c *call, in *orgIn) (*doneOut, error) {
	b := &in.Body
	err := a.Register.PutOrg(ctx, c.asked(), party.Org{
		ID: pii.OrgID(b.ID), Kind: party.OrgKind(b.Kind), Title: b.Title,
		AgreementUntil: b.AgreementUntil.orZero(), Assessment: b.Assessment, Suspended: b.Suspended,
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type rulesIn struct {
	Body struct {
		Text string `json:"text" maxLength:"262144" doc:"the company's own rules, as Cedar text"`
	}
}

type rulesOut struct {
	Body struct {
		Version string `json:"version"`
	}
}

func putRules(a *API, ctx context.Context, c *call, in *rulesIn) (*rulesOut, error) {
	version, err := a.Register.PutRules(ctx, c.asked(), in.Body.Text)
	var wrong *policy.RuleFault
	if errors.As(err, &wrong) {
		p := problem(err, c.lang)
		p.Errors = []Place{{Where: "body.text", Line: wrong.Line}}
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	out := &rulesOut{}
	out.Body.Version = version
	return out, nil
}

type tokenIn struct {
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" doc:"the officer's one-time code"`
		Name  string `json:"name" minLength:"1" maxLength:"40"`
		Scope string `json:"scope" enum:"import,switch,crm,metrics,witness"`
	}
}

type issuedOut struct {
	Body struct {
		Token    string    `json:"token" doc:"shown once"`
		Person   string    `json:"person"`
		Until    time.Time `json:"until"`
		NextCode string    `json:"next_code" doc:"the next one-time code of the person whose code was used; shown once"`
	}
}

func makeToken(a *API, ctx context.Context, c *call, in *tokenIn) (*issuedOut, error) {
	got, err := a.Authn.CreateToken(ctx, in.Body.Code, in.Body.Name, in.Body.Scope, c.source)
	if err != nil {
		return nil, err
	}
	out := &issuedOut{}
	out.Body.Token, out.Body.Person, out.Body.Until, out.Body.NextCode = got.Secret, string(got.Person), got.Until, got.NextCode
	return out, nil
}

type sessionIn struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64" doc:"the person's one-time code"`
	}
}

func signIn(a *API, ctx context.Context, c *call, in *sessionIn) (*issuedOut, error) {
	got, err := a.Authn.SignIn(ctx, in.Body.Code, c.source)
	if err != nil {
		return nil, err
	}
	out := &issuedOut{}
	out.Body.Token, out.Body.Person, out.Body.Until, out.Body.NextCode = got.Secret, string(got.Person), got.Until, got.NextCode
	return out, nil
}

func signOut(a *API, ctx context.Context, c *call, _ *struct{}) (*struct{}, error) {
	return nil, a.Authn.SignOut(ctx, c.bearer, c.source)
}
