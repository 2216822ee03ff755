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
	"sync"
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
	Exposure   *exposure.Index
	Door       *door.Door // matching of found files; nil: none
	Cases      door.Cases
	Decoys     *decoy.Book // nil: none

	mu       sync.Mutex // guards what is kept from question to question
	kept     *Record
	position string // of kept
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
	c, err := q.collect(ctx, ordinals(complaints))
	if err != nil {
		return Answer{}, err
	}
	evidence, err := c.evidence(complaints)
	if err != nil {
		return Answer{}, err
	}
	finding, err := c.run(evidence)
	if err != nil {
		return Answer{}, err
	}
	return q.record(ctx, p, question, finding, append(ordinals(complaints), c.reached()...), caseRefs(complaints), []proof.Field{
		{Name: "from", Value: strconv.FormatInt(question.From.UnixMicro(), 10)},
		{Name: "until", Value: strconv.FormatInt(question.Until.UnixMicro(), 10)},
		{Name: "evidence", Value: evidenceHash(complaints)},
		{Name: "items", Value: strconv.Itoa(len(complaints))},
		{Name: leftOutFact, Value: left},
		{Name: "decoys", Value: strconv.Itoa(len(c.contacts))},
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

// reached are the decoys somebody contacted.
func (c *collection) reached() (of []pii.Ordinal) {
	for _, made := range c.contacts {
		if made.Ordinal != pii.Dummy {
			of = append(of, made.Ordinal)
		}
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

// evidence turns complaints into items. A contact that is nobody's we know counts
// as such: many of those point outside.
func (c *collection) evidence(complaints []Complaint) (trace.Evidence, error) {
	var e trace.Evidence
	for _, x := range complaints {
		item := trace.Item{Subject: -1, At: x.At.Unix(), Caller: x.Caller}
		if x.Ordinal != pii.Dummy && x.Ordinal <= c.Last {
			item.Subject = trace.Ref(x.Ordinal - 1)
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
	return e, c.addContacts(&e)
}

// addContacts adds what was reported of decoys and aliases. The company holds their
// numbers itself.
func (c *collection) addContacts(e *trace.Evidence) error {
	for _, made := range c.contacts {
		if made.Ordinal > c.Last {
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
		item := trace.Item{
			Subject: trace.Ref(made.Ordinal) - 1, At: made.At, Contact: contact, Known: known, Caller: string(made.Caller), Proof: trace.Verified,
		}
		for _, who := range made.Given {
			item.AliasOf = append(item.AliasOf, c.numbers[who])
		}
		e.Items = append(e.Items, item)
	}
	return nil
}
