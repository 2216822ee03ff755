package trace

// tilt is a list that is taken to have leaked already: its people complain more,
// whoever else showed them. Under it a recipient must explain what the list
// leaves over. Lists made outside and the lists of other suspects are handled
// alike, so an agent is not blamed for a leak that somebody else explains.
type tilt struct {
	in     []bool  // subject → on the list
	inCell []int32 // cell → members on the list
	leak   int64
	x      float64 // excess, at the best point of the grid
	share  [3]float64
	fade   float64
	fileX  float64
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

// share is the share of a cell's complaints that fall on a window's list when
// the tilt's list leaked: n of its members were shown, both of them are on the
// tilt's list.
func (t *tilt) shareOf(k *class, n, both float64, sizeOfCell float64) float64 {
	x := t.excess(k)
	listed := float64(t.inCell[k.cell]) * k.size / max(sizeOfCell, 1)
	return (n + x*both) / (k.size + x*listed)
}

// tilted is the question under a list that leaked.
func (q *run) tilted(t *tilt) *run {
	again := *q
	again.tilt = t
	return &again
}

// tiltOf makes a tilt of a suspect's best list.
func (q *run) tiltOf(s *suspect) *tilt {
	h := &s.best[0]
	t := q.newTilt(h.leak, h.best)
	for i := range s.list.views {
		if v := &s.list.views[i]; v.At >= h.from && v.At < h.until && v.Plain != 0 {
			q.onList(t, v.Subject)
		}
	}
	if q.tilt != nil { // what leaked before stays leaked
		for s, in := range q.tilt.in {
			if in {
				q.onList(t, Ref(s))
			}
		}
		t.leak = min(t.leak, q.tilt.leak)
	}
	return t
}
