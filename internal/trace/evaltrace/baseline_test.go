package evaltrace

import (
	"math"
	"slices"

	"github.com/goldbell/goldbell/internal/trace"
)

// baseline is what a simpler method says of a case.
type baseline struct{ First, Right, Innocent bool }

var baselineNames = [3]string{"naive overlap", "guilt model 2011", "hypergeometric + BH, best only"}

// baselines runs three published or obvious methods on the same case.
func baselines(f *firm, _ *trace.Exposure, leakers []string, inside bool) (out [3]baseline) {
	n := len(f.people)
	holds := make([]map[int]bool, n)
	for i := range holds {
		holds[i] = map[int]bool{}
	}
	holders := map[int]int{}
	for _, v := range f.views {
		if m := holds[v.Recipient]; !m[int(v.Subject)] {
			m[int(v.Subject)] = true
			holders[int(v.Subject)]++
		}
	}
	evidence := map[int]bool{}
	for _, it := range f.items {
		evidence[int(it.Subject)] = true
	}
	overlap := make([]float64, n)
	guilt := make([]float64, n)
	p := make([]float64, n)
	for a := range n {
		left := 0.0
		for s := range evidence {
			if holds[a][s] {
				overlap[a]++
				left += math.Log1p(-(1 - .2) / float64(holders[s]))
			}
		}
		guilt[a] = 1 - math.Exp(left)
		p[a] = tail(len(f.subjects), len(holds[a]), len(evidence), int(overlap[a]))
	}
	judge := func(best int, names bool) baseline {
		hit := slices.Contains(leakers, f.id(best))
		return baseline{First: hit, Right: names && hit || !names && !inside, Innocent: names && !hit}
	}
	top := func(v []float64) int { return slices.Index(v, slices.Max(v)) }
	out[0] = judge(top(overlap), true)
	g := top(guilt)
	out[1] = judge(g, guilt[g] >= .95)
	neg := make([]float64, n)
	for a := range p {
		neg[a] = -p[a]
	}
	h := top(neg)
	out[2] = judge(h, p[h] <= .01/float64(n)) // the smallest passes BH at .01 as soon as it passes here
	return out
}

// tail is P(X >= k) for a hypergeometric X: n drawn from N of which d are held.
func tail(total, d, n, k int) float64 {
	lc := func(a, b int) float64 {
		if b < 0 || b > a {
			return math.Inf(-1)
		}
		x, _ := math.Lgamma(float64(a + 1))
		y, _ := math.Lgamma(float64(b + 1))
		z, _ := math.Lgamma(float64(a - b + 1))
		return x - y - z
	}
	sum := 0.0
	for i := k; i <= min(n, d); i++ {
		sum += math.Exp(lc(d, i) + lc(total-d, n-i) - lc(total, n))
	}
	return min(sum, 1)
}
