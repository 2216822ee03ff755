package register

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Hers is a person herself, who proved control of a contact that is hers alone. She
// may take back what she gave, and refuse marketing; she needs nobody's leave.
type Hers struct {
	Ordinal pii.Ordinal
	Request pii.RequestID
	Hash    []byte
}

// WithdrawHers takes a consent back. When it returns, nothing can be opened any more
// that rested on it.
func (r *Register) WithdrawHers(ctx context.Context, h Hers, p pii.Purpose, to pii.OrgID) error {
	return r.decideHers(ctx, h, func(of ledger.Subject, now time.Time) (decision, error) {
		rows, err := r.Consents.Consents(ctx, []pii.Ordinal{h.Ordinal}, p, to)
		if err != nil {
			return decision{}, err
		}
		if len(rows) != 1 || !rows[0].Given {
			return decision{}, fault.New(fault.NotFound, "not-found", "consent")
		}
		row := rows[0]
		row.Given, row.At, row.Stamp = false, now, pii.Stamp{}
		return decision{
			kind: proof.KindConsent, purpose: p, of: []ledger.Subject{of},
			effects: []ledger.Effect{consent.Put{Consent: &row}},
			refs:    []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(to)}},
			facts:   []proof.Field{fact("what", givenOr(false)), fact("recipient", string(to)), fact("by", "herself")},
			settle:  true,
			revokes: []string{ledger.ConsentKey(of.Ordinal, p, to), ledger.SubjectKey(of.Ordinal)},
		}, nil
	})
}

// RefuseHers refuses marketing. When it returns, no marketing call can go out.
func (r *Register) RefuseHers(ctx context.Context, h Hers) error {
	return r.decideHers(ctx, h, func(of ledger.Subject, now time.Time) (decision, error) {
		row := &consent.OptOut{Ordinal: of.Ordinal, Refused: true, At: now}
		return decision{
			kind: proof.KindConsent, of: []ledger.Subject{of},
			effects: []ledger.Effect{consent.OptOutPut{OptOut: row}},
			facts:   []proof.Field{fact("what", "opt-out"), fact("by", "herself")},
			settle:  true,
			revokes: []string{ledger.OptOutKey(of.Ordinal), ledger.SubjectKey(of.Ordinal)},
		}, nil
	})
}

func (r *Register) decideHers(ctx context.Context, h Hers, f func(of ledger.Subject, now time.Time) (decision, error)) error {
	receipt, err := r.Ledger.Decide(ctx, h.Request, h.Hash, func() (ledger.Item, error) {
		keys, err := r.Keys(ctx, []pii.Ordinal{h.Ordinal})
		if err != nil {
			return ledger.Item{}, err
		}
		key, ok := keys[h.Ordinal]
		if !ok || h.Ordinal == pii.Dummy {
			return ledger.Item{}, fault.New(fault.Conflict, "erased", "subject")
		}
		d, err := f(ledger.Subject{Ordinal: h.Ordinal, Key: key, Line: proof.Line{Rule: "consent"}}, r.now())
		if err != nil {
			return ledger.Item{}, err
		}
		item := d.item(Asked{})
		item.Basis.Keys = d.keys // nobody's power is used but hers
		return item, nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}
