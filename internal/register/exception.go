package register

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Exception is an exception to be asked for, for whoever works on an item.
type Exception struct {
	Work     pii.RequestID
	Subjects []pii.SubjectID // of the item; none: all of them
	Fields   []pii.Field
	Form     pii.Form
	Reason   string // one of [grant.ExceptionReasons]
	Until    time.Time
	Budget   int64 // showings; 0: one for each subject
}

// AskException asks for an exception for another person. Its id is the request's.
// Of an item that does not exist, or does not hold the subjects, nothing is told.
func (r *Register) AskException(ctx context.Context, a Asked, x Exception) (pii.RequestID, error) {
	x.Until = exact(x.Until)
	if !slices.Contains(grant.ExceptionReasons, x.Reason) {
		return pii.RequestID{}, invalid("reason")
	}
	err := r.decide(ctx, a, askException, func(now time.Time) (decision, error) {
		e, err := r.asked(ctx, a, x, now)
		if err != nil {
			return decision{}, err
		}
		d := exceptionDecision("asked", e)
		d.keys = []string{ledger.WorkKey(e.Work), ledger.PersonKey(e.Beneficiary)}
		return d, nil
	})
	return a.Request, err
}

func (r *Register) asked(ctx context.Context, a Asked, x Exception, now time.Time) (*grant.Exception, error) {
	w, ok, err := r.Work.Item(ctx, x.Work)
	if err != nil {
		return nil, err
	}
	if !ok || r.trusted("work_item", &w) != nil || !w.OpenAt(now) || w.IsException() {
		return nil, fault.New(fault.Denied, "no-grant", "")
	}
	if w.Assignee == a.By.Person.ID {
		return nil, fault.New(fault.Denied, "not-for-yourself", "")
	}
	of, err := r.membersOf(ctx, w, x.Subjects)
	if err != nil {
		return nil, err
	}
	if x.Budget == 0 {
		x.Budget = int64(len(of))
	}
	sheets, err := r.sheets(ctx)
	if err != nil {
		return nil, err
	}
	fields := slices.Compact(slices.Sorted(slices.Values(x.Fields)))
	switch {
	case len(fields) == 0 || !sheets[w.Purpose].Allows(fields, x.Form) || x.Form == pii.None:
		return nil, fault.New(fault.Invalid, "outside-sheet", "fields")
	case !now.Before(x.Until) || x.Until.Sub(now) > grant.LongestException:
		return nil, invalid("until")
	case x.Budget < 0 || x.Budget > int64(len(of))*grant.MostPerSubject:
		return nil, invalid("budget")
	}
	return &grant.Exception{
		ID: a.Request, Kind: grant.ExceptionWork, State: grant.ExceptionAsked, Work: w.ID, Purpose: w.Purpose, Fields: fields,
		Highest: x.Form, Reason: x.Reason, AskedBy: a.By.Person.ID, Beneficiary: w.Assignee, Recipient: w.Recipient,
		AskedAt: now, Until: x.Until, Budget: x.Budget, Of: of,
	}, nil
}

// membersOf are the ordinals of an item's subjects, or of some of them.
func (r *Register) membersOf(ctx context.Context, w grant.WorkItem, ids []pii.SubjectID) ([]pii.Ordinal, error) {
	rows, err := r.Work.MembersAfter(ctx, w.ID, pii.Dummy, maxSubjects)
	if err != nil {
		return nil, err
	}
	var all []pii.Ordinal
	for i := range rows {
		if r.Ledger.CheckStamp(&rows[i]) == nil {
			all = append(all, rows[i].Ordinal)
		}
	}
	if len(ids) == 0 {
		if len(all) == 0 {
			return nil, fault.New(fault.Denied, "no-grant", "")
		}
		return all, nil
	}
	if len(ids) > maxSubjects {
		return nil, fault.New(fault.TooLarge, "too-large", "subjects")
	}
	of, found, err := r.Subjects.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, o := range of {
		if !found[i] || !slices.Contains(all, o) {
			return nil, fault.New(fault.Denied, "no-grant", "")
		}
	}
	slices.Sort(of)
	return slices.Compact(of), nil
}

// DecideException approves an exception, or refuses it. Whoever approves neither
// asked nor gains, and proved himself shortly before; bulk needs two of them.
func (r *Register) DecideException(ctx context.Context, a Asked, id pii.RequestID, approve bool) (grant.ExceptionState, error) {
	var state grant.ExceptionState
	err := r.decide(ctx, a, decideException, func(now time.Time) (decision, error) {
		e, err := r.exception(ctx, id)
		if err != nil {
			return decision{}, err
		}
		me := a.By.Person.ID
		switch {
		case e.State != grant.ExceptionAsked && e.State != grant.ExceptionSeconded:
			return decision{}, fault.New(fault.Conflict, "decided", "exception")
		case me == e.AskedBy || me == e.Beneficiary || me == e.FirstBy:
			return decision{}, fault.New(fault.Denied, "second-person", "")
		case !approve:
			e.FirstBy, e.State = me, grant.ExceptionRefused
			state = e.State
			return exceptionDecision("refused", e), nil
		case !a.By.MayApprove(now):
			return decision{}, fault.New(fault.Denied, "prove-again", "")
		}
		d, err := r.approved(ctx, a.By, e, now)
		state = e.State
		return d, err
	})
	if err == nil && state == "" { // a retry: what the first try made of it
		e, err := r.exception(ctx, id)
		if err != nil {
			return "", err
		}
		return e.State, nil
	}
	return state, err
}

func (r *Register) approved(ctx context.Context, by party.Principal, e *grant.Exception, now time.Time) (decision, error) {
	w, ok, err := r.Work.Item(ctx, e.Work)
	if err != nil {
		return decision{}, err
	}
	p, o, there, err := r.person(ctx, e.Beneficiary, "beneficiary")
	if err != nil {
		return decision{}, err
	}
	if !ok || r.trusted("work_item", &w) != nil || !w.OpenAt(now) || w.Assignee != e.Beneficiary || w.Frozen ||
		!there || p.Suspended || o.Suspended || !p.OpenAt(now) || !now.Before(e.Until) {
		return decision{}, fault.New(fault.Conflict, "ground-gone", "exception")
	}
	what := "approved"
	if e.IsBulk() && e.FirstBy == "" {
		e.FirstBy, e.State, what = by.Person.ID, grant.ExceptionSeconded, "seconded"
		return exceptionDecision(what, e), nil
	}
	if e.FirstBy == "" {
		e.FirstBy = by.Person.ID
	} else {
		e.SecondBy = by.Person.ID
	}
	if w.Until.Before(e.Until) { // it does not outlast the work it rests on
		e.Until = w.Until
	}
	e.State = grant.ExceptionOpen
	d := exceptionDecision(what, e)
	d.revokes = append(d.revokes, ledger.WorkKey(e.Work)) // whoever is closing it sees the exception
	d.effects = append(d.effects, e.Item(by.Person.ID, now))
	d.keys = append(d.keys, ledger.WorkKey(e.Work), ledger.PersonKey(e.Beneficiary), ledger.OrgKey(e.Recipient), exceptionKey(e.ID))
	return d, nil
}

func exceptionKey(id pii.RequestID) string { return "exception|" + id.String() }

// exception reads an exception that the ledger made.
func (r *Register) exception(ctx context.Context, id pii.RequestID) (*grant.Exception, error) {
	e, ok, err := r.Exceptions.Exception(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "not-found", "exception")
	}
	return &e, r.trusted("exception", &e)
}

// Emergency is break-glass: somebody's own word that he must look now.
type Emergency struct {
	Purpose  pii.Purpose
	Subjects []pii.SubjectID // at most [grant.BreakGlassSubjects]
	Fields   []pii.Field
	Reason   string // one of [grant.BreakGlassReasons]
	For      time.Duration
}

// BreakGlass opens an exception at once, for whoever asks; the officer is told by an
// alert in the same entry, and must review it within a day. Subjects that do not
// exist are left out and nothing is told of it: the answer is the same.
func (r *Register) BreakGlass(ctx context.Context, a Asked, x Emergency) (pii.RequestID, error) {
	switch {
	case !slices.Contains(grant.BreakGlassReasons, x.Reason):
		return pii.RequestID{}, invalid("reason")
	case len(x.Subjects) == 0 || len(x.Subjects) > grant.BreakGlassSubjects:
		return pii.RequestID{}, invalid("subjects")
	case x.For < time.Minute || x.For > grant.BreakGlassLongest:
		return pii.RequestID{}, invalid("minutes")
	}
	err := r.decide(ctx, a, breakGlass, func(now time.Time) (decision, error) {
		if !a.By.MayApprove(now) {
			return decision{}, fault.New(fault.Denied, "prove-again", "")
		}
		if err := r.mayBreak(ctx, a.By.Person.ID, now); err != nil {
			return decision{}, err
		}
		return r.broken(ctx, a, x, now)
	})
	return a.Request, err
}

// mayBreak refuses who has an emergency whose review is late, or too many unreviewed.
func (r *Register) mayBreak(ctx context.Context, who pii.PersonID, now time.Time) error {
	open, err := r.Exceptions.Emergencies(ctx, who)
	if err != nil {
		return err
	}
	if len(open) >= grant.MostUnreviewed || slices.ContainsFunc(open, func(e grant.Exception) bool { return e.Overdue(now) }) {
		return fault.New(fault.Denied, "review-due", "")
	}
	return nil
}

func (r *Register) broken(ctx context.Context, a Asked, x Emergency, now time.Time) (decision, error) {
	sheets, err := r.sheets(ctx)
	if err != nil {
		return decision{}, err
	}
	fields := slices.Compact(slices.Sorted(slices.Values(x.Fields)))
	sheet := sheets[x.Purpose]
	if covers, _ := sheet.Answer(fields); !covers || len(fields) == 0 {
		return decision{}, fault.New(fault.Invalid, "outside-sheet", "fields")
	}
	if !sheet.Holders.Holds(string(a.By.Person.Kind), a.By.Person.Post, a.By.Org.ID) {
		return decision{}, fault.New(fault.Denied, "not-yours", "")
	}
	_, highest := sheet.Answer(fields)
	ordinals, found, err := r.Subjects.Resolve(ctx, x.Subjects)
	if err != nil {
		return decision{}, err
	}
	var of []pii.Ordinal
	for i, o := range ordinals {
		if found[i] && o != pii.Dummy && !slices.Contains(of, o) {
			of = append(of, o)
		}
	}
	me := a.By.Person.ID
	e := &grant.Exception{
		ID: a.Request, Kind: grant.BreakGlassWork, State: grant.ExceptionOpen, Purpose: x.Purpose, Fields: fields, Highest: highest,
		Reason: x.Reason, AskedBy: me, Beneficiary: me, Recipient: a.By.Org.ID, AskedAt: now, Until: now.Add(x.For),
		Budget: int64(len(x.Subjects)) * grant.MostPerSubject, Of: of,
	}
	alert := &grant.Alert{
		ID: a.Request, Detector: grant.BreakGlass, Person: me, Org: a.By.Org.ID, Count: int64(len(x.Subjects)), Minutes: int64(x.For / time.Minute),
		At: now, Work: []pii.RequestID{a.Request}, Action: grant.Notify, State: grant.AlertOpen,
	}
	d := exceptionDecision("break-glass", e)
	d.effects = append(d.effects, e.Item(me, now), grant.AlertPut{Alert: alert})
	d.keys, d.revokes = []string{emergencyKey(me)}, []string{emergencyKey(me)} // two at once count each other
	return d, nil
}

func emergencyKey(id pii.PersonID) string { return "break-glass|" + string(id) }

// ReviewException is the officer's word about an emergency. One that was not
// justified ends at once.
func (r *Register) ReviewException(ctx context.Context, a Asked, id pii.RequestID, justified bool) error {
	return r.decide(ctx, a, reviewException, func(now time.Time) (decision, error) {
		e, err := r.exception(ctx, id)
		if err != nil {
			return decision{}, err
		}
		switch {
		case !e.Unreviewed():
			return decision{}, fault.New(fault.Conflict, "decided", "exception")
		case e.Beneficiary == a.By.Person.ID:
			return decision{}, fault.New(fault.Denied, "second-person", "")
		case !a.By.MayApprove(now):
			return decision{}, fault.New(fault.Denied, "prove-again", "")
		}
		e.ReviewedBy, e.ReviewedAt, e.Justified = a.By.Person.ID, now, justified
		d := exceptionDecision("reviewed", e)
		w, ok, err := r.Work.Item(ctx, id)
		if err != nil || justified || !ok || w.Closed {
			return d, err
		}
		if err := r.trusted("work_item", &w); err != nil {
			return decision{}, err
		}
		w.Closed = true
		d.effects = append(d.effects, grant.Closed{WorkItem: &w})
		d.keys, d.revokes, d.settle = append(d.keys, ledger.WorkKey(id)), append(d.revokes, ledger.WorkKey(id)), true
		return d, nil
	})
}

// exceptionDecision is the entry of a step of an exception. It takes away what another
// step at the same time would rest on.
func exceptionDecision(what string, e *grant.Exception) decision {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = string(f)
	}
	return decision{
		kind: proof.KindException, work: e.ID, purpose: e.Purpose,
		effects: []ledger.Effect{grant.ExceptionPut{Exception: e}},
		keys:    []string{exceptionKey(e.ID)}, revokes: []string{exceptionKey(e.ID)},
		refs: []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(e.Beneficiary)}, {Kind: ledger.RefOrg, Key: []byte(e.Recipient)}},
		facts: []proof.Field{
			fact("what", what), fact("exception-kind", string(e.Kind)), fact("reason", e.Reason), fact("asked-by", string(e.AskedBy)),
			fact("beneficiary", string(e.Beneficiary)), fact("rests-on", e.Work.String()), fact("covers", strings.Join(names, ",")),
			fact("highest", e.Highest.String()), timeFact("until", e.Until), fact("budget", strconv.FormatInt(e.Budget, 10)),
			fact("subjects", strconv.Itoa(len(e.Of))), fact("subject-digest", hex.EncodeToString(grant.Digest(e.Of))),
			fact("first-by", string(e.FirstBy)), fact("second-by", string(e.SecondBy)), fact("reviewed-by", string(e.ReviewedBy)),
			flag("justified", e.Justified),
		},
	}
}
