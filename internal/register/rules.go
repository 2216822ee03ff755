package register

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/proof"
)

// maxRules bounds the company's rules, in bytes.
const maxRules = 256 << 10

func checkText(text string) error {
	if len(text) > maxRules {
		return fault.New(fault.TooLarge, "too-large", "text")
	}
	if !utf8.ValidString(text) {
		return invalid("text")
	}
	return nil
}

// Propose asks for the rule set to be changed. Nothing changes until it was tried and
// another person approved it.
func (r *Register) Propose(ctx context.Context, a Asked, d Draft) (Proposal, error) {
	if err := r.may(ctx, a.By, proposeRules); err != nil {
		return Proposal{}, err
	}
	if err := r.check(d); err != nil {
		return Proposal{}, err
	}
	err := r.decide(ctx, a, proposeRules, func(now time.Time) (decision, error) {
		p := &Proposal{ID: a.Request, State: ProposalOpen, Base: r.Ledger.Rules(), Draft: d, By: a.By.Person.ID, At: now}
		next, err := r.Next(ctx, *p)
		if err != nil {
			return decision{}, err
		}
		p.Version = next.Version
		return proposalDecision("proposed", p), nil
	})
	if err != nil {
		return Proposal{}, err
	}
	return r.Proposal(ctx, a.Request)
}

// Proposal reads a proposal that the ledger made.
func (r *Register) Proposal(ctx context.Context, id pii.RequestID) (Proposal, error) {
	p, ok, err := r.Proposed.Proposal(ctx, id)
	if err != nil {
		return p, err
	}
	if !ok {
		return p, fault.New(fault.NotFound, "not-found", "proposal")
	}
	return p, r.trusted("proposal", &p)
}

// Proposals lists the newest proposals; forged ones are left out.
func (r *Register) Proposals(ctx context.Context, n int) ([]Proposal, error) {
	all, err := r.Proposed.Proposals(ctx, n)
	var out []Proposal
	for i := range all {
		if r.Ledger.CheckStamp(&all[i]) == nil {
			out = append(out, all[i])
		}
	}
	return out, err
}

// Overtaken reports whether other rules came into force since the proposal was made.
func (r *Register) Overtaken(p Proposal) bool {
	return p.State == ProposalOpen && p.Base != r.Ledger.Rules()
}

// Next is the rule set that the proposal would bring. That no other came into force
// meanwhile is part of every item's basis.
func (r *Register) Next(ctx context.Context, p Proposal) (door.RuleSet, error) {
	set, err := r.inForce(ctx)
	if err != nil {
		return set, err
	}
	if set.Entry != p.Base {
		return set, overtaken()
	}
	if set, err = p.Draft.over(set, p.By, p.At); err != nil {
		return set, err
	}
	set.Version, err = r.Rules(set.Text)
	return set, err
}

func overtaken() error { return fault.New(fault.Conflict, "proposal-overtaken", "proposal") }

func (r *Register) inForce(ctx context.Context) (door.RuleSet, error) {
	if r.InForce == nil {
		return door.RuleSet{}, nil
	}
	return r.InForce(ctx)
}

// ToTry is a proposal that may be tried, with the set it would bring.
func (r *Register) ToTry(ctx context.Context, by party.Principal, id pii.RequestID) (Proposal, door.RuleSet, error) {
	if err := r.may(ctx, by, tryRules); err != nil {
		return Proposal{}, door.RuleSet{}, err
	}
	p, err := r.undecided(ctx, id)
	if err != nil {
		return Proposal{}, door.RuleSet{}, err
	}
	next, err := r.Next(ctx, *p)
	return *p, next, err
}

// KeepTrial records what a trial of the proposal found.
func (r *Register) KeepTrial(ctx context.Context, a Asked, id pii.RequestID, found policy.Trial) error {
	a.By.Seen = 0 // he asked long ago, and may have signed out since: that he may is looked up now
	return r.decide(ctx, a, tryRules, func(now time.Time) (decision, error) {
		p, err := r.undecided(ctx, id)
		if err != nil {
			return decision{}, err
		}
		p.Trial, p.TriedBy, p.TriedAt = &found, a.By.Person.ID, now
		d := proposalDecision("tried", p)
		d.facts = append(d.facts,
			timeFact("from", found.From), timeFact("until", found.Until), count("requests", found.Requests), count("without", found.Without),
			count("gain-people", found.Gain.People), count("gain-requests", found.Gain.Requests),
			count("lose-people", found.Lose.People), count("lose-requests", found.Lose.Requests))
		return d, nil
	})
}

// Approve brings a proposal into force. Who proposed it does not approve it; it was
// tried; and it is for the set it was made against: once another is in force it is
// proposed anew. When Approve returns, nothing can be opened any more on a decision of
// the old set.
func (r *Register) Approve(ctx context.Context, a Asked, id pii.RequestID) (Proposal, error) {
	err := r.decide(ctx, a, approveRules, func(now time.Time) (decision, error) {
		p, err := r.undecided(ctx, id)
		if err != nil {
			return decision{}, err
		}
		switch {
		case p.By == a.By.Person.ID:
			return decision{}, fault.New(fault.Denied, "second-person", "")
		case !a.By.MayApprove(now):
			return decision{}, fault.New(fault.Denied, "prove-again", "")
		case p.Trial == nil:
			return decision{}, fault.New(fault.Conflict, "proposal-untried", "proposal")
		}
		return r.enact(ctx, a, p, now)
	})
	if err != nil {
		return Proposal{}, err
	}
	return r.Proposal(ctx, id)
}

func (r *Register) enact(ctx context.Context, a Asked, p *Proposal, now time.Time) (decision, error) {
	set, err := r.Next(ctx, *p)
	if err != nil {
		return decision{}, err
	}
	if set.Version != p.Version { // another release of Goldbell ships other rules
		return decision{}, overtaken()
	}
	set.At = now
	p.State, p.DecidedBy, p.DecidedAt = ProposalApproved, a.By.Person.ID, now
	d := proposalDecision("approved", p)
	d.kind, d.rules, d.settle = proof.KindRules, true, true
	d.effects = append(d.effects, door.RuleSetPut{RuleSet: &set})
	d.facts = append(d.facts, fact("approved-by", string(a.By.Person.ID)))
	return d, nil
}

// Withdraw takes a proposal back: who made it, or somebody who might approve it and
// will not.
func (r *Register) Withdraw(ctx context.Context, a Asked, id pii.RequestID) (Proposal, error) {
	err := r.decide(ctx, a, proposeRules, func(now time.Time) (decision, error) {
		p, err := r.undecided(ctx, id)
		if err != nil && !fault.IsID(err, "proposal-overtaken") {
			return decision{}, err
		}
		p.State, p.DecidedBy, p.DecidedAt = ProposalWithdrawn, a.By.Person.ID, now
		return proposalDecision("withdrawn", p), nil
	})
	if err != nil {
		return Proposal{}, err
	}
	return r.Proposal(ctx, id)
}

func (r *Register) undecided(ctx context.Context, id pii.RequestID) (*Proposal, error) {
	p, err := r.Proposal(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.State != ProposalOpen {
		return nil, fault.New(fault.Conflict, "decided", "proposal")
	}
	if r.Overtaken(p) {
		return &p, overtaken()
	}
	return &p, nil
}

// proposalDecision is the entry of a step of a proposal. It takes away what another
// step at the same time would rest on.
func proposalDecision(what string, p *Proposal) decision {
	key := "proposal|" + p.ID.String()
	return decision{
		kind: proof.KindProposal, keys: []string{key}, revokes: []string{key},
		effects: []ledger.Effect{ProposalPut{p}}, refs: []ledger.Ref{ledger.ProposalRef},
		facts: []proof.Field{
			fact("what", what), fact("proposal", p.ID.String()), fact("version", p.Version), fact("base", strconv.FormatUint(p.Base, 10)),
			fact("changes", strings.Join(p.Changes(), ",")), fact("proposed-by", string(p.By)),
		},
	}
}

func count(name string, n int) proof.Field { return fact(name, strconv.Itoa(n)) }

// sheets are the purpose sheets in force.
func (r *Register) sheets(ctx context.Context) (map[pii.Purpose]grant.Sheet, error) {
	set, err := r.inForce(ctx)
	if err != nil {
		return nil, err
	}
	return grant.Overlay(r.Sheets, set.Sheets)
}
