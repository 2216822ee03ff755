package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/inquiry"
)

type foundIn struct {
	Body struct {
		Case   string `json:"case" pattern:"^[0-9a-f]{32}$" doc:"the open complaint it is matched under"`
		SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of the file"`
		Rows   int64  `json:"rows" minimum:"1" doc:"rows of data"`
	}
}

type foundOut struct {
	Body struct {
		ID    string `json:"id"`
		State string `json:"state" enum:"asked,approved"`
	}
}

// claim reads what the officer says about a file.
func claim(caseID, sha256, where string, rows int64) (f door.FoundClaim, err error) {
	if f.Case, err = requestID(caseID, where+".case"); err != nil {
		return f, err
	}
	f.Rows = rows
	f.File, err = hash(sha256, where+".sha256")
	return f, err
}

func askFound(a *API, ctx context.Context, c *call, in *foundIn) (*foundOut, error) {
	if a.Cases == nil {
		return nil, errNoPart
	}
	f, err := claim(in.Body.Case, in.Body.SHA256, "body", in.Body.Rows)
	if err != nil {
		return nil, err
	}
	row, err := a.Door.AskFound(ctx, c.who, c.id, c.hash, f, a.Cases)
	if err != nil {
		return nil, err
	}
	out := &foundOut{}
	out.Body.ID, out.Body.State = row.ID.String(), string(row.State)
	return out, nil
}

func approveFound(a *API, ctx context.Context, c *call, in *byID) (*foundOut, error) {
	if a.Cases == nil {
		return nil, errNoPart
	}
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Door.ApproveFound(ctx, c.who, c.id, c.hash, id, a.Cases); err != nil {
		return nil, err
	}
	out := &foundOut{}
	out.Body.ID, out.Body.State = id.String(), string(door.FoundApproved)
	return out, nil
}

type matchIn struct {
	Case    string    `query:"case" required:"true" pattern:"^[0-9a-f]{32}$"`
	SHA256  string    `query:"sha256" required:"true" pattern:"^[0-9a-f]{64}$"`
	Rows    int64     `query:"rows" required:"true" minimum:"1"`
	FoundAt time.Time `query:"found_at" required:"true" doc:"when the file was found"`
}

type matchOut struct{ Body inquiry.FileAnswer }

// matchFound answers POST /v1/found-files/matching; the body is the file itself.
func matchFound(a *API, ctx context.Context, c *call, in *matchIn) (*matchOut, error) {
	if a.Traces == nil {
		return nil, errNoPart
	}
	f, err := claim(in.Case, in.SHA256, "query", in.Rows)
	if err != nil {
		return nil, err
	}
	if in.FoundAt.Before(earliest) || in.FoundAt.After(c.now.Add(time.Hour)) {
		return nil, bad("query.found_at")
	}
	got, err := a.Traces.File(ctx, c.who, inquiry.FileQuestion{ID: c.id, Claim: f, FoundAt: in.FoundAt}, c.body)
	if err != nil {
		return nil, err
	}
	return &matchOut{got}, nil
}
