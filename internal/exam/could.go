package exam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/proof"
)

// readForms are the forms in which somebody sees a field, the most revealing first.
var readForms = []pii.Form{pii.Plain, pii.Alias, pii.Token, pii.Masked}

// Way is one way a person could or could not come to a field on a day.
type Way struct {
	Work    pii.RequestID // the zero id: no work item
	Kind    string
	Purpose pii.Purpose
	Form    pii.Form // the most revealing one he could read it in; None: no form
	Call    bool     // whether he could have her called without seeing the number
	Rules   []string // that permitted the form, or, of no form, that refused the lowest
}

// Could answers "could this person see this field of this subject on that day, and
// by which rule". It is told as if he had signed in afresh.
type Could struct {
	Entry   uint64 // that records the question
	Form    pii.Form
	Rules   []string
	Ways    []Way
	Version string // of the rules
	Changed bool   // Goldbell shipped other rules then; those of now were asked
	Unknown int    // entries that can no longer be opened: the answer may lack what they said
}

// CouldQuestion is what [Examiner.Could] is asked.
type CouldQuestion struct {
	ID      pii.RequestID
	Hash    []byte
	Person  pii.PersonID
	Field   pii.Field
	Subject pii.SubjectID
	At      time.Time // zero: now
}

// Could records the question and answers it. Of an id that is nobody's the answer is
// that of somebody whom no work item covers.
func (e *Examiner) Could(ctx context.Context, by party.Principal, q CouldQuestion) (Could, error) {
	at, err := e.day(q.At)
	if err != nil {
		return Could{}, err
	}
	who, err := e.asked(ctx, by, q.ID, q.Hash, "could", q.Field, q.Subject, string(q.Person), at)
	if err != nil {
		return Could{}, err
	}
	s, b, err := e.then(ctx, at)
	if err != nil {
		return Could{}, err
	}
	her, err := e.standing(ctx, who.subject.Ordinal, at)
	if err != nil {
		return Could{}, err
	}
	c := Could{Entry: who.entry, Version: b.Version(), Changed: b.changed, Unknown: s.Unknown}
	if her.forgot {
		c.Unknown++
	}
	for _, w := range s.Held[q.Person] {
		if w.covers(who.subject.Ordinal) {
			c.Ways = append(c.Ways, e.way(s, b, q.Person, q.Field, w, at, her))
		}
	}
	if len(c.Ways) == 0 {
		c.Ways = []Way{e.way(s, b, q.Person, q.Field, nil, at, her)}
	}
	slices.SortStableFunc(c.Ways, func(a, b Way) int { return int(b.Form) - int(a.Form) })
	c.Form, c.Rules = c.Ways[0].Form, c.Ways[0].Rules
	return c, nil
}

// way tries the forms of one work item, or of none.
func (e *Examiner) way(s *State, b *book, who pii.PersonID, f pii.Field, w *Item, at time.Time, her standing) Way {
	out := Way{Purpose: b.purposeOf(f, w)}
	if w != nil {
		out.Work, out.Kind = w.ID, string(w.Kind)
	}
	r := door.Request{Verb: pii.Read, Fields: []pii.Field{f}, Purpose: out.Purpose}
	for _, form := range readForms {
		r.Form = form
		d, _ := e.decide(s, b, who, r, w, w != nil, at, at, her)
		out.Rules = d.IDs()
		if d.Allow {
			out.Form = form
			break
		}
	}
	r.Verb, r.Form = pii.Dial, pii.Relay
	d, _ := e.decide(s, b, who, r, w, w != nil, at, at, her)
	out.Call = d.Allow && (f == pii.Phone)
	return out
}

// purposeOf is the purpose of a work item; without one, a purpose that needs the
// field, so that what is told is what is lacking besides.
func (b *book) purposeOf(f pii.Field, w *Item) pii.Purpose {
	if w != nil {
		return w.Purpose
	}
	best := pii.Purpose("")
	for p, sheet := range b.sheets {
		if h, ok := sheet.Highest[f]; ok && (best == "" || h > b.sheets[best].Highest[f] || h == b.sheets[best].Highest[f] && p < best) {
			best = p
		}
	}
	return best
}

// decide is what the rules say to a request at a time; live, whether the door would
// have told: of whom the caller's open work item does not cover it says no-grant. The
// rules are asked with all that is on record about the subject, so that an officer
// is told what is lacking besides.
func (e *Examiner) decide(s *State, b *book, who pii.PersonID, r door.Request, w *Item, has bool, at, stepUp time.Time, her standing) (d policy.Decision, live bool) {
	p := s.People[who]
	m := door.Matter{At: at, Person: p, Org: s.Orgs[p.Org], StepUp: stepUp, Sheet: b.sheets[r.Purpose], Schema: e.Subjects.Schema()}
	m.Person.ID = who
	if w != nil {
		m.Work = w.WorkItem
	}
	f := m.Facts(r)
	live = f.Work.Open && f.Work.Assigned && has
	f = m.About(f, r, her.bearing(true, m.ConsentTo(), r.Purpose, m.NeedsConsent(r.Fields)))
	f.Work.Open = f.Work.Open && has
	return b.Decide(f), live
}

// then is the state at a time, with what was decided by.
func (e *Examiner) then(ctx context.Context, at time.Time) (*State, *book, error) {
	s, err := e.at(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	b, err := e.bookOf(ctx, s.Rules)
	return s, b, err
}

// Request is a request as it was made, or could have been.
type Request struct {
	door.Request
	By     pii.PersonID
	StepUp time.Time
	At     time.Time
}

// Decision is the answer to a past request about one subject, by the entries up to
// its time: what the door would have said.
type Decision struct {
	Allow bool
	Rules []string
}

// Decide answers a request of one subject as the door did at its time. Outside the
// work item it says no-grant, as the door does.
func (e *Examiner) Decide(ctx context.Context, r Request, of pii.Ordinal) (Decision, error) {
	s, b, err := e.then(ctx, r.At)
	if err != nil {
		return Decision{}, err
	}
	her, err := e.standing(ctx, of, r.At)
	if err != nil {
		return Decision{}, err
	}
	w := s.Work[r.Work]
	d, live := e.decide(s, b, r.By, r.Request, w, w != nil && w.covers(of), r.At, r.StepUp, her)
	if !live {
		return Decision{Rules: []string{door.NoGrant().ID}}, nil
	}
	return Decision{d.Allow, d.IDs()}, nil
}

// question is a recorded question about a subject.
type question struct {
	entry   uint64
	subject ledger.Subject
}

// asked records who asked what about whom. An id that is nobody's is recorded as the
// dummy's.
func (e *Examiner) asked(ctx context.Context, by party.Principal, id pii.RequestID, hash []byte, what string, f pii.Field, of pii.SubjectID, person string, at time.Time) (question, error) {
	if !mayAsk(by) {
		return question{}, fault.New(fault.Denied, "not-yours", "")
	}
	if _, ok := e.Subjects.Schema().Spec(f); !ok && f != "" {
		return question{}, fault.New(fault.Invalid, "bad-request", "field")
	}
	s, err := e.Subjects.Subject(ctx, of)
	if err != nil {
		return question{}, err
	}
	s.Line = proof.Line{Rule: "question"}
	entry := ledger.Entry{
		Kind: proof.KindQuestion, Actor: by.Person.ID, Org: by.Org.ID,
		Facts: []proof.Field{
			{Name: "question", Value: what}, {Name: "field", Value: string(f)}, {Name: "person", Value: person},
			{Name: "at", Value: at.Format(time.RFC3339Nano)},
		},
		Subjects: []ledger.Subject{s},
	}
	if person != "" && pii.PersonID(person) != by.Person.ID {
		entry.Refs = []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(person)}}
	}
	r, err := e.Ledger.Decide(ctx, id, hash, func() (ledger.Item, error) {
		return ledger.Item{Entry: entry, Basis: ledger.Basis{Keys: keysOf(by)}, Actor: ledger.Actor(by.Seen, by.Person.ID, by.Org.ID, by.Credential)}, nil
	})
	if err != nil {
		return question{}, err
	}
	r.Close()
	return question{r.Record().Index, s}, nil
}

func keysOf(by party.Principal) []string {
	keys := []string{ledger.PersonKey(by.Person.ID), ledger.OrgKey(by.Org.ID)}
	if by.Credential != nil {
		keys = append(keys, ledger.CredentialKey(by.Credential))
	}
	return keys
}

// mayAsk: those who watch over the company's handling, and nobody who works with
// people's information.
func mayAsk(p party.Principal) bool {
	return p.Person.Kind == party.Officer || p.Person.Kind == party.Auditor
}

// day is the time asked about: now if none is given, and not later.
func (e *Examiner) day(t time.Time) (time.Time, error) {
	now := e.Clock().UTC()
	if t.IsZero() {
		return now, nil
	}
	if t.After(now) {
		return t, fault.New(fault.Invalid, "bad-request", "at")
	}
	return t.UTC(), nil
}

func sortedByID[T any](m map[pii.PersonID]T) []pii.PersonID {
	out := make([]pii.PersonID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b pii.PersonID) int { return strings.Compare(string(a), string(b)) })
	return out
}
