package httpapi

import (
	"context"
	"net/http"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

type lookupIn struct {
	Body struct {
		Field    string `json:"field,omitempty" maxLength:"32" doc:"for people; the switch looks up phones"`
		Value    string `json:"value" minLength:"1" maxLength:"512"`
		Purpose  string `json:"purpose" minLength:"1" maxLength:"64"`
		WorkItem string `json:"work_item,omitempty" pattern:"^[0-9a-f]{32}$" doc:"for people: their open work item"`
		Assignee string `json:"assignee,omitempty" maxLength:"64" doc:"for the switch: who takes the call"`
	}
}

type lookupOut struct {
	Status int
	Body   struct {
		ID       string `json:"id"`
		Subject  string `json:"subject,omitempty" doc:"the hit, for people"`
		WorkItem string `json:"work_item,omitempty" doc:"the caller's work item, for the switch: made whether we know him or not"`
	}
}

// lookup answers POST /v1/lookups. A person gets a hit or no-grant; the switch
// gets the id of the work item it has posted.
func lookup(a *API, ctx context.Context, c *call, in *lookupIn) (*lookupOut, error) {
	if c.who.IsService() {
		return inbound(a, ctx, c, in)
	}
	spec, ok := a.Door.Vault.Schema().Spec(pii.Field(in.Body.Field))
	switch {
	case !ok || !spec.Indexed:
		return nil, bad("body.field")
	case in.Body.WorkItem == "":
		return nil, bad("body.work_item")
	case in.Body.Assignee != "":
		return nil, bad("body.assignee")
	}
	work, err := requestID(in.Body.WorkItem, "body.work_item")
	if err != nil {
		return nil, err
	}
	value, err := spec.Normalise(in.Body.Value)
	if err != nil || value.IsEmpty() {
		return nil, bad("body.value")
	}
	found, err := a.Door.Find(ctx, c.who, door.Lookup{
		ID: c.id, Hash: c.hash, Field: spec.Field, Value: value, Purpose: pii.Purpose(in.Body.Purpose), Work: work,
	})
	if err != nil {
		return nil, err
	}
	if !found.Hit {
		return nil, refusal(found.ID, found.Reasons, pii.None, c.lang)
	}
	out := &lookupOut{Status: http.StatusOK}
	out.Body.ID, out.Body.Subject = found.ID.String(), found.Subject.String()
	return out, nil
}

// inbound posts a caller at the switch as a work item.
func inbound(a *API, ctx context.Context, c *call, in *lookupIn) (*lookupOut, error) {
	switch {
	case in.Body.Field != "" && in.Body.Field != string(pii.Phone):
		return nil, bad("body.field")
	case in.Body.WorkItem != "":
		return nil, bad("body.work_item")
	}
	number, err := pii.FieldSpec{Field: pii.Phone, Kind: pii.KindPhone}.Normalise(in.Body.Value)
	if err != nil || number.IsEmpty() {
		return nil, bad("body.value")
	}
	p, _, ok, err := a.People.Person(ctx, pii.PersonID(in.Body.Assignee))
	if err != nil {
		return nil, err
	}
	if !ok || a.Ledger.CheckStamp(&p) != nil || !p.OpenAt(c.now) || p.Suspended {
		return nil, bad("body.assignee")
	}
	id, err := a.Door.Inbound(ctx, c.who, door.Inbound{
		ID: c.id, Hash: c.hash, Value: number, Purpose: pii.Purpose(in.Body.Purpose), Assignee: p,
	})
	if err != nil {
		return nil, err
	}
	out := &lookupOut{Status: http.StatusCreated}
	out.Body.ID, out.Body.WorkItem = id.String(), id.String()
	return out, nil
}
