package door

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Correct stores a new version of a subject's values: row holds all of them. The
// old version stays sealed: which version leaked dates a leak. Only a service of
// the company's own records may; nothing is told of the old values.
//
// It takes two entries: the first names what is replaced, so that the vault may
// open it to keep the mask counts right; the second brings the new version.
func (d *Door) Correct(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, subject pii.SubjectID, row vault.Row) (pii.Version, error) {
	if p.Scope != ScopeCRM {
		return 0, fault.New(fault.Denied, "not-yours", "")
	}
	size, rules := d.Ledger.Size(), d.Ledger.Rules()
	found, err := d.Vault.Describe(ctx, []pii.SubjectID{subject})
	if err != nil {
		return 0, err
	}
	s := found[0]
	switch {
	case !s.Known():
		return 0, fault.New(fault.NotFound, "not-found", "subject")
	case s.State == vault.Held:
		return 0, fault.New(fault.Conflict, "held", "subject")
	case s.State != vault.Live:
		return 0, fault.New(fault.Conflict, "erased", "subject")
	}
	entry := ledger.Entry{
		Kind: proof.KindCorrection, Actor: p.Person.ID, Org: p.Org.ID, Fields: s.Fields,
		Facts:    []proof.Field{fact("act", "asked")},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Shown: true, Version: uint32(s.Version)}}},
	}
	asked, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Entry: entry})
	if err != nil {
		return 0, err
	}
	defer asked.Close()
	if asked.Again() {
		return 0, fault.New(fault.Conflict, "already-stored", "Idempotency-Key")
	}
	corrected, err := d.Vault.PrepareCorrection(ctx, asked, row)
	if err != nil {
		return 0, err
	}
	asked.Close()
	next, err := d.newRequest()
	if err != nil {
		return 0, err
	}
	entry.Fields, entry.Facts = corrected.Fields, []proof.Field{fact("act", "done")}
	entry.Subjects = []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Version: uint32(corrected.Version)}}}
	entry.Effects = []ledger.Effect{corrected}
	entry.Revokes = []string{ledger.SubjectKey(s.Ordinal)} // decisions on the old version are taken again
	// What she is sealed under may have changed meanwhile: fields lapse.
	basis := ledger.Basis{Size: size, Rules: rules, Keys: entry.Revokes}
	done, err := d.Ledger.Append(ctx, ledger.Item{Request: next, Basis: basis, Entry: entry})
	if ledger.Stale(err) {
		return 0, fault.New(fault.Conflict, "stale", "subject")
	}
	if err != nil {
		return 0, err
	}
	done.Close()
	return corrected.Version, nil
}
