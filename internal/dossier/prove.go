package dossier

import (
	"context"
	"errors"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// unopened in every pack: facts that speak of others than what it is about.
var unopened = []string{"outside", "request-hash", "known", ledger.RowsFact, headFact, earlierFact, seenFact}

// pack proves what was collected under one checkpoint.
func (m *Maker) pack(ctx context.Context, o Order, c *collection, past past) (*proof.Pack, ledger.Head, error) {
	head, err := past.head, error(nil)
	if !past.again {
		head, err = m.choose(ctx, o, c.newest())
	}
	if err != nil {
		return nil, head, err
	}
	p := &proof.Pack{Checkpoint: head.Note, Info: proof.Info{
		Created: past.created, From: c.from, Until: c.until, Kind: o.Kind,
		Log: m.LogKey, Origin: m.Origin, RootKey: m.RootKey, Witnesses: m.witnesses(), Outside: m.outside(),
	}}
	m.about(&p.Info, o, c)
	if c.enrolment != nil {
		if p.Enrolment, err = m.enrolment(ctx, head, o.Person, c.enrolment); err != nil {
			return nil, head, err
		}
	}
	for _, r := range c.entries {
		e, err := m.entry(ctx, head, o, c, r)
		if err != nil {
			return nil, head, err
		}
		p.Entries = append(p.Entries, e)
	}
	if r := c.attestation; r != nil && r.Index < head.Size {
		e, err := m.bare(ctx, head, r)
		if err != nil {
			return nil, head, err
		}
		p.Attestation = &e
	}
	if p.Closed, err = m.closed(ctx, head); err != nil {
		return nil, head, err
	}
	p.Info.Entries, p.Info.Forgotten = len(p.Entries), c.forgotten
	notes := past.earlier
	if !past.again {
		if notes, err = m.earlierNotes(ctx, o, c, head); err != nil {
			return nil, head, err
		}
	}
	p.Earlier, err = m.earlier(ctx, notes, head)
	return p, head, err
}

// about names in pack.json what the kind of pack is about.
func (m *Maker) about(i *proof.Info, o Order, c *collection) {
	subject := proof.ID(o.Person.ID)
	switch o.Kind {
	case proof.KindOfOne:
		id := proof.ID(o.Disclosure)
		i.Disclosure = &id
		if o.Person.known() {
			i.Subject = &subject
		}
	case proof.KindOfRecipient:
		i.Recipient = &o.Recipient
	case proof.KindOfCase:
		id := proof.ID(o.Case)
		i.Case = &id
	}
	if c.enrolment != nil {
		key := proof.Hash(o.Person.key())
		i.Subject, i.RecordKey = &subject, &key
	}
}

// bare proves an entry and opens its facts.
func (m *Maker) bare(ctx context.Context, head ledger.Head, r *ledger.Record) (proof.Entry, error) {
	inclusion, err := m.Ledger.Inclusion(ctx, head, r.Index)
	return proof.Entry{Index: r.Index, Leaf: r.Leaf.Encode(), Inclusion: inclusion, Fields: opened(r)}, err
}

func (m *Maker) enrolment(ctx context.Context, head ledger.Head, p Person, r *ledger.Record) (*proof.Entry, error) {
	e, err := m.bare(ctx, head, r)
	if err != nil {
		return nil, err
	}
	pairs := make([]proof.Pair, 0, len(r.Enrols()))
	for _, c := range r.Enrols() {
		pairs = append(pairs, proof.Pair{Key: c, Value: proof.EnrolledHash(c)})
	}
	e.Sparse, err = sparse(pairs, proof.SubjectCommitment(p.key(), p.ID))
	return &e, err
}

// entry opens one entry as far as the pack is about it, and proves it.
func (m *Maker) entry(ctx context.Context, head ledger.Head, o Order, c *collection, r *ledger.Record) (proof.Entry, error) {
	e, err := m.bare(ctx, head, r)
	if err != nil {
		return e, err
	}
	if r.Leaf.Kind == proof.KindTrace && r.Fact("case") != o.Case.String() {
		e.Evidence, err = m.evidence(ctx, r)
		return e, err
	}
	line := lineOf(r, o.Person)
	switch {
	case c.enrolment != nil && (line != nil || o.Kind != proof.KindOfCase):
		e.Line = line
		e.Sparse, err = m.placed(ctx, r, proof.Tag(o.Person.key(), r.Request()))
	case o.Kind == proof.KindOfOne && o.Person.known():
		if e.Persons, err = m.Ledger.Persons(ctx, r, o.Person.Of.Ordinal); err == nil {
			e.Sparse, err = m.placed(ctx, r, e.Persons[0].Tag)
		}
	case o.Kind == proof.KindOfOne || o.Kind == proof.KindOfRecipient:
		e.Persons, err = m.Ledger.Persons(ctx, r)
		if fault.IsID(err, "forgotten") {
			e.Persons, err = nil, nil // one key is gone: the entry shows nobody any more
		}
		if len(e.Persons) == 0 {
			e.Persons = nil
		}
	}
	return e, err
}

// placed proves what the entry's sparse tree has under a tag.
func (m *Maker) placed(ctx context.Context, r *ledger.Record, tag proof.Hash) (*proof.SparseProof, error) {
	pairs, err := m.Ledger.Pairs(ctx, r)
	if err != nil {
		return nil, err
	}
	return sparse(pairs, tag)
}

func sparse(pairs []proof.Pair, key proof.Hash) (*proof.SparseProof, error) {
	p, err := proof.ProveSparse(pairs, key)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	return &p, nil
}

func opened(r *ledger.Record) []proof.Opened {
	out := []proof.Opened{}
	for i, f := range r.Facts() {
		if f.Value != "" && !slices.Contains(unopened, f.Name) {
			out = append(out, proof.Opened{I: i, Name: f.Name, Salt: r.Salt(i), Value: f.Value})
		}
	}
	return out
}

// wrapped keeps the sentence of a fault, and gives one to a pack that does not
// verify: nothing of it was handed out.
func wrapped(err error) error {
	var f *proof.Failure
	switch {
	case !errors.As(err, &f):
		return fault.Wrap(fault.Of(err).Kind, fault.Of(err).ID, err)
	case f.Why == "too-large":
		return fault.New(fault.TooLarge, "pack-too-large", "pack")
	}
	return fault.Wrap(fault.Unavailable, "ledger-broken", err)
}
