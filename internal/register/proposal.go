package register

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// ProposalState is where a proposal stands.
type ProposalState string

const (
	ProposalOpen      ProposalState = "open"
	ProposalApproved  ProposalState = "approved"
	ProposalWithdrawn ProposalState = "withdrawn"
)

// Draft is what of the rule set is to change. What is left out stays as it is.
type Draft struct {
	Text   *string       `json:"text"`   // the company's own rules, whole
	Sheets []grant.Sheet `json:"sheets"` // purpose sheets, each whole
	Caps   *door.Caps    `json:"caps"`   // budgets, whole
}

// Proposal is a change of the rule set that one person asked for. It comes into force
// when another approves it, as it was tried and as it stands here. Its id is the
// request's.
type Proposal struct {
	ID        pii.RequestID `json:"id"`
	State     ProposalState `json:"state"`
	Base      uint64        `json:"base"` // the entry that brought the set it would replace; 0: what ships
	Draft     Draft         `json:"draft"`
	Version   string        `json:"version"` // of the rules it would bring, shipped ones included
	By        pii.PersonID  `json:"by"`
	At        time.Time     `json:"at"`
	Trial     *policy.Trial `json:"trial"` // nil: it was not tried yet
	TriedBy   pii.PersonID  `json:"tried_by"`
	TriedAt   time.Time     `json:"tried_at"`
	DecidedBy pii.PersonID  `json:"decided_by"` // who approved it, or took it back
	DecidedAt time.Time     `json:"decided_at"`
	pii.Stamp `json:"-"`
}

// RowKey implements [pii.Keyed].
func (p *Proposal) RowKey() string { return p.ID.String() }

// StampRow implements [pii.Stamped].
func (p *Proposal) StampRow() (string, []byte) {
	b, err := json.Marshal(p)
	if err != nil {
		panic("register: a row of plain fields did not encode") // impossible state
	}
	return "rule-proposal", b
}

// Changes names what of the rule set the proposal changes.
func (p Proposal) Changes() (what []string) {
	if p.Draft.Text != nil {
		what = append(what, "rules")
	}
	for _, s := range p.Draft.Sheets {
		what = append(what, "purpose "+string(s.Purpose))
	}
	if p.Draft.Caps != nil {
		what = append(what, "caps")
	}
	return what
}

// ProposalPut inserts or replaces a proposal.
type ProposalPut struct{ *Proposal }

// ProposalStore keeps proposals. [ProposalPut] is an effect.
type ProposalStore interface {
	// Proposal reads a proposal; ok is false if there is none.
	Proposal(ctx context.Context, id pii.RequestID) (Proposal, bool, error)
	// Proposals lists them newest first, at most n.
	Proposals(ctx context.Context, n int) ([]Proposal, error)
}

// over is the rule set with the draft put over it. Who approves is in the entry; the
// set and its sheets name who proposed them.
func (d Draft) over(set door.RuleSet, by pii.PersonID, at time.Time) (door.RuleSet, error) {
	set.Stamp, set.By, set.At = pii.Stamp{}, by, at
	if d.Text != nil {
		set.Text = *d.Text
	}
	for _, s := range d.Sheets {
		s.By, s.Since = by, at
		var err error
		if set.Sheets, _, err = grant.PutSheet(set.Sheets, s); err != nil {
			return set, err
		}
	}
	if d.Caps != nil {
		text, err := json.Marshal(d.Caps)
		if err != nil {
			return set, invalid("caps")
		}
		set.Caps = string(text)
	}
	return set, nil
}

// check refuses a draft that changes nothing, or something to what could not come into
// force: of rules its fault names rule and line.
func (r *Register) check(d Draft) error {
	if d.Text == nil && len(d.Sheets) == 0 && d.Caps == nil {
		return invalid("body")
	}
	if d.Text != nil {
		if err := checkText(*d.Text); err != nil {
			return err
		}
		if _, err := r.Rules(*d.Text); err != nil {
			return err
		}
	}
	var named []pii.Purpose
	for _, s := range d.Sheets {
		if slices.Contains(named, s.Purpose) {
			return invalid("purpose")
		}
		named = append(named, s.Purpose)
		if err := s.Check(r.Schema); err != nil {
			return err
		}
	}
	if d.Caps != nil {
		return d.Caps.Check()
	}
	return nil
}
