package hold

import (
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// TestBudgetOutlivesItsWindow: what was decided before midnight is charged to the
// budget of that day, though another process, or another clock, has seen midnight
// and swept old budgets away.
func TestBudgetOutlivesItsWindow(t *testing.T) {
	y, m, d := time.Now().In(time.FixedZone("UTC+8", 8*60*60)).Date()
	day := time.Date(y, m, d, 15, 59, 50, 0, time.UTC) // 23:59:50 in Beijing
	now := time.Now()
	caps := openCaps()
	caps.Person[pii.Masked] = 2
	h := newHouse(t, "", 1, 4, options{caps: caps, clock: func() time.Time { return now }})
	work := h.calls(h.agents[0], h.ids...)
	now = day
	show := func(n int) bool {
		a, err := h.door.Disclose(ctxOf(t), h.agents[0], read(work, pii.Masked, h.ids[n]))
		h.ok(err)
		return a.Results[0].Shown
	}
	if !show(0) || !show(1) || show(2) {
		t.Fatal("the budget is not two")
	}
	h.close() // and another process has seen midnight
	s, err := server.Open(ctxOf(t), server.Options{Places: h.dir, Clock: func() time.Time { return day.Add(20 * time.Second) }})
	h.ok(err)
	s.Tick(ctxOf(t))
	h.ok(s.Close())
	h.open(h.dir, options{caps: caps, clock: func() time.Time { return now }})
	if show(3) {
		t.Error("a budget of two was spent on three")
	}
}
