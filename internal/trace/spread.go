package trace

import "math"

// spread is one recipient's distribution of u: how much more, or less, the
// people of his list complain for reasons that are not a leak. It is normal
// with deviation tau, weighed by the recipient's own control complaints.
type spread struct{ u, p []float64 } // p: logarithms

var nodes = []float64{-2, -1.3, -.65, 0, .65, 1.3, 2}

func newSpread(tau float64, observed, expected float64) *spread {
	s := &spread{}
	var total logSum
	for _, n := range nodes {
		u := n * tau
		p := -n*n/2 + observed*u - expected*(math.Exp(u)-1)
		s.u, s.p = append(s.u, u), append(s.p, p)
		total.add(p)
	}
	for i := range s.p {
		s.p[i] -= total.value()
	}
	return s
}

// over is the log of the average of L_h(e^u - 1) over u: what the list's own
// habit of complaining explains. rows holds the file rows' part per node.
func (s *spread) over(q *run, complaints []term, rows []float64) float64 {
	var sum logSum
	z := q.coarseComplaints(complaints)
	var room [64]lump
	lumps := lump1(room[:0], complaints, 0, 0)
	all := [3]float64{1, 1, 1}
	for i, u := range s.u {
		v := s.p[i] + z*product1(lumps, math.Exp(u)-1, all)
		if rows != nil {
			v += rows[i]
		}
		sum.add(v)
	}
	return sum.value()
}

// rows is the part of over that file rows contribute, per node.
func (s *spread) rows(q *run, rows []term) []float64 {
	if len(rows) == 0 {
		return nil
	}
	out := make([]float64, len(s.u))
	z := q.coarse(rows)
	for i, u := range s.u {
		out[i] = z * likelihood(rows, math.Exp(u)-1)
	}
	return out
}

// fitTau finds the deviation among recipients by maximum likelihood over their
// control counts. With few controls the answer is close to the default.
func fitTau(observed, expected []float64) float64 {
	best, at := math.Inf(-1), .2
	for _, tau := range []float64{.07, .1, .15, .2, .3, .4, .5, .65, .8, 1} {
		ll := -math.Pow(math.Log(tau/.2), 2) / 2 // a weak prior around 0.2
		for i, o := range observed {
			if expected[i] <= 0 {
				continue
			}
			var sum logSum
			for _, n := range nodes {
				u := n * tau
				sum.add(-n*n/2 + o*u - expected[i]*(math.Exp(u)-1))
			}
			ll += sum.value()
		}
		if ll > best {
			best, at = ll, tau
		}
	}
	return at
}
