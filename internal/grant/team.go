package grant

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Load is how much open work a person has.
type Load struct {
	Assignee pii.PersonID
	Items    int
	Subjects int
}

// Tally counts the customers of a person's work items with an outcome.
type Tally struct {
	Assignee pii.PersonID
	Result   string
	Subjects int
}

// TeamStore counts work for those who assign it. Counts decide nothing, so no row is
// checked for its stamp.
type TeamStore interface {
	// Reports lists the ids of whom a person manages, by id after the given one, at most n.
	Reports(ctx context.Context, manager, after pii.PersonID, n int) ([]pii.PersonID, error)
	// Loads counts the open work of people at a time.
	Loads(ctx context.Context, of []pii.PersonID, at time.Time) ([]Load, error)
	// Tallies counts outcomes of work that was opened since.
	Tallies(ctx context.Context, of []pii.PersonID, since time.Time) ([]Tally, error)
}
