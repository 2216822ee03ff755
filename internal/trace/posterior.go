package trace

import (
	"cmp"
	"math"
	"slices"
)

// posterior holds the probability of every hypothesis that is told apart.
type posterior struct {
	each       []float64 // recipient → probability of being a leaker
	none       float64   // nobody inside: nobody, outside lists, an unrecorded path
	external   float64
	unrecorded float64
	pooled     float64 // log of the pooled e-value
	sets       []setMass
}

// setMass is the probability that exactly these leaked.
type setMass struct {
	who []Ref
	p   float64 // log of prior times factor, then the probability
}

func (p *posterior) sane() bool {
	for _, v := range append(slices.Clone(p.each), p.none, p.external, p.unrecorded) {
		if !finite(v) || v < 0 || v > 1 {
			return false
		}
	}
	return !math.IsNaN(p.pooled)
}

// leaders is how many recipients are looked at again under a tilt.
const leaders = 24

// posterior weighs all hypotheses against each other. An outside list and an
// insider are not alternatives: both may have happened.
func (q *run) posterior(suspects []suspect) posterior {
	n := float64(max(len(suspects), 1))
	var all, pooled, withList logSum
	inside := q.opt.Insider + q.opt.Pairs
	nobody := math.Log(q.opt.Nobody)
	all.add(nobody)
	unrecorded := math.Log(q.opt.Unrecorded) + q.unrecorded
	all.add(unrecorded)
	coexist := q.opt.External / (1 - inside)
	external := math.Log(q.opt.External) + q.outsideBF
	all.add(external)
	withList.add(external)

	single := make([]logSum, len(suspects))
	for i := range suspects {
		s := &suspects[i]
		base := math.Log(q.opt.Insider/n) + s.alias
		single[i].add(base + math.Log(1-coexist) + s.bf)
		listed := base + math.Log(coexist) + q.underRivals(s, q.rivalLists)
		single[i].add(listed)
		withList.add(listed)
		all.add(single[i].value())
		pooled.add(s.raw + s.alias - math.Log(n))
	}
	sets := q.sets(suspects)
	for _, s := range sets {
		all.add(s.p)
	}
	var common []setMass
	for i := range suspects {
		common = append(common, suspects[i].common...)
	}
	for _, s := range common {
		all.add(s.p)
	}
	total := all.value()
	share := func(v float64) float64 { return min(1, math.Exp(v-total)) }
	p := posterior{each: make([]float64, len(suspects)), pooled: pooled.value()}
	p.external, p.unrecorded = share(withList.value()), share(unrecorded)
	p.none = min(1, share(nobody)+share(external)+p.unrecorded)
	for i := range single {
		p.each[i] = share(single[i].value())
	}
	for _, s := range sets {
		m := share(s.p)
		for _, a := range s.who {
			p.each[a] = min(1, p.each[a]+m)
		}
		p.sets = append(p.sets, setMass{s.who, m})
	}
	for _, s := range common {
		for _, a := range s.who {
			p.each[a] = min(1, p.each[a]+share(s.p)/2)
		}
	}
	return p
}

// underRivals is the log of the sum over outside lists of prior, factor of the
// list, and the suspect's factor given that list.
func (q *run) underRivals(s *suspect, rivals []rival) float64 {
	if len(rivals) == 0 {
		return q.outsideBF + s.bf
	}
	var sum logSum
	sum.add(q.quietBF + s.bf)
	for i, r := range rivals {
		given := 0.0 // one who is not among the leaders: the list explains it all
		if i < len(s.given) {
			given = s.given[i]
		}
		sum.add(r.mass + given)
	}
	return sum.value()
}

// underEach scores the leading suspects under each rival list.
func (q *run) underEach(suspects []suspect, rivals []rival) {
	if len(rivals) == 0 {
		return
	}
	order := q.byFactor(suspects)
	order = q.withTwins(order[:min(leaders, len(order))])
	for _, a := range order {
		suspects[a].given = make([]float64, len(rivals))
		for i := range rivals {
			suspects[a].given[i] = min(suspects[a].bf, 0)
		}
	}
	// Who does not stand out has nothing that a list could explain.
	order = slices.DeleteFunc(order, func(a Ref) bool { return suspects[a].bf+suspects[a].alias < standsOut/2 })
	for i, r := range rivals {
		again := q.tilted(r.tilt)
		q.parallel(len(order), func(n int, sc *scratch) {
			s := suspects[order[n]]
			again.judge(&s, sc)
			suspects[order[n]].given[i] = s.bf
		})
		shareGiven(suspects, order, q.twins, i)
	}
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

func (q *run) byFactor(suspects []suspect) []Ref {
	p := posterior{each: make([]float64, len(suspects))}
	for i := range suspects {
		p.each[i] = suspects[i].bf + suspects[i].alias
	}
	return q.order(&p)
}

// withTwins adds the twins of those listed.
func (q *run) withTwins(order []Ref) []Ref {
	out := slices.Clone(order)
	for i := range q.x.recipients {
		same := func(a Ref) bool { return q.twins.find(int(a)) == q.twins.find(i) }
		if !slices.Contains(out, Ref(i)) && slices.ContainsFunc(order, same) {
			out = append(out, Ref(i))
		}
	}
	return out
}

// shareGiven makes twins equal under a rival list, too.
func shareGiven(suspects []suspect, order []Ref, g groups, rival int) {
	mean := map[int]*logMean{}
	for _, a := range order {
		n := g.find(int(a))
		if mean[n] == nil {
			mean[n] = &logMean{}
		}
		mean[n].add(suspects[a].given[rival])
	}
	for _, a := range order {
		suspects[a].given[rival] = mean[g.find(int(a))].value()
	}
}
