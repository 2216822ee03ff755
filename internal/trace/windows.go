package trace

import "slices"

// family is the kind of act a window of exposure is.
type family uint8

const (
	everything family = iota // all that was shown, passed on as it came
	upTo                     // all that was shown before the leak
	season                   // two to six months before the leak
	month
	week
	day
	session // looks without a long pause between them
	job     // one export
	lastDays
	families
)

var familyNames = [families]string{"everything", "up-to", "months", "month", "week", "day", "session", "export", "last-days"}

// familyPrior says how likely a leak is to be such an act, before anything is
// known; families a recipient has no act of give their share to the others.
var familyPrior = [families]float64{.18, .12, .10, .20, .10, .07, .07, .10, .06}

// window is a span of one recipient's own record that may have leaked.
type window struct {
	from, until int64 // [from, until)
	kind        family
	prior       float64
	leaks       []leakTime
	size        int // views in it
	job         bool
}

// leakTime is a possible time of the leak, with its share of the prior.
type leakTime struct {
	at    int64
	prior float64
}

const (
	hour     = int64(3600)
	daySec   = 24 * hour
	weekSec  = 7 * daySec
	eastward = 8 * hour // windows are days of UTC+8
	pause    = hour / 2 // a longer one ends a session
)

// lags are how long after the window's end the leak may have happened.
var lags = [...]leakTime{{0, .28}, {10 * daySec, .16}, {20 * daySec, .12}, {35 * daySec, .12}, {50 * daySec, .08},
	{75 * daySec, .08}, {110 * daySec, .06}, {160 * daySec, .05}, {230 * daySec, .05}}

// windows lists a recipient's acts: those that hold a view of an item's subject,
// and the rest.
func (q *run) windows(l *list, mode int) (with []window, rest []window) {
	hits := &l.modes[mode]
	if len(l.views) == 0 {
		return nil, nil
	}
	sets := [families][]window{}
	sets[everything] = []window{{from: q.x.from, until: q.last + 1, leaks: []leakTime{{q.x.from, 1}}, size: len(l.views)}}
	sets[day] = spans(l.views, func(prev, v *View) bool { return calendarDay(prev.At) != calendarDay(v.At) })
	sets[week] = spans(l.views, func(prev, v *View) bool { return calendarWeek(prev.At) != calendarWeek(v.At) })
	sets[month] = spans(l.views, func(prev, v *View) bool { return calendarMonth(prev.At) != calendarMonth(v.At) })
	sets[session] = spans(l.views, func(prev, v *View) bool { return v.At-prev.At > pause })
	sets[job] = spans(l.views, func(prev, v *View) bool {
		return !v.Job || !prev.Job || v.At-prev.At > 2*60
	})
	sets[session] = slices.DeleteFunc(sets[session], func(w window) bool { return w.size < 3 || w.job })
	sets[job] = slices.DeleteFunc(sets[job], func(w window) bool { return !w.job })
	q.backward(l, &sets)
	mass := 0.0
	for k := range sets {
		if len(sets[k]) > 0 {
			mass += familyPrior[k]
		}
	}
	for k := range sets {
		for i := range sets[k] {
			w := &sets[k][i]
			w.kind = family(k)
			w.prior = familyPrior[k] / mass / float64(len(sets[k]))
			if w.leaks == nil {
				w.leaks = q.leakTimes(w.until)
			}
			if len(hits.hitsIn(w.from, w.until)) > 0 {
				with = append(with, *w)
			} else {
				rest = append(rest, *w)
			}
		}
	}
	return with, rest
}

// backward adds the windows that end with the leak: everything up to it, the
// months before it, and the last days before the recipient's record ends.
func (q *run) backward(l *list, sets *[families][]window) {
	first, end := l.views[0].At, l.views[len(l.views)-1].At+1
	stop := min(q.last, end+180*daySec)
	for at := first + 15*daySec; at < stop; at += 15 * daySec {
		now := []leakTime{{at, 1}}
		if at < end+15*daySec {
			sets[upTo] = append(sets[upTo], window{from: q.x.from, until: at, leaks: now, size: 1})
		}
		for _, months := range [...]int64{1, 2, 3, 6} {
			if from := at - months*30*daySec; from > first && from < end {
				sets[season] = append(sets[season], window{from: from, until: at, leaks: now, size: 1})
			}
		}
	}
	for _, days := range [...]int64{3, 7, 14, 30} {
		sets[lastDays] = append(sets[lastDays], window{from: end - days*daySec, until: end, size: 1})
	}
}

// spans cuts the views where cut says so.
func spans(views []View, cut func(prev, v *View) bool) []window {
	var out []window
	start := 0
	for i := 1; i <= len(views); i++ {
		if i < len(views) && !cut(&views[i-1], &views[i]) {
			continue
		}
		out = append(out, window{from: views[start].At, until: views[i-1].At + 1, size: i - start, job: views[start].Job})
		start = i
	}
	return out
}

func (q *run) leakTimes(end int64) []leakTime {
	return q.leakTimesInto(make([]leakTime, 0, len(lags)), end)
}

func (q *run) leakTimesInto(out []leakTime, end int64) []leakTime {
	mass := 0.0
	for _, g := range lags {
		if g.at == 0 || end+g.at < q.last {
			out = append(out, leakTime{end + g.at, g.prior})
			mass += g.prior
		}
	}
	for i := range out {
		out[i].prior /= mass
	}
	return out
}

func calendarDay(at int64) int64  { return (at + eastward) / daySec }
func calendarWeek(at int64) int64 { return (at + eastward + 3*daySec) / weekSec }

// calendarMonth numbers months by the civil calendar, days counted from
// 1 March of year 0 (the usual integer algorithm).
func calendarMonth(at int64) int64 {
	z := calendarDay(at) + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	return (yoe+era*400)*12 + (5*doy+2)/153
}
