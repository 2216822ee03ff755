package trace

import "math"

// framing adds hypotheses in which the list that left is what two recipients
// have in common: somebody who means to put the blame on a colleague passes on
// only what the colleague was shown too. Which of the two did it the complaints
// cannot say, so the probability is split between them.
func (q *run) framing(suspects []suspect, order []Ref) {
	const firsts = 4
	n := float64(len(suspects))
	y := newTally(q)
	for _, a := range order[:min(firsts, len(order))] {
		s := &suspects[a]
		if s.bf < standsOut {
			continue
		}
		wide := newSpread(q.tau, s.list.after, s.list.later)
		for _, b := range order {
			if a == b {
				continue
			}
			var sum logSum
			y.only = q.shownTo(b)
			for _, h := range s.best {
				sum.add(h.prior + q.restricted(s.list, h, &y, wide))
			}
			y.only = nil
			prior := math.Log(q.opt.Insider / n * q.opt.Framed / (n - 1))
			s.common = append(s.common, setMass{[]Ref{a, b}, prior + sum.value() + s.alias})
		}
	}
}

// restricted is the Bayes factor of a hypothesis whose list is cut down to the
// tally's subjects.
func (q *run) restricted(l *list, h hypothesis, y *tally, wide *spread) float64 {
	var ts terms
	var best point
	q.terms(l, h.mode, h.from, h.until, y, &ts)
	active := since(ts.complaints, h.leak)
	return q.rowPart(&ts, &best) + decoyPart(ts.decoys) + q.complaintPart(active, h.leak, &fineGrid, &best) -
		wide.over(q, active, wide.rows(q, ts.rows))
}

// shownTo marks the subjects a recipient was ever shown in plain.
func (q *run) shownTo(a Ref) []bool {
	out := make([]bool, len(q.x.subjects))
	for _, v := range q.x.of(a) {
		if v.Plain != 0 {
			out[v.Subject] = true
		}
	}
	return out
}
