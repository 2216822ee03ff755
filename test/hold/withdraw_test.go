package hold

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

// watch counts the values that were opened, and those of subjects whose ground had
// ended by then.
type watch struct {
	ended sync.Map // ordinal → the withdrawal was acknowledged
	late  atomic.Int64
	seen  atomic.Int64
}

// opened is called with an opened value in hand.
func (w *watch) opened(o pii.Ordinal) {
	w.seen.Add(1)
	if _, ended := w.ended.Load(o); ended {
		w.late.Add(1)
	}
}

// session signs an agent in as people do: with a code of the security
// administrator's.
func (h *house) session(id pii.PersonID) (bearer string) {
	h.t.Helper()
	if h.secadmin == nil {
		p := h.hire("sec1", party.SecAdmin, pii.Own)
		h.secadmin = &p
	}
	code, err := h.authn.Invite(ctxOf(h.t), *h.secadmin, id)
	h.ok(err)
	s, err := h.authn.SignIn(ctxOf(h.t), code, "test")
	h.ok(err)
	return s.Secret
}

// TestI1_Withdrawals runs 64 readers against withdrawals. No disclosure lies after
// the entry that ended its ground, and once a withdrawal is acknowledged nothing
// is opened on that ground.
func TestI1_Withdrawals(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 3
	}
	onEach(t, func(t *testing.T, dsn string) {
		rng := rand.New(rand.NewPCG(2, uint64(len(dsn))))
		w := &watch{}
		h := newHouse(t, dsn, 0, 10, options{caps: openCaps()})
		kinds := []struct {
			name string
			end  func(r *round) error
		}{
			{"work item closed", func(r *round) error { return h.reg.CloseWork(ctxOf(t), r.asked, r.work) }},
			{"opted out", func(r *round) error { return h.reg.PutOptOut(ctxOf(t), r.asked, r.subject, true) }},
			{"person ended", func(r *round) error { return h.reg.EndPerson(ctxOf(t), r.officer, r.agent) }},
			{"signed out", func(r *round) error { return h.authn.SignOut(ctxOf(t), r.bearer, "test") }},
		}
		for n := range rounds {
			for _, k := range kinds {
				t.Run(fmt.Sprintf("%s %d", k.name, n), func(t *testing.T) {
					h.t = t
					h.race(w, rng.IntN(400), k.end)
				})
			}
		}
		if w.seen.Load() < int64(rounds) {
			t.Error("hardly anything was opened: nothing was tested")
		}
		t.Logf("%d values opened", w.seen.Load())
	})
}

// round is one withdrawal with its readers.
type round struct {
	agent   pii.PersonID
	bearer  string
	subject pii.SubjectID
	work    pii.RequestID
	asked   register.Asked
	officer register.Asked
}

// dialled asks for the use of the number, which every withdrawal stops, an opt-out
// of marketing too.
func dialled(h *house, p party.Principal, r *round, opened func()) (door.Answer, error) {
	q := read(r.work, pii.Relay, r.subject)
	q.Verb, q.Fields = pii.Dial, []pii.Field{pii.Phone}
	return h.door.Use(ctxOf(h.t), p, q, func(context.Context, door.Answer, map[pii.Field]pii.Value) error {
		opened()
		return nil
	})
}

func (h *house) race(w *watch, after int, end func(*round) error) {
	h.t.Helper()
	h.seq++
	agent := h.hire(fmt.Sprintf("w%05d", h.seq), party.Staff, pii.Own)
	r := &round{
		agent: agent.Person.ID, bearer: h.session(agent.Person.ID), subject: h.enrol(1)[0],
		asked: h.askedCRM(), officer: h.asked(),
	}
	r.work = h.calls(agent, r.subject)
	of, _, err := h.vault.Resolve(ctxOf(h.t), []pii.SubjectID{r.subject})
	h.ok(err)

	size := h.ledger.Size()
	var answers atomic.Int64
	var refused sync.Map // rule id
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for {
				p, err := h.authn.Principal(ctxOf(h.t), r.bearer, "test")
				if err != nil {
					if !fault.Is(err, fault.Unauthentic) {
						h.t.Error(err)
					}
					return
				}
				a, err := dialled(h, p, r, func() { w.opened(of[0]) })
				switch {
				case fault.IsID(err, "stale"):
					continue // nothing was released: ask again
				case err != nil:
					h.t.Error(err)
					return
				case !a.Results[0].Shown:
					refused.Store(a.Results[0].Reasons[0].ID, true)
					return
				}
				if int(answers.Add(1)) == after+1 {
					close(enough)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	select {
	case <-enough:
	case <-over:
		refused.Range(func(id, _ any) bool { h.t.Error("refused before anything ended:", id); return true })
		h.t.Fatalf("%d answers", answers.Load())
	}
	if err := end(r); err != nil {
		h.t.Error(err)
	}
	w.ended.Store(of[0], true)
	wg.Wait()
	if n := w.late.Swap(0); n > 0 {
		h.t.Errorf("%d values were opened after the withdrawal was acknowledged", n)
	}
	h.noneAfterTheEnd(r, size)
}

// noneAfterTheEnd reads the round's entries back.
func (h *house) noneAfterTheEnd(r *round, from uint64) {
	h.t.Helper()
	records, err := h.ledger.Records(ctxOf(h.t), from, int(h.ledger.Size()-from))
	h.ok(err)
	ended, shown := false, 0
	for _, x := range records {
		switch x.Leaf.Kind.String() {
		case "disclosure":
			shown++
			if ended {
				h.t.Errorf("entry %d discloses after its ground had ended", x.Index)
			}
		case "work-item", "consent", "party", "credential":
			ended = true
		}
	}
	if shown == 0 || !ended {
		h.t.Errorf("%d disclosures, ended %v", shown, ended)
	}
}
