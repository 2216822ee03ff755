package door

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Holds says whether an open complaint, incident or trace names a subject: while
// one does she is held, not erased.
type Holds interface {
	Held(ctx context.Context, of pii.Ordinal) (bool, error)
}

// AskErasure records that a subject's information is to be erased. It rests on an
// open rights request, or an expired retention, that is assigned to the caller
// and covers her; another person approves.
func (d *Door) AskErasure(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, subject pii.SubjectID, work pii.RequestID) (pii.RequestID, error) {
	basis := d.basis(p, work, d.Ledger.Rules())
	s, err := d.erasable(ctx, p, subject, work)
	if err != nil {
		return id, err
	}
	row := &Erasure{ID: id, Ordinal: s.Ordinal, Work: work, AskedBy: p.Person.ID, AskedAt: d.now(), State: ErasureAsked}
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Basis: basis, Entry: ledger.Entry{
		Kind: proof.KindErasure, Actor: p.Person.ID, Org: p.Org.ID, Work: work,
		Facts:    []proof.Field{fact("act", string(ErasureAsked))},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{}}},
		Effects:  []ledger.Effect{ErasurePut{row}},
	}})
	if err != nil {
		return id, err
	}
	receipt.Close()
	return id, nil
}

// erasable finds the subject inside the caller's work item, or answers no-grant.
func (d *Door) erasable(ctx context.Context, p party.Principal, id pii.SubjectID, work pii.RequestID) (vault.Subject, error) {
	w, err := d.workItem(ctx, work)
	if err != nil {
		return vault.Subject{}, err
	}
	subjects, err := d.Vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil {
		return vault.Subject{}, err
	}
	s := subjects[0]
	members, err := d.memberSet(ctx, w, []pii.Ordinal{s.Ordinal})
	if err != nil {
		return s, err
	}
	right := w.Kind == grant.RightsRequest || w.Kind == grant.Retention
	if !right || !w.OpenAt(d.Clock()) || w.Assignee != p.Person.ID || w.Recipient != p.Org.ID || !members[s.Ordinal] {
		return s, fault.New(fault.Denied, "no-grant", "")
	}
	if s.State == vault.Erased {
		return s, fault.New(fault.Conflict, "erased", "")
	}
	return s, nil
}

// ApproveErasure erases: the data key is destroyed, the blind-index rows are
// deleted, and the id goes onto the key ring's list. Only an officer who did not
// ask for it may approve. While an open complaint names the subject she is held
// instead, and the answer says so.
func (d *Door) ApproveErasure(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, erasure pii.RequestID, holds Holds) error {
	basis := d.basis(p, pii.RequestID{}, d.Ledger.Rules())
	row, ok, err := d.Store.Erasure(ctx, erasure)
	if err != nil {
		return err
	}
	switch {
	case p.Person.Kind != party.Officer:
		return fault.New(fault.Denied, "not-yours", "")
	case !ok || d.Ledger.CheckStamp(&row) != nil:
		return fault.New(fault.NotFound, "not-found", "erasure")
	case row.AskedBy == p.Person.ID:
		return fault.New(fault.Denied, "second-person", "")
	}
	subjects, err := d.Vault.DescribeOrdinals(ctx, []pii.Ordinal{row.Ordinal})
	if err != nil || len(subjects) != 1 {
		return fault.New(fault.Unavailable, "unavailable", "")
	}
	if row.State == ErasureDone {
		return d.bury(ctx, subjects[0].ID) // what failed after the entry is done now
	}
	held, err := holds.Held(ctx, row.Ordinal)
	if err != nil {
		return err
	}
	row.ApprovedBy = p.Person.ID
	if held {
		return d.hold(ctx, p, id, hash, row, subjects[0], basis)
	}
	return d.erase(ctx, p, id, hash, row, subjects[0], basis)
}

// hold keeps the subject stored and closed to everybody (封存).
func (d *Door) hold(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, row Erasure, s vault.Subject, basis ledger.Basis) error {
	row.State = ErasureApproved
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Basis: basis, Settle: true, Entry: ledger.Entry{
		Kind: proof.KindHold, Actor: p.Person.ID, Org: p.Org.ID, Work: row.Work,
		Facts:    []proof.Field{fact("act", "held"), fact("erasure", idText(row.ID))},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{}}},
		Effects:  []ledger.Effect{ErasurePut{&row}, vault.HoldSet{Ordinal: s.Ordinal, Held: true}},
		Revokes:  []string{ledger.SubjectKey(s.Ordinal)},
	}})
	if err != nil {
		return err
	}
	receipt.Close()
	return fault.New(fault.Conflict, "held", "")
}

func (d *Door) erase(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, row Erasure, s vault.Subject, basis ledger.Basis) error {
	if err := d.destroy(ctx, p, id, hash, row, s, basis); err != nil {
		return err
	}
	return d.bury(ctx, s.ID)
}

// destroy takes two entries: the first, which names her fields, lets the vault take
// her out of the mask counts; the second destroys the key.
func (d *Door) destroy(ctx context.Context, p party.Principal, id pii.RequestID, hash []byte, row Erasure, s vault.Subject, basis ledger.Basis) error {
	row.State = ErasureApproved
	effects := []ledger.Effect{ErasurePut{&row}}
	refs := row.refs()
	if s.State == vault.Held { // what held her has ended
		effects = append(effects, vault.HoldSet{Ordinal: s.Ordinal, Held: false})
	}
	approved, err := d.Ledger.Append(ctx, ledger.Item{Request: id, Hash: hash, Basis: basis, Entry: ledger.Entry{
		Kind: proof.KindErasure, Actor: p.Person.ID, Org: p.Org.ID, Work: row.Work, Fields: s.Fields,
		Facts:    []proof.Field{fact("act", string(ErasureApproved))},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{Shown: true, Version: uint32(s.Version)}}},
		Effects:  effects, Refs: refs,
	}})
	if err != nil {
		return err
	}
	defer approved.Close()
	destroyed, err := d.Vault.PrepareErasure(ctx, approved)
	if err != nil {
		return err
	}
	approved.Close()
	doneID, err := d.newRequest()
	if err != nil {
		return err
	}
	row.State = ErasureDone
	done, err := d.Ledger.Append(ctx, ledger.Item{Request: doneID, Settle: true, Entry: ledger.Entry{
		Kind: proof.KindErasure, Actor: p.Person.ID, Org: p.Org.ID, Work: row.Work,
		Facts:    []proof.Field{fact("act", string(ErasureDone))},
		Subjects: []ledger.Subject{{Ordinal: s.Ordinal, Key: s.Key, Line: proof.Line{}}},
		Effects:  []ledger.Effect{ErasurePut{&row}, destroyed}, Refs: refs,
		Revokes: []string{ledger.SubjectKey(s.Ordinal)},
	}})
	if err != nil {
		return err
	}
	done.Close()
	return nil
}

// bury keeps a destroyed key from coming back, out of a backup or the database's
// own files. It may be repeated.
func (d *Door) bury(ctx context.Context, id pii.SubjectID) error {
	if err := d.Vault.Shred(id); err != nil {
		return err
	}
	return d.Vault.Purge(ctx)
}
