package trace

import "math"

// hypothesis is one recipient, one window of his record and one time of leak.
type hypothesis struct {
	a     Ref
	mode  int
	from  int64
	until int64
	kind  family
	leak  int64
	prior float64 // log share of the recipient's prior
	bf    float64 // log Bayes factor
	raw   float64 // log of the numerator alone
	best  point
}

// point is a place in the grid of rates.
type point struct {
	x, fade, file float64
	share         [3]float64 // of x, by how much the caller knew
}

// The grid of x, the extra complaint rate of leaked persons over background,
// for callers who knew two fields besides the address; those who knew one or
// none have the rate times one of shares: background callers seldom know much.
// fades: the list is used as long as the record lasts, or mostly in the weeks
// after the leak. A buyer who calls at all causes tens of times the background
// and rarely thousands, so the ends of the grid weigh less; the coarse grid is
// for windows that decide nothing, of which there are many.
var (
	fineGrid = grid(weighed{{2, .07}, {5, .14}, {12, .22}, {30, .22}, {80, .18}, {250, .12}, {1000, .05}},
		weighed{{0, .5}, {1.0 / (40 * 86400), .5}})
	coarseGrid = grid(weighed{{4, .25}, {50, .55}, {600, .20}}, weighed{{0, 1}})
	rates      = []float64{2, 5, 12, 30, 80, 250, 1000}
)

var shares = []struct {
	of     [3]float64
	weight float64
}{{[3]float64{1, 1, 1}, .25}, {[3]float64{.12, 1, 1}, .45}, {[3]float64{.03, .25, 1}, .30}}

// weighed are values with their prior weights.
type weighed [][2]float64

// gridPoint is a place in the grid with the log of its prior weight.
type gridPoint struct {
	x, fade float64
	share   [3]float64
	prior   float64
}

func grid(rates, fades weighed) (out []gridPoint) {
	for _, f := range fades {
		for _, s := range shares {
			for _, x := range rates {
				out = append(out, gridPoint{x[0], f[0], s.of, math.Log(x[1] * f[1] * s.weight)})
			}
		}
	}
	return out
}

// The grids of decoys and of file rows.
var (
	// A leaked decoy is contacted far more often than a stray number is.
	decoyRates = []float64{10, 100, 1000}
	fileRates  = []float64{5, 30, 200, 1000, 5000}
)

// product multiplies factors without leaving the range of float64.
type product struct {
	num, den float64
	exp      int
	log      float64 // of factors with a weight other than one
	n        int
}

func newProduct() product { return product{num: 1, den: 1} }

// mulN multiplies by the factor of n items alike.
func (p *product) mulN(in bool, x, f, w float64, n int) {
	if w != 1 || n > 4 {
		if in {
			p.log += w * float64(n) * math.Log1p(x)
		}
		p.log -= w * float64(n) * math.Log1p(x*f)
		return
	}
	for range n {
		if in {
			p.num *= 1 + x
		}
		p.den *= 1 + x*f
		if p.n++; p.n&31 == 0 {
			p.fold()
		}
	}
}

func (p *product) fold() {
	m, e := math.Frexp(p.num / p.den)
	p.num, p.den, p.exp = m, 1, p.exp+e
}

func (p *product) value() float64 {
	p.fold()
	return math.Log(p.num) + float64(p.exp)*math.Ln2 + p.log
}

// likelihood is the log of L_h(x) at one x for all given terms.
func likelihood(ts []term, x float64) float64 {
	sum, in := 0.0, 0.0
	p := newProduct()
	for i := range ts {
		t := &ts[i]
		if t.w != 1 || t.n > 40 {
			sum += t.w * (t.in*math.Log1p(x) - t.n*math.Log1p(x*t.f))
			continue
		}
		in += t.in
		p.den *= power(1+x*t.f, int(t.n))
		if p.den > 1e100 || p.den < 1e-100 {
			p.fold()
		}
	}
	return sum + in*math.Log1p(x) + p.value()
}

// power is b to a small whole number; logarithms of every class cost too much.
func power(b float64, n int) float64 {
	out := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out *= b
		}
		b *= b
	}
	return out
}

// complaintPart averages the coarsened likelihood of the complaints since the
// leak over a grid, and notes its best point. The complaints inside are what a
// small misfit could turn into certainty, so the coarsening counts them.
func (q *run) complaintPart(ts []term, leak int64, grid *[]gridPoint, best *point) float64 {
	if len(ts) == 0 {
		return 0
	}
	z := q.coarseComplaints(ts)
	var room [2][64]lump
	lasting, fading := lump1(room[0][:0], ts, leak, 0), room[1][:0]
	var sum logSum
	top := math.Inf(-1)
	for i := range *grid {
		g := &(*grid)[i]
		lumps := lasting
		if g.fade > 0 {
			if len(fading) == 0 {
				fading = lump1(fading, ts, leak, g.fade)
			}
			lumps = fading
		}
		v := z * product1(lumps, g.x, g.share)
		sum.add(v + g.prior)
		if v > top {
			top = v
			best.x, best.share, best.fade = g.x, g.share, g.fade
		}
	}
	return sum.value()
}

// coarseParts is complaintPart on the coarse grid for every time of leak, which are in
// order. Nothing fades there, so what came after a later leak is multiplied once.
func (q *run) coarseParts(ts []term, leaks []leakTime, value []float64, best []point) {
	var logs [16][len(lags)]float64
	var hit [len(lags)]int
	for g := range coarseGrid {
		point := &coarseGrid[g]
		p := newProduct()
		k, inside := len(ts), 0
		for i := len(leaks) - 1; i >= 0; i-- {
			for ; k > 0 && ts[k-1].at >= leaks[i].at; k-- {
				t := &ts[k-1]
				p.mulN(t.in > 0, point.x*point.share[t.extra], t.f, t.w, 1)
				if t.in > 0 {
					inside++
				}
			}
			logs[g][i], hit[i] = p.value(), inside
		}
	}
	for i := range leaks {
		if len(ts) == 0 || ts[len(ts)-1].at < leaks[i].at {
			continue
		}
		z := q.opt.AlphaComplaints / (q.opt.AlphaComplaints + float64(hit[i]))
		var sum logSum
		top := math.Inf(-1)
		for g := range coarseGrid {
			v := z * logs[g][i]
			sum.add(v + coarseGrid[g].prior)
			if v > top {
				top = v
				best[i].x, best[i].share, best[i].fade = coarseGrid[g].x, coarseGrid[g].share, 0
			}
		}
		value[i] = sum.value()
	}
}

// lump is complaints that say the same at every point of the grid.
type lump struct {
	f, w, decay float64
	extra       uint8
	in          bool
	n           int
}

// near is how far back an equal one is looked for: where nothing is known of strata
// there are a few kinds of complaints, otherwise hardly two are alike.
const near = 8

// lump1 gathers the terms, which are in order of time, into lumps. Those that fade
// do so in steps, see decay.
func lump1(out []lump, ts []term, leak int64, fade float64) []lump {
	step, first, d := -1, 0, 1.0
	for i := range ts {
		t := &ts[i]
		if fade > 0 {
			if now := decayStep(float64(t.at-leak) * fade); now != step {
				step, first, d = now, len(out), decays[now]
			}
		}
		found := false
		for n := max(first, len(out)-near); n < len(out) && !found; n++ {
			if l := &out[n]; l.f == t.f && l.extra == t.extra && l.in == (t.in > 0) && l.w == t.w {
				l.n++
				found = true
			}
		}
		if !found {
			out = append(out, lump{t.f, t.w, d, t.extra, t.in > 0, 1})
		}
	}
	return out
}

func (q *run) coarseComplaints(ts []term) float64 {
	return q.opt.AlphaComplaints / (q.opt.AlphaComplaints + float64(hits(ts)))
}

func hits(ts []term) (n int) {
	for i := range ts {
		if ts[i].in > 0 {
			n++
		}
	}
	return n
}

func product1(lumps []lump, x float64, share [3]float64) float64 {
	p := newProduct()
	for i := range lumps {
		l := &lumps[i]
		p.mulN(l.in, x*share[l.extra]*l.decay, l.f, l.w, l.n)
	}
	return p.value()
}

// decayStep is the place of e^-a in a table: this is the innermost loop.
func decayStep(a float64) int { return min(max(int(a*8), 0), len(decays)-1) }

func decay(a float64) float64 { return decays[decayStep(a)] }

var decays = func() (d [80]float64) {
	for i := range d {
		d[i] = math.Exp(-(float64(i) + .5) / 8)
	}
	return d
}()

// rowPart averages the coarsened likelihood of file rows, marks included. The
// rows inside are what a small misfit could turn into certainty, so the
// coarsening counts them, and not the strangers around them.
func (q *run) rowPart(ts *terms, best *point) float64 {
	if len(ts.rows) == 0 {
		return 0
	}
	var mean logMean
	top := math.Inf(-1)
	z := q.coarse(ts.rows)
	for _, x := range fileRates {
		v := z * likelihood(ts.rows, x)
		mean.add(v)
		if v > top {
			top, best.file = v, x
		}
	}
	return mean.value() + z*ts.marks.log()
}

// coarse is the exponent of a hypothesis' file rows.
func (q *run) coarse(rows []term) float64 {
	inside := 0.0
	for i := range rows {
		inside += rows[i].in
	}
	return q.opt.AlphaRows / (q.opt.AlphaRows + inside)
}

func decoyPart(ts []term) float64 {
	if len(ts) == 0 {
		return 0
	}
	var mean logMean
	for _, x := range decoyRates {
		mean.add(likelihood(ts, x))
	}
	return mean.value()
}

// logMean averages numbers given by their logarithms.
type logMean struct {
	sum logSum
	n   int
}

func (m *logMean) add(v float64) { m.sum.add(v); m.n++ }
func (m *logMean) value() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum.value() - math.Log(float64(m.n))
}

// logSum adds numbers given by their logarithms.
type logSum struct {
	top, sum float64
	any      bool
}

func (s *logSum) add(v float64) {
	switch {
	case math.IsInf(v, -1):
	case !s.any:
		s.top, s.sum, s.any = v, 1, true
	case v <= s.top:
		s.sum += math.Exp(v - s.top)
	default:
		s.sum = s.sum*math.Exp(s.top-v) + 1
		s.top = v
	}
}

func (s *logSum) value() float64 {
	if !s.any {
		return math.Inf(-1)
	}
	return s.top + math.Log(s.sum)
}
