package register

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Consent is what a subject agreed to, or takes back.
type Consent struct {
	Subject   pii.SubjectID
	Purpose   pii.Purpose
	Recipient pii.OrgID
	Given     bool
	Notice    string // version of the notice she was shown; needed when given
	Proof     []byte // SHA-256 of the proof the company keeps; needed when given
}

// PutConsent records a consent, or its withdrawal. When a withdrawal returns,
// nothing can be opened any more that rested on the consent.
func (r *Register) PutConsent(ctx context.Context, a Asked, c Consent) error {
	if err := r.checkConsent(ctx, c); err != nil {
		return err
	}
	return r.decide(ctx, a, putConsent, func(now time.Time) (decision, error) {
		org, ok, err := r.People.Org(ctx, c.Recipient)
		if err != nil {
			return decision{}, err
		}
		if !ok {
			return decision{}, invalid("recipient")
		}
		if err := r.trusted("recipient", &org); err != nil {
			return decision{}, err
		}
		of, err := r.subject(ctx, a, c.Subject)
		if err != nil {
			return decision{}, err
		}
		row := &consent.Consent{
			Ordinal: of.Ordinal, Purpose: c.Purpose, Recipient: c.Recipient, Given: c.Given,
			Notice: c.Notice, Proof: c.Proof, At: now,
		}
		d := decision{
			kind: proof.KindConsent, purpose: c.Purpose, of: []ledger.Subject{of},
			effects: []ledger.Effect{consent.Put{Consent: row}},
			refs:    []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(c.Recipient)}},
			facts: []proof.Field{
				fact("what", givenOr(c.Given)), fact("recipient", string(c.Recipient)),
				fact("notice", c.Notice), fact("proof", hex.EncodeToString(c.Proof)),
			},
		}
		if !c.Given {
			d.settle = true
			d.revokes = []string{ledger.ConsentKey(of.Ordinal, c.Purpose, c.Recipient), ledger.SubjectKey(of.Ordinal)}
		}
		return d, nil
	})
}

func (r *Register) checkConsent(ctx context.Context, c Consent) error {
	sheets, err := r.sheets(ctx)
	if err != nil {
		return err
	}
	if _, ok := sheets[c.Purpose]; !ok {
		return invalid("purpose")
	}
	switch {
	case !isText(c.Notice) || c.Given && c.Notice == "":
		return invalid("notice")
	case c.Given && len(c.Proof) != 32 || len(c.Proof) != 0 && len(c.Proof) != 32:
		return invalid("proof")
	}
	return nil
}

func givenOr(given bool) string {
	if given {
		return "given"
	}
	return "withdrawn"
}

// PutOptOut records that a subject refuses marketing, or that she ended her
// refusal herself. When a refusal returns, no marketing call can go out any more.
func (r *Register) PutOptOut(ctx context.Context, a Asked, subject pii.SubjectID, refused bool) error {
	return r.decide(ctx, a, putOptOut, func(now time.Time) (decision, error) {
		of, err := r.subject(ctx, a, subject)
		if err != nil {
			return decision{}, err
		}
		row := &consent.OptOut{Ordinal: of.Ordinal, Refused: refused, At: now}
		d := decision{
			kind: proof.KindConsent, of: []ledger.Subject{of},
			effects: []ledger.Effect{consent.OptOutPut{OptOut: row}},
			facts:   []proof.Field{fact("what", "opt-out-ended")},
		}
		if refused {
			d.facts = []proof.Field{fact("what", "opt-out")}
			d.settle = true
			d.revokes = []string{ledger.OptOutKey(of.Ordinal), ledger.SubjectKey(of.Ordinal)}
		}
		return d, nil
	})
}

// subject is the one subject an entry is about; nothing of hers is shown.
func (r *Register) subject(ctx context.Context, a Asked, id pii.SubjectID) (ledger.Subject, error) {
	ordinals, err := r.resolve(ctx, a, []pii.SubjectID{id})
	if err != nil {
		return ledger.Subject{}, err
	}
	keys, err := r.Keys(ctx, ordinals)
	if err != nil {
		return ledger.Subject{}, err
	}
	key, ok := keys[ordinals[0]]
	if !ok {
		return ledger.Subject{}, fault.New(fault.Conflict, "erased", "subject")
	}
	return ledger.Subject{Ordinal: ordinals[0], Key: key, Line: proof.Line{Rule: "consent"}}, nil
}
