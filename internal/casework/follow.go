package casework

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Status is what the complainant may follow.
type Status struct {
	ID       pii.RequestID
	State    State
	FiledAt  time.Time
	CalledAt time.Time
	Due      time.Time // when an answer is due
	// ContestUntil is until when a closing may be contested; zero: it is not closed.
	ContestUntil time.Time
	Escalated    bool
	Replies      []pii.Value // the company's letters, oldest first
	Steps        []Step      // every transition, oldest first
	Said         pii.Value   // what she said, to check what was taken down for her
	Appeals      []Appealed  // hers, with the officer's answers, oldest first
	CanAppeal    bool
}

// Step is one transition as the complainant sees it: an entry of the ledger.
type Step struct {
	Entry  uint64
	At     time.Time
	What   string
	State  State
	By     string // "complainant", "handler", "officer"
	Reason string // of an officer's closing
}

// Follow tells the complainant how her complaint stands.
func (d *Desk) Follow(ctx context.Context, id pii.RequestID, code, source string) (Status, error) {
	c, err := d.hers(ctx, id, code, source)
	if err != nil {
		return Status{}, err
	}
	return d.status(ctx, c)
}

// Find finds a complaint by its follow-up code alone: 100 bits name it well enough.
func (d *Desk) Find(ctx context.Context, code, source string) (Status, error) {
	c, ok, err := d.Store.ByCode(ctx, codeHash(code))
	if err != nil {
		return Status{}, err
	}
	if !ok {
		c = Complaint{}
	}
	return d.Follow(ctx, c.ID, code, source)
}

func (d *Desk) status(ctx context.Context, c Complaint) (Status, error) {
	a, err := d.open(c)
	if err != nil {
		return Status{}, err
	}
	s := Status{
		ID: c.ID, State: c.State, FiledAt: c.FiledAt, CalledAt: c.CalledAt, Due: c.Due,
		Escalated: !c.EscalatedAt.IsZero(), Said: pii.NewValue(a.Said),
	}
	for _, l := range a.Letters {
		if !l.Hers {
			s.Replies = append(s.Replies, pii.NewValue(l.Text))
		}
	}
	if s.Appeals, err = d.pleadings(ctx, c.ID); err != nil {
		return Status{}, err
	}
	if s.CanAppeal, err = d.canAppeal(ctx, c); err != nil {
		return Status{}, err
	}
	if s.Steps, err = d.steps(ctx, c.ID); err != nil {
		return Status{}, err
	}
	if c.State == Closed {
		_, at := lastAnswer(s.Steps)
		s.ContestUntil = at.Add(d.length(law.ComplaintAppeal, c.FiledAt))
	}
	return s, nil
}

// steps are the transitions of a complaint, as the ledger has them.
func (d *Desk) steps(ctx context.Context, id pii.RequestID) (all []Step, err error) {
	err = d.each(ctx, id, func(r *ledger.Record) {
		what := event(r.Fact("what"))
		who, ok := actors[what]
		if !ok || r.Leaf.Kind != proof.KindComplaint && r.Leaf.Kind != proof.KindWorkItem {
			return
		}
		all = append(all, Step{
			Entry: r.Index, At: r.At(), What: string(what), State: State(r.Fact("state")), By: who.String(), Reason: r.Fact("reason"),
		})
	})
	return all, err
}

// each reads the entries about a complaint, oldest first.
func (d *Desk) each(ctx context.Context, id pii.RequestID, f func(*ledger.Record)) error {
	const page = 256
	for from := uint64(0); ; {
		found, err := d.Ledger.Find(ctx, caseRef(id), from, page)
		if err != nil {
			return err
		}
		for _, idx := range found {
			r, err := d.Ledger.Record(ctx, idx)
			if err != nil {
				return err
			}
			f(r)
			from = idx + 1
		}
		if len(found) < page {
			return nil
		}
	}
}
