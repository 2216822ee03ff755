package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Finder finds whose a number is, at the caller's cost. The door implements it.
type Finder interface {
	// Contact is whose contact a value is; the dummy if nobody's, or more than one's.
	Contact(ctx context.Context, f pii.Field, v pii.Value) (pii.Ordinal, error)
	// LookupSpends charges n lookups to the caller's budget.
	LookupSpends(ctx context.Context, p party.Principal, n int64) ([]ledger.Spend, error)
}

// ConsentRow is a consent that was given before, as a file has it: of a subject, or of
// whoever has a phone number.
type ConsentRow struct {
	Subject   pii.SubjectID
	Phone     pii.Value // canonical; used if ByPhone
	ByPhone   bool
	Purpose   pii.Purpose
	Recipient string // id or whole title
	Notice    string
	At        time.Time
	Proof     []byte // SHA-256 of the proof; nil: Reference
	Reference string // where the company keeps the proof
	Separate  bool
}

// ConsentFile is a list of consents being imported.
type ConsentFile struct {
	SHA256 []byte
	Dry    bool
}

// ImportConsent records one consent that was given before. An older row never takes
// the place of a newer one, and never revives what was taken back after it.
//
// A row with a phone number is answered alike whoever has it: it is charged to the
// importer's lookups, it is one entry about somebody or the dummy, and its outcome is
// "created", which says that it was taken in and no more.
func (r *Register) ImportConsent(ctx context.Context, a Asked, f ConsentFile, row ConsentRow) (Outcome, error) {
	if err := r.may(ctx, a.By, importConsent); err != nil {
		return Refused, err
	}
	put, err := r.checkRow(ctx, &row)
	if err != nil {
		return Refused, err
	}
	if row.ByPhone {
		return r.importByPhone(ctx, a, f, row, put)
	}
	of, err := r.subject(ctx, a, row.Subject)
	if err != nil {
		return Refused, err
	}
	put.Ordinal = of.Ordinal
	outcome := Refused
	judge := func() error {
		old, had, err := r.consentOf(ctx, of.Ordinal, put.Purpose, put.Recipient)
		if err != nil {
			return err
		}
		outcome, err = against(old, had, put)
		return err
	}
	if err := judge(); err != nil || outcome == Unchanged || f.Dry {
		return outcome, err
	}
	err = r.decide(ctx, a, importConsent, func(time.Time) (decision, error) {
		if err := judge(); err != nil {
			return decision{}, err
		}
		if outcome == Unchanged {
			return decision{}, errSame
		}
		return importDecision(put, of, f, row), nil
	})
	if err == errSame {
		return Unchanged, nil
	}
	if err != nil {
		return Refused, err
	}
	return outcome, nil
}

var errSame = fault.New(fault.Conflict, "row-twice", "")

func importDecision(put *consent.Consent, of ledger.Subject, f ConsentFile, row ConsentRow) decision {
	return decision{
		kind: proof.KindConsent, purpose: put.Purpose, of: []ledger.Subject{of},
		effects: []ledger.Effect{consent.Put{Consent: put}},
		keys:    []string{ledger.ConsentKey(of.Ordinal, put.Purpose, put.Recipient)},
		refs:    []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(put.Recipient)}},
		facts: []proof.Field{
			fact("what", givenOr(put.Given)), fact("recipient", string(put.Recipient)), fact("notice", put.Notice),
			fact("proof", hex.EncodeToString(put.Proof)), flag("general", put.General), timeFact("agreed-at", put.At),
			fact("file", hex.EncodeToString(f.SHA256)), fact("reference", row.Reference), fact(FoundBy, foundBy(row)),
		},
	}
}

// FoundBy is the fact of an imported consent that says how its row names her: by id or,
// and then the entry tells nobody of whom it is, by [ByPhone].
const (
	FoundBy = "found-by"
	ByPhone = "phone"
)

func foundBy(row ConsentRow) string {
	if row.ByPhone {
		return ByPhone
	}
	return "id"
}

// checkRow refuses what no consent can be, and makes the row.
func (r *Register) checkRow(ctx context.Context, row *ConsentRow) (*consent.Consent, error) {
	now := r.now()
	row.At = exact(row.At)
	switch {
	case row.At.IsZero() || row.At.Before(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)):
		return nil, invalid("at")
	case row.At.After(now):
		return nil, fault.New(fault.Invalid, "consent-future", "at")
	case row.Proof == nil && (row.Reference == "" || !isText(row.Reference)):
		return nil, invalid("proof")
	}
	sum := row.Proof
	if sum == nil {
		s := sha256.Sum256([]byte(row.Reference))
		sum = s[:]
	}
	org, err := r.orgCalled(ctx, row.Recipient)
	if err != nil {
		return nil, err
	}
	c := Consent{Purpose: row.Purpose, Recipient: org.ID, Given: true, Notice: row.Notice, Proof: sum}
	if err := r.checkConsent(ctx, c); err != nil {
		return nil, err
	}
	return &consent.Consent{
		Purpose: c.Purpose, Recipient: c.Recipient, Given: true, General: !row.Separate, Notice: c.Notice, Proof: c.Proof, At: row.At,
	}, nil
}

func (r *Register) consentOf(ctx context.Context, o pii.Ordinal, p pii.Purpose, to pii.OrgID) (consent.Consent, bool, error) {
	rows, err := r.Consents.Consents(ctx, []pii.Ordinal{o}, p, to)
	if err != nil || len(rows) == 0 {
		return consent.Consent{}, false, err
	}
	return rows[0], true, r.trusted("consent", &rows[0])
}

// against says what a row of a file does to what is on record.
func against(old consent.Consent, had bool, put *consent.Consent) (Outcome, error) {
	switch {
	case !had:
		return Created, nil
	case !old.Given && !put.At.After(old.At):
		return Refused, fault.New(fault.Conflict, "consent-withdrawn", "subject")
	case !old.Given:
		return Changed, nil
	case put.At.After(old.At):
		return Changed, nil
	}
	return Unchanged, nil // the same, or older than what is on record
}

// importByPhone is the same step for step whether the number is somebody's or not.
func (r *Register) importByPhone(ctx context.Context, a Asked, f ConsentFile, row ConsentRow, put *consent.Consent) (Outcome, error) {
	if r.Finder == nil {
		return Refused, fault.New(fault.Unavailable, "unavailable", "")
	}
	if f.Dry {
		return Created, nil // nobody is looked for
	}
	err := r.decide(ctx, a, importConsent, func(time.Time) (decision, error) {
		who, err := r.Finder.Contact(ctx, pii.Phone, row.Phone)
		if err != nil {
			return decision{}, err
		}
		keys, err := r.Keys(ctx, []pii.Ordinal{who})
		if err != nil {
			return decision{}, err
		}
		key, ok := keys[who]
		if !ok {
			return decision{}, fault.New(fault.Unavailable, "unavailable", "")
		}
		old, had, err := r.consentOf(ctx, who, put.Purpose, put.Recipient)
		if err != nil {
			return decision{}, err
		}
		next := *put
		next.Ordinal = who
		if o, err := against(old, had, &next); err != nil || o == Unchanged {
			next = old // it stays as it is, in an entry that looks like any other
			next.Stamp = pii.Stamp{}
		}
		of := ledger.Subject{Ordinal: who, Key: key, Line: proof.Line{Rule: "consent"}}
		d := importDecision(&next, of, f, row)
		d.spends, err = r.Finder.LookupSpends(ctx, a.By, 1)
		return d, err
	})
	if err != nil {
		return Refused, err
	}
	return Created, nil
}
