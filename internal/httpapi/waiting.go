package httpapi

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

// Waiting lists what waits for a second person beside exceptions. The store
// implements it.
type Waiting interface {
	Erasures(ctx context.Context, in door.ErasureState) ([]door.Erasure, error)
	FoundFiles(ctx context.Context, in door.FoundState, n int) ([]door.FoundFile, error)
}

type erasureSeen struct {
	ID       string    `json:"id"`
	Subject  string    `json:"subject" doc:"her id; never a value of hers"`
	WorkItem string    `json:"work_item"`
	AskedBy  string    `json:"asked_by"`
	AskedAt  time.Time `json:"asked_at"`
}

type foundSeen struct {
	ID      string    `json:"id"`
	Case    string    `json:"case"`
	SHA256  string    `json:"sha256"`
	Rows    int64     `json:"rows"`
	AskedBy string    `json:"asked_by"`
	AskedAt time.Time `json:"asked_at"`
}

type erasuresOut struct {
	Body struct {
		Erasures []erasureSeen `json:"erasures"`
	}
}

// listErasures answers GET /v1/erasures: those that wait for a second person.
func listErasures(a *API, ctx context.Context, _ *call, _ *struct{}) (*erasuresOut, error) {
	if a.Waiting == nil {
		return nil, errNoPart
	}
	rows, err := a.Waiting.Erasures(ctx, door.ErasureAsked)
	if err != nil {
		return nil, err
	}
	out := &erasuresOut{}
	out.Body.Erasures = []erasureSeen{}
	var of []pii.Ordinal
	for i := range rows {
		if e := &rows[i]; a.Ledger.CheckStamp(e) == nil {
			of = append(of, e.Ordinal)
			out.Body.Erasures = append(out.Body.Erasures, erasureSeen{
				ID: e.ID.String(), WorkItem: e.Work.String(), AskedBy: string(e.AskedBy), AskedAt: e.AskedAt,
			})
		}
	}
	ids, err := a.ids(ctx, of)
	if err != nil {
		return nil, err
	}
	for i, o := range of {
		out.Body.Erasures[i].Subject = ids[o]
	}
	return out, nil
}

type foundFilesOut struct {
	Body struct {
		Files []foundSeen `json:"files"`
	}
}

// listFound answers GET /v1/found-files: those that wait for a second officer.
func listFound(a *API, ctx context.Context, _ *call, _ *struct{}) (*foundFilesOut, error) {
	if a.Waiting == nil {
		return nil, errNoPart
	}
	rows, err := a.Waiting.FoundFiles(ctx, door.FoundAsked, maxBatch)
	if err != nil {
		return nil, err
	}
	out := &foundFilesOut{}
	out.Body.Files = []foundSeen{}
	for i := range rows {
		if f := &rows[i]; a.Ledger.CheckStamp(f) == nil {
			out.Body.Files = append(out.Body.Files, foundSeen{
				f.ID.String(), f.Case.String(), hex.EncodeToString(f.File), f.Rows, string(f.AskedBy), f.AskedAt,
			})
		}
	}
	return out, nil
}

type sharedIn struct {
	Body struct {
		Field string `json:"field" minLength:"1" maxLength:"32"`
		Mask  string `json:"mask" minLength:"1" maxLength:"120" doc:"as a masked page shows it"`
	}
}

type sharedOut struct {
	Body struct {
		People *int `json:"people,omitempty" doc:"who share the mask; left out: fewer than enough"`
		Enough int  `json:"enough" doc:"a mask that fewer share is never shown"`
	}
}

// shared answers POST /v1/questions/shared-mask: how many customers share a mask.
// Fewer than hide each other are no number: nobody counts the numbers we hold by it.
func shared(a *API, ctx context.Context, _ *call, in *sharedIn) (*sharedOut, error) {
	n, ok, err := a.Door.Sharers(ctx, pii.Field(in.Body.Field), in.Body.Mask)
	if err != nil {
		return nil, err
	}
	out := &sharedOut{}
	out.Body.Enough = door.EnoughToHide
	if ok {
		out.Body.People = &n
	}
	return out, nil
}
