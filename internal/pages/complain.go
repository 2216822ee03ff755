package pages

import (
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/pii"
)

func home(*visit) (string, any, error)          { return "home", nil, nil }
func complaintForm(*visit) (string, any, error) { return "complaint", known, nil }
func caseForm(*visit) (string, any, error)      { return "case", nil, nil }

// known are the fields that a complainant is asked about: what did the caller know?
var known = []pii.Field{pii.Name, pii.Phone, pii.Company, pii.Email, pii.Address, pii.IDNumber}

// fileComplaint takes a complaint in: how she was contacted, when, and what was said
// is enough.
func fileComplaint(v *visit) (string, any, error) {
	at, err := v.time("called_at")
	if err != nil {
		return "complaint", known, err
	}
	f := casework.Filing{
		Channel: v.form.Get("channel"), Contacted: v.value("contacted"), CalledAt: at, Caller: v.value("caller"),
		KnownCompany: v.value("company"), Said: v.value("said"), Reply: v.value("reply"), Source: v.source,
	}
	if !f.Reply.IsEmpty() {
		f.ReplyBy = v.form.Get("reply_by")
	}
	for _, k := range known {
		if v.form.Has("known_" + string(k)) {
			f.Known = append(f.Known, k)
		}
	}
	f.Request, f.Hash = v.request("file")
	filed, err := v.p.Desk.File(v.ctx, f)
	if err != nil {
		return "complaint", known, err
	}
	return "filed", filed.Code, nil
}

var beijing = time.FixedZone("UTC+8", 8*60*60)

// time reads a time as browsers write it, or as people do, in Beijing time.
func (v *visit) time(name string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006/1/2 15:04", "2006-1-2 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, v.form.Get(name), beijing); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "bad-request", name)
}

// caseView is a complaint as its page shows it.
type caseView struct {
	casework.Status
	Code     string // her follow-up code, for the next form
	OnceID   string // of the one-time code that was sent; empty: none
	Did      string // what she just did
	Channels []law.Channel
	Files    []casework.Evidence
	CanClose bool
	CanFight bool
	Affirm   bool
}

// followCase shows a complaint, and confirms or contests its closing.
func followCase(v *visit) (string, any, error) {
	code := v.form.Get("code")
	s, err := v.p.Desk.Find(v.ctx, code, v.source)
	if err != nil {
		return "case", nil, err
	}
	out := caseView{Code: code, OnceID: v.form.Get("once_id")}
	act := v.form.Get("act")
	if err = v.act(s.ID, code, act, &out); err == nil && act != "" && act != "follow" {
		out.Did = act
	}
	now, again := v.p.Desk.Find(v.ctx, code, v.source)
	if again != nil {
		return "case", nil, again
	}
	out.Status = now
	out.Affirm = now.State == casework.Unconfirmed
	out.CanClose = now.State != casework.Closed && !out.Affirm
	out.CanFight = now.State == casework.Replied || now.State == casework.Closed && v.p.Clock().Before(now.ContestUntil)
	files, again := v.p.Desk.HandedIn(v.ctx, now.ID)
	if again != nil {
		return "case", nil, again
	}
	out.Files = files
	if len(now.Replies) > 0 {
		out.Channels = law.Channels()
	}
	return "follow", out, err
}

func (v *visit) act(id pii.RequestID, code, act string, out *caseView) error {
	her := casework.Her{Case: id, Code: code, Source: v.source}
	her.Request, her.Hash = v.request(act)
	switch act {
	case "affirm":
		return v.p.Desk.Affirm(v.ctx, her)
	case "attach":
		return v.p.Desk.HandIn(v.ctx, her, v.name, v.file)
	case "contest":
		return v.p.Desk.Contest(v.ctx, her, v.value("why"))
	case "appeal":
		return v.p.Desk.Appeal(v.ctx, her, v.value("appeal_why"))
	case "code":
		once, err := v.p.Desk.AskToClose(v.ctx, her)
		if err == nil {
			out.OnceID = once.String()
		}
		return err
	case "confirm":
		once, err := pii.ParseRequestID(v.form.Get("once_id"))
		if err != nil {
			return fault.New(fault.Denied, "bad-code", "once")
		}
		if err := v.p.Desk.Confirm(v.ctx, her, once, v.form.Get("once")); err != nil {
			return err
		}
		out.OnceID = ""
	}
	return nil
}
