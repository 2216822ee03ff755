// Package casework takes complaints in and moves them from state to state.
//
// Its one invariant: a complaint is closed by its complainant, with the code she
// was given, or by an officer who never touched it, with a reason and an appeal
// window; never by its handler. Whether the contact she named is one of ours
// changes neither the answer nor the size of the entry. It does not trace, and
// opens nothing but what complainants and handlers wrote.
package casework

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Finder finds whose contact a value is.
type Finder interface {
	// Contact returns whose value it is; the dummy if it is nobody's, or not one
	// person's alone. Its steps are the same either way. v is normalised.
	Contact(ctx context.Context, f pii.Field, v pii.Value) (pii.Ordinal, error)
}

// Sealer seals what complainants and handlers write under the ledger's record key
// of the month, so that it lives as long as the entries about it.
type Sealer interface {
	Seal(now time.Time, context, plaintext []byte) (sealed []byte, month string, err error)
	Open(context, sealed []byte) ([]byte, error)
	// Fingerprint is a keyed hash: equal for equal values, useless without the key.
	Fingerprint(v pii.Value) []byte
}

// Limits are how many complaints one source may file.
type Limits struct{ Minute, Day int64 }

// DefaultLimits let an office behind one address complain, and no script.
var DefaultLimits = Limits{Minute: 10, Day: 100}

// Config is what a Desk is made of.
type Config struct {
	Store  Store
	People party.Store
	Work   grant.Store
	Finder Finder
	Sealer Sealer
	Schema pii.Schema
	Limits Limits
	Ledger *ledger.Ledger
	Clock  func() time.Time
	// Failed counts a wrong code of a source; package authn has it.
	Failed func(ctx context.Context, source string)
}

// Desk takes complaints in and moves them. It is safe for concurrent use.
type Desk struct{ Config }

// New makes a Desk.
func New(c Config) *Desk { return &Desk{c} }

// now is the time as rows keep it: whole microseconds of UTC.
func (d *Desk) now() time.Time { return d.Clock().UTC().Truncate(time.Microsecond) }

// Complaint reads a complaint the ledger made.
func (d *Desk) complaint(ctx context.Context, id pii.RequestID) (Complaint, bool, error) {
	c, ok, err := d.Store.Complaint(ctx, id)
	if err != nil || !ok {
		return Complaint{}, false, err
	}
	if d.Ledger.CheckStamp(&c) != nil {
		return Complaint{}, false, fault.New(fault.Denied, "row-forged", "complaint")
	}
	return c, true, nil
}

// Held says whether an open complaint names the subject: she is not erased while
// one does. A forged row counts as one.
func (d *Desk) Held(ctx context.Context, of pii.Ordinal) (bool, error) {
	open, err := d.Store.Naming(ctx, of)
	return len(open) > 0, err
}

// Open reports whether there is such a complaint, and it is not closed.
func (d *Desk) Open(ctx context.Context, id pii.RequestID) (bool, error) {
	c, ok, err := d.complaint(ctx, id)
	return ok && c.State != Closed, err
}

// entry is the entry of a step of a complaint. Nothing in it depends on whether
// its subject is known: the row is committed to by a hash, the subject is in the
// row alone.
func entry(c *Complaint, did event, facts ...proof.Field) ledger.Entry {
	common := []proof.Field{fact("what", string(did)), fact("state", string(c.State)), fact("case", c.ID.String()), ledger.RowFact(c)}
	return ledger.Entry{
		Kind:    proof.KindComplaint,
		Facts:   append(common, facts...),
		Refs:    []ledger.Ref{caseRef(c.ID)},
		Effects: []ledger.Effect{Put{Complaint: c}},
	}
}

func caseRef(id pii.RequestID) ledger.Ref {
	return ledger.Ref{Kind: ledger.RefCase, Key: append([]byte(nil), id[:]...)}
}

func fact(name, value string) proof.Field { return proof.Field{Name: name, Value: value} }

func invalid(where string) error { return fault.New(fault.Invalid, "bad-request", where) }
func notYours() error            { return fault.New(fault.Denied, "not-yours", "") }
