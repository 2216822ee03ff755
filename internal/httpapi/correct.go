package httpapi

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
)

type correctIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Fields map[string]string `json:"fields" maxProperties:"64" doc:"all fields of the new version"`
	}
}

type correctOut struct {
	Body struct {
		Version uint32 `json:"version"`
	}
}

// correct answers POST /v1/subjects/{id}/corrections: a new version of all
// fields. The old version stays sealed.
func correct(a *API, ctx context.Context, c *call, in *correctIn) (*correctOut, error) {
	subject, err := subjectID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	row, wrong := a.normalise(in.Body.Fields)
	if wrong != nil {
		return nil, fault.New(fault.Invalid, "bad-request", "body."+wrong[0].Where)
	}
	v, err := a.Door.Correct(ctx, c.who, c.id, c.hash, subject, row)
	if err != nil {
		return nil, err
	}
	out := &correctOut{}
	out.Body.Version = uint32(v)
	return out, nil
}
