package trace

import "math"

// pairs scores two leakers whose lists were used together: the union of their
// best windows. Only pairs with one of the leading names are tried; p is the
// log of prior times Bayes factor.
func (q *run) pairs(suspects []suspect) []pairMass {
	const leaders = 6
	order := q.byFactor(suspects)
	n := float64(len(suspects))
	if n < 2 {
		return nil
	}
	each := math.Log(q.opt.Pairs / (n * (n - 1) / 2))
	var out []pairMass
	done := map[[2]Ref]bool{}
	for i, a := range order[:min(leaders, len(order))] {
		for _, b := range q.partners(suspects, order, a, i) {
			key := [2]Ref{min(a, b), max(a, b)}
			if a == b || done[key] {
				continue
			}
			done[key] = true
			if v, ok := q.union(&suspects[a], &suspects[b]); ok {
				out = append(out, pairMass{key[0], key[1], each + v})
			}
		}
	}
	return out
}

// partners are the recipients worth trying beside a: the leaders, and those who
// hold most of the items that a's best list lacks.
func (q *run) partners(suspects []suspect, order []Ref, a Ref, rank int) []Ref {
	return order[:min(40, len(order))]
}

func (q *run) byFactor(suspects []suspect) []Ref {
	p := posterior{each: make([]float64, len(suspects))}
	for i := range suspects {
		p.each[i] = suspects[i].bf + suspects[i].alias
	}
	return q.order(&p)
}

// union is the log Bayes factor of two lists together, averaged over the best
// few windows of each.
func (q *run) union(a, b *suspect) (float64, bool) {
	const deep = 2
	if len(a.best) == 0 || len(b.best) == 0 {
		return 0, false
	}
	var sum logSum
	var ta, tb terms
	y := newTally(q)
	for _, ha := range a.best[:min(deep, len(a.best))] {
		q.terms(a.list, ha.mode, ha.from, ha.until, &y, &ta)
		for _, hb := range b.best[:min(deep, len(b.best))] {
			q.terms(b.list, hb.mode, hb.from, hb.until, &y, &tb)
			wide := newSpread(q.tau, a.list.after+b.list.after, a.list.later+b.list.later)
			leak := min(ha.leak, hb.leak)
			u := terms{complaints: merge(since(ta.complaints, ha.leak), since(tb.complaints, hb.leak)),
				rows: merge(ta.rows, tb.rows), decoys: merge(ta.decoys, tb.decoys)}
			bf := q.complaintPart(u.complaints, leak) + q.rowPart(&u) + decoyPart(u.decoys) -
				wide.over(q, u.complaints, wide.rows(q, u.rows))
			sum.add(ha.prior + hb.prior + bf)
		}
	}
	return sum.value() + a.alias + b.alias, true
}

// merge joins the terms of two lists: an item is inside when it is in one of
// them; their overlap is taken as if they were drawn independently, but never
// less than the larger list.
func merge(a, b []term) []term {
	out := make([]term, 0, len(a)+len(b))
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case j == len(b) || i < len(a) && a[i].class < b[j].class:
			out = append(out, a[i])
			i++
		case i == len(a) || b[j].class < a[i].class:
			out = append(out, b[j])
			j++
		default:
			t := a[i]
			t.in = max(a[i].in, b[j].in, min(t.n, a[i].in+b[j].in-a[i].in*b[j].in/t.n))
			t.f = min(1, max(a[i].f, b[j].f, a[i].f+b[j].f-a[i].f*b[j].f))
			out = append(out, t)
			i++
			j++
		}
	}
	return out
}
