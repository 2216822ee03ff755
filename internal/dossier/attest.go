package dossier

import (
	"context"
	"strconv"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// attestationRef is under which attestations are filed.
var attestationRef = ledger.Ref{Kind: ledger.RefAttestation, Key: []byte{1}}

// Attestation is an auditor's word: he compared the first Scanned entries with the
// index and found them to agree.
type Attestation struct {
	ID      pii.RequestID
	Hash    []byte
	Scanned uint64
}

// Attest records it. Only an auditor may: packs will name him.
func (m *Maker) Attest(ctx context.Context, p party.Principal, a Attestation) (uint64, error) {
	if p.Person.Kind != party.Auditor {
		return 0, fault.New(fault.Denied, "not-yours", "")
	}
	head, err := m.Ledger.Head(ctx)
	if err != nil {
		return 0, err
	}
	if a.Scanned == 0 || a.Scanned > head.Size {
		return 0, fault.New(fault.Invalid, "bad-request", "scanned")
	}
	receipt, err := m.Ledger.Append(ctx, ledger.Item{Request: a.ID, Hash: a.Hash, Actor: ledger.Actor(p.Seen, p.Person.ID, p.Org.ID, p.Credential), Entry: ledger.Entry{
		Kind: proof.KindAttestation, Actor: p.Person.ID, Org: p.Org.ID,
		Facts: []proof.Field{
			{Name: proof.AttestedField, Value: proof.AttestsScan},
			{Name: proof.ScannedField, Value: strconv.FormatUint(a.Scanned, 10)},
		},
		Refs: []ledger.Ref{attestationRef},
	}})
	if err != nil {
		return 0, err
	}
	defer receipt.Close()
	return receipt.Record().Index, nil
}

// attested is the attestation that reaches furthest, of those below size; nil if
// there is none.
func (m *Maker) attested(ctx context.Context, size uint64) (best *ledger.Record, err error) {
	reach := uint64(0)
	err = m.found(ctx, attestationRef, size, func(r *ledger.Record) {
		if n, err := strconv.ParseUint(r.Fact(proof.ScannedField), 10, 63); err == nil && n >= reach {
			best, reach = r, n
		}
	})
	return best, err
}
