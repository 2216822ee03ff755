package casework

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Message is what the courier is asked to deliver. It says nothing about the
// person it goes to.
type Message struct {
	ID      pii.RequestID // names it; a repeat is the same message
	Channel string        // BySMS or ByEmail
	To      pii.Value
	Subject string
	Text    pii.Value // may hold a one-time code
}

// Courier delivers messages through the company's mail and SMS providers. It is
// safe for concurrent use, and keeps nothing.
type Courier interface {
	// Carries says whether messages can go this way.
	Carries(channel string) bool
	// Send hands a message over. Its error names no address and no text.
	Send(ctx context.Context, m Message) error
}

// Relay uses a subject's contact without showing it: the door.
type Relay interface {
	Use(ctx context.Context, p party.Principal, r door.Request, use func(context.Context, door.Answer, map[pii.Field]pii.Value) error) (door.Answer, error)
}

// courier is the service that delivers to persons we know. It lives in this process
// and has no credential: nobody signs in as it.
var courier = party.Principal{
	Person: party.Person{
		ID: "courier", Org: pii.Own, Kind: party.Service,
		ContractFrom: time.Unix(0, 0).UTC(), TrainedUntil: time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC),
	},
	Org:   party.Org{ID: pii.Own, Kind: party.OwnCompany},
	Scope: "courier",
}

// handOver bounds handing one message over.
const handOver = 15 * time.Second

// deliver sends what waits. The entry that it was sent goes first, once: a message that
// is tried again has it, and its code.
func (d *Desk) deliver(ctx context.Context, p *parcel, w Waiting) error {
	switch {
	case d.Courier == nil:
		return fault.New(fault.Unavailable, "no-courier", "")
	case p.use == ToSeeHers:
		return d.deliverHers(ctx, p, w)
	}
	c, ok, err := d.complaint(ctx, p.of)
	if err != nil || !ok {
		return err
	}
	a, err := d.open(c)
	if err != nil {
		return err
	}
	m := Message{ID: p.id, Channel: way(a.contactChannel(c)), To: pii.NewValue(a.contact()), Subject: mailSubject}
	p.channel = m.Channel
	switch p.use {
	case ToClose:
		if over, err := d.drawn(ctx, p, w, sending{message: m}, pii.Dummy, contacts[c.Channel]); over || err != nil {
			return err
		}
		m.Text = d.closeText(p.digits)
		return d.hand(ctx, m)
	case ToAffirm:
		m.Text = d.affirmText(c)
	default:
		m.Text = d.answeredText()
	}
	if err := d.recordWaiting(ctx, p, w, sending{message: m}); err != nil {
		return err
	}
	return d.hand(ctx, m)
}

// way is the channel a contact is written to by.
func way(channel string) string {
	if channel == ByEmail {
		return ByEmail
	}
	return BySMS
}

// drawn draws the code of a message, and records it, once. over says that the code was
// answered meanwhile: it is not sent again.
func (d *Desk) drawn(ctx context.Context, p *parcel, w Waiting, s sending, of pii.Ordinal, f pii.Field) (over bool, err error) {
	if !p.sent.IsZero() {
		o, ok, err := d.Store.OneTime(ctx, p.id)
		return ok && o.Used, err
	}
	if p.digits, err = d.digits(); err != nil {
		return false, err
	}
	o := d.oneTime(*p, of, f)
	p.until = o.Until
	s.effects = append(s.effects, OneTimePut{OneTime: o})
	return false, d.recordWaiting(ctx, p, w, s)
}

// deliverHers sends a code to somebody who asks about herself, if the contact is one
// person's and hers is held: through the door, under a work item for this. Of others
// nothing is sent, and the steps are the same.
func (d *Desk) deliverHers(ctx context.Context, p *parcel, w Waiting) error {
	if d.Relay == nil {
		return fault.New(fault.Unavailable, "no-courier", "")
	}
	field := contacts[p.channel]
	of, err := d.Finder.Contact(ctx, field, p.to)
	if err != nil {
		return err
	}
	id, err := d.Finder.ID(ctx, of)
	if err != nil {
		return err
	}
	m := Message{ID: p.id, Channel: way(p.channel), To: p.to, Subject: mailSubject}
	s := sending{message: m}
	if p.sent.IsZero() {
		if s.request, err = d.request(); err != nil {
			return err
		}
		now := d.now()
		item := &grant.WorkItem{
			ID: s.request, Kind: grant.RightsRequest, Purpose: grant.RightsRequests, Assignee: courier.Person.ID, Recipient: pii.Own,
			OpenedBy: "", OpenedAt: now, Until: now.Add(codeLife), Subjects: 1, Digest: grant.Digest([]pii.Ordinal{of}),
		}
		s.effects = []ledger.Effect{grant.Opened{WorkItem: item, Members: []*grant.Member{{Ordinal: of, Item: item.ID}}}}
	}
	if over, err := d.drawn(ctx, p, w, s, of, field); over || err != nil {
		return err
	}
	r, err := d.request()
	if err != nil {
		return err
	}
	_, err = d.Relay.Use(ctx, courier, door.Request{
		ID: r, Verb: pii.Dial, Form: pii.Relay, Fields: []pii.Field{field}, Purpose: grant.RightsRequests,
		Work: p.sent, Subjects: []pii.SubjectID{id},
	}, func(ctx context.Context, _ door.Answer, values map[pii.Field]pii.Value) error {
		m.To, m.Text = values[field], d.seeText(p.digits)
		return d.hand(ctx, m)
	})
	return err
}

// sending is a message with what its entry says.
type sending struct {
	message Message
	use     Use
	of      pii.RequestID // the complaint; zero: none
	request pii.RequestID // of the entry; zero: a fresh one
	effects []ledger.Effect
}

// recordWaiting writes the entry of a message that waits, unless it has one. What was
// sent waits on, under the same entry, until it was handed over.
func (d *Desk) recordWaiting(ctx context.Context, p *parcel, w Waiting, s sending) (err error) {
	if !p.sent.IsZero() {
		return nil
	}
	if s.request.IsZero() {
		if s.request, err = d.request(); err != nil {
			return err
		}
	}
	recorded := *p
	recorded.sent = s.request
	posted, err := d.post(recorded, w.Next, w.Tries)
	if err != nil {
		return err
	}
	s.use, s.of, s.effects = p.use, p.of, append(s.effects, posted)
	if _, err := d.record(ctx, s); err != nil {
		return err
	}
	*p = recorded
	return nil
}

// sendNow records a message and hands it over while the caller waits. It returns the
// entry.
func (d *Desk) sendNow(ctx context.Context, s sending) (entry uint64, err error) {
	if s.request, err = d.request(); err != nil {
		return 0, err
	}
	if entry, err = d.record(ctx, s); err != nil {
		return 0, err
	}
	s.message.Subject = mailSubject
	if err := d.hand(ctx, s.message); err != nil {
		p := parcel{use: s.use, channel: s.message.Channel, of: s.of}
		return 0, errors.Join(err, d.failed(ctx, p, sentFact(entry)))
	}
	return entry, nil
}

// record writes the entry of a message. It is charged to the contact's day and to
// everybody's.
func (d *Desk) record(ctx context.Context, s sending) (entry uint64, err error) {
	e := messageEntry("sent", s.use, s.message.Channel, s.of)
	e.Verb, e.Form, e.Fields, e.Purpose = pii.Dial, pii.Relay, []pii.Field{fieldOf(s.message.Channel)}, purposeOf(s.use)
	e.Effects = s.effects
	e.Spends = d.contactSpends(s.message.To, d.now())
	r, err := d.Ledger.Append(ctx, ledger.Item{Request: s.request, Entry: e})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return r.Record().Index, nil
}

func sentFact(entry uint64) []proof.Field {
	return []proof.Field{fact("sent", strconv.FormatUint(entry, 10))}
}

func fieldOf(channel string) pii.Field {
	if channel == ByEmail {
		return pii.Email
	}
	return pii.Phone
}

func purposeOf(u Use) pii.Purpose {
	if u == ToSeeHers {
		return grant.RightsRequests
	}
	return grant.ComplaintHandling
}

func (d *Desk) hand(ctx context.Context, m Message) error {
	if !d.Courier.Carries(m.Channel) {
		return fault.New(fault.Unavailable, "no-courier", "")
	}
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	return d.Courier.Send(ctx, m)
}

// messageEntry is an entry about a message: which use, by which channel, about which
// complaint; never to whom.
func messageEntry(what string, use Use, channel string, of pii.RequestID, facts ...proof.Field) ledger.Entry {
	e := ledger.Entry{Kind: proof.KindMessage, Facts: append([]proof.Field{
		fact("what", what), fact("use", string(use)), fact("channel", channel),
	}, facts...)}
	if !of.IsZero() {
		e.Facts = append(e.Facts, fact("case", of.String()))
		e.Refs = []ledger.Ref{caseRef(of)}
	}
	return e
}

// contactSpends charge a contact's day and everybody's.
func (d *Desk) contactSpends(to pii.Value, now time.Time) []ledger.Spend {
	who := hex.EncodeToString(d.Sealer.Fingerprint(pii.NewValue("message|" + to.Reveal()))[:16])
	name, end := today(now)
	return []ledger.Spend{
		{Key: "message|contact|" + who + "|" + name, Cap: d.Limits.ContactDay, Amount: 1, Until: end},
		{Key: "message|all|" + name, Cap: d.Limits.AllDay, Amount: 1, Until: end},
	}
}

// today is the day of UTC+8 that now is in, and its end.
func today(now time.Time) (name string, end time.Time) {
	t := now.In(beijing)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, beijing)
	return day.Format(time.DateOnly), day.AddDate(0, 0, 1)
}
