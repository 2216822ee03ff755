package grant

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// ExceptionState is where an exception stands.
type ExceptionState string

const (
	ExceptionAsked    ExceptionState = "asked"
	ExceptionSeconded ExceptionState = "seconded" // one of the two approvals that bulk needs
	ExceptionOpen     ExceptionState = "open"     // its work item was opened
	ExceptionRefused  ExceptionState = "refused"
)

// Limits of exceptions.
const (
	// BulkSubjects is from how many subjects on an exception needs two approvals.
	BulkSubjects = 50
	// LongestException is how long one may last.
	LongestException = 7 * 24 * time.Hour
	// MostPerSubject bounds an exception's budget: showings per subject.
	MostPerSubject = 3

	// Break-glass is for a few subjects and a short time, and is reviewed within a day.
	BreakGlassSubjects = 5
	BreakGlassLongest  = time.Hour
	ReviewWithin       = 24 * time.Hour
	// MostUnreviewed is how many emergencies of one person may wait for their review.
	MostUnreviewed = 3
)

// ExceptionReasons are why an exception may be asked for: a word of the company's own
// is no reason.
var ExceptionReasons = []string{"carrier-down", "person-asked", "identity-check", "delivery", "dispute", "legal-request"}

// BreakGlassReasons are what counts as an emergency.
var BreakGlassReasons = []string{"danger-to-life", "fraud-under-way", "security-incident", "legal-deadline", "assignment-down"}

// Exception allows one person for a time what his work alone does not: some fields of
// some subjects in a form, so many times, within the purpose sheet and the base rules.
// Once open it is a work item of the same id, which the door rests on.
type Exception struct {
	ID          pii.RequestID  `json:"id"`
	Kind        WorkKind       `json:"kind"` // [ExceptionWork] or [BreakGlassWork]
	State       ExceptionState `json:"state"`
	Work        pii.RequestID  `json:"work"` // the work item it rests on; none for break-glass
	Purpose     pii.Purpose    `json:"purpose"`
	Fields      []pii.Field    `json:"fields"`
	Highest     pii.Form       `json:"highest"`
	Reason      string         `json:"reason"`
	AskedBy     pii.PersonID   `json:"asked_by"`
	Beneficiary pii.PersonID   `json:"beneficiary"`
	Recipient   pii.OrgID      `json:"recipient"`
	AskedAt     time.Time      `json:"asked_at"`
	Until       time.Time      `json:"until"`
	Budget      int64          `json:"budget"`
	Of          []pii.Ordinal  `json:"of"`
	FirstBy     pii.PersonID   `json:"first_by"`  // who approved, or refused
	SecondBy    pii.PersonID   `json:"second_by"` // of bulk
	ReviewedBy  pii.PersonID   `json:"reviewed_by"`
	ReviewedAt  time.Time      `json:"reviewed_at"`
	Justified   bool           `json:"justified"`
	pii.Stamp   `json:"-"`
}

// RowKey implements [pii.Keyed].
func (e *Exception) RowKey() string { return e.ID.String() }

// StampRow implements [pii.Stamped].
func (e *Exception) StampRow() (string, []byte) { return "exception", canonical(e) }

// IsBulk reports whether two persons must approve it.
func (e Exception) IsBulk() bool { return len(e.Of) >= BulkSubjects }

// Unreviewed reports whether it is an emergency that nobody reviewed.
func (e Exception) Unreviewed() bool { return e.Kind == BreakGlassWork && e.ReviewedBy == "" }

// Overdue reports whether its review is late at t.
func (e Exception) Overdue(t time.Time) bool {
	return e.Unreviewed() && t.After(e.AskedAt.Add(ReviewWithin))
}

// Item is the work item that the exception opens.
func (e Exception) Item(openedBy pii.PersonID, at time.Time) Opened {
	members := make([]*Member, len(e.Of))
	for i, o := range e.Of {
		members[i] = &Member{Ordinal: o, Item: e.ID}
	}
	return Opened{Members: members, WorkItem: &WorkItem{
		ID: e.ID, Kind: e.Kind, Purpose: e.Purpose, Assignee: e.Beneficiary, Recipient: e.Recipient, OpenedBy: openedBy,
		OpenedAt: at, Until: e.Until, Subjects: len(e.Of), Digest: Digest(e.Of), AskedBy: e.AskedBy,
		Fields: slices.Clone(e.Fields), Highest: e.Highest, Budget: e.Budget,
	}}
}

// ExceptionPut inserts or replaces an exception.
type ExceptionPut struct{ *Exception }

// ExceptionStore keeps exceptions. [ExceptionPut] is an effect.
type ExceptionStore interface {
	// Exception reads an exception; ok is false if there is none.
	Exception(ctx context.Context, id pii.RequestID) (Exception, bool, error)
	// Exceptions lists them newest first, at most n.
	Exceptions(ctx context.Context, n int) ([]Exception, error)
	// Emergencies lists a person's break-glass that nobody reviewed.
	Emergencies(ctx context.Context, of pii.PersonID) ([]Exception, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("grant: a row of plain fields did not encode") // impossible state
	}
	return b
}
