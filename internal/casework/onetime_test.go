package casework_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

var codeText = regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`)

// A contact that is registered to our own people or a partner confirms nothing, and
// no code is sent there.
func TestI5OwnContactsConfirmNothing(t *testing.T) {
	d := open(t)
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	asked := must[pii.RequestID](t)(d.AskToClose(t.Context(), d.her(f)))
	must[bool](t)(true, d.Deliver(t.Context()))
	digits := d.box.digits(t, asked)
	d.enter(ours, "partner")
	wantID(t, d.Confirm(t.Context(), d.her(f), asked, digits), "own-contact")
	_, err := d.AskToClose(t.Context(), d.her(f))
	wantID(t, err, "own-contact")
	if s := d.state(t, f); s != casework.Accepted {
		t.Fatal(s)
	}
	_, err = d.TakeDown(t.Context(), d.ask(d.agent), d.filing(ours))
	wantID(t, err, "own-contact")
	d.numbers.tags = nil
	must[bool](t)(true, d.Confirm(t.Context(), d.her(f), asked, digits))
}

// What a handler takes down does not count as filed before the contact confirmed it,
// with a code he never sees.
func TestI5TakenDownIsNotFiled(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := d.filing(ours)
	f.Reply, f.ReplyBy = pii.NewValue("13900009999"), casework.BySMS
	_, err := d.TakeDown(ctx, d.ask(d.agent), f)
	wantID(t, err, "bad-request") // the handler does not choose where the code goes
	partner := d.Person("seller", "partner", pii.Own)
	_, err = d.TakeDown(ctx, d.ask(partner), d.filing(ours))
	wantID(t, err, "not-yours")

	id := must[pii.RequestID](t)(d.TakeDown(ctx, d.ask(d.agent), d.filing(ours)))
	row, _, err := d.Store.Complaint(ctx, id)
	if err != nil || row.State != casework.Unconfirmed || row.Verified {
		t.Fatalf("%s (%v)", row.State, err)
	}
	if held := must[bool](t)(d.Held(ctx, row.Ordinal)); held {
		t.Error("it holds before it counts")
	}
	if counts := must[bool](t)(d.Desk.Open(ctx, id)); counts {
		t.Error("it is an open case before it counts")
	}
	_, err = d.Assign(ctx, d.ask(d.officer), id, "agent", d.Now().Add(time.Hour))
	wantID(t, err, "bad-state")

	must[bool](t)(true, d.Deliver(ctx))
	sent := d.box.last(t)
	code := codeText.FindString(sent.Text.Reveal())
	if code == "" || sent.Channel != casework.BySMS {
		t.Fatal("no follow-up code was sent")
	}
	s := must[casework.Status](t)(d.Find(ctx, code, source))
	if s.Said.Reveal() != words || s.State != casework.Unconfirmed {
		t.Fatal("she cannot check what was taken down")
	}
	her := casework.Her{Case: id, Code: code, Source: source, Request: d.Request()}
	must[bool](t)(true, d.Affirm(ctx, her))
	row, _, err = d.Store.Complaint(ctx, id)
	if err != nil || row.State != casework.Accepted || !row.Verified || !row.Due.After(d.Now()) {
		t.Fatalf("%+v (%v)", row.State, err)
	}
	wantID(t, d.Affirm(ctx, casework.Her{Case: id, Code: code, Source: source, Request: d.Request()}), "bad-state")
}

// A code is used once, in time, for its own complaint, and may be tried five times.
func TestOneTimeCodes(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.Limits.CodeMinute, d.Limits.ContactDay = 100, 100
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	g := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	get := func(f casework.Filed) (pii.RequestID, string) {
		id := must[pii.RequestID](t)(d.AskToClose(ctx, d.her(f)))
		must[bool](t)(true, d.Deliver(ctx))
		return id, d.box.digits(t, id)
	}
	id, digits := get(f)
	wantID(t, d.Confirm(ctx, d.her(g), id, digits), "bad-code") // another complaint's
	d.Pass(15 * time.Minute)
	wantID(t, d.Confirm(ctx, d.her(f), id, digits), "bad-code") // too late

	id, digits = get(f)
	for range 5 {
		wantID(t, d.Confirm(ctx, d.her(f), id, "999999"), "bad-code")
	}
	wantID(t, d.Confirm(ctx, d.her(f), id, digits), "bad-code") // one try too many

	id, digits = get(f)
	must[bool](t)(true, d.Confirm(ctx, d.her(f), id, digits[:3]+" "+digits[3:]))
	must[bool](t)(true, d.Contest(ctx, d.her(f), pii.Value{}))
	wantID(t, d.Confirm(ctx, d.her(f), id, digits), "bad-code") // used
	for _, r := range d.Records(proof.KindMessage) {
		for _, x := range r.Facts() {
			if x.Value == digits || x.Value == ours {
				t.Fatal("an entry holds a code or a number")
			}
		}
	}
}

// Asking is limited by source, by contact and by day; what was not sent because the
// contact had its share is told to nobody.
func TestCodeLimits(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	d.Limits.CodeMinute, d.Limits.CodeDay, d.Limits.ContactDay = 2, 4, 1
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	ask := func() error { _, err := d.AskToClose(ctx, d.her(f)); return err }
	must[bool](t)(true, ask())
	must[bool](t)(true, ask())
	wantID(t, ask(), "slow-down")
	if err := d.Deliver(ctx); err == nil {
		t.Fatal("a contact has no share")
	}
	if n := len(d.box.got); n != 1 {
		t.Fatalf("%d messages came to one contact", n)
	}
	d.Pass(time.Minute)
	must[bool](t)(true, ask())
	must[bool](t)(true, ask())
	d.Pass(time.Minute)
	wantID(t, ask(), "slow-down") // the day's
}
