// Package casework takes complaints in and moves them from state to state.
//
// Its one invariant: a complaint is closed by its complainant, with a one-time code
// answered from the contact that complained, or, when she was silent for long
// enough, by an officer who never touched it, with a reason and the way to appeal
// sent to her; never by its handler. Complaints that belong together are a suspected
// incident, which only an officer's signed decision closes. Whether the contact she
// named is one of ours changes neither the answer nor the size of the entry. It does
// not trace, and opens nothing but what complainants and handlers wrote.
package casework

import (
	"context"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/law"
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
	// ID is the id of a subject; of the dummy it is the dummy's.
	ID(ctx context.Context, of pii.Ordinal) (pii.SubjectID, error)
}

// Numbers is the register of numbers and addresses of our own people and partners.
type Numbers interface {
	// Registered lists whose it was at a time. tag is the Sealer's fingerprint of
	// the number's caller key.
	Registered(ctx context.Context, tag []byte, at time.Time) ([]pii.OrgID, error)
}

// Sealer seals what complainants and handlers write under the ledger's record key
// of the month, so that it lives as long as the entries about it.
type Sealer interface {
	Seal(now time.Time, context, plaintext []byte) (sealed []byte, month string, err error)
	Open(context, sealed []byte) ([]byte, error)
	// Fingerprint is a keyed hash: equal for equal values, useless without the key.
	Fingerprint(v pii.Value) []byte
}

// Limits are how many complaints one source may file, and how many one-time codes
// may be asked for by one source, sent to one contact, and sent altogether.
type Limits struct {
	Minute, Day           int64
	CodeMinute, CodeDay   int64 // of one source
	ContactDay, AllDay    int64
	AttachmentBytesSource int64 // of one source, a day
}

// DefaultLimits let an office behind one address complain, and no script.
var DefaultLimits = Limits{
	Minute: 10, Day: 100, CodeMinute: 6, CodeDay: 60, ContactDay: 6, AllDay: 20_000, AttachmentBytesSource: 200 << 20,
}

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
	Rand   io.Reader
	Clocks law.Clocks // what the company set itself

	// Parts that may be missing. Without a courier no code is sent, and so nothing is
	// confirmed; it needs an outbox. Without a register of numbers no caller is looked up in it.
	Courier Courier
	Relay   Relay
	Outbox  Outbox
	Passing Passing
	Appeals Appeals // nil: nobody appeals
	Numbers Numbers
	Cabinet Cabinet
	// Incidents keeps suspected incidents, and Runs are the traces they rest on.
	Incidents IncidentStore
	Runs      Runs
	Address   string // of the pages for outsiders, as messages name it

	// Failed counts a wrong code of a source; package authn has it.
	Failed func(ctx context.Context, source string)
}

// Desk takes complaints in and moves them. It is safe for concurrent use.
type Desk struct {
	Config
	posted chan struct{} // something was put into the outbox
	apart  apart
}

// New makes a Desk.
func New(c Config) *Desk { return &Desk{Config: c, posted: make(chan struct{}, 1)} }

// length is how long a clock runs for an event of a day.
func (d *Desk) length(clock string, on time.Time) time.Duration {
	k, _ := d.Clocks.On(clock, on)
	return k.Length
}

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

// Held says whether an open complaint or incident names the subject: she is not erased
// while one does. A forged row counts as one.
func (d *Desk) Held(ctx context.Context, of pii.Ordinal) (bool, error) {
	open, err := d.Store.Naming(ctx, of)
	if err != nil || len(open) > 0 {
		return len(open) > 0, err
	}
	if held, err := d.appealHolds(ctx, of); held || err != nil {
		return held, err
	}
	return d.incidentHolds(ctx, of)
}

// Open reports whether there is such a complaint or incident, and it is not closed.
func (d *Desk) Open(ctx context.Context, id pii.RequestID) (bool, error) {
	c, ok, err := d.complaint(ctx, id)
	if err != nil || ok || d.Incidents == nil {
		return ok && c.State != Closed && c.State != Unconfirmed, err
	}
	i, ok, err := d.Incidents.Incident(ctx, id)
	return ok && i.State == Suspected && d.Ledger.CheckStamp(&i) == nil, err
}

// entry is the entry of a step of a complaint. Nothing in it depends on whether
// its subject is known: the row is committed to by a hash, the subject is in the
// row alone.
func entry(c *Complaint, did event, facts ...proof.Field) ledger.Entry {
	common := []proof.Field{fact("what", string(did)), fact("state", string(c.State)), fact("case", c.ID.String())}
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
