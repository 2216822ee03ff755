package trace

import "slices"

// list is one recipient's record as far as the evidence asks for it.
type list struct {
	a     Ref
	views []View
	prev  []int64 // view → when the same person was shown before it
	modes [2]shown
	after float64 // complaints by people shown to him only later: a free control
	later float64 // how many of them chance expects
	// The same with callers who knew only the address, for the spread of all.
	observed, expected float64
	sketched           bool    // known by an outline
	chance             float64 // items inside everything shown, by chance
}

// shown is what counts in one mode, in order of time.
type shown struct {
	counted []counted
	hits    []hit
	items   int                // items with a hit
	with    []window           // acts that hold a hit; made once
	missed  float64            // log of the sum over the other acts
	crowds  map[span][]float64 // window → what its people outside a class's cell add; see crowd
}

// counted is a view that counts for an ask; prev is when the same subject last
// counted before, so that a window counts each subject once.
type counted struct {
	at, prev int64
	ask      int32
	subject  Ref
}

// hit is a view of an item's own subject.
type hit struct {
	at      int64
	item    int32
	variant int8
}

const never = int64(-1) << 62

// scratch is reused from recipient to recipient by one worker.
type scratch struct {
	last   []int32 // subject → its last view, as a place in the recipient's list
	stamp  []int32
	mark   int32
	before []int32   // view → the view of the same subject before it, or -1
	itemAt []int32   // item → the recipient that last hit it, for counting
	missed []float64 // see sketch.miss
	sums   [][]float64
	tally  tally
}

func (q *run) newScratch() *scratch {
	return &scratch{itemAt: make([]int32, len(q.items)), tally: newTally(q)}
}

// list gathers what the kernel needs of one recipient.
func (q *run) list(a Ref, s *scratch) *list {
	l := &list{a: a, views: q.x.of(a)}
	if s.last == nil {
		s.last, s.stamp = make([]int32, len(q.x.subjects)), make([]int32, len(q.x.subjects))
	}
	s.mark++
	s.before = slices.Grow(s.before[:0], len(l.views))[:len(l.views)]
	for i := range l.views {
		v := &l.views[i]
		s.before[i] = -1
		asks := q.byCell[q.x.strata.of[v.Subject]]
		if len(asks) == 0 && q.pool == nil {
			continue
		}
		if s.stamp[v.Subject] == s.mark {
			s.before[i] = s.last[v.Subject]
		}
		s.stamp[v.Subject], s.last[v.Subject] = s.mark, int32(i)
		if q.pool != nil {
			l.prev = append(l.prev, never)
			for p := s.before[i]; p >= 0 && l.prev[i] == never; p = s.before[p] {
				if l.views[p].Plain != 0 {
					l.prev[i] = l.views[p].At
				}
			}
		}
		for _, n := range asks {
			q.count(l, s, n, int32(i))
		}
		for _, n := range q.bySubj[v.Subject] {
			l.note(&q.items[n], n, v)
		}
	}
	l.countItems(s)
	return l
}

// countItems counts, in each mode, the items with a hit.
func (l *list) countItems(s *scratch) {
	for mode := range l.modes {
		m := &l.modes[mode]
		s.mark++
		for _, h := range m.hits {
			if s.itemAt[h.item] != s.mark {
				s.itemAt[h.item] = s.mark
				m.items++
			}
		}
	}
}

// count enters a view under an ask, in each mode in which it counts.
func (q *run) count(l *list, s *scratch, ask, view int32) {
	k := &q.asks[ask]
	v := &l.views[view]
	subject := &q.x.subjects[v.Subject]
	for mode := range l.modes {
		if !k.counts(v, subject, mode) {
			if !k.rich {
				return // the modes differ for the rich alone
			}
			continue
		}
		prev := never
		for p := s.before[view]; p >= 0; p = s.before[p] {
			if k.counts(&l.views[p], subject, mode) {
				prev = l.views[p].At
				break
			}
		}
		later := k.after(v.At)
		if later < len(k.times) {
			l.modes[mode].counted = append(l.modes[mode].counted, counted{v.At, prev, ask, v.Subject})
			if !k.rich {
				l.modes[enriched].counted = append(l.modes[enriched].counted, counted{v.At, prev, ask, v.Subject})
			}
		}
		if prev == never && mode == asSeen {
			l.chance += (k.items[len(k.times)] - k.items[later]) / k.size
			if k.file == 0 && k.kind == anyVersion {
				q.control(l, k, ask, v, later)
			}
		}
		if !k.rich {
			return
		}
	}
}

// control enters the first view of a subject into the free controls: complaints
// that came before the recipient saw the person, and those whose caller knew
// nothing but the address. later is the first class that came after the view.
func (q *run) control(l *list, k *ask, ask int32, v *View, later int) {
	before, all := k.weight[later]/k.size, k.weight[len(k.times)]/k.size
	l.later += before
	if k.rich {
		l.expected += before
	} else {
		l.expected += all
	}
	for _, n := range q.bySubj[v.Subject] {
		it := &q.items[n]
		if it.skipped || q.classes[it.class].ask != ask {
			continue
		}
		l.own(it, k, q.classes[it.class].w, v)
	}
}

// own enters a control that is an item of the view's own subject.
func (l *list) own(it *item, k *ask, w float64, v *View) {
	if v.At >= it.At {
		l.after += w
	}
	if v.At >= it.At || !k.rich {
		l.observed += w
	}
}

// note records that a view shows an item's subject.
func (l *list) note(it *item, n int32, v *View) {
	if it.skipped {
		return
	}
	for mode := range l.modes {
		if it.heldBy(v, mode) {
			l.modes[mode].hits = append(l.modes[mode].hits, hit{v.At, n, v.Variant})
		}
	}
}

func (s *shown) countedIn(from, until int64) []counted {
	by := func(c counted, t int64) int { return cmpInt(c.at, t) }
	lo, _ := slices.BinarySearchFunc(s.counted, from, by)
	hi, _ := slices.BinarySearchFunc(s.counted[lo:], until, by)
	return s.counted[lo : lo+hi]
}

func (s *shown) hitsIn(from, until int64) []hit {
	by := func(h hit, t int64) int { return cmpInt(h.at, t) }
	lo, _ := slices.BinarySearchFunc(s.hits, from, by)
	hi, _ := slices.BinarySearchFunc(s.hits[lo:], until, by)
	return s.hits[lo : lo+hi]
}

// firstSeen is when each subject was first shown to anybody in plain.
func (x *Exposure) firstSeen() []int64 {
	if x.firsts != nil {
		return x.firsts
	}
	first := make([]int64, len(x.subjects))
	for i := range first {
		first[i] = -never
	}
	for i := range x.views {
		if v := &x.views[i]; v.Plain != 0 {
			first[v.Subject] = min(first[v.Subject], v.At)
		}
	}
	return first
}
