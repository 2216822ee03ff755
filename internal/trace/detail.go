package trace

import (
	"fmt"
	"math"
	"slices"
)

// detail gathers the figures an explanation is written from.
func (q *run) detail(suspects []suspect, p *posterior, order []Ref) Detail {
	d := Detail{Engine: EngineVersion, Items: len(q.items), Excluded: q.stats.excluded, Repeated: q.stats.repeated,
		Unverified: q.stats.unverified, Overdispersal: q.tau, External: p.external, Unrecorded: p.unrecorded, Candidates: []Candidate{}}
	for _, a := range order[:min(2, len(order))] {
		d.Candidates = append(d.Candidates, q.candidate(&suspects[a]))
	}
	if len(order) > 0 {
		d.Spread = spreadOf(suspects, order[0])
		d.Prior = q.otherPriors(p, order[0])
	}
	return d
}

// otherPriors scales the prior odds that somebody inside leaked.
func (q *run) otherPriors(p *posterior, a Ref) PriorAnswers {
	at := func(k float64) float64 {
		return k * p.each[a] / (k*(1-p.none) + p.none)
	}
	return PriorAnswers{Insider: q.opt.Insider + q.opt.Pairs, As: p.each[a], Smaller: at(.1), Larger: min(1, at(10))}
}

// spreadOf is how many items each other recipient holds, relative to chance.
func spreadOf(suspects []suspect, but Ref) Spread {
	var ratios []float64
	for i := range suspects {
		l := suspects[i].list
		if Ref(i) != but && l.chance >= .5 {
			ratios = append(ratios, float64(l.modes[asSeen].items)/l.chance)
		}
	}
	if len(ratios) == 0 {
		return Spread{}
	}
	slices.Sort(ratios)
	return Spread{Low: ratios[0], Median: ratios[len(ratios)/2], High: ratios[len(ratios)-1], Of: len(ratios)}
}

// inside lists the items on a suspect's best list.
func (q *run) inside(s *suspect) []int32 {
	if len(s.best) == 0 {
		return nil
	}
	h := &s.best[0]
	seen := map[int32]bool{}
	var out []int32
	for _, t := range s.list.modes[h.mode].hitsIn(h.from, h.until) {
		if it := &q.items[t.item]; (it.File > 0 || it.At >= h.leak) && !seen[t.item] {
			seen[t.item] = true
			out = append(out, t.item)
		}
	}
	return out
}

// termsOf is what the items say of a suspect's best window.
func (q *run) termsOf(s *suspect) *terms {
	var ts terms
	if len(s.best) > 0 {
		h := &s.best[0]
		y := newTally(q)
		q.terms(s.list, h.mode, h.from, h.until, &y, &ts)
	}
	return &ts
}

func (q *run) candidate(s *suspect) Candidate {
	c := Candidate{Recipient: q.x.recipients[s.list.a].ID, Alias: s.alias > 0, Twins: s.twins, Each: []ItemEffect{}}
	if len(s.best) == 0 {
		return c
	}
	h := &s.best[0]
	c.From, c.Until, c.LeakAfter, c.Window = h.from, h.until, h.leak, familyNames[h.kind]
	if len(s.list.views) > 0 {
		c.From, c.Until = max(c.From, s.list.views[0].At), min(c.Until, s.list.views[len(s.list.views)-1].At+1)
	}
	ts := q.termsOf(s)
	for _, t := range slices.Concat(since(ts.complaints, h.leak), ts.rows, ts.decoys) {
		c.Inside += int(t.in)
		c.Expected += t.f * t.n
		if !t.file {
			c.Each = append(c.Each, ItemEffect{q.items[q.classes[t.class].items[0]].from, effect(&t, h)})
		}
	}
	for i := range q.items {
		if it := &q.items[i]; !it.skipped && (it.File > 0 || it.At >= h.leak) {
			c.Active++
		}
	}
	if c.Expected > 0 {
		c.Ratio = float64(c.Inside) / c.Expected
	}
	people := map[Ref]bool{}
	for _, v := range viewsIn(s.list.views, h.from, h.until) {
		people[v.Subject] = true
	}
	c.Shown = len(people)
	return c
}

// effect is the log of one item's factor at the best rate.
func effect(t *term, h *hypothesis) float64 {
	x := h.best.x
	if t.decoy {
		x = decoyRates[len(decoyRates)/2]
	} else {
		x *= h.best.share[t.extra]
	}
	return t.w * (t.in*math.Log1p(x) - t.n*math.Log1p(x*t.f))
}

func (q *run) why(s *suspect) string {
	c := q.candidate(s)
	text := fmt.Sprintf("%d of %d items inside the list of %d (%s), %.1f expected by chance", c.Inside, c.Active, c.Shown, c.Window, c.Expected)
	if s.twins > 1 {
		text += fmt.Sprintf("; %d recipients have this list", s.twins)
	}
	if c.Alias {
		text = "an alias only this recipient was given was contacted; " + text
	}
	return text
}
