package trace

import "slices"

// list is one recipient's views as far as the evidence asks for them: which
// subjects of the items' cells were shown, when.
type list struct {
	a     Ref
	views []View
	of    [][]seen     // class → views that count, in order of time
	hits  [2][][]int64 // mode → item → times of the views that show its subject so
	any   [2]int       // mode → items with a hit
	after int          // items whose subject was shown only later: a free control
	later float64      // how many of them chance expects
}

// seen is a view that counts for a class; prev is when the same subject last
// counted before, so that a window counts each subject once.
type seen struct{ at, prev int64 }

const never = int64(-1) << 62

// scratch is reused from recipient to recipient by one worker.
type scratch struct {
	last  []int64 // subject → time of its last counted view
	stamp []int32
	mark  int32
	cells [][]int32 // cell → views of the recipient
	used  []int32
}

func newScratch(x *Exposure) *scratch {
	return &scratch{last: make([]int64, len(x.subjects)), stamp: make([]int32, len(x.subjects)), cells: make([][]int32, len(x.strata.size))}
}

// list gathers what the kernel needs of one recipient.
func (q *run) list(a Ref, s *scratch) *list {
	l := &list{a: a, views: q.x.of(a), of: make([][]seen, len(q.classes))}
	for mode := range l.hits {
		l.hits[mode] = make([][]int64, len(q.items))
	}
	for _, c := range s.used {
		s.cells[c] = s.cells[c][:0]
	}
	s.used = s.used[:0]
	for i := range l.views {
		v := &l.views[i]
		c := q.x.strata.of[v.Subject]
		if !q.needed[c] {
			continue
		}
		if len(s.cells[c]) == 0 {
			s.used = append(s.used, c)
		}
		s.cells[c] = append(s.cells[c], int32(i))
		for _, n := range q.bySubj[v.Subject] {
			l.note(&q.items[n], n, v)
		}
	}
	for _, c := range s.used {
		for _, k := range q.byCell[c] {
			l.of[k] = q.seen(l.views, s.cells[c], &q.classes[k], s)
		}
	}
	q.control(l)
	return l
}

// note records that a view shows an item's subject.
func (l *list) note(it *item, n int32, v *View) {
	if it.skipped {
		return
	}
	for mode := range l.hits {
		if it.heldBy(v, mode) {
			if len(l.hits[mode][n]) == 0 {
				l.any[mode]++
			}
			l.hits[mode][n] = append(l.hits[mode][n], v.At)
		}
	}
}

func (q *run) seen(views []View, at []int32, k *classKey, s *scratch) []seen {
	var out []seen
	s.mark++
	for _, i := range at {
		v := &views[i]
		if !k.counts(v, &q.x.subjects[v.Subject]) {
			continue
		}
		prev := never
		if s.stamp[v.Subject] == s.mark {
			prev = s.last[v.Subject]
		}
		s.stamp[v.Subject], s.last[v.Subject] = s.mark, v.At
		out = append(out, seen{v.At, prev})
	}
	return out
}

// count is the number of subjects that count in [from, until).
func count(of []seen, from, until int64) (n int) {
	i, _ := slices.BinarySearchFunc(of, from, func(s seen, t int64) int { return cmpInt(s.at, t) })
	for ; i < len(of) && of[i].at < until; i++ {
		if of[i].prev < from {
			n++
		}
	}
	return n
}

// control counts complaints that came before the recipient saw the person:
// whatever made those people complain, it was not this recipient.
func (q *run) control(l *list) {
	for n := range q.items {
		it := &q.items[n]
		if it.File > 0 || it.skipped || it.kind != anyVersion {
			continue
		}
		of := l.of[it.class[asSeen]]
		if len(of) == 0 {
			continue
		}
		first := 0
		for i := len(of) - 1; i >= 0 && of[i].at >= it.At; i-- {
			if of[i].prev == never {
				first++
			}
		}
		l.later += float64(first) / it.size * it.weight
		if len(l.hits[asSeen][n]) == 0 && q.sawLater(l, it) {
			l.after++
		}
	}
}

func (q *run) sawLater(l *list, it *item) bool {
	i, _ := slices.BinarySearchFunc(l.views, it.At, func(v View, t int64) int { return cmpInt(v.At, t) })
	for ; i < len(l.views); i++ {
		if v := &l.views[i]; v.Subject == it.Subject && v.Plain.Has(it.Known) {
			return true
		}
	}
	return false
}
