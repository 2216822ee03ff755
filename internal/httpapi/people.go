package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type personIn struct {
	Body struct {
		ID            string   `json:"id" minLength:"1" maxLength:"40" doc:"the staff number, not a name"`
		Org           string   `json:"org" minLength:"1" maxLength:"40"`
		Kind          string   `json:"kind" enum:"staff,outsourced,partner,officer,sysadmin,secadmin,auditor"`
		Post          string   `json:"post,omitempty" pattern:"^([a-z][a-z0-9-]{0,39})?$" doc:"a code of the company's, which its rules may name"`
		Level         int      `json:"level,omitempty" minimum:"0" maximum:"4" doc:"the highest level of fields the post is meant for"`
		Manager       string   `json:"manager,omitempty" maxLength:"40" doc:"who confirms what the person holds"`
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
		ID: pii.PersonID(b.ID), Org: pii.OrgID(b.Org), Kind: party.PersonKind(b.Kind), Post: b.Post,
		Level: uint8(b.Level), Manager: pii.PersonID(b.Manager), ContractFrom: b.ContractFrom.Time,
		ContractUntil: b.ContractUntil.orZero(), TrainedUntil: b.TrainedUntil.orZero(), Suspended: b.Suspended,
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type pageIn struct {
	After string `query:"after" maxLength:"40" doc:"the last id of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type personOut struct {
	ID            string     `json:"id"`
	Org           string     `json:"org"`
	Kind          string     `json:"kind"`
	Post          string     `json:"post,omitempty"`
	Level         int        `json:"level,omitempty"`
	Manager       string     `json:"manager,omitempty"`
	ContractFrom  time.Time  `json:"contract_from"`
	ContractUntil *time.Time `json:"contract_until,omitempty"`
	TrainedUntil  *time.Time `json:"trained_until,omitempty"`
	Suspended     bool       `json:"suspended,omitempty"`
	Forged        bool       `json:"forged,omitempty" doc:"the row was not written by the ledger and gives nothing"`
}

type peopleOut struct {
	Body struct {
		People []personOut `json:"people"`
		Next   string      `json:"next,omitempty" doc:"after: for the next page; left out on the last"`
	}
}

// listPeople answers GET /v1/people.
func listPeople(a *API, ctx context.Context, _ *call, in *pageIn) (*peopleOut, error) {
	rows, err := a.People.Persons(ctx, pii.PersonID(in.After), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &peopleOut{}
	out.Body.People = make([]personOut, len(rows))
	for i := range rows {
		out.Body.People[i] = a.personSeen(&rows[i])
	}
	if len(rows) == in.Limit {
		out.Body.Next = string(rows[len(rows)-1].ID)
	}
	return out, nil
}

func (a *API) personSeen(p *party.Person) personOut {
	out := personOf(p)
	out.Forged = a.Ledger.CheckStamp(p) != nil
	return out
}

func personOf(p *party.Person) personOut {
	return personOut{
		ID: string(p.ID), Org: string(p.Org), Kind: string(p.Kind), Post: p.Post, Level: int(p.Level), Manager: string(p.Manager),
		ContractFrom: p.ContractFrom, ContractUntil: orNil(p.ContractUntil), TrainedUntil: orNil(p.TrainedUntil), Suspended: p.Suspended,
	}
}

// orNil leaves the zero time out of an answer.
func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
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

type trainingIn struct {
	ID   string `path:"id" minLength:"1" maxLength:"40"`
	Body struct {
		Course    string  `json:"course" pattern:"^[a-z][a-z0-9-]{0,39}$" doc:"pi-protection is the one that counts for reading"`
		At        instant `json:"at" doc:"when it was passed"`
		Until     instant `json:"until" doc:"when it must be repeated"`
		Reference string  `json:"reference" minLength:"1" maxLength:"200" doc:"where the company keeps the proof"`
	}
}

func putTraining(a *API, ctx context.Context, c *call, in *trainingIn) (*doneOut, error) {
	b := &in.Body
	err := a.Register.Train(ctx, c.asked(), party.Training{
		Person: pii.PersonID(in.ID), Course: b.Course, At: b.At.Time, Until: b.Until.Time, Reference: b.Reference,
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type personAsked struct {
	ID string `path:"id" minLength:"1" maxLength:"40"`
}

type trainingOut struct {
	Body struct {
		Training []trained `json:"training"`
	}
}

type trained struct {
	Course    string    `json:"course"`
	At        time.Time `json:"at"`
	Until     time.Time `json:"until"`
	Reference string    `json:"reference,omitempty" doc:"left out of what was only declared with the person"`
}

// listTraining answers GET /v1/people/{id}/trainings. Rows the ledger did not make
// are left out.
func listTraining(a *API, ctx context.Context, _ *call, in *personAsked) (*trainingOut, error) {
	rows, err := a.People.Training(ctx, pii.PersonID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &trainingOut{}
	out.Body.Training = make([]trained, 0, len(rows))
	for i := range rows {
		if t := &rows[i]; a.Ledger.CheckStamp(t) == nil {
			out.Body.Training = append(out.Body.Training, trained{t.Course, t.At, t.Until, t.Reference})
		}
	}
	return out, nil
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

type tokenIn struct {
	Body struct {
		Code  string `json:"code" minLength:"1" maxLength:"64" doc:"the officer's one-time code"`
		Name  string `json:"name" minLength:"1" maxLength:"40"`
		Scope string `json:"scope" enum:"import,switch,crm,metrics,witness,postgres"`
	}
}

func makeToken(a *API, ctx context.Context, c *call, in *tokenIn) (*issuedOut, error) {
	got, err := a.Authn.CreateToken(ctx, in.Body.Code, in.Body.Name, in.Body.Scope, c.source)
	if err != nil {
		return nil, err
	}
	return issued(c, got), nil
}
