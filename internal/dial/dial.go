// Package dial uses a number without showing it: it hands what the door opened to
// a carrier, which connects the call, and records what became of it.
//
// Its one invariant: the number goes from the door to the carrier and nowhere
// else; the caller gets a call id, and no error, log or URL holds more. The call
// id is the disclosure id. The switch behind the carrier does see numbers: it is
// a recipient of kind entrusted, and the server registers its organisation row
// under the id [SwitchOrg]. Whether a call may be made is for door, not decided
// here.
package dial

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// SwitchOrg is the organisation the switch belongs to.
const SwitchOrg pii.OrgID = "switch"

// A call must be handed over within handOver, so that a withdrawal does not wait
// long for it; the switch must have begun it within ringBy, or leave it.
const (
	handOver = 4 * time.Second
	ringBy   = 30 * time.Second
)

// Call is what a carrier is asked to connect.
type Call struct {
	ID       pii.RequestID // the disclosure id; a repeat is the same call
	Agent    pii.PersonID  // whom to connect; the switch knows the extension
	Number   pii.Value
	Deadline time.Time // the call may not begin after it
}

// Carrier connects calls. It is safe for concurrent use.
type Carrier interface {
	// Place hands a call over and returns the switch's own reference. It does not
	// keep the number. A call id handed over before is not called again, so that
	// Place may be repeated when it is not known whether it succeeded. Its error is
	// a [Class]; whether the call was placed is then not known.
	Place(ctx context.Context, c Call) (ref string, err error)
}

// Class says why a call was not confirmed. It names no address and no value.
type Class string

// The classes.
const (
	Unreachable Class = "the switch was not reached"
	Late        Class = "the switch did not answer in time"
	Untrusted   Class = "the switch's certificate is not the one expected"
	Refused     Class = "the switch refused the request"
	Garbled     Class = "the switch's answer was malformed or too long"
	Failed      Class = "the call could not be handed over"
)

func (c Class) Error() string { return string(c) }

// Dialer places calls and records their outcomes. It is safe for concurrent use.
type Dialer struct {
	Door    *door.Door
	Ledger  *ledger.Ledger
	Carrier Carrier
	Clock   func() time.Time
	Rand    io.Reader

	outcomes sync.Mutex // held from looking up what is recorded to recording the rest
}

// Request asks for one call.
type Request struct {
	ID      pii.RequestID
	Hash    []byte // of the request, if it may be retried; nil otherwise
	Subject pii.SubjectID
	Purpose pii.Purpose
	Work    pii.RequestID
}

// Placed is the answer to a request. A refusal is an answer too: Result is then
// not shown and carries the door's reasons. It never holds a value.
type Placed struct {
	CallID pii.RequestID
	Entry  uint64
	At     time.Time
	Result door.Result
}

// Call places a call to one subject for the agent who asks, if the door allows it.
//
// If the carrier does not confirm it, the error is Unavailable "call-unconfirmed"
// and Placed names the call all the same: its entry stays, and counts. The same
// request may be repeated: the switch knows the call id and does not call twice.
func (d *Dialer) Call(ctx context.Context, p party.Principal, r Request) (Placed, error) {
	answer, err := d.Door.Use(ctx, p, door.Request{
		ID: r.ID, Hash: r.Hash, Verb: pii.Dial, Form: pii.Relay, Fields: []pii.Field{pii.Phone},
		Purpose: r.Purpose, Work: r.Work, Subjects: []pii.SubjectID{r.Subject},
	}, func(ctx context.Context, a door.Answer, values map[pii.Field]pii.Value) error {
		return d.place(ctx, Call{ID: a.ID, Agent: p.Person.ID, Number: values[pii.Phone]})
	})
	placed := Placed{CallID: answer.ID, Entry: answer.Entry, At: answer.At}
	if len(answer.Results) == 1 {
		placed.Result = answer.Results[0]
	}
	return placed, err
}

// place hands the call over. The switch's reference ends here: it is the switch's
// to choose, and might be made of the number.
func (d *Dialer) place(ctx context.Context, c Call) error {
	if c.Number.IsEmpty() {
		return fault.New(fault.Conflict, "no-number", "")
	}
	c.Deadline = d.Clock().Add(ringBy)
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	if _, err := d.Carrier.Place(ctx, c); err != nil {
		return fault.Wrap(fault.Unavailable, "call-unconfirmed", classOf(err))
	}
	return nil
}

// classOf keeps of a carrier's error only its class: its text is another's.
func classOf(err error) Class {
	var c Class
	if errors.As(err, &c) {
		return c
	}
	return Failed
}
