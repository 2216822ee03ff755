package trace

import "math"

// A single leaker explains the excess of complaints. When complaints outside
// his list rise in the same weeks as those inside, something else is going on: a
// campaign list that several people were dealt, a second leak. Then his list may
// be one share of a list that left by another way, and no name is given.
const residueSpan = 90 * daySec

// residue is the chance of seeing so many informed complaints outside the lists
// of the named in the weeks after the first one inside, when they come as they
// do in the rest of the record.
func (q *run) residue(suspects []suspect, named []Ref) float64 {
	explained := map[int32]bool{}
	began := int64(math.MaxInt64)
	for _, a := range named {
		for _, n := range q.inside(&suspects[a]) {
			explained[n] = true
			if it := &q.items[n]; it.File == 0 {
				began = min(began, it.At)
			}
		}
	}
	if began == math.MaxInt64 || len(q.items) == 0 {
		return 1 // files say nothing about when
	}
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
