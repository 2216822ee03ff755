package register

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// maxRules bounds the company's rules, in bytes.
const maxRules = 256 << 10

// PutRules brings the company's own rules into force, beside the shipped ones.
// When it returns, nothing can be opened any more on a decision of the old set.
func (r *Register) PutRules(ctx context.Context, a Asked, text string) (version string, err error) {
	if len(text) > maxRules {
		return "", fault.New(fault.TooLarge, "too-large", "rules")
	}
	if !utf8.ValidString(text) {
		return "", invalid("rules")
	}
	if version, err = r.Rules(text); err != nil {
		return "", err // names the rule and the line
	}
	err = r.decide(ctx, a, putRules, func(now time.Time) (decision, error) {
		row, err := r.next(ctx, a, now)
		if err != nil {
			return decision{}, err
		}
		row.Version, row.Text = version, text
		return decision{
			kind: proof.KindRules, rules: true, settle: true,
			effects: []ledger.Effect{door.RuleSetPut{RuleSet: row}},
			facts:   []proof.Field{fact("version", version)},
		}, nil
	})
	return version, err
}
