package casework

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// maxHandling is how long a handler's work item may stay open.
const maxHandling = 90 * 24 * time.Hour

// Asked is who asks, under which request id; Hash is the request's SHA-256.
type Asked struct {
	By      party.Principal
	Request pii.RequestID
	Hash    []byte
}

// Her is the complainant: whoever has the complaint's code.
type Her struct {
	Case    pii.RequestID
	Code    string
	Source  string
	Request pii.RequestID
	Hash    []byte
}

// Assign gives a complaint to a member of staff: it opens a work item for him,
// which names the complaint's subject, or the dummy if there is none. Its id is
// the request's. The officer learns nothing of the subject.
func (d *Desk) Assign(ctx context.Context, a Asked, id pii.RequestID, to pii.PersonID, until time.Time) (pii.RequestID, error) {
	until = until.UTC().Truncate(time.Microsecond)
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		now := d.now()
		if err := d.may(ctx, a.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		if !now.Before(until) || until.Sub(now) > maxHandling {
			return ledger.Item{}, invalid("until")
		}
		c, ok, err := d.complaint(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		if !ok {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "complaint")
		}
		switch c.State {
		case Closed:
			return ledger.Item{}, fault.New(fault.Conflict, "closed", "complaint")
		case Unconfirmed:
			return ledger.Item{}, fault.New(fault.Conflict, "bad-state", "complaint")
		}
		p, err := d.assignee(ctx, to, now)
		if err != nil {
			return ledger.Item{}, err
		}
		return d.assignment(a, c, p, now, until), nil
	})
	if err != nil {
		return pii.RequestID{}, err
	}
	r.Close()
	return a.Request, nil
}

// assignee finds the staff member who is to handle. Outsourced staff and partners
// handle no complaints: these are about people like them.
func (d *Desk) assignee(ctx context.Context, id pii.PersonID, now time.Time) (party.Person, error) {
	p, o, ok, err := d.People.Person(ctx, id)
	if err != nil {
		return p, err
	}
	if !ok || p.Kind != party.Staff || !d.works(&p, &o, now) {
		return p, invalid("assignee")
	}
	return p, nil
}

func (d *Desk) assignment(a Asked, c Complaint, p party.Person, now, until time.Time) ledger.Item {
	of := []pii.Ordinal{c.Ordinal}
	w := &grant.WorkItem{
		ID: a.Request, Kind: grant.ComplaintWork, Purpose: grant.ComplaintHandling, Assignee: p.ID, Recipient: p.Org,
		OpenedBy: a.By.Person.ID, OpenedAt: now, Until: until, Subjects: 1, Digest: grant.Digest(of),
	}
	return ledger.Item{
		Basis: ledger.Basis{Keys: append(actorKeys(a.By), ledger.CaseKey(c.ID), ledger.PersonKey(p.ID))},
		Actor: actor(a.By),
		Entry: ledger.Entry{
			Kind: proof.KindWorkItem, Actor: a.By.Person.ID, Org: a.By.Org.ID, Work: w.ID, Purpose: w.Purpose,
			Facts: []proof.Field{
				fact("what", string(assigned)), fact("case", c.ID.String()), fact("assignee", string(p.ID)),
				fact("until", until.Format(time.RFC3339Nano)),
			},
			Refs: []ledger.Ref{caseRef(c.ID), {Kind: ledger.RefPerson, Key: []byte(p.ID)}},
			Effects: []ledger.Effect{
				Handled{Case: c.ID, Person: a.By.Person.ID},
				grant.Opened{WorkItem: w, Members: []*grant.Member{{Ordinal: c.Ordinal, Item: w.ID}}},
			},
		},
	}
}

// TakeUp begins the handling. work is the handler's open work item for this case.
func (d *Desk) TakeUp(ctx context.Context, a Asked, id, work pii.RequestID) error {
	return d.handle(ctx, a, id, work, takenUp, nil)
}

// Reply answers the complainant. It closes nothing: she does, or contests.
func (d *Desk) Reply(ctx context.Context, a Asked, id, work pii.RequestID, text pii.Value) error {
	if text.IsEmpty() || !fits(text, maxSaid) {
		return invalid("text")
	}
	err := d.handle(ctx, a, id, work, replied, &letter{Text: text.Reveal()})
	d.wake()
	return err
}

func (d *Desk) handle(ctx context.Context, a Asked, id, work pii.RequestID, did event, l *letter) error {
	return d.step(ctx, a.Request, a.Hash, id, did, l, func(c Complaint, now time.Time) (ledger.Entry, []string, error) {
		if err := d.may(ctx, a.By, now, party.Staff); err != nil {
			return ledger.Entry{}, nil, err
		}
		if err := d.holds(ctx, a.By, c, work, now); err != nil {
			return ledger.Entry{}, nil, err
		}
		e := ledger.Entry{Actor: a.By.Person.ID, Org: a.By.Org.ID, Work: work, Purpose: grant.ComplaintHandling}
		if did == replied && d.Courier != nil { // without one she finds the answer where she follows her complaint
			told, err := d.postNotice(parcel{use: ToTell, of: id}, now)
			if err != nil {
				return ledger.Entry{}, nil, err
			}
			e.Effects = append(e.Effects, told)
		}
		return e, append(actorKeys(a.By), ledger.WorkKey(work)), nil
	})
}

// holds checks that the work item is the caller's, open, and was opened for this
// complaint, since it was last contested: the entry that opened it names the case.
func (d *Desk) holds(ctx context.Context, p party.Principal, c Complaint, work pii.RequestID, now time.Time) error {
	noGrant := fault.New(fault.Denied, "no-grant", "")
	w, ok, err := d.Work.Item(ctx, work)
	if err != nil {
		return err
	}
	if !ok || d.Ledger.CheckStamp(&w) != nil || !w.OpenAt(now) || w.Kind != grant.ComplaintWork ||
		w.Assignee != p.Person.ID || w.Recipient != p.Org.ID {
		return noGrant
	}
	opened, err := d.Ledger.Record(ctx, w.Entry)
	if err != nil {
		return err
	}
	if opened.Fact("case") != c.ID.String() || !w.OpenedAt.After(c.EscalatedAt) {
		return noGrant
	}
	return nil
}

// CloseAsSecond closes a complaint that was answered and whose complainant was silent
// for as long as the clock says, for an officer who neither handled it nor chose its
// handler, with a reason. How to contest is sent to her first; she has the time of
// another clock to do it.
func (d *Desk) CloseAsSecond(ctx context.Context, a Asked, id pii.RequestID, reason string) error {
	if n := utf8.RuneCountInString(reason); !utf8.ValidString(reason) || n < 10 || n > 500 {
		return invalid("reason")
	}
	if done, err := d.recorded(ctx, a); err != nil || done {
		return err
	}
	second := func(c Complaint, now time.Time) error { return d.second(ctx, a, c, now) }
	c, ok, err := d.complaint(ctx, id)
	if err != nil {
		return err
	}
	if err := second(c, d.now()); err != nil { // before anything is sent
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "not-found", "complaint")
	}
	notice, err := d.tellAppeal(ctx, c)
	if err != nil {
		return err
	}
	return d.step(ctx, a.Request, a.Hash, id, closedBy2, nil, func(c Complaint, now time.Time) (ledger.Entry, []string, error) {
		if err := second(c, now); err != nil {
			return ledger.Entry{}, nil, err
		}
		row := &Closing{Case: id, Officer: a.By.Person.ID, Notice: notice, At: now}
		e := ledger.Entry{
			Actor: a.By.Person.ID, Org: a.By.Org.ID, Effects: []ledger.Effect{ClosingPut{Closing: row}},
			Facts: []proof.Field{fact("reason", reason), fact("notice", strconv.FormatUint(notice, 10))},
		}
		return e, actorKeys(a.By), nil
	})
}

// recorded says whether a retried request is in the ledger: what it sent is not sent
// again.
func (d *Desk) recorded(ctx context.Context, a Asked) (bool, error) {
	if a.Hash == nil {
		return false, nil
	}
	found, err := d.Ledger.Requests(ctx, []pii.RequestID{a.Request})
	return len(found) > 0, err
}

// second refuses whoever may not close, and a complaint it is not time to close. A
// complaint that is not there is refused as one that may not be closed.
func (d *Desk) second(ctx context.Context, a Asked, c Complaint, now time.Time) error {
	if err := d.may(ctx, a.By, now, party.Officer); err != nil {
		return err
	}
	if c.ID.IsZero() {
		return nil
	}
	touched, err := d.touched(ctx, c.ID, a.By.Person.ID)
	if err != nil {
		return err
	}
	_, appealed, err := d.OpenAppeal(ctx, c.ID)
	if err != nil {
		return err
	}
	switch {
	case touched:
		return fault.New(fault.Denied, "second-person", "")
	case c.State != Replied:
		return fault.New(fault.Conflict, "bad-state", "complaint")
	case appealed:
		return fault.New(fault.Conflict, "appealed", "complaint")
	case now.Before(c.SilentUntil) || c.SilentUntil.IsZero():
		return fault.New(fault.Conflict, "not-silent-yet", "complaint")
	}
	return nil
}

// tellAppeal sends the complainant how she may contest, and returns the entry of it.
func (d *Desk) tellAppeal(ctx context.Context, c Complaint) (uint64, error) {
	a, err := d.open(c)
	if err != nil {
		return 0, err
	}
	id, err := d.request()
	if err != nil {
		return 0, err
	}
	m := Message{ID: id, Channel: way(a.contactChannel(c)), To: pii.NewValue(a.contact())}
	if d.Courier == nil || !d.Courier.Carries(m.Channel) {
		return 0, fault.New(fault.Unavailable, "no-courier", "")
	}
	days := int(d.length(law.ComplaintAppeal, c.FiledAt) / (24 * time.Hour))
	m.Text = d.appealText(days)
	return d.sendNow(ctx, sending{message: m, use: ToAppeal, of: c.ID})
}

// touched says whether the person handled the complaint or chose its handler.
func (d *Desk) touched(ctx context.Context, id pii.RequestID, who pii.PersonID) (bool, error) {
	touched := false
	err := d.each(ctx, id, func(r *ledger.Record) {
		touched = touched || isHandling(r.Fact("what")) && r.Fact("actor") == string(who)
	})
	return touched, err
}

// Confirm closes the complaint: the complainant has her answer. code and typed are
// the one-time code that was sent to the contact that complained.
func (d *Desk) Confirm(ctx context.Context, h Her, code pii.RequestID, typed string) error {
	c, err := d.hers(ctx, h.Case, h.Code, h.Source)
	if err != nil {
		return err
	}
	a, err := d.open(c)
	if err != nil {
		return err
	}
	if err := d.notOurs(ctx, pii.NewValue(a.contact()), d.now()); err != nil {
		return err
	}
	if done, err := d.recorded(ctx, Asked{Request: h.Request, Hash: h.Hash}); err != nil || done {
		return err
	}
	if _, err := d.tried(ctx, code, typed, h.Source, ToClose, h.Case); err != nil {
		return err
	}
	return d.step(ctx, h.Request, h.Hash, h.Case, confirmed, nil, func(c Complaint, now time.Time) (ledger.Entry, []string, error) {
		used, err := d.use(ctx, code)
		if err != nil {
			return ledger.Entry{}, nil, err
		}
		row := &Closing{Case: h.Case, Code: code, At: now}
		return ledger.Entry{
			Effects: []ledger.Effect{OneTimePut{OneTime: used}, ClosingPut{Closing: row}},
			Revokes: []string{oneTimeKey(code)},
		}, []string{oneTimeKey(code)}, nil
	})
}

// Affirm makes a complaint that was taken down for her count as filed. Its code was
// sent to her contact alone, so who has it controls the contact.
func (d *Desk) Affirm(ctx context.Context, h Her) error { return d.she(ctx, h, affirmed, nil) }

// Contest reopens a complaint that was answered, or closed and still within the time
// to contest, and takes it to the officer: whoever handled it does not go on with it
// unless he is assigned anew. why may be empty.
func (d *Desk) Contest(ctx context.Context, h Her, why pii.Value) error {
	if !fits(why, maxSaid) {
		return invalid("why")
	}
	return d.she(ctx, h, contested, &letter{Hers: true, Text: why.Reveal()})
}

func (d *Desk) she(ctx context.Context, h Her, did event, l *letter) error {
	if _, err := d.hers(ctx, h.Case, h.Code, h.Source); err != nil {
		return err
	}
	return d.step(ctx, h.Request, h.Hash, h.Case, did, l, func(c Complaint, now time.Time) (ledger.Entry, []string, error) {
		if c.State == Closed {
			last, err := d.Ledger.Record(ctx, c.Entry)
			if err != nil {
				return ledger.Entry{}, nil, err
			}
			if now.Sub(last.At()) > d.length(law.ComplaintAppeal, c.FiledAt) {
				return ledger.Entry{}, nil, fault.New(fault.Conflict, "appeal-over", "complaint")
			}
		}
		return ledger.Entry{}, nil, nil
	})
}

// hers reads the complaint for whoever has its code. A wrong code and a complaint
// that does not exist are the same answer, and counted.
func (d *Desk) hers(ctx context.Context, id pii.RequestID, code, source string) (Complaint, error) {
	c, ok, err := d.complaint(ctx, id)
	if err != nil {
		return Complaint{}, err
	}
	if !hers(c, code) || !ok {
		d.Failed(ctx, source)
		return Complaint{}, fault.New(fault.Denied, "bad-code", "code")
	}
	return c, nil
}

// step moves a complaint. who checks the actor and returns his part of the entry
// and what his power rests on.
func (d *Desk) step(ctx context.Context, request pii.RequestID, hash []byte, id pii.RequestID, did event, l *letter,
	who func(Complaint, time.Time) (ledger.Entry, []string, error)) error {
	r, err := d.Ledger.Decide(ctx, request, hash, func() (ledger.Item, error) {
		now := d.now()
		c, ok, err := d.complaint(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		theirs, keys, err := who(c, now)
		if err != nil {
			return ledger.Item{}, err
		}
		if !ok {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "complaint")
		}
		next, ok := moves[c.State][did]
		if !ok {
			return ledger.Item{}, fault.New(fault.Conflict, "bad-state", "complaint")
		}
		d.moved(&c, did, next, now)
		if err := d.write(&c, l, now); err != nil {
			return ledger.Item{}, err
		}
		e := entry(&c, did, theirs.Facts...)
		e.Actor, e.Org, e.Work, e.Purpose = theirs.Actor, theirs.Org, theirs.Work, theirs.Purpose
		if isHandling(string(did)) {
			theirs.Effects = append(theirs.Effects, Handled{Case: id, Person: theirs.Actor})
		}
		e.Effects = append(theirs.Effects, e.Effects...) // the complaint's row last: its trigger looks at the others
		// Whoever decided on the old state decides again.
		e.Revokes = append(theirs.Revokes, ledger.CaseKey(id))
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(keys, ledger.CaseKey(id))}}, nil
	})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

// moved brings the row into its next state, and sets its clocks.
func (d *Desk) moved(c *Complaint, did event, next State, now time.Time) {
	c.State = next
	switch did {
	case affirmed:
		c.FiledAt, c.Verified = now, true
		c.Due = now.Add(d.length(law.ComplaintReply, now))
	case replied, dismissed:
		c.SilentUntil = now.Add(d.length(law.ComplaintSilence, c.FiledAt))
	case contested, upheld:
		c.EscalatedAt, c.SilentUntil = now, time.Time{}
		c.Due = now.Add(d.length(law.ComplaintReply, c.FiledAt))
	}
}

// maxLetters keeps a row from growing without end.
const maxLetters = 50

// write adds a letter to what is sealed.
func (d *Desk) write(c *Complaint, l *letter, now time.Time) error {
	if l == nil || l.Text == "" {
		return nil
	}
	a, err := d.open(*c)
	if err != nil {
		return err
	}
	if len(a.Letters) >= maxLetters {
		return fault.New(fault.TooLarge, "too-large", "letters")
	}
	a.Letters = append(a.Letters, letter{At: now, Hers: l.Hers, Text: l.Text})
	return d.seal(c, a)
}

// may refuses an actor of another kind, and one whose power ended since he was
// authenticated.
func (d *Desk) may(ctx context.Context, a party.Principal, now time.Time, kind party.PersonKind) error {
	if a.Person.Kind != kind {
		return notYours()
	}
	p, o, ok, err := d.People.Person(ctx, a.Person.ID)
	if err != nil {
		return err
	}
	if !ok || p.Kind != kind || !d.works(&p, &o, now) {
		return notYours()
	}
	return nil
}

func (d *Desk) works(p *party.Person, o *party.Org, now time.Time) bool {
	return d.Ledger.CheckStamp(p) == nil && d.Ledger.CheckStamp(o) == nil &&
		p.OpenAt(now) && !p.Suspended && !o.Suspended
}

// actor is what the actor's power rests on since he was authenticated.
func actor(p party.Principal) ledger.Basis {
	return ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential)
}

func actorKeys(p party.Principal) []string {
	keys := []string{ledger.PersonKey(p.Person.ID), ledger.OrgKey(p.Org.ID)}
	if p.Credential != nil {
		keys = append(keys, ledger.CredentialKey(p.Credential))
	}
	return keys
}
