package register

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Limits of a recertification, in days.
const (
	longestRound = 90
	longestEvery = 366
)

// OpenRound opens a recertification that is due in so many days and, if every is not
// 0, opens the next one so many days after this one by itself. One is open at a time.
// Its id is the request's.
func (r *Register) OpenRound(ctx context.Context, a Asked, days, every int) (pii.RequestID, error) {
	if days < 1 || days > longestRound {
		return a.Request, invalid("days")
	}
	if every < 0 || every > longestEvery || every > 0 && every <= days {
		return a.Request, invalid("every")
	}
	return a.Request, r.decide(ctx, a, openRound, func(now time.Time) (decision, error) {
		open, err := r.openRoundNow(ctx)
		if err != nil {
			return decision{}, err
		}
		if open != nil {
			return decision{}, fault.New(fault.Conflict, "round-open", "")
		}
		return roundDecision("recertification-opened", &party.Round{
			ID: a.Request, OpenedBy: a.By.Person.ID, OpenedAt: now, Due: now.AddDate(0, 0, days), Every: every,
		}), nil
	})
}

// openRoundNow is the newest round, if it is not closed.
func (r *Register) openRoundNow(ctx context.Context) (*party.Round, error) {
	rounds, err := r.Rounds.Rounds(ctx, 1)
	if err != nil || len(rounds) == 0 || rounds[0].Closed {
		return nil, err
	}
	return &rounds[0], r.trusted("round", &rounds[0])
}

const roundKey = "recertification"

func roundDecision(what string, x *party.Round) decision {
	return decision{
		kind: proof.KindParty, effects: []ledger.Effect{party.RoundPut{Round: x}},
		keys: []string{roundKey}, revokes: []string{roundKey},
		facts: []proof.Field{
			fact("what", what), fact("round", x.ID.String()), timeFact("opened-at", x.OpenedAt), timeFact("due", x.Due),
			fact("every", strconv.Itoa(x.Every)), fact("lapsed", strconv.Itoa(x.Lapsed)),
		},
	}
}

// ConfirmPerson is the word of a person's manager, or an officer's, that he goes on
// holding what he holds, or that it ends now. Nobody confirms himself.
func (r *Register) ConfirmPerson(ctx context.Context, a Asked, round pii.RequestID, id pii.PersonID, keep bool) error {
	if id == a.By.Person.ID {
		return notYours()
	}
	return r.decide(ctx, a, confirmPerson, func(now time.Time) (decision, error) {
		x, ok, err := r.Rounds.Round(ctx, round)
		if err != nil {
			return decision{}, err
		}
		if !ok || r.trusted("round", &x) != nil {
			return decision{}, fault.New(fault.NotFound, "not-found", "round")
		}
		p, _, there, err := r.person(ctx, id, "person")
		if err != nil {
			return decision{}, err
		}
		officer := roleOf(a.By) == "officer"
		switch {
		case !officer && (!there || p.Manager != a.By.Person.ID):
			return decision{}, notYours() // whether there is such a person or not
		case !there:
			return decision{}, fault.New(fault.NotFound, "not-found", "person")
		case !x.OpenAt(now):
			return decision{}, fault.New(fault.Conflict, "round-over", "round")
		case !x.Asks(p, now):
			return decision{}, fault.New(fault.Conflict, "not-asked", "person")
		}
		c := &party.Confirmation{Round: round, Person: id, By: a.By.Person.ID, At: now, Keep: keep}
		if keep {
			d := personDecision("confirmed", &p)
			return decision{
				kind: proof.KindParty, effects: []ledger.Effect{party.ConfirmationPut{Confirmation: c}}, keys: d.keys,
				refs: d.refs, facts: append(d.facts, fact("round", round.String())),
			}, nil
		}
		d := endedNow(&p, "ended", now)
		d.effects = append(d.effects, party.ConfirmationPut{Confirmation: c})
		d.facts = append(d.facts, fact("round", round.String()))
		return d, nil
	})
}

// endedNow ends a person's contract.
func endedNow(p *party.Person, what string, now time.Time) decision {
	p.Suspended = true
	if p.ContractUntil.IsZero() || now.Before(p.ContractUntil) {
		p.ContractUntil = now
	}
	return personDecision(what, p)
}

// Recertify does what is due: it suspends who was not confirmed in time, closes the
// round and opens the next. It goes by the rows that are there, so that it may be
// stopped anywhere and begun again; at most n people are suspended at a time, and more
// reports that there are others.
func (r *Register) Recertify(ctx context.Context, n int) (more bool, err error) {
	rounds, err := r.Rounds.Rounds(ctx, 1)
	if err != nil || len(rounds) == 0 {
		return false, err
	}
	x := &rounds[0]
	if err := r.trusted("round", x); err != nil {
		return false, err
	}
	now := r.now()
	switch {
	case x.Closed && x.Every > 0 && !now.Before(x.OpenedAt.AddDate(0, 0, x.Every)):
		return false, r.openNext(ctx, x)
	case x.Closed || now.Before(x.Due):
		return false, nil
	}
	lapsed := 0
	for after := pii.PersonID(""); ; {
		page, err := r.People.Persons(ctx, after, 500)
		if err != nil {
			return false, err
		}
		for i := range page {
			p := &page[i]
			after = p.ID
			if !x.Asks(*p, now) {
				continue
			}
			ended, err := r.lapse(ctx, x, p.ID)
			if err != nil {
				return false, err
			}
			if ended {
				lapsed++
			}
			if lapsed == n {
				return true, nil
			}
		}
		if len(page) < 500 {
			break
		}
	}
	return false, r.closeRound(ctx, x)
}

var errConfirmed = errors.New("he was confirmed")

// lapse suspends a person who was not confirmed. His contract stays as it is: an
// officer who knows better lifts the suspension.
func (r *Register) lapse(ctx context.Context, x *party.Round, id pii.PersonID) (bool, error) {
	err := r.bySystem(ctx, func(now time.Time) (decision, error) {
		c, ok, err := r.Rounds.Confirmed(ctx, x.ID, id)
		if err != nil {
			return decision{}, err
		}
		p, _, there, err := r.person(ctx, id, "person")
		if fault.IsID(err, "row-forged") {
			return decision{}, errConfirmed // a forged row gives nothing; the audit names it
		}
		if err != nil {
			return decision{}, err
		}
		if ok && r.Ledger.CheckStamp(&c) == nil && c.Keep || !there || !x.Asks(p, now) {
			return decision{}, errConfirmed
		}
		p.Suspended = true
		d := personDecision("lapsed", &p)
		d.facts = append(d.facts, fact("round", x.ID.String()))
		return d, nil
	})
	if errors.Is(err, errConfirmed) {
		return false, nil
	}
	return err == nil, err
}

// closeRound counts who lapsed and closes the round.
func (r *Register) closeRound(ctx context.Context, x *party.Round) error {
	entries, err := r.lapsedIn(ctx, x)
	if err != nil {
		return err
	}
	return r.bySystem(ctx, func(time.Time) (decision, error) {
		y := *x
		y.Closed, y.Lapsed = true, entries
		return roundDecision("recertification-closed", &y), nil
	})
}

// lapsedIn counts the people whose row says that they lapsed in the round.
func (r *Register) lapsedIn(ctx context.Context, x *party.Round) (n int, err error) {
	for after := pii.PersonID(""); ; {
		page, err := r.People.Persons(ctx, after, 500)
		if err != nil {
			return 0, err
		}
		for i := range page {
			p := &page[i]
			after = p.ID
			if !p.Suspended || p.Entry <= x.Entry {
				continue
			}
			entry, err := r.Ledger.Records(ctx, p.Entry, 1)
			if err != nil {
				return 0, err
			}
			if len(entry) == 1 && entry[0].Fact("what") == "lapsed" && entry[0].Fact("round") == x.ID.String() {
				n++
			}
		}
		if len(page) < 500 {
			return n, nil
		}
	}
}

// openNext opens the round that follows one.
func (r *Register) openNext(ctx context.Context, last *party.Round) error {
	id, err := r.newRequest()
	if err != nil {
		return err
	}
	return r.bySystem(ctx, func(now time.Time) (decision, error) {
		return roundDecision("recertification-opened", &party.Round{
			ID: id, OpenedBy: last.OpenedBy, OpenedAt: now, Due: now.Add(last.Due.Sub(last.OpenedAt)), Every: last.Every,
		}), nil
	})
}

func (r *Register) newRequest() (id pii.RequestID, err error) {
	if _, err := io.ReadFull(r.Rand, id[:]); err != nil {
		return id, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return id, nil
}

// bySystem records a decision that follows from an earlier one and a clock: its actor
// is nobody.
func (r *Register) bySystem(ctx context.Context, f func(now time.Time) (decision, error)) error {
	id, err := r.newRequest()
	if err != nil {
		return err
	}
	receipt, err := r.Ledger.Decide(ctx, id, nil, func() (ledger.Item, error) {
		d, err := f(r.now())
		if err != nil {
			return ledger.Item{}, err
		}
		item := d.item(Asked{})
		item.Basis.Keys = d.keys
		return item, nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}
