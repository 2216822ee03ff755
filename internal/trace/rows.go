package trace

import (
	"math"
	"slices"
)

// A found file is one act of somebody unknown: its rows are not independent
// voices, as complainants are. A name that rests on its rows alone is given only
// when nobody else's record explains the same rows about as well.
const (
	rowSlack = 3   // rows a record may lack by accident,
	rowMiss  = .10 // and the share of them
	farAhead = 100 // lead over nobody: a number that fits into every record
)

// onRowsAlone says whether too few complaints, decoys or aliases support a name
// to stand without the rows of found files.
func (q *run) onRowsAlone(s *suspect) bool {
	if s.alias >= math.Log(1e5) {
		return false
	}
	voices := map[int32]float64{}
	for _, n := range q.inside(s) {
		if it := &q.items[n]; it.File == 0 && it.Proof != Unverified {
			voices[it.voice] = 1
			if it.cell == q.x.strata.decoy {
				voices[it.voice] = 2
			}
		}
	}
	total := 0.0
	for _, v := range voices {
		total += v
	}
	return total < q.opt.MinItems
}

// rowsInside lists the file rows on a suspect's best list, one per person, that
// are not in but.
func (q *run) rowsInside(s *suspect, but map[int32]bool) (out []int32) {
	people := map[Ref]bool{}
	for _, n := range q.inside(s) {
		if it := &q.items[n]; it.File > 0 && !but[n] && !people[it.Subject] {
			people[it.Subject] = true
			out = append(out, n)
		}
	}
	return out
}

// cover is another recipient who was shown nearly all of the rows that speak for
// a suspect, and by how much the suspect's list explains them better, as a
// logarithm per row.
type cover struct {
	who  Ref
	lead float64
}

// covers lists the recipients, but for some, who were ever shown nearly all of
// these rows, the hardest to exclude first. lead is by how much they lag behind.
func (q *run) covers(rows []int32, mode int, but []Ref, lead func(Ref) float64) (out []cover) {
	miss := max(rowSlack, int(math.Ceil(rowMiss*float64(len(rows)))))
	counted := float64(len(rows)) * q.opt.AlphaRows / (q.opt.AlphaRows + float64(len(rows)))
	where := map[Ref][]int32{}
	for _, n := range rows {
		where[q.items[n].Subject] = append(where[q.items[n].Subject], n)
	}
	for b := range q.x.recipients {
		if slices.Contains(but, Ref(b)) {
			continue
		}
		held := map[int32]bool{}
		views := q.x.of(Ref(b))
		for i := range views {
			for _, n := range where[views[i].Subject] {
				if q.items[n].heldBy(&views[i], mode) {
					held[n] = true
				}
			}
		}
		if len(rows)-len(held) < miss {
			out = append(out, cover{Ref(b), lead(Ref(b)) / max(counted, 1)})
		}
	}
	slices.SortStableFunc(out, func(a, b cover) int { return compareLeads(a.lead, b.lead) })
	return out
}

// compareLeads puts a lead that is not a number first: it excludes nobody.
func compareLeads(a, b float64) int {
	switch {
	case math.IsNaN(a) || a < b:
		return -1
	case a > b || math.IsNaN(b):
		return 1
	}
	return 0
}

// rowLead is the least lead over anybody who was shown nearly all the rows a
// name rests on: 0 with too few rows, and farAhead when the name rests on
// other things as well, or when nobody else comes near.
func (q *run) rowLead(suspects []suspect, a Ref) float64 {
	s := &suspects[a]
	if !q.onRowsAlone(s) {
		return farAhead
	}
	rows := q.rowsInside(s, nil)
	if !(float64(len(rows)) >= q.opt.MinRows) {
		return 0
	}
	near := q.rowRivals(suspects, a, rows)
	if len(near) == 0 {
		return farAhead
	}
	if !finite(near[0].lead) {
		return 0
	}
	return min(near[0].lead, farAhead)
}

func (q *run) rowRivals(suspects []suspect, a Ref, rows []int32) []cover {
	s := &suspects[a]
	if len(s.best) == 0 {
		return nil
	}
	return q.covers(rows, s.best[0].mode, []Ref{a}, func(b Ref) float64 { return s.bf - suspects[b].bf })
}

// rowGroup is a name with those who cannot be excluded beside it.
func (q *run) rowGroup(suspects []suspect, a Ref) []string {
	rows := q.rowsInside(&suspects[a], nil)
	if float64(len(rows)) < q.opt.MinRows {
		return nil
	}
	out := []string{q.x.recipients[a].ID}
	for _, c := range q.rowRivals(suspects, a, rows) {
		if !(c.lead >= q.opt.MinRowLead) {
			out = append(out, q.x.recipients[c.who].ID)
		}
	}
	if len(out) < 2 || len(out) > 5 {
		return nil
	}
	return out
}

// standsAlone asks of a second name what the first had to pass: that his own
// items, those the first's list leaves over, are plainly more than chance, and
// when they are rows of files alone, that nobody else was shown them too.
func (q *run) standsAlone(first *suspect, s *suspect, n int) bool {
	theirs := map[int32]bool{}
	for _, i := range q.inside(first) {
		theirs[i] = true
	}
	own, voices := 0.0, map[int32]bool{}
	for _, i := range q.inside(s) {
		if it := &q.items[i]; !theirs[i] && it.Proof != Unverified {
			own += it.weight
			voices[it.voice] = voices[it.voice] || it.File == 0
		}
	}
	expected := 0.0
	ts := q.termsOf(s)
	if len(s.best) > 0 {
		for _, t := range slices.Concat(since(ts.complaints, s.best[0].leak), ts.rows, ts.decoys) {
			expected += t.w * t.f * t.n
		}
	}
	if !(poissonTail(own, expected)*float64(n) <= q.opt.MaxChance) {
		return s.alias >= math.Log(1e5)
	}
	complaints := 0.0
	for _, is := range voices {
		if is {
			complaints++
		}
	}
	if complaints >= q.opt.MinItems {
		return true
	}
	rows := q.rowsInside(s, theirs)
	if !(float64(len(rows)) >= q.opt.MinRows) {
		return false
	}
	mine := q.givenFirst(first, s.list.a)
	near := q.covers(rows, s.best[0].mode, []Ref{first.list.a, s.list.a}, func(b Ref) float64 { return mine - q.givenFirst(first, b) })
	return len(near) == 0 || near[0].lead >= q.opt.MinRowLead
}

// givenFirst is the log factor of another once the first has leaked. One who was
// not looked at excludes nobody and is excluded by nobody: not a number.
func (q *run) givenFirst(first *suspect, b Ref) float64 {
	for _, s := range first.after {
		if s.who[0] == b {
			return s.p
		}
	}
	return math.NaN()
}

// poissonTail is P(X >= k) for a mean.
func poissonTail(k, mean float64) float64 {
	if k <= 0 {
		return 1
	}
	sum, term := 0.0, math.Exp(-mean)
	for i := 0.0; i < math.Ceil(k-1e-9); i++ {
		sum += term
		term *= mean / (i + 1)
	}
	return max(0, 1-sum)
}
