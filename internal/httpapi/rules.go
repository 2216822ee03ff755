package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
)

// The rule set: what is in force, and changes of it that are proposed by one person,
// tried on the requests of the last 30 days, and approved by another.

// Trials runs trials of proposals beside requests.
type Trials interface {
	Start(id pii.RequestID, by pii.PersonID, next door.RuleSet, keep func(context.Context, policy.Trial) error) error
	Progress() map[pii.RequestID]exam.Progress
}

type rulesInForceOut struct {
	Body struct {
		Version  string     `json:"version" doc:"SHA-256 of shipped and company rules"`
		Entry    uint64     `json:"entry,omitempty" doc:"that brought them into force; left out: only what ships is"`
		Since    *time.Time `json:"since,omitempty"`
		By       string     `json:"by,omitempty" doc:"who proposed them"`
		Approver string     `json:"approved_by,omitempty"`
		Text     string     `json:"text" doc:"the company's own"`
		Rules    []ruleSeen `json:"rules" doc:"shipped ones first"`
	}
}

type ruleSeen struct {
	ID      string `json:"id"`
	Permits bool   `json:"permits" doc:"false: it forbids"`
	Company bool   `json:"company"`
	Law     string `json:"law,omitempty"`
	Zh      string `json:"zh"`
	En      string `json:"en"`
}

func getRules(a *API, ctx context.Context, _ *call, _ *struct{}) (*rulesInForceOut, error) {
	set, rules, err := a.Door.RulesInForce(ctx)
	if err != nil {
		return nil, err
	}
	out := &rulesInForceOut{}
	b := &out.Body
	b.Version, b.Text, b.Entry, b.By, b.Rules = rules.Version(), set.Text, set.Entry, string(set.By), []ruleSeen{}
	if set.Entry != 0 {
		b.Since = &set.At
		r, err := a.Ledger.Record(ctx, set.Entry)
		if err != nil {
			return nil, err
		}
		b.Approver = r.Fact("approved-by")
	}
	shipped, _ := policy.Shipped()
	reasons, permits := rules.List()
	for i, r := range reasons {
		b.Rules = append(b.Rules, ruleSeen{r.ID, permits[i], i >= len(shipped), r.Law, r.Zh, r.En})
	}
	return out, nil
}

type proposalIn struct {
	Body struct {
		Text     *string        `json:"text,omitempty" maxLength:"262144" doc:"the company's own rules, whole, as Cedar text; left out: they stay"`
		Purposes []PurposeSheet `json:"purposes,omitempty" maxItems:"200" doc:"purpose sheets, each whole; the others stay"`
		Caps     *caps          `json:"caps,omitempty" doc:"budgets, whole; left out: they stay"`
	}
}

func propose(a *API, ctx context.Context, c *call, in *proposalIn) (*proposalOut, error) {
	d := register.Draft{Text: in.Body.Text}
	for _, p := range in.Body.Purposes {
		s, err := p.sheet()
		if err != nil {
			return nil, err
		}
		d.Sheets = append(d.Sheets, s)
	}
	if in.Body.Caps != nil {
		set, err := in.Body.Caps.caps()
		if err != nil {
			return nil, err
		}
		d.Caps = &set
	}
	p, err := a.Register.Propose(ctx, c.asked(), d)
	var wrong *policy.RuleFault
	if errors.As(err, &wrong) {
		said := problem(err, c.lang)
		said.Errors = []Place{{Where: "body.text", Line: wrong.Line}}
		return nil, said
	}
	if err != nil {
		return nil, err
	}
	return a.proposalAnswer(ctx, p, nil)
}

// ProposalBrief is a proposal in a list. It is exported so that the description of the
// API has its members where it is embedded.
type ProposalBrief struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"open,overtaken,approved,withdrawn" doc:"overtaken: other rules came into force since"`
	By        string     `json:"by"`
	At        time.Time  `json:"at"`
	Changes   []string   `json:"changes" doc:"rules, caps, purpose …"`
	Version   string     `json:"version" doc:"of the rules it would bring"`
	Trial     string     `json:"trial" enum:"none,running,failed,done"`
	TriedBy   string     `json:"tried_by,omitempty"`
	TriedAt   *time.Time `json:"tried_at,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Entry     uint64     `json:"entry" doc:"of its last step"`
}

type proposalsIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type proposalsOut struct {
	Body struct {
		Proposals []ProposalBrief `json:"proposals"`
	}
}

func listProposals(a *API, ctx context.Context, _ *call, in *proposalsIn) (*proposalsOut, error) {
	trials := a.trials()
	all, err := a.Register.Proposals(ctx, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &proposalsOut{}
	out.Body.Proposals = []ProposalBrief{}
	for _, p := range all {
		out.Body.Proposals = append(out.Body.Proposals, a.brief(p, trials))
	}
	return out, nil
}

// trials are those under way. It is asked before proposals are read: a trial that has
// ended meanwhile is seen as running, never as none.
func (a *API) trials() map[pii.RequestID]exam.Progress {
	if a.Trials == nil {
		return nil
	}
	return a.Trials.Progress()
}

func (a *API) brief(p register.Proposal, trials map[pii.RequestID]exam.Progress) ProposalBrief {
	b := ProposalBrief{
		ID: p.ID.String(), State: string(p.State), By: string(p.By), At: p.At, Changes: nonNil(p.Changes()), Version: p.Version, Trial: "none",
		TriedBy: string(p.TriedBy), TriedAt: orNil(p.TriedAt), DecidedBy: string(p.DecidedBy), DecidedAt: orNil(p.DecidedAt), Entry: p.Entry,
	}
	if a.Register.Overtaken(p) {
		b.State = "overtaken"
	}
	if p.Trial != nil {
		b.Trial = "done"
	}
	switch at, under := trials[p.ID]; {
	case under && !at.Failed:
		b.Trial = "running"
	case under && p.Trial == nil:
		b.Trial = "failed"
	}
	return b
}

// proposalOut is a proposal whole: what it would change, and what its trial found.
type proposalOut struct {
	Body struct {
		ProposalBrief
		Text     *string        `json:"text,omitempty"`
		Added    []string       `json:"rules_added,omitempty" doc:"of an open one: ids, compared with what is in force"`
		Removed  []string       `json:"rules_removed,omitempty"`
		Changed  []string       `json:"rules_changed,omitempty"`
		Purposes []PurposeSheet `json:"purposes,omitempty"`
		Caps     *caps          `json:"caps,omitempty"`
		Done     uint64         `json:"trial_done,omitempty" doc:"of a running trial: entries read"`
		Of       uint64         `json:"trial_of,omitempty"`
		Found    *policy.Trial  `json:"found,omitempty" doc:"who would have gained, and lost, in the last 30 days: counts, never data"`
	}
}

func (a *API) proposalAnswer(ctx context.Context, p register.Proposal, trials map[pii.RequestID]exam.Progress) (*proposalOut, error) {
	out := &proposalOut{}
	b := &out.Body
	b.ProposalBrief, b.Text, b.Found = a.brief(p, trials), p.Draft.Text, p.Trial
	for _, s := range p.Draft.Sheets {
		b.Purposes = append(b.Purposes, purposeOf(s).PurposeSheet)
	}
	if p.Draft.Caps != nil {
		c := capsOf(*p.Draft.Caps)
		b.Caps = &c
	}
	b.Done, b.Of = trials[p.ID].Done, trials[p.ID].Of
	if p.Draft.Text != nil && b.State == "open" {
		set, err := a.Door.InForce(ctx)
		if err != nil {
			return nil, err
		}
		b.Added, b.Removed, b.Changed = policy.Difference(set.Text, *p.Draft.Text)
	}
	return out, nil
}

type proposalPath struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

// proposed makes a handler of what is done with one proposal.
func proposed(do func(a *API, ctx context.Context, c *call, id pii.RequestID) (register.Proposal, error)) func(*API, context.Context, *call, *proposalPath) (*proposalOut, error) {
	return func(a *API, ctx context.Context, c *call, in *proposalPath) (*proposalOut, error) {
		id, err := requestID(in.ID, "path.id")
		if err != nil {
			return nil, err
		}
		trials := a.trials()
		p, err := do(a, ctx, c, id)
		if err != nil {
			return nil, err
		}
		return a.proposalAnswer(ctx, p, trials)
	}
}

func seeProposal(a *API, ctx context.Context, _ *call, id pii.RequestID) (register.Proposal, error) {
	return a.Register.Proposal(ctx, id)
}

func approveProposal(a *API, ctx context.Context, c *call, id pii.RequestID) (register.Proposal, error) {
	return a.Register.Approve(ctx, c.asked(), id)
}

func withdrawProposal(a *API, ctx context.Context, c *call, id pii.RequestID) (register.Proposal, error) {
	return a.Register.Withdraw(ctx, c.asked(), id)
}

// tryProposal begins a trial and answers at once; what it finds is kept in the proposal.
func tryProposal(a *API, ctx context.Context, c *call, in *proposalPath) (*proposalOut, error) {
	if a.Trials == nil {
		return nil, errNoPart
	}
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	p, next, err := a.Register.ToTry(ctx, c.who, id)
	if err != nil {
		return nil, err
	}
	asked := c.asked()
	err = a.Trials.Start(id, c.who.Person.ID, next, func(ctx context.Context, found policy.Trial) error {
		return a.Register.KeepTrial(ctx, asked, id, found)
	})
	if err != nil {
		return nil, err
	}
	return a.proposalAnswer(ctx, p, map[pii.RequestID]exam.Progress{id: {}})
}
