package trace

import "math"

// spread is one recipient's distribution of u: how much more, or less, the
// people of his list complain for reasons that are not a leak. It is normal
// with deviation tau, weighed by the recipient's own control complaints.
type spread struct{ u, p []float64 }

var nodes = []float64{-2, -1.3, -.65, 0, .65, 1.3, 2}

func newSpread(tau float64, observed int, expected float64) *spread {
	s := &spread{}
	total := 0.0
	for _, n := range nodes {
		u := n * tau
		p := math.Exp(-n*n/2) * math.Exp(float64(observed)*u-expected*(math.Exp(u)-1))
		s.u, s.p = append(s.u, u), append(s.p, p)
		total += p
	}
	for i := range s.p {
		s.p[i] /= total
	}
	return s
}

// over is the log of the average of L_h(e^u - 1) over u: what the list's own
// habit of complaining explains.
func (s *spread) over(q *run, ts []term) float64 {
	var sum logSum
	for i, u := range s.u {
		x := math.Exp(u) - 1
		c, r := newProduct(), newProduct()
		for j := range ts {
			t := &ts[j]
			if t.decoy {
				continue
			}
			if t.file {
				r.mul(t.in, x, t.f, t.w)
			} else {
				c.mul(t.in, x, t.f, t.w)
			}
		}
		sum.add(math.Log(s.p[i]) + q.zc*c.value() + q.zf*r.value())
	}
	return sum.value()
}

// fitTau finds the deviation among recipients by maximum likelihood over their
// control counts. With few controls the answer is close to the default.
func fitTau(observed []int, expected []float64) float64 {
	best, at := math.Inf(-1), .3
	for _, tau := range []float64{.1, .15, .2, .3, .4, .5, .65, .8, 1} {
		ll := -math.Pow(math.Log(tau/.3), 2) / 2 // a weak prior around 0.3
		for i, o := range observed {
			if expected[i] <= 0 {
				continue
			}
			var sum logSum
			for _, n := range nodes {
				u := n * tau
				sum.add(-n*n/2 + float64(o)*u - expected[i]*(math.Exp(u)-1))
			}
			ll += sum.value()
		}
		if ll > best {
			best, at = ll, tau
		}
	}
	return at
}
