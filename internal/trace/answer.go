package trace

import (
	"math"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
)

// shownAbove is the least probability the ranking shows.
const shownAbove = .0005

// answer turns the posterior into a verdict, past the guards.
func (q *run) answer(suspects []suspect, p posterior) Finding {
	order := q.order(&p)
	f := Finding{Verdict: Undecided, Accused: []string{}, Ranking: []Rank{}, Group: []string{}, PNone: p.none}
	f.Detail = q.detail(suspects, &p, order)
	if len(order) > 0 {
		f.Detail.Guards = q.guards(suspects, &p, order)
	}
	claim := slices.Clone(p.each)
	named := len(f.Detail.Guards) > 0
	for _, g := range f.Detail.Guards {
		named = named && g.Holds
	}
	var accused []Ref
	if named {
		accused = q.accused(suspects, &p, order)
	}
	limit := q.opt.Cap
	for _, g := range f.Detail.Guards {
		if (g.Guard == "nothing-else" || g.Guard == "whole-list") && !g.Holds {
			limit = q.opt.CapDealt
		}
	}
	for i := range claim {
		if !slices.Contains(accused, Ref(i)) {
			claim[i] = min(claim[i], limit)
		}
	}
	for _, a := range order {
		if claim[a] > shownAbove {
			f.Ranking = append(f.Ranking, Rank{q.x.recipients[a].ID, claim[a], q.why(&suspects[a])})
		}
	}
	f.Group = q.group(&p, order)
	if len(f.Group) == 1 && slices.ContainsFunc(f.Detail.Guards, func(g GuardResult) bool { return g.Guard == "rows-of-no-other" && !g.Holds }) {
		if wide := q.rowGroup(suspects, order[0]); wide != nil {
			f.Group = wide
		}
	}
	for _, a := range accused {
		f.Accused = append(f.Accused, q.x.recipients[a].ID)
	}
	switch {
	case len(accused) > 0:
		f.Verdict = Accuse
	case len(f.Group) > 1 && p.unrecorded <= q.opt.MaxUnrecorded && q.groupHolds(suspects, f.Group, f.Detail.Guards):
		f.Verdict = Group
	case p.none >= .8:
		f.Verdict = Nobody
	}
	if f.Verdict != Accuse {
		f.Detail.Need = q.need(suspects, &p, order)
		f.Needs = f.Detail.Need.In(fault.En)
	}
	return f
}

// accused is the first name, and others when they reach .95 on what the first
// one's list leaves over, with items of their own.
func (q *run) accused(suspects []suspect, p *posterior, order []Ref) []Ref {
	first := &suspects[order[0]]
	mine := map[int32]bool{}
	for _, n := range q.inside(first) {
		mine[q.items[n].voice] = true
	}
	out := []Ref{order[0]}
	for _, b := range order[1:min(4, len(order))] {
		s := &suspects[b]
		if !(p.each[b] >= q.opt.MinProbability) || s.twins > 1 || !(q.second(first, b, len(suspects)) >= q.opt.MinSecond) {
			continue
		}
		own := map[int32]bool{}
		for _, n := range q.inside(s) {
			if it := &q.items[n]; !mine[it.voice] && it.Proof != Unverified {
				own[it.voice] = true
			}
		}
		if float64(len(own)) >= q.opt.MinItems && q.standsAlone(first, s, len(suspects)) {
			out = append(out, b)
		}
	}
	return out
}

// second is the probability that b leaked as well, among all who may have, on
// what the first one's list leaves over.
func (q *run) second(first *suspect, b Ref, n int) float64 {
	prior := q.opt.Pairs / (q.opt.Pairs + q.opt.Insider)
	var all logSum
	all.add(math.Log(1 - prior))
	at := math.Inf(-1)
	for _, s := range first.after {
		v := math.Log(prior/float64(n)) + s.p
		all.add(v)
		if s.who[0] == b {
			at = v
		}
	}
	return math.Exp(at - all.value())
}

// group is the smallest set of at most five recipients that holds a leaker with
// probability of at least .99.
func (q *run) group(p *posterior, order []Ref) []string {
	joint := 0.0
	in := map[Ref]bool{}
	out := []string{}
	for _, a := range order[:min(5, len(order))] {
		add := p.each[a]
		for _, set := range p.sets { // a set counts once
			if slices.Contains(set.who, a) && slices.ContainsFunc(set.who, func(b Ref) bool { return in[b] }) {
				add -= set.p
			}
		}
		joint += add
		in[a] = true
		out = append(out, q.x.recipients[a].ID)
		if joint >= q.opt.MinProbability {
			return out
		}
	}
	return []string{}
}

// groupHolds asks of a group what a single name is asked, as far as it applies:
// all but that one probability is enough.
func (q *run) groupHolds(suspects []suspect, group []string, guards []GuardResult) bool {
	for _, g := range guards {
		switch g.Guard {
		case "pooled-e-value", "recorded-path", "nothing-else", "no-shared-list", "whole-list":
			if !g.Holds {
				return false
			}
		}
	}
	for _, id := range group {
		for i := range suspects {
			if q.x.recipients[i].ID == id && q.support(&suspects[i]) >= q.opt.MinItems {
				return true
			}
		}
	}
	return false
}

// support is the number of distinct verified voices inside the best list; a
// decoy counts as two and an alias suffices.
func (q *run) support(s *suspect) float64 {
	units := map[int32]float64{}
	for _, n := range q.inside(s) {
		it := &q.items[n]
		if it.Proof == Unverified {
			continue
		}
		u := 1.0
		if it.cell == q.x.strata.decoy {
			u = 2
		}
		units[it.voice] = max(units[it.voice], u)
	}
	for i := range q.items {
		if it := &q.items[i]; slices.Contains(it.AliasOf, s.list.a) && it.Proof != Unverified {
			units[it.voice] = 3
		}
	}
	total := 0.0
	for _, u := range units {
		total += u
	}
	return total
}

// guards are the conditions of naming the first of the order.
func (q *run) guards(suspects []suspect, p *posterior, order []Ref) []GuardResult {
	a := order[0]
	s := &suspects[a]
	out := []GuardResult{
		holds("probability", p.each[a], q.opt.MinProbability),
		holds("distinct-items", q.support(s), q.opt.MinItems),
		holds("pooled-e-value", p.pooled, math.Log(q.opt.MinPooled)),
		holds("recorded-path", 1-p.unrecorded, 1-q.opt.MaxUnrecorded),
		holds("nothing-else", q.orAlias(s, q.residue(suspects, q.accused(suspects, p, order))), q.opt.MinResidue),
	}
	out = append(out, holds("no-shared-list", q.orAlias(s, q.beatsLists(s)), q.opt.MinBeats))
	out = append(out, holds("whole-list", q.alike(suspects, q.accused(suspects, p, order)), q.opt.MinAlike))
	out = append(out, holds("rows-of-no-other", q.rowLead(suspects, a), q.opt.MinRowLead))
	for _, g := range out {
		if !g.Holds {
			return out
		}
	}
	out = append(out,
		holds("wider-spread", q.withTau(suspects, a, q.tau+.25), q.opt.MinDispersed),
		holds("without-best-item", q.without(suspects, a), q.opt.MinWithout))
	if q.pool != nil {
		out = append(out, holds("own-strata", q.unpooled(suspects, a), q.opt.MinStrata))
	}
	return out
}

// unpooled is a's probability when nothing is known of how much each stratum
// complains: what is left when another company lost the list of a whole segment.
func (q *run) unpooled(suspects []suspect, a Ref) float64 {
	again := *q
	again.pool, again.lists = nil, new([]rival)
	return again.rejudge(suspects, a)
}

// beatsLists is by how much, as a logarithm, a suspect's best list explains the
// items better than any list his team shares or somebody made outside. A
// supervisor who was shown what his team was shown does not beat the team's list.
func (q *run) beatsLists(s *suspect) float64 {
	if len(s.best) == 0 {
		return 0
	}
	own := math.Inf(-1)
	for _, h := range s.best {
		own = max(own, h.bf)
	}
	rival := 0.0
	for _, r := range q.rivalLists {
		rival = max(rival, r.bf)
	}
	return own - rival
}

// orAlias lets an alias stand whatever else is going on: it was given to nobody
// but this recipient.
func (q *run) orAlias(s *suspect, v float64) float64 {
	if s.alias >= math.Log(1e5) {
		return max(v, s.alias)
	}
	return v
}

// withTau is a's probability when recipients differ more than was measured.
func (q *run) withTau(suspects []suspect, a Ref, tau float64) float64 {
	again := *q
	again.tau = tau
	return again.rejudge(suspects, a)
}

// without is a's probability when the voice that says most against him is
// left out.
func (q *run) without(suspects []suspect, a Ref) float64 {
	s := &suspects[a]
	if s.alias >= math.Log(1e5) {
		return 1 // dropping the alias is dropping the case
	}
	voice := int32(-1)
	best := 0.0
	if len(s.best) > 0 {
		ts := q.termsOf(s)
		f := map[int32]float64{}
		for _, t := range slices.Concat(ts.complaints, ts.rows, ts.decoys) {
			f[t.class] = t.f
		}
		effect := map[int32]float64{}
		for _, n := range q.inside(s) {
			it := &q.items[n]
			effect[it.voice] -= it.weight * math.Log(max(f[it.class], 1e-9))
		}
		for v, e := range effect {
			if e > best || e == best && v < voice {
				voice, best = v, e
			}
		}
	}
	again := *q
	again.classes = slices.Clone(q.classes)
	for i := range q.items {
		if it := &q.items[i]; it.voice == voice && it.File == 0 {
			again.classes[it.class].w = 0
		}
	}
	return again.rejudge(suspects, a)
}

// rejudge answers anew for the leading recipients, with everything they are
// weighed against: lists made outside, accomplices, framing. The others keep
// their factor. What is tried on a name alone would not be a trial.
func (q *run) rejudge(suspects []suspect, a Ref) float64 {
	order := q.byFactor(suspects)
	order = q.withTwins(order[:min(leaders, len(order))])
	again := slices.Clone(suspects)
	for i := range again {
		s := &again[i]
		s.given, s.common, s.after, s.sets = nil, nil, nil, nil
	}
	for i, s := range q.rejudged(again, order) {
		again[order[i]] = s
	}
	shareFactors(again, q.twins)
	p := q.weigh(again)
	return p.each[a]
}
