package httpapi

import (
	"context"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// errNoPart is what a route answers whose part of the server is not set up.
var errNoPart = fault.New(fault.Unavailable, "unavailable", "")

type callIn struct {
	Body struct {
		Subject  string `json:"subject" pattern:"^[0-9a-f]{32}$"`
		Purpose  string `json:"purpose" minLength:"1" maxLength:"64"`
		WorkItem string `json:"work_item" pattern:"^[0-9a-f]{32}$"`
	}
}

type callOut struct {
	Body struct {
		ID    string    `json:"id" doc:"the call id, which is the disclosure id"`
		Entry uint64    `json:"entry"`
		At    time.Time `json:"at"`
	}
}

// placeCall answers POST /v1/calls: the call is placed, the number is not told.
func placeCall(a *API, ctx context.Context, c *call, in *callIn) (*callOut, error) {
	if a.Calls == nil {
		return nil, errNoPart
	}
	subject, err := subjectID(in.Body.Subject, "body.subject")
	if err != nil {
		return nil, err
	}
	work, err := requestID(in.Body.WorkItem, "body.work_item")
	if err != nil {
		return nil, err
	}
	got, err := a.Calls.Call(ctx, c.who, dial.Request{
		ID: c.id, Hash: c.hash, Subject: subject, Purpose: pii.Purpose(in.Body.Purpose), Work: work,
	})
	if err != nil {
		p := problem(err, c.lang)
		if got.CallID != (pii.RequestID{}) {
			p.ID = got.CallID.String() // its entry stays, and counts
		}
		return nil, p
	}
	if !got.Result.Shown {
		return nil, refusal(got.CallID, got.Result.Reasons, got.Result.Highest, c.lang)
	}
	out := &callOut{}
	out.Body.ID, out.Body.Entry, out.Body.At = got.CallID.String(), got.Entry, got.At
	return out, nil
}

type outcomesIn struct {
	Body struct {
		Outcomes []outcomeItem `json:"outcomes" minItems:"1" maxItems:"1000"`
	}
}

type outcomeItem struct {
	CallID  string  `json:"call_id" pattern:"^[0-9a-f]{32}$"`
	Result  string  `json:"result" enum:"connected,busy,no-answer,rejected,unreachable,failed,cancelled"`
	At      instant `json:"at"`
	Seconds int     `json:"seconds" minimum:"0" maximum:"86400"`
}

type outcomesOut struct {
	Body struct {
		Results []outcome `json:"results"`
	}
}

type outcome struct {
	CallID string `json:"call_id"`
	Status string `json:"status" enum:"recorded,repeated,unknown"`
}

// callOutcomes answers POST /v1/call-outcomes, the switch's report.
func callOutcomes(a *API, ctx context.Context, c *call, in *outcomesIn) (*outcomesOut, error) {
	if a.Calls == nil {
		return nil, errNoPart
	}
	b := dial.Batch{ID: c.id, Hash: c.hash, Outcomes: make([]dial.Outcome, len(in.Body.Outcomes))}
	for i, o := range in.Body.Outcomes {
		id, err := requestID(o.CallID, fmt.Sprintf("body.outcomes[%d].call_id", i))
		if err != nil {
			return nil, err
		}
		b.Outcomes[i] = dial.Outcome{CallID: id, Result: dial.Result(o.Result), At: o.At.Time, Seconds: o.Seconds}
	}
	statuses, err := a.Calls.Outcomes(ctx, c.who, b)
	if err != nil {
		return nil, err
	}
	out := &outcomesOut{}
	out.Body.Results = make([]outcome, len(statuses))
	for i, s := range statuses {
		out.Body.Results[i] = outcome{in.Body.Outcomes[i].CallID, string(s)}
	}
	return out, nil
}
