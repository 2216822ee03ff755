package dial_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// TestTheSwitchGetsTheNumberAndTheCallerACallID, over real HTTPS.
func TestTheSwitchGetsTheNumberAndTheCallerACallID(t *testing.T) {
	got := make(chan dial.CallBody, 1)
	s := quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if _, ok := dial.CheckSignature(key, r.Header.Get(dial.SignatureHeader), r.Method, r.URL.Path, b); !ok {
			t.Error("the signature is wrong")
		}
		var c dial.CallBody
		if err := json.Unmarshal(b, &c); err != nil {
			t.Error(err)
		}
		got <- c
		_, _ = io.WriteString(w, `{"ref":"`+c.Number+`"}`) // a switch that gives the number back
	}))
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())

	f := newFirm(t, 3, door.DefaultCaps())
	r := f.request(f.work(f.agent), 2)
	placed, err := f.dialer(carrier(t, s.URL+"/callback", pool)).Call(t.Context(), f.agent, r)
	f.ok(err)
	want := dial.CallBody{CallID: r.ID, Agent: "a001", Number: number(2), Expires: f.now.Add(30 * time.Second)}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Error(diff)
	}
	if placed.CallID != r.ID || !placed.Result.Shown || placed.Result.Values != nil {
		t.Errorf("%+v", placed)
	}
	noNumber(t, placed)
	rec, err := f.ledger.Record(t.Context(), placed.Entry)
	f.ok(err)
	if rec.Leaf.Kind != proof.KindDisclosure || rec.Verb() != pii.Dial || rec.Form() != pii.Relay || rec.Request() != r.ID {
		t.Errorf("recorded as %v %v %v", rec.Leaf.Kind, rec.Verb(), rec.Form())
	}
	noNumber(t, rec.Facts())
}

func TestRefusedRequestsPlaceNoCall(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(f *firm, r *dial.Request) party.Principal
		rule    string
		calls   int // placed while preparing
	}{
		"opted out": {func(f *firm, r *dial.Request) party.Principal {
			r.Work = f.work(f.agent).ID
			f.optOut(0)
			return f.agent
		}, "opted-out", 0},
		"work item closed": {func(f *firm, r *dial.Request) party.Principal {
			w := f.work(f.agent)
			f.close(w)
			r.Work = w.ID
			return f.agent
		}, "no-grant", 0},
		"work item of another": {func(f *firm, r *dial.Request) party.Principal {
			r.Work = f.work(f.partner).ID
			return f.agent
		}, "no-grant", 0},
		"no work item": {func(f *firm, _ *dial.Request) party.Principal { return f.agent }, "no-grant", 0},
		"untrained": {func(f *firm, r *dial.Request) party.Principal {
			r.Work = f.work(f.agent).ID
			p := f.agent
			p.Person.TrainedUntil = f.now
			return p
		}, "untrained", 0},
		"consent withdrawn": {func(f *firm, r *dial.Request) party.Principal {
			r.Work = f.work(f.partner).ID
			f.consent(0, true)
			f.consent(0, false)
			r.Subject = f.vault.Pseudonym("p1", f.ids[0])
			return f.partner
		}, "no-consent", 0},
		"budget spent": {func(f *firm, r *dial.Request) party.Principal {
			w := f.work(f.agent)
			r.Work = w.ID
			return f.agent
		}, "budget", 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, h := startSwitch(t, nil)
			caps := door.DefaultCaps()
			caps.Person[pii.Relay] = 1
			f := newFirm(t, 3, caps)
			d := f.dialer(h)
			r := dial.Request{ID: newID(), Subject: f.ids[0], Purpose: "telesales"}
			p := c.prepare(f, &r)
			if c.calls > 0 {
				first := r
				first.ID, first.Subject = newID(), f.ids[1]
				placed, err := d.Call(t.Context(), p, first)
				f.ok(err)
				if !placed.Result.Shown {
					t.Fatalf("within the budget: %+v", placed.Result)
				}
			}
			placed, err := d.Call(t.Context(), p, r)
			f.ok(err)
			if placed.Result.Shown || len(placed.Result.Reasons) == 0 || placed.Result.Reasons[0].ID != c.rule {
				t.Errorf("%+v, want %s", placed.Result, c.rule)
			}
			if got := l.Counts(); got.Calls != c.calls || got.Repeats+got.Refused != 0 {
				t.Errorf("the switch was asked: %+v", got)
			}
			if placed.CallID != r.ID || f.entries(proof.KindRefusal) != 1 {
				t.Errorf("%d refusals recorded", f.entries(proof.KindRefusal))
			}
		})
	}
}

// TestPartnerCallsWithConsent is what "consent withdrawn" is refused from.
func TestPartnerCallsWithConsent(t *testing.T) {
	l, h := startSwitch(t, nil)
	f := newFirm(t, 2, door.DefaultCaps())
	f.consent(0, true)
	r := f.request(f.work(f.partner), 0)
	r.Subject = f.vault.Pseudonym("p1", f.ids[0])
	placed, err := f.dialer(h).Call(t.Context(), f.partner, r)
	f.ok(err)
	if !placed.Result.Shown || l.Counts().Calls != 1 {
		t.Errorf("%+v %+v", placed.Result, l.Counts())
	}
}

func TestNoNumber(t *testing.T) {
	l, h := startSwitch(t, nil)
	f := newFirm(t, 1, door.DefaultCaps())
	_, err := f.dialer(h).Call(t.Context(), f.agent, f.request(f.work(f.agent), 1))
	if !fault.IsID(err, "no-number") || l.Counts() != (switchsim.Counts{}) {
		t.Errorf("%v %+v", err, l.Counts())
	}
}

// unsure passes calls on but loses the first answer, and says so with the number.
type unsure struct {
	dial.Carrier
	lost bool
}

type leaky string

func (l leaky) Error() string { return string(l) }

func (u *unsure) Place(ctx context.Context, c dial.Call) (string, error) {
	ref, err := u.Carrier.Place(ctx, c)
	if !u.lost {
		u.lost = true
		return "", leaky("lost the answer about " + c.Number.Reveal())
	}
	return ref, err
}

func TestUnconfirmedCallIsRecordedAndRepeatedOnce(t *testing.T) {
	l, h := startSwitch(t, nil)
	f := newFirm(t, 2, door.DefaultCaps())
	d := f.dialer(&unsure{Carrier: h})
	r := f.request(f.work(f.agent), 0)
	first, err := d.Call(t.Context(), f.agent, r)
	if !fault.Is(err, fault.Unavailable) || !fault.IsID(err, "call-unconfirmed") || first.CallID != r.ID {
		t.Errorf("%v, call %v", err, first.CallID)
	}
	noNumber(t, err)
	if f.entries(proof.KindDisclosure) != 1 {
		t.Fatal("the entry is gone")
	}
	again, err := d.Call(t.Context(), f.agent, r)
	f.ok(err)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the repeat is another call:\n%s", diff)
	}
	if got := l.Counts(); got.Calls != 1 || got.Repeats != 1 || f.entries(proof.KindDisclosure) != 1 {
		t.Errorf("%+v, %d entries", got, f.entries(proof.KindDisclosure))
	}
}

func TestUnreachableSwitch(t *testing.T) {
	l, _ := startSwitch(t, nil)
	other, _ := startSwitch(t, nil)
	f := newFirm(t, 2, door.DefaultCaps())
	d := f.dialer(carrier(t, l.Ready().URL, roots(other.Ready().Certificate)))
	placed, err := d.Call(t.Context(), f.agent, f.request(f.work(f.agent), 0))
	if !fault.Is(err, fault.Unavailable) || placed.CallID.IsZero() || placed.Entry == 0 {
		t.Errorf("%v %+v", err, placed)
	}
	if want := "call-unconfirmed: " + string(dial.Untrusted); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestRetryAfterWithdrawalPlacesNoCall: no call is placed on a retry whose ground is gone.
func TestRetryAfterWithdrawalPlacesNoCall(t *testing.T) {
	l, h := startSwitch(t, nil)
	f := newFirm(t, 2, door.DefaultCaps())
	r := f.request(f.work(f.agent), 0)
	d := f.dialer(h)
	_, err := d.Call(t.Context(), f.agent, r)
	f.ok(err)
	f.optOut(0)
	if _, err := d.Call(t.Context(), f.agent, r); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	if got := l.Counts(); got.Calls != 1 || got.Repeats != 0 {
		t.Errorf("%+v", got)
	}
}

func TestCallsAtOnce(t *testing.T) {
	l, h := startSwitch(t, nil)
	f := newFirm(t, 64, door.DefaultCaps())
	d, w := f.dialer(h), f.work(f.agent)
	var wait sync.WaitGroup
	for i := range 64 {
		wait.Go(func() {
			placed, err := d.Call(t.Context(), f.agent, f.request(w, i))
			if err != nil || !placed.Result.Shown {
				t.Error(err, placed.Result.Reasons)
			}
		})
	}
	wait.Wait()
	if got := l.Counts(); got.Calls != 64 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
}
