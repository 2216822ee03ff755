package casework

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// IncidentState of a leak, tampering or loss that happened or may have happened.
type IncidentState string

const (
	Suspected IncidentState = "suspected" // 疑似事件
	Decided   IncidentState = "closed"    // an officer decided, and signed, whether to notify
)

// Sign is a reason why complaints belong together.
type Sign string

const (
	SameCaller Sign = "caller"  // one number or address
	SameScript Sign = "script"  // much of what was said
	SameFields Sign = "fields"  // the callers knew the same
	SameTime   Sign = "time"    // within one week
	ByOfficer  Sign = "officer" // the officer says so
)

// Incident is a suspected incident: the complaints that belong together and, once a
// trace was run about them, how many people the records say are affected. It names
// those by ordinal, in Sealed.
type Incident struct {
	ID       pii.RequestID `json:"id"`
	State    IncidentState `json:"state"`
	OpenedAt time.Time     `json:"opened_at"`
	OpenedBy pii.PersonID  `json:"opened_by"` // empty: by clustering
	Why      []Sign        `json:"why"`
	Known    []pii.Field   `json:"known"` // what any of the callers knew
	First    time.Time     `json:"first"` // of the contacts complained about
	Last     time.Time     `json:"last"`
	Cases    []Joined      `json:"cases"`

	Run      pii.RequestID `json:"run"` // of the trace the count is from; zero: not assessed yet
	RunEntry uint64        `json:"run_entry"`
	RunAt    time.Time     `json:"run_at"`
	Named    int           `json:"named"`    // how many the run names
	Affected int           `json:"affected"` // people: those who complained, and those shown to who is named
	Month    string        `json:"month"`    // of the record key Sealed is under
	Sealed   []byte        `json:"sealed"`   // bitmap of their ordinals

	pii.Stamp `json:"-"`
}

// Joined is a complaint of an incident.
type Joined struct {
	Case pii.RequestID `json:"case"`
	At   time.Time     `json:"at"`
}

// StampRow implements [pii.Stamped].
func (i *Incident) StampRow() (string, []byte) { return "incident", canonical(i) }

// RowKey implements [pii.Keyed].
func (i *Incident) RowKey() string { return i.ID.String() }

// IncidentPut inserts or replaces an incident.
type IncidentPut struct{ *Incident }

func (i *Incident) has(id pii.RequestID) bool {
	return slices.ContainsFunc(i.Cases, func(j Joined) bool { return j.Case == id })
}

// IncidentStore keeps incidents. [IncidentPut] and [DecisionPut] are effects.
type IncidentStore interface {
	Incident(ctx context.Context, id pii.RequestID) (Incident, bool, error)
	// Incidents lists those of a state, or all if it is empty, before one, the newest
	// first.
	Incidents(ctx context.Context, of IncidentState, before IncidentPlace, n int) ([]Incident, error)
	Decision(ctx context.Context, of pii.RequestID) (Decision, bool, error)
	// OfSubject lists complaints that name the subject, in whatever state.
	OfSubject(ctx context.Context, of pii.Ordinal) ([]Complaint, error)
}

// IncidentPlace is where an incident stands in the list. The zero place is before all.
type IncidentPlace struct {
	OpenedAt time.Time
	ID       pii.RequestID
}

// Place is the incident's own.
func (i *Incident) Place() IncidentPlace { return IncidentPlace{i.OpenedAt, i.ID} }

// Limits of an incident, and of how many are read at a time.
const (
	mostCases     = 1000
	mostJoined    = 200 // at a time
	incidentsPage = 100
)

var farAway = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

func incidentKey(id pii.RequestID) string { return "incident|" + id.String() }

// Suspect opens a suspected incident by hand, for complaints the officer names. Who
// opens one does not decide about it.
func (d *Desk) Suspect(ctx context.Context, a Asked, cases []pii.RequestID) (pii.RequestID, error) {
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		now := d.now()
		if err := d.may(ctx, a.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		of, err := d.named(ctx, cases)
		if err != nil {
			return ledger.Item{}, err
		}
		i := &Incident{ID: a.Request, State: Suspected, OpenedAt: now, OpenedBy: a.By.Person.ID, Why: []Sign{ByOfficer}}
		i.join(of, now)
		item := incidentItem(i, "opened", cases, fact("why", joinSigns(i.Why)))
		return sign(item, a), nil
	})
	if err != nil {
		return pii.RequestID{}, err
	}
	r.Close()
	return a.Request, nil
}

// Join adds complaints to an open incident.
func (d *Desk) Join(ctx context.Context, a Asked, id pii.RequestID, cases []pii.RequestID) error {
	return d.incident(ctx, a, id, func(i *Incident, now time.Time) (ledger.Item, error) {
		if err := d.may(ctx, a.By, now, party.Officer); err != nil {
			return ledger.Item{}, err
		}
		of, err := d.named(ctx, cases)
		if err != nil {
			return ledger.Item{}, err
		}
		if len(i.Cases)+len(of) > mostCases {
			return ledger.Item{}, fault.New(fault.TooLarge, "too-large", "complaints")
		}
		i.join(of, now)
		return sign(incidentItem(i, "joined", cases), a), nil
	})
}

// named reads complaints that somebody listed: each must be there, and filed.
func (d *Desk) named(ctx context.Context, cases []pii.RequestID) ([]Complaint, error) {
	if len(cases) == 0 || len(cases) > mostJoined {
		return nil, invalid("complaints")
	}
	of := make([]Complaint, len(cases))
	for n, id := range cases {
		c, ok, err := d.complaint(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok || c.State == Unconfirmed || slices.Index(cases, id) < n {
			return nil, fault.New(fault.Invalid, "no-such-complaint", "complaints["+strconv.Itoa(n)+"]")
		}
		of[n] = c
	}
	return of, nil
}

// join adds complaints to the row.
func (i *Incident) join(of []Complaint, now time.Time) {
	for n := range of {
		c := &of[n]
		if i.has(c.ID) {
			continue
		}
		i.Cases = append(i.Cases, Joined{c.ID, now})
		if i.First.IsZero() || c.CalledAt.Before(i.First) {
			i.First = c.CalledAt
		}
		if c.CalledAt.After(i.Last) {
			i.Last = c.CalledAt
		}
		for _, f := range c.Known {
			if !slices.Contains(i.Known, f) {
				i.Known = append(i.Known, f)
			}
		}
	}
	slices.Sort(i.Known)
}

// incident changes an open incident.
func (d *Desk) incident(ctx context.Context, a Asked, id pii.RequestID, change func(*Incident, time.Time) (ledger.Item, error)) error {
	r, err := d.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		i, err := d.openIncident(ctx, id)
		if err != nil {
			return ledger.Item{}, err
		}
		return change(&i, d.now())
	})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

func (d *Desk) readIncident(ctx context.Context, id pii.RequestID) (Incident, error) {
	i, ok, err := d.Incidents.Incident(ctx, id)
	switch {
	case err != nil:
		return i, err
	case !ok:
		return i, fault.New(fault.NotFound, "not-found", "incident")
	case d.Ledger.CheckStamp(&i) != nil:
		return i, fault.New(fault.Denied, "row-forged", "incident")
	}
	return i, nil
}

func (d *Desk) openIncident(ctx context.Context, id pii.RequestID) (Incident, error) {
	i, err := d.readIncident(ctx, id)
	if err == nil && i.State != Suspected {
		err = fault.New(fault.Conflict, "closed", "incident")
	}
	return i, err
}

// incidentItem is the entry of a change of an incident, filed under it and under the
// complaints the change is about.
func incidentItem(i *Incident, what string, cases []pii.RequestID, facts ...proof.Field) ledger.Item {
	refs := []ledger.Ref{caseRef(i.ID)}
	for _, c := range cases {
		refs = append(refs, caseRef(c))
	}
	common := []proof.Field{
		fact("what", what), fact("incident", i.ID.String()), fact("state", string(i.State)),
		fact("complaints", strconv.Itoa(len(i.Cases))),
	}
	return ledger.Item{
		Entry: ledger.Entry{
			Kind: proof.KindIncident, Facts: append(common, facts...), Refs: refs,
			Effects: []ledger.Effect{IncidentPut{Incident: i}},
			Revokes: []string{incidentKey(i.ID)}, // whoever decided on the old row decides again
		},
		Basis: ledger.Basis{Keys: []string{incidentKey(i.ID)}},
	}
}

// sign makes an item somebody's.
func sign(item ledger.Item, a Asked) ledger.Item {
	item.Entry.Actor, item.Entry.Org = a.By.Person.ID, a.By.Org.ID
	item.Basis.Keys = append(item.Basis.Keys, actorKeys(a.By)...)
	item.Actor = actor(a.By)
	return item
}

func joinSigns(signs []Sign) (text string) {
	for n, s := range signs {
		if n > 0 {
			text += ","
		}
		text += string(s)
	}
	return text
}

// ReadIncident reads an incident the ledger made, with its decision if there is one.
func (d *Desk) ReadIncident(ctx context.Context, id pii.RequestID) (Incident, *Decision, error) {
	i, err := d.readIncident(ctx, id)
	if err != nil || i.State != Decided {
		return i, nil, err
	}
	v, ok, err := d.Incidents.Decision(ctx, id)
	if err != nil {
		return i, nil, err
	}
	if !ok || d.Ledger.CheckStamp(&v) != nil {
		return i, nil, fault.New(fault.Denied, "row-forged", "incident")
	}
	return i, &v, nil
}

// incidentHolds says whether an open incident names the subject: as one of those who
// complained, or as affected. A forged row counts.
func (d *Desk) incidentHolds(ctx context.Context, of pii.Ordinal) (bool, error) {
	if d.Incidents == nil {
		return false, nil
	}
	hers, err := d.Incidents.OfSubject(ctx, of)
	if err != nil {
		return false, err
	}
	holds := false
	err = d.eachIncident(ctx, Suspected, func(i *Incident) (more bool, err error) {
		holds, err = d.names(i, of, hers)
		return !holds, err
	})
	return holds, err
}

// names says whether an incident names the subject, whose complaints are hers.
func (d *Desk) names(i *Incident, of pii.Ordinal, hers []Complaint) (bool, error) {
	if slices.ContainsFunc(hers, func(c Complaint) bool { return i.has(c.ID) }) {
		return true, nil
	}
	affected, err := d.affected(i)
	if err != nil {
		return false, err
	}
	return affected.Contains(uint32(of)), nil
}

// eachIncident reads the incidents of a state, or all, page by page, while more is wanted.
func (d *Desk) eachIncident(ctx context.Context, of IncidentState, f func(*Incident) (more bool, err error)) error {
	for at := (IncidentPlace{}); ; {
		page, err := d.Incidents.Incidents(ctx, of, at, incidentsPage)
		if err != nil {
			return err
		}
		for n := range page {
			if more, err := f(&page[n]); err != nil || !more {
				return err
			}
		}
		if len(page) < incidentsPage {
			return nil
		}
		at = page[len(page)-1].Place()
	}
}
