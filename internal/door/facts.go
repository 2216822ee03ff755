package door

import (
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// Matter is what the facts about a request are made of. The door fills it from the
// rows of now; who asks about a day past, from the rows the ledger states.
type Matter struct {
	At     time.Time
	Person party.Person
	Org    party.Org
	StepUp time.Time      // when a passkey last verified him
	Work   grant.WorkItem // the zero item: none
	Sheet  grant.Sheet    // of the purpose asked for; the zero sheet: none
	Schema pii.Schema
}

// Facts are those that do not depend on the subject.
func (m Matter) Facts(r Request) policy.Facts {
	f := policy.Facts{
		Verb: r.Verb, Form: r.Form, Fields: policy.FieldsOf(r.Fields...), Purpose: r.Purpose,
		Principal: m.principal(),
		Work: policy.Work{
			Open:     m.Work.OpenAt(m.At) && m.Work.Purpose == r.Purpose,
			Assigned: m.Work.Assignee == m.Person.ID && m.Work.Recipient == m.Org.ID,
			Kind:     string(m.Work.Kind), SelfMade: !m.Work.ID.IsZero() && m.Work.IsSelfMade(), Approved: m.Work.IsApproved(),
			Frozen: m.Work.Frozen, FreshDue: !m.Work.FreshSince.IsZero() && !m.StepUp.After(m.Work.FreshSince),
		},
		Agreement: policy.Agreement{
			Live: m.Org.Agreement.LiveAt(m.At), Assessed: m.Org.Assessment.Done(), Covers: m.Org.Agreement.Covers(r.Purpose, r.Fields...),
		},
		Transfer: policy.Transfer{Home: !m.Org.Abroad(), Basis: m.Org.TransferAt(m.At)},
	}
	f = UnderSheet(f, m.Sheet, m.Work, r.Fields)
	for _, field := range r.Fields {
		spec, _ := m.Schema.Spec(field)
		f.Sensitive = f.Sensitive || spec.Sensitive
		f.Level = max(f.Level, spec.Level)
	}
	return f
}

// UnderSheet says in the facts what a purpose sheet answers; the zero sheet, that there
// is none. Who tries another sheet on a request past asks it of the facts recorded then.
func UnderSheet(f policy.Facts, s grant.Sheet, w grant.WorkItem, fields []pii.Field) policy.Facts {
	f.Sheet.Marketing = s.Marketing
	f.Sheet.Holder = s.Purpose != "" && s.Holders.Holds(f.Principal.Kind, f.Principal.Post, f.Principal.Org)
	f.Sheet.OtherBasis = s.Purpose != "" && !s.OnConsent()
	f.Sheet.Covers, f.Sheet.Highest = sheetAnswer(s, w, fields)
	f.Subject.OptedOut = s.Marketing && f.Subject.OptedOut
	return f
}

func (m Matter) principal() policy.Principal {
	return policy.Principal{
		ID: m.Person.ID, Org: m.Org.ID, Kind: string(m.Person.Kind), OrgKind: string(m.Org.Kind),
		ContractOpen:  m.Person.OpenAt(m.At),
		TrainingValid: m.At.Before(m.Person.TrainedUntil),
		StepUp:        party.Principal{StepUp: m.StepUp}.SteppedUp(m.At),
		Suspended:     m.Person.Suspended || m.Org.Suspended,
		Post:          m.Person.Post, Level: m.Person.Level,
	}
}

// Bearing is how one subject stands to a matter.
type Bearing struct {
	Covered  bool // by the work item
	Consent  bool // live separate consent for the purpose, and for [Matter.ConsentTo]
	OptedOut bool
	Stored   time.Time
	Held     bool
	Erased   bool
}

// About adds to the facts of a matter what is true of one subject. Of somebody
// whom the work item does not cover nothing is said.
func (m Matter) About(f policy.Facts, r Request, b Bearing) policy.Facts {
	f.Work.Open = f.Work.Open && b.Covered
	if b.Covered {
		f.Subject = policy.Subject{
			Consent: b.Consent, OptedOut: f.Sheet.Marketing && b.OptedOut,
			Retained: m.retained(r.Fields, b.Stored), Held: b.Held, Erased: b.Erased,
		}
	}
	return f
}

// NeedsConsent reports whether the facts say anything of consent: it is looked for
// where the recipient handles for itself, or abroad, and where a purpose that rests on
// consent asks for sensitive information.
func (m Matter) NeedsConsent(fields []pii.Field) bool {
	if m.forItself() {
		return true
	}
	return m.Sheet.OnConsent() && slices.ContainsFunc(fields, func(f pii.Field) bool {
		spec, _ := m.Schema.Spec(f)
		return spec.Sensitive
	})
}

// ConsentTo is the recipient whose consent is looked for: what the company's own staff
// or an entrusted party handles, the company does.
func (m Matter) ConsentTo() pii.OrgID {
	if m.forItself() {
		return m.Org.ID
	}
	return pii.Own
}

func (m Matter) forItself() bool { return m.Org.Kind == party.Handler || m.Org.Abroad() }

// retained reports whether every field is still within its retention, counted from
// when the subject was stored.
func (m Matter) retained(fields []pii.Field, stored time.Time) bool {
	for _, f := range fields {
		if f == pii.Note { // kept as long as she is
			continue
		}
		spec, ok := m.Schema.Spec(f)
		if !ok || spec.Days > 0 && !m.At.Before(stored.AddDate(0, 0, spec.Days)) {
			return false
		}
	}
	return true
}

// sheetAnswer says whether the sheet names every field, and the highest form it
// allows for all of them. An exception allows what it names and no more than the sheet.
func sheetAnswer(s grant.Sheet, w grant.WorkItem, fields []pii.Field) (covers bool, highest pii.Form) {
	covers, highest = s.Answer(fields)
	if w.IsException() {
		highest = min(highest, w.Highest)
		covers = covers && !slices.ContainsFunc(fields, func(f pii.Field) bool { return !slices.Contains(w.Fields, f) })
	}
	return covers, highest
}
