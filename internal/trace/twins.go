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
		if len(s.best) == 0 || s.alias > 0 {
			continue
		}
		h := s.best[0]
		round++
		own := distinct(s.list.views, h.from, h.until, mark, round)
		near := distinct(s.list.views, h.from-twinSlack, h.until+twinSlack, seen, round*int32(len(suspects)+1))
		for b := range suspects {
			if Ref(b) == a || suspects[b].alias > 0 || g.find(b) == g.find(int(a)) {
				continue
			}
			all, both := overlap(suspects[b].list.views, h.from-twinSlack, h.until+twinSlack, mark, seen, round, round*int32(len(suspects)+1)+int32(b)+1)
			if own > 0 && float64(both) >= twinShare*float64(own) && float64(all) <= float64(near)/twinShare && float64(all) >= float64(near)*twinShare {
				g.join(int(a), b)
			}
		}
	}
	q.twins = g
	shareFactors(suspects, g)
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
