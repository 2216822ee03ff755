package trace

import "slices"

// list is one recipient's record as far as the evidence asks for it.
type list struct {
	a     Ref
	views []View
	modes [2]shown
	after float64 // complaints by people shown to him only later: a free control
	later float64 // how many of them chance expects
	// The same with callers who knew only the address, for the spread of all.
	observed, expected float64
	chance             float64 // items inside everything shown, by chance
}

// shown is what counts in one mode, in order of time.
type shown struct {
	counted []counted
	hits    []hit
	items   int      // items with a hit
	with    []window // acts that hold a hit; made once
	missed  float64  // log of the sum over the other acts
}

// counted is a view that counts for a class; prev is when the same subject last
// counted before, so that a window counts each subject once.
type counted struct {
	at, prev int64
	class    int32
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
	before []int32 // view → the view of the same subject before it, or -1
	itemAt []int32 // item → the recipient that last hit it, for counting
	tally  tally
}

func (q *run) newScratch() *scratch {
	n := len(q.x.subjects)
	return &scratch{last: make([]int32, n), stamp: make([]int32, n), itemAt: make([]int32, len(q.items)), tally: newTally(q)}
}

// list gathers what the kernel needs of one recipient.
func (q *run) list(a Ref, s *scratch) *list {
	l := &list{a: a, views: q.x.of(a)}
	s.mark++
	s.before = slices.Grow(s.before[:0], len(l.views))[:len(l.views)]
	for i := range l.views {
		v := &l.views[i]
		s.before[i] = -1
		classes := q.byCell[q.x.strata.of[v.Subject]]
		if len(classes) == 0 {
			continue
		}
		if s.stamp[v.Subject] == s.mark {
			s.before[i] = s.last[v.Subject]
		}
		s.stamp[v.Subject], s.last[v.Subject] = s.mark, int32(i)
		for _, c := range classes {
			q.count(l, s, c, int32(i))
		}
		for _, n := range q.bySubj[v.Subject] {
			l.note(&q.items[n], n, v)
		}
	}
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
	return l
}

// count enters a view under a class, in each mode in which it counts.
func (q *run) count(l *list, s *scratch, c, view int32) {
	k := &q.classes[c]
	v := &l.views[view]
	subject := &q.x.subjects[v.Subject]
	for mode := range l.modes {
		if mode == enriched && !k.rich {
			if n := len(l.modes[asSeen].counted); n > 0 { // the same as seen
				if e := l.modes[asSeen].counted[n-1]; e.class == c && e.at == v.At {
					l.modes[enriched].counted = append(l.modes[enriched].counted, e)
				}
			}
			continue
		}
		if !k.counts(v, subject, mode) {
			continue
		}
		prev := never
		for p := s.before[view]; p >= 0; p = s.before[p] {
			if k.counts(&l.views[p], subject, mode) {
				prev = l.views[p].At
				break
			}
		}
		if v.At < k.at {
			l.modes[mode].counted = append(l.modes[mode].counted, counted{v.At, prev, c, v.Subject})
			if prev == never && mode == asSeen {
				l.chance += k.n / k.size
			}
		}
		if prev == never && mode == asSeen && k.file == 0 && k.kind == anyVersion {
			q.control(l, k, v)
		}
	}
}

// control enters the first view of a subject into the free controls: complaints
// that came before the recipient saw the person, and those whose caller knew
// nothing but the address.
func (q *run) control(l *list, k *class, v *View) {
	own := 0.0
	if v.Subject == q.items[k.item].Subject {
		own = k.w
	}
	if v.At >= k.at {
		l.later += k.w / k.size
		l.after += own
	}
	if v.At >= k.at || !k.rich {
		l.expected += k.w / k.size
		l.observed += own
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
