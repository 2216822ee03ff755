package trace

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// ErrNotFinite stops a run: a number came out that is not one, and no answer is
// better than a wrong one.
var ErrNotFinite = errors.New("trace: a probability is not finite; the run was stopped")

// EngineVersion goes into every answer and its record.
const EngineVersion = "goldbell-trace/1"

// Run answers who the records point to.
func Run(x *Exposure, ev Evidence, opt Options) (Finding, error) {
	q := newRun(x, ev, opt)
	suspects := q.survey()
	q.joinTwins(suspects)
	p := q.posterior(suspects)
	if !p.sane() {
		return Finding{}, ErrNotFinite
	}
	return q.answer(suspects, p), nil
}

// posterior holds the probability of every hypothesis that is told apart.
type posterior struct {
	each       []float64 // recipient → probability of being a leaker
	none       float64   // nobody inside: nobody, outside lists, an unrecorded path
	external   float64
	unrecorded float64
	pooled     float64 // log of the pooled e-value
	pairs      []pairMass
}

type pairMass struct {
	a, b Ref
	p    float64
}

func (p *posterior) sane() bool {
	for _, v := range append(slices.Clone(p.each), p.none, p.external, p.unrecorded) {
		if !finite(v) || v < 0 || v > 1 {
			return false
		}
	}
	return !math.IsNaN(p.pooled)
}

// posterior weighs all hypotheses against each other.
func (q *run) posterior(suspects []suspect) posterior {
	n := float64(max(len(suspects), 1))
	var all, pooled logSum
	nobody := math.Log(q.opt.Nobody)
	all.add(nobody)
	external := math.Log(q.opt.External) + q.outsideLists()
	all.add(external)
	unrecorded := math.Log(q.opt.Unrecorded) + q.unrecordedPath()
	all.add(unrecorded)
	single := make([]float64, len(suspects))
	for i := range suspects {
		s := &suspects[i]
		single[i] = math.Log(q.opt.Insider/n) + s.bf + s.alias
		all.add(single[i])
		pooled.add(s.raw + s.alias - math.Log(n))
	}
	pairs := q.pairs(suspects)
	for _, pr := range pairs {
		all.add(pr.p)
	}
	total := all.value()
	p := posterior{each: make([]float64, len(suspects)), pooled: pooled.value()}
	share := func(v float64) float64 { return math.Exp(v - total) }
	p.external, p.unrecorded = share(external), share(unrecorded)
	p.none = min(1, share(nobody)+p.external+p.unrecorded)
	for i := range single {
		p.each[i] = share(single[i])
	}
	for _, pr := range pairs {
		m := share(pr.p)
		p.each[pr.a] += m
		p.each[pr.b] += m
		p.pairs = append(p.pairs, pairMass{pr.a, pr.b, m})
	}
	for i := range p.each {
		p.each[i] = min(p.each[i], 1)
	}
	return p
}

// order lists the recipients by probability, best first; ties by id.
func (q *run) order(p *posterior) []Ref {
	out := make([]Ref, len(p.each))
	for i := range out {
		out[i] = Ref(i)
	}
	slices.SortFunc(out, func(a, b Ref) int {
		return cmp.Or(-cmp.Compare(p.each[a], p.each[b]), cmp.Compare(q.x.recipients[a].ID, q.x.recipients[b].ID))
	})
	return out
}
