package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

type outcomeIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Subject string `json:"subject" pattern:"^[0-9a-f]{32}$"`
		Outcome string `json:"outcome" enum:"reached,interested,not-interested,call-again,no-answer,wrong-number,opt-out"`
		Note    string `json:"note,omitempty" maxLength:"8000" doc:"at most 2,000 characters; sealed; shown with numbers and addresses taken out, as field note of a disclosure"`
	}
}

// recordOutcome answers POST /v1/work-items/{id}/outcomes.
func recordOutcome(a *API, ctx context.Context, c *call, in *outcomeIn) (*doneOut, error) {
	work, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	subject, err := subjectID(in.Body.Subject, "body.subject")
	if err != nil {
		return nil, err
	}
	err = a.Door.RecordOutcome(ctx, c.who, door.Report{
		ID: c.id, Hash: c.hash, Work: work, Subject: subject, Result: in.Body.Outcome, Note: pii.NewValue(in.Body.Note),
	})
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type outcomesByID struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

type workOutcomesOut struct {
	Body struct {
		Outcomes []workOutcome `json:"outcomes"`
	}
}

type workOutcome struct {
	Subject string    `json:"subject"`
	Outcome string    `json:"outcome"`
	At      time.Time `json:"at"`
}

// listOutcomes answers GET /v1/work-items/{id}/outcomes, of the caller's own.
func listOutcomes(a *API, ctx context.Context, c *call, in *outcomesByID) (*workOutcomesOut, error) {
	work, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	all, err := a.Door.Outcomes(ctx, c.who, work)
	if err != nil {
		return nil, err
	}
	out := &workOutcomesOut{}
	out.Body.Outcomes = make([]workOutcome, len(all))
	for i, o := range all {
		out.Body.Outcomes[i] = workOutcome{o.Subject.String(), o.Result, o.At}
	}
	return out, nil
}
