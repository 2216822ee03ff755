package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/dossier"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Tracer runs traces on live data; package inquiry has it.
type Tracer interface {
	Ask(ctx context.Context, p party.Principal, q inquiry.Question) (inquiry.Answer, error)
}

// PackOrder asks for an evidence pack about a subject, or about the subject a
// complaint names.
type PackOrder struct {
	ID          pii.RequestID
	Hash        []byte
	Subject     pii.SubjectID // zero: the complaint's
	Complaint   pii.RequestID
	From, Until time.Time
}

// Packs makes evidence packs and hands them out for a while.
type Packs interface {
	Make(ctx context.Context, p party.Principal, o PackOrder) (dossier.Made, error)
	// Zip returns a pack that was made for the same principal.
	Zip(ctx context.Context, p party.Principal, id pii.RequestID) ([]byte, error)
}

type traceIn struct {
	Body struct {
		Complaints struct {
			From instant `json:"from"`
			To   instant `json:"to"`
		} `json:"complaints" doc:"filed in this window"`
	}
}

type traceOut struct{ Body inquiry.Answer }

func runTrace(a *API, ctx context.Context, c *call, in *traceIn) (*traceOut, error) {
	if a.Traces == nil {
		return nil, errNoPart
	}
	window := in.Body.Complaints
	if !window.From.Before(window.To.Time) {
		return nil, bad("body.complaints.to")
	}
	got, err := a.Traces.Ask(ctx, c.who, inquiry.Question{ID: c.id, Hash: c.hash, From: window.From.Time, Until: window.To.Time})
	if err != nil {
		return nil, err
	}
	return &traceOut{got}, nil
}

type packIn struct {
	Body struct {
		Kind      string   `json:"kind" enum:"subject"`
		Subject   string   `json:"subject,omitempty" pattern:"^[0-9a-f]{32}$"`
		Complaint string   `json:"complaint,omitempty" pattern:"^[0-9a-f]{32}$" doc:"instead of subject: the person it names"`
		From      *instant `json:"from,omitempty"`
		Until     *instant `json:"until,omitempty"`
	}
}

type packOut struct{ Body dossier.Made }

func makePack(a *API, ctx context.Context, c *call, in *packIn) (*packOut, error) {
	if a.Packs == nil {
		return nil, errNoPart
	}
	b := &in.Body
	o := PackOrder{ID: c.id, Hash: c.hash, From: earliest, Until: c.now.Add(time.Second)}
	var err error
	switch {
	case (b.Subject == "") == (b.Complaint == ""):
		return nil, bad("body.subject")
	case b.Subject != "":
		o.Subject, err = subjectID(b.Subject, "body.subject")
	default:
		o.Complaint, err = requestID(b.Complaint, "body.complaint")
	}
	if err != nil {
		return nil, err
	}
	if b.From != nil {
		o.From = b.From.Time
	}
	if b.Until != nil {
		o.Until = b.Until.Time
	}
	if !o.From.Before(o.Until) {
		return nil, bad("body.until")
	}
	made, err := a.Packs.Make(ctx, c.who, o)
	if err != nil {
		return nil, err
	}
	return &packOut{made}, nil
}

type packByID struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func packZip(a *API, ctx context.Context, c *call, in *packByID) (*raw, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if a.Packs == nil {
		return nil, errNoPart
	}
	b, err := a.Packs.Zip(ctx, c.who, id)
	if err != nil {
		return nil, err
	}
	return &raw{"application/zip", b}, nil
}

type healthOut struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

// healthy answers GET /healthz: the process answers.
func healthy(*API, context.Context, *call, *struct{}) (*healthOut, error) {
	out := &healthOut{}
	out.Body.Status = "ok"
	return out, nil
}

type readyOut struct {
	Body struct {
		Status   string    `json:"status" enum:"ok"`
		Warnings []warning `json:"warnings" doc:"what should be changed; entries are recorded all the same"`
	}
}

type warning struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// ready answers GET /readyz: entries can be recorded. Until a witness of another
// organisation is set up, and while witnesses are late, it says so.
func ready(a *API, ctx context.Context, c *call, _ *struct{}) (*readyOut, error) {
	if err := a.Ledger.Ready(ctx); err != nil {
		return nil, err
	}
	if a.Audited != nil && a.Audited().Faults > 0 {
		return nil, fault.New(fault.Unavailable, "audit-failed", "")
	}
	out := &readyOut{}
	out.Body.Status, out.Body.Warnings = "ok", []warning{}
	warn := func(id string) {
		out.Body.Warnings = append(out.Body.Warnings, warning{id, fault.Text(id).In(c.lang)})
	}
	if a.Witnesses == nil || !a.Witnesses.Status().Outside {
		warn("no-outside-witness")
	} else if a.Witnesses.Status().Late {
		warn("witness-late")
	}
	return out, nil
}

func document(a *API, _ context.Context, _ *call, _ *struct{}) (*raw, error) {
	return &raw{"application/json", a.spec}, nil
}
