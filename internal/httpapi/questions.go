package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Counsel's questions. Answers name people by ids and staff numbers only; a question
// that tells about a subject is an entry first.

func (a *API) examiner() (*exam.Examiner, error) {
	if a.Exam == nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "")
	}
	return a.Exam, nil
}

type whoCanIn struct {
	Body struct {
		Field   string   `json:"field" minLength:"1" maxLength:"32"`
		Subject string   `json:"subject,omitempty" pattern:"^[0-9a-f]{32}$" doc:"left out: of anybody"`
		At      *instant `json:"at,omitempty" doc:"left out: now"`
	}
}

type whoCanOut struct {
	Body struct {
		Entry   uint64    `json:"entry,omitempty" doc:"that records the question, if it was about a subject"`
		People  int       `json:"people" doc:"with a contract in force"`
		Able    []ableOut `json:"able"`
		Version string    `json:"rules"`
		Changed bool      `json:"shipped_rules_changed" doc:"other rules shipped then; those of now were asked"`
		Unknown int       `json:"unopened" doc:"entries that can no longer be opened"`
	}
}

type ableOut struct {
	Person    string   `json:"person"`
	Kind      string   `json:"kind"`
	Org       string   `json:"org"`
	Form      pii.Form `json:"form" doc:"the most revealing one; none: can only call"`
	Call      bool     `json:"call"`
	Rules     []string `json:"by"`
	WorkItems int      `json:"work_items"`
	Subjects  int      `json:"subjects"`
}

func whoCan(a *API, ctx context.Context, c *call, in *whoCanIn) (*whoCanOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	q := exam.WhoQuestion{ID: c.id, Hash: c.hash, Field: pii.Field(in.Body.Field), At: in.Body.At.orZero()}
	if in.Body.Subject != "" {
		id, err := subjectID(in.Body.Subject, "body.subject")
		if err != nil {
			return nil, err
		}
		q.Subject = &id
	}
	w, err := e.WhoCan(ctx, c.who, q)
	if err != nil {
		return nil, err
	}
	out := &whoCanOut{}
	b := &out.Body
	b.Entry, b.People, b.Version, b.Changed, b.Unknown, b.Able = w.Entry, w.People, w.Version, w.Changed, w.Unknown, []ableOut{}
	for _, x := range w.Able {
		b.Able = append(b.Able, ableOut{string(x.Person), string(x.Kind), string(x.Org), x.Form, x.Call, nonNil(x.Rules), x.Work, x.Of})
	}
	return out, nil
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

type couldIn struct {
	Body struct {
		Person  string   `json:"person" minLength:"1" maxLength:"40"`
		Field   string   `json:"field" minLength:"1" maxLength:"32"`
		Subject string   `json:"subject" pattern:"^[0-9a-f]{32}$"`
		At      *instant `json:"at,omitempty" doc:"left out: now"`
	}
}

type couldOut struct {
	Body struct {
		Entry   uint64   `json:"entry"`
		Form    pii.Form `json:"form" doc:"the most revealing one he could have; none: no"`
		Rules   []string `json:"by" doc:"what permitted it, or what refused the least revealing form"`
		Ways    []wayOut `json:"ways"`
		Version string   `json:"rules"`
		Changed bool     `json:"shipped_rules_changed"`
		Unknown int      `json:"unopened"`
	}
}

type wayOut struct {
	WorkItem string   `json:"work_item,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Purpose  string   `json:"purpose"`
	Form     pii.Form `json:"form"`
	Call     bool     `json:"call"`
	Rules    []string `json:"by"`
}

func could(a *API, ctx context.Context, c *call, in *couldIn) (*couldOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	id, err := subjectID(in.Body.Subject, "body.subject")
	if err != nil {
		return nil, err
	}
	if !pii.PersonID(in.Body.Person).IsWellFormed() {
		return nil, bad("body.person")
	}
	x, err := e.Could(ctx, c.who, exam.CouldQuestion{
		ID: c.id, Hash: c.hash, Person: pii.PersonID(in.Body.Person), Field: pii.Field(in.Body.Field), Subject: id, At: in.Body.At.orZero(),
	})
	if err != nil {
		return nil, err
	}
	out := &couldOut{}
	b := &out.Body
	b.Entry, b.Form, b.Rules, b.Version, b.Changed, b.Unknown = x.Entry, x.Form, nonNil(x.Rules), x.Version, x.Changed, x.Unknown
	for _, w := range x.Ways {
		o := wayOut{Kind: w.Kind, Purpose: string(w.Purpose), Form: w.Form, Call: w.Call, Rules: nonNil(w.Rules)}
		if !w.Work.IsZero() {
			o.WorkItem = w.Work.String()
		}
		b.Ways = append(b.Ways, o)
	}
	return out, nil
}

// Span is a stretch of time.
type Span struct {
	From  instant `json:"from"`
	Until instant `json:"until"`
}

type sawIn struct {
	Body struct {
		Span
		Person string `json:"person" minLength:"1" maxLength:"40"`
		After  uint64 `json:"after,omitempty" doc:"the next of a list before"`
	}
}

type sawOut struct {
	Body struct {
		Sights  []sightOut `json:"answers"`
		People  int        `json:"people" doc:"different subjects shown in these answers"`
		Unknown int        `json:"unopened"`
		Next    uint64     `json:"next,omitempty"`
	}
}

type sightOut struct {
	Entry    uint64      `json:"entry"`
	At       time.Time   `json:"at"`
	Kind     string      `json:"kind"`
	Verb     string      `json:"verb"`
	Form     pii.Form    `json:"form"`
	Fields   []pii.Field `json:"fields"`
	Purpose  string      `json:"purpose"`
	WorkItem string      `json:"work_item,omitempty"`
	Subjects []string    `json:"subjects" doc:"who was shown; empty where she was forgotten"`
	Refused  int         `json:"refused"`
}

const manySights = 500

func saw(a *API, ctx context.Context, c *call, in *sawIn) (*sawOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	who := pii.PersonID(in.Body.Person)
	if !who.IsWellFormed() {
		return nil, bad("body.person")
	}
	s, err := e.Saw(ctx, c.who, who, in.Body.From.Time, in.Body.Until.Time, in.Body.After, manySights)
	if err != nil {
		return nil, err
	}
	out := &sawOut{}
	out.Body.Sights, out.Body.People, out.Body.Unknown, out.Body.Next = []sightOut{}, s.People, s.Unknown, s.Next
	for _, x := range s.Sights {
		ids, err := a.ids(ctx, x.Subjects)
		if err != nil {
			return nil, err
		}
		o := sightOut{
			Entry: x.Entry, At: x.At, Kind: x.Kind.String(), Verb: x.Verb.String(), Form: x.Form, Fields: x.Fields,
			Purpose: string(x.Purpose), WorkItem: x.Work, Subjects: []string{}, Refused: x.Refused,
		}
		for _, of := range x.Subjects {
			o.Subjects = append(o.Subjects, ids[of])
		}
		out.Body.Sights = append(out.Body.Sights, o)
	}
	return out, nil
}

type changesIn struct {
	Body struct {
		Span
		Of string `json:"of,omitempty" maxLength:"64" doc:"a person, organisation or work item; left out: all"`
	}
}

type changesOut struct {
	Body struct {
		Changes []changeOut `json:"changes"`
		Whole   bool        `json:"whole" doc:"there are no more"`
	}
}

type changeOut struct {
	Entry    uint64          `json:"entry"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	Approver string          `json:"approved_by,omitempty"`
	Kind     string          `json:"kind"`
	Of       string          `json:"of"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after"`
	Fields   []string        `json:"differs"`
}

const manyChanges = 500

func changes(a *API, ctx context.Context, c *call, in *changesIn) (*changesOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	list, whole, err := e.Changes(ctx, c.who, in.Body.Of, in.Body.From.Time, in.Body.Until.Time, manyChanges)
	if err != nil {
		return nil, err
	}
	out := &changesOut{}
	out.Body.Changes, out.Body.Whole = []changeOut{}, whole
	for _, x := range list {
		out.Body.Changes = append(out.Body.Changes, changeOut{
			x.Entry, x.At, string(x.By), string(x.Approver), x.Kind, x.Of, x.Before, x.After, nonNil(x.Fields),
		})
	}
	return out, nil
}

type coverageIn struct {
	Body struct {
		Field string   `json:"field" minLength:"1" maxLength:"32"`
		At    *instant `json:"at,omitempty" doc:"left out: now"`
	}
}

type coverageOut struct {
	Body struct {
		Field  string         `json:"field"`
		At     time.Time      `json:"at"`
		People int            `json:"people"`
		Forms  map[string]int `json:"forms" doc:"people, by the most revealing form they can read"`
		Call   int            `json:"call" doc:"people who can call without seeing"`
		Share  float64        `json:"plain_share" doc:"of all people, those who can read it in plain"`
	}
}

func coverage(a *API, ctx context.Context, c *call, in *coverageIn) (*coverageOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	x, err := e.Coverage(ctx, c.who, pii.Field(in.Body.Field), in.Body.At.orZero())
	if err != nil {
		return nil, err
	}
	out := &coverageOut{}
	b := &out.Body
	b.Field, b.At, b.People, b.Call, b.Share, b.Forms = string(x.Field), x.At, x.People, x.Call, x.Share, map[string]int{}
	for f, n := range x.Forms {
		b.Forms[f.String()] = n
	}
	return out, nil
}

type writtenIn struct {
	Body struct {
		At *instant `json:"at,omitempty" doc:"left out: now"`
	}
}

type writtenOut struct {
	Body struct {
		Written []writtenRule `json:"written"`
	}
}

type writtenRule struct {
	Where    string   `json:"where"`
	Zh       string   `json:"zh"`
	En       string   `json:"en"`
	Rules    []string `json:"rules"`
	By       string   `json:"by,omitempty"`
	Company  bool     `json:"company"`
	Enforced bool     `json:"enforced"`
}

func written(a *API, ctx context.Context, c *call, in *writtenIn) (*writtenOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	list, err := e.Written(ctx, c.who, in.Body.At.orZero())
	if err != nil {
		return nil, err
	}
	out := &writtenOut{}
	for _, x := range list {
		out.Body.Written = append(out.Body.Written, writtenRule{x.Where, x.Zh, x.En, nonNil(x.Rules), x.By, x.Company, x.Enforced})
	}
	return out, nil
}
