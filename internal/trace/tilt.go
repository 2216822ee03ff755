package trace

import "slices"

// tilt is a list that is taken to have leaked already: its people complain more,
// whoever else showed them. Under it a recipient must explain what the list
// leaves over. Lists made outside and the lists of other suspects are handled
// alike, so an agent is not blamed for a leak that somebody else explains.
//
// A tilt raises only what its own likelihood was taken over: a suspect's list
// says nothing about classes whose fields or versions it never showed. Were it
// to promise those as well, every stranger it promised in vain would count
// against whoever was shown some of the strangers.
type tilt struct {
	in     []bool   // subject → on the list
	inCell []int32  // cell → members on the list
	pairs  [][]pair // ask → subjects the list showed as it asks; nil: all on the list
	listed []int    // class → how many of those came before it
	raise  []float64
	leak   int64
	x      float64 // excess, at the best point of the grid
	share  [3]float64
	fade   float64
	fileX  float64
	before *tilt // what leaked before stays leaked
}

// pair is a subject on a tilt's list, and since when.
type pair struct {
	subject Ref
	at      int64
}

// all lists a tilt and those before it.
func (t *tilt) all() (list []*tilt) {
	for ; t != nil; t = t.before {
		list = append(list, t)
	}
	return list
}

func (q *run) newTilt(leak int64, best point) *tilt {
	return &tilt{in: make([]bool, len(q.x.subjects)), inCell: make([]int32, len(q.x.strata.size)), leak: leak,
		x: best.x, share: best.share, fade: best.fade, fileX: best.file}
}

func (q *run) onList(t *tilt, s Ref) {
	if !t.in[s] {
		t.in[s] = true
		t.inCell[q.x.strata.of[s]]++
	}
}

// excess is how much more a listed person is complained of, for one class.
func (t *tilt) excess(k *class) float64 {
	switch {
	case k.decoy:
		return 0
	case k.file > 0:
		return t.fileX
	case k.at < t.leak:
		return 0
	}
	x := t.x * t.share[k.extra]
	if t.fade > 0 {
		x *= decay(float64(k.at-t.leak) * t.fade)
	}
	return x
}

// has reports whether a subject is on the list as an ask demands, and since when.
func (t *tilt) has(ask int32, s Ref) (at int64, ok bool) {
	if !t.in[s] {
		return 0, false
	}
	if t.pairs == nil {
		return never, true
	}
	n, ok := slices.BinarySearchFunc(t.pairs[ask], s, func(p pair, s Ref) int { return int(p.subject) - int(s) })
	if !ok {
		return 0, false
	}
	return t.pairs[ask][n].at, true
}

// total is the excess of a whole class.
func (t *tilt) total(c int32, k *class, sizeOfCell float64) (x float64) {
	for ; t != nil; t = t.before {
		listed := 0.0
		if t.pairs != nil {
			listed = float64(t.listed[c])
		} else {
			listed = float64(t.inCell[k.cell]) * k.size / max(sizeOfCell, 1)
		}
		x += t.raise[c] * listed
	}
	return x
}

// shareOf is the share of a class's items that fall on a window's list when the
// tilt's list leaked: n of its members were shown, whose excess adds up to extra.
func (t *tilt) shareOf(c int32, k *class, n, extra, sizeOfCell float64) float64 {
	return (n + extra) / (k.size + t.total(c, k, sizeOfCell))
}

// tilted is the question under a list that leaked.
func (q *run) tilted(t *tilt) *run {
	t.raise = make([]float64, len(q.classes))
	for c := range q.classes {
		t.raise[c] = t.excess(&q.classes[c])
	}
	again := *q
	again.tilt = t
	return &again
}

// tiltOf makes a tilt of a suspect's best list.
func (q *run) tiltOf(s *suspect) *tilt {
	h := &s.best[0]
	t := q.newTilt(h.leak, h.best)
	t.before = q.tilt
	t.pairs, t.listed = make([][]pair, len(q.asks)), make([]int, len(q.classes))
	for _, c := range s.list.modes[h.mode].countedIn(h.from, h.until) {
		if c.prev < h.from {
			q.onList(t, c.subject)
			t.pairs[c.ask] = append(t.pairs[c.ask], pair{c.subject, c.at})
			k := &q.asks[c.ask]
			for _, later := range k.classes[k.after(c.at):] {
				t.listed[later]++
			}
		}
	}
	for _, p := range t.pairs {
		slices.SortFunc(p, func(a, b pair) int { return int(a.subject) - int(b.subject) })
	}
	return t
}
