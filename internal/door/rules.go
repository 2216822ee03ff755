package door

import (
	"context"
	"encoding/json"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// loadedRules are the rules, purpose sheets and caps in force, with the entry that
// brought them.
type loadedRules struct {
	*policy.Rules
	entry  uint64
	set    RuleSet // zero: only what ships is in force
	sheets map[pii.Purpose]grant.Sheet
	caps   *Caps // nil: those the door was made with
}

// InForce is the rule set in force; the zero one if only what ships is.
func (d *Door) InForce(ctx context.Context) (RuleSet, error) {
	r, err := d.currentRules(ctx)
	if err != nil {
		return RuleSet{}, err
	}
	return r.set, nil
}

// RulesInForce is the rule set in force with its rules, those that ship included.
func (d *Door) RulesInForce(ctx context.Context) (RuleSet, *policy.Rules, error) {
	r, err := d.currentRules(ctx)
	if err != nil {
		return RuleSet{}, nil, err
	}
	return r.set, r.Rules, nil
}

// SheetsInForce are the purpose sheets in force. They are shared and must not be
// altered.
func (d *Door) SheetsInForce(ctx context.Context) (map[pii.Purpose]grant.Sheet, error) {
	r, err := d.currentRules(ctx)
	if err != nil {
		return nil, err
	}
	return r.sheets, nil
}

// CapsInForce are the budgets in force.
func (d *Door) CapsInForce(ctx context.Context) (Caps, error) {
	r, err := d.currentRules(ctx)
	if err != nil {
		return Caps{}, err
	}
	return d.capsOf(r), nil
}

// capsNow are the budgets this process last saw in force.
func (d *Door) capsNow() Caps { return d.capsOf(d.rules.Load()) }

func (d *Door) capsOf(r *loadedRules) Caps {
	if r.caps != nil {
		return *r.caps
	}
	return d.Caps
}

// currentRules returns the rules the ledger's head names, loading them if they
// changed. A rule set that is missing, forged or does not load stops the door.
func (d *Door) currentRules(ctx context.Context) (*loadedRules, error) {
	want := d.Ledger.Rules()
	if r := d.rules.Load(); r != nil && r.entry == want {
		return r, nil
	}
	var set RuleSet
	if want != 0 {
		var ok bool
		var err error
		if set, ok, err = d.Store.RuleSet(ctx, want); err != nil {
			return nil, err
		}
		if !ok || set.Entry != want || d.Ledger.CheckStamp(&set) != nil {
			return nil, fault.New(fault.Unavailable, "rules-missing", "")
		}
	}
	r, err := d.loadRules(set)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rules-missing", "")
	}
	r.entry = want
	d.rules.Store(r)
	return r, nil
}

func (d *Door) loadRules(set RuleSet) (*loadedRules, error) {
	r := &loadedRules{set: set}
	var err error
	if r.Rules, err = d.load(set.Text); err != nil {
		return nil, err
	}
	if r.sheets, err = grant.Overlay(d.Sheets, set.Sheets); err != nil {
		return nil, err
	}
	if set.Caps != "" {
		r.caps = new(Caps)
		err = json.Unmarshal([]byte(set.Caps), r.caps)
	}
	return r, err
}
