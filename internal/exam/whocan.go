package exam

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// Able is one person who can come to a field.
type Able struct {
	Person pii.PersonID
	Kind   party.PersonKind
	Org    pii.OrgID
	Form   pii.Form // the most revealing one he can read it in; None: he can only call
	Call   bool
	Rules  []string // that permit the form
	Work   int      // open work items that let him
	Of     int      // how many people these are about
}

// WhoCan answers "who can see this field, of this subject, on that day".
type WhoCan struct {
	Entry   uint64 // that records the question, if it was about a subject
	Able    []Able // by id
	People  int    // with a contract in force
	Version string
	Changed bool
	Unknown int
}

// WhoQuestion is what [Examiner.WhoCan] is asked.
type WhoQuestion struct {
	ID      pii.RequestID
	Hash    []byte
	Field   pii.Field
	Subject *pii.SubjectID // nil: of anybody
	At      time.Time      // zero: now
}

// WhoCan answers. Of a subject, the question is recorded first. Of anybody, a person
// is told of if there is somebody in an open work item of his whom the rules would
// let him see, consent taken as given: the answer is the most there can be.
func (e *Examiner) WhoCan(ctx context.Context, by party.Principal, q WhoQuestion) (WhoCan, error) {
	at, err := e.day(q.At)
	if err != nil {
		return WhoCan{}, err
	}
	if _, ok := e.Subjects.Schema().Spec(q.Field); !ok {
		return WhoCan{}, fault.New(fault.Invalid, "bad-request", "field")
	}
	if !mayAsk(by) {
		return WhoCan{}, fault.New(fault.Denied, "not-yours", "")
	}
	var asked question
	if q.Subject != nil {
		if asked, err = e.asked(ctx, by, q.ID, q.Hash, "who-can", q.Field, *q.Subject, "", at); err != nil {
			return WhoCan{}, err
		}
	}
	s, b, err := e.then(ctx, at)
	if err != nil {
		return WhoCan{}, err
	}
	out := WhoCan{Entry: asked.entry, Version: b.Version(), Changed: b.changed, Unknown: s.Unknown}
	view := &view{e: e, s: s, b: b, field: q.Field, at: at}
	if q.Subject != nil {
		her, err := e.standing(ctx, asked.subject.Ordinal, at)
		if err != nil {
			return WhoCan{}, err
		}
		if her.forgot {
			out.Unknown++
		}
		view.her, view.of = &her, asked.subject.Ordinal
	}
	out.Able, out.People = view.everyone()
	return out, nil
}

// view is a state looked at for one field.
type view struct {
	e     *Examiner
	s     *State
	b     *book
	field pii.Field
	at    time.Time
	her   *standing // nil: whoever is in the work item
	of    pii.Ordinal
}

func (v *view) everyone() (able []Able, people int) {
	for _, id := range sortedByID(v.s.People) {
		p := v.s.People[id]
		if p.Kind != party.Service && p.OpenAt(v.at) {
			people++
		}
		if a := v.person(p); a.Form > pii.None || a.Call {
			able = append(able, a)
		}
	}
	return able, people
}

// person is what one person can do by his open work items.
func (v *view) person(p party.Person) Able {
	a := Able{Person: p.ID, Kind: p.Kind, Org: p.Org}
	reach := roaring.New()
	for _, w := range v.s.Held[p.ID] {
		if !w.OpenAt(v.at) || v.her != nil && !w.covers(v.of) || len(w.Of) == 0 {
			continue
		}
		form, rules, call := v.item(p, w)
		if form == pii.None && !call {
			continue
		}
		if a.Call = a.Call || call; form > a.Form {
			a.Form, a.Rules = form, rules
		}
		a.Work++
		for _, o := range w.Of {
			reach.Add(uint32(o))
		}
	}
	reach.Remove(uint32(pii.Dummy))
	if a.Of = int(reach.GetCardinality()); v.her != nil && a.Work > 0 {
		a.Of = 1
	}
	return a
}

// item is the most one work item lets its assignee have.
func (v *view) item(p party.Person, w *Item) (form pii.Form, rules []string, call bool) {
	r := door.Request{Verb: pii.Read, Fields: []pii.Field{v.field}, Purpose: w.Purpose}
	m := door.Matter{
		At: v.at, Person: p, Org: v.s.Orgs[p.Org], StepUp: v.at, Work: w.WorkItem,
		Sheet: v.b.sheets[w.Purpose], Schema: v.e.Subjects.Schema(),
	}
	decide := func(verb pii.Verb, f pii.Form) policy.Decision {
		r.Verb, r.Form = verb, f
		facts := m.Facts(r)
		b := door.Bearing{Covered: true, Consent: true, Stored: v.at}
		if v.her != nil {
			b = v.her.bearing(facts.Work.Open && facts.Work.Assigned, m.ConsentTo(), r.Purpose, m.NeedsConsent(r.Fields))
		}
		return v.b.Decide(m.About(facts, r, b))
	}
	for _, f := range readForms {
		if d := decide(pii.Read, f); d.Allow {
			form, rules = f, d.IDs()
			break
		}
	}
	return form, rules, v.field == pii.Phone && decide(pii.Dial, pii.Relay).Allow
}

// Coverage is the number that must fall to near zero: how many of the people can
// read a field in plain.
type Coverage struct {
	Field  pii.Field
	At     time.Time
	People int              // with a contract in force
	Forms  map[pii.Form]int // of them, by the most revealing form they can read
	Call   int              // who can call without seeing
	Share  float64          // plain, of all
}

// Coverage counts who can read a field on a day.
func (e *Examiner) Coverage(ctx context.Context, by party.Principal, f pii.Field, t time.Time) (Coverage, error) {
	who, err := e.WhoCan(ctx, by, WhoQuestion{Field: f, At: t})
	if err != nil {
		return Coverage{}, err
	}
	at, _ := e.day(t) // WhoCan has refused a bad one
	c := Coverage{Field: f, At: at, People: who.People, Forms: map[pii.Form]int{}}
	for _, a := range who.Able {
		if a.Form > pii.None {
			c.Forms[a.Form]++
		}
		if a.Call {
			c.Call++
		}
	}
	if c.People > 0 {
		c.Share = float64(c.Forms[pii.Plain]) / float64(c.People)
	}
	return c, nil
}
