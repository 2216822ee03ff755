package trace

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
	first  []int32   // place → subjects that count from this class of the ask on
	listed [][]int32 // the same of those on a tilt's list, for each tilt
	asks   []int32   // asks with anything in first
	used   []bool    // ask → in asks
	count  []int32   // class → subjects
	extra  []float64 // excess of those counted, under the tilts
	in     []int32   // class → hits
	hitBy  []int32   // item → window that last counted it
	mark   int32
	only   []bool // subjects that count, nil for all

	crowd  []float64 // class → what is added to its share; see pool
	masks  []Mask
	byMask []float64
}

func newTally(q *run) tally {
	n := len(q.classes)
	return tally{first: make([]int32, n), used: make([]bool, len(q.asks)), count: make([]int32, n),
		extra: make([]float64, n), in: make([]int32, n), hitBy: make([]int32, len(q.items))}
}

// terms gathers what the items say of a window of a list.
func (q *run) terms(l *list, mode int, from, until int64, y *tally, into *terms) {
	into.complaints, into.rows, into.decoys = into.complaints[:0], into.rows[:0], into.decoys[:0]
	into.marks = marks{}
	m := &l.modes[mode]
	tilts := q.tilt.all()
	for len(y.listed) < len(tilts) {
		y.listed = append(y.listed, make([]int32, len(q.classes)))
	}
	for _, c := range m.countedIn(from, until) {
		if c.prev >= from || y.only != nil && !y.only[c.subject] {
			continue
		}
		k := &q.asks[c.ask]
		if !y.used[c.ask] {
			y.used[c.ask] = true
			y.asks = append(y.asks, c.ask)
		}
		y.first[k.base+int32(k.after(c.at))]++
		for n, t := range tilts {
			if at, ok := t.has(c.ask, c.subject); ok {
				if later := k.after(max(at, c.at)); later < len(k.times) {
					y.listed[n][k.base+int32(later)]++
				}
			}
		}
	}
	q.hits(m.hitsIn(from, until), y, into)
	q.add(tilts, y)
	if q.pool != nil {
		y.crowd = q.crowd(l, mode, from, until, y)
	}
	for c := range q.classes {
		if y.count[c] > 0 || y.in[c] > 0 || q.pool != nil && y.crowd[c] > 0 {
			q.term(int32(c), y, into)
		}
	}
}

// hits counts the items a window holds.
func (q *run) hits(in []hit, y *tally, into *terms) {
	y.mark++
	for _, h := range in {
		it := &q.items[h.item]
		if y.only != nil && !y.only[it.Subject] {
			continue
		}
		into.marks.add(it.Mark, h.variant)
		if y.hitBy[h.item] != y.mark {
			y.hitBy[h.item] = y.mark
			y.in[it.class]++
		}
	}
}

// add makes the counts of classes out of those of places: what counts for a class
// counts for those after it.
func (q *run) add(tilts []*tilt, y *tally) {
	for _, n := range y.asks {
		k := &q.asks[n]
		y.used[n] = false
		sum := int32(0)
		for i, c := range k.classes {
			sum += y.first[k.base+int32(i)]
			y.first[k.base+int32(i)] = 0
			y.count[c] = sum
		}
		for d, t := range tilts {
			sum := int32(0)
			for i, c := range k.classes {
				sum += y.listed[d][k.base+int32(i)]
				y.listed[d][k.base+int32(i)] = 0
				y.extra[c] += t.raise[c] * float64(sum)
			}
		}
	}
	y.asks = y.asks[:0]
}

func (q *run) term(c int32, y *tally, into *terms) {
	k := &q.classes[c]
	n := float64(max(y.count[c], y.in[c]))
	f := n / k.size
	if q.pool != nil && k.pools() {
		f = q.pool.cell[k.cell]*f + y.crowd[c]
		n = f * k.size
	}
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
