package httpapi

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

type workIn struct {
	Body struct {
		Kind     string   `json:"kind" enum:"call-task,support-ticket,complaint,rights-request,retention,inbound,partner-lead"`
		Purpose  string   `json:"purpose" minLength:"1" maxLength:"64"`
		Assignee string   `json:"assignee" minLength:"1" maxLength:"64"`
		Subjects []string `json:"subjects" minItems:"1" maxItems:"1000" pattern:"^[0-9a-f]{32}$"`
		Until    instant  `json:"until"`
		AskedBy  string   `json:"asked_by,omitempty" maxLength:"40" doc:"on whose word: nobody asks for work of his own"`
	}
}

func openWork(a *API, ctx context.Context, c *call, in *workIn) (*idOut, error) {
	w := register.Work{
		Kind: grant.WorkKind(in.Body.Kind), Purpose: pii.Purpose(in.Body.Purpose),
		Assignee: pii.PersonID(in.Body.Assignee), Until: in.Body.Until.Time, AskedBy: pii.PersonID(in.Body.AskedBy),
		Subjects: make([]pii.SubjectID, len(in.Body.Subjects)),
	}
	for i, s := range in.Body.Subjects {
		var err error
		if w.Subjects[i], err = subjectID(s, fmt.Sprintf("body.subjects[%d]", i)); err != nil {
			return nil, err
		}
	}
	id, err := a.Register.OpenWork(ctx, c.asked(), w)
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

// workItem is a work item as its assignee sees it.
type workItem struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Purpose   string    `json:"purpose"`
	Subjects  int       `json:"subjects" doc:"how many"`
	OpenedBy  string    `json:"opened_by"`
	OpenedAt  time.Time `json:"opened_at"`
	Until     time.Time `json:"until"`
	Complaint string    `json:"complaint,omitempty" doc:"that the item was opened for"`
}

type workOut struct {
	Body struct {
		WorkItems []workItem `json:"work_items"`
	}
}

type workListIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// myWork answers GET /v1/work-items: the caller's own open items, newest first.
func myWork(a *API, ctx context.Context, c *call, in *workListIn) (*workOut, error) {
	items, err := a.Work.Assigned(ctx, c.who.Person.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &workOut{}
	out.Body.WorkItems = make([]workItem, 0, len(items))
	for _, w := range items {
		if !w.OpenAt(c.now) || a.Ledger.CheckStamp(&w) != nil {
			continue
		}
		one := workItem{
			ID: w.ID.String(), Kind: string(w.Kind), Purpose: string(w.Purpose), Subjects: w.Subjects,
			OpenedBy: string(w.OpenedBy), OpenedAt: w.OpenedAt, Until: w.Until,
		}
		if w.Kind == grant.ComplaintWork { // the entry that opened it names the case
			opened, err := a.Ledger.Record(ctx, w.Entry)
			if err != nil {
				return nil, err
			}
			one.Complaint = opened.Fact("case")
		}
		out.Body.WorkItems = append(out.Body.WorkItems, one)
	}
	return out, nil
}

type byID struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body *nothing
}

func closeWork(a *API, ctx context.Context, c *call, in *byID) (*idOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Register.CloseWork(ctx, c.asked(), id); err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type consentsIn struct {
	Body struct {
		Items []consentItem `json:"items" minItems:"1" maxItems:"1000"`
	}
}

type consentItem struct {
	Subject   string `json:"subject" pattern:"^[0-9a-f]{32}$"`
	Act       string `json:"act" enum:"give,withdraw,opt-out,end-opt-out"`
	Purpose   string `json:"purpose,omitempty" maxLength:"64"`
	Recipient string `json:"recipient,omitempty" maxLength:"64"`
	Notice    string `json:"notice,omitempty" maxLength:"200" doc:"version of the notice she was shown"`
	Proof     string `json:"proof,omitempty" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the proof the company keeps"`
}

type consentsOut struct {
	Body struct {
		Results []itemResult `json:"results"`
	}
}

// itemResult is what became of one item of a batch.
type itemResult struct {
	Done  bool   `json:"done"`
	Code  string `json:"code,omitempty"`
	Zh    string `json:"zh,omitempty"`
	En    string `json:"en,omitempty"`
	Where string `json:"where,omitempty"`
}

func resultOf(err error) itemResult {
	if err == nil {
		return itemResult{Done: true}
	}
	p, text := problem(err, fault.ZhCN), fault.Text(fault.Of(err).ID)
	r := itemResult{Code: p.Code, Zh: text.Zh, En: text.En}
	if len(p.Errors) > 0 {
		r.Where = p.Errors[0].Where
	}
	return r
}

// abreast is how many items of a batch are recorded at a time: they share commits.
const abreast = 16

// consents answers POST /v1/consents with a result per item.
func consents(a *API, ctx context.Context, c *call, in *consentsIn) (*consentsOut, error) {
	out := &consentsOut{}
	out.Body.Results = make([]itemResult, len(in.Body.Items))
	var wg sync.WaitGroup
	turn := make(chan struct{}, abreast)
	for i, item := range in.Body.Items {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			out.Body.Results[i] = resultOf(a.consent(ctx, c.askedItem(i), item))
		})
	}
	wg.Wait()
	return out, nil
}

func (a *API) consent(ctx context.Context, asked register.Asked, item consentItem) error {
	subject, err := subjectID(item.Subject, "subject")
	if err != nil {
		return err
	}
	switch item.Act {
	case "opt-out", "end-opt-out":
		return a.Register.PutOptOut(ctx, asked, subject, item.Act == "opt-out")
	}
	put := register.Consent{
		Subject: subject, Purpose: pii.Purpose(item.Purpose), Recipient: pii.OrgID(item.Recipient),
		Given: item.Act == "give", Notice: item.Notice,
	}
	if item.Proof != "" {
		if put.Proof, err = hash(item.Proof, "proof"); err != nil {
			return err
		}
	}
	return a.Register.PutConsent(ctx, asked, put)
}
