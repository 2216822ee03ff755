package trace

import (
	"cmp"
	"math"
	"slices"
)

// rival is a list that leaked without a recorded disclosure: made outside, or
// taken from a source that a whole team works from.
type rival struct {
	kind   string
	prior  float64 // log
	bf     float64 // log
	mass   float64 // log of what it stands for
	tilt   *tilt   // of those that are kept
	team   []Ref   // whose list it is, and of which days
	days   span
	times  []int64 // when it may have come into use
	ts     terms   // what the items say of it
	cohort int32   // whose month it is, or noCohort for the public listing
}

const noCohort = math.MinInt32

// Rivals share the prior of external lists in these parts.
const (
	cohortPart = .7
	teamPart   = .3
)

// rivals scores the outside lists and returns those that matter, best first,
// the log of what the unremarkable others come to, and that of all. Inside a
// stratum an outside list that the stratum is made of explains nothing; what is
// left is what could be mistaken for a recipient's list.
func (q *run) rivals() (top []rival, noise, total float64) {
	if *q.lists == nil {
		*q.lists = append(q.cohorts(), q.teams()...)
	}
	all := slices.Clone(*q.lists)
	if len(all) == 0 {
		return nil, 0, 0
	}
	q.parallel(len(all), func(i int, _ *scratch) { all[i].bf, _ = q.overTime(q.still(&all[i].ts), all[i].times) })
	var sum logSum
	for _, r := range all {
		sum.add(r.prior + r.bf)
	}
	const keep = 3
	slices.SortStableFunc(all, func(a, b rival) int { return -cmp.Compare(a.prior+a.bf, b.prior+b.bf) })
	least := math.Log(.05) + max(0, sum.value())
	var quiet, loud, kept logSum
	for i, r := range all {
		switch {
		case i < keep && r.bf > 0 && r.prior+r.bf > least:
			r.mass = r.prior + r.bf
			r = q.refine(r)
			q.giveTilt(&r)
			kept.add(r.mass)
			top = append(top, r)
		case r.bf > loudFactor:
			loud.add(r.prior + r.bf)
		default:
			quiet.add(r.prior + r.bf)
		}
	}
	if len(top) == 0 {
		quiet.add(loud.value())
		return nil, quiet.value(), quiet.value()
	}
	// Spans of one list beside each other say the same: the others' mass goes to
	// those that are kept, so that no suspect is judged as if they said nothing.
	var together logSum
	together.add(kept.value())
	together.add(loud.value())
	for i := range top {
		top[i].mass += together.value() - kept.value()
	}
	together.add(quiet.value())
	return top, quiet.value(), together.value()
}

// loudFactor is the log Bayes factor above which a list is not just noise.
const loudFactor = 2

// still is what the items say without those that were left out since.
func (q *run) still(ts *terms) *terms {
	left := func(of []term) []term {
		if !slices.ContainsFunc(of, func(t term) bool { return q.classes[t.class].w == 0 }) {
			return of
		}
		return slices.DeleteFunc(slices.Clone(of), func(t term) bool { return q.classes[t.class].w == 0 })
	}
	return &terms{complaints: left(ts.complaints), rows: left(ts.rows)}
}

// cohorts are the people who signed up in one month, and public listings.
func (q *run) cohorts() []rival {
	size := map[int32]int{}
	runs(q.x.subjects, func(s *Subject, n int32) { size[s.Cohort] += int(n) })
	months := []int32{}
	for m, n := range size {
		if n < len(q.x.subjects)/3 {
			months = append(months, m)
		}
	}
	slices.Sort(months)
	if len(months) > 240 {
		months = nil
	}
	times := leakGrid(q.x.from, q.last)
	out := []rival{}
	for _, m := range append(months, noCohort) {
		r := rival{kind: "cohort", cohort: m, times: times, prior: math.Log(cohortPart / float64(len(months)+1))}
		r.ts = q.outside(q.cohort(m))
		out = append(out, r)
	}
	return out
}

// cohort lists the people of a month, or of the public listing.
func (q *run) cohort(month int32) (list []Ref) {
	for i := range q.x.subjects {
		if s := &q.x.subjects[i]; s.Cohort == month || month == noCohort && s.Public {
			list = append(list, Ref(i))
		}
	}
	return list
}

// teams are what a whole team was shown in the month before a leak: the list
// behind a campaign, which others may hold as well.
func (q *run) teams() []rival {
	byTeam := map[string][]Ref{}
	for i, r := range q.x.recipients {
		if r.Team != "" && r.Kind != "supervisor" {
			byTeam[r.Team] = append(byTeam[r.Team], Ref(i))
		}
	}
	var names []string
	for n, members := range byTeam {
		if len(members) >= 3 && len(members) <= len(q.x.recipients)/2 {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var spans []span
	for _, at := range tenDays(q.x.from, q.last) {
		for _, back := range [...]int64{30, 60} {
			spans = append(spans, span{at - back*daySec, at})
		}
	}
	if len(names)*len(spans) > 2000 {
		spans = nil
	}
	out := make([]rival, len(names)*len(spans))
	q.parallel(len(out), func(i int, _ *scratch) {
		out[i] = q.teamList(byTeam[names[i/len(spans)]], spans[i%len(spans)])
		out[i].prior = math.Log(teamPart / float64(len(out)))
	})
	return out
}

// teamList is what a team was shown in a span.
func (q *run) teamList(team []Ref, days span) rival {
	r := rival{kind: "team", team: team, days: days, times: []int64{days.until}}
	r.ts = q.outside(q.shownToTeam(team, days))
	return r
}

func (q *run) shownToTeam(team []Ref, days span) (list []Ref) {
	for _, a := range team {
		for _, v := range viewsIn(q.x.of(a), days.from, days.until) {
			if v.Plain != 0 {
				list = append(list, v.Subject)
			}
		}
	}
	return list
}

// giveTilt makes the tilt of a list that is kept.
func (q *run) giveTilt(r *rival) {
	_, best := q.overTime(q.still(&r.ts), r.times)
	r.tilt = q.newTilt(best.leak, best.point)
	list := q.shownToTeam(r.team, r.days)
	if r.team == nil {
		list = q.cohort(r.cohort)
	}
	for _, s := range list {
		q.onList(r.tilt, s)
	}
}

// refine moves a team's span to where it explains most: a list that fits badly
// leaves items over for somebody to be blamed for.
func (q *run) refine(r rival) rival {
	if r.team == nil {
		return r
	}
	for _, step := range [...]int64{8, 4, 2, 1} {
		moves := [...]span{{-step, 0}, {step, 0}, {0, -step}, {0, step}, {-step, -step}, {step, step}}
		tried := make([]rival, len(moves))
		q.parallel(len(moves), func(i int, _ *scratch) {
			days := span{r.days.from + moves[i].from*daySec, r.days.until + moves[i].until*daySec}
			tried[i] = q.teamList(r.team, days)
			tried[i].bf, _ = q.overTime(q.still(&tried[i].ts), tried[i].times)
		})
		for _, t := range tried {
			if t.bf > r.bf {
				t.prior, t.mass = r.prior, r.mass
				r = t
			}
		}
	}
	return r
}

// span is a stretch of time.
type span struct{ from, until int64 }

// placeOf is the first view at or after a time.
func placeOf(views []View, at int64) int {
	n, _ := slices.BinarySearchFunc(views, at, func(v View, t int64) int { return cmpInt(v.At, t) })
	return n
}

func viewsIn(views []View, from, until int64) []View {
	lo, _ := slices.BinarySearchFunc(views, from, func(v View, t int64) int { return cmpInt(v.At, t) })
	hi, _ := slices.BinarySearchFunc(views[lo:], until, func(v View, t int64) int { return cmpInt(v.At, t) })
	return views[lo : lo+hi]
}

func leakGrid(from, to int64) (out []int64) {
	const steps = 12
	for i := range int64(steps) {
		out = append(out, from+max(to-from, 1)*i/steps)
	}
	return out
}

func tenDays(from, to int64) (out []int64) {
	for at := from + 20*daySec; at < to; at += 10 * daySec {
		out = append(out, at)
	}
	return out
}

// outside gathers what the items say of one list.
func (q *run) outside(list []Ref) (ts terms) {
	t := q.newTilt(0, point{})
	for _, s := range list {
		q.onList(t, s)
	}
	inGroup, inAll := q.groupsOf(t)
	for c := range q.classes {
		k := &q.classes[c]
		if k.decoy || q.items[k.items[0]].skipped {
			continue
		}
		in := 0.0
		for _, n := range k.items {
			if t.in[q.items[n].Subject] {
				in++
			}
		}
		f := float64(t.inCell[k.cell]) / float64(q.x.strata.size[k.cell])
		if q.pool != nil && k.pools() {
			f = q.pool.cell[k.cell]*f + q.near(k, inGroup[q.x.strata.group[k.cell]], inAll)
		}
		ts.add(k, int32(c), in, f)
	}
	return ts
}

func (ts *terms) add(k *class, c int32, in, f float64) {
	if f == 0 && in == 0 || k.w == 0 {
		return
	}
	t := term{class: c, in: in, n: k.n, f: min(f, 1), w: k.w, at: k.at, extra: k.extra, file: k.file > 0}
	if t.file {
		ts.rows = append(ts.rows, t)
	} else {
		ts.complaints = append(ts.complaints, t)
	}
}

// leakPoint is a time of leak and the best point of the grid there.
type leakPoint struct {
	leak int64
	point
}

// overTime averages the numerator over leak times; best is the best of them.
func (q *run) overTime(ts *terms, times []int64) (bf float64, best leakPoint) {
	var mean logMean
	var rows point
	top := math.Inf(-1)
	part := q.rowPart(ts, &rows)
	// The people of a list may complain more by habit, as a recipient's may.
	habit := newSpread(q.tau, 0, 0)
	nodes := habit.rows(q, ts.rows)
	for _, leak := range times {
		var at point
		active := since(ts.complaints, leak)
		v := q.complaintPart(active, leak, &fineGrid, &at) - habit.over(q, active, nodes)
		mean.add(v)
		if v > top {
			top = v
			best = leakPoint{leak, at}
		}
	}
	best.file = rows.file
	return mean.value() + part, best
}

// notYetShown is, of each class, the share of its cell that nobody had been shown in
// plain when it came.
func (q *run) notYetShown() []float64 {
	times := make([]int64, len(q.classes))
	for c := range q.classes {
		times[c] = q.classes[c].at
	}
	slices.Sort(times)
	times = slices.Compact(times)
	cells := len(q.x.strata.size)
	count := make([]int32, cells*(len(times)+1)) // cell, place in times
	for s, at := range q.seen {
		n := 0
		if len(times) > 0 && at >= times[0] {
			n, _ = slices.BinarySearch(times, at+1) // the first time after it
		}
		count[int(q.x.strata.of[s])*(len(times)+1)+n]++
	}
	out := make([]float64, len(q.classes))
	for c := range q.classes {
		k := &q.classes[c]
		row := count[int(k.cell)*(len(times)+1):][:len(times)+1]
		n, _ := slices.BinarySearch(times, k.at)
		late := int32(0)
		for _, more := range row[n+1:] { // shown at or after it
			late += more
		}
		out[c] = float64(late) / float64(max(q.x.strata.size[k.cell], 1))
	}
	return out
}

// unrecordedPath is the log Bayes factor of a path without entries: the whole
// table, an import file, a backup. Half of it is a leak of everything, which
// says nothing about who is complained of; the other half is seen in complaints
// about people whom nobody had been shown in plain by then.
func (q *run) unrecordedPath() float64 {
	if *q.unseen == nil {
		*q.unseen = q.notYetShown()
	}
	var ts terms
	for c := range q.classes {
		k := &q.classes[c]
		if k.decoy || q.items[k.items[0]].skipped {
			continue
		}
		in := 0.0
		for _, n := range k.items {
			if q.seen[q.items[n].Subject] >= k.at {
				in++
			}
		}
		ts.add(k, int32(c), in, max(in/k.n, (*q.unseen)[c]))
	}
	var both logMean
	both.add(0)
	bf, _ := q.overTime(&ts, leakGrid(q.x.from, q.last))
	both.add(bf)
	return both.value()
}
