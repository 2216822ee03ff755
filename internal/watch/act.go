package watch

import (
	"context"
	"crypto/sha256"
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

// reached looks at the meters that changed: each share of the line is told once.
func (w *Watch) reached(ctx context.Context) error {
	for key, l := range w.lines {
		meter := func(c pii.Class) string { return grant.PersonLine(l.person, c) }
		if l.person == "" {
			meter = func(c pii.Class) string { return grant.OrgLine(l.org, c) }
		}
		used, err := grant.LineUsed(ctx, w.Meters, meter)
		if err != nil {
			return err
		}
		for _, share := range grant.Warnings {
			if used*100 < share*grant.Line {
				continue
			}
			w.raise(grant.LineWarning, l.person, w.now(), []uint64{l.entry}, func(a *grant.Alert) {
				a.ID, a.Org = alertID(grant.LineWarning, key, uint64(share)), l.org
				a.Count, a.Of, a.Minutes = used, grant.Line, share
			})
		}
		delete(w.lines, key)
	}
	return nil
}

// overdue looks for emergencies that nobody reviewed in time.
func (w *Watch) overdue(ctx context.Context) error {
	now := w.now()
	if now.Sub(w.looked) < time.Minute {
		return nil
	}
	all, err := w.Exceptions.Exceptions(ctx, mostFrozen)
	if err != nil {
		return err
	}
	w.looked = now
	for i := range all {
		if e := &all[i]; e.Overdue(now) && w.Ledger.CheckStamp(e) == nil {
			w.raise(grant.ReviewOverdue, e.Beneficiary, now, []uint64{e.Entry}, func(a *grant.Alert) {
				a.ID, a.Org, a.Work = alertID(grant.ReviewOverdue, e.ID.String(), 0), e.Recipient, []pii.RequestID{e.ID}
			})
		}
	}
	return nil
}

// raiseAll records the alerts that are due; what is recorded already is left alone.
func (w *Watch) raiseAll(ctx context.Context) error {
	for len(w.pending) > 0 {
		a := w.pending[0]
		known, err := w.Ledger.Requests(ctx, []pii.RequestID{a.ID})
		if err == nil && len(known) == 0 {
			err = w.record(ctx, a)
		}
		if err != nil && !fault.IsID(err, "idempotency-late") && !fault.IsID(err, "exists") {
			return err
		}
		w.pending = w.pending[1:]
	}
	return nil
}

// record writes an alert, with what it does: one entry.
func (w *Watch) record(ctx context.Context, a grant.Alert) error {
	hash := sha256.Sum256(a.ID[:])
	receipt, err := w.Ledger.Decide(ctx, a.ID, hash[:], func() (ledger.Item, error) {
		alert, entry := a, ledger.Entry{Kind: proof.KindAlert}
		if err := w.restrain(ctx, &alert, &entry); err != nil {
			return ledger.Item{}, err
		}
		item := alertItem(&alert, "raised", entry)
		item.Settle = len(entry.Revokes) > 0
		item.Basis = ledger.Basis{Keys: append([]string{alertKey(alert.ID)}, entry.Revokes...)}
		return item, nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

// restrain freezes the person's open work items, or asks for a fresh sign-in.
func (w *Watch) restrain(ctx context.Context, a *grant.Alert, e *ledger.Entry) error {
	if a.Action == grant.Notify || a.Person == "" {
		return nil
	}
	items, err := w.Work.Assigned(ctx, a.Person, mostFrozen)
	if err != nil {
		return err
	}
	now := w.now()
	for i := range items {
		item := &items[i]
		if w.Ledger.CheckStamp(item) != nil || !item.OpenAt(now) {
			continue
		}
		a.Work = append(a.Work, item.ID)
		e.Revokes = append(e.Revokes, ledger.WorkKey(item.ID))
		switch {
		case a.Action == grant.Freeze && item.Frozen: // by another alert: this one holds it too
			continue
		case a.Action == grant.Freeze:
			item.Frozen = true
		default:
			item.FreshSince = now
		}
		e.Effects = append(e.Effects, grant.Changed{WorkItem: item})
	}
	return nil
}

func alertKey(id pii.RequestID) string { return "alert|" + id.String() }

// alertItem is the entry of an alert.
func alertItem(a *grant.Alert, what string, e ledger.Entry) ledger.Item {
	named := make([]string, len(a.Entries))
	for i, n := range a.Entries {
		named[i] = strconv.FormatUint(n, 10)
	}
	e.Effects = append([]ledger.Effect{grant.AlertPut{Alert: a}}, e.Effects...)
	e.Refs = []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(a.Person)}}
	if a.Person == "" {
		e.Refs = []ledger.Ref{{Kind: ledger.RefOrg, Key: []byte(a.Org)}}
	}
	e.Facts = []proof.Field{
		{Name: "what", Value: what}, {Name: "alert", Value: a.ID.String()}, {Name: "detector", Value: string(a.Detector)},
		{Name: "about", Value: string(a.Person)}, {Name: "count", Value: strconv.FormatInt(a.Count, 10)},
		{Name: "entries", Value: strings.Join(named, ",")}, {Name: "action", Value: string(a.Action)},
		{Name: "items", Value: strconv.Itoa(len(a.Work))}, {Name: "state", Value: string(a.State)},
	}
	return ledger.Item{Entry: e}
}

// Judge is the officer's word about an alert. What a false one did to somebody's work
// ends, unless another alert holds the item.
func (w *Watch) Judge(ctx context.Context, by party.Principal, id pii.RequestID, hash []byte, alert pii.RequestID, confirmed bool) error {
	if by.Person.Kind != party.Officer {
		return fault.New(fault.Denied, "not-yours", "")
	}
	receipt, err := w.Ledger.Decide(ctx, id, hash, func() (ledger.Item, error) {
		a, ok, err := w.Alerts.Alert(ctx, alert)
		if err != nil {
			return ledger.Item{}, err
		}
		switch {
		case !ok || w.Ledger.CheckStamp(&a) != nil:
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "alert")
		case a.State != grant.AlertOpen:
			return ledger.Item{}, fault.New(fault.Conflict, "decided", "alert")
		case a.Person == by.Person.ID:
			return ledger.Item{}, fault.New(fault.Denied, "second-person", "")
		}
		a.JudgedBy, a.JudgedAt, a.State = by.Person.ID, w.now(), grant.AlertConfirmed
		entry := ledger.Entry{Kind: proof.KindAlert, Actor: by.Person.ID, Org: by.Org.ID}
		if !confirmed {
			a.State = grant.AlertFalse
			if err := w.release(ctx, a, &entry); err != nil {
				return ledger.Item{}, err
			}
		}
		entry.Revokes = append(entry.Revokes, alertKey(a.ID))
		item := alertItem(&a, "judged", entry)
		item.Basis.Keys = []string{alertKey(a.ID), ledger.PersonKey(by.Person.ID), ledger.OrgKey(by.Org.ID)}
		if by.Credential != nil {
			item.Basis.Keys = append(item.Basis.Keys, ledger.CredentialKey(by.Credential))
		}
		item.Actor = ledger.Actor(by.Seen, by.Person.ID, by.Org.ID, by.Credential)
		for _, work := range a.Work {
			item.Basis.Keys = append(item.Basis.Keys, ledger.WorkKey(work))
		}
		return item, nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

// release gives back what an alert took.
func (w *Watch) release(ctx context.Context, a grant.Alert, e *ledger.Entry) error {
	if a.Action == grant.Notify {
		return nil
	}
	others, err := w.Alerts.Alerts(ctx, mostAlerts)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o grant.Alert) bool {
		return o.ID == a.ID || o.Action != a.Action || o.State == grant.AlertFalse || o.Person != a.Person
	})
	for _, id := range a.Work {
		if slices.ContainsFunc(others, func(o grant.Alert) bool { return slices.Contains(o.Work, id) }) {
			continue
		}
		item, ok, err := w.Work.Item(ctx, id)
		if err != nil {
			return err
		}
		if !ok || item.Closed || w.Ledger.CheckStamp(&item) != nil {
			continue
		}
		if a.Action == grant.Freeze {
			item.Frozen = false
		} else {
			item.FreshSince = time.Time{}
		}
		e.Effects = append(e.Effects, grant.Changed{WorkItem: &item})
		e.Revokes = append(e.Revokes, ledger.WorkKey(id))
	}
	return nil
}

// Quality counts what became of a detector's alerts.
type Quality struct {
	Raised, Open, Confirmed, False int
}

// Qualities counts, per detector, the newest alerts: at most [mostAlerts] in all.
func (w *Watch) Qualities(ctx context.Context) (map[grant.Detector]Quality, error) {
	all, err := w.Alerts.Alerts(ctx, mostAlerts)
	if err != nil {
		return nil, err
	}
	of := map[grant.Detector]Quality{}
	for i := range all {
		if w.Ledger.CheckStamp(&all[i]) != nil {
			continue
		}
		q := of[all[i].Detector]
		q.Raised++
		switch all[i].State {
		case grant.AlertConfirmed:
			q.Confirmed++
		case grant.AlertFalse:
			q.False++
		default:
			q.Open++
		}
		of[all[i].Detector] = q
	}
	return of, nil
}
