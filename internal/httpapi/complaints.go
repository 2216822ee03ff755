package httpapi

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
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
		Reply        string   `json:"reply,omitempty" maxLength:"512" doc:"a number or address for answers and codes; without one, where you were contacted"`
		ReplyBy      string   `json:"reply_by,omitempty" enum:"sms,email"`
	}
}

// filing is a complaint as it came.
func (in *complaintIn) filing(c *call) casework.Filing {
	b := &in.Body
	f := casework.Filing{
		Channel: b.Channel, Contacted: pii.NewValue(b.Contacted), CalledAt: b.CalledAt.Time, Caller: pii.NewValue(b.Caller),
		KnownCompany: pii.NewValue(b.KnownCompany), Said: pii.NewValue(b.Said), Reply: pii.NewValue(b.Reply), ReplyBy: b.ReplyBy,
		Source: c.source, Request: c.id, Hash: c.hash,
	}
	for _, k := range b.Known {
		f.Known = append(f.Known, pii.Field(k))
	}
	return f
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
	got, err := a.Complaints.File(ctx, in.filing(c))
	if err != nil {
		return nil, err
	}
	out := &complaintOut{}
	out.Body.ID, out.Body.Code = got.ID.String(), got.Code
	return out, nil
}

// takeDown answers POST /v1/complaints/taken-down: a handler takes down what somebody
// told him. It counts as filed once the contact confirmed it.
func takeDown(a *API, ctx context.Context, c *call, in *complaintIn) (*idOut, error) {
	if a.Complaints == nil {
		return nil, errNoPart
	}
	id, err := a.Complaints.TakeDown(ctx, casework.Asked{By: c.who, Request: c.id, Hash: c.hash}, in.filing(c))
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type complaintsIn struct {
	From  time.Time `query:"from" required:"true" doc:"filed at or after"`
	To    time.Time `query:"to" required:"true" doc:"filed before"`
	Limit int       `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// ComplaintLine is a complaint as the officer sees it in a list: not whose it is,
// and not what was said.
type ComplaintLine struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	FiledAt  time.Time `json:"filed_at"`
	CalledAt time.Time `json:"called_at"`
	Channel  string    `json:"channel"`
	Known    []string  `json:"known"`
	Verified bool      `json:"verified"`

	Due         time.Time  `json:"due" doc:"when an answer is due"`
	SilentUntil *time.Time `json:"silent_until,omitempty" doc:"from then on a second officer may close"`
	Escalated   bool       `json:"escalated" doc:"the complainant contested"`
	TakenBy     string     `json:"taken_by,omitempty" doc:"who took it down for her"`
	Caller      string     `json:"caller,omitempty" doc:"equal for complaints about one caller; not the number"`
	Registered  []string   `json:"registered,omitempty" doc:"organisations the caller's number was registered to at that time"`
	AppealDue   *time.Time `json:"appeal_due,omitempty" doc:"she appealed: when an officer's answer to that is due"`
}

type complaintsOut struct {
	Body struct {
		Complaints []ComplaintLine `json:"complaints"`
		Next       string          `json:"next,omitempty" doc:"from, for the next page"`
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
	out.Body.Complaints = make([]ComplaintLine, 0, len(rows))
	for i := range rows {
		if a.Ledger.CheckStamp(&rows[i]) == nil {
			one := complaintOf(&rows[i])
			if one.Registered, err = a.registered(ctx, rows[i]); err != nil {
				return nil, err
			}
			if one.AppealDue, err = a.appealDue(ctx, rows[i].ID); err != nil {
				return nil, err
			}
			out.Body.Complaints = append(out.Body.Complaints, one)
		}
	}
	if len(rows) == in.Limit {
		out.Body.Next = rows[len(rows)-1].FiledAt.Add(time.Microsecond).Format(time.RFC3339Nano)
	}
	return out, nil
}

func complaintOf(c *casework.Complaint) ComplaintLine {
	out := ComplaintLine{
		ID: c.ID.String(), State: string(c.State), FiledAt: c.FiledAt, CalledAt: c.CalledAt,
		Channel: c.Channel, Known: []string{}, Verified: c.Verified,
		Due: c.Due, Escalated: !c.EscalatedAt.IsZero(), TakenBy: string(c.TakenBy),
	}
	if !c.SilentUntil.IsZero() {
		out.SilentUntil = &c.SilentUntil
	}
	if len(c.Caller) >= 8 {
		out.Caller = hex.EncodeToString(c.Caller[:8])
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

type readIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		WorkItem string `json:"work_item,omitempty" pattern:"^[0-9a-f]{32}$" doc:"the handler's, for this complaint; the officer needs none"`
	}
}

type letterOut struct {
	At   time.Time `json:"at"`
	Hers bool      `json:"hers"`
	Text string    `json:"text"`
}

type filed1 struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"`
	Size   int64     `json:"size"`
	SHA256 string    `json:"sha256"`
}

type accountOut struct {
	Body struct {
		ComplaintLine
		Contact    string      `json:"contact" doc:"masked"`
		CallerText string      `json:"caller_text,omitempty" doc:"the number or address it came from, as the complainant wrote it"`
		Company    string      `json:"known_company,omitempty"`
		Said       string      `json:"said,omitempty"`
		Letters    []letterOut `json:"letters"`
		Appeals    []appealOut `json:"appeals"`
		Files      []filed1    `json:"files" doc:"what she handed in"`
		Looked     bool        `json:"looked" doc:"there is a register of calling numbers"`
	}
}

// ofCase is who asks about which complaint, and the handler's work item where one is named.
func (a *API) ofCase(c *call, complaint, item string) (asked casework.Asked, of, work pii.RequestID, err error) {
	if asked, of, err = c.ask(complaint); err != nil {
		return
	}
	if item != "" {
		if work, err = requestID(item, "body.work_item"); err != nil {
			return
		}
	}
	if a.Complaints == nil {
		err = errNoPart
	}
	return
}

// readComplaint answers POST /v1/complaints/{id}/account: what the complainant wrote.
// That it was read is recorded first.
func readComplaint(a *API, ctx context.Context, c *call, in *readIn) (*accountOut, error) {
	asked, of, work, err := a.ofCase(c, in.ID, in.Body.WorkItem)
	if err != nil {
		return nil, err
	}
	got, err := a.Complaints.Read(ctx, asked, of, work)
	if err != nil {
		return nil, err
	}
	out := &accountOut{}
	b := &out.Body
	b.ComplaintLine = complaintOf(&got.Complaint)
	for _, o := range got.Whose {
		b.Registered = append(b.Registered, string(o))
	}
	b.Contact, b.CallerText, b.Company, b.Said = reveal(got.Contact), reveal(got.Caller), reveal(got.Company), reveal(got.Said)
	files, err := a.Complaints.HandedIn(ctx, of)
	if err != nil {
		return nil, err
	}
	b.Files = make([]filed1, len(files))
	for i, f := range files {
		b.Files[i] = filed1{f.N, f.At, f.Size, hex.EncodeToString(f.SHA256)}
	}
	b.Appeals = appealsOf(got.Appeals)
	b.Looked, b.Letters = got.Looked, make([]letterOut, len(got.Letters))
	for i, l := range got.Letters {
		b.Letters[i] = letterOut{l.At, l.Hers, reveal(l.Text)}
	}
	return out, nil
}

func (a *API) registered(ctx context.Context, c casework.Complaint) ([]string, error) {
	whose, err := a.Complaints.Whose(ctx, c)
	var all []string
	for _, o := range whose {
		all = append(all, string(o))
	}
	return all, err
}

type fileIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	N    int    `path:"n" minimum:"1" maximum:"100"`
	Body struct {
		WorkItem string `json:"work_item,omitempty" pattern:"^[0-9a-f]{32}$" doc:"the handler's, for this complaint; the officer needs none"`
	}
}

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// fetchFile answers POST /v1/complaints/{id}/files/{n}: a file the complainant handed
// in, to keep and never to show: whatever it is, it is bytes.
func fetchFile(a *API, ctx context.Context, c *call, in *fileIn) (*fileOut, error) {
	asked, of, work, err := a.ofCase(c, in.ID, in.Body.WorkItem)
	if err != nil {
		return nil, err
	}
	f, err := a.Complaints.FetchFile(ctx, asked, of, work, in.N)
	if err != nil {
		return nil, err
	}
	return &fileOut{
		ContentType: "application/octet-stream", Policy: "sandbox; default-src 'none'", Body: f.Content,
		Disposition: fmt.Sprintf(`attachment; filename="evidence-%d.bin"`, in.N),
	}, nil
}

type hersIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Code   string `json:"code" minLength:"1" maxLength:"64" doc:"the complaint's follow-up code"`
		Act    string `json:"act" enum:"follow,affirm,code,confirm,contest,appeal" doc:"affirm: what was taken down for you is right; code: have a one-time code sent to your contact; confirm: close, with that code; appeal: an officer who had no part in it answers"`
		Why    string `json:"why,omitempty" maxLength:"16000" doc:"for contest and appeal"`
		OnceID string `json:"once_id,omitempty" pattern:"^[0-9a-f]{32}$" doc:"for confirm: what act code answered"`
		Once   string `json:"once,omitempty" maxLength:"32" doc:"for confirm: the one-time code"`
	}
}

type stepOut struct {
	Entry  uint64    `json:"entry" doc:"in the ledger"`
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	State  string    `json:"state,omitempty"`
	By     string    `json:"by" enum:"complainant,handler,officer"`
	Reason string    `json:"reason,omitempty"`
}

type channelOut struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	For  string `json:"for"`
	Asks string `json:"asks"`
	Mark string `json:"mark" doc:"how this was checked"`
}

type hersOut struct {
	Body struct {
		State        string       `json:"state"`
		FiledAt      time.Time    `json:"filed_at"`
		Due          time.Time    `json:"due"`
		Escalated    bool         `json:"escalated"`
		ContestUntil *time.Time   `json:"contest_until,omitempty"`
		Replies      []string     `json:"replies" doc:"the company's letters, oldest first"`
		Steps        []stepOut    `json:"steps" doc:"every transition"`
		Channels     []channelOut `json:"channels,omitempty" doc:"with an answer: where else you may go"`
		CanAppeal    bool         `json:"can_appeal" doc:"the last answer or closing was not appealed yet"`
		Appeals      []appealOut  `json:"appeals" doc:"yours, oldest first"`
		OnceID       string       `json:"once_id,omitempty" doc:"for confirm"`
	}
}

// hers answers POST /v1/complaints/{id}/mine: the complainant follows, confirms or
// contests. She closes with a one-time code that was sent to her contact.
func hers(a *API, ctx context.Context, c *call, in *hersIn) (*hersOut, error) {
	_, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	her := casework.Her{Case: of, Code: in.Body.Code, Source: c.source, Request: c.id, Hash: c.hash}
	once, err := a.act(ctx, her, in)
	if err != nil {
		return nil, err
	}
	s, err := a.Complaints.Follow(ctx, of, in.Body.Code, c.source)
	if err != nil {
		return nil, err
	}
	out := statusOf(s, c.lang)
	if !once.IsZero() {
		out.Body.OnceID = once.String()
	}
	return out, nil
}

// act does what the complainant asks for; once names the code that was sent.
func (a *API) act(ctx context.Context, her casework.Her, in *hersIn) (once pii.RequestID, err error) {
	switch in.Body.Act {
	case "affirm":
		err = a.Complaints.Affirm(ctx, her)
	case "code":
		once, err = a.Complaints.AskToClose(ctx, her)
	case "confirm":
		var id pii.RequestID
		if id, err = requestID(in.Body.OnceID, "body.once_id"); err != nil {
			return once, err
		}
		err = a.Complaints.Confirm(ctx, her, id, in.Body.Once)
	case "contest":
		err = a.Complaints.Contest(ctx, her, pii.NewValue(in.Body.Why))
	case "appeal":
		err = a.Complaints.Appeal(ctx, her, pii.NewValue(in.Body.Why))
	}
	return once, err
}

func statusOf(s casework.Status, lang fault.Lang) *hersOut {
	out := &hersOut{}
	b := &out.Body
	b.State, b.FiledAt, b.Due, b.Escalated = string(s.State), s.FiledAt, s.Due, s.Escalated
	if !s.ContestUntil.IsZero() {
		b.ContestUntil = &s.ContestUntil
	}
	b.Replies, b.Steps = make([]string, len(s.Replies)), make([]stepOut, len(s.Steps))
	for i, r := range s.Replies {
		b.Replies[i] = reveal(r) // the company's own letter to her
	}
	for i, x := range s.Steps {
		b.Steps[i] = stepOut{x.Entry, x.At, x.What, string(x.State), x.By, x.Reason}
	}
	b.CanAppeal, b.Appeals = s.CanAppeal, appealsOf(s.Appeals)
	if len(s.Replies) == 0 {
		return out
	}
	for _, ch := range law.Channels() {
		if lang == fault.En {
			b.Channels = append(b.Channels, channelOut{ch.ID, ch.En, ch.ForEn, ch.AskEn, ch.Mark.En()})
		} else {
			b.Channels = append(b.Channels, channelOut{ch.ID, ch.Zh, ch.ForZh, ch.AskZh, ch.Mark.Zh()})
		}
	}
	return out
}
