package casework_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// waiting are the messages that wait, whenever they are due.
func (d *desk) waiting(t testing.TB) []casework.Waiting {
	t.Helper()
	return must[[]casework.Waiting](t)(d.Store.Due(t.Context(), d.Now().AddDate(1, 0, 0), 100))
}

// whats are what the entries about messages say, in order.
func (d *desk) whats() (all []string) {
	for _, r := range d.Records(proof.KindMessage) {
		all = append(all, r.Fact("what"))
	}
	return all
}

// What was answered is sent, whatever became of the process that answered: a notice,
// a follow-up code, a one-time code.
func TestMessagesOutliveTheProcess(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	work := d.assign(t, f, d.agent)
	must[bool](t)(true, d.TakeUp(ctx, d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(ctx, d.ask(d.agent), f.ID, work, pii.NewValue("It was an agency.")))
	must[pii.RequestID](t)(d.TakeDown(ctx, d.ask(d.agent), d.filing(nobodys)))
	id := must[pii.RequestID](t)(d.AskToClose(ctx, d.her(f)))
	if n := len(d.waiting(t)); n != 3 || len(d.box.got) != 0 {
		t.Fatalf("%d wait, %d were sent", n, len(d.box.got))
	}
	d.Desk = casework.New(d.Config) // another process
	must[bool](t)(true, d.Deliver(ctx))
	if n := len(d.waiting(t)); n != 0 || len(d.box.got) != 3 {
		t.Fatalf("%d wait, %d were sent", n, len(d.box.got))
	}
	must[bool](t)(true, d.Confirm(ctx, d.her(f), id, d.box.digits(t, id)))
}

// A provider that is down is asked again; one that stays down is told of in an entry.
// Every try is of the same message, with the same code, under one entry.
func TestMessagesAreTriedAgain(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	id := must[pii.RequestID](t)(d.AskToClose(ctx, d.her(f)))
	d.box.down = true
	wantID(t, d.Deliver(ctx), "unavailable")
	must[bool](t)(true, d.Deliver(ctx)) // not so soon
	d.Pass(20 * time.Second)
	wantID(t, d.Deliver(ctx), "unavailable")
	d.box.down = false
	d.Pass(40 * time.Second)
	must[bool](t)(true, d.Deliver(ctx))
	if diff := cmp.Diff([]string{"asked", "sent"}, d.whats()); diff != "" || len(d.waiting(t)) != 0 {
		t.Fatal(diff)
	}
	must[bool](t)(true, d.Confirm(ctx, d.her(f), id, d.box.digits(t, id)))

	d = open(t)
	f = must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	must[pii.RequestID](t)(d.AskToClose(ctx, d.her(f)))
	d.box.down = true
	tries := 0
	for range 60 {
		if d.Deliver(ctx) != nil {
			tries++
		}
		d.Pass(20 * time.Second)
	}
	if diff := cmp.Diff([]string{"asked", "sent", "failed"}, d.whats()); diff != "" || len(d.waiting(t)) != 0 || tries < 4 || tries > 8 {
		t.Fatalf("%d tries, %d wait %s", tries, len(d.waiting(t)), diff)
	}
}

// A code past its life is dropped: it was asked for, and is not sent any more.
func TestLateCodesAreDropped(t *testing.T) {
	d := open(t)
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	must[pii.RequestID](t)(d.AskToClose(t.Context(), d.her(f)))
	d.Pass(15 * time.Minute)
	wantID(t, d.Deliver(t.Context()), "undelivered")
	if diff := cmp.Diff([]string{"asked", "failed"}, d.whats()); diff != "" || len(d.waiting(t)) != 0 || len(d.box.got) != 0 {
		t.Fatalf("%d wait, %d were sent %s", len(d.waiting(t)), len(d.box.got), diff)
	}
}

// dying is a provider whose caller dies while it is handed a message.
type dying struct {
	*box
	die context.CancelFunc
}

func (d dying) Send(ctx context.Context, m casework.Message) error {
	_ = d.box.Send(ctx, m)
	d.die()
	return errors.New("nobody is left to read this")
}

// A process that dies while it hands a code over leaves it to the next: the same code,
// and no second entry.
func TestACodeIsHandedOverAgain(t *testing.T) {
	d := open(t)
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	id := must[pii.RequestID](t)(d.AskToClose(t.Context(), d.her(f)))
	ctx, die := context.WithCancel(t.Context())
	c := d.Config
	c.Courier = dying{d.box, die}
	if casework.New(c).Deliver(ctx) == nil {
		t.Fatal("it did not die")
	}
	first := d.box.last(t)
	d.Pass(20 * time.Second)
	must[bool](t)(true, d.Deliver(t.Context()))
	again := d.box.last(t)
	if len(d.box.got) != 2 || first.ID != id || again.ID != id || first.Text.Reveal() != again.Text.Reveal() {
		t.Fatal("not the same message")
	}
	if diff := cmp.Diff([]string{"asked", "sent"}, d.whats()); diff != "" || len(d.waiting(t)) != 0 {
		t.Fatal(diff)
	}
	must[bool](t)(true, d.Confirm(t.Context(), d.her(f), id, d.box.digits(t, id)))
}

// Two processes on one database send a message once.
func TestOneOfTwoProcessesSends(t *testing.T) {
	d := open(t)
	d.Limits.CodeMinute, d.Limits.ContactDay = 100, 100
	const many = 12
	for n := range many {
		f := must[casework.Filed](t)(d.File(t.Context(), d.filing(fmt.Sprintf("139%08d", n))))
		must[pii.RequestID](t)(d.AskToClose(t.Context(), d.her(f)))
		d.Pass(time.Minute)
	}
	var both sync.WaitGroup
	for range 2 {
		other := casework.New(d.Config)
		both.Go(func() {
			if err := other.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if n := len(d.box.got); n != many {
		t.Fatalf("%d messages of %d", n, many)
	}
}

// What waits looks alike for everybody, and holds nothing in clear.
func TestWaitingMessagesLookAlike(t *testing.T) {
	d := open(t)
	for _, number := range []string{ours, nobodys} {
		c := casework.Contact{Channel: casework.BySMS, Value: pii.NewValue(number), Source: source, Request: d.Request()}
		must[pii.RequestID](t)(d.AskHers(t.Context(), c))
	}
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	must[pii.RequestID](t)(d.AskToClose(t.Context(), d.her(f)))
	all := d.waiting(t)
	if len(all) != 3 {
		t.Fatalf("%d wait", len(all))
	}
	for _, w := range all {
		if len(w.Sealed) != len(all[0].Sealed) || w.Tries != 0 {
			t.Error("two rows differ in length")
		}
		if _, err := d.Ring.OpenPassing(append([]byte("message|"), w.ID[:]...), w.Sealed); err != nil {
			t.Error("a row does not open under its own id:", err)
		}
	}
	if _, err := d.Ring.OpenPassing(append([]byte("message|"), all[1].ID[:]...), all[0].Sealed); err == nil {
		t.Error("a row opens under another id")
	}
}
