package httpapi

import (
	"context"

	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/pii"
)

type runOut struct{ Body inquiry.Run }

// pastTrace answers GET /v1/traces/{id}: a run as it was recorded.
func pastTrace(a *API, ctx context.Context, c *call, in *byID) (*runOut, error) {
	act, err := a.hearing(c, in.ID)
	if err != nil {
		return nil, err
	}
	run, err := a.Traces.Past(ctx, c.who, act.Run)
	if err != nil {
		return nil, err
	}
	return &runOut{run}, nil
}

type showTraceIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Person string `json:"person" minLength:"1" maxLength:"64" doc:"whom the run names"`
	}
}

type hearingOut struct {
	Body struct {
		Entry uint64 `json:"entry"`
	}
}

// showTrace answers POST /v1/traces/{id}/showing.
func showTrace(a *API, ctx context.Context, c *call, in *showTraceIn) (*hearingOut, error) {
	act, err := a.hearing(c, in.ID)
	if err != nil {
		return nil, err
	}
	out := &hearingOut{}
	out.Body.Entry, err = a.Traces.Show(ctx, c.who, act, pii.PersonID(in.Body.Person))
	if err != nil {
		return nil, err
	}
	return out, nil
}

type answerTraceIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"4000" doc:"in your own words; it goes into every pack that holds the run"`
	}
}

// answerTrace answers POST /v1/traces/{id}/answer.
func answerTrace(a *API, ctx context.Context, c *call, in *answerTraceIn) (*hearingOut, error) {
	act, err := a.hearing(c, in.ID)
	if err != nil {
		return nil, err
	}
	out := &hearingOut{}
	if out.Body.Entry, err = a.Traces.Answer(ctx, c.who, act, in.Body.Answer); err != nil {
		return nil, err
	}
	return out, nil
}

func (a *API) hearing(c *call, id string) (act inquiry.Act, err error) {
	if a.Traces == nil {
		return act, errNoPart
	}
	act = inquiry.Act{ID: c.id, Hash: c.hash}
	act.Run, err = requestID(id, "path.id")
	return act, err
}
