package trace

import (
	"cmp"
	"math/bits"
	"slices"
)

// versionKind says what an item tells about the version that leaked.
type versionKind uint8

const (
	anyVersion versionKind = iota
	currentVersion
	staleVersion
)

// item is an evidence item as the kernel uses it.
type item struct {
	Item
	from    int     // its place in the evidence as handed in
	weight  float64 // see weigh
	voice   int32
	cell    int32
	size    float64 // of the risk set
	kind    versionKind
	rich    bool // the caller knew more than the address he contacted
	class   int32
	skipped bool // says nothing about lists: alias contacts, nobody's rows
}

// Modes: the caller knew what the leaker saw, or filled in the rest elsewhere.
const (
	asSeen = iota
	enriched
)

// class is a set of items with the same risk set and the same demands on a
// view: one complaint, or all rows of a found file that are alike.
type class struct {
	classKey
	items []int32
	size  float64 // of the risk set
	n     float64 // items
	w     float64 // weight of each
	rich  bool    // the caller knew more than the address he contacted
	extra uint8   // how much more: 0, 1, or 2 for two fields and above
	decoy bool
	ask   int32 // -1: says nothing about lists
}

type classKey struct {
	cell    int32
	known   Mask
	contact Mask
	kind    versionKind
	at      int64 // a view counts when it was before
	file    int
	item    int32 // complaints are classes of their own
}

// run is one question on one exposure.
type run struct {
	x          *Exposure
	opt        Options
	items      []item // in an order that does not depend on the caller's
	classes    []class
	asks       []ask
	wants      []want            // of recipients in outline
	columns    []wantKey         // what the wants ask for, each once
	byCell     map[int32][]int32 // cell → asks
	bySubj     map[Ref][]int32   // subject → items
	seen       []int64           // subject → first shown to anybody in plain
	weightFrom []float64         // item → weight of it and all later ones
	tilt       *tilt             // a list taken to have leaked already, or nil
	unrecorded float64           // log Bayes factor of a path without entries
	twins      groups            // recipients whose lists are the same
	lists      *[]rival          // outside lists and what the items say of them, made once
	unseen     *[]float64        // class → share of its cell not yet shown, made once
	rivalLists []rival
	pool       *pool   // how shares of strata are mixed; nil: they are not
	outsideBF  float64 // log Bayes factor of all outside lists
	quietBF    float64 // of those that are unremarkable
	tau        float64 // spread of recipients, fitted
	last       int64   // time of the last item
	stats      struct{ repeated, unverified, excluded int }
}

func newRun(x *Exposure, ev Evidence, opt Options) *run {
	q := &run{x: x, opt: opt, byCell: map[int32][]int32{}, bySubj: map[Ref][]int32{}, lists: new([]rival), unseen: new([]float64)}
	weight, voices, repeated, unverified := weigh(ev.Items)
	q.stats.repeated, q.stats.unverified = repeated, unverified
	for i, it := range ev.Items {
		if it.Subject < 0 && len(it.AliasOf) > 0 && len(x.subjects) > 0 {
			it.Subject = 0 // an alias says who was given it, whoever it stands for
		}
		if it.Subject < 0 || int(it.Subject) >= len(x.subjects) {
			q.stats.excluded++
			continue
		}
		q.items = append(q.items, q.prepare(it, i, weight[i], voices[i]))
	}
	slices.SortStableFunc(q.items, compareItems)
	q.items = thin(q.items)
	q.classify()
	q.pool = q.newPool()
	if len(x.outlines) > 0 {
		q.sumWants()
	}
	q.seen = x.firstSeen()
	for i := range q.items {
		it := &q.items[i]
		q.bySubj[it.Subject] = append(q.bySubj[it.Subject], int32(i))
		q.last = max(q.last, it.At)
	}
	q.weightFrom = make([]float64, len(q.items)+1)
	for i := len(q.items) - 1; i >= 0; i-- {
		q.weightFrom[i] = q.weightFrom[i+1]
		if !q.items[i].skipped {
			q.weightFrom[i] += q.items[i].weight
		}
	}
	return q
}

// thin keeps the first items of a voice that has very many: they weigh as one
// anyhow.
func thin(items []item) []item {
	const most = 40
	n := map[int32]int{}
	for i := range items {
		n[items[i].voice]++
	}
	kept := map[int32]int{}
	out := items[:0]
	for _, it := range items {
		if it.File == 0 && n[it.voice] > most {
			if kept[it.voice]++; kept[it.voice] > most {
				continue
			}
			it.weight *= float64(n[it.voice]) / most
		}
		out = append(out, it)
	}
	return out
}

func compareItems(a, b item) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.File, b.File),
		cmp.Compare(a.Known, b.Known), cmp.Compare(a.Versions, b.Versions), cmp.Compare(a.weight, b.weight), cmp.Compare(a.Mark, b.Mark))
}

func (q *run) prepare(it Item, from int, weight float64, voice int32) item {
	p := item{Item: it, from: from, weight: weight, voice: voice}
	s := &q.x.subjects[it.Subject]
	p.cell = q.x.strata.of[it.Subject]
	p.rich = it.Known&^it.Contact != 0
	p.skipped = len(it.AliasOf) > 0 || it.Known == 0
	if it.Versions != 0 && len(s.Versions) > 1 && !s.Decoy {
		p.kind = staleVersion
		if it.Versions>>s.current(it.At)&1 == 1 {
			p.kind = currentVersion
		}
	}
	p.size = float64(q.x.strata.size[p.cell])
	if p.kind != anyVersion {
		p.size = float64(q.x.strata.changed[p.cell])
	}
	return p
}

// classify numbers the classes of the items.
func (q *run) classify() {
	number := map[classKey]int32{}
	for i := range q.items {
		it := &q.items[i]
		k := classKey{cell: it.cell, known: it.Known, contact: it.Contact, kind: it.kind, at: it.At, file: it.File}
		if it.File == 0 {
			k.item = int32(i)
		}
		n, ok := number[k]
		if !ok {
			n = int32(len(q.classes))
			number[k] = n
			q.classes = append(q.classes, class{classKey: k, size: it.size, w: it.weight, rich: it.rich, extra: uint8(min(bits.OnesCount32(uint32(it.Known&^it.Contact)), 2)), decoy: it.cell == q.x.strata.decoy, ask: -1})
		}
		it.class = n
		c := &q.classes[n]
		c.items = append(c.items, int32(i))
		c.n++
	}
	q.gather()
}

// ask is what several classes demand of a view alike, but for when they came: a
// view is held against it once, however many complaints there are.
type ask struct {
	askKey
	classes []int32   // in order of time
	times   []int64   // of the classes
	items   []float64 // items of the first n classes; weight is their weight
	weight  []float64
	base    int32 // the place of the first class in a tally
	size    float64
	rich    bool
}

type askKey struct {
	cell    int32
	known   Mask
	contact Mask
	kind    versionKind
	at      int64 // 0 unless the kind of version depends on it
	file    int
}

// gather makes the asks of the classes, which are in order of time.
func (q *run) gather() {
	number := map[askKey]int32{}
	for c := range q.classes {
		k := &q.classes[c]
		if q.items[k.items[0]].skipped {
			continue
		}
		key := askKey{cell: k.cell, known: k.known, contact: k.contact, kind: k.kind, file: k.file}
		if k.kind != anyVersion {
			key.at = k.at
		}
		n, ok := number[key]
		if !ok {
			n = int32(len(q.asks))
			number[key] = n
			q.asks = append(q.asks, ask{askKey: key, size: k.size, rich: k.rich, items: []float64{0}, weight: []float64{0}})
			q.byCell[k.cell] = append(q.byCell[k.cell], n)
		}
		k.ask = n
		a := &q.asks[n]
		last := len(a.classes)
		a.classes, a.times = append(a.classes, int32(c)), append(a.times, k.at)
		a.items, a.weight = append(a.items, a.items[last]+k.n), append(a.weight, a.weight[last]+k.w)
	}
	base := int32(0)
	for n := range q.asks {
		q.asks[n].base = base
		base += int32(len(q.asks[n].classes))
	}
}

// after is the place of the first class that came after a time.
func (k *ask) after(at int64) int {
	if at < k.times[0] {
		return 0
	}
	n, _ := slices.BinarySearch(k.times, at+1)
	return n
}

// counts says whether a view shows what is asked for, at any time.
func (k *ask) counts(v *View, s *Subject, mode int) bool {
	if mode == enriched && k.rich {
		if v.Plain&k.known&^k.contact == 0 {
			return false
		}
	} else if !v.Plain.Has(k.known) {
		return false
	}
	switch k.kind {
	case currentVersion:
		return len(s.Versions) > 1 && v.Version == s.current(k.at)
	case staleVersion:
		return len(s.Versions) > 1 && v.Version != s.current(k.at)
	}
	return true
}

// heldBy says whether a view could have given the item's caller what he knew.
func (it *item) heldBy(v *View, mode int) bool {
	if v.At >= it.At {
		return false
	}
	if it.Versions != 0 && it.Versions>>v.Version&1 == 0 {
		return false
	}
	if mode == enriched && it.rich {
		return v.Plain&it.Known&^it.Contact != 0
	}
	return v.Plain.Has(it.Known)
}
