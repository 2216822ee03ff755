package register_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

const plainRule = `@id("firm-plain") permit(principal, action == Action::"Read.plain", resource) when { context.work.assigned };`

func text(s string) register.Draft { return register.Draft{Text: &s} }

// second is another officer.
func (f *firm) second(id string) register.Asked {
	if _, there := f.by[id]; !there {
		f.Person(pii.PersonID(id), party.Officer, pii.Own)
		f.by[id] = f.Principal(pii.PersonID(id), "")
	}
	return f.ask(id)
}

// proposed is a proposal of one who was just made, tried is one that was tried.
func (f *firm) proposed(by, rules string) pii.RequestID {
	f.T.Helper()
	a := f.second(by)
	return must[register.Proposal](f.T)(f.Propose(f.T.Context(), a, text(rules))).ID
}

func (f *firm) tried(by, rules string) pii.RequestID {
	f.T.Helper()
	id := f.proposed(by, rules)
	ok(f.T, f.KeepTrial(f.T.Context(), f.ask(by), id, policy.Trial{Requests: 7}))
	return id
}

// TestRulesNeedTwo: nobody changes rules, sheets or caps alone, and nothing that was
// not tried comes into force.
func TestRulesNeedTwo(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	before := f.Ledger.Rules()
	for name, d := range map[string]register.Draft{
		"rules":  text(plainRule),
		"sheets": {Sheets: []grant.Sheet{{Purpose: grant.Telesales, Ended: true}}},
		"caps":   {Caps: ptr(door.DefaultCaps())},
	} {
		p := must[register.Proposal](t)(f.Propose(ctx, f.ask("officer"), d))
		_, err := f.Approve(ctx, f.ask("secadmin"), p.ID)
		wantID(t, err, "proposal-untried")
		ok(t, f.KeepTrial(ctx, f.ask("secadmin"), p.ID, policy.Trial{}))
		_, err = f.Approve(ctx, f.ask("officer"), p.ID)
		wantID(t, err, "second-person")
		for _, who := range []string{"sysadmin", "auditor", "staff", "outsourced", "partner", "service/crm"} {
			_, err = f.Approve(ctx, f.ask(who), p.ID)
			wantID(t, err, "not-yours")
		}
		stale := f.ask("secadmin")
		stale.By.StepUp = f.Now().Add(-party.StepUpLife)
		_, err = f.Approve(ctx, stale, p.ID)
		wantID(t, err, "prove-again")
		if f.Ledger.Rules() != before {
			t.Fatalf("%s: one person changed them", name)
		}
	}
	id := f.tried("officer", plainRule)
	p := must[register.Proposal](t)(f.Approve(ctx, f.ask("secadmin"), id))
	set, found, err := f.Store.RuleSet(ctx, f.Ledger.Rules())
	if err != nil || !found || set.Version != p.Version || set.Text != plainRule || f.Ledger.CheckStamp(&set) != nil || p.Entry != f.Ledger.Rules() {
		t.Fatalf("in force is %+v (%v)", set, err)
	}
	r := f.Records(proof.KindRules)
	last := r[len(r)-1]
	if last.Fact("actor") != "secadmin" || last.Fact("approved-by") != "secadmin" || last.Fact("proposed-by") != "officer" || last.Fact("proposal") != id.String() {
		t.Error("the entry does not name who proposed and who approved")
	}
	_, err = f.Approve(ctx, f.ask("secadmin"), id)
	wantID(t, err, "decided")
	_, err = f.Withdraw(ctx, f.ask("secadmin"), id)
	wantID(t, err, "decided")
}

// TestAProposalIsForTheRulesItWasMadeAgainst: of two, the second to be approved is not.
func TestAProposalIsForTheRulesItWasMadeAgainst(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	first, second := f.tried("officer", plainRule), f.tried("officer", "")
	must[register.Proposal](t)(f.Approve(ctx, f.ask("secadmin"), first))
	_, err := f.Approve(ctx, f.ask("secadmin"), second)
	wantID(t, err, "proposal-overtaken")
	wantID(t, f.KeepTrial(ctx, f.ask("officer"), second, policy.Trial{}), "proposal-overtaken")
	p := must[register.Proposal](t)(f.Proposal(ctx, second))
	if !f.Overtaken(p) || p.State != register.ProposalOpen {
		t.Errorf("%+v", p)
	}
	if p = must[register.Proposal](t)(f.Withdraw(ctx, f.ask("officer"), second)); p.State != register.ProposalWithdrawn || p.DecidedBy != "officer" {
		t.Errorf("%+v", p)
	}
}

// TestTwoApproveAtOnce: two proposals on the same ground are approved at the same
// moment; one of them comes into force.
func TestTwoApproveAtOnce(t *testing.T) {
	f := open(t)
	f.second("officer-2")
	ids := []pii.RequestID{f.tried("officer", plainRule), f.tried("officer", "")}
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, who := range []string{"secadmin", "officer-2"} {
		a := f.ask(who)
		all.Go(func() { _, errs[i] = f.Approve(t.Context(), a, ids[i]) })
	}
	all.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v, %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil {
			wantID(t, err, "proposal-overtaken")
		}
	}
}

// TestADraftKeepsTheRest: what a draft leaves out stays, and sheets get their version.
func TestADraftKeepsTheRest(t *testing.T) {
	f := open(t)
	ctx := t.Context()
	enact := func(d register.Draft) door.RuleSet {
		p := must[register.Proposal](t)(f.Propose(ctx, f.ask("officer"), d))
		ok(t, f.KeepTrial(ctx, f.ask("officer"), p.ID, policy.Trial{}))
		must[register.Proposal](t)(f.Approve(ctx, f.ask("secadmin"), p.ID))
		return must[door.RuleSet](t)(f.InForce(ctx))
	}
	sheet := grant.Sheets()[grant.Telesales]
	sheet.Days, sheet.Highest = 9, map[pii.Field]pii.Form{pii.Name: pii.Masked}
	sheet.Why = map[pii.Field]grant.Text{pii.Name: {Zh: "通话时称呼本人", En: "to address her"}}
	caps := door.DefaultCaps()
	caps.Requests = 7
	enact(text(plainRule))
	enact(register.Draft{Sheets: []grant.Sheet{sheet}})
	set := enact(register.Draft{Sheets: []grant.Sheet{sheet}, Caps: &caps})
	var sheets []grant.Sheet
	ok(t, json.Unmarshal([]byte(set.Sheets), &sheets))
	if set.Text != plainRule || len(sheets) != 1 || sheets[0].Version != 2 || sheets[0].By != "officer" || sheets[0].Days != 9 || set.Caps == "" {
		t.Errorf("%+v", set)
	}
}

func TestDraftsThatCannotComeIntoForce(t *testing.T) {
	f := open(t)
	over := door.DefaultCaps()
	over.Requests = 1 << 40
	for name, c := range map[string]struct {
		d    register.Draft
		want string
	}{
		"nothing":            {register.Draft{}, "bad-request"},
		"no rules":           {text("permit everything"), "bad-rules"},
		"a shipped rule's":   {text(`@id("held") permit(principal, action, resource);`), "bad-rules"},
		"no text":            {text("\xff"), "bad-request"},
		"too long":           {text(string(make([]byte, 1<<19))), "too-large"},
		"a sheet twice":      {register.Draft{Sheets: []grant.Sheet{{Purpose: "x", Ended: true}, {Purpose: "x", Ended: true}}}, "bad-request"},
		"an empty sheet":     {register.Draft{Sheets: []grant.Sheet{{Purpose: "x"}}}, "bad-request"},
		"above the ceilings": {register.Draft{Caps: &over}, "over-ceiling"},
	} {
		size := f.Ledger.Size()
		if _, err := f.Propose(t.Context(), f.ask("officer"), c.d); !fault.IsID(err, c.want) || f.Ledger.Size() != size {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestForgedProposals: a proposal that somebody wrote or changed with SQL is none.
func TestForgedProposals(t *testing.T) {
	f := open(t)
	id := f.tried("officer", plainRule)
	f.Forge(`UPDATE rule_proposal SET body = CAST(replace(CAST(body AS TEXT), '"by":"officer"', '"by":"auditor"') AS BLOB)`)
	_, err := f.Approve(t.Context(), f.ask("officer"), id)
	wantID(t, err, "row-forged")
	if all := must[[]register.Proposal](t)(f.Proposals(t.Context(), 9)); len(all) != 0 {
		t.Errorf("%d are listed", len(all))
	}
}

// TestAProposalUnderAnothersID: the row of one proposal copied with SQL to the id of
// another is not what an approval of that id brings into force.
func TestAProposalUnderAnothersID(t *testing.T) {
	f := open(t)
	harmless, bad := f.tried("officer-2", ""), f.tried("officer-2", plainRule)
	f.Forge(`UPDATE rule_proposal SET body = (SELECT body FROM rule_proposal WHERE id = $1), entry = (SELECT entry FROM rule_proposal WHERE id = $1),
		mac = (SELECT mac FROM rule_proposal WHERE id = $1) WHERE id = $2`, bad[:], harmless[:])
	before := f.Ledger.Rules()
	_, err := f.Approve(t.Context(), f.ask("officer"), harmless)
	wantID(t, err, "not-found")
	if f.Ledger.Rules() != before {
		t.Error("another text came into force than the one that was approved")
	}
}
