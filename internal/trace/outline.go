package trace

import (
	"math"
	"slices"
)

// A company's record holds more views than a question can read. What most
// recipients did is read in sum: when they were shown how many, and every view of
// the people the evidence is about. They are scored on windows of days with
// estimated list sizes; only those who come near a name are read view by view.

// Act is what an outlined recipient was shown at one time.
type Act struct {
	At     int64
	Plain  Mask
	People int32
}

// Outline is a recipient's record in sum.
type Outline struct {
	Acts []Act // in order of time
	// Of the views in plain: people of each month added up, how many months, and how
	// many different people there are.
	Monthly, People float64
	Months          int
}

// Outline says that of a recipient only the views of the evidence's people are
// added, and what there is in sum.
func (b *Builder) Outline(r Ref, o *Outline) {
	for len(b.x.outlines) <= int(r) {
		b.x.outlines = append(b.x.outlines, nil)
	}
	b.x.outlines[r] = o
}

// NeverShown is the time of what did not happen.
const NeverShown = -never

// FirstShown says when each subject was first shown to anybody in plain, which
// outlines do not, or NeverShown.
func (b *Builder) FirstShown(at []int64) { b.x.firsts = at }

func (x *Exposure) outline(r Ref) *Outline {
	if int(r) >= len(x.outlines) {
		return nil
	}
	return x.outlines[r]
}

// With is the record with more views, of whoever is outlined.
func (x *Exposure) With(views []View) *Exposure {
	out := *x
	out.views = append(slices.Clone(x.views), views...)
	out.sortViews()
	return &out
}

// completed is the record with the whole of some recipients' views.
func (x *Exposure) completed(who []Ref, views []View) *Exposure {
	out := *x
	out.outlines = slices.Clone(x.outlines)
	out.late = map[Ref][]View{}
	for r, v := range x.late {
		out.late[r] = v
	}
	for _, r := range who {
		out.outlines[r], out.late[r] = nil, []View{}
	}
	for _, v := range views {
		out.late[v.Recipient] = append(out.late[v.Recipient], v)
	}
	for _, r := range who {
		slices.SortFunc(out.late[r], compareViews)
	}
	return &out
}

// growth is how different people become more with views: along the line through one,
// an average month and the whole record.
type growth struct {
	month, people float64 // views and people of an average month
	first, later  float64 // exponents, up to a month and beyond
	same          bool    // every view is of somebody else
}

func (o *Outline) growth(all float64) growth {
	if o.Months == 0 || o.Monthly < 1 {
		return growth{same: true}
	}
	g := growth{month: max(all/float64(o.Months), 1.01), people: max(o.Monthly/float64(o.Months), 1)}
	if g.people >= g.month*.999 && o.People >= all*.999 {
		return growth{same: true}
	}
	g.first = min(1, math.Log(g.people)/math.Log(g.month))
	if all > g.month*1.01 {
		g.later = min(1, max(0, math.Log(max(o.People, g.people)/g.people)/math.Log(all/g.month)))
	}
	return g
}

// distinct estimates how many different people so many views are of.
func (g *growth) distinct(views float64) float64 {
	switch {
	case views <= 1 || g.same:
		return views
	case views <= g.month:
		return math.Exp(g.first * math.Log(views))
	}
	return g.people * math.Exp(g.later*math.Log(views/g.month))
}

// want is what classes of all strata ask for alike, with the weight of those that
// came before each time.
type want struct {
	wantKey
	column int // of the sums; those who ask for the same fields share one
	times  []int64
	weight []float64 // of the first n
	items  []float64
}

type wantKey struct {
	known, contact Mask
	rich, old      bool // old: the version tells
	file, decoy    bool
	extra          uint8
}

func (q *run) sumWants() {
	number := map[wantKey]int{}
	for c := range q.classes {
		k := &q.classes[c]
		if k.ask < 0 {
			continue
		}
		key := wantKey{k.known, k.contact, k.rich, k.kind != anyVersion, k.file > 0, k.decoy, k.extra}
		n, ok := number[key]
		if !ok {
			n = len(q.wants)
			number[key] = n
			q.wants = append(q.wants, want{wantKey: key, column: q.column(key), weight: []float64{0}, items: []float64{0}})
		}
		w := &q.wants[n]
		last := len(w.times)
		w.times = append(w.times, k.at)
		w.weight, w.items = append(w.weight, w.weight[last]+k.w*k.n), append(w.items, w.items[last]+k.n)
	}
}

// column is the place of a want's sums among those of all; a new one is added.
func (q *run) column(key wantKey) int {
	n := slices.IndexFunc(q.columns, func(k wantKey) bool { return k.known == key.known && k.contact == key.contact && k.rich == key.rich })
	if n < 0 {
		n = len(q.columns)
		q.columns = append(q.columns, key)
	}
	return n
}

func (w *wantKey) counts(plain Mask, mode int) bool {
	if mode == enriched && w.rich {
		return plain&w.known&^w.contact != 0
	}
	return plain.Has(w.known)
}

// from is the place of the first class at or after a time.
func (w *want) from(at int64) int {
	n, _ := slices.BinarySearch(w.times, at)
	return n
}

// sketch scores a recipient by his outline.
type sketch struct {
	q     *run
	o     *Outline
	l     *list
	sc    *scratch
	mode  int
	all   []float64 // people of the first n acts
	plain float64   // of all in plain
	grows growth
	sums  [][]float64 // column → people of the first n acts that count
	share []float64   // column → share of the window
	f     []float64   // want → share of the window
	logs  []float64   // point of the grid, want → log1p(x f)
	since []float64   // want → weight since a leak
	leaks []leakTime
	sum   logSum
}

// outlined makes the list and the factor of an outlined recipient.
func (q *run) outlined(a Ref, sc *scratch) suspect {
	k := &sketch{q: q, o: q.x.outline(a), l: &list{a: a, sketched: true}, sc: sc}
	k.evidence()
	k.sumUp()
	s := suspect{list: k.l, alias: q.aliasFactor(a)}
	if len(k.o.Acts) == 0 {
		return s
	}
	modes := []float64{1}
	if k.l.modes[enriched].items > k.l.modes[asSeen].items {
		modes = []float64{1 - q.opt.Enriched, q.opt.Enriched}
	}
	for mode, share := range modes {
		k.mode = mode
		k.windows(math.Log(share))
	}
	s.bf = k.sum.value()
	s.raw = s.bf
	return s
}

// evidence notes the views of the people the items are about.
func (k *sketch) evidence() {
	q, l := k.q, k.l
	k.sc.mark++
	for i, views := 0, q.x.of(l.a); i < len(views); i++ {
		v := &views[i]
		for _, n := range q.bySubj[v.Subject] {
			it := &q.items[n]
			l.note(it, n, v)
			c := &q.classes[it.class]
			if c.ask < 0 || k.sc.itemAt[n] == k.sc.mark {
				continue
			}
			if ask := &q.asks[c.ask]; ask.file == 0 && ask.kind == anyVersion && ask.counts(v, &q.x.subjects[v.Subject], asSeen) {
				k.sc.itemAt[n] = k.sc.mark
				l.own(it, ask, c.w, v)
			}
		}
	}
	l.countItems(k.sc)
}

// sumUp adds up what the acts showed, for every want, and what chance expects.
func (k *sketch) sumUp() {
	q, o := k.q, k.o
	k.all = make([]float64, len(o.Acts)+1)
	for i, a := range o.Acts {
		k.all[i+1] = k.all[i] + float64(a.People)
		if a.Plain != 0 {
			k.plain += float64(a.People)
		}
	}
	people := float64(max(len(q.x.subjects), 1))
	k.grows = o.growth(k.plain)
	again := k.grows.distinct(k.plain) / max(k.plain, 1)
	k.f, k.logs, k.since = make([]float64, len(q.wants)), make([]float64, len(q.wants)*len(coarseGrid)), make([]float64, len(q.wants))
	k.share = make([]float64, len(q.columns))
	for n := range q.wants {
		w := &q.wants[n]
		last, total := w.weight[len(w.times)], w.items[len(w.times)]
		i := 0
		for _, a := range o.Acts {
			for i < len(w.times) && w.times[i] <= a.At {
				i++
			}
			if !w.counts(a.Plain, asSeen) {
				continue
			}
			first := float64(a.People) * again / people
			k.l.chance += first * (total - w.items[i])
			if !w.file && !w.old {
				k.l.later += first * w.weight[i]
				if w.rich {
					k.l.expected += first * w.weight[i]
				} else {
					k.l.expected += first * last
				}
			}
		}
	}
}

// stretch is a window of acts.
type stretch struct {
	from, until int64
	low, high   int // acts
	prior       float64
	leaks       []leakTime // nil: after its end
}

// windows scores the recipient's windows in one mode.
func (k *sketch) windows(share float64) {
	q, acts := k.q, k.o.Acts
	for len(k.sc.sums) < len(q.columns) {
		k.sc.sums = append(k.sc.sums, nil)
	}
	k.sums = k.sc.sums[:len(q.columns)]
	for n := range q.columns {
		sum := slices.Grow(k.sums[n][:0], len(acts)+1)[:len(acts)+1]
		sum[0] = 0
		for i := range acts {
			sum[i+1] = sum[i]
			if a := &acts[i]; q.columns[n].counts(a.Plain, k.mode) {
				sum[i+1] += float64(a.People)
			}
		}
		k.sums[n] = sum
	}
	within := func(from, until int64) (int, int) {
		by := func(a Act, t int64) int { return cmpInt(a.At, t) }
		low, _ := slices.BinarySearchFunc(acts, from, by)
		high, _ := slices.BinarySearchFunc(acts, until, by)
		return low, high
	}
	var all []stretch
	begin := func(prior float64, n int) {
		for i := len(all) - n; i < len(all); i++ {
			all[i].prior = prior / float64(n)
		}
	}
	all = append(all, stretch{from: q.x.from, until: q.last + 1, high: len(acts), leaks: []leakTime{{q.x.from, 1}}})
	begin(familyPrior[everything], 1)
	k.backward(&all, within, begin)
	for _, cut := range [...]struct {
		prior float64
		of    func(int64) int64
	}{{familyPrior[month], calendarMonth}, {familyPrior[week], calendarWeek}, {familyPrior[day] + familyPrior[session] + familyPrior[job], calendarDay}} {
		start, before := 0, len(all)
		for i := 1; i <= len(acts); i++ {
			if i == len(acts) || cut.of(acts[i].At) != cut.of(acts[i-1].At) {
				all = append(all, stretch{from: acts[start].At, until: acts[i-1].At + 1, low: start, high: i})
				start = i
			}
		}
		begin(cut.prior, len(all)-before)
	}
	mass := 0.0 // families without a window give their share to the others
	for i := range all {
		mass += all[i].prior
	}
	for i := range all {
		w := &all[i]
		w.prior /= mass
		if hits := k.l.modes[k.mode].hitsIn(w.from, w.until); len(hits) > 0 {
			k.hit(w, hits, share)
		} else {
			k.sum.add(share + math.Log(w.prior) + k.miss(w))
		}
	}
}

// backward adds the windows that end with the leak, twice as far apart as those of
// a record that is read.
func (k *sketch) backward(all *[]stretch, within func(int64, int64) (int, int), begin func(float64, int)) {
	q, acts := k.q, k.o.Acts
	first, end := acts[0].At, acts[len(acts)-1].At+1
	stop := min(q.last, end+180*daySec)
	before := len(*all)
	for at := first + 30*daySec; at < stop && at < end+15*daySec; at += 30 * daySec {
		_, high := within(first, at)
		*all = append(*all, stretch{from: q.x.from, until: at, high: high, leaks: []leakTime{{at, 1}}})
	}
	begin(familyPrior[upTo], len(*all)-before)
	before = len(*all)
	for at := first + 30*daySec; at < stop; at += 30 * daySec {
		for _, months := range [...]int64{1, 2, 3, 6} {
			if from := at - months*30*daySec; from > first && from < end {
				low, high := within(from, at)
				*all = append(*all, stretch{from: from, until: at, low: low, high: high, leaks: []leakTime{{at, 1}}})
			}
		}
	}
	begin(familyPrior[season], len(*all)-before)
	for _, days := range [...]int64{3, 7, 14, 30} {
		low, high := within(end-days*daySec, end)
		*all = append(*all, stretch{from: end - days*daySec, until: end, low: low, high: high})
	}
	begin(familyPrior[lastDays], 4)
}

// miss is the log likelihood of a window without a hit, from a table.
func (k *sketch) miss(w *stretch) float64 {
	q := k.q
	f := min(1, (k.all[w.high]-k.all[w.low])/float64(max(len(q.x.subjects), 1)))
	n, _ := slices.BinarySearchFunc(q.items, w.until, func(it item, t int64) int { return cmpInt(it.At, t) })
	if f == 0 || q.weightFrom[n] == 0 {
		return 0
	}
	place := n*missSteps + min(max(int(8*(24+math.Log2(f))), 0), missSteps-1)
	if k.sc.missed == nil {
		k.sc.missed = make([]float64, (len(q.items)+1)*missSteps)
	}
	if k.sc.missed[place] == 0 {
		var m logMean
		f = math.Exp2((float64(place%missSteps)+.5)/8 - 24)
		for _, x := range rates {
			m.add(-q.weightFrom[n] * math.Log1p(x*min(f, 1)))
		}
		k.sc.missed[place] = m.value()
	}
	return k.sc.missed[place]
}

// missSteps is how many list sizes the table knows, eight to a doubling.
const missSteps = 8*24 + 1

// hit scores a window that holds items, for every time of leak.
func (k *sketch) hit(w *stretch, hits []hit, share float64) {
	q := k.q
	people := float64(max(len(q.x.subjects), 1))
	whole := w.leaks != nil && w.high == len(k.o.Acts) && w.low == 0
	for c, sums := range k.sums {
		k.share[c] = k.grows.distinct(sums[w.high]-sums[w.low]) / people
	}
	for n := range q.wants {
		want := &q.wants[n]
		f := k.share[want.column]
		if whole {
			f = k.grows.distinct(k.average(n)) / people
		}
		if want.old {
			f /= 2
		}
		k.f[n] = min(f, 1)
		for i := range coarseGrid {
			g := &coarseGrid[i]
			k.logs[i*len(q.wants)+n] = math.Log1p(g.x * g.share[want.extra] * k.f[n])
		}
	}
	fixed := k.fixed(hits)
	leaks := w.leaks
	if leaks == nil {
		k.leaks = q.leakTimesInto(k.leaks[:0], w.until)
		leaks = k.leaks
	}
	for _, g := range leaks {
		v := share + math.Log(w.prior*g.prior) + fixed + k.complaints(hits, g.at)
		k.sum.add(v)
	}
}

// average is how many acts before each class of a want count, on average: what a
// list passed on as it came holds when they complain.
func (k *sketch) average(n int) float64 {
	w := &k.q.wants[n]
	sums := k.sums[w.column]
	total := 0.0
	i := 0
	for _, at := range w.times {
		for i < len(k.o.Acts) && k.o.Acts[i].At < at {
			i++
		}
		total += sums[i]
	}
	return total / float64(max(len(w.times), 1))
}

// complaints averages the likelihood of the complaints since a leak over the
// coarse grid.
func (k *sketch) complaints(hits []hit, leak int64) float64 {
	q := k.q
	var in [3]float64
	inside := 0.0
	k.sc.mark++
	for _, h := range hits {
		it := &q.items[h.item]
		if c := &q.classes[it.class]; it.File == 0 && !c.decoy && it.At >= leak && k.sc.itemAt[h.item] != k.sc.mark {
			k.sc.itemAt[h.item] = k.sc.mark
			in[c.extra] += c.w
			inside++
		}
	}
	for n := range q.wants {
		k.since[n] = 0
		if w := &q.wants[n]; !w.file && !w.decoy {
			k.since[n] = w.weight[len(w.times)] - w.weight[w.from(leak)]
		}
	}
	z := q.opt.AlphaComplaints / (q.opt.AlphaComplaints + inside)
	var values [16]float64
	top := math.Inf(-1)
	for i := range coarseGrid {
		one := &coarseLogs[i]
		v := in[0]*one[0] + in[1]*one[1] + in[2]*one[2]
		for n, since := range k.since {
			v -= since * k.logs[i*len(k.since)+n]
		}
		values[i] = z*v + coarseGrid[i].prior
		top = max(top, values[i])
	}
	sum := 0.0
	for i := range coarseGrid {
		if d := values[i] - top; d > -30 {
			sum += math.Exp(d)
		}
	}
	return top + math.Log(sum)
}

// coarseLogs are the factors of an item inside at the points of the coarse grid.
var coarseLogs = func() (out [][3]float64) {
	for _, g := range coarseGrid {
		var l [3]float64
		for e, s := range g.share {
			l[e] = math.Log1p(g.x * s)
		}
		out = append(out, l)
	}
	return out
}()

// fixed is the part of file rows and of decoys, which no time of leak changes.
func (k *sketch) fixed(hits []hit) float64 {
	q := k.q
	rows, decoys := 0.0, 0.0
	k.sc.mark++
	for _, h := range hits {
		it := &q.items[h.item]
		if k.sc.itemAt[h.item] == k.sc.mark {
			continue
		}
		k.sc.itemAt[h.item] = k.sc.mark
		switch {
		case q.classes[it.class].decoy:
			decoys += it.weight
		case it.File > 0:
			rows += it.weight
		}
	}
	mean := func(rates []float64, in, z float64, counts func(*want) bool) float64 {
		var m logMean
		any := false
		for _, x := range rates {
			v := in * math.Log1p(x)
			for n := range q.wants {
				if w := &q.wants[n]; counts(w) {
					any = true
					v -= w.weight[len(w.times)] * math.Log1p(x*k.f[n])
				}
			}
			m.add(z * v)
		}
		if !any {
			return 0
		}
		return m.value()
	}
	return mean(fileRates, rows, q.opt.AlphaRows/(q.opt.AlphaRows+rows), func(w *want) bool { return w.file && !w.decoy }) +
		mean(decoyRates, decoys, 1, func(w *want) bool { return w.decoy })
}
