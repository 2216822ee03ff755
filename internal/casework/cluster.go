package casework

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// When complaints belong together. One caller, or one script, is not enough alone:
// numbers are reused, and people are told much the same. Nor is what the callers knew,
// unless many complain of it in one week.
const (
	together   = 3 // points that join two complaints
	fewest     = 3 // contacts that complained, of a suspected incident
	fewestWave = 10
	aWeek      = 7 * 24 * time.Hour
	tooFar     = 30 * 24 * time.Hour // contacts further apart do not belong together
	remembered = 45 * 24 * time.Hour // complaints filed before are not compared
)

// trait is what two complaints are compared by. It names nobody.
type trait struct {
	id     pii.RequestID
	called time.Time
	filed  time.Time
	known  string // the fields, sorted; empty if fewer than two
	caller []byte
	script []byte
}

func traitOf(c *Complaint) trait {
	t := trait{id: c.ID, called: c.CalledAt, filed: c.FiledAt, caller: c.Caller, script: c.Script}
	if len(c.Known) > 1 {
		fields := slices.Clone(c.Known)
		slices.Sort(fields)
		t.known = known(fields)
	}
	return t
}

// alike counts the points two complaints have in common, and says which.
func alike(a, b *trait) (points int, by []Sign) {
	apart := a.called.Sub(b.called).Abs()
	if apart > tooFar {
		return 0, nil
	}
	add := func(n int, s Sign) { points, by = points+n, append(by, s) }
	if len(a.caller) > 0 && bytes.Equal(a.caller, b.caller) {
		add(2, SameCaller)
	}
	switch shared := sharedParts(a.script, b.script); {
	case shared*2 >= sketchParts:
		add(2, SameScript)
	case shared*4 >= sketchParts:
		add(1, SameScript)
	}
	if a.known != "" && a.known == b.known {
		add(1, SameFields)
	}
	if apart <= aWeek {
		add(1, SameTime)
	}
	return points, by
}

// sharedParts is how many parts two sketches have in common.
func sharedParts(a, b []byte) (n int) {
	if len(a) != sketchParts*sketchPart || len(b) != len(a) {
		return 0
	}
	for at := 0; at < len(a); at += sketchPart {
		if bytes.Equal(a[at:at+sketchPart], b[at:at+sketchPart]) {
			n++
		}
	}
	return n
}

// wave reports whether two complaints are of what the callers knew in one week.
func wave(a, b *trait) bool {
	return a.known != "" && a.known == b.known && a.called.Sub(b.called).Abs() <= aWeek
}

// apart is what the desk remembers of complaints to compare new ones with.
type apart struct {
	mu     sync.Mutex // held by whoever clusters, and guards what follows
	next   time.Time  // complaints filed from here on were not read yet
	traits map[pii.RequestID]*trait
	shared map[string][]pii.RequestID // who has a caller, a part of a script, or fields in common
	fresh  []pii.RequestID            // not looked at yet

	bad     map[pii.RequestID]bool // do not read or open, and were told of
	trouble error                  // what was found of them this time
}

// marks are what a trait may share with others: two that share none do not belong
// together.
func (t *trait) marks() (all []string) {
	if len(t.caller) > 0 {
		all = append(all, "caller|"+string(t.caller))
	}
	for at := 0; len(t.script) == sketchParts*sketchPart && at < len(t.script); at += sketchPart {
		all = append(all, fmt.Sprintf("script|%d|%s", at, t.script[at:at+sketchPart]))
	}
	return all
}

func (t *trait) fields() string { return "fields|" + t.known }

func (a *apart) remember(t *trait) {
	a.traits[t.id] = t
	a.fresh = append(a.fresh, t.id)
	for _, m := range append(t.marks(), t.fields()) {
		a.shared[m] = append(a.shared[m], t.id)
	}
}

// forget drops what is too old to be compared.
func (a *apart) forget(before time.Time) {
	for id, t := range a.traits {
		if !t.filed.Before(before) {
			continue
		}
		delete(a.traits, id)
		delete(a.bad, id)
		for _, m := range append(t.marks(), t.fields()) {
			if a.shared[m] = slices.DeleteFunc(a.shared[m], func(o pii.RequestID) bool { return o == id }); len(a.shared[m]) == 0 {
				delete(a.shared, m)
			}
		}
	}
}

// near lists the other complaints that share something with t, each once.
func (a *apart) near(t *trait, marks ...string) (all []*trait) {
	seen := map[pii.RequestID]bool{t.id: true}
	for _, m := range marks {
		for _, id := range a.shared[m] {
			if !seen[id] {
				seen[id] = true
				all = append(all, a.traits[id])
			}
		}
	}
	return all
}

// slack is how long after its time of filing a complaint may appear.
const slack = 5 * time.Minute

// Cluster reads what was filed since, and opens a suspected incident for complaints
// that belong together, or adds them to the one that is open. A complaint that cannot
// be placed, one whose words do not open say, holds up no other: it is told of, and
// tried again the next time.
func (d *Desk) Cluster(ctx context.Context) error {
	d.apart.mu.Lock()
	defer d.apart.mu.Unlock()
	if d.Incidents == nil {
		return nil
	}
	if err := d.gather(ctx); err != nil || len(d.apart.fresh) == 0 {
		return err
	}
	in, err := d.incidents(ctx)
	if err != nil {
		return err
	}
	var failed error
	var again []pii.RequestID
	for len(d.apart.fresh) > 0 {
		t, ok := d.apart.traits[d.apart.fresh[0]]
		if _, taken := in.of[d.apart.fresh[0]]; ok && !taken {
			if err := d.place(ctx, t, in); ctx.Err() != nil {
				return err
			} else if err != nil {
				failed = errors.Join(failed, err)
				again = append(again, t.id)
			}
		}
		d.apart.fresh = d.apart.fresh[1:]
	}
	d.apart.fresh = again
	failed, d.apart.trouble = errors.Join(failed, d.apart.trouble), nil
	return failed
}

// gather remembers complaints that were filed since the last time.
func (d *Desk) gather(ctx context.Context) error {
	const page = 1000
	a, now := &d.apart, d.now()
	if a.traits == nil {
		a.bad = map[pii.RequestID]bool{}
		a.traits, a.shared, a.next = map[pii.RequestID]*trait{}, map[string][]pii.RequestID{}, now.Add(-remembered)
	}
	for from := a.next; ; {
		rows, err := d.Store.Complaints(ctx, from, farAway, page)
		if err != nil {
			return err
		}
		for n := range rows {
			c := &rows[n]
			if _, known := a.traits[c.ID]; known || c.State == Unconfirmed || d.Ledger.CheckStamp(c) != nil {
				continue
			}
			t := traitOf(c)
			a.remember(&t)
		}
		if len(rows) < page {
			break
		}
		from = rows[page-1].FiledAt.Add(time.Microsecond)
	}
	if until := now.Add(-slack); until.After(a.next) {
		a.next = until
	}
	a.forget(now.Add(-remembered - slack))
	return nil
}

// members says which incident a complaint is of.
type members struct {
	of   map[pii.RequestID]pii.RequestID
	rows map[pii.RequestID]*Incident
}

func (m *members) add(i *Incident) {
	m.rows[i.ID] = i
	for _, j := range i.Cases {
		m.of[j.Case] = i.ID
	}
}

func (d *Desk) incidents(ctx context.Context) (*members, error) {
	m := &members{map[pii.RequestID]pii.RequestID{}, map[pii.RequestID]*Incident{}}
	return m, d.eachIncident(ctx, "", func(i *Incident) (bool, error) {
		if d.Ledger.CheckStamp(i) == nil {
			m.add(i)
		}
		return true, nil
	})
}

// place puts a complaint where it belongs: into an open incident, or into a new one
// with those that are in none.
func (d *Desk) place(ctx context.Context, t *trait, in *members) error {
	if id, ok := d.belongs(t, in); ok {
		return d.joinOpen(ctx, t.id, id, in)
	}
	group, why := d.strong(t, in)
	group, enough, err := d.contacts(ctx, group, fewest)
	if err == nil && !enough {
		why = waveSigns
		group, enough, err = d.contacts(ctx, d.waveOf(t, in), fewestWave)
	}
	if err != nil || !enough {
		return err
	}
	return d.openCluster(ctx, group, why, in)
}

// waveSigns are those of an incident that many complaints of one week opened.
var waveSigns = []Sign{SameFields, SameTime}

// belongs finds the open incident a complaint belongs to, if there is one.
func (d *Desk) belongs(t *trait, in *members) (pii.RequestID, bool) {
	for _, other := range d.apart.near(t, append(t.marks(), t.fields())...) {
		i := in.rows[in.of[other.id]]
		if i == nil || i.State != Suspected || len(i.Cases) >= mostCases {
			continue
		}
		points, _ := alike(t, other)
		if points >= together || slices.Equal(i.Why, waveSigns) && wave(t, other) {
			return i.ID, true
		}
	}
	return pii.RequestID{}, false
}

// strong is everybody in no incident who is joined to t, directly or through others.
func (d *Desk) strong(t *trait, in *members) (group []pii.RequestID, why []Sign) {
	group = []pii.RequestID{t.id}
	for at := 0; at < len(group); at++ {
		one := d.apart.traits[group[at]]
		for _, other := range d.apart.near(one, one.marks()...) {
			points, by := alike(one, other)
			_, taken := in.of[other.id]
			if taken || points < together || slices.Contains(group, other.id) || len(group) >= mostJoined {
				continue
			}
			group = append(group, other.id)
			for _, s := range by {
				if !slices.Contains(why, s) {
					why = append(why, s)
				}
			}
		}
	}
	slices.Sort(why)
	return group, why
}

// waveOf is everybody in no incident whose caller knew what t's did, in that week.
func (d *Desk) waveOf(t *trait, in *members) []pii.RequestID {
	group := []pii.RequestID{t.id}
	for _, other := range d.apart.near(t, t.fields()) {
		if _, taken := in.of[other.id]; !taken && wave(t, other) && len(group) < mostJoined {
			group = append(group, other.id)
		}
	}
	return group
}

// contacts reports whether at least n different contacts complained: one person who
// complains again and again is no cluster. The first of the group must be sound; others
// that do not read or open are left out, and told of once.
func (d *Desk) contacts(ctx context.Context, group []pii.RequestID, n int) (sound []pii.RequestID, enough bool, err error) {
	if len(group) < n {
		return nil, false, nil
	}
	seen := map[string]bool{}
	for at, id := range group {
		whose, err := d.contacted(ctx, id)
		switch {
		case err == nil:
			sound, seen[whose] = append(sound, id), true
		case at == 0 || fault.Is(err, fault.Unavailable) || ctx.Err() != nil:
			return nil, false, err
		case !d.apart.bad[id]:
			d.apart.bad[id] = true
			d.apart.trouble = errors.Join(d.apart.trouble, err)
		}
	}
	return sound, len(seen) >= n, nil
}

// contacted is the contact a complaint is about.
func (d *Desk) contacted(ctx context.Context, id pii.RequestID) (string, error) {
	c, ok, err := d.complaint(ctx, id)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "not-found", "complaint")
	}
	if err != nil {
		return "", err
	}
	a, err := d.open(c)
	return a.Contacted, err
}

// incidentID follows from the complaint that was filed first, so that two processes
// open one incident.
func incidentID(first pii.RequestID) (id pii.RequestID) {
	h := sha256.Sum256(append([]byte("goldbell incident v1\x00"), first[:]...))
	copy(id[:], h[:])
	return id
}

// openCluster opens the incident of complaints that belong together.
func (d *Desk) openCluster(ctx context.Context, group []pii.RequestID, why []Sign, in *members) error {
	slices.SortFunc(group, func(a, b pii.RequestID) int {
		if c := d.apart.traits[a].filed.Compare(d.apart.traits[b].filed); c != 0 {
			return c
		}
		return bytes.Compare(a[:], b[:])
	})
	i := &Incident{ID: incidentID(group[0]), State: Suspected, Why: why}
	hash := sha256.Sum256(i.ID[:])
	r, err := d.Ledger.Decide(ctx, i.ID, hash[:], func() (ledger.Item, error) {
		of, err := d.named(ctx, group)
		if err != nil {
			return ledger.Item{}, err
		}
		i.OpenedAt, i.Cases = d.now(), nil
		i.join(of, i.OpenedAt)
		return incidentItem(i, "opened", group, proof.Field{Name: "why", Value: joinSigns(why)}), nil
	})
	if fault.IsID(err, "idempotency-body") || fault.IsID(err, "idempotency-late") || fault.IsID(err, "exists") {
		return nil // another process opened it
	}
	if err != nil {
		return err
	}
	r.Close()
	in.add(i)
	return nil
}

// joinOpen adds a complaint to an open incident.
func (d *Desk) joinOpen(ctx context.Context, one, to pii.RequestID, in *members) error {
	request, err := d.request()
	if err != nil {
		return err
	}
	r, err := d.Ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		i, err := d.openIncident(ctx, to)
		if err != nil {
			return ledger.Item{}, err
		}
		of, err := d.named(ctx, []pii.RequestID{one})
		if err != nil {
			return ledger.Item{}, err
		}
		if len(i.Cases) >= mostCases || i.has(one) {
			return ledger.Item{}, fault.New(fault.Conflict, "closed", "incident")
		}
		i.join(of, d.now())
		in.add(&i)
		return incidentItem(&i, "joined", []pii.RequestID{one}), nil
	})
	if fault.IsID(err, "closed") {
		delete(in.rows, to) // decided meanwhile: the complaint waits for others like it
		return nil
	}
	if err != nil {
		return err
	}
	r.Close()
	return nil
}
