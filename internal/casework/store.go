package casework

import (
	"context"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// State of a complaint: 受理, 办理, 答复, 办结, 重新办理.
type State string

const (
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
	ID        pii.RequestID `json:"id"`
	State     State         `json:"state"`
	Ordinal   pii.Ordinal   `json:"ordinal"`
	FiledAt   time.Time     `json:"filed_at"`
	CalledAt  time.Time     `json:"called_at"`
	Channel   string        `json:"channel"`  // "phone", "sms", "email"
	Known     []pii.Field   `json:"known"`    // what the caller knew
	Caller    []byte        `json:"caller"`   // keyed hash of the caller's number, so that one caller counts once
	Verified  bool          `json:"verified"` // control of the contact was proven
	CodeHash  []byte        `json:"code_hash"`
	Month     string        `json:"month"` // of the record key Sealed is under
	Sealed    []byte        `json:"sealed"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Complaint) StampRow() (string, []byte) { return "complaint", canonical(c) }

// Put inserts or replaces a complaint.
type Put struct{ *Complaint }

// Store keeps complaints. [Put] is an effect.
type Store interface {
	Complaint(ctx context.Context, id pii.RequestID) (Complaint, bool, error)
	// Complaints lists complaints filed in [from, to), by time, at most n.
	Complaints(ctx context.Context, from, to time.Time, n int) ([]Complaint, error)
	// Naming lists complaints that name the subject and are not closed.
	Naming(ctx context.Context, of pii.Ordinal) ([]Complaint, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("casework: a row of plain fields did not encode") // impossible state
	}
	return b
}
