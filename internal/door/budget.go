package door

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// taken is an answer as budgets see it.
type taken struct {
	by      party.Principal
	request Request
	work    grant.WorkItem
	classes []pii.Class // of the fields, each once
	shown   []pii.Ordinal
	at      time.Time
}

// Charges lists what an answer of now would be charged to, for who tries other caps on
// answers past.
func (c Caps) Charges(by party.Principal, r Request, w grant.WorkItem, schema pii.Schema, shown []pii.Ordinal, at time.Time) []ledger.Spend {
	return c.spends(taken{by: by, request: r, work: w, classes: classesOf(schema, r.Fields), shown: shown, at: at})
}

// spends lists what an answer is charged to.
func (c Caps) spends(t taken) []ledger.Spend {
	p, r := t.by, t.request
	day, dayEnd := Day.at(t.at)
	hour, hourEnd := Hour.at(t.at)
	class := fmt.Sprintf("%s|%s|%s", r.Purpose, r.Form, day)
	all := []ledger.Spend{
		{Key: fmt.Sprintf("person|%s|%s", p.Person.ID, class), Cap: c.Person[r.Form], Subjects: t.shown, Until: dayEnd},
		{Key: fmt.Sprintf("org|%s|%s", p.Org.ID, class), Cap: c.Org[r.Form], Subjects: t.shown, Until: dayEnd},
		{Key: fmt.Sprintf("requests|%s|%s", p.Person.ID, hour), Cap: c.Requests, Amount: 1, Until: hourEnd},
	}
	if t.work.IsException() { // it has a budget of its own: each showing counts
		all[0] = ledger.Spend{Key: grant.ExceptionMeter(t.work.ID), Cap: t.work.Budget, Amount: int64(len(t.shown)), Until: t.work.Until}
	}
	for _, l := range c.Limits {
		if key, end, ok := l.of(t); ok {
			all = append(all, ledger.Spend{Key: key, Cap: l.Subjects, Subjects: t.shown, Until: end})
		}
	}
	return append(all, t.lines()...)
}

// of is the meter of the limit that an answer is charged to, if it counts there.
func (l Limit) of(t taken) (key string, end time.Time, ok bool) {
	if t.request.Form < l.Form || l.Purpose != "" && l.Purpose != t.request.Purpose || l.Class != nil && !slices.Contains(t.classes, *l.Class) {
		return "", end, false
	}
	whose := ""
	switch l.Of {
	case OfPerson:
		if t.work.IsException() {
			return "", end, false
		}
		whose = string(t.by.Person.ID)
	case OfOrg:
		whose = string(t.by.Org.ID)
	}
	class := "*"
	if l.Class != nil {
		class = string(*l.Class)
	}
	name, end := l.Window.at(t.at)
	return fmt.Sprintf("limit|%s|%s|%s|%s|%s|%s", l.Of, whose, l.Purpose, class, l.Form, name), end, true
}

// lines charge the meters towards the lines of the 2017 judicial interpretation: of
// the person, and of another organisation as recipient. They count what was taken in
// plain or provided outside, each subject once per class, for ever, and stop nobody.
func (t taken) lines() (all []ledger.Spend) {
	outside := t.by.Org.Kind == party.Handler || t.request.Verb == pii.Provide || t.request.Verb == pii.Export
	if t.request.Form != pii.Plain && !(outside && t.request.Form == pii.Alias) {
		return nil
	}
	for _, c := range t.classes {
		keys := []string{grant.PersonLine(t.by.Person.ID, c)}
		if t.by.Org.ID != pii.Own {
			keys = append(keys, grant.OrgLine(t.by.Org.ID, c))
		}
		for _, key := range keys {
			all = append(all, ledger.Spend{Key: key, Cap: math.MaxInt64, Subjects: t.shown, Until: endless})
		}
	}
	return all
}

// classesOf are the classes of some fields, each once.
func classesOf(schema pii.Schema, fields []pii.Field) (all []pii.Class) {
	for _, f := range fields {
		if spec, ok := schema.Spec(f); ok && !slices.Contains(all, spec.Class) {
			all = append(all, spec.Class)
		}
	}
	return all
}

// refused charges a refusal to the caller's own refusal budget, never to one that
// colleagues share: free refusals let a patient caller count the numbers we hold;
// shared ones let him starve the team.
func (c Caps) refused(p party.Principal, now time.Time) []ledger.Spend {
	day, end := Day.at(now)
	return []ledger.Spend{{Key: fmt.Sprintf("refused|%s|%s", p.Person.ID, day), Cap: c.Refused, Amount: 1, Until: end}}
}

// LookupSpends is what n lookups of a person or service are charged to.
func (d *Door) LookupSpends(ctx context.Context, p party.Principal, n int64) ([]ledger.Spend, error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return nil, err
	}
	return d.capsOf(rules).lookups(p, n, d.Clock()), nil
}

func (c Caps) lookups(p party.Principal, n int64, now time.Time) []ledger.Spend {
	day, end := Day.at(now)
	return []ledger.Spend{{Key: fmt.Sprintf("lookups|%s|%s", p.Person.ID, day), Cap: c.Lookups, Amount: n, Until: end}}
}
