package evaltrace

import (
	"math"

	"github.com/goldbell/goldbell/internal/trace"
)

// background adds a year of complaints that no leak of ours caused: people are
// called because they are easy to find, because some other company lost their
// data, or because they complain a lot.
func (f *firm) background(n int) {
	foreign := map[int]bool{} // subjects some other company lost
	for range len(f.subjects) / 30 {
		foreign[f.pick(len(f.subjects))] = true
	}
	top := 0.0
	for _, u := range f.nuisance {
		top = max(top, u)
	}
	top = min(top, 12)
	for len(f.items) < n {
		s := f.pick(len(f.subjects))
		u := min(f.nuisance[s], 12)
		if foreign[s] {
			u *= 4
		}
		if f.subjects[s].Decoy || f.rng.Float64()*top*2 > u {
			continue
		}
		f.complain(s, start+f.rng.Int64N(year+30*dayS), f.strangerKnows(foreign[s]))
	}
}

func (f *firm) strangerKnows(foreign bool) trace.Mask {
	k := phone
	if f.chance(.12) {
		k = email
	}
	if p := f.rng.Float64(); foreign || p > .6 {
		k |= name
		if p > .8 {
			k |= company
		}
	}
	return k
}

// complain enters a complaint; the company a caller names may be out of date.
func (f *firm) complain(s int, at int64, knows trace.Mask) *trace.Item {
	it := trace.Item{Subject: trace.Ref(s), At: at, Known: knows, Contact: phone}
	if knows&phone == 0 {
		it.Contact = email
	}
	if sub := &f.subjects[s]; knows&company != 0 && len(sub.Versions) > 1 {
		it.Versions = 1 << version(sub, at)
	}
	f.items = append(f.items, it)
	return &f.items[len(f.items)-1]
}

// leaked is one list on its way: subjects with what was known of them.
type leaked struct {
	who      int
	subjects []int
	fields   trace.Mask
	at       int64 // when it left
	shownAt  map[int]int64
}

// takes makes the list a person passes on: what was shown in [from, until).
func (f *firm) takes(who int, from, until, at int64) leaked {
	l := leaked{who: who, fields: f.people[who].plain, at: at, shownAt: map[int]int64{}}
	for _, v := range f.views {
		if int(v.Recipient) != who || v.At < from || v.At >= until {
			continue
		}
		if _, ok := l.shownAt[int(v.Subject)]; !ok {
			l.subjects = append(l.subjects, int(v.Subject))
		}
		l.shownAt[int(v.Subject)] = v.At
	}
	return l
}

// abuse lets the buyer call from the list; want is the number of complaints
// hoped for.
func (f *firm) abuse(l leaked, want float64) {
	if len(l.subjects) == 0 {
		return
	}
	total := 0.0
	for _, s := range l.subjects {
		total += f.weight(s)
	}
	for _, s := range l.subjects {
		if !f.chance(1 - math.Exp(-want*f.weight(s)/total)) {
			continue
		}
		at := max(l.at, l.shownAt[s]) + 3600 + int64(f.rng.ExpFloat64()*f.between(15, 60)*float64(dayS))
		if at > start+year+60*dayS {
			continue
		}
		it := f.complain(s, at, f.callerSays(l.fields))
		if it.Known&company != 0 && len(f.subjects[s].Versions) > 1 {
			it.Versions = 1 << version(&f.subjects[s], l.shownAt[s])
		}
		f.truthful++
	}
}

// weight: decoys answer every contact, others by their hidden propensity.
func (f *firm) weight(s int) float64 {
	if f.subjects[s].Decoy {
		return 25
	}
	return math.Sqrt(f.nuisance[s])
}

// callerSays is what a caller with the list lets slip.
func (f *firm) callerSays(have trace.Mask) trace.Mask {
	k := have & phone
	if k == 0 || have&email != 0 && f.chance(.25) {
		k = have & email
	}
	if have&name != 0 && f.chance(.8) {
		k |= name
	}
	if have&company != 0 && f.chance(.6) {
		k |= company
	}
	return k
}

// found makes the rows of a found file: ours of the list, others of ours that
// anybody could know, marks surviving with the given chance.
func (f *firm) found(lists []leaked, share, strangers, marks float64, at int64) {
	seen := map[int]bool{}
	row := func(s int, fields trace.Mask, l *leaked) {
		if seen[s] {
			return
		}
		seen[s] = true
		it := trace.Item{Subject: trace.Ref(s), At: at, Known: fields, File: 1}
		when := at
		if l != nil {
			when = l.shownAt[s]
			if q := f.variant(l.who, s, when); q >= 0 && f.chance(marks) {
				it.Mark = [4]uint8{2, 1, 4, 3}[q]
				if f.chance(.05) {
					it.Mark = uint8(1 + f.pick(4))
				}
			}
		}
		if len(f.subjects[s].Versions) > 1 {
			it.Versions = 1 << version(&f.subjects[s], when)
		}
		f.items = append(f.items, it)
	}
	n := 0
	for i := range lists {
		for _, s := range lists[i].subjects {
			if f.chance(share) {
				row(s, lists[i].fields&(phone|name|company), &lists[i])
				n++
			}
		}
	}
	for range int(strangers * float64(max(n, 20))) {
		row(f.pick(len(f.subjects)), phone|name, nil)
	}
}

func (f *firm) variant(who, s int, at int64) int8 {
	for _, v := range f.views {
		if int(v.Recipient) == who && int(v.Subject) == s && v.At == at {
			return v.Variant
		}
	}
	return -1
}

// plantDecoys gives some batches customers who do not exist.
func (f *firm) plantDecoys(per int) {
	plant := func(who int, at int64) {
		f.subjects = append(f.subjects, trace.Subject{Segment: int32(f.pick(4)), Region: int32(f.pick(3)), Decoy: true})
		f.nuisance = append(f.nuisance, 1)
		if who >= 0 {
			f.show(who, len(f.subjects)-1, at, false)
		}
	}
	for w, p := range f.people {
		if p.kind != "agent" {
			continue
		}
		for m := range int64(12) {
			for range per {
				plant(w, start+m*30*dayS+f.rng.Int64N(25*dayS)/dayS*dayS+10*3600)
			}
		}
	}
	for range 60 {
		plant(-1, 0)
	}
}
