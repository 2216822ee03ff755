package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

type complaintIn struct {
	Body struct {
		Channel      string   `json:"channel" enum:"phone,sms,email"`
		Contacted    string   `json:"contacted" minLength:"1" maxLength:"512" doc:"your number or address that was contacted"`
		CalledAt     instant  `json:"called_at"`
		Caller       string   `json:"caller,omitempty" maxLength:"256" doc:"the number or address it came from"`
		Known        []string `json:"known,omitempty" maxItems:"64" maxLength:"32" doc:"what the caller knew: names of fields"`
		KnownCompany string   `json:"known_company,omitempty" maxLength:"800"`
		Said         string   `json:"said,omitempty" maxLength:"16000" doc:"in your own words"`
	}
}

type complaintOut struct {
	Body struct {
		ID   string `json:"id"`
		Code string `json:"code" doc:"keep it: with it you follow, contest and close the complaint"`
	}
}

// fileComplaint answers POST /v1/complaints alike whoever complains.
func fileComplaint(a *API, ctx context.Context, c *call, in *complaintIn) (*complaintOut, error) {
	if a.Complaints == nil {
		return nil, errNoPart
	}
	b := &in.Body
	f := casework.Filing{
		Channel: b.Channel, Contacted: pii.NewValue(b.Contacted), CalledAt: b.CalledAt.Time, Caller: pii.NewValue(b.Caller),
		KnownCompany: pii.NewValue(b.KnownCompany), Said: pii.NewValue(b.Said),
		Source: c.source, Request: c.id, Hash: c.hash,
	}
	for _, k := range b.Known {
		f.Known = append(f.Known, pii.Field(k))
	}
	got, err := a.Complaints.File(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &complaintOut{}
	out.Body.ID, out.Body.Code = got.ID.String(), got.Code
	return out, nil
}

type complaintsIn struct {
	From  time.Time `query:"from" required:"true" doc:"filed at or after"`
	To    time.Time `query:"to" required:"true" doc:"filed before"`
	Limit int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// complaint1 is a complaint as the officer sees it in a list: not whose it is,
// and not what was said.
type complaint1 struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	FiledAt  time.Time `json:"filed_at"`
	CalledAt time.Time `json:"called_at"`
	Channel  string    `json:"channel"`
	Known    []string  `json:"known"`
	Verified bool      `json:"verified"`
}

type complaintsOut struct {
	Body struct {
		Complaints []complaint1 `json:"complaints"`
		Next       string       `json:"next,omitempty" doc:"from, for the next page"`
	}
}

func listComplaints(a *API, ctx context.Context, _ *call, in *complaintsIn) (*complaintsOut, error) {
	if a.Complaints == nil {
		return nil, errNoPart
	}
	switch {
	case in.From.Before(earliest):
		return nil, bad("query.from")
	case !in.From.Before(in.To) || in.To.Year() > 9000:
		return nil, bad("query.to")
	}
	rows, err := a.Complaints.Store.Complaints(ctx, in.From, in.To, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &complaintsOut{}
	out.Body.Complaints = make([]complaint1, 0, len(rows))
	for i := range rows {
		if a.Ledger.CheckStamp(&rows[i]) == nil {
			out.Body.Complaints = append(out.Body.Complaints, complaintOf(&rows[i]))
		}
	}
	if len(rows) == in.Limit {
		out.Body.Next = rows[len(rows)-1].FiledAt.Add(time.Microsecond).Format(time.RFC3339Nano)
	}
	return out, nil
}

func complaintOf(c *casework.Complaint) complaint1 {
	out := complaint1{
		ID: c.ID.String(), State: string(c.State), FiledAt: c.FiledAt, CalledAt: c.CalledAt,
		Channel: c.Channel, Known: []string{}, Verified: c.Verified,
	}
	for _, k := range c.Known {
		out.Known = append(out.Known, string(k))
	}
	return out
}

type assignIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Assignee string  `json:"assignee" minLength:"1" maxLength:"64"`
		Until    instant `json:"until"`
	}
}

// ask is the caller as casework knows him, with the complaint of the path.
func (c *call) ask(id string) (casework.Asked, pii.RequestID, error) {
	of, err := requestID(id, "path.id")
	return casework.Asked{By: c.who, Request: c.id, Hash: c.hash}, of, err
}

func assignComplaint(a *API, ctx context.Context, c *call, in *assignIn) (*idOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	work, err := a.Complaints.Assign(ctx, asked, of, pii.PersonID(in.Body.Assignee), in.Body.Until.Time)
	if err != nil {
		return nil, err
	}
	return idAnswer(work), nil
}

type handleIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		WorkItem string `json:"work_item" pattern:"^[0-9a-f]{32}$"`
		Reply    string `json:"reply,omitempty" maxLength:"16000" doc:"a letter to the complainant; without one the complaint is taken up"`
	}
}

// handleComplaint answers POST /v1/complaints/{id}/handling: take up, or reply.
// A handler closes nothing.
func handleComplaint(a *API, ctx context.Context, c *call, in *handleIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	work, err := requestID(in.Body.WorkItem, "body.work_item")
	if err != nil {
		return nil, err
	}
	switch {
	case a.Complaints == nil:
		return nil, errNoPart
	case in.Body.Reply == "":
		err = a.Complaints.TakeUp(ctx, asked, of, work)
	default:
		err = a.Complaints.Reply(ctx, asked, of, work, pii.NewValue(in.Body.Reply))
	}
	if err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type closingIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Reason string `json:"reason" minLength:"10" maxLength:"500"`
	}
}

// closeComplaint answers POST /v1/complaints/{id}/closing, for a second officer.
func closeComplaint(a *API, ctx context.Context, c *call, in *closingIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	if err := a.Complaints.CloseAsSecond(ctx, asked, of, in.Body.Reason); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type hersIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64"`
		Act  string `json:"act" enum:"follow,confirm,contest"`
		Why  string `json:"why,omitempty" maxLength:"16000" doc:"for contest"`
	}
}

type hersOut struct {
	Body struct {
		State   string    `json:"state"`
		FiledAt time.Time `json:"filed_at"`
		Replies []string  `json:"replies" doc:"the company's letters, oldest first"`
	}
}

// hers answers POST /v1/complaints/{id}/mine: the complainant follows, confirms
// or contests with her code.
func hers(a *API, ctx context.Context, c *call, in *hersIn) (*hersOut, error) {
	_, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	her := casework.Her{Case: of, Code: in.Body.Code, Source: c.source, Request: c.id, Hash: c.hash}
	switch in.Body.Act {
	case "confirm":
		err = a.Complaints.Confirm(ctx, her)
	case "contest":
		err = a.Complaints.Contest(ctx, her, pii.NewValue(in.Body.Why))
	}
	if err != nil {
		return nil, err
	}
	s, err := a.Complaints.Follow(ctx, of, in.Body.Code, c.source)
	if err != nil {
		return nil, err
	}
	out := &hersOut{}
	out.Body.State, out.Body.FiledAt, out.Body.Replies = string(s.State), s.FiledAt, make([]string, len(s.Replies))
	for i, r := range s.Replies {
		out.Body.Replies[i] = reveal(r) // the company's own letter to her
	}
	return out, nil
}
