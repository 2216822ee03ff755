// Package inquiry asks the trace engine who the records point to, on live data:
// the complaints filed and the disclosures the ledger recorded.
//
// Its one invariant: a run is an entry of the ledger before its answer is shown.
// It sees ordinals and staff numbers, never a value.
package inquiry

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

const page = 1000

// Complaint is what the engine needs of a complaint.
type Complaint struct {
	ID       pii.RequestID
	Ordinal  pii.Ordinal // Dummy: the contact is nobody's we know
	At       time.Time   // when the complainant was contacted
	Contact  pii.Field   // by which field
	Known    []pii.Field // what the caller knew
	Caller   string      // opaque: items of one caller count once
	Verified bool        // control of the contact was proven
}

// Complaints lists what was filed in [from, until), oldest first. Rows that the
// ledger did not write are left out.
type Complaints interface {
	Filed(ctx context.Context, from, until time.Time) ([]Complaint, error)
}

// Subjects counts everybody the company holds: those who were shown to nobody
// count too.
type Subjects interface {
	// Highest is the highest ordinal in use.
	Highest(ctx context.Context) (pii.Ordinal, error)
	// Changed lists, for those whose values ever changed, when each version was
	// stored, in Unix seconds, the first version first.
	Changed(ctx context.Context) (map[pii.Ordinal][]int64, error)
}

// Inquiry runs traces. It is safe for concurrent use.
type Inquiry struct {
	Ledger     *ledger.Ledger
	Complaints Complaints
	People     party.Store
	Subjects   Subjects
	Exposure   *exposure.Index // nil: every entry is opened for every run
	Door       *door.Door      // matching of found files; nil: none
	Cases      door.Cases
	Decoys     *decoy.Book // nil: none
}

// Question says which complaints are asked about.
type Question struct {
	ID          pii.RequestID
	Hash        []byte
	From, Until time.Time // complaints filed in [From, Until)
	// LeaveOut are complaints among those that do not count; the entry says so.
	LeaveOut []pii.RequestID
}

const leftOutFact = "left-out"

// Answer is a finding with the entry that recorded the run.
type Answer struct {
	ID    pii.RequestID `json:"id"`
	Entry uint64        `json:"entry"`
	trace.Finding
}

// Ask runs a trace and records it. Only the officer may.
func (q *Inquiry) Ask(ctx context.Context, p party.Principal, question Question) (Answer, error) {
	if p.Person.Kind != party.Officer {
		return Answer{}, fault.New(fault.Denied, "not-yours", "")
	}
	complaints, err := q.Complaints.Filed(ctx, question.From, question.Until)
	if err != nil {
		return Answer{}, err
	}
	complaints, left, err := leaveOut(complaints, question.LeaveOut)
	if err != nil {
		return Answer{}, err
	}
	c, err := q.collect(ctx)
	if err != nil {
		return Answer{}, err
	}
	evidence, err := c.evidence(complaints)
	if err != nil {
		return Answer{}, err
	}
	exposure, err := c.build.Exposure()
	if err != nil {
		return Answer{}, fault.Wrap(fault.Internal, "internal", err)
	}
	finding, err := trace.Run(exposure, evidence, trace.Defaults())
	if err != nil {
		return Answer{}, fault.Wrap(fault.Internal, "internal", err)
	}
	return q.record(ctx, p, question, finding, append(ordinals(complaints), c.contacted()...), caseRefs(complaints), []proof.Field{
		{Name: "from", Value: strconv.FormatInt(question.From.UnixMicro(), 10)},
		{Name: "until", Value: strconv.FormatInt(question.Until.UnixMicro(), 10)},
		{Name: "evidence", Value: evidenceHash(complaints)},
		{Name: "items", Value: strconv.Itoa(len(complaints))},
		{Name: leftOutFact, Value: left},
		{Name: "decoys", Value: strconv.Itoa(len(c.decoys.Contacts))},
	})
}

// leaveOut takes complaints out that the officer does not want counted. Each must be
// there: a typing error would leave nothing out.
func leaveOut(complaints []Complaint, ids []pii.RequestID) (kept []Complaint, left string, err error) {
	var names []string
	for _, id := range ids {
		at := slices.IndexFunc(complaints, func(c Complaint) bool { return c.ID == id })
		if at < 0 {
			return nil, "", fault.New(fault.Invalid, "no-such-complaint", "leave_out")
		}
		complaints = slices.Delete(slices.Clone(complaints), at, at+1)
		names = append(names, id.String())
	}
	return complaints, strings.Join(names, ","), nil
}

// contacted are the decoys somebody contacted.
func (c *collection) contacted() (of []pii.Ordinal) {
	for _, made := range c.decoys.Contacts {
		of = append(of, made.Ordinal)
	}
	return of
}

// ordinals are whom the complaints are about, as far as we know them.
func ordinals(complaints []Complaint) (of []pii.Ordinal) {
	for _, c := range complaints {
		if c.Ordinal != pii.Dummy {
			of = append(of, c.Ordinal)
		}
	}
	return of
}

// evidenceHash commits to the complaints a run rested on.
func evidenceHash(complaints []Complaint) string {
	ids := make([]proof.ID, len(complaints))
	for i, c := range complaints {
		ids[i] = proof.ID(c.ID)
	}
	return proof.EvidenceHash(ids)
}

// caseRefs files a run under the complaints it rested on.
func caseRefs(complaints []Complaint) []ledger.Ref {
	refs := make([]ledger.Ref, len(complaints))
	for i := range complaints {
		refs[i] = ledger.Ref{Kind: ledger.RefCase, Key: complaints[i].ID[:]}
	}
	return refs
}

// collection is the record as the engine reads it.
type collection struct {
	build *trace.Builder
	refs  []trace.Ref // by ordinal; 0, the dummy's place, is not used
	// versions of those whose values changed: when each was stored.
	versions map[pii.Ordinal][]int64
	kinds    map[pii.PersonID]party.PersonKind
	orgs     map[pii.PersonID]pii.OrgID
	decoys   decoy.Known
}

// collect reads every disclosure of the ledger.
func (q *Inquiry) collect(ctx context.Context) (*collection, error) {
	c := &collection{build: trace.NewBuilder(), kinds: map[pii.PersonID]party.PersonKind{}, orgs: map[pii.PersonID]pii.OrgID{}}
	last, err := q.Subjects.Highest(ctx)
	if err != nil {
		return nil, err
	}
	c.refs = make([]trace.Ref, last+1)
	if c.versions, err = q.Subjects.Changed(ctx); err != nil {
		return nil, err
	}
	if q.Decoys != nil {
		if c.decoys, err = q.Decoys.Known(ctx); err != nil {
			return nil, err
		}
	}
	for o := pii.Ordinal(1); o <= last; o++ {
		_, made := c.decoys.Decoys[o]
		c.refs[o] = c.build.Subject(trace.Subject{Segment: -1, Region: -1, Cohort: -1, Versions: c.versions[o], Decoy: made})
	}
	if err := q.people(ctx, c); err != nil {
		return nil, err
	}
	if q.Exposure != nil {
		return c, c.follow(ctx, q.Exposure)
	}
	size := q.Ledger.Size()
	for from := uint64(0); from < size; from += page {
		records, err := q.Ledger.Records(ctx, from, page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if err := c.add(r); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (q *Inquiry) people(ctx context.Context, c *collection) error {
	for after := pii.PersonID(""); ; {
		people, err := q.People.Persons(ctx, after, page)
		if err != nil || len(people) == 0 {
			return err
		}
		for _, p := range people {
			c.kinds[p.ID], c.orgs[p.ID] = p.Kind, p.Org
			after = p.ID
		}
	}
}

// follow brings the index up to the ledger and reads it.
func (c *collection) follow(ctx context.Context, x *exposure.Index) error {
	if err := x.Follow(ctx); err != nil {
		return err
	}
	var last *exposure.Act
	var v trace.View
	var counts bool
	var err error
	x.Each(func(a *exposure.Act, o pii.Ordinal, version pii.Version) {
		if a != last {
			last = a
			var failed error
			if v, counts, failed = c.view(a); failed != nil && err == nil {
				err = failed
			}
		}
		if counts {
			c.show(v, o, uint32(version))
		}
	})
	return err
}

// view is what an act shows; false if it showed nothing. A relayed call showed
// nothing, so it lends its caller no support.
func (c *collection) view(a *exposure.Act) (v trace.View, counts bool, err error) {
	if a.Verb != pii.Read || a.Form != pii.Plain && a.Form != pii.Masked {
		return v, false, nil
	}
	fields, err := c.mask(a.Fields)
	if err != nil {
		return v, false, err
	}
	v = trace.View{At: a.At.Unix(), Variant: -1}
	if a.Form == pii.Plain {
		v.Plain = fields
	} else {
		v.Masked = fields
	}
	who := a.Recipient
	v.Recipient, _ = c.build.Recipient(trace.Recipient{ID: string(who), Kind: string(c.kinds[who]), Team: string(c.orgs[who])})
	return v, true, nil
}

func (c *collection) show(v trace.View, o pii.Ordinal, version uint32) {
	if o != pii.Dummy && int(o) < len(c.refs) {
		v.Subject = c.refs[o]
		v.Version = uint16(max(version, 1) - 1) // the engine counts from 0
		c.build.View(v)
	}
}

// add turns an entry into views.
func (c *collection) add(r *ledger.Record) error {
	if r.Leaf.Kind != proof.KindDisclosure {
		return nil
	}
	v, counts, err := c.view(&exposure.Act{At: r.At(), Recipient: pii.PersonID(r.Fact("actor")), Fields: r.Fields(), Verb: r.Verb(), Form: r.Form()})
	if err != nil || !counts {
		return err
	}
	r.Subjects(func(o pii.Ordinal, line proof.Line) bool {
		if line.Shown {
			c.show(v, o, line.Version)
		}
		return true
	})
	return nil
}

func (c *collection) mask(fields []pii.Field) (m trace.Mask, err error) {
	for _, f := range fields {
		bit, err := c.build.Field(string(f))
		if err != nil {
			return 0, fault.New(fault.Internal, "internal", "fields")
		}
		m |= bit
	}
	return m, nil
}

// evidence turns complaints into items. A contact that is nobody's we know counts
// as such: many of those point outside.
func (c *collection) evidence(complaints []Complaint) (trace.Evidence, error) {
	var e trace.Evidence
	for _, x := range complaints {
		item := trace.Item{Subject: -1, At: x.At.Unix(), Caller: x.Caller}
		if x.Ordinal != pii.Dummy && int(x.Ordinal) < len(c.refs) {
			item.Subject = c.refs[x.Ordinal]
		}
		if x.Verified {
			item.Proof = trace.Verified
		}
		var err error
		if item.Contact, err = c.mask([]pii.Field{x.Contact}); err != nil {
			return e, err
		}
		known, err := c.mask(x.Known)
		if err != nil {
			return e, err
		}
		item.Known = known | item.Contact
		e.Items = append(e.Items, item)
	}
	return e, c.contacts(&e)
}

// contacts adds what was reported of decoys. The company holds their numbers itself.
func (c *collection) contacts(e *trace.Evidence) error {
	for _, made := range c.decoys.Contacts {
		if int(made.Ordinal) >= len(c.refs) {
			continue // stored after the record was read
		}
		known, err := c.mask(append([]pii.Field{made.Field}, made.Known...))
		if err != nil {
			return err
		}
		contact, err := c.mask([]pii.Field{made.Field})
		if err != nil {
			return err
		}
		e.Items = append(e.Items, trace.Item{
			Subject: c.refs[made.Ordinal], At: made.At, Contact: contact, Known: known, Caller: string(made.Caller), Proof: trace.Verified,
		})
	}
	return nil
}
