package casework

import (
	"context"
	"encoding/hex"
	"fmt"
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

// Limits of the queue, and of handing one message over.
const (
	maxQueued = 1024
	handOver  = 15 * time.Second
)

// parcel is a message that waits: whom it is for is found out by the one who
// delivers, so that asking takes as long for everybody.
type parcel struct {
	id      pii.RequestID
	use     Use
	channel string
	to      pii.Value     // what she typed; empty: the contact of the complaint
	of      pii.RequestID // the complaint; zero: none
}

func (d *Desk) post(p parcel) error {
	select {
	case d.queue <- p:
		return nil
	default:
		return fault.New(fault.Unavailable, "unavailable", "courier")
	}
}

// Run delivers what is queued until ctx ends.
func (d *Desk) Run(ctx context.Context, alarm func(id string)) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-d.queue:
			if d.deliver(ctx, p) != nil && ctx.Err() == nil {
				alarm("message-undelivered")
			}
		}
	}
}

// Deliver delivers what is queued now and returns the first failure.
func (d *Desk) Deliver(ctx context.Context) (first error) {
	for {
		select {
		case p := <-d.queue:
			if err := d.deliver(ctx, p); first == nil {
				first = err
			}
		default:
			return first
		}
	}
}

func (d *Desk) deliver(ctx context.Context, p parcel) error {
	switch {
	case d.Courier == nil:
		return fault.New(fault.Unavailable, "no-courier", "")
	case p.use == ToSeeHers:
		return d.deliverHers(ctx, p)
	}
	c, ok, err := d.complaint(ctx, p.of)
	if err != nil || !ok {
		return err
	}
	a, err := d.open(c)
	if err != nil {
		return err
	}
	m := Message{ID: p.id, Channel: way(a.contactChannel(c)), To: pii.NewValue(a.contact())}
	switch p.use {
	case ToClose:
		return d.deliverClosing(ctx, p, c, m)
	case ToAffirm:
		return d.notify(ctx, c, m, ToAffirm, d.affirmText(c))
	}
	return d.notify(ctx, c, m, ToTell, d.answeredText())
}

// way is the channel a contact is written to by.
func way(channel string) string {
	if channel == ByEmail {
		return ByEmail
	}
	return BySMS
}

// deliverClosing sends the code that closes a complaint to the contact it came from.
func (d *Desk) deliverClosing(ctx context.Context, p parcel, c Complaint, m Message) error {
	digits, err := d.digits()
	if err != nil {
		return err
	}
	o := d.oneTime(p, ToClose, pii.Dummy, contacts[c.Channel], digits)
	o.Case = c.ID
	return d.send(ctx, sending{
		message: m, use: ToClose, of: c.ID, text: d.closeText(digits),
		effects: []ledger.Effect{OneTimePut{OneTime: o}},
	})
}

// deliverHers sends a code to somebody who asks about herself, if the contact is one
// person's and hers is held: through the door, under a work item for this. Of others
// nothing is sent, and the steps are the same.
func (d *Desk) deliverHers(ctx context.Context, p parcel) error {
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
	digits, err := d.digits()
	if err != nil {
		return err
	}
	now := d.now()
	o := d.oneTime(p, ToSeeHers, of, field, digits)
	item, err := d.request()
	if err != nil {
		return err
	}
	w := &grant.WorkItem{
		ID: item, Kind: grant.RightsRequest, Purpose: grant.RightsRequests, Assignee: courier.Person.ID, Recipient: pii.Own,
		OpenedBy: "", OpenedAt: now, Until: now.Add(codeLife), Subjects: 1, Digest: grant.Digest([]pii.Ordinal{of}),
	}
	m := Message{ID: p.id, Channel: way(p.channel), To: p.to}
	s := sending{
		message: m, use: ToSeeHers, request: item,
		effects: []ledger.Effect{OneTimePut{OneTime: o}, grant.Opened{WorkItem: w, Members: []*grant.Member{{Ordinal: of, Item: item}}}},
	}
	if err := d.record(ctx, &s); err != nil {
		return err
	}
	r, err := d.request()
	if err != nil {
		return err
	}
	_, err = d.Relay.Use(ctx, courier, door.Request{
		ID: r, Verb: pii.Dial, Form: pii.Relay, Fields: []pii.Field{field}, Purpose: grant.RightsRequests,
		Work: item, Subjects: []pii.SubjectID{id},
	}, func(ctx context.Context, _ door.Answer, values map[pii.Field]pii.Value) error {
		m.To, m.Text = values[field], d.seeText(digits)
		m.Subject = mailSubject
		return d.hand(ctx, m)
	})
	if err != nil {
		return d.failed(ctx, s, err)
	}
	return nil
}

// sending is a message with the entry that goes before it.
type sending struct {
	message Message
	use     Use
	of      pii.RequestID // the complaint; zero: none
	request pii.RequestID // of the entry; zero: a fresh one
	text    pii.Value
	facts   []proof.Field
	effects []ledger.Effect
	entry   uint64 // of the record
}

// send records a message, then hands it over.
func (d *Desk) send(ctx context.Context, s sending) error {
	_, err := d.sendNow(ctx, s)
	return err
}

// sendNow is send, and returns the entry of the message.
func (d *Desk) sendNow(ctx context.Context, s sending) (uint64, error) {
	if err := d.record(ctx, &s); err != nil {
		return 0, err
	}
	s.message.Subject, s.message.Text = mailSubject, s.text
	if err := d.hand(ctx, s.message); err != nil {
		return 0, d.failed(ctx, s, err)
	}
	return s.entry, nil
}

// record writes the entry of a message. It is charged to the contact's day and to
// everybody's.
func (d *Desk) record(ctx context.Context, s *sending) (err error) {
	if s.request.IsZero() {
		if s.request, err = d.request(); err != nil {
			return err
		}
	}
	e := messageEntry("sent", s.use, s.message.Channel, s.of, s.facts...)
	e.Verb, e.Form, e.Fields, e.Purpose = pii.Dial, pii.Relay, []pii.Field{fieldOf(s.message.Channel)}, purposeOf(s.use)
	e.Effects = s.effects
	e.Spends = d.contactSpends(s.message.To, d.now())
	r, err := d.Ledger.Append(ctx, ledger.Item{Request: s.request, Entry: e})
	if err != nil {
		return err
	}
	s.entry = r.Record().Index
	r.Close()
	return nil
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

// failed records that a message was not delivered.
func (d *Desk) failed(ctx context.Context, s sending, cause error) error {
	id, err := d.request()
	if err != nil {
		return err
	}
	e := messageEntry("failed", s.use, s.message.Channel, s.of, fact("sent", fmt.Sprint(s.entry)))
	r, err := d.Ledger.Append(context.WithoutCancel(ctx), ledger.Item{Request: id, Entry: e})
	if err != nil {
		return err
	}
	r.Close()
	return cause
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
