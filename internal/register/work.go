package register

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Limits of a work item.
const (
	maxSubjects = ledger.MaxSubjects
	maxOpen     = 90 * 24 * time.Hour
)

// Work is a work item to be opened.
type Work struct {
	Kind     grant.WorkKind
	Purpose  pii.Purpose
	Assignee pii.PersonID
	Subjects []pii.SubjectID // each once, at most 1,000
	Until    time.Time       // at most 90 days ahead, or as long as the purpose sheet says
	AskedBy  pii.PersonID    // on whose word a service opens it; empty: nobody's
}

// OpenWork opens a work item. Its id is the request's.
func (r *Register) OpenWork(ctx context.Context, a Asked, w Work) (pii.RequestID, error) {
	w.Until = exact(w.Until)
	if err := checkWork(w); err != nil {
		return pii.RequestID{}, err
	}
	if w.Assignee == a.By.Person.ID {
		return pii.RequestID{}, notYours()
	}
	if w.AskedBy == w.Assignee && w.AskedBy != "" { // or the CRM would be a way to assign oneself work, in bulk too
		return pii.RequestID{}, fault.New(fault.Denied, "not-for-yourself", "")
	}
	if roleOf(a.By) == "service/switch" && w.Kind != grant.Inbound {
		return pii.RequestID{}, notYours()
	}
	err := r.decide(ctx, a, openWork, func(now time.Time) (decision, error) {
		return r.opened(ctx, a, w, now)
	})
	if err != nil {
		return pii.RequestID{}, err
	}
	return a.Request, nil
}

func checkWork(w Work) error {
	if !w.Kind.Valid() {
		return invalid("kind")
	}
	if w.AskedBy != "" && !w.AskedBy.IsWellFormed() {
		return invalid("asked_by")
	}
	if len(w.Subjects) == 0 {
		return invalid("subjects")
	}
	if len(w.Subjects) > maxSubjects {
		return fault.New(fault.TooLarge, "too-large", "subjects")
	}
	return nil
}

func (r *Register) opened(ctx context.Context, a Asked, w Work, now time.Time) (decision, error) {
	sheets, err := r.sheets(ctx)
	if err != nil {
		return decision{}, err
	}
	sheet, ok := sheets[w.Purpose]
	if !ok || !sheet.For(w.Kind) {
		return decision{}, invalid("purpose")
	}
	longest := maxOpen
	if sheet.Days > 0 {
		longest = min(longest, time.Duration(sheet.Days)*24*time.Hour)
	}
	if !now.Before(w.Until) || w.Until.Sub(now) > longest {
		return decision{}, invalid("until")
	}
	p, o, ok, err := r.person(ctx, w.Assignee, "assignee")
	if err != nil {
		return decision{}, err
	}
	if !ok || !isWorker(p.Kind) || p.Suspended || o.Suspended || !p.OpenAt(now) {
		return decision{}, invalid("assignee")
	}
	if !sheet.Holders.Holds(string(p.Kind), p.Post, o.ID) {
		return decision{}, fault.New(fault.Invalid, "not-a-holder", "assignee")
	}
	ordinals, err := r.resolve(ctx, a, w.Subjects)
	if err != nil {
		return decision{}, err
	}
	item := &grant.WorkItem{
		ID: a.Request, Kind: w.Kind, Purpose: w.Purpose, Assignee: p.ID, Recipient: o.ID, OpenedBy: a.By.Person.ID,
		OpenedAt: now, Until: w.Until, Subjects: len(ordinals), Digest: grant.Digest(ordinals), AskedBy: w.AskedBy,
	}
	d := workDecision("opened", item)
	d.effects = []ledger.Effect{grant.Opened{WorkItem: item, Members: members(item.ID, ordinals)}}
	d.keys = []string{ledger.PersonKey(p.ID), ledger.OrgKey(o.ID)}
	return d, nil
}

func members(item pii.RequestID, ordinals []pii.Ordinal) []*grant.Member {
	all := make([]*grant.Member, len(ordinals))
	for i, o := range ordinals {
		all[i] = &grant.Member{Ordinal: o, Item: item}
	}
	return all
}

// resolve turns ids into ordinals. The service that created the ids may be told
// which of them is unknown, by its place in the request; a person is told that
// nothing covers the request, whether the subject exists or not.
func (r *Register) resolve(ctx context.Context, a Asked, ids []pii.SubjectID) ([]pii.Ordinal, error) {
	ordinals, found, err := r.Subjects.Resolve(ctx, ids)
	if err != nil {
		return nil, err
	}
	seen := make(map[pii.SubjectID]bool, len(ids))
	for i, id := range ids {
		if seen[id] {
			return nil, invalid(fmt.Sprintf("subjects[%d]", i))
		}
		seen[id] = true
		found[i] = found[i] && ordinals[i] != pii.Dummy
	}
	i := slices.Index(found, false)
	switch {
	case i < 0:
		return ordinals, nil
	case roleOf(a.By) == "service/crm":
		return nil, fault.New(fault.NotFound, "not-found", fmt.Sprintf("subjects[%d]", i))
	default:
		return nil, fault.New(fault.Denied, "no-grant", "")
	}
}

// CloseWork closes a work item. Its opener, its assignee, the officer and the CRM
// may; to anybody else it does not exist.
func (r *Register) CloseWork(ctx context.Context, a Asked, id pii.RequestID) error {
	return r.decide(ctx, a, closeWork, func(time.Time) (decision, error) {
		w, ok, err := r.Work.Item(ctx, id)
		if err != nil {
			return decision{}, err
		}
		me, role := a.By.Person.ID, roleOf(a.By)
		if !ok || (w.OpenedBy != me && w.Assignee != me && role != "officer" && role != "service/crm") {
			return decision{}, fault.New(fault.NotFound, "not-found", "work_item")
		}
		if err := r.trusted("work_item", &w); err != nil {
			return decision{}, err
		}
		if w.Closed {
			return decision{}, fault.New(fault.Conflict, "closed", "work_item")
		}
		w.Closed = true
		d := workDecision("closed", &w)
		d.effects = []ledger.Effect{grant.Closed{WorkItem: &w}}
		d.keys, d.revokes, d.settle = []string{ledger.WorkKey(id)}, []string{ledger.WorkKey(id)}, true
		return d, r.closeExceptions(ctx, &w, &d)
	})
}

// closeExceptions closes, with a work item, what was opened as an exception of it.
func (r *Register) closeExceptions(ctx context.Context, w *grant.WorkItem, d *decision) error {
	if r.Exceptions == nil || w.IsException() {
		return nil
	}
	items, err := r.Work.Assigned(ctx, w.Assignee, maxSubjects)
	if err != nil {
		return err
	}
	for i := range items {
		x := &items[i]
		if x.Kind != grant.ExceptionWork || r.Ledger.CheckStamp(x) != nil {
			continue
		}
		e, ok, err := r.Exceptions.Exception(ctx, x.ID)
		if err != nil {
			return err
		}
		if !ok || e.Work != w.ID {
			continue
		}
		x.Closed = true
		d.effects = append(d.effects, grant.Closed{WorkItem: x})
		d.keys, d.revokes = append(d.keys, ledger.WorkKey(x.ID)), append(d.revokes, ledger.WorkKey(x.ID))
	}
	return nil
}

func workDecision(what string, w *grant.WorkItem) decision {
	return decision{
		kind: proof.KindWorkItem, work: w.ID, purpose: w.Purpose,
		refs: []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(w.Assignee)}, {Kind: ledger.RefOrg, Key: []byte(w.Recipient)}},
		facts: []proof.Field{
			fact("what", what), fact("work-kind", string(w.Kind)), fact("assignee", string(w.Assignee)),
			fact("recipient", string(w.Recipient)), timeFact("until", w.Until),
			fact("subjects", strconv.Itoa(w.Subjects)), fact("subject-digest", hex.EncodeToString(w.Digest)),
			fact("asked-by", string(w.AskedBy)),
		},
	}
}
