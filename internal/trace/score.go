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
}

// term is what one active item says under a hypothesis.
type term struct {
	item  int32
	in    bool
	f     float64 // share of the risk set that is on the list
	w     float64
	fade  float64 // of the excess, by the age of the leak
	rich  bool
	file  bool
	decoy bool
}

// The grid of x, the extra complaint rate of leaked persons over background,
// for callers who knew more than the address; those who knew only the address
// have the rate times one of shares. fades: the list is used as long as the
// record lasts, or mostly in the weeks after the leak.
var (
	rates  = []float64{2, 5, 12, 30, 80, 200, 500, 1000}
	shares = []float64{1, .25, .05}
	fades  = []float64{0, 1.0 / (40 * 86400)}
	// A leaked decoy is contacted far more often than a stray number is.
	decoyRates = []float64{10, 100, 1000}
	fileRates  = []float64{5, 30, 200, 1000, 5000}
)

// terms lists the items a hypothesis speaks of.
func (q *run) terms(l *list, h *hypothesis, buf []term) []term {
	buf = buf[:0]
	var memo struct {
		class int32
		until int64
		n     int
	}
	memo.class = -1
	for n := range q.items {
		it := &q.items[n]
		if it.skipped || it.weight == 0 || (it.File == 0 && it.At < h.leak) || it.At <= h.from {
			continue
		}
		c := it.class[h.mode]
		until := min(h.until, it.At)
		in := len(l.hits[h.mode][n]) > 0 && anyIn(l.hits[h.mode][n], h.from, until)
		of := l.of[c]
		if len(of) == 0 && !in {
			continue
		}
		if memo.class != c || memo.until != until {
			memo.class, memo.until, memo.n = c, until, count(of, h.from, until)
		}
		if memo.n == 0 && !in {
			continue
		}
		f := min(1, float64(max(memo.n, 1))/it.size)
		t := term{item: int32(n), in: in, f: f, w: it.weight, fade: 1, rich: it.rich, file: it.File > 0, decoy: it.cell == q.x.strata.decoy}
		t.fade = float64(it.At - h.leak)
		buf = append(buf, t)
	}
	return buf
}

// product multiplies factors without leaving the range of float64.
type product struct {
	num, den float64
	exp      int
	log      float64 // of factors with a weight other than one
	n        int
}

func newProduct() product { return product{num: 1, den: 1} }

func (p *product) mul(in bool, x, f, w float64) {
	if w != 1 {
		if in {
			p.log += w * math.Log1p(x)
		}
		p.log -= w * math.Log1p(x*f)
		return
	}
	if in {
		p.num *= 1 + x
	}
	p.den *= 1 + x*f
	if p.n++; p.n&31 == 0 {
		p.fold()
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

// score computes the numerator and the Bayes factor of a hypothesis.
func (q *run) score(h *hypothesis, ts []term, wide *spread) {
	h.raw = q.numerator(ts)
	h.bf = h.raw - wide.over(q, ts)
}

func (q *run) numerator(ts []term) float64 {
	var complaints, rows, decoys bool
	for i := range ts {
		switch {
		case ts[i].decoy:
			decoys = true
		case ts[i].file:
			rows = true
		default:
			complaints = true
		}
	}
	sum := 0.0
	if complaints {
		sum += q.complaintPart(ts)
	}
	if rows {
		sum += q.filePart(ts)
	}
	if decoys {
		sum += decoyPart(ts)
	}
	return sum
}

// complaintPart averages the coarsened likelihood over the grid.
func (q *run) complaintPart(ts []term) float64 {
	var mean logMean
	for _, fade := range fades {
		for _, x := range rates {
			for _, share := range shares {
				p := newProduct()
				for i := range ts {
					t := &ts[i]
					if t.file || t.decoy {
						continue
					}
					r := x
					if !t.rich {
						r *= share
					}
					if fade > 0 {
						r *= q.decay(t.fade * fade)
					}
					p.mul(t.in, r, t.f, t.w)
				}
				mean.add(q.zc * p.value())
			}
		}
	}
	return mean.value()
}

// decay is e^-a from a table: this is the innermost loop.
func (q *run) decay(a float64) float64 {
	i := int(a * 8)
	if i >= len(decays) {
		i = len(decays) - 1
	}
	if i < 0 {
		i = 0
	}
	return decays[i]
}

var decays = func() (d [80]float64) {
	for i := range d {
		d[i] = math.Exp(-(float64(i) + .5) / 8)
	}
	return d
}()

func (q *run) filePart(ts []term) float64 {
	var mean logMean
	for _, x := range fileRates {
		p := newProduct()
		for i := range ts {
			if t := &ts[i]; t.file && !t.decoy {
				p.mul(t.in, x, t.f, t.w)
			}
		}
		mean.add(q.zf * p.value())
	}
	return mean.value()
}

func decoyPart(ts []term) float64 {
	var mean logMean
	for _, x := range decoyRates {
		p := newProduct()
		for i := range ts {
			if t := &ts[i]; t.decoy {
				p.mul(t.in, x, t.f, t.w)
			}
		}
		mean.add(p.value())
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
