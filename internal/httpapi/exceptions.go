package httpapi

import (
	"context"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

type exceptionIn struct {
	Body struct {
		WorkItem string   `json:"work_item" pattern:"^[0-9a-f]{32}$" doc:"the item of the person it is for"`
		Subjects []string `json:"subjects,omitempty" maxItems:"1000" pattern:"^[0-9a-f]{32}$" doc:"of the item; none: all"`
		Fields   []string `json:"fields" minItems:"1" maxItems:"64" maxLength:"32"`
		Form     string   `json:"form" enum:"masked,token,relay,alias,plain"`
		Reason   string   `json:"reason" enum:"carrier-down,person-asked,identity-check,delivery,dispute,legal-request"`
		Until    instant  `json:"until"`
		Budget   int64    `json:"budget,omitempty" minimum:"0" maximum:"3000" doc:"showings; 0: one for each subject"`
	}
}

func askException(a *API, ctx context.Context, c *call, in *exceptionIn) (*idOut, error) {
	b := &in.Body
	x := register.Exception{Fields: fieldsOf(b.Fields), Reason: b.Reason, Until: b.Until.Time, Budget: b.Budget}
	var err error
	if x.Work, err = requestID(b.WorkItem, "body.work_item"); err != nil {
		return nil, err
	}
	if x.Form.UnmarshalText([]byte(b.Form)) != nil {
		return nil, bad("body.form")
	}
	if x.Subjects, err = subjectIDs(b.Subjects); err != nil {
		return nil, err
	}
	id, err := a.Register.AskException(ctx, c.asked(), x)
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

func fieldsOf(names []string) []pii.Field {
	fields := make([]pii.Field, len(names))
	for i, n := range names {
		fields[i] = pii.Field(n)
	}
	return fields
}

func subjectIDs(texts []string) (ids []pii.SubjectID, err error) {
	ids = make([]pii.SubjectID, len(texts))
	for i, s := range texts {
		if ids[i], err = subjectID(s, fmt.Sprintf("body.subjects[%d]", i)); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

type decisionIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Approve bool `json:"approve"`
	}
}

type stateOut struct {
	Body struct {
		ID    string `json:"id"`
		State string `json:"state" enum:"asked,seconded,open,refused"`
	}
}

func decideException(a *API, ctx context.Context, c *call, in *decisionIn) (*stateOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	state, err := a.Register.DecideException(ctx, c.asked(), id, in.Body.Approve)
	if err != nil {
		return nil, err
	}
	out := &stateOut{}
	out.Body.ID, out.Body.State = id.String(), string(state)
	return out, nil
}

type breakGlassIn struct {
	Body struct {
		Purpose  string   `json:"purpose" minLength:"1" maxLength:"64"`
		Subjects []string `json:"subjects" minItems:"1" maxItems:"5" pattern:"^[0-9a-f]{32}$"`
		Fields   []string `json:"fields" minItems:"1" maxItems:"64" maxLength:"32"`
		Reason   string   `json:"reason" enum:"danger-to-life,fraud-under-way,security-incident,legal-deadline,assignment-down"`
		Minutes  int      `json:"minutes" minimum:"1" maximum:"60"`
	}
}

func breakGlass(a *API, ctx context.Context, c *call, in *breakGlassIn) (*idOut, error) {
	b := &in.Body
	ids, err := subjectIDs(b.Subjects)
	if err != nil {
		return nil, err
	}
	id, err := a.Register.BreakGlass(ctx, c.asked(), register.Emergency{
		Purpose: pii.Purpose(b.Purpose), Subjects: ids, Fields: fieldsOf(b.Fields), Reason: b.Reason, For: time.Duration(b.Minutes) * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type reviewIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Justified bool `json:"justified"`
	}
}

func reviewException(a *API, ctx context.Context, c *call, in *reviewIn) (*idOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Register.ReviewException(ctx, c.asked(), id, in.Body.Justified); err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

// exceptionSeen is what an approver sees: never data.
type exceptionSeen struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind" enum:"exception,break-glass"`
	State       string    `json:"state"`
	Purpose     string    `json:"purpose"`
	Fields      []string  `json:"fields"`
	Form        string    `json:"form"`
	Reason      string    `json:"reason"`
	Subjects    int       `json:"subjects" doc:"how many"`
	Bulk        bool      `json:"bulk" doc:"two persons must approve"`
	AskedBy     string    `json:"asked_by"`
	Beneficiary string    `json:"beneficiary"`
	Recipient   string    `json:"recipient"`
	AskedAt     time.Time `json:"asked_at"`
	Until       time.Time `json:"until"`
	Budget      int64     `json:"budget"`
	Used        int64     `json:"used"`
	ApprovedBy  []string  `json:"approved_by,omitempty"`
	ReviewedBy  string    `json:"reviewed_by,omitempty"`
	Justified   bool      `json:"justified,omitempty"`
	ReviewDue   bool      `json:"review_due,omitempty"`
	Overdue     bool      `json:"overdue,omitempty" doc:"the review is late"`
	Person      lineSeen  `json:"person_line" doc:"what the person has taken towards the law's line"`
	Org         *lineSeen `json:"recipient_line,omitempty"`
}

// lineSeen is a meter towards half the line of 法释〔2017〕10号.
type lineSeen struct {
	Used    int64 `json:"used" doc:"records of the lightest class"`
	Line    int64 `json:"line"`
	Percent int64 `json:"percent"`
}

func (a *API) line(ctx context.Context, key func(pii.Class) string) (lineSeen, error) {
	used, err := grant.LineUsed(ctx, a.Meters, key)
	return lineSeen{Used: used, Line: grant.Line, Percent: used * 100 / grant.Line}, err
}

type exceptionsIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type exceptionsOut struct {
	Body struct {
		Exceptions []exceptionSeen `json:"exceptions"`
	}
}

func listExceptions(a *API, ctx context.Context, c *call, in *exceptionsIn) (*exceptionsOut, error) {
	if a.Exceptions == nil || a.Meters == nil {
		return nil, errNoPart
	}
	all, err := a.Exceptions.Exceptions(ctx, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &exceptionsOut{}
	out.Body.Exceptions = []exceptionSeen{}
	for i := range all {
		if a.Ledger.CheckStamp(&all[i]) != nil {
			continue
		}
		seen, err := a.exception(ctx, all[i], c.now)
		if err != nil {
			return nil, err
		}
		out.Body.Exceptions = append(out.Body.Exceptions, seen)
	}
	return out, nil
}

func (a *API) exception(ctx context.Context, e grant.Exception, now time.Time) (exceptionSeen, error) {
	s := exceptionSeen{
		ID: e.ID.String(), Kind: string(e.Kind), State: string(e.State), Purpose: string(e.Purpose), Form: e.Highest.String(), Reason: e.Reason,
		Subjects: len(e.Of), Bulk: e.IsBulk(), AskedBy: string(e.AskedBy), Beneficiary: string(e.Beneficiary), Recipient: string(e.Recipient),
		AskedAt: e.AskedAt, Until: e.Until, Budget: e.Budget, ReviewedBy: string(e.ReviewedBy), Justified: e.Justified,
		ReviewDue: e.Unreviewed(), Overdue: e.Overdue(now),
	}
	for _, f := range e.Fields {
		s.Fields = append(s.Fields, string(f))
	}
	for _, p := range []pii.PersonID{e.FirstBy, e.SecondBy} {
		if p != "" && e.State != grant.ExceptionRefused {
			s.ApprovedBy = append(s.ApprovedBy, string(p))
		}
	}
	meter := grant.ExceptionMeter(e.ID)
	used, err := a.Meters.Used(ctx, []string{meter})
	if err != nil {
		return s, err
	}
	s.Used = used[meter]
	if s.Person, err = a.line(ctx, func(k pii.Class) string { return grant.PersonLine(e.Beneficiary, k) }); err != nil || e.Recipient == pii.Own {
		return s, err
	}
	org, err := a.line(ctx, func(k pii.Class) string { return grant.OrgLine(e.Recipient, k) })
	s.Org = &org
	return s, err
}

type lineIn struct {
	Person string `query:"person" maxLength:"40"`
	Org    string `query:"organisation" maxLength:"40"`
}

type lineOut struct{ Body lineSeen }

func getLine(a *API, ctx context.Context, _ *call, in *lineIn) (*lineOut, error) {
	if a.Meters == nil {
		return nil, errNoPart
	}
	if (in.Person == "") == (in.Org == "") {
		return nil, bad("query.person")
	}
	key := func(k pii.Class) string { return grant.PersonLine(pii.PersonID(in.Person), k) }
	if in.Org != "" {
		key = func(k pii.Class) string { return grant.OrgLine(pii.OrgID(in.Org), k) }
	}
	l, err := a.line(ctx, key)
	return &lineOut{l}, err
}
