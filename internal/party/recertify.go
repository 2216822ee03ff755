package party

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Round is one recertification (权限复核): until Due everybody who holds something is
// confirmed by his manager or an officer. Who is not by then is suspended.
type Round struct {
	ID        pii.RequestID `json:"id"`
	OpenedBy  pii.PersonID  `json:"opened_by"`
	OpenedAt  time.Time     `json:"opened_at"`
	Due       time.Time     `json:"due"`
	Every     int           `json:"every"` // days after which the next one opens by itself; 0: none does
	Closed    bool          `json:"closed"`
	Lapsed    int           `json:"lapsed"` // how many were not confirmed in time
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (r *Round) StampRow() (string, []byte) { return "recertification", canonical(r) }

// RowKey implements [pii.Keyed].
func (r *Round) RowKey() string { return r.ID.String() }

// OpenAt reports whether people can be confirmed at t.
func (r Round) OpenAt(t time.Time) bool { return !r.Closed && t.Before(r.Due) }

// Asks reports whether the round asks about the person at t: who works then, and began
// before the round. Officers are listed and not asked about: with no officer nobody
// could lift a suspension.
func (r Round) Asks(p Person, t time.Time) bool {
	return p.Kind != Officer && !p.Suspended && p.OpenAt(t) && !p.ContractFrom.After(r.OpenedAt)
}

// Confirmation is a manager's or an officer's word about one person in a round.
type Confirmation struct {
	Round     pii.RequestID `json:"round"`
	Person    pii.PersonID  `json:"person"`
	By        pii.PersonID  `json:"by"`
	At        time.Time     `json:"at"`
	Keep      bool          `json:"keep"` // false: what he held was ended
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Confirmation) StampRow() (string, []byte) { return "confirmation", canonical(c) }

// RowKey implements [pii.Keyed].
func (c *Confirmation) RowKey() string { return c.Round.String() + "|" + string(c.Person) }

// RoundPut inserts or replaces a round; ConfirmationPut a confirmation.
type (
	RoundPut        struct{ *Round }
	ConfirmationPut struct{ *Confirmation }
)

// RoundStore keeps recertifications.
type RoundStore interface {
	// Round reads a round; ok is false if there is none.
	Round(ctx context.Context, id pii.RequestID) (Round, bool, error)
	// Rounds lists rounds, the newest first, at most n.
	Rounds(ctx context.Context, n int) ([]Round, error)
	// Confirmations lists a round's by person after the given one, at most n.
	Confirmations(ctx context.Context, of pii.RequestID, after pii.PersonID, n int) ([]Confirmation, error)
	// Confirmed reads the confirmation of one person in a round.
	Confirmed(ctx context.Context, of pii.RequestID, person pii.PersonID) (Confirmation, bool, error)
}
