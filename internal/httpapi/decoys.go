package httpapi

import (
	"context"
	"fmt"

	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/pii"
)

type decoyValue struct {
	Field   string `json:"field" maxLength:"32" doc:"phone, email, …: an indexed field"`
	Value   string `json:"value" minLength:"1" maxLength:"512" doc:"a number or address that the company holds itself"`
	Control bool   `json:"control,omitempty" doc:"it is shown to nobody, and measures stray contacts"`
	// Recipient makes it an alias.
	Recipient string `json:"recipient,omitempty" maxLength:"64" doc:"an alias: the person who was given it in place of a customer's, and nobody else was"`
}

type decoysIn struct {
	Body struct {
		Decoys []decoyValue `json:"decoys" minItems:"1" maxItems:"1000"`
	}
}

// nameDecoys answers POST /v1/decoys alike, whether or not anybody with the number
// is stored.
func nameDecoys(a *API, ctx context.Context, c *call, in *decoysIn) (*hearingOut, error) {
	if a.Decoys == nil {
		return nil, errNoPart
	}
	values := make([]decoy.Value, len(in.Body.Decoys))
	for i, d := range in.Body.Decoys {
		f, v, err := a.indexed(d.Field, d.Value, fmt.Sprintf("body.decoys[%d]", i))
		if err != nil {
			return nil, err
		}
		who := pii.PersonID(d.Recipient)
		if who != "" && (d.Control || !who.IsWellFormed()) {
			return nil, bad(fmt.Sprintf("body.decoys[%d].recipient", i))
		}
		values[i] = decoy.Value{Field: f, Value: v, Control: d.Control, Recipient: who}
	}
	out := &hearingOut{}
	var err error
	if out.Body.Entry, err = a.Decoys.Name(ctx, c.who, decoy.Act{ID: c.id, Hash: c.hash}, values); err != nil {
		return nil, err
	}
	return out, nil
}

type decoyContact struct {
	Field  string   `json:"field" maxLength:"32"`
	Value  string   `json:"value" minLength:"1" maxLength:"512" doc:"the decoy's or the alias' number or address"`
	At     instant  `json:"at" doc:"when it was contacted"`
	Caller string   `json:"caller,omitempty" maxLength:"256" doc:"the number or address it came from"`
	Known  []string `json:"known,omitempty" maxItems:"64" maxLength:"32" doc:"what the caller knew besides: names of fields"`
}

type contactsIn struct {
	Body struct {
		Contacts []decoyContact `json:"contacts" minItems:"1" maxItems:"1000"`
	}
}

// reportContacts answers POST /v1/decoys/contacts.
func reportContacts(a *API, ctx context.Context, c *call, in *contactsIn) (*hearingOut, error) {
	if a.Decoys == nil {
		return nil, errNoPart
	}
	contacts := make([]decoy.Contact, len(in.Body.Contacts))
	for i, x := range in.Body.Contacts {
		where := fmt.Sprintf("body.contacts[%d]", i)
		f, v, err := a.indexed(x.Field, x.Value, where)
		if err != nil {
			return nil, err
		}
		if x.At.After(c.now) {
			return nil, bad(where + ".at")
		}
		contacts[i] = decoy.Contact{Field: f, Value: v, At: x.At.Time, Caller: pii.NewValue(x.Caller)}
		for n, k := range x.Known {
			if _, ok := a.Door.Vault.Schema().Spec(pii.Field(k)); !ok {
				return nil, bad(fmt.Sprintf("%s.known[%d]", where, n))
			}
			contacts[i].Known = append(contacts[i].Known, pii.Field(k))
		}
	}
	out := &hearingOut{}
	var err error
	if out.Body.Entry, err = a.Decoys.Report(ctx, c.who, decoy.Act{ID: c.id, Hash: c.hash}, contacts); err != nil {
		return nil, err
	}
	return out, nil
}

// indexed is a normalised value of a field that customers are found by.
func (a *API) indexed(field, value, where string) (pii.Field, pii.Value, error) {
	spec, ok := a.Door.Vault.Schema().Spec(pii.Field(field))
	if !ok || !spec.Indexed {
		return "", pii.Value{}, bad(where + ".field")
	}
	v, err := spec.Normalise(value)
	if err != nil || v.IsEmpty() {
		return "", pii.Value{}, bad(where + ".value")
	}
	return spec.Field, v, nil
}

type planIn struct {
	Rate     float64 `query:"rate" minimum:"0" maximum:"1" default:"0.3" doc:"how likely a leaked decoy is contacted"`
	Share    float64 `query:"share" minimum:"0" maximum:"1" default:"1" doc:"share of the batch that is passed on"`
	Power    float64 `query:"power" minimum:"0" maximum:"1" default:"0.9" doc:"wanted probability"`
	Contacts int     `query:"contacts" minimum:"1" maximum:"100" default:"2" doc:"of at least this many contacts"`
}

type planOut struct {
	Body struct {
		decoy.Plan
		Decoys int `json:"decoys" doc:"exclusive to one batch; 0: no sensible number does it"`
	}
}

// planDecoys answers GET /v1/decoys/plan.
func planDecoys(_ *API, _ context.Context, _ *call, in *planIn) (*planOut, error) {
	out := &planOut{}
	out.Body.Plan = decoy.Plan{Rate: in.Rate, Share: in.Share, Power: in.Power, Contacts: in.Contacts}
	out.Body.Decoys = out.Body.Plan.Decoys()
	return out, nil
}

type countOut struct{ Body decoy.Counts }

// countDecoys answers GET /v1/decoys.
func countDecoys(a *API, ctx context.Context, c *call, _ *struct{}) (*countOut, error) {
	if a.Decoys == nil {
		return nil, errNoPart
	}
	n, err := a.Decoys.Count(ctx, c.who)
	if err != nil {
		return nil, err
	}
	return &countOut{n}, nil
}
