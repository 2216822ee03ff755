package door

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Lookup asks whether a value is held.
type Lookup struct {
	ID      pii.RequestID
	Hash    []byte
	Field   pii.Field
	Value   pii.Value // normalised
	Purpose pii.Purpose
	Work    pii.RequestID
	In      *enrolment.Table // confirm in this protected column of an enrolled table; nil: in the field
	Column  enrolment.Column
}

// Found answers a lookup: the subject, or no-grant. A miss, a value held outside
// the caller's work item and a refusal are the same answer after the same steps.
type Found struct {
	ID      pii.RequestID
	Hit     bool
	Subject pii.SubjectID
	Key     string // of her row, if it was looked for in an enrolled table
	Reasons []policy.Reason
}

// Find looks a value up for a person. It is a hit only if the value is held, his
// open work item covers its subject, and the rules would show him her token.
func (d *Door) Find(ctx context.Context, p party.Principal, l Lookup) (Found, error) {
	for range tries {
		f, err := d.find(ctx, p, l)
		if !ledger.Stale(err) {
			return f, err
		}
		if err := d.Ledger.Refresh(ctx); err != nil {
			return Found{}, err
		}
	}
	return Found{}, fault.New(fault.Unavailable, "stale", "")
}

func (d *Door) find(ctx context.Context, p party.Principal, l Lookup) (Found, error) {
	spec, ok := d.Vault.Schema().Spec(l.Field)
	if !ok || !spec.Indexed {
		return Found{}, fault.New(fault.Invalid, "bad-request", "field")
	}
	dec, err := d.decideLookup(ctx, p, l)
	if err != nil {
		return Found{}, err
	}
	target := dec.cases[0].subject
	if !dec.anyShown() {
		if target, err = d.describe(ctx, pii.Dummy); err != nil {
			return Found{}, err
		}
		if folded, err := d.flood.refused(ctx, p.Person.ID); folded || err != nil {
			return Found{ID: l.ID, Reasons: []policy.Reason{noGrant}}, err
		}
	}
	entry := ledger.Entry{
		Kind: proof.KindLookup, Actor: p.Person.ID, Org: p.Org.ID, Verb: pii.Read, Form: pii.None,
		Fields: []pii.Field{l.Field}, Purpose: l.Purpose, Work: l.Work,
		Facts:  []proof.Field{fact("rules", dec.rules.Version()), fact("network", p.Network)},
		Spends: d.capsOf(dec.rules).lookups(p, 1, d.Clock()),
		// The same size whether hit or miss: one subject line, the dummy's on a miss.
		Subjects: []ledger.Subject{{Ordinal: target.Ordinal, Key: target.Key, Line: proof.Line{Shown: true, Version: uint32(target.Version)}}},
	}
	refusal := entry
	refusal.Kind, refusal.Spends = proof.KindRefusal, d.capsOf(dec.rules).refused(p, d.Clock())
	refusal.Subjects = []ledger.Subject{{Ordinal: target.Ordinal, Key: target.Key, Line: proof.Line{Rule: "budget"}}}
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: l.ID, Hash: l.Hash, Entry: entry, Refusal: &refusal, Basis: dec.basis})
	if err != nil {
		return Found{}, err
	}
	defer receipt.Close()
	out := Found{ID: receipt.Record().Request(), Reasons: []policy.Reason{noGrant}}
	record := receipt.Record()
	if record.Leaf.Kind != proof.KindLookup { // refused now, or by the first try
		return out, d.rehearseLookup(ctx, l)
	}
	if !names(record, target.Ordinal) { // a retry whose ground has moved
		return Found{}, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	if !target.Known() {
		return out, d.rehearseLookup(ctx, l)
	}
	held := false
	if l.In != nil {
		out.Key, held, err = d.Vault.ConfirmCell(ctx, receipt, l.In, l.Column, l.Value)
	} else {
		held, err = d.Vault.Confirm(ctx, receipt, l.Field, l.Value)
	}
	if err != nil {
		return Found{}, err
	}
	if held {
		out.Hit, out.Reasons = true, nil
		out.Subject = target.ID
		if p.Org.Kind == party.Handler {
			out.Subject = d.Vault.Pseudonym(p.Org.ID, target.ID)
		}
	}
	return out, nil
}

// names reports whether the entry names the subject.
func names(r *ledger.Record, of pii.Ordinal) (found bool) {
	r.Subjects(func(o pii.Ordinal, _ proof.Line) bool {
		found = o == of
		return !found
	})
	return found
}

// decideLookup decides about the subject who holds the value and is in the caller's
// work item, or about the dummy if there is none: a hit gives away her id, so the
// question is whether he may have her token. Every query hands out as many rows
// whoever holds the value, and in a work item that is not his the caller's question
// is about no one.
func (d *Door) decideLookup(ctx context.Context, p party.Principal, l Lookup) (*decision, error) {
	work, err := d.workItem(ctx, l.Work)
	if err != nil {
		return nil, err
	}
	if work.Assignee != p.Person.ID || work.Recipient != p.Org.ID {
		work = grant.WorkItem{}
	}
	holder, err := d.Vault.Covered(ctx, l.Field, l.Value, work.ID)
	if err != nil {
		return nil, err
	}
	s, err := d.describe(ctx, holder)
	if err != nil {
		return nil, err
	}
	if p.Org.Kind == party.Handler {
		s.ID = d.Vault.Pseudonym(p.Org.ID, s.ID)
	}
	return d.decide(ctx, p, Request{
		ID: l.ID, Verb: pii.Read, Form: pii.Token, Fields: []pii.Field{l.Field}, Purpose: l.Purpose, Work: l.Work,
		Subjects: []pii.SubjectID{s.ID},
	})
}

// describe finds one subject by ordinal.
func (d *Door) describe(ctx context.Context, o pii.Ordinal) (vault.Subject, error) {
	found, err := d.Vault.DescribeOrdinals(ctx, []pii.Ordinal{o})
	if err != nil || len(found) != 1 {
		return vault.Subject{}, fault.New(fault.Unavailable, "unavailable", "")
	}
	return found[0], nil
}

// Inbound is a caller at the switch.
type Inbound struct {
	ID       pii.RequestID
	Hash     []byte
	Value    pii.Value // the number, normalised
	Purpose  pii.Purpose
	Assignee party.Person // who takes the call
}

// inboundLife is how long an inbound caller's work item stays open.
const inboundLife = 4 * time.Hour

// Inbound answers the phone: a named service posts the caller as a work item for the agent
// who takes the call, with the subject if the number is held, without if not. The
// service is told the work item's id either way.
func (d *Door) Inbound(ctx context.Context, p party.Principal, in Inbound) (pii.RequestID, error) {
	if p.Scope != ScopeSwitch {
		return in.ID, fault.New(fault.Denied, "not-yours", "")
	}
	rules, err := d.currentRules(ctx)
	if err != nil {
		return in.ID, err
	}
	if sheet, ok := rules.sheets[in.Purpose]; !ok || !sheet.For(grant.Inbound) {
		return in.ID, fault.New(fault.Invalid, "bad-request", "purpose")
	}
	if !d.takesCalls(in.Assignee) {
		return in.ID, fault.New(fault.Invalid, "bad-request", "assignee")
	}
	target, err := d.caller(ctx, in.Value)
	if err != nil {
		return in.ID, err
	}
	work := &grant.WorkItem{
		ID: in.ID, Kind: grant.Inbound, Purpose: in.Purpose, Assignee: in.Assignee.ID, Recipient: in.Assignee.Org,
		OpenedBy: p.Person.ID, OpenedAt: d.now(), Until: d.now().Add(inboundLife), Subjects: 1,
		Digest: grant.Digest([]pii.Ordinal{target.Ordinal}),
	}
	entry := ledger.Entry{
		Kind: proof.KindLookup, Actor: p.Person.ID, Org: p.Org.ID, Verb: pii.Read, Form: pii.None,
		Fields: []pii.Field{pii.Phone}, Purpose: in.Purpose, Work: in.ID,
		Facts:    []proof.Field{fact("assignee", string(in.Assignee.ID))},
		Spends:   d.capsOf(rules).lookups(p, 1, d.Clock()),
		Subjects: []ledger.Subject{{Ordinal: target.Ordinal, Key: target.Key, Line: proof.Line{Shown: true, Version: uint32(target.Version)}}},
		Effects:  []ledger.Effect{grant.Opened{WorkItem: work, Members: []*grant.Member{{Ordinal: target.Ordinal, Item: in.ID}}}},
	}
	receipt, err := d.Ledger.Append(ctx, ledger.Item{Request: in.ID, Hash: in.Hash, Entry: entry})
	if err != nil {
		return in.ID, err
	}
	defer receipt.Close()
	_, err = d.Vault.Confirm(ctx, receipt, pii.Phone, in.Value)
	return in.ID, err
}

// takesCalls reports whether a person is on the staff, ours or an agency's, now.
func (d *Door) takesCalls(p party.Person) bool {
	return d.Ledger.CheckStamp(&p) == nil && p.OpenAt(d.Clock()) && !p.Suspended &&
		(p.Kind == party.Staff || p.Kind == party.Outsourced)
}

// caller finds whose number it is; the dummy if nobody's, or more than one's.
func (d *Door) caller(ctx context.Context, number pii.Value) (vault.Subject, error) {
	target, err := d.Vault.Holder(ctx, pii.Phone, number)
	if err != nil {
		return vault.Subject{}, err
	}
	return d.describe(ctx, target)
}

// Contact finds whose contact a complaint names, for the officer's side only: the
// dummy if nobody's. It is recorded by the complaint's own entry.
func (d *Door) Contact(ctx context.Context, f pii.Field, value pii.Value) (pii.Ordinal, error) {
	return d.Vault.Holder(ctx, f, value)
}

// ID is the id of a subject; of whoever is not there it is the dummy's.
func (d *Door) ID(ctx context.Context, of pii.Ordinal) (pii.SubjectID, error) {
	found, err := d.Vault.DescribeOrdinals(ctx, []pii.Ordinal{of})
	if err != nil || len(found) != 1 {
		return vault.DummyID, err
	}
	return found[0].ID, nil
}

func (d *Door) now() time.Time { return d.Clock().UTC().Truncate(time.Microsecond) }
