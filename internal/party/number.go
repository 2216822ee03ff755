package party

import (
	"context"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Number is a number an organisation calls from, while it is its. Small firms call
// from telephones that are somebody's own, so the number is not kept: Tag is the
// keyed hash of [pii.CallerKey], as complaints keep of their callers.
type Number struct {
	Org       pii.OrgID `json:"org"`
	Tag       []byte    `json:"tag"`
	Tail      string    `json:"tail"` // its last four digits
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"` // zero: until further notice
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (n *Number) StampRow() (string, []byte) { return "org-number", canonical(n) }

// RowKey implements [pii.Keyed].
func (n *Number) RowKey() string { return fmt.Sprintf("%s|%x|%d", n.Org, n.Tag, n.From.UnixMicro()) }

// At reports whether the number was the organisation's at t.
func (n Number) At(t time.Time) bool {
	return !t.Before(n.From) && (n.Until.IsZero() || t.Before(n.Until))
}

// NumberPut inserts or replaces a number: one organisation, tag and start are one row.
type NumberPut struct{ *Number }

// NumberStore keeps calling numbers.
type NumberStore interface {
	// NumbersByTag lists the rows of a number, of whatever organisation.
	NumbersByTag(ctx context.Context, tag []byte) ([]Number, error)
	// Numbers lists an organisation's numbers by start and tag, at most n.
	Numbers(ctx context.Context, of pii.OrgID, n int) ([]Number, error)
}

// WhoseNumber lists whose number it was at a time: one organisation's, as a rule;
// several, if more than one declared it. Rows that check refuses, as the ledger's
// CheckStamp does with what it did not make, are nobody's.
func WhoseNumber(ctx context.Context, store NumberStore, check func(pii.Stamped) error, tag []byte, at time.Time) ([]Number, error) {
	rows, err := store.NumbersByTag(ctx, tag)
	if err != nil {
		return nil, err
	}
	var whose []Number
	for i := range rows {
		if rows[i].At(at) && check(&rows[i]) == nil {
			whose = append(whose, rows[i])
		}
	}
	return whose, nil
}
