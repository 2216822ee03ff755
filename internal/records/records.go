// Package records does what may be asked of the record itself: that entries drawn
// at random are opened for an auditor, and that a person is forgotten when her
// record's time is over.
//
// Its one invariant: nothing is shown, and no key is destroyed, before a durable
// entry says so and names who spent which codes on it. It opens no field values and
// decides nothing about disclosures.
package records

import (
	"context"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// RetentionYears is how long a person's record is kept after its last entry.
const RetentionYears = 3

// Approval is a person who spent a one-time code on the act. The code is used up by
// the entry that carries the effect.
type Approval struct {
	Person party.Person
	Effect ledger.Effect
	Keys   []string // what the person's power rests on
}

// Subject is a person as the record knows her.
type Subject struct {
	ledger.Subject
	ID         pii.SubjectID
	Commitment proof.Hash // of her record key
	Erased     bool
}

// Subjects finds people and buries them.
type Subjects interface {
	// Find finds a person; ok is false if there is none, or she was forgotten.
	Find(ctx context.Context, id pii.SubjectID) (s Subject, ok bool, err error)
	// IDs are the public ids of the ordinals that still belong to somebody.
	IDs(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]pii.SubjectID, error)
	// Bury destroys her record key, what ties her ordinal to her id, and their
	// traces in the database's files. It may be repeated.
	Bury(ctx context.Context, id pii.SubjectID, o pii.Ordinal) error
}

// Holds says whether an open complaint, incident or trace names a person.
type Holds interface {
	Held(ctx context.Context, of pii.Ordinal) (bool, error)
}

// Config is what a Keeper is made of.
type Config struct {
	Ledger   *ledger.Ledger
	Subjects Subjects
	Holds    Holds
	Clock    func() time.Time
	Rand     io.Reader
}

// Keeper keeps the record. It is safe for concurrent use.
type Keeper struct{ Config }

// New makes a Keeper.
func New(c Config) *Keeper { return &Keeper{c} }

func fact(name, value string) proof.Field { return proof.Field{Name: name, Value: value} }
