package casework

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Waiting is a message that waits to be sent. It is written in the transaction of the
// entry that says it was asked for, so that a crash after the answer loses nothing.
// Sealed is as long for every message, and opens no more once the period key it is
// under is gone.
type Waiting struct {
	ID     pii.RequestID
	Next   time.Time // when it is tried, or tried again
	Tries  int
	Sealed []byte
}

// Posted inserts or replaces a message that waits.
type Posted struct{ *Waiting }

// Unposted removes one that waits no more.
type Unposted struct{ ID pii.RequestID }

// Outbox keeps messages that wait. [Posted] and [Unposted] are effects. Nothing in it
// gives power: a row that the key ring did not seal is never sent.
type Outbox interface {
	// Due lists those whose time to be tried has come, the oldest first, at most n.
	Due(ctx context.Context, now time.Time, n int) ([]Waiting, error)
	// PutOff counts a try and sets the time of the next; false if another process did.
	PutOff(ctx context.Context, w Waiting, next time.Time) (bool, error)
	// RemoveWaiting removes one that was sent.
	RemoveWaiting(ctx context.Context, id pii.RequestID) error
}

// Passing seals what lives for hours. The key ring implements it.
type Passing interface {
	SealPassing(now time.Time, context, plaintext []byte) ([]byte, error)
	OpenPassing(context, sealed []byte) ([]byte, error)
}

// A message is tried again until its life is over: a code's is the code's own, a
// notice's noticeLife. After a failure it waits, each time twice as long. The first
// pause is longer than handing over takes, so that nobody else tries meanwhile.
const (
	noticeLife  = 24 * time.Hour
	firstPause  = 20 * time.Second
	longestWait = time.Hour
	lookEvery   = 5 * time.Second
	dueAtOnce   = 64
	handsFull   = 8 // messages that are handed over at a time
)

func pause(tries int) time.Duration {
	return min(firstPause<<min(tries, 16), longestWait)
}

// parcel is a message that waits, opened. Whom a code is for is found out by the one
// who delivers, so that asking takes as long for everybody.
type parcel struct {
	id      pii.RequestID
	use     Use
	channel string
	to      pii.Value     // what she typed; empty: the contact of the complaint
	of      pii.RequestID // the complaint; zero: none
	until   time.Time     // after it the message is dropped

	// Once its entry is written: the request id of that, and the code, if it has one.
	sent   pii.RequestID
	digits string
}

// packed is a parcel as it is sealed: JSON, filled with spaces to parcelBlock.
type packed struct {
	Use     Use           `json:"use"`
	Channel string        `json:"channel"`
	To      string        `json:"to"`
	Of      pii.RequestID `json:"of"`
	Until   time.Time     `json:"until"`
	Sent    pii.RequestID `json:"sent"`
	Digits  string        `json:"digits"`
}

const parcelBlock = 1024

func parcelContext(id pii.RequestID) []byte { return append([]byte("message|"), id[:]...) }

// post is the effect that queues a parcel, to be tried at next.
func (d *Desk) post(p parcel, next time.Time, tries int) (Posted, error) {
	plain, err := json.Marshal(packed{p.use, p.channel, p.to.Reveal(), p.of, p.until, p.sent, p.digits})
	if err != nil {
		return Posted{}, fault.New(fault.Internal, "internal", "message")
	}
	for len(plain)%parcelBlock != 0 {
		plain = append(plain, ' ')
	}
	defer clear(plain)
	sealed, err := d.Passing.SealPassing(d.now(), parcelContext(p.id), plain)
	return Posted{&Waiting{ID: p.id, Next: next, Tries: tries, Sealed: sealed}}, err
}

// postNotice queues a message without a code, under an id of its own.
func (d *Desk) postNotice(p parcel, now time.Time) (_ Posted, err error) {
	if p.id, err = d.request(); err != nil {
		return Posted{}, err
	}
	p.until = now.Add(noticeLife)
	return d.post(p, now, 0)
}

func (d *Desk) unpack(w Waiting) (parcel, error) {
	plain, err := d.Passing.OpenPassing(parcelContext(w.ID), w.Sealed)
	if err != nil {
		return parcel{}, fault.New(fault.Internal, "internal", "message")
	}
	defer clear(plain)
	var p packed
	if json.Unmarshal(plain, &p) != nil {
		return parcel{}, fault.New(fault.Internal, "internal", "message")
	}
	return parcel{w.ID, p.Use, p.Channel, pii.NewValue(p.To), p.Of, p.Until, p.Sent, p.Digits}, nil
}

// wake tells whoever delivers that something was posted.
func (d *Desk) wake() {
	select {
	case d.posted <- struct{}{}:
	default: // he knows
	}
}

// Run delivers what waits until ctx ends, what waited before a crash among it.
func (d *Desk) Run(ctx context.Context, alarm func(id string)) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		_ = d.drain(ctx, handsFull, func() { alarm("message-undelivered") })
		select {
		case <-ctx.Done():
			return
		case <-d.posted:
		case <-look.C:
		}
	}
}

// Deliver tries what is due, one after the other, and returns the first failure.
func (d *Desk) Deliver(ctx context.Context) error { return d.drain(ctx, 1, func() {}) }

// drain tries what is due, some of it at a time. aloud is told of the first failure of
// a message, and of its last.
func (d *Desk) drain(ctx context.Context, atOnce int, aloud func()) (first error) {
	if d.Outbox == nil {
		return nil
	}
	for ctx.Err() == nil && first == nil {
		due, err := d.Outbox.Due(ctx, d.now(), dueAtOnce)
		if err != nil || len(due) == 0 {
			return err
		}
		failed := make([]error, len(due))
		hands := make(chan struct{}, atOnce)
		var all sync.WaitGroup
		for n, w := range due {
			hands <- struct{}{}
			all.Go(func() {
				defer func() { <-hands }()
				over, err := d.try(ctx, w)
				failed[n] = err
				if err != nil && ctx.Err() == nil && (over || w.Tries == 0) {
					aloud()
				}
			})
		}
		all.Wait()
		for _, err := range failed {
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// try tries one message, and says whether it waits no more. It is put off first:
// a process that dies here has it tried again later, by whoever is there.
func (d *Desk) try(ctx context.Context, w Waiting) (over bool, err error) {
	now := d.now()
	next := now.Add(pause(w.Tries))
	if mine, err := d.Outbox.PutOff(ctx, w, next); err != nil || !mine {
		return false, err
	}
	p, err := d.unpack(w)
	if err != nil { // sealed by nobody, or under a key that is gone
		return true, errors.Join(err, d.Outbox.RemoveWaiting(ctx, w.ID))
	}
	if !now.Before(p.until) {
		return true, d.giveUp(ctx, p, fault.New(fault.Unavailable, "undelivered", ""))
	}
	w.Next, w.Tries = next, w.Tries+1
	err = d.deliver(ctx, &p, w)
	switch {
	case err == nil:
		return true, d.Outbox.RemoveWaiting(ctx, w.ID)
	case ctx.Err() != nil:
		return false, err
	case !fault.Is(err, fault.Unavailable) || !next.Before(p.until):
		return true, d.giveUp(ctx, p, err)
	}
	return false, err
}

// giveUp records that a message was not delivered, and removes it.
func (d *Desk) giveUp(ctx context.Context, p parcel, cause error) error {
	var facts []proof.Field
	if !p.sent.IsZero() {
		at, err := d.Ledger.Requests(ctx, []pii.RequestID{p.sent})
		if err != nil {
			return err
		}
		facts = sentFact(at[p.sent])
	}
	return errors.Join(cause, d.failed(ctx, p, facts, Unposted{p.id}))
}

// failed writes the entry of a message that was not delivered.
func (d *Desk) failed(ctx context.Context, p parcel, facts []proof.Field, effects ...ledger.Effect) error {
	id, err := d.request()
	if err != nil {
		return err
	}
	e := messageEntry("failed", p.use, way(p.channel), p.of, facts...)
	e.Effects = effects
	r, err := d.Ledger.Append(context.WithoutCancel(ctx), ledger.Item{Request: id, Entry: e})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}
