package door

import (
	"context"

	"github.com/goldbell/goldbell/internal/policy"
)

// WithRules makes the door load its rules with load, and load them now.
func (d *Door) WithRules(load func(company string) (*policy.Rules, error)) {
	d.load = load
	d.rules.Store(nil)
}

// CutRehearsal takes the dummy step out of the reads and lookups that are chosen.
func (d *Door) CutRehearsal(read func(Request) bool, lookup func(Lookup) bool) {
	r, l := d.rehearseRead, d.rehearseLookup
	d.rehearseRead = func(ctx context.Context, x Request) error {
		if read(x) {
			return nil
		}
		return r(ctx, x)
	}
	d.rehearseLookup = func(ctx context.Context, x Lookup) error {
		if lookup(x) {
			return nil
		}
		return l(ctx, x)
	}
}
