package exam

import (
	"encoding/json"
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// purse counts budgets as the store does, in memory, for requests in the order they
// were made. Windows that are over are forgotten.
type purse struct {
	caps   door.Caps
	meters map[string]*counted
	swept  time.Time
}

type counted struct {
	used  int64
	of    *roaring.Bitmap // nil: requests, or showings
	until time.Time
}

func newPurse(c door.Caps) *purse { return &purse{caps: c, meters: map[string]*counted{}} }

// spend charges every budget, or none if one is used up.
func (p *purse) spend(spends []ledger.Spend, at time.Time) bool {
	p.sweep(at)
	type charge struct {
		m     *counted
		fresh *roaring.Bitmap
		n     int64
	}
	var charges []charge
	for _, s := range spends {
		if s.Cap == math.MaxInt64 { // stops nobody
			continue
		}
		m := p.meters[s.Key]
		if m == nil {
			m = &counted{of: roaring.New(), until: s.Until}
			p.meters[s.Key] = m
		}
		c := charge{m: m, n: s.Amount}
		if len(s.Subjects) > 0 {
			c.fresh = roaring.New()
			for _, o := range s.Subjects {
				c.fresh.Add(uint32(o))
			}
			c.fresh.AndNot(m.of)
			c.n = int64(c.fresh.GetCardinality())
		}
		if c.n > s.Cap-m.used && c.n > 0 {
			return false
		}
		charges = append(charges, c)
	}
	for _, c := range charges {
		if c.m.used += c.n; c.fresh != nil {
			c.m.of.Or(c.fresh)
		}
	}
	return true
}

func (p *purse) sweep(at time.Time) {
	if at.Sub(p.swept) < time.Hour {
		return
	}
	p.swept = at
	for key, m := range p.meters {
		if !at.Before(m.until) {
			delete(p.meters, key)
		}
	}
}

func sameCaps(a, b door.Caps) bool {
	x, err := json.Marshal(a)
	y, wrong := json.Marshal(b)
	return err == nil && wrong == nil && string(x) == string(y)
}

// budgets charges an answer to the caps in force and to those to come: what it showed,
// and what it would have shown if a budget had not been used up.
func (t *trial) budgets(r *ledger.Record, s policy.Shift) {
	if t.old == nil {
		return
	}
	of := covered(r)
	if len(of) == 0 {
		return
	}
	org := t.s.Orgs[pii.OrgID(r.Fact("org"))]
	by := party.Principal{Person: party.Person{ID: s.Person}, Org: org}
	by.Org.ID = pii.OrgID(r.Fact("org"))
	q := door.Request{Verb: r.Verb(), Form: r.Form(), Fields: r.Fields(), Purpose: s.Purpose}
	answer := func(p *purse) bool {
		return p.spend(p.caps.Charges(by, q, t.item(r), t.e.Subjects.Schema(), of, r.At()), r.At())
	}
	s.Rules = policy.Budget
	switch was, will := answer(t.old), answer(t.young); {
	case will && !was:
		t.gain.Add(s, len(of), true)
	case was && !will:
		t.lose.Add(s, len(of), true)
	}
}

// item is the work item a request rested on.
func (t *trial) item(r *ledger.Record) grant.WorkItem {
	id, err := pii.ParseRequestID(r.Fact("work"))
	if w := t.s.Work[id]; err == nil && w != nil {
		return w.WorkItem
	}
	return grant.WorkItem{}
}
