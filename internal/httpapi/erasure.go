package httpapi

import (
	"context"
	"time"
)

type erasureIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		WorkItem string `json:"work_item" pattern:"^[0-9a-f]{32}$" doc:"the rights request, or expired retention, it rests on"`
	}
}

type erasureOut struct {
	Body struct {
		Erasure string `json:"erasure"`
		State   string `json:"state" enum:"asked"`
	}
}

// askErasure answers POST /v1/subjects/{id}/erasure with 202: another person
// approves.
func askErasure(a *API, ctx context.Context, c *call, in *erasureIn) (*erasureOut, error) {
	subject, err := subjectID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	work, err := requestID(in.Body.WorkItem, "body.work_item")
	if err != nil {
		return nil, err
	}
	id, err := a.Door.AskErasure(ctx, c.who, c.id, c.hash, subject, work)
	if err != nil {
		return nil, err
	}
	out := &erasureOut{}
	out.Body.Erasure, out.Body.State = id.String(), "asked"
	return out, nil
}

type approvedOut struct {
	Body struct {
		State        string    `json:"state" enum:"done"`
		BackupsUntil time.Time `json:"backups_until" doc:"when the period key of today's backups is destroyed"`
	}
}

func approveErasure(a *API, ctx context.Context, c *call, in *byID) (*approvedOut, error) {
	if a.Holds == nil {
		return nil, errNoPart
	}
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Door.ApproveErasure(ctx, c.who, c.id, c.hash, id, a.Holds); err != nil {
		return nil, err
	}
	out := &approvedOut{}
	out.Body.State, out.Body.BackupsUntil = "done", backupsUntil(c.now)
	return out, nil
}

// backupsUntil is when a backup of today stops opening: the period key of a
// calendar month (UTC+8) is destroyed when the month after the next begins.
func backupsUntil(now time.Time) time.Time {
	t := now.In(time.FixedZone("UTC+8", 8*60*60))
	return time.Date(t.Year(), t.Month()+2, 1, 0, 0, 0, 0, t.Location())
}
