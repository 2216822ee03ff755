package trace

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
)

// suspect is what the evidence says of one recipient.
type suspect struct {
	list   *list
	bf     float64 // log Bayes factor over all his windows
	raw    float64 // log of the pooled numerator
	alias  float64 // log factor of alias contacts
	best   []hypothesis
	given  []float64 // log Bayes factor under each rival list
	common []setMass // lists he has in common with another
	after  []setMass // log factors of others, given that this one leaked
	sets   []setMass // sets of several leakers that begin with this one
	twins  int       // recipients, himself included, whose list is the same
}

// keepBest is how many hypotheses of a recipient are kept for pairs, guards and
// the explanation.
const keepBest = 6

// survey builds every recipient's list and fits tau, then scores them.
func (q *run) survey() []suspect {
	out := make([]suspect, len(q.x.recipients))
	q.parallel(len(out), func(i int, s *scratch) {
		if q.x.outline(Ref(i)) != nil {
			out[i] = q.outlined(Ref(i), s)
			return
		}
		out[i].list = q.list(Ref(i), s)
	})
	q.fitTau(out)
	q.parallel(len(out), func(i int, s *scratch) { q.judge(&out[i], s) })
	return out
}

func (q *run) fitTau(suspects []suspect) {
	observed := make([]float64, len(suspects))
	expected := make([]float64, len(suspects))
	for i := range suspects {
		observed[i], expected[i] = suspects[i].list.observed, suspects[i].list.expected
	}
	q.tau = fitTau(observed, expected)
}

// parallel runs f for 0..n-1 on all processors, a scratch for each.
func (q *run) parallel(n int, f func(i int, s *scratch)) {
	workers := min(runtime.GOMAXPROCS(0), max(n, 1))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			s := q.newScratch()
			for i := w; i < n; i += workers {
				f(i, s)
			}
		})
	}
	wg.Wait()
}

// judge sums the Bayes factors of a recipient's hypotheses. All are scored on
// the coarse grid; those that may decide something, on the fine one.
func (q *run) judge(s *suspect, sc *scratch) {
	if s.list.sketched {
		return // scored by his outline
	}
	j := judging{q: q, s: s, y: &sc.tally, wide: newSpread(q.tau, s.list.after, s.list.later)}
	s.best = s.best[:0:0]
	modes := []float64{1}
	if s.list.modes[enriched].items > s.list.modes[asSeen].items {
		modes = []float64{1 - q.opt.Enriched, q.opt.Enriched}
	}
	var rough logSum
	for mode, share := range modes {
		m := &s.list.modes[mode]
		if m.with == nil {
			q.acts(s.list, mode)
		}
		for i := range m.with {
			rough.add(j.survey(&m.with[i], mode, math.Log(share)))
		}
		j.sum.add(math.Log(share) + m.missed)
		j.raw.add(math.Log(share) + m.missed)
	}
	least := max(rough.value()-negligible, -4)
	for i := range j.roughly {
		j.window(&j.roughly[i], least)
	}
	s.bf, s.raw = j.sum.value(), j.raw.value()
	if len(s.list.views) == 0 {
		s.bf, s.raw = 0, 0
	}
	s.alias = q.aliasFactor(s.list.a)
}

// negligible is how far, as a logarithm, a hypothesis may lag behind all of a
// recipient's before its exact value does not matter.
const negligible = 7

// acts finds a recipient's windows, and what those without a hit come to.
func (q *run) acts(l *list, mode int) {
	m := &l.modes[mode]
	var rest []window
	m.with, rest = q.windows(l, mode)
	if m.with == nil {
		m.with = []window{}
	}
	var missed logSum
	for i := range rest {
		missed.add(math.Log(rest[i].prior) + q.miss(l, &rest[i]))
	}
	m.missed = missed.value()
}

// judging is the work on one recipient.
type judging struct {
	q        *run
	s        *suspect
	y        *tally
	wide     *spread
	ts       terms
	roughly  []rough
	sum, raw logSum
}

// rough is a window with what the coarse grid says of each time of leak.
type rough struct {
	w     *window
	mode  int
	share float64
	fixed float64 // of file rows and decoys
	top   float64 // the largest of values with its prior
	value []float64
	best  []point
}

// survey scores a window on the coarse grid for every time the leak may have
// happened, and returns the log of their sum.
func (j *judging) survey(w *window, mode int, share float64) float64 {
	q := j.q
	q.terms(j.s.list, mode, w.from, w.until, j.y, &j.ts)
	r := rough{w: w, mode: mode, share: share + math.Log(w.prior), top: math.Inf(-1),
		value: make([]float64, len(w.leaks)), best: make([]point, len(w.leaks))}
	var rows point
	r.fixed = q.rowPart(&j.ts, &rows) + decoyPart(j.ts.decoys)
	var sum logSum
	for i := range w.leaks {
		r.best[i] = rows
	}
	q.coarseParts(j.ts.complaints, w.leaks, r.value, r.best)
	for i, g := range w.leaks {
		r.value[i] += r.fixed
		v := r.share + math.Log(g.prior) + r.value[i]
		sum.add(v)
		r.top = max(r.top, v)
	}
	j.roughly = append(j.roughly, r)
	return sum.value()
}

// window adds a window to the sums; the hypotheses that reach least are scored
// on the fine grid, against what the list's habit of complaining explains.
func (j *judging) window(r *rough, least float64) {
	q, w := j.q, r.w
	fine := r.top >= least
	var rows []float64
	if fine {
		q.terms(j.s.list, r.mode, w.from, w.until, j.y, &j.ts)
		rows = j.wide.rows(q, j.ts.rows)
	}
	for i, g := range w.leaks {
		h := hypothesis{a: j.s.list.a, mode: r.mode, from: w.from, until: w.until, kind: w.kind, leak: g.at,
			prior: r.share + math.Log(g.prior), raw: r.value[i], bf: r.value[i], best: r.best[i]}
		if fine && h.prior+h.raw >= least {
			active := since(j.ts.complaints, g.at)
			h.raw = r.fixed + q.complaintPart(active, g.at, &fineGrid, &h.best)
			h.bf = h.raw - j.wide.over(q, active, rows)
		}
		j.s.keep(h)
		j.sum.add(h.prior + h.bf)
		j.raw.add(h.prior + h.raw)
	}
}

// since drops the complaints before a time; they are in order of time.
func since(ts []term, at int64) []term {
	i := 0
	for i < len(ts) && ts[i].at < at {
		i++
	}
	return ts[i:]
}

// keep remembers the best hypotheses.
func (s *suspect) keep(h hypothesis) {
	if len(s.best) == keepBest && s.best[keepBest-1].prior+s.best[keepBest-1].bf >= h.prior+h.bf {
		return
	}
	i, _ := slices.BinarySearchFunc(s.best, h, func(a, b hypothesis) int { return -cmp.Compare(a.prior+a.bf, b.prior+b.bf) })
	s.best = slices.Insert(s.best, i, h)
	if len(s.best) > keepBest {
		s.best = s.best[:keepBest]
	}
}

// miss is the log likelihood of a window that holds no item's subject: the more
// it showed, the less likely that it leaked and nobody complained.
func (q *run) miss(l *list, w *window) float64 {
	f := float64(w.size) / float64(max(len(q.x.subjects), 1))
	if w.size == 1 { // sizes of backward windows are not counted
		f = float64(count1(l.views, w.from, w.until)) / float64(len(q.x.subjects))
	}
	f = min(f, 1)
	n, _ := slices.BinarySearchFunc(q.items, w.until, func(it item, t int64) int { return cmpInt(it.At, t) })
	after := q.weightFrom[n]
	var m logMean
	for _, x := range rates {
		m.add(-after * math.Log1p(x*f))
	}
	return m.value()
}

func count1(views []View, from, until int64) int {
	lo, _ := slices.BinarySearchFunc(views, from, func(v View, t int64) int { return cmpInt(v.At, t) })
	hi, _ := slices.BinarySearchFunc(views, until, func(v View, t int64) int { return cmpInt(v.At, t) })
	return hi - lo
}

// aliasFactor is the log factor of contacts with an alias only this recipient
// was given. A second contact adds; further ones would only add false comfort.
func (q *run) aliasFactor(a Ref) float64 {
	n := 0.0
	for i := range q.items {
		if it := &q.items[i]; slices.Contains(it.AliasOf, a) {
			n += it.weight / float64(len(it.AliasOf))
		}
	}
	return min(n, 2) * math.Log(1e5)
}
