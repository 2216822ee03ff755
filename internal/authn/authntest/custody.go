package authntest

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Enrol stores a subject with a phone number and returns her id.
func (h *House) Enrol(phone string) pii.SubjectID {
	h.T.Helper()
	stored, enrolled, err := h.Vault.Prepare(h.T.Context(), []vault.Row{{pii.Phone: pii.NewValue(phone)}})
	h.must(err)
	h.enrol(stored, enrolled)
	return enrolled[0].ID
}

func (h *House) enrol(stored *vault.Stored, enrolled []vault.Enrolled) {
	h.T.Helper()
	e := ledger.Entry{Kind: proof.KindEnrolment, Effects: []ledger.Effect{stored}}
	for _, s := range enrolled {
		e.Enrols = append(e.Enrols, s.Commitment)
	}
	r, err := h.Ledger.Append(h.T.Context(), ledger.Item{Request: h.Request(), Entry: e})
	h.must(err)
	r.Close()
}

// Contact implements the complaint desk's finder over the blind index.
func (h *House) Contact(ctx context.Context, f pii.Field, v pii.Value) (pii.Ordinal, error) {
	found, err := h.Vault.Candidates(ctx, f, v)
	if err != nil || len(found) != 1 {
		return pii.Dummy, err
	}
	return found[0], nil
}

// ID is the other half of Contact.
func (h *House) ID(ctx context.Context, of pii.Ordinal) (pii.SubjectID, error) {
	found, err := h.Vault.DescribeOrdinals(ctx, []pii.Ordinal{of})
	if err != nil || len(found) != 1 {
		return vault.DummyID, err
	}
	return found[0].ID, nil
}

// Resolve implements the register's subjects.
func (h *House) Resolve(ctx context.Context, ids []pii.SubjectID) ([]pii.Ordinal, []bool, error) {
	all, err := h.Vault.Describe(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	ordinals, found := make([]pii.Ordinal, len(ids)), make([]bool, len(ids))
	for i, s := range all {
		ordinals[i], found[i] = s.Ordinal, s.Known()
	}
	return ordinals, found, nil
}

// Seal implements the complaint desk's sealer over the key ring.
func (h *House) Seal(now time.Time, context, plaintext []byte) ([]byte, string, error) {
	sealed, err := h.Ring.SealRecord(now, context, plaintext)
	if err != nil {
		return nil, "", err
	}
	month, err := keyring.RecordMonth(sealed)
	return sealed, month.String(), err
}

// Open is the other half of Seal.
func (h *House) Open(context, sealed []byte) ([]byte, error) {
	return h.Ring.OpenRecord(context, sealed)
}

// Fingerprint is the key ring's hash of a value that is not a customer's.
func (h *House) Fingerprint(v pii.Value) []byte { return h.Vault.Fingerprint(v) }
