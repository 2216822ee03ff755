package dossier

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

const page = 1000

// collection is what a pack will hold.
type collection struct {
	enrolment   *ledger.Record // nil: the pack has no record key
	entries     []*ledger.Record
	attestation *ledger.Record
	from, until uint64 // the window, microseconds
	forgotten   int    // entries the index lists and whose opening is destroyed
}

// newest is the highest index, which the pack's checkpoint must cover.
func (c *collection) newest() (n uint64) {
	for _, r := range append(slices.Clone(c.entries), c.enrolment) {
		if r != nil {
			n = max(n, r.Index)
		}
	}
	return n
}

// collect reads the entries of an order, of those below size.
func (m *Maker) collect(ctx context.Context, o Order, size uint64) (*collection, error) {
	c := &collection{from: micros(o.From), until: micros(o.Until)}
	var err error
	switch o.Kind {
	case proof.KindSubject:
		err = m.ofSubject(ctx, o, size, c)
	case proof.KindOfOne:
		err = m.ofOne(ctx, o, size, c)
	case proof.KindOfRecipient:
		err = m.ofRecipient(ctx, o, size, c)
	case proof.KindOfCase:
		err = m.ofCase(ctx, o, size, c)
	default:
		err = fault.New(fault.Invalid, "bad-request", "kind")
	}
	if err != nil {
		return nil, err
	}
	if o.Kind == proof.KindOfOne || o.Kind == proof.KindOfCase {
		c.from, c.until = c.entries[0].Leaf.Micros, c.entries[len(c.entries)-1].Leaf.Micros+1
	}
	if o.Kind != proof.KindOfOne {
		c.attestation, err = m.attested(ctx, size)
	}
	return c, err
}

// found reads the entries filed under a reference, below size.
func (m *Maker) found(ctx context.Context, ref ledger.Ref, size uint64, each func(*ledger.Record)) error {
	for from := uint64(0); ; {
		list, err := m.Ledger.Find(ctx, ref, from, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, idx := range list {
			if idx >= size { // recorded after the checkpoint was read
				return nil
			}
			r, err := m.Ledger.Record(ctx, idx)
			if fault.Is(err, fault.NotFound) {
				r, err = m.leaf(ctx, idx)
			}
			if err != nil {
				return err
			}
			each(r)
		}
		from = list[len(list)-1] + 1
	}
}

// leaf reads an entry whose opening is destroyed: a record without facts.
func (m *Maker) leaf(ctx context.Context, idx uint64) (*ledger.Record, error) {
	leaves, err := m.Ledger.Leaves(ctx, idx, 1)
	if err != nil {
		return nil, err
	}
	if len(leaves) == 0 {
		return nil, notFound("entry")
	}
	l, err := proof.DecodeLeaf(leaves[0])
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	return &ledger.Record{Index: idx, Leaf: l}, nil
}

func destroyed(r *ledger.Record) bool { return len(r.Facts()) == 0 }

func (c *collection) inside(r *ledger.Record) bool {
	return r.Leaf.Micros >= c.from && r.Leaf.Micros < c.until
}

// ofSubject: her enrolment, and what else is filed under her in the window.
func (m *Maker) ofSubject(ctx context.Context, o Order, size uint64, c *collection) error {
	return m.hers(ctx, o.Person, size, c, c.inside)
}

func (m *Maker) hers(ctx context.Context, p Person, size uint64, c *collection, want func(*ledger.Record) bool) error {
	if !p.known() || p.key() == nil {
		return notFound("subject")
	}
	err := m.found(ctx, ledger.SubjectRef(p.Of.Ordinal), size, func(r *ledger.Record) {
		switch {
		case r.Leaf.Kind == proof.KindEnrolment && c.enrolment == nil && !destroyed(r):
			c.enrolment = r
		case !want(r):
		case destroyed(r):
			c.forgotten++
		default:
			c.entries = append(c.entries, r)
		}
	})
	if err == nil && c.enrolment == nil {
		return notFound("enrolment")
	}
	return err
}

// ofOne: one answer. The record key is handed out only if it was asked for: without
// it she must be in the entry, for what is absent could be anybody's tag.
func (m *Maker) ofOne(ctx context.Context, o Order, size uint64, c *collection) error {
	at, err := m.Ledger.Requests(ctx, []pii.RequestID{o.Disclosure})
	if err != nil {
		return err
	}
	idx, ok := at[o.Disclosure]
	if !ok || idx >= size {
		return notFound("disclosure")
	}
	r, err := m.Ledger.Record(ctx, idx)
	if err != nil {
		return err
	}
	if !asked(r) {
		return notFound("disclosure")
	}
	if o.Person.known() && !o.WithKey && lineOf(r, o.Person) == nil {
		return fault.New(fault.Conflict, "needs-record-key", "subject")
	}
	if o.Person.known() && o.WithKey {
		if err := m.hers(ctx, o.Person, size, c, func(*ledger.Record) bool { return false }); err != nil {
			return err
		}
	}
	c.entries = []*ledger.Record{r}
	return nil
}

// asked reports whether the entry answers somebody who asked for values.
func asked(r *ledger.Record) bool {
	switch r.Leaf.Kind {
	case proof.KindDisclosure, proof.KindRefusal, proof.KindLookup, proof.KindDisclosureRetry:
		return true
	}
	return false
}

// ofRecipient: what was asked in the recipient's name in the window. Other entries
// that are filed under him (his contract, his codes) are not about giving.
func (m *Maker) ofRecipient(ctx context.Context, o Order, size uint64, c *collection) error {
	ref, name := ledger.Ref{Kind: ledger.RefPerson, Key: []byte(o.Recipient.ID)}, "actor"
	if o.Recipient.Kind == proof.RecipientOrg {
		ref.Kind, name = ledger.RefOrg, "org"
	}
	return m.found(ctx, ref, size, func(r *ledger.Record) {
		switch {
		case !asked(r) && r.Leaf.Kind != proof.KindRefusals || !c.inside(r):
		case destroyed(r):
			c.forgotten++
		case r.Fact(name) == o.Recipient.ID:
			c.entries = append(c.entries, r)
		}
	})
}

// ofCase: the steps of the complaint, the traces that rested on it, and, if the
// person it names is known, what was asked about her before it was filed.
func (m *Maker) ofCase(ctx context.Context, o Order, size uint64, c *collection) error {
	var steps []*ledger.Record
	if err := m.found(ctx, caseRef(o.Case), size, func(r *ledger.Record) {
		switch {
		case destroyed(r):
			c.forgotten++
		case r.Leaf.Kind == proof.KindTrace && m.Complaints == nil && r.Fact("case") == "":
		case r.Leaf.Kind == proof.KindHearing && !slices.ContainsFunc(steps, func(s *ledger.Record) bool { return s.Request().String() == r.Fact(proof.RunField) }):
		default:
			steps = append(steps, r)
		}
	}); err != nil {
		return err
	}
	if len(steps) == 0 {
		return notFound("complaint")
	}
	if o.Person.known() {
		filed := steps[0].Index
		if err := m.hers(ctx, o.Person, size, c, func(r *ledger.Record) bool { return asked(r) && r.Index < filed }); err != nil {
			return err
		}
	}
	ground, err := m.ground(ctx, steps, size)
	if err != nil {
		return err
	}
	for _, r := range append(steps, ground...) {
		// A pack about this case is about her too, and filed twice.
		if !slices.ContainsFunc(c.entries, func(x *ledger.Record) bool { return x.Index == r.Index }) {
			c.entries = append(c.entries, r)
		}
	}
	slices.SortFunc(c.entries, func(a, b *ledger.Record) int {
		if a.Index < b.Index {
			return -1
		}
		return 1
	})
	return nil
}

// ground reads the entries that the traces among the steps rested on.
func (m *Maker) ground(ctx context.Context, steps []*ledger.Record, size uint64) (all []*ledger.Record, err error) {
	for _, s := range steps {
		if s.Leaf.Kind != proof.KindTrace || s.Fact(proof.RestsField) == "" {
			continue
		}
		for text := range strings.SplitSeq(s.Fact(proof.RestsField), ",") {
			idx, err := strconv.ParseUint(text, 10, 63)
			if err != nil || idx >= size {
				return nil, fault.New(fault.Unavailable, "ledger-broken", "")
			}
			r, err := m.Ledger.Record(ctx, idx)
			if fault.Is(err, fault.NotFound) {
				continue // its opening was destroyed since
			}
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// evidence is what a trace entry says it rested on: the ids are looked up again and
// must have the hash that the entry records.
func (m *Maker) evidence(ctx context.Context, r *ledger.Record) ([]proof.ID, error) {
	from, err1 := strconv.ParseInt(r.Fact("from"), 10, 64)
	until, err2 := strconv.ParseInt(r.Fact("until"), 10, 64)
	if err1 != nil || err2 != nil {
		return nil, fault.New(fault.Conflict, "evidence-changed", "trace")
	}
	ids, err := m.Complaints(ctx, time.UnixMicro(from).UTC(), time.UnixMicro(until).UTC())
	if err != nil {
		return nil, err
	}
	left := strings.Split(r.Fact("left-out"), ",")
	out := make([]proof.ID, 0, len(ids))
	for _, id := range ids {
		if !slices.Contains(left, id.String()) {
			out = append(out, proof.ID(id))
		}
	}
	if proof.EvidenceHash(out) != r.Fact("evidence") {
		return nil, fault.New(fault.Conflict, "evidence-changed", "trace")
	}
	return out, nil
}

func lineOf(r *ledger.Record, p Person) (line *proof.Line) {
	r.Subjects(func(at pii.Ordinal, l proof.Line) bool {
		if at == p.Of.Ordinal {
			line = &l
		}
		return line == nil
	})
	return line
}
