package trace

import (
	"cmp"
	"math"
	"slices"
)

// outsideLists is the log Bayes factor of lists that did not leave through a
// recipient: people who signed up in one month, or stand in a public directory.
// They compete with every recipient, so an agent who serves one month's new
// customers is not blamed for a list somebody made of that month's sign-ups.
func (q *run) outsideLists() float64 {
	months := map[int32]bool{}
	for i := range q.x.subjects {
		months[q.x.subjects[i].Cohort] = true
	}
	var lists []func(*Subject) bool
	if len(months) > 1 && len(months) < 200 {
		sorted := make([]int32, 0, len(months))
		for m := range months {
			sorted = append(sorted, m)
		}
		slices.SortFunc(sorted, cmp.Compare)
		for _, m := range sorted {
			lists = append(lists, func(s *Subject) bool { return s.Cohort == m })
		}
	}
	lists = append(lists, func(s *Subject) bool { return s.Public })
	var mean logMean
	for _, list := range lists {
		mean.add(q.outside(list))
	}
	return mean.value()
}

// outside scores one outside list over the times it may have begun to be used.
// It is measured against the whole table, not inside the strata, which would
// hide it: sign-up month and listing are what strata are made of.
func (q *run) outside(member func(*Subject) bool) float64 {
	size := map[[2]int32]float64{} // segment, region → members
	whole := map[[2]int32]float64{}
	for i := range q.x.subjects {
		s := &q.x.subjects[i]
		k := [2]int32{s.Segment, s.Region}
		whole[k]++
		if member(s) {
			size[k]++
		}
	}
	ts := make([]term, 0, len(q.items))
	for i := range q.items {
		it := &q.items[i]
		s := &q.x.subjects[it.Subject]
		if it.skipped || s.Decoy {
			continue
		}
		k := [2]int32{s.Segment, s.Region}
		ts = append(ts, term{item: int32(i), in: member(s), f: size[k] / whole[k], w: it.weight, rich: it.rich, file: it.File > 0})
	}
	return q.overTime(ts)
}

// overTime averages the numerator over leak times on a coarse grid.
func (q *run) overTime(ts []term) float64 {
	const steps = 12
	var mean logMean
	span := max(q.last-q.x.from, 1)
	for i := range int64(steps) {
		leak := q.x.from + span*i/steps
		active := ts[:0:0]
		for _, t := range ts {
			at := q.items[t.item].At
			if at >= leak || t.file {
				t.fade = float64(at - leak)
				active = append(active, t)
			}
		}
		mean.add(q.numerator(active))
	}
	return mean.value()
}

// unrecordedPath is the log Bayes factor of a path without entries: the whole
// table, an import file, a backup. Half of it is a leak of everything, which
// says nothing about who is complained of; the other half is seen in complaints
// about people whom nobody was shown in plain.
func (q *run) unrecordedPath(suspects []suspect) float64 {
	seenBy := make([]bool, len(q.items))
	for i := range suspects {
		for n, h := range suspects[i].list.hits[enriched] {
			seenBy[n] = seenBy[n] || len(h) > 0
		}
	}
	shown := q.shownShare()
	ts := make([]term, 0, len(q.items))
	for n := range q.items {
		it := &q.items[n]
		if it.skipped || it.cell == q.x.strata.decoy {
			continue
		}
		f := 1 - shown[it.cell]
		if !seenBy[n] {
			f = max(f, 1/it.size)
		}
		ts = append(ts, term{item: int32(n), in: !seenBy[n], f: f, w: it.weight, rich: it.rich, file: it.File > 0})
	}
	var both logMean
	both.add(0)
	both.add(q.overTime(ts))
	return both.value()
}

// shownShare is, per cell, the share of subjects anybody was ever shown.
func (q *run) shownShare() []float64 {
	shown := make([]bool, len(q.x.subjects))
	for i := range q.x.views {
		if q.x.views[i].Plain != 0 {
			shown[q.x.views[i].Subject] = true
		}
	}
	share := make([]float64, len(q.x.strata.size))
	for s, yes := range shown {
		if yes {
			share[q.x.strata.of[s]]++
		}
	}
	for c := range share {
		share[c] = math.Min(1, share[c]/float64(max(q.x.strata.size[c], 1)))
	}
	return share
}
