package casework

import (
	"context"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// State of a complaint: 受理, 办理, 答复, 办结, 重新办理. Before them: one that a
// handler took down does not count as filed until its contact confirmed it.
type State string

const (
	Unconfirmed State = "unconfirmed" // 待本人确认

	Accepted   State = "accepted"
	InHandling State = "in-handling"
	Replied    State = "replied"
	Closed     State = "closed"
	Reopened   State = "reopened"
)

// Complaint is a filed complaint. Its id is the request id of the entry that
// filed it. Ordinal is the dummy if the contact is nobody's we know; what the
// complainant wrote is in Sealed, under the record key.
type Complaint struct {
	ID       pii.RequestID `json:"id"`
	State    State         `json:"state"`
	Ordinal  pii.Ordinal   `json:"ordinal"`
	FiledAt  time.Time     `json:"filed_at"`
	CalledAt time.Time     `json:"called_at"`
	Channel  string        `json:"channel"`  // "phone", "sms", "email"
	Known    []pii.Field   `json:"known"`    // what the caller knew
	Caller   []byte        `json:"caller"`   // keyed hash of the caller's number, so that one caller counts once
	Verified bool          `json:"verified"` // control of the contact was proven
	CodeHash []byte        `json:"code_hash"`
	Month    string        `json:"month"` // of the record key Sealed is under
	Sealed   []byte        `json:"sealed"`

	TakenBy     pii.PersonID `json:"taken_by"`     // the handler who took it down; empty: she filed it herself
	Due         time.Time    `json:"due"`          // when an answer is due
	SilentUntil time.Time    `json:"silent_until"` // before it no second officer closes; zero: there is no reply
	EscalatedAt time.Time    `json:"escalated_at"` // she contested; assignments from before do not count any more
	Script      []byte       `json:"script"`       // a keyed sketch of what was said, to compare with others'

	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Complaint) StampRow() (string, []byte) { return "complaint", canonical(c) }

// RowKey implements [pii.Keyed].
func (c *Complaint) RowKey() string { return c.ID.String() }

// Put inserts or replaces a complaint.
type Put struct{ *Complaint }

// OneTime is a one-time code that was sent to a contact. Ordinal is the dummy if
// the contact is nobody's: that code was sent to nobody.
type OneTime struct {
	ID        pii.RequestID `json:"id"`
	Use       Use           `json:"use"`
	Case      pii.RequestID `json:"case"` // the complaint it confirms; zero: none
	Ordinal   pii.Ordinal   `json:"ordinal"`
	Field     pii.Field     `json:"field"`
	Hash      []byte        `json:"hash"` // keyed: six digits are soon guessed
	SentAt    time.Time     `json:"sent_at"`
	Until     time.Time     `json:"until"`
	Used      bool          `json:"used"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (o *OneTime) StampRow() (string, []byte) { return "one-time", canonical(o) }

// RowKey implements [pii.Keyed].
func (o *OneTime) RowKey() string { return o.ID.String() }

// OneTimePut inserts or replaces a one-time code.
type OneTimePut struct{ *OneTime }

// Closing says on whose word a complaint was closed. The database closes none
// without one.
type Closing struct {
	Case      pii.RequestID `json:"case"`
	Code      pii.RequestID `json:"code"`    // the one-time code she answered; zero: an officer closed
	Officer   pii.PersonID  `json:"officer"` // empty: she closed
	Notice    uint64        `json:"notice"`  // the entry of the message that told her how to contest; 0: she closed
	At        time.Time     `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Closing) StampRow() (string, []byte) { return "complaint-closing", canonical(c) }

// RowKey implements [pii.Keyed].
func (c *Closing) RowKey() string { return c.Case.String() }

// ClosingPut inserts a closing; it goes before the complaint's own [Put].
type ClosingPut struct{ *Closing }

// Handled notes that a person handled a complaint or chose its handler.
type Handled struct {
	Case   pii.RequestID
	Person pii.PersonID
}

// Store keeps complaints. [Put], [OneTimePut], [ClosingPut] and [Handled] are effects.
type Store interface {
	Complaint(ctx context.Context, id pii.RequestID) (Complaint, bool, error)
	// ByCode finds the complaint whose follow-up code has the hash.
	ByCode(ctx context.Context, hash []byte) (Complaint, bool, error)
	OneTime(ctx context.Context, id pii.RequestID) (OneTime, bool, error)
	// Complaints lists complaints filed in [from, to), by time, at most n.
	Complaints(ctx context.Context, from, to time.Time, n int) ([]Complaint, error)
	// Naming lists complaints that name the subject and are filed and not closed.
	Naming(ctx context.Context, of pii.Ordinal) ([]Complaint, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("casework: a row of plain fields did not encode") // impossible state
	}
	return b
}
