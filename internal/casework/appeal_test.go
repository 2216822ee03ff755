package casework_test

import (
	"slices"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// answered files a complaint and has the agent answer it.
func (d *desk) answered(t testing.TB) (casework.Filed, pii.RequestID) {
	t.Helper()
	f := must[casework.Filed](t)(d.File(t.Context(), d.filing(ours)))
	work := d.assign(t, f, d.agent)
	must[bool](t)(true, d.TakeUp(t.Context(), d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(t.Context(), d.ask(d.agent), f.ID, work, pii.NewValue("It was an agency.")))
	return f, work
}

func (d *desk) follow(t testing.TB, f casework.Filed) casework.Status {
	t.Helper()
	return must[casework.Status](t)(d.Follow(t.Context(), f.ID, f.Code, source))
}

// appeals takes the answer to the officer.
func (d *desk) appeals(t testing.TB, f casework.Filed) pii.RequestID {
	t.Helper()
	her := d.her(f)
	must[bool](t)(true, d.Desk.Appeal(t.Context(), her, pii.NewValue("Nobody looked into it.")))
	return her.Request
}

// An appeal of an answer is answered by an officer who had no part in it; dismissed, the
// answer stands, and she has the time of silence again before anybody else closes.
func TestAppealDismissed(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f, _ := d.answered(t)
	if s := d.follow(t, f); !s.CanAppeal {
		t.Fatal("an answer cannot be appealed")
	}
	id := d.appeals(t, f)
	must[bool](t)(true, d.Deliver(ctx))
	d.Pass(16 * 24 * time.Hour)
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, "Answered in full."), "appealed")
	wantID(t, d.Desk.Appeal(ctx, d.her(f), pii.Value{}), "appealed")
	row, _, err := d.Store.Appeal(ctx, id)
	if err != nil || !row.Due.Equal(row.At.AddDate(0, 0, 15)) {
		t.Fatalf("due %s (%v)", row.Due, err)
	}
	text := pii.NewValue("The handler asked every partner.")
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.agent), id, casework.Dismissed, text), "not-yours")
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.second), id, "", text), "bad-request")
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.second), id, casework.Dismissed, pii.Value{}), "bad-request")
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.second), d.Request(), casework.Dismissed, text), "not-found")
	must[bool](t)(true, d.AnswerAppeal(ctx, d.ask(d.second), id, casework.Dismissed, text))
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.second), id, casework.Upheld, text), "closed")
	s := d.follow(t, f)
	if len(s.Appeals) != 1 || s.Appeals[0].Answer.Reveal() != text.Reveal() || s.State != casework.Replied || s.CanAppeal {
		t.Fatalf("%+v", s)
	}
	wantID(t, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, "Answered in full."), "not-silent-yet")
	var whats []string
	for _, x := range s.Steps {
		whats = append(whats, x.What+" "+x.By)
	}
	for _, want := range []string{"appealed complainant", "appeal-dismissed officer"} {
		if !slices.Contains(whats, want) {
			t.Errorf("she does not see %q among %v", want, whats)
		}
	}
	must[bool](t)(true, d.Deliver(ctx))
	if n := len(d.box.got); n != 2 {
		t.Errorf("%d notices of two answers", n)
	}
}

// A closing by the second officer can be appealed, in its time; who closed it does not
// answer; upheld, the complaint is handled again, by somebody assigned anew.
func TestAppealUpheld(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f, work := d.answered(t)
	d.Pass(16 * 24 * time.Hour)
	must[bool](t)(true, d.CloseAsSecond(ctx, d.ask(d.second), f.ID, "Answered in full."))
	id := d.appeals(t, f)
	row, _, err := d.Store.Complaint(ctx, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	if held := must[bool](t)(d.Held(ctx, row.Ordinal)); !held {
		t.Error("an appeal that waits does not hold her")
	}
	wantID(t, d.AnswerAppeal(ctx, d.ask(d.second), id, casework.Upheld, pii.NewValue("You are right.")), "second-person")
	third := d.Person("officer-3", party.Officer, pii.Own)
	must[bool](t)(true, d.AnswerAppeal(ctx, d.ask(third), id, casework.Upheld, pii.NewValue("You are right.")))
	s := d.follow(t, f)
	if s.State != casework.Reopened || !s.Escalated || s.CanAppeal || !s.Due.After(d.Now()) {
		t.Fatalf("%+v", s)
	}
	wantID(t, d.TakeUp(ctx, d.ask(d.agent), f.ID, work), "no-grant")
	for _, r := range d.Records(proof.KindComplaint) {
		for _, x := range r.Facts() {
			if x.Value == "Nobody looked into it." || x.Value == "You are right." {
				t.Error("an entry holds what was said")
			}
		}
	}
}

// What was not answered is not appealed, nor a closing whose time is over; each answer
// is appealed once, and a new answer again.
func TestAppealsHaveTheirTime(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	f := must[casework.Filed](t)(d.File(ctx, d.filing(ours)))
	wantID(t, d.Desk.Appeal(ctx, d.her(f), pii.Value{}), "bad-state")
	wrong := d.her(f)
	wrong.Code = "00000-00000-00000-00000"
	wantID(t, d.Desk.Appeal(ctx, wrong, pii.Value{}), "bad-code")

	f, _ = d.answered(t)
	her := d.her(f)
	her.Hash = []byte("hash")
	must[bool](t)(true, d.Desk.Appeal(ctx, her, pii.Value{}))
	must[bool](t)(true, d.Desk.Appeal(ctx, her, pii.Value{})) // the same request again
	must[bool](t)(true, d.AnswerAppeal(ctx, d.ask(d.second), her.Request, casework.Upheld, pii.NewValue("Handled again.")))
	d.Pass(time.Second)
	work := d.assign(t, f, d.agent)
	must[bool](t)(true, d.TakeUp(ctx, d.ask(d.agent), f.ID, work))
	must[bool](t)(true, d.Reply(ctx, d.ask(d.agent), f.ID, work, pii.NewValue("It was another agency.")))
	if !d.follow(t, f).CanAppeal {
		t.Error("the new answer cannot be appealed")
	}
	must[bool](t)(true, d.confirm(t, f))
	if !d.follow(t, f).CanAppeal {
		t.Error("a closing cannot be appealed")
	}
	d.Pass(31 * 24 * time.Hour)
	wantID(t, d.Desk.Appeal(ctx, d.her(f), pii.Value{}), "appeal-over")
}
