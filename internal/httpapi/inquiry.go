package httpapi

import (
	"context"
	"fmt"
	"io"
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
	// File matches a found file through the door and traces it.
	File(ctx context.Context, p party.Principal, q inquiry.FileQuestion, src io.Reader) (inquiry.FileAnswer, error)
	// Past reads a recorded run; Show lets a person it names read it and Answer.
	Past(ctx context.Context, p party.Principal, id pii.RequestID) (inquiry.Run, error)
	Show(ctx context.Context, p party.Principal, act inquiry.Act, to pii.PersonID) (entry uint64, err error)
	Answer(ctx context.Context, p party.Principal, act inquiry.Act, words string) (entry uint64, err error)
	// Pairs lists recipients whom complaints cannot separate.
	Pairs(ctx context.Context, p party.Principal, now time.Time) ([]inquiry.Pair, error)
	// LastReport is the newest weekly list of them.
	LastReport(ctx context.Context, p party.Principal) (*inquiry.Weekly, error)
}

// PackOrder asks for an evidence pack: about a subject, or the one a complaint
// names; one disclosure; a recipient; a complaint.
type PackOrder struct {
	ID          pii.RequestID
	Hash        []byte
	Kind        string        // proof.KindSubject, …
	Subject     pii.SubjectID // zero: none was named
	Complaint   pii.RequestID
	Disclosure  pii.RequestID
	WithKey     bool
	Recipient   string
	Org         bool // the recipient is an organisation
	From, Until time.Time
	Kept        [][]byte
}

// Packs makes evidence packs and hands them out for a while.
type Packs interface {
	Make(ctx context.Context, p party.Principal, o PackOrder) (dossier.Made, error)
	// Zip returns a pack that was made for the same principal.
	Zip(ctx context.Context, p party.Principal, id pii.RequestID) ([]byte, error)
	// Attest records an auditor's word, which later packs name.
	Attest(ctx context.Context, p party.Principal, a dossier.Attestation) (entry uint64, err error)
}

type traceIn struct {
	Body struct {
		Complaints struct {
			From instant `json:"from"`
			To   instant `json:"to"`
		} `json:"complaints" doc:"filed in this window"`
		LeaveOut []string `json:"leave_out,omitempty" maxItems:"1000" maxLength:"32" doc:"complaints among them that do not count; the entry says so"`
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
	q := inquiry.Question{ID: c.id, Hash: c.hash, From: window.From.Time, Until: window.To.Time}
	for i, text := range in.Body.LeaveOut {
		id, err := requestID(text, fmt.Sprintf("body.leave_out[%d]", i))
		if err != nil {
			return nil, err
		}
		q.LeaveOut = append(q.LeaveOut, id)
	}
	got, err := a.Traces.Ask(ctx, c.who, q)
	if err != nil {
		return nil, err
	}
	return &traceOut{got}, nil
}

type pairsOut struct {
	Body struct {
		Pairs []inquiry.Pair  `json:"pairs" doc:"as the records say now"`
		Week  *inquiry.Weekly `json:"week,omitempty" doc:"the newest weekly report, an entry of the ledger; absent before the first"`
	}
}

// tracePairs answers GET /v1/trace-pairs.
func tracePairs(a *API, ctx context.Context, c *call, _ *struct{}) (*pairsOut, error) {
	if a.Traces == nil {
		return nil, errNoPart
	}
	out := &pairsOut{}
	var err error
	if out.Body.Pairs, err = a.Traces.Pairs(ctx, c.who, c.now); err != nil {
		return nil, err
	}
	if out.Body.Week, err = a.Traces.LastReport(ctx, c.who); err != nil {
		return nil, err
	}
	return out, nil
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
