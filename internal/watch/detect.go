package watch

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// What the detectors look for.
const (
	window = 10 * time.Minute // of requests and networks

	mostMisses = 20 // in the window, and at least half of what was asked for
	mostInRow  = 8  // ids asked for that follow one another
	nearBy     = 256
	longestRun = 30 // people in the order they were stored, one request each

	actWithin   = 30 * time.Minute // what follows a revealed value
	mostUnused  = 3                // people revealed to one person within a day and not acted on
	reuseWithin = 7 * 24 * time.Hour
	mostReuse   = 3
)

// actions are what alerts do by themselves.
var actions = map[grant.Detector]grant.Action{
	grant.Enumeration: grant.Freeze, grant.Sweep: grant.Freeze, grant.TwoNetworks: grant.StepUp,
	grant.ReadNoAct: grant.Notify, grant.WorkReuse: grant.Notify, grant.LineWarning: grant.Notify, grant.ReviewOverdue: grant.Notify,
}

// worker is what is remembered of one person's requests.
type worker struct {
	asks    []ask
	steps   []ask // a run of single people in the order they were stored
	last    pii.Ordinal
	seen    []ask // requests with their network
	reveals []reveal
}

type ask struct {
	entry   uint64
	at      time.Time
	total   int64
	missed  int64
	inRow   int64
	network string
}

// reveal is a plain value that nothing followed yet.
type reveal struct {
	entry   uint64
	at      time.Time
	work    string
	subject pii.Ordinal
}

// dealt are the times one set of people was assigned to one person.
type dealt struct {
	at      []time.Time
	entries []uint64
}

func (w *Watch) worker(id pii.PersonID) *worker {
	x := w.workers[id]
	if x == nil {
		x = &worker{}
		w.workers[id] = x
	}
	return x
}

// saw takes an entry of the ledger; entries come in order.
func (w *Watch) saw(r *ledger.Record) {
	who := pii.PersonID(r.Fact("actor"))
	switch r.Leaf.Kind {
	case proof.KindDisclosure, proof.KindRefusal, proof.KindRefusals, proof.KindLookup:
		if who == "" || r.Leaf.Kind == proof.KindLookup && r.Fact("assignee") != "" { // the switch posts whoever calls
			return
		}
		w.asked(who, r)
	case proof.KindWorkItem:
		w.work(who, r)
	default:
		w.acted(who, r)
	}
}

// asked looks at a request: misses, order, networks and what was revealed.
func (w *Watch) asked(who pii.PersonID, r *ledger.Record) {
	x := w.worker(who)
	a := ask{entry: r.Index, at: r.At(), network: r.Fact("network")}
	shown := count(r, &a)
	x.asks = append(since(x.asks, a.at), a)
	w.enumerates(who, x, a)
	if a.network != "" {
		x.seen = append(since(x.seen, a.at), a)
		w.roams(who, x, a)
	}
	if r.Leaf.Kind != proof.KindDisclosure {
		return
	}
	w.walks(who, x, a, shown)
	if r.Fact("verb") != pii.Read.String() {
		w.acted(who, r)
	} else if r.Fact("form") == pii.Plain.String() {
		for _, o := range shown {
			x.reveals = append(x.reveals, reveal{r.Index, a.at, r.Fact("work"), o})
		}
	}
	if f := r.Fact("form"); f == pii.Plain.String() || f == pii.Alias.String() {
		org := pii.OrgID(r.Fact("org"))
		w.lines["person|"+string(who)] = line{person: who, org: org, entry: r.Index}
		if org != pii.Own {
			w.lines["org|"+string(org)] = line{org: org, entry: r.Index}
		}
	}
}

// count counts what a request met and missed, and returns whom it showed.
func count(r *ledger.Record, a *ask) (shown []pii.Ordinal) {
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		a.total++
		if r.Leaf.Kind == proof.KindLookup && o == pii.Dummy {
			a.missed++
		}
		if l.Shown && o != pii.Dummy {
			shown = append(shown, o)
		}
		return true
	})
	if n, err := strconv.ParseInt(r.Fact("count"), 10, 64); err == nil && r.Leaf.Kind == proof.KindRefusals {
		a.total, a.missed = a.total+n, a.missed+n
	}
	if list := r.Fact("outside"); list != "" {
		ids := strings.Split(list, ",")
		a.total, a.missed = a.total+int64(len(ids)), a.missed+int64(len(ids))
		a.inRow = inRow(ids)
	}
	return shown
}

// inRow counts the ids that lie close to another of the list: nobody meets two of
// 128 random bits by chance.
func inRow(ids []string) (n int64) {
	var low []uint64
	for _, id := range ids {
		if b, err := hex.DecodeString(id); err == nil && len(b) == 16 {
			low = append(low, binary.BigEndian.Uint64(b[8:]))
		}
	}
	slices.Sort(low)
	for i := 1; i < len(low); i++ {
		if low[i]-low[i-1] <= nearBy {
			n++
		}
	}
	return n
}

// since drops what lies before the window that ends at t.
func since(list []ask, t time.Time) []ask {
	i := 0
	for i < len(list) && t.Sub(list[i].at) > window {
		i++
	}
	return list[i:]
}

func (w *Watch) enumerates(who pii.PersonID, x *worker, last ask) {
	var total, missed, row int64
	var entries []uint64
	for _, a := range x.asks {
		if !w.fresh(grant.Enumeration, who, a.entry) {
			continue
		}
		total, missed, row = total+a.total, missed+a.missed, row+a.inRow
		if a.missed > 0 {
			entries = append(entries, a.entry)
		}
	}
	if missed < mostMisses && row < mostInRow || missed*2 < total {
		return
	}
	w.raise(grant.Enumeration, who, last.at, entries, func(a *grant.Alert) {
		a.Count, a.Of, a.Minutes = missed, total, int64(window/time.Minute)
	})
	x.asks = nil
}

// walks sees people gone through one by one in the order they were stored.
func (w *Watch) walks(who pii.PersonID, x *worker, a ask, shown []pii.Ordinal) {
	if len(shown) != 1 {
		return
	}
	if shown[0] != x.last+1 {
		x.steps = nil
	}
	x.last = shown[0]
	if !w.fresh(grant.Sweep, who, a.entry) {
		return
	}
	if x.steps = append(since(x.steps, a.at), a); len(x.steps) < longestRun {
		return
	}
	w.raise(grant.Sweep, who, a.at, entriesOf(x.steps), func(al *grant.Alert) {
		al.Count, al.Minutes = int64(len(x.steps)), int64(window/time.Minute)
	})
	x.steps = nil
}

func entriesOf(list []ask) []uint64 {
	all := make([]uint64, len(list))
	for i, a := range list {
		all[i] = a.entry
	}
	return all
}

func (w *Watch) roams(who pii.PersonID, x *worker, last ask) {
	if !w.fresh(grant.TwoNetworks, who, last.entry) {
		return
	}
	first := map[string]uint64{}
	for _, a := range x.seen {
		if _, known := first[a.network]; !known && w.fresh(grant.TwoNetworks, who, a.entry) {
			first[a.network] = a.entry
		}
	}
	if len(first) < 2 {
		return
	}
	var entries []uint64
	for _, i := range first {
		entries = append(entries, i)
	}
	slices.Sort(entries)
	w.raise(grant.TwoNetworks, who, last.at, entries, func(a *grant.Alert) {
		a.Count, a.Minutes = int64(len(first)), int64(window/time.Minute)
	})
	x.seen = nil
}

// work sees items that are closed, which is what follows a look, and the same people
// assigned to the same person again.
func (w *Watch) work(who pii.PersonID, r *ledger.Record) {
	if r.Fact("what") != "opened" {
		w.acted(who, r)
		return
	}
	assignee := pii.PersonID(r.Fact("assignee"))
	key := string(assignee) + "|" + r.Fact("subject-digest")
	d := w.dealt[key]
	for len(d.at) > 0 && r.At().Sub(d.at[0]) > reuseWithin {
		d.at, d.entries = d.at[1:], d.entries[1:]
	}
	d.at, d.entries = append(d.at, r.At()), append(d.entries, r.Index)
	w.dealt[key] = d
	if len(d.at) < mostReuse || !w.fresh(grant.WorkReuse, assignee, r.Index) {
		return
	}
	w.raise(grant.WorkReuse, assignee, r.At(), slices.Clone(d.entries), func(a *grant.Alert) { a.Count = int64(len(d.at)) })
}

// acted strikes off what an act of the person follows up: a call, a message, a
// correction, a step of a case, or the end of the work item, about the same subject or
// under the same work item.
func (w *Watch) acted(who pii.PersonID, r *ledger.Record) {
	of := map[pii.Ordinal]bool{}
	r.Subjects(func(o pii.Ordinal, _ proof.Line) bool {
		of[o] = true
		return true
	})
	work := r.Fact("work")
	strike := func(x *worker, byWork bool) {
		x.reveals = slices.DeleteFunc(x.reveals, func(v reveal) bool { return of[v.subject] || byWork && work != "" && v.work == work })
	}
	if x := w.workers[who]; x != nil {
		strike(x, r.Leaf.Kind != proof.KindDisclosure)
		return
	}
	if r.Leaf.Kind == proof.KindCorrection { // a service writes what an agent noted
		for _, x := range w.workers {
			strike(x, false)
		}
	}
}

// passed looks at what nothing followed in time.
func (w *Watch) passed(now time.Time) {
	for who, x := range w.workers {
		x.reveals = slices.DeleteFunc(x.reveals, func(v reveal) bool {
			return now.Sub(v.at) > 24*time.Hour || !w.fresh(grant.ReadNoAct, who, v.entry)
		})
		var entries []uint64
		unused := map[pii.Ordinal]bool{}
		for _, v := range x.reveals {
			if now.Sub(v.at) > actWithin {
				unused[v.subject] = true
				if !slices.Contains(entries, v.entry) {
					entries = append(entries, v.entry)
				}
			}
		}
		if len(unused) < mostUnused {
			continue
		}
		w.raise(grant.ReadNoAct, who, now, entries, func(a *grant.Alert) {
			a.Count, a.Minutes = int64(len(unused)), int64(actWithin/time.Minute)
		})
	}
}
