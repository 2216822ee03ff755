package party

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// AskState is where an [Ask] stands.
type AskState string

const (
	AskOpen    AskState = "open"
	AskAllowed AskState = "allowed"
	AskRefused AskState = "refused"
)

// AskLife is how long an ask may wait.
const AskLife = 30 * 24 * time.Hour

// Ask is a change of a person that gives him more than he has, as a file asked for it:
// a longer contract, a higher level, the end of a suspension. It changes nothing until
// a second officer allows it. One person has one ask; a later one takes its place.
type Ask struct {
	Wanted    Person       `json:"wanted"`
	Was       uint64       `json:"was"`  // the entry of the row it was asked about
	File      []byte       `json:"file"` // SHA-256 of the file
	AskedBy   pii.PersonID `json:"asked_by"`
	AskedAt   time.Time    `json:"asked_at"`
	State     AskState     `json:"state"`
	DecidedBy pii.PersonID `json:"decided_by"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (a *Ask) StampRow() (string, []byte) { return "person-ask", canonical(a) }

// RowKey implements [pii.Keyed].
func (a *Ask) RowKey() string { return string(a.Wanted.ID) }

// OpenAt reports whether the ask waits for a decision.
func (a Ask) OpenAt(now time.Time) bool {
	return a.State == AskOpen && now.Before(a.AskedAt.Add(AskLife))
}

// AskPut inserts or replaces an ask.
type AskPut struct{ *Ask }

// AskStore keeps asks.
type AskStore interface {
	// Ask reads a person's ask; ok is false if there is none.
	Ask(ctx context.Context, of pii.PersonID) (Ask, bool, error)
	// Asks lists the open ones by person after the given one, at most n.
	Asks(ctx context.Context, after pii.PersonID, n int) ([]Ask, error)
}
