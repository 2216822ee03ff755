package casework

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Outcome of an appeal.
type Outcome string

const (
	Upheld    Outcome = "upheld"    // the complaint is handled again
	Dismissed Outcome = "dismissed" // the answer stands, and the officer says why
)

// Appeal takes an answer, or a closing, to an officer who had no part in it. She
// answers it herself, in writing. There is one for each answer and each closing.
type Appeal struct {
	ID         pii.RequestID `json:"id"`
	Case       pii.RequestID `json:"case"`
	Against    uint64        `json:"against"` // the entry of the answer, or of the closing
	At         time.Time     `json:"at"`
	Due        time.Time     `json:"due"`
	Outcome    Outcome       `json:"outcome"` // empty: not answered yet
	Officer    pii.PersonID  `json:"officer"`
	AnsweredAt time.Time     `json:"answered_at"`
	Month      string        `json:"month"` // of the record key Sealed is under
	Sealed     []byte        `json:"sealed"`
	pii.Stamp  `json:"-"`
}

// StampRow implements [pii.Stamped].
func (a *Appeal) StampRow() (string, []byte) { return "appeal", canonical(a) }

// RowKey implements [pii.Keyed].
func (a *Appeal) RowKey() string { return a.ID.String() }

// AppealPut inserts or replaces an appeal.
type AppealPut struct{ *Appeal }

// Appeals keeps appeals. [AppealPut] is an effect.
type Appeals interface {
	Appeal(ctx context.Context, id pii.RequestID) (Appeal, bool, error)
	// AppealsOf lists a complaint's, the oldest first.
	AppealsOf(ctx context.Context, of pii.RequestID) ([]Appeal, error)
	// AppealsAfter lists those that wait for an answer, by time and id, after one.
	AppealsAfter(ctx context.Context, at time.Time, id pii.RequestID, n int) ([]Appeal, error)
}

// Appealed is an appeal with its words.
type Appealed struct {
	Appeal
	Why    pii.Value // hers; may be empty
	Answer pii.Value // the officer's
}

// pleading is what Sealed holds, filled like an account.
type pleading struct {
	Why    string `json:"why"`
	Answer string `json:"answer"`
}

func appealContext(id pii.RequestID) []byte { return append([]byte("appeal|"), id[:]...) }

func (d *Desk) sealAppeal(a *Appeal, p pleading, now time.Time) error {
	plain, err := json.Marshal(p)
	if err != nil {
		return fault.New(fault.Internal, "internal", "appeal")
	}
	for len(plain)%accountBlock != 0 {
		plain = append(plain, ' ')
	}
	defer clear(plain)
	a.Sealed, a.Month, err = d.Sealer.Seal(now, appealContext(a.ID), plain)
	return err
}

func (d *Desk) openAppeal(a Appeal) (p pleading, err error) {
	plain, err := d.Sealer.Open(appealContext(a.ID), a.Sealed)
	if err != nil {
		return p, err
	}
	defer clear(plain)
	if json.Unmarshal(plain, &p) != nil {
		return pleading{}, fault.New(fault.Internal, "internal", "appeal")
	}
	return p, nil
}

// appeals are a complaint's, as the ledger made them.
func (d *Desk) appeals(ctx context.Context, of pii.RequestID) ([]Appeal, error) {
	if d.Appeals == nil {
		return nil, nil
	}
	all, err := d.Appeals.AppealsOf(ctx, of)
	return slices.DeleteFunc(all, func(a Appeal) bool { return d.Ledger.CheckStamp(&a) != nil }), err
}

// pleadings opens a complaint's appeals. That they are read is for the caller to record.
func (d *Desk) pleadings(ctx context.Context, of pii.RequestID) ([]Appealed, error) {
	rows, err := d.appeals(ctx, of)
	if err != nil {
		return nil, err
	}
	all := make([]Appealed, len(rows))
	for n, a := range rows {
		p, err := d.openAppeal(a)
		if err != nil {
			return nil, err
		}
		all[n] = Appealed{a, pii.NewValue(p.Why), pii.NewValue(p.Answer)}
	}
	return all, nil
}

// OpenAppeal is the appeal of a complaint that waits for an answer; ok is false if none
// does.
func (d *Desk) OpenAppeal(ctx context.Context, of pii.RequestID) (a Appeal, ok bool, err error) {
	all, err := d.appeals(ctx, of)
	for _, a := range all {
		if a.Outcome == "" {
			return a, true, nil
		}
	}
	return a, false, err
}

// appealable says what an appeal of a complaint would be against, and refuses one that
// is not answered, that was appealed, or whose time is over.
func (d *Desk) appealable(ctx context.Context, c Complaint, now time.Time) (against uint64, err error) {
	if c.State != Replied && c.State != Closed {
		return 0, fault.New(fault.Conflict, "bad-state", "complaint")
	}
	all, err := d.appeals(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	steps, err := d.steps(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	against, at := lastAnswer(steps)
	if slices.ContainsFunc(all, func(a Appeal) bool { return a.Outcome == "" || a.Against == against }) {
		return 0, fault.New(fault.Conflict, "appealed", "complaint")
	}
	if c.State == Closed && now.Sub(at) > d.length(law.ComplaintAppeal, c.FiledAt) {
		return 0, fault.New(fault.Conflict, "appeal-over", "complaint")
	}
	return against, nil
}

// lastAnswer finds the last answer or closing.
func lastAnswer(steps []Step) (entry uint64, at time.Time) {
	for _, s := range steps {
		if w := event(s.What); w == replied || w == confirmed || w == closedBy2 {
			entry, at = s.Entry, s.At
		}
	}
	return entry, at
}

// canAppeal says whether she may appeal now.
func (d *Desk) canAppeal(ctx context.Context, c Complaint) (bool, error) {
	if d.Appeals == nil {
		return false, nil
	}
	_, err := d.appealable(ctx, c, d.now())
	if fault.Is(err, fault.Conflict) {
		return false, nil
	}
	return err == nil, err
}

// Appeal takes the last answer to the officer. The complaint stays as it is until she
// answers: nobody closes it meanwhile but the complainant. why may be empty.
func (d *Desk) Appeal(ctx context.Context, h Her, why pii.Value) error {
	if !fits(why, maxSaid) {
		return invalid("why")
	}
	if d.Appeals == nil {
		return fault.New(fault.Unavailable, "unavailable", "appeal")
	}
	if _, err := d.hers(ctx, h.Case, h.Code, h.Source); err != nil {
		return err
	}
	r, err := d.Ledger.Decide(ctx, h.Request, h.Hash, func() (ledger.Item, error) {
		now := d.now()
		c, ok, err := d.complaint(ctx, h.Case)
		if err != nil || !ok {
			return ledger.Item{}, err
		}
		a := &Appeal{ID: h.Request, Case: c.ID, At: now, Due: now.Add(d.length(law.AppealAnswer, now))}
		if a.Against, err = d.appealable(ctx, c, now); err != nil {
			return ledger.Item{}, err
		}
		if err := d.sealAppeal(a, pleading{Why: why.Reveal()}, now); err != nil {
			return ledger.Item{}, err
		}
		return appealItem(c, a, appealed), nil
	})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

// appealItem is the entry of a step of an appeal. Whoever decided about the complaint
// before decides again.
func appealItem(c Complaint, a *Appeal, did event) ledger.Item {
	e := ledger.Entry{
		Kind: proof.KindComplaint, Refs: []ledger.Ref{caseRef(c.ID)}, Revokes: []string{ledger.CaseKey(c.ID)},
		Facts: []proof.Field{
			fact("what", string(did)), fact("state", string(c.State)), fact("case", c.ID.String()), fact("appeal", a.ID.String()),
		},
		Effects: []ledger.Effect{AppealPut{Appeal: a}},
	}
	return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: []string{ledger.CaseKey(c.ID)}}}
}

// AnswerAppeal answers an appeal, for an officer who neither handled the complaint nor
// closed it. If it is upheld the complaint is handled again.
func (d *Desk) AnswerAppeal(ctx context.Context, by Asked, id pii.RequestID, out Outcome, text pii.Value) error {
	switch {
	case out != Upheld && out != Dismissed:
		return invalid("outcome")
	case text.IsEmpty() || !fits(text, maxSaid):
		return invalid("text")
	case d.Appeals == nil:
		return fault.New(fault.Unavailable, "unavailable", "appeal")
	}
	r, err := d.Ledger.Decide(ctx, by.Request, by.Hash, func() (ledger.Item, error) {
		now := d.now()
		if err := d.may(ctx, by.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		a, c, err := d.waitingAppeal(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		if had, err := d.tookPart(ctx, c.ID, by.By.Person.ID); err != nil || had {
			if err == nil {
				err = fault.New(fault.Denied, "second-person", "")
			}
			return ledger.Item{}, err
		}
		p, err := d.openAppeal(a)
		if err != nil {
			return ledger.Item{}, err
		}
		p.Answer = text.Reveal()
		a.Outcome, a.Officer, a.AnsweredAt = out, by.By.Person.ID, now
		if err := d.sealAppeal(&a, p, now); err != nil {
			return ledger.Item{}, err
		}
		return d.answerItem(c, &a, by, now)
	})
	if err != nil {
		return err
	}
	r.Close()
	d.wake()
	return nil
}

// waitingAppeal reads an appeal that waits for an answer, and its complaint.
func (d *Desk) waitingAppeal(ctx context.Context, id pii.RequestID) (a Appeal, c Complaint, err error) {
	a, ok, err := d.Appeals.Appeal(ctx, id)
	switch {
	case err != nil:
		return a, c, err
	case !ok:
		return a, c, fault.New(fault.NotFound, "not-found", "appeal")
	case d.Ledger.CheckStamp(&a) != nil:
		return a, c, fault.New(fault.Denied, "row-forged", "appeal")
	case a.Outcome != "":
		return a, c, fault.New(fault.Conflict, "closed", "appeal")
	}
	c, ok, err = d.complaint(ctx, a.Case)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "not-found", "complaint")
	}
	return a, c, err
}

// tookPart says whether the person handled the complaint or closed it. Who only named
// the handler may answer.
func (d *Desk) tookPart(ctx context.Context, id pii.RequestID, who pii.PersonID) (had bool, err error) {
	part := []event{takenDown, takenUp, replied, closedBy2}
	err = d.each(ctx, id, func(r *ledger.Record) {
		had = had || slices.Contains(part, event(r.Fact("what"))) && r.Fact("actor") == string(who)
	})
	return had, err
}

// answerItem is the entry of an answer, with what it changes of the complaint: upheld,
// it is handled again; dismissed, she has the time of silence from now.
func (d *Desk) answerItem(c Complaint, a *Appeal, by Asked, now time.Time) (ledger.Item, error) {
	did := dismissed
	if a.Outcome == Upheld {
		did = upheld
	}
	next, moves := moves[c.State][did]
	if moves {
		d.moved(&c, did, next, now)
	}
	item := appealItem(c, a, did)
	item.Entry.Actor, item.Entry.Org = by.By.Person.ID, by.By.Org.ID
	item.Basis.Keys = append(item.Basis.Keys, actorKeys(by.By)...)
	if d.Courier != nil {
		told, err := d.postNotice(parcel{use: ToTell, of: c.ID}, now)
		if err != nil {
			return ledger.Item{}, err
		}
		item.Entry.Effects = append(item.Entry.Effects, told)
	}
	if moves {
		item.Entry.Effects = append(item.Entry.Effects, Put{Complaint: &c})
	}
	return item, nil
}

// appealHolds says whether an appeal that waits names the subject.
func (d *Desk) appealHolds(ctx context.Context, of pii.Ordinal) (bool, error) {
	if d.Appeals == nil || d.Incidents == nil {
		return false, nil
	}
	hers, err := d.Incidents.OfSubject(ctx, of)
	if err != nil {
		return false, err
	}
	for _, c := range hers {
		if _, waits, err := d.OpenAppeal(ctx, c.ID); waits || err != nil {
			return waits, err
		}
	}
	return false, nil
}
