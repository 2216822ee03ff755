package trace

import (
	"math"
	"slices"
)

// A single leaker explains the excess of complaints. When complaints outside
// his list rise in the same weeks as those inside, something else is going on: a
// campaign list that several people were dealt, a second leak. Then his list may
// be one share of a list that left by another way, and no name is given.
const residueSpan = 90 * daySec

// residue is the chance of seeing so many informed complaints outside the lists
// of the named in the weeks that hold most of those inside, when they come as they do in
// the rest of the record.
func (q *run) residue(suspects []suspect, named []Ref) float64 {
	explained := map[int32]bool{}
	var times []int64
	for _, a := range named {
		s := &suspects[a]
		for _, n := range q.inside(s) {
			if it := &q.items[n]; it.File == 0 && !explained[n] {
				times = append(times, it.At)
			}
			explained[n] = true
		}
		// The best window may be narrower than the list that left: a complaint
		// about somebody the named was ever shown is not outside it.
		if len(s.best) > 0 {
			for _, h := range s.list.modes[s.best[0].mode].hits {
				explained[h.item] = true
			}
		}
	}
	if len(times) == 0 {
		return 1 // files say nothing about when
	}
	began := densest(times, residueSpan)
	ended := min(began+residueSpan, q.last+1)
	start := q.items[0].At
	during, elsewhere := 0.0, 0.0
	for n := range q.items {
		it := &q.items[n]
		if it.File > 0 || it.skipped || !it.rich || explained[int32(n)] {
			continue
		}
		if it.At >= began && it.At < ended {
			during += it.weight
		} else {
			elsewhere += it.weight
		}
	}
	inside := float64(ended - began)
	outside := float64(max(q.last-start, ended-start)) - inside
	if outside < inside/2 { // too little else to compare with
		return 1
	}
	return binomialTail(int(math.Round(during+elsewhere)), int(math.Round(during)), inside/(inside+outside))
}

// densest is the start of the span that holds most of the times.
func densest(times []int64, span int64) int64 {
	slices.Sort(times)
	best, at, j := 0, times[0], 0
	for i := range times {
		for times[i]-times[j] > span {
			j++
		}
		if n := i - j + 1; n > best {
			best, at = n, times[j]
		}
	}
	return at
}

// binomialTail is P(X >= k) for n trials of chance p.
func binomialTail(n, k int, p float64) float64 {
	if k <= 0 {
		return 1
	}
	if p <= 0 || p >= 1 {
		return 1
	}
	var sum logSum
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum.add(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, math.Exp(sum.value()))
}
