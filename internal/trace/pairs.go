package trace

import (
	"math"
	"slices"
)

// sets are the hypotheses of several leakers whose lists were used together.
func (q *run) sets(suspects []suspect) (out []setMass) {
	for i := range suspects {
		out = append(out, suspects[i].sets...)
	}
	return out
}

// standsOut is the log Bayes factor below which nobody is looked at as the first
// of several, or as framed: there is nothing to share.
const standsOut = 2

// company looks for accomplices of the leading names. A second leaker is judged
// by what the first one's list leaves over; a third by what both leave.
func (q *run) company(suspects []suspect) {
	const firsts = 3
	n := float64(len(suspects))
	if n < 2 {
		return
	}
	order := q.byFactor(suspects)
	order = order[:min(leaders, len(order))]
	each := math.Log(q.opt.Pairs / (n * (n - 1) / 2))
	done := map[[2]Ref]bool{}
	for _, a := range order[:min(firsts, len(order))] {
		first := &suspects[a]
		if len(first.best) == 0 || first.bf < standsOut || first.bf < suspects[order[0]].bf-10 {
			continue // too little to be the first of a set
		}
		t := q.tiltOf(first)
		again := q.tilted(t)
		seconds := again.rejudged(suspects, order)
		best := Ref(-1)
		for i, b := range order {
			if a != b {
				first.after = append(first.after, setMass{[]Ref{b}, seconds[i].bf + seconds[i].alias})
			}
			key := [2]Ref{min(a, b), max(a, b)}
			if a == b || done[key] || math.IsInf(seconds[i].bf, 0) {
				continue
			}
			done[key] = true
			s := &seconds[i]
			first.sets = append(first.sets, setMass{[]Ref{key[0], key[1]}, each + first.bf + first.alias + s.bf + s.alias})
			if best < 0 || s.bf > seconds[slices.Index(order, best)].bf {
				best = b
			}
		}
		if best >= 0 {
			q.third(suspects, again, order, seconds, a, best, each)
		}
	}
}

// third adds the sets of three that begin with a and b.
func (q *run) third(suspects []suspect, again *run, order []Ref, seconds []suspect, a, b Ref, each float64) {
	sb := &seconds[slices.Index(order, b)]
	if len(sb.best) == 0 || sb.bf < 4 {
		return
	}
	thirds := again.tilted(again.tiltOf(sb)).rejudged(suspects, order)
	first := &suspects[a]
	each += math.Log(.1 / float64(len(suspects)))
	for i, c := range order {
		if c != a && c != b {
			who := []Ref{a, b, c}
			slices.Sort(who)
			first.sets = append(first.sets, setMass{who, each + first.bf + first.alias + sb.bf + sb.alias + thirds[i].bf + thirds[i].alias})
		}
	}
}

// rejudged scores some recipients anew and leaves the suspects as they are.
func (q *run) rejudged(suspects []suspect, order []Ref) []suspect {
	out := make([]suspect, len(order))
	q.parallel(len(order), func(i int, sc *scratch) {
		out[i] = suspects[order[i]]
		q.judge(&out[i], sc)
	})
	return out
}
