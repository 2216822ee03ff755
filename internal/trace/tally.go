package trace

import "slices"

// term is what one class of items says under a hypothesis.
type term struct {
	class int32
	in    float64 // items whose subject is on the list
	n     float64 // all items
	f     float64 // share of the risk set that is on the list
	w     float64 // weight of each item
	at    int64
	extra uint8 // see class
	file  bool
	decoy bool
}

// terms is what all items say of one window: complaints apart from file rows,
// which do not depend on when the leak happened.
type terms struct {
	complaints []term
	rows       []term
	decoys     []term
	marks      marks
}

// tally counts, for one window, subjects and hits per class.
type tally struct {
	count []int32
	extra []float64 // excess of those counted, under the tilt
	in    []int32
	used  []int32
	hitBy []int32 // item → window that last counted it
	mark  int32
	only  []bool // subjects that count, nil for all
}

func newTally(q *run) tally {
	return tally{count: make([]int32, len(q.classes)), extra: make([]float64, len(q.classes)), in: make([]int32, len(q.classes)), hitBy: make([]int32, len(q.items))}
}

// terms gathers what the items say of a window of a list.
func (q *run) terms(l *list, mode int, from, until int64, y *tally, into *terms) {
	into.complaints, into.rows, into.decoys = into.complaints[:0], into.rows[:0], into.decoys[:0]
	into.marks = marks{}
	m := &l.modes[mode]
	y.used = y.used[:0]
	for _, c := range m.countedIn(from, until) {
		if c.prev >= from || y.only != nil && !y.only[c.subject] {
			continue
		}
		y.touch(c.class)
		y.count[c.class]++
		if q.tilt != nil {
			y.extra[c.class] += q.tilt.of(c.class, c.subject)
		}
	}
	y.mark++
	for _, h := range m.hitsIn(from, until) {
		it := &q.items[h.item]
		if y.only != nil && !y.only[it.Subject] {
			continue
		}
		into.marks.add(it.Mark, h.variant)
		if y.hitBy[h.item] == y.mark {
			continue
		}
		y.hitBy[h.item] = y.mark
		y.touch(it.class)
		y.in[it.class]++
	}
	slices.Sort(y.used)
	for _, c := range y.used {
		q.term(c, y, into)
	}
}

func (y *tally) touch(c int32) {
	if y.count[c] == 0 && y.in[c] == 0 {
		y.used = append(y.used, c)
	}
}

func (q *run) term(c int32, y *tally, into *terms) {
	k := &q.classes[c]
	n := float64(max(y.count[c], y.in[c]))
	f := n / k.size
	if q.tilt != nil {
		f = q.tilt.shareOf(c, k, n, y.extra[c], float64(q.x.strata.size[k.cell]))
	}
	t := term{class: c, in: float64(y.in[c]), n: k.n, w: k.w, at: k.at, extra: k.extra, file: k.file > 0, decoy: k.decoy, f: min(1, f)}
	y.count[c], y.in[c], y.extra[c] = 0, 0, 0
	switch {
	case t.w == 0:
	case t.decoy:
		into.decoys = append(into.decoys, t)
	case t.file:
		into.rows = append(into.rows, t)
	default:
		into.complaints = append(into.complaints, t)
	}
}

// marks counts agreements between spellings in a found file (1 to 4) and the
// variants (0 to 3) that a list's copies were given.
type marks [4][4]int32

func (m *marks) add(spelling uint8, variant int8) {
	if spelling >= 1 && spelling <= 4 && variant >= 0 && variant < 4 {
		m[spelling-1][variant]++
	}
}
