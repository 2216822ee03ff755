package door_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

var asks = []sentence{
	says(one+`(, freshly signed in,)? reads `+fieldsForm+` of `+many+` (masked|token|plain) under `+one+`(?: for `+code+`)?`, (*play).reads),
	says(one+`(, freshly signed in,)? reads `+fieldsForm+` of (\d+) made-up ids (masked|token|plain) under `+one, (*play).sweeps),
	says(one+` calls `+one+` under `+one+`(?: for `+code+`)?`, (*play).calls),
	says(one+` looks up the phone of `+one+` under `+one, (*play).looksUp),
	says(one+` looks up a phone nobody has under `+one, (*play).looksUp),
	says(one+` opens `+code+` `+one+` for `+one+`: `+many, (*play).opens),
	says(one+` ends `+one, (*play).ends),
	says(one+` comes back with the token`, (*play).returns),
	says(`could `+one+` see the `+code+` of `+one, (*play).could),
	says(`who can see the `+code+` of `+one, (*play).whoCan),
}

const fieldsForm = `((?:[a-z_]+, )*[a-z_]+)`

// answer is what the last question got.
type answer struct {
	err     error
	results map[string]door.Result // by the names asked for
	order   []string
	hit     bool
	could   *exam.Could
	able    []string
}

// past is a request as it was answered, to be asked of the ledger again.
type past struct {
	line    int
	request exam.Request
	of      pii.Ordinal
	allow   bool
	rules   []string
}

// principal is who asks, as he stands on record now.
func (p *play) principal(name string, fresh bool) (party.Principal, error) {
	id, ok := p.people[name]
	if !ok {
		return party.Principal{}, fmt.Errorf("nobody is called %s", name)
	}
	who, org, ok, err := p.store.Person(p.t.Context(), id)
	if err != nil || !ok {
		return party.Principal{}, errors.Join(err, errors.New("the person is not on record"))
	}
	out := party.Principal{Person: who, Org: org, StepUp: p.now.AddDate(0, 0, -1)}
	if fresh {
		out.StepUp = p.now
	}
	return out, nil
}

// item is a work item by its name; one that the scenario did not open is made up.
func (p *play) item(name, purpose string) (pii.RequestID, pii.Purpose) {
	id, ok := p.items[name]
	if !ok {
		id = p.id()
		p.items[name], p.purposes[name] = id, grant.Telesales
	}
	if purpose != "" {
		return id, pii.Purpose(purpose)
	}
	return id, p.purposes[name]
}

func (p *play) reads(m []string) error {
	by, err := p.principal(m[1], m[2] != "")
	if err != nil {
		return err
	}
	r := door.Request{ID: p.id(), Verb: pii.Read}
	if err := r.Form.UnmarshalText([]byte(m[5])); err != nil {
		return err
	}
	for _, f := range strings.Split(m[3], ", ") {
		r.Fields = append(r.Fields, pii.Field(f))
	}
	r.Work, r.Purpose = p.item(m[6], m[7])
	names := strings.Split(m[4], ", ")
	for _, n := range names {
		if r.Subjects = append(r.Subjects, p.shownAs(by, n)); p.subjects[n] == (pii.SubjectID{}) {
			return fmt.Errorf("nobody is called %s", n)
		}
	}
	a, err := p.door.Disclose(p.t.Context(), by, r)
	return p.answered(by, r, names, a, err)
}

// shownAs is the id by which a person knows a customer: his own firm's, if he is a
// partner's.
func (p *play) shownAs(by party.Principal, name string) pii.SubjectID {
	if by.Org.Kind == party.Handler {
		return p.vault.Pseudonym(by.Org.ID, p.subjects[name])
	}
	return p.subjects[name]
}

// answered keeps an answer, and asks the ledger whether it would say the same.
func (p *play) answered(by party.Principal, r door.Request, names []string, a door.Answer, err error) error {
	p.got = answer{err: err, results: map[string]door.Result{}, order: names}
	for i, res := range a.Results {
		p.got.results[names[i]] = res
		of, known := p.subjects[names[i]]
		if !known || overBudget(res) {
			continue
		}
		found, err := p.vault.Describe(p.t.Context(), []pii.SubjectID{of})
		if err != nil {
			return err
		}
		p.pasts = append(p.pasts, past{
			line: p.line, of: found[0].Ordinal, allow: res.Shown, rules: reasonIDs(res),
			request: exam.Request{Request: r, By: by.Person.ID, StepUp: by.StepUp, At: p.now},
		})
	}
	return nil
}

func overBudget(r door.Result) bool {
	return len(r.Reasons) == 1 && r.Reasons[0].ID == "budget"
}

func reasonIDs(r door.Result) (ids []string) {
	for _, x := range r.Reasons {
		ids = append(ids, x.ID)
	}
	return ids
}

// agrees asks the ledger about every request of the scenario, at its time.
func (p *play) agrees() error {
	e := p.examiner()
	for _, x := range p.pasts {
		d, err := e.Decide(p.t.Context(), x.request, x.of)
		if err != nil {
			return err
		}
		if d.Allow != x.allow || !x.allow && !slices.Equal(d.Rules, x.rules) {
			return fmt.Errorf("line %d: the door answered %v by %v, the ledger replayed says %v by %v", x.line, x.allow, x.rules, d.Allow, d.Rules)
		}
	}
	return nil
}

func (p *play) sweeps(m []string) error {
	by, err := p.principal(m[1], m[2] != "")
	if err != nil {
		return err
	}
	r := door.Request{ID: p.id(), Verb: pii.Read}
	if err := r.Form.UnmarshalText([]byte(m[5])); err != nil {
		return err
	}
	for _, f := range strings.Split(m[3], ", ") {
		r.Fields = append(r.Fields, pii.Field(f))
	}
	r.Work, r.Purpose = p.item(m[6], "")
	n, _ := strconv.Atoi(m[4])
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprint("id ", i)
		r.Subjects = append(r.Subjects, pii.SubjectID(p.id()))
	}
	a, err := p.door.Disclose(p.t.Context(), by, r)
	return p.answered(by, r, names, a, err)
}

func (p *play) calls(m []string) error {
	by, err := p.principal(m[1], false)
	if err != nil {
		return err
	}
	r := door.Request{ID: p.id(), Verb: pii.Dial, Form: pii.Relay, Fields: []pii.Field{pii.Phone}, Subjects: []pii.SubjectID{p.shownAs(by, m[2])}}
	r.Work, r.Purpose = p.item(m[3], m[4])
	a, err := p.door.Use(p.t.Context(), by, r, connected)
	return p.answered(by, r, []string{m[2]}, a, err)
}

func (p *play) looksUp(m []string) error {
	by, err := p.principal(m[1], false)
	if err != nil {
		return err
	}
	l := door.Lookup{ID: p.id(), Field: pii.Phone, Value: pii.NewValue("13999999999")}
	if len(m) > 3 {
		l.Value = pii.NewValue(p.phones[m[2]])
	}
	l.Work, l.Purpose = p.item(m[len(m)-1], "")
	f, err := p.door.Find(p.t.Context(), by, l)
	p.got = answer{err: err, hit: f.Hit}
	return nil
}

func (p *play) opens(m []string) error {
	by, err := p.principal(m[1], false)
	if err != nil {
		return err
	}
	w := register.Work{
		Kind: grant.WorkKind(m[2]), Purpose: purposes[grant.WorkKind(m[2])], Assignee: p.people[m[4]], Until: p.now.Add(time.Hour),
	}
	for _, n := range strings.Split(m[5], ", ") {
		w.Subjects = append(w.Subjects, p.subjects[n])
	}
	id, err := p.register.OpenWork(p.t.Context(), register.Asked{By: by, Request: p.id()}, w)
	p.items[m[3]], p.purposes[m[3]] = id, w.Purpose
	p.got = answer{err: err}
	return nil
}

func (p *play) ends(m []string) error {
	by, err := p.principal(m[1], false)
	if err != nil {
		return err
	}
	p.got = answer{err: p.register.EndPerson(p.t.Context(), register.Asked{By: by, Request: p.id()}, p.people[m[2]])}
	return nil
}

// signIn gives a person a session, on a code from the head of security.
func (p *play) signIn(m []string) error {
	by := party.Principal{Person: p.boss, Org: party.Org{ID: pii.Own, Kind: party.OwnCompany}}
	code, err := p.authn.Invite(p.t.Context(), by, p.people[m[1]])
	if err != nil {
		return err
	}
	var got authn.Issued
	if got, err = p.authn.SignIn(p.t.Context(), code, "192.0.2.7"); err == nil {
		p.tokens[m[1]] = got.Secret
	}
	return err
}

func (p *play) returns(m []string) error {
	_, err := p.authn.Principal(p.t.Context(), p.tokens[m[1]], "192.0.2.7")
	p.got = answer{err: err}
	return nil
}

// watcher is the officer who asks the exam's questions.
func (p *play) watcher() party.Principal {
	return party.Principal{
		Person: party.Person{ID: "watcher", Org: pii.Own, Kind: party.Officer}, Org: party.Org{ID: pii.Own, Kind: party.OwnCompany},
	}
}

func (p *play) could(m []string) error {
	c, err := p.examiner().Could(p.t.Context(), p.watcher(), exam.CouldQuestion{
		ID: p.id(), Person: p.people[m[1]], Field: pii.Field(m[2]), Subject: p.subjects[m[3]],
	})
	p.got = answer{err: err, could: &c}
	return nil
}

func (p *play) whoCan(m []string) error {
	her := p.subjects[m[2]]
	w, err := p.examiner().WhoCan(p.t.Context(), p.watcher(), exam.WhoQuestion{ID: p.id(), Field: pii.Field(m[1]), Subject: &her})
	p.got = answer{err: err, able: []string{}}
	for _, a := range w.Able {
		for name, id := range p.people {
			if id == a.Person {
				p.got.able = append(p.got.able, name)
			}
		}
	}
	slices.Sort(p.got.able)
	return nil
}

// codeOf is the message id of an error, "" of none.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).ID
}
