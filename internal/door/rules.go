package door

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/policy"
)

// loadedRules are the rules in force, with the entry that brought them.
type loadedRules struct {
	*policy.Rules
	entry uint64
}

// currentRules returns the rules the ledger's head names, loading them if they
// changed. A rule set that is missing, forged or does not load stops the door.
func (d *Door) currentRules(ctx context.Context) (*loadedRules, error) {
	want := d.Ledger.Rules()
	if r := d.rules.Load(); r != nil && r.entry == want {
		return r, nil
	}
	text := ""
	if want != 0 {
		set, ok, err := d.Store.RuleSet(ctx, want)
		if err != nil {
			return nil, err
		}
		if !ok || set.Entry != want || d.Ledger.CheckStamp(&set) != nil {
			return nil, fault.New(fault.Unavailable, "rules-missing", "")
		}
		text = set.Text
	}
	rules, err := policy.Load(text)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rules-missing", "")
	}
	r := &loadedRules{rules, want}
	d.rules.Store(r)
	return r, nil
}
