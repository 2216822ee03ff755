package pages

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/mark"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

func informationForm(*visit) (string, any, error) { return "information", nil, nil }

// token is what a form carries once she proved control of her contact. It is sealed,
// and says who she is to us and until when.
type token struct {
	Ordinal pii.Ordinal `json:"ordinal"`
	Until   time.Time   `json:"until"`
}

const (
	tokenUse  = "pages"
	tokenLife = 20 * time.Minute
)

var tokenContext = []byte("information")

// sealed is the token as a form carries it. Each page hands the same one on: using it
// does not prolong it.
func (p *Pages) sealed(t token) (string, error) {
	plain, err := json.Marshal(t)
	if err != nil {
		return "", fault.New(fault.Internal, "internal", "token")
	}
	b, err := p.Sealer.SealFor(tokenUse, tokenContext, plain)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// who opens a form's token; one that is forged or over is none.
func (v *visit) who() (t token, err error) {
	over := fault.New(fault.Denied, "session-over", "")
	b, err := base64.RawURLEncoding.DecodeString(v.form.Get("token"))
	if err != nil || len(b) > 1024 {
		return t, over
	}
	plain, err := v.p.Sealer.OpenFor(tokenUse, tokenContext, b)
	if err != nil {
		return t, over
	}
	if json.Unmarshal(plain, &t) != nil || t.Ordinal == pii.Dummy || !v.p.Clock().Before(t.Until) {
		return token{}, over
	}
	return t, nil
}

// codeView asks for the one-time code; it is the same whether one was sent.
type codeView struct{ OnceID string }

// information leads from a contact to what is recorded: the contact, the code that
// came there, the record. Nothing else is asked for.
func information(v *visit) (string, any, error) {
	switch v.form.Get("act") {
	case "contact":
		c := casework.Contact{Channel: v.form.Get("channel"), Value: v.value("contact"), Source: v.source}
		c.Request, c.Hash = v.request("contact")
		once, err := v.p.Desk.AskHers(v.ctx, c)
		if err != nil {
			return "information", nil, err
		}
		return "code", codeView{once.String()}, nil
	case "code":
		id := v.form.Get("once_id")
		once, err := pii.ParseRequestID(id)
		if err != nil {
			return "information", nil, fault.New(fault.Denied, "bad-code", "once")
		}
		proven, err := v.p.Desk.ProveHers(v.ctx, once, v.form.Get("once"), v.source)
		if err != nil {
			return "code", codeView{id}, err
		}
		return v.record(token{proven.Ordinal, v.p.Clock().Add(tokenLife)}, "", nil)
	}
	t, err := v.who()
	if err != nil {
		return "information", nil, err
	}
	request, hash := v.request(v.form.Get("act"))
	her := register.Hers{Ordinal: t.Ordinal, Request: request, Hash: hash}
	did := v.form.Get("act")
	switch did {
	case "withdraw":
		err = v.p.Register.WithdrawHers(v.ctx, her, pii.Purpose(v.form.Get("purpose")), pii.OrgID(v.form.Get("recipient")))
	case "stop":
		err = v.p.Register.RefuseHers(v.ctx, her)
	default:
		did = ""
	}
	return v.record(t, did, err)
}

// recordView is what is recorded about her.
type recordView struct {
	Token    string
	Did      string
	Consents []consentView
	Stopped  bool
	Seen     []seenView
	More     bool // there is more than is shown
}

type consentView struct {
	Purpose, Recipient, Title string
	Given                     bool
	At                        time.Time
}

type seenView struct {
	At      time.Time
	Org     string
	Kind    string // of the person who asked
	Verb    string
	Form    string
	Fields  []pii.Field
	Purpose string
	Code    string // short code of the receipt
	Entry   uint64
}

// record shows it all; err is of what she asked for before.
func (v *visit) record(t token, did string, asked error) (string, any, error) {
	out := recordView{}
	if asked == nil {
		out.Did = did
	}
	var err error
	of := t.Ordinal
	if out.Token, err = v.p.sealed(t); err != nil {
		return "information", nil, err
	}
	if err := v.p.decisions(v.ctx, of, &out); err != nil {
		return "information", nil, err
	}
	if out.Seen, out.More, err = v.p.seen(v.ctx, of); err != nil {
		return "information", nil, err
	}
	return "record", out, asked
}

// decisions reads her consents and her refusal. Rows the ledger did not write are
// left out; a forged refusal counts, as it does at the door.
func (p *Pages) decisions(ctx context.Context, of pii.Ordinal, out *recordView) error {
	rows, err := p.Own.ConsentsOf(ctx, of)
	if err != nil {
		return err
	}
	for i := range rows {
		c := &rows[i]
		if p.Ledger.CheckStamp(c) != nil {
			continue
		}
		out.Consents = append(out.Consents, consentView{string(c.Purpose), string(c.Recipient), p.org(ctx, c.Recipient), c.Given, c.At})
	}
	o, ok, err := p.Own.OptOutOf(ctx, of)
	out.Stopped = ok && (o.Refused || p.Ledger.CheckStamp(&o) != nil)
	return err
}

// mostSeen is how many entries a page shows, the newest.
const mostSeen = 60

// seen lists who was shown her information, or used or was given it, newest first.
func (p *Pages) seen(ctx context.Context, of pii.Ordinal) (all []seenView, more bool, err error) {
	const chunk = 256
	for from := uint64(0); ; {
		found, err := p.Ledger.Find(ctx, ledger.SubjectRef(of), from, chunk)
		if err != nil {
			return nil, false, err
		}
		for _, idx := range found {
			from = idx + 1
			r, err := p.Ledger.Record(ctx, idx)
			if fault.Is(err, fault.NotFound) {
				continue // its time was over
			}
			if err != nil {
				return nil, false, err
			}
			if r.Leaf.Kind == proof.KindDisclosure && shown(r, of) {
				all = append(all, p.seenView(ctx, r))
			}
		}
		if len(all) > 2*mostSeen {
			all, more = slices.Clone(all[len(all)-mostSeen:]), true
		}
		if len(found) < chunk {
			break
		}
	}
	if len(all) > mostSeen {
		all, more = all[len(all)-mostSeen:], true
	}
	slices.Reverse(all)
	return all, more, nil
}

func shown(r *ledger.Record, of pii.Ordinal) (yes bool) {
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		yes = yes || o == of && l.Shown
		return !yes
	})
	return yes
}

func (p *Pages) seenView(ctx context.Context, r *ledger.Record) seenView {
	s := seenView{
		At: r.At(), Org: p.org(ctx, pii.OrgID(r.Fact("org"))), Verb: r.Verb().String(), Form: r.Form().String(),
		Fields: r.Fields(), Purpose: r.Fact("purpose"), Code: mark.Code(r.Request()), Entry: r.Index, Kind: r.Fact("actor"),
	}
	if s.Kind != "courier" {
		s.Kind = ""
		if person, _, ok, err := p.People.Person(ctx, pii.PersonID(r.Fact("actor"))); err == nil && ok {
			s.Kind = string(person.Kind)
		}
	}
	return s
}

// org is an organisation's name.
func (p *Pages) org(ctx context.Context, id pii.OrgID) string {
	if id == pii.Own {
		return p.Title
	}
	if o, ok, err := p.People.Org(ctx, id); err == nil && ok && o.Title != "" {
		return o.Title
	}
	return string(id)
}

func receiptForm(*visit) (string, any, error) { return "receipt", nil, nil }

// receiptView is the company's own answer about a short code.
type receiptView struct {
	Code  string
	Found []seenView
}

// checkReceipt answers what the records say of a short code: when, who, what, never
// about whom.
func checkReceipt(v *visit) (string, any, error) {
	begin, ok := mark.Begin(v.form.Get("code"))
	if !ok {
		return "receipt", nil, fault.New(fault.Invalid, "bad-request", "code")
	}
	rows, err := v.p.Own.RequestsAfter(v.ctx, before(begin), 5)
	if err != nil {
		return "receipt", nil, err
	}
	out := receiptView{Code: v.form.Get("code")}
	for _, row := range rows {
		if !bytes.HasPrefix(row.Request[:], begin) {
			break
		}
		r, err := v.p.Ledger.Record(v.ctx, row.Index)
		if err != nil || r.Leaf.Kind != proof.KindDisclosure {
			continue
		}
		s := v.p.seenView(v.ctx, r)
		s.Fields = nil
		out.Found = append(out.Found, s)
	}
	return "receipt", out, nil
}

// before is the last id before those that begin with the bytes.
func before(begin []byte) (id pii.RequestID) {
	copy(id[:], begin)
	for i := len(id) - 1; i >= 0; i-- {
		id[i]--
		if id[i] != 0xff {
			break
		}
	}
	return id
}

// verifier hands out the page that checks packs offline.
func verifier(v *visit) (string, any, error) {
	if v.p.Verifier == nil {
		return "message", nil, fault.New(fault.NotFound, "not-found", "")
	}
	b, err := v.p.Verifier()
	if err != nil {
		return "message", nil, fault.New(fault.NotFound, "not-found", "")
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", `attachment; filename="goldbell-verifier.html"`)
	_, _ = v.w.Write(b)
	return "", nil, nil
}
