package evaltrace

import (
	"fmt"
	"math"
	"slices"

	"github.com/goldbell/goldbell/internal/trace"
)

// baseline is what a simpler method says of a case.
type baseline struct{ first, right, innocent bool }

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
		return baseline{first: hit, right: names && hit || !names && !inside, innocent: names && !hit}
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

func baselineTable(all []outcome) {
	fmt.Printf("\n| method | leaker first | right, leaker present | innocent named, leaker present | accuses, nobody inside |\n|---|---|---|---|---|\n")
	for i, name := range baselineNames {
		var n, first, right, innocent, none, accuses int
		for _, o := range all {
			b := o.base[i]
			if o.family.inside {
				n++
				first += btoi(b.first)
				right += btoi(b.right)
				innocent += btoi(b.innocent)
			} else {
				none++
				accuses += btoi(b.innocent)
			}
		}
		pct := func(a, b int) string { return fmt.Sprintf("%.0f %%", 100*float64(a)/math.Max(1, float64(b))) }
		fmt.Printf("| %s | %s | %s | %s | %s |\n", name, pct(first, n), pct(right, n), pct(innocent, n), pct(accuses, none))
	}
}
