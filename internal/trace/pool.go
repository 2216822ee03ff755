package trace

// Strata are there because people of different segments complain at different rates.
// To hold a complaint against its own small cell alone supposes that nothing at all is
// known of the cell's rate, and throws away that a list's whole segment is complained of.
// A cell's rate is somewhere near its segment's and that near the company's; so the
// share of a list is taken as a mixture of the three: the larger a stratum, the more it
// stands for itself. The weights do not depend on the evidence, so that one more item
// never changes what another says.

// rateShare is the share of all people in a stratum that stands half for itself: a tenth
// of sixty complaints teaches as much of its rate as is known before, namely that rates
// differ by about two fifths, up or down.
const rateShare = .1

// pool says how the shares are mixed.
type pool struct {
	cell  []float64 // cell → weight of its own share
	group []float64 // group → weight of the group's
}

// newPool is nil where there is nothing to mix.
func (q *run) newPool() *pool {
	st := &q.x.strata
	if len(st.groupSize) == 0 || len(st.size) < 2 || len(st.size) == 2 && st.decoy >= 0 {
		return nil
	}
	weight := func(size int32) float64 {
		share := float64(size) / float64(max(st.people, 1))
		return share / (share + rateShare)
	}
	p := &pool{cell: make([]float64, len(st.size)), group: make([]float64, len(st.groupSize))}
	for c, n := range st.size {
		p.cell[c] = weight(n)
	}
	for g, n := range st.groupSize {
		p.group[g] = weight(n)
	}
	return p
}

// pools says whether a class is weighed so: complaints are; rows of files and decoys
// do not come at the rates of complaints.
func (k *class) pools() bool { return k.ask >= 0 && k.file == 0 && !k.decoy && k.kind == anyVersion }

// near is the part of a class's share that comes from its group and from all, of which
// a list holds these numbers.
func (q *run) near(k *class, group, all float64) float64 {
	st := &q.x.strata
	g := st.group[k.cell]
	v := q.pool.group[g]
	return (1 - q.pool.cell[k.cell]) * (v*group/float64(st.groupSize[g]) + (1-v)*all/float64(st.people))
}

// crowd is, for each class, what the people a window showed add to its share outside
// the class's own cell. It is kept with the list, but for a list that is cut down.
func (q *run) crowd(l *list, mode int, from, until int64, y *tally) []float64 {
	m := &l.modes[mode]
	if y.only != nil {
		return q.countCrowd(l, mode, from, until, y)
	}
	if m.crowds == nil {
		m.crowds = map[span][]float64{}
	}
	of, ok := m.crowds[span{from, until}]
	if !ok {
		of = q.countCrowd(l, mode, from, until, y)
		m.crowds[span{from, until}] = of
	}
	return of
}

func (q *run) countCrowd(l *list, mode int, from, until int64, y *tally) []float64 {
	st := &q.x.strata
	groups := len(st.groupSize)
	out := make([]float64, len(q.classes))
	y.masks, y.byMask = y.masks[:0], y.byMask[:0]
	low, high := placeOf(l.views, from), placeOf(l.views, until)
	next := low
	for c := range q.classes {
		k := &q.classes[c]
		if !k.pools() {
			continue
		}
		for ; next < high && l.views[next].At < k.at; next++ {
			v := &l.views[next]
			if v.Plain == 0 || l.prev[next] >= from || y.only != nil && !y.only[v.Subject] || st.of[v.Subject] == st.decoy {
				continue
			}
			n := 0
			for n < len(y.masks) && y.masks[n] != v.Plain {
				n++
			}
			if n == len(y.masks) {
				y.masks = append(y.masks, v.Plain)
				for range groups {
					y.byMask = append(y.byMask, 0)
				}
			}
			y.byMask[n*groups+int(st.group[st.of[v.Subject]])]++
		}
		g := int(st.group[k.cell])
		in, all := 0.0, 0.0
		for n, m := range y.masks {
			if !k.shows(m, mode) {
				continue
			}
			for _, people := range y.byMask[n*groups : (n+1)*groups] {
				all += people
			}
			in += y.byMask[n*groups+g]
		}
		out[c] = q.near(k, in, all)
	}
	return out
}

// shows says whether fields seen in plain are what the class's caller knew.
func (k *class) shows(plain Mask, mode int) bool {
	if mode == enriched && k.rich {
		return plain&k.known&^k.contact != 0
	}
	return plain.Has(k.known)
}

// groupsOf counts the members of a list by group, and all.
func (q *run) groupsOf(t *tilt) (group []float64, all float64) {
	st := &q.x.strata
	group = make([]float64, len(st.groupSize))
	for c, n := range t.inCell {
		if int32(c) != st.decoy {
			group[st.group[c]] += float64(n)
			all += float64(n)
		}
	}
	return group, all
}
