package decoy

import "math"

// Plan is how many decoys one batch needs.
type Plan struct {
	// Rate is how likely a leaked decoy is contacted while somebody watches.
	Rate float64 `json:"rate"`
	// Share of the batch that whoever leaks it passes on.
	Share float64 `json:"share"`
	// Power is the wanted probability of at least Contacts contacts.
	Power    float64 `json:"power"`
	Contacts int     `json:"contacts"`
}

// mostPlanned is where planning ends: more decoys than that in a batch are seen.
const mostPlanned = 10_000

// Decoys is the least number of decoys in the batch that gives the plan's power; 0 if
// the plan makes no sense or would take more than ten thousand. Each decoy is passed
// on and contacted by itself: contacts are binomial with probability Rate × Share.
func (p Plan) Decoys() int {
	each := p.Rate * p.Share
	if !(each > 0 && each <= 1 && p.Power > 0 && p.Power < 1) || p.Contacts < 1 || p.Contacts > 100 {
		return 0
	}
	for m := p.Contacts; m <= mostPlanned; m++ {
		if atLeast(m, p.Contacts, each) >= p.Power {
			return m
		}
	}
	return 0
}

// atLeast is P(X ≥ k) of a binomial X.
func atLeast(n, k int, p float64) float64 {
	below, logQ := 0.0, math.Log1p(-p)
	for i := range k {
		lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
		if p == 1 {
			continue // all n are contacted
		}
		below += math.Exp(lg(n) - lg(i) - lg(n-i) + float64(i)*math.Log(p) + float64(n-i)*logQ)
	}
	return 1 - below
}
