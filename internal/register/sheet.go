package register

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// next is the rule set that follows the one in force: the same, until something of
// it is changed. That none came into force meanwhile is part of the item's basis.
func (r *Register) next(ctx context.Context, a Asked, now time.Time) (*door.RuleSet, error) {
	var row door.RuleSet
	if r.InForce != nil {
		var err error
		if row, err = r.InForce(ctx); err != nil {
			return nil, err
		}
	}
	row.Stamp, row.By, row.At = pii.Stamp{}, a.By.Person.ID, now
	if row.Version == "" {
		version, err := r.Rules(row.Text)
		if err != nil {
			return nil, err
		}
		row.Version = version
	}
	return &row, nil
}

// sheets are the purpose sheets in force.
func (r *Register) sheets(ctx context.Context) (map[pii.Purpose]grant.Sheet, error) {
	if r.InForce == nil {
		return r.Sheets, nil
	}
	row, err := r.InForce(ctx)
	if err != nil {
		return nil, err
	}
	return grant.Overlay(r.Sheets, row.Sheets)
}

// PutSheet brings a new version of a purpose sheet into force, or a new purpose.
// When it returns, nothing can be opened any more on the old one.
func (r *Register) PutSheet(ctx context.Context, a Asked, s grant.Sheet) error {
	if err := s.Check(r.Schema); err != nil {
		return err
	}
	return r.decide(ctx, a, putSheet, func(now time.Time) (decision, error) {
		row, err := r.next(ctx, a, now)
		if err != nil {
			return decision{}, err
		}
		sheet := s
		sheet.By, sheet.Since = a.By.Person.ID, now
		if row.Sheets, sheet, err = grant.PutSheet(row.Sheets, sheet); err != nil {
			return decision{}, err
		}
		text, err := json.Marshal(sheet)
		if err != nil {
			return decision{}, fault.Wrap(fault.Internal, "internal", err)
		}
		return decision{
			kind: proof.KindRules, rules: true, settle: true, purpose: s.Purpose,
			effects: []ledger.Effect{door.RuleSetPut{RuleSet: row}},
			facts: []proof.Field{
				fact("version", row.Version), fact("what", "sheet"), fact("sheet-version", strconv.Itoa(sheet.Version)), fact("sheet", string(text)),
			},
		}, nil
	})
}

// PutCaps brings caps into force, within the ceilings.
func (r *Register) PutCaps(ctx context.Context, a Asked, c door.Caps) error {
	if err := c.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fault.Wrap(fault.Internal, "internal", err)
	}
	return r.decide(ctx, a, putCaps, func(now time.Time) (decision, error) {
		row, err := r.next(ctx, a, now)
		if err != nil {
			return decision{}, err
		}
		row.Caps = string(text)
		return decision{
			kind: proof.KindRules, rules: true, settle: true,
			effects: []ledger.Effect{door.RuleSetPut{RuleSet: row}},
			facts:   []proof.Field{fact("version", row.Version), fact("what", "caps"), fact("caps", string(text))},
		}, nil
	})
}
