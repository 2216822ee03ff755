package trace

import (
	"cmp"
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
	var ts terms
	for c := range q.classes {
		k := &q.classes[c]
		it := &q.items[k.items[0]]
		s := &q.x.subjects[it.Subject]
		if it.skipped || s.Decoy {
			continue
		}
		key := [2]int32{s.Segment, s.Region}
		in := 0.0
		for _, n := range k.items {
			if member(&q.x.subjects[q.items[n].Subject]) {
				in++
			}
		}
		ts.add(k, int32(c), in, size[key]/whole[key])
	}
	return q.overTime(&ts)
}

func (ts *terms) add(k *class, c int32, in, f float64) {
	if f == 0 && in == 0 || k.w == 0 {
		return
	}
	t := term{class: c, in: in, n: k.n, f: f, w: k.w, at: k.at, rich: k.rich, file: k.file > 0}
	if t.file {
		ts.rows = append(ts.rows, t)
	} else {
		ts.complaints = append(ts.complaints, t)
	}
}

// overTime averages the numerator over leak times on a coarse grid.
func (q *run) overTime(ts *terms) float64 {
	const steps = 12
	var mean logMean
	span := max(q.last-q.x.from, 1)
	for i := range int64(steps) {
		leak := q.x.from + span*i/steps
		mean.add(q.complaintPart(since(ts.complaints, leak), leak))
	}
	return mean.value() + q.rowPart(ts)
}

// unrecordedPath is the log Bayes factor of a path without entries: the whole
// table, an import file, a backup. Half of it is a leak of everything, which
// says nothing about who is complained of; the other half is seen in complaints
// about people whom nobody had been shown in plain by then.
func (q *run) unrecordedPath() float64 {
	firsts := make([][]int64, len(q.x.strata.size)) // cell → when its members were first shown
	for s, at := range q.seen {
		c := q.x.strata.of[s]
		if len(q.byCell[c]) > 0 {
			firsts[c] = append(firsts[c], at)
		}
	}
	for c := range firsts {
		slices.Sort(firsts[c])
	}
	var ts terms
	for c := range q.classes {
		k := &q.classes[c]
		if k.decoy || q.items[k.items[0]].skipped {
			continue
		}
		all := firsts[k.cell]
		shown, _ := slices.BinarySearch(all, k.at)
		in := 0.0
		for _, n := range k.items {
			if q.seen[q.items[n].Subject] >= k.at {
				in++
			}
		}
		ts.add(k, int32(c), in, max(in, float64(len(all)-shown))/float64(len(all)))
	}
	var both logMean
	both.add(0)
	both.add(q.overTime(&ts))
	return both.value()
}
