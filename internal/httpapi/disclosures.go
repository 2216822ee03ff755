package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

type disclosureIn struct {
	Body struct {
		Form     string   `json:"form" enum:"masked,token,plain"`
		Fields   []string `json:"fields" minItems:"1" maxItems:"64" maxLength:"32"`
		Purpose  string   `json:"purpose" minLength:"1" maxLength:"64"`
		WorkItem string   `json:"work_item" pattern:"^[0-9a-f]{32}$"`
		Subjects []string `json:"subjects" minItems:"1" maxItems:"1000" pattern:"^[0-9a-f]{32}$"`
	}
}

type disclosureOut struct {
	Body disclosure
}

// disclosure is what a request for values is answered with.
type disclosure struct {
	ID      string       `json:"id" doc:"the disclosure id, as the ledger keeps it"`
	Entry   uint64       `json:"entry" doc:"the ledger entry"`
	At      time.Time    `json:"at"`
	Mark    string       `json:"mark,omitempty" doc:"the visible mark to show beside plain values"`
	Results []disclosed1 `json:"results"`
}

// disclosed1 is the answer for one subject.
type disclosed1 struct {
	Subject string            `json:"subject"`
	Shown   bool              `json:"shown"`
	Values  map[string]string `json:"values,omitempty"`
	Token   string            `json:"token,omitempty"`
	Reasons []Reason          `json:"reasons,omitempty"`
	Highest string            `json:"highest,omitempty" doc:"the highest form that would be allowed instead"`
}

// disclose answers POST /v1/disclosures: one subject is answered or refused with
// a problem, several with a result each.
func disclose(a *API, ctx context.Context, c *call, in *disclosureIn) (*disclosureOut, error) {
	r, err := request(c, in)
	if err != nil {
		return nil, err
	}
	got, err := a.Door.Disclose(ctx, c.who, r)
	if err != nil {
		return nil, err
	}
	if first := got.Results[0]; len(got.Results) == 1 && !first.Shown {
		return nil, refusal(got.ID, first.Reasons, first.Highest, c.lang)
	}
	out := &disclosureOut{Body: disclosure{
		ID: got.ID.String(), Entry: got.Entry, At: got.At, Mark: got.Mark, Results: make([]disclosed1, len(got.Results)),
	}}
	for i, res := range got.Results {
		out.Body.Results[i] = shown(res)
	}
	return out, nil
}

func request(c *call, in *disclosureIn) (door.Request, error) {
	b := &in.Body
	r := door.Request{
		ID: c.id, Hash: c.hash, Verb: pii.Read, Purpose: pii.Purpose(b.Purpose),
		Fields: make([]pii.Field, len(b.Fields)), Subjects: make([]pii.SubjectID, len(b.Subjects)),
	}
	if r.Form.UnmarshalText([]byte(b.Form)) != nil {
		return r, bad("body.form")
	}
	if r.Work.UnmarshalText([]byte(b.WorkItem)) != nil {
		return r, bad("body.work_item")
	}
	for i, f := range b.Fields {
		r.Fields[i] = pii.Field(f)
	}
	for i, s := range b.Subjects {
		if r.Subjects[i].UnmarshalText([]byte(s)) != nil {
			return r, bad("body.subjects")
		}
	}
	return r, nil
}

// shown puts one result into the answer.
func shown(res door.Result) disclosed1 {
	d := disclosed1{Subject: res.Subject.String(), Shown: res.Shown}
	if !res.Shown {
		d.Reasons = reasonsOf(res.Reasons)
		if res.Highest != pii.None {
			d.Highest = res.Highest.String()
		}
		return d
	}
	if res.Token != (pii.SubjectID{}) {
		d.Token = res.Token.String()
	}
	if len(res.Values) > 0 {
		d.Values = make(map[string]string, len(res.Values))
		for f, v := range res.Values {
			d.Values[string(f)] = reveal(v)
		}
	}
	return d
}

// reveal is the only place in this package where a value becomes text.
func reveal(v pii.Value) string { return v.Reveal() }
