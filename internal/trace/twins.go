package trace

// A record misses a few disclosures. Two recipients whose lists agree up to
// that are not told apart by the one item that fell into the gap: their Bayes
// factors are made equal, so neither is ever named alone.
const (
	twinShare = .85        // of the smaller list must be shared
	twinSlack = 3 * daySec // colleagues work the same list some hours apart
)

// joinTwins finds the twins of the leading names and shares their factors.
func (q *run) joinTwins(suspects []suspect) {
	const leaders = 8 // looking for twins costs a pass over the record
	order := q.byFactor(suspects)
	mark := make([]int32, len(q.x.subjects))
	seen := make([]int32, len(q.x.subjects))
	g := newGroups(len(suspects))
	round := int32(0)
	for _, a := range order[:min(leaders, len(order))] {
		s := &suspects[a]
		if len(s.best) == 0 || s.alias > 0 || s.bf < standsOut {
			continue
		}
		h := s.best[0]
		mine := map[int32]bool{}
		for _, n := range q.inside(s) {
			mine[n] = true
		}
		round++
		own := distinct(s.list.views, h.from, h.until, mark, round)
		near := distinct(s.list.views, h.from-twinSlack, h.until+twinSlack, seen, round*int32(len(suspects)+1))
		for b := range suspects {
			if Ref(b) == a || suspects[b].alias > 0 || g.find(b) == g.find(int(a)) {
				continue
			}
			if !q.holdsMost(&suspects[b], h, mine) {
				continue
			}
			all, both := overlap(suspects[b].list.views, h.from-twinSlack, h.until+twinSlack, mark, seen, round, round*int32(len(suspects)+1)+int32(b)+1)
			if own > 0 && float64(both) >= twinShare*float64(own) && float64(all) <= float64(near)/twinShare && float64(all) >= float64(near)*twinShare &&
				sameLooks(s.list.views, suspects[b].list.views, &h) {
				g.join(int(a), b)
			}
		}
	}
	q.twins = g
	shareFactors(suspects, g)
}

// holdsMost says whether another was shown most of a leader's items in his window: lists
// of a day are short, and two short lists are alike by chance.
func (q *run) holdsMost(s *suspect, h hypothesis, mine map[int32]bool) bool {
	held := map[int32]bool{}
	for _, t := range s.list.modes[h.mode].hitsIn(h.from-twinSlack, h.until+twinSlack) {
		if mine[t.item] {
			held[t.item] = true
		}
	}
	return 2*len(held) > len(mine)
}

// sameLooks says whether most looks of a window were another's at nearly the same time.
// Colleagues who share a market meet all of its people in a year; that is no shared list.
func sameLooks(a, b []View, h *hypothesis) bool {
	looks := viewsIn(a, h.from, h.until)
	at := map[Ref][]int{}
	for i := range looks {
		at[looks[i].Subject] = append(at[looks[i].Subject], i)
	}
	met := make([]bool, len(looks))
	n := 0
	for _, v := range viewsIn(b, h.from-twinSlack, h.until+twinSlack) {
		for _, i := range at[v.Subject] {
			if d := v.At - looks[i].At; !met[i] && d <= twinSlack && -d <= twinSlack {
				met[i] = true
				n++
			}
		}
	}
	return float64(n) >= twinShare*float64(len(looks))
}

// distinct marks and counts the subjects of a window.
func distinct(views []View, from, until int64, mark []int32, round int32) (n int) {
	for i := range views {
		if v := &views[i]; v.At >= from && v.At < until && mark[v.Subject] != round {
			mark[v.Subject] = round
			n++
		}
	}
	return n
}

// overlap counts another recipient's subjects of a span: all, and those marked.
func overlap(views []View, from, until int64, mark, seen []int32, round, stamp int32) (all, both int) {
	for i := range views {
		v := &views[i]
		if v.At < from || v.At >= until || seen[v.Subject] == stamp {
			continue
		}
		seen[v.Subject] = stamp
		all++
		if mark[v.Subject] == round {
			both++
		}
	}
	return all, both
}

// shareFactors gives every member of a group the mean of the group's factors.
func shareFactors(suspects []suspect, g groups) {
	sizes := make([]int, len(suspects))
	for i := range suspects {
		sizes[g.find(i)]++
	}
	share := func(of func(*suspect) *float64) {
		mean := make([]logMean, len(suspects))
		for i := range suspects {
			mean[g.find(i)].add(*of(&suspects[i]))
		}
		for i := range suspects {
			if n := g.find(i); sizes[n] > 1 {
				*of(&suspects[i]) = mean[n].value()
			}
		}
	}
	share(func(s *suspect) *float64 { return &s.bf })
	share(func(s *suspect) *float64 { return &s.raw })
	for i := range suspects {
		suspects[i].twins = sizes[g.find(i)]
	}
}
