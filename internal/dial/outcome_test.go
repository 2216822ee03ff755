package dial_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// called is a firm whose agent placed n calls.
func called(t *testing.T, n int) (*firm, *dial.Dialer, []pii.RequestID) {
	t.Helper()
	_, h := startSwitch(t, nil)
	f := newFirm(t, n, door.DefaultCaps())
	d, w := f.dialer(h), f.work(f.agent)
	ids := make([]pii.RequestID, n)
	for i := range ids {
		placed, err := d.Call(t.Context(), f.agent, f.request(w, i))
		f.ok(err)
		ids[i] = placed.CallID
	}
	return f, d, ids
}

func (f *firm) outcomes(of ...pii.RequestID) dial.Batch {
	var b dial.Batch
	for i, id := range of {
		b.Outcomes = append(b.Outcomes, dial.Outcome{CallID: id, Result: dial.Results[i%len(dial.Results)], At: f.now, Seconds: i})
	}
	return b
}

func TestOutcomesAreRecordedOnce(t *testing.T) {
	f, d, ids := called(t, 5)
	report := func(want []dial.Status, of ...pii.RequestID) {
		t.Helper()
		got, err := d.Outcomes(t.Context(), f.sw, f.outcomes(of...))
		f.ok(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	read := newID() // a disclosure that is no call
	_, err := f.door.Disclose(t.Context(), f.agent, door.Request{
		ID: read, Verb: pii.Read, Form: pii.Masked, Fields: []pii.Field{pii.Name}, Purpose: "telesales", Work: f.work(f.agent).ID, Subjects: f.ids[:1]})
	f.ok(err)

	report([]dial.Status{dial.Recorded, dial.Unknown, dial.Recorded, dial.Repeated, dial.Unknown}, ids[3], newID(), ids[0], ids[3], read)
	if n := f.entries(proof.KindCallOutcome); n != 1 {
		t.Fatalf("%d entries for one batch", n)
	}
	report([]dial.Status{dial.Repeated, dial.Repeated, dial.Unknown}, ids[0], ids[3], newID())
	if n := f.entries(proof.KindCallOutcome); n != 1 {
		t.Fatalf("%d entries, one of them for nothing new", n)
	}
	report([]dial.Status{dial.Repeated, dial.Recorded, dial.Recorded, dial.Recorded}, ids[0], ids[4], ids[2], ids[1])

	for i, id := range ids { // each names its disclosure once
		found, err := f.ledger.Find(t.Context(), ledger.Ref{Kind: ledger.RefDisclosure, Key: id[:]}, 0, 10)
		f.ok(err)
		if len(found) != 1 {
			t.Fatalf("call %d: %d outcomes", i, len(found))
		}
		r, err := f.ledger.Record(t.Context(), found[0])
		f.ok(err)
		if r.Leaf.Kind != proof.KindCallOutcome || r.Fact("actor") != "pbx" || r.Fact("org") != "switch" || !strings.Contains(r.Fact("outcomes"), id.String()) {
			t.Errorf("%v by %q of %q: %q", r.Leaf.Kind, r.Fact("actor"), r.Fact("org"), r.Fact("outcomes"))
		}
	}
	first, err := f.ledger.Record(t.Context(), f.ledger.Size()-2)
	f.ok(err)
	want := ids[3].String() + " connected " + f.now.Format(time.RFC3339) + " 0\n" + ids[0].String() + " no-answer " + f.now.Format(time.RFC3339) + " 2\n"
	if diff := cmp.Diff(want, first.Fact("outcomes")); diff != "" || first.Fact("count") != "2" {
		t.Error(diff, first.Fact("count"))
	}
}

// TestOutcomesFromTwoProcesses: the two dialers share nothing but the ledger.
func TestOutcomesFromTwoProcesses(t *testing.T) {
	f, one, ids := called(t, 40)
	dialers := []*dial.Dialer{one, f.dialer(one.Carrier)}
	var mu sync.Mutex
	recorded := map[pii.RequestID]int{}
	var wait sync.WaitGroup
	for k := range 6 {
		wait.Go(func() {
			b := f.outcomes(ids[k*5 : min(k*5+20, 40)]...) // each overlaps three others
			for {
				got, err := dialers[k%2].Outcomes(t.Context(), f.sw, b)
				if fault.IsID(err, "stale") {
					continue // the switch would try again
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for i, s := range got {
					if s == dial.Recorded {
						recorded[b.Outcomes[i].CallID]++
					}
				}
				mu.Unlock()
				return
			}
		})
	}
	wait.Wait()
	for i, id := range ids {
		found, err := f.ledger.Find(t.Context(), ledger.Ref{Kind: ledger.RefDisclosure, Key: id[:]}, 0, 10)
		f.ok(err)
		if len(found) != 1 || recorded[id] != 1 {
			t.Errorf("call %d: %d entries, told %d times", i, len(found), recorded[id])
		}
	}
}

func TestOutcomesRetriedUnderOneKey(t *testing.T) {
	f, d, ids := called(t, 3)
	b := f.outcomes(ids[0])
	b.ID, b.Hash = newID(), []byte("hash of the first request")
	_, err := d.Outcomes(t.Context(), f.sw, b)
	f.ok(err)
	got, err := d.Outcomes(t.Context(), f.sw, b)
	if diff := cmp.Diff([]dial.Status{dial.Repeated}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	other := f.outcomes(ids[1])
	other.ID, other.Hash = b.ID, []byte("hash of another request")
	if _, err := d.Outcomes(t.Context(), f.sw, other); !fault.Is(err, fault.Mismatch) {
		t.Errorf("another body under the same key: %v", err)
	}
	other.Hash = b.Hash
	if _, err := d.Outcomes(t.Context(), f.sw, other); !fault.Is(err, fault.Conflict) {
		t.Errorf("more under the same key than was recorded: %v", err)
	}
}

func TestOutcomesRefused(t *testing.T) {
	f, d, ids := called(t, 1)
	change := func(fn func(p *party.Principal)) party.Principal {
		p := f.sw
		fn(&p)
		return p
	}
	for name, p := range map[string]party.Principal{
		"an agent":          f.agent,
		"another scope":     change(func(p *party.Principal) { p.Scope = door.ScopeCRM }),
		"a person so named": change(func(p *party.Principal) { p.Person.Kind = party.Staff }),
		"suspended":         change(func(p *party.Principal) { p.Person.Suspended = true }),
		"suspended switch":  change(func(p *party.Principal) { p.Org.Suspended = true }),
	} {
		if got, err := d.Outcomes(t.Context(), p, f.outcomes(ids...)); !fault.Is(err, fault.Denied) || got != nil {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for where, change := range map[string]func(o *dial.Outcome){
		"outcomes[1].result":  func(o *dial.Outcome) { o.Result = canary },
		"outcomes[1].at":      func(o *dial.Outcome) { o.At = f.now.Add(time.Hour) },
		"outcomes[1].seconds": func(o *dial.Outcome) { o.Seconds = -1 },
	} {
		b := f.outcomes(ids[0], newID())
		change(&b.Outcomes[1])
		_, err := d.Outcomes(t.Context(), f.sw, b)
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Where != where {
			t.Errorf("%s: %v", where, err)
		}
		noNumber(t, err)
	}
	for _, n := range []int{0, dial.MaxOutcomes + 1} {
		if _, err := d.Outcomes(t.Context(), f.sw, f.outcomes(make([]pii.RequestID, n)...)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d outcomes: %v", n, err)
		}
	}
	if f.entries(proof.KindCallOutcome) != 0 {
		t.Error("something was recorded")
	}
}

// TestTheSwitchReportsWhatBecameOfCalls goes the whole way: door, HTTPS, switch,
// and back over HTTP.
func TestTheSwitchReportsWhatBecameOfCalls(t *testing.T) {
	const n = 50
	var d *dial.Dialer
	var f *firm
	told := make(chan int, n)
	goldbell := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b dial.Batch
		if r.Header.Get("Authorization") != "Bearer t0ken" || json.NewDecoder(r.Body).Decode(&b) != nil {
			t.Error("the report is malformed or has no token")
		}
		got, err := d.Outcomes(context.WithoutCancel(r.Context()), f.sw, b)
		if err != nil {
			t.Error(err)
			w.WriteHeader(fault.Of(err).Kind.HTTPStatus())
			return
		}
		for _, s := range got {
			if s != dial.Recorded {
				t.Errorf("a call of ours: %s", s)
			}
		}
		told <- len(got)
	}))
	defer goldbell.Close()
	l, h := startSwitch(t, func(c *switchsim.Config) { c.Report, c.Token = goldbell.URL+"/v1/call-outcomes", "t0ken" })
	f = newFirm(t, n, door.DefaultCaps())
	d = f.dialer(h)
	w := f.work(f.agent)
	for i := range n {
		_, err := d.Call(t.Context(), f.agent, f.request(w, i))
		f.ok(err)
	}
	for sum := 0; sum < n; {
		sum += <-told
	}
	f.ok(l.Close())
	if got, want := l.Counts(), (switchsim.Counts{Calls: n, Reported: n}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	found, err := f.ledger.Find(t.Context(), ledger.Ref{Kind: ledger.RefOrg, Key: []byte(dial.SwitchOrg)}, 0, n)
	f.ok(err)
	if len(found) != f.entries(proof.KindCallOutcome) || len(found) == 0 {
		t.Errorf("%d entries of the switch, %d of outcomes", len(found), f.entries(proof.KindCallOutcome))
	}
}
