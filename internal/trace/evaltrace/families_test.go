package evaltrace

import (
	"slices"

	"github.com/goldbell/goldbell/internal/trace"
)

// family is one shape of leak, or of no leak.
type family struct {
	name   string
	inside bool // somebody inside leaked
	play   func(f *firm)
}

// size is how many complaints a leak is likely to cause: many leaks cause few.
func (f *firm) size() float64 { return []float64{3, 6, 10, 16, 25, 40}[f.pick(6)] }

func (f *firm) when() int64 { return start + (60+f.rng.Int64N(240))*dayS }

func (f *firm) agent() int { return f.among(f.kind("agent")) }

// single plays a leak of one person: back is how far back the list reaches from
// its end, lag how long after its end it left.
func single(back func(*firm) int64, lag int64) func(f *firm) {
	return func(f *firm) {
		a := f.agent()
		end := f.when()
		l := f.takes(a, end-back(f), end, end+f.rng.Int64N(lag*dayS+1))
		f.leakers = []int{a}
		f.background(30 + f.pick(50))
		f.abuse(l, f.size())
	}
}

func days(n int64) func(*firm) int64 { return func(*firm) int64 { return n * dayS } }

var families = []family{
	{"month", true, single(days(30), 40)},
	{"week", true, single(days(7), 20)},
	{"quarter", true, single(days(90), 30)},
	{"all", true, single(days(400), 1)},
	{"day", true, single(days(1), 10)},
	{"session", true, playSession},
	{"drip", true, playDrip},
	{"leaver", true, playLeaver},
	{"team", true, playTeam},
	{"supervisor", true, playSupervisor},
	{"partner", true, playPartner},
	{"alias", true, playAlias},
	{"decoy", true, playDecoy},
	{"masked", true, playMasked},
	{"enriched", true, playEnriched},
	{"stale", true, playStale},
	{"framed", true, playFramed},
	{"collude2", true, playCollude(2)},
	{"collude3", true, playCollude(3)},
	{"twins", true, playTwins},
	{"file_1", true, playFile(.03, 8, .6, 1)},
	{"file_10", true, playFile(.1, .5, .6, 1)},
	{"file_merged", true, playFile(.3, .5, .6, 2)},
	{"file_normalised", true, playFile(.3, .5, 0, 1)},
	{"none", false, func(f *firm) { f.background(40 + f.pick(80)) }},
	{"cohort", false, playCohort},
	{"public", false, playPublic},
	{"unrecorded", false, playUnrecorded},
	{"campaign", false, playCampaign},
	{"campaign_split", false, playCampaignSplit},
	{"file_none", false, playFileNone},
	{"poison", false, playPoison},
}

func playSession(f *firm) {
	a := f.agent()
	at := f.when()
	var s []int64
	for _, v := range f.views {
		if int(v.Recipient) == a && v.At > at {
			s = append(s, v.At)
		}
	}
	from := s[0]
	l := f.takes(a, from-1, from+3*3600, from+f.rng.Int64N(5*dayS))
	f.leakers = []int{a}
	f.background(30 + f.pick(40))
	f.abuse(l, min(f.size(), float64(len(l.subjects))))
}

func playDrip(f *firm) {
	a := f.agent()
	from := f.when()
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	l := f.takes(a, from, start+year, from)
	keep := l.subjects[:0]
	for _, s := range l.subjects {
		if f.chance(.3) {
			keep = append(keep, s)
		}
	}
	l.subjects = keep
	f.abuse(l, f.size())
}

func playLeaver(f *firm) {
	a := f.agent()
	end := f.when()
	f.views = slices.DeleteFunc(f.views, func(v trace.View) bool { return int(v.Recipient) == a && v.At > end })
	l := f.takes(a, end-7*dayS, end+1, end+f.rng.Int64N(30*dayS))
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	f.abuse(l, f.size())
}

func playTeam(f *firm) {
	a := f.agent()
	end := f.when()
	f.background(30 + f.pick(50))
	want := f.size() * 2
	var team []int
	for i, p := range f.people {
		if p.kind == "agent" && p.team == f.people[a].team {
			team = append(team, i)
		}
	}
	for _, w := range team {
		f.abuse(f.takes(w, end-30*dayS, end, end), want/float64(len(team)))
	}
	f.leakers = team
}

func playSupervisor(f *firm) {
	w := f.among(f.kind("supervisor"))
	end := f.when()
	f.background(30 + f.pick(50))
	f.leakers = []int{w}
	f.abuse(f.takes(w, end-60*dayS, end, end), f.size())
}

func playPartner(f *firm) {
	w := f.among(f.kind("partner"))
	f.leakers = []int{w}
	f.background(30 + f.pick(50))
	job := f.jobsOf(w)[0]
	f.abuse(f.takes(w, job, job+1, job+20*dayS), f.size())
}

func (f *firm) jobsOf(w int) (out []int64) {
	for _, v := range f.views {
		if int(v.Recipient) == w && v.Job && !slices.Contains(out, v.At) {
			out = append(out, v.At)
		}
	}
	slices.Sort(out)
	return out
}

func playAlias(f *firm) {
	w := f.among(f.kind("partner"))
	f.leakers = []int{w}
	f.background(30 + f.pick(50))
	job := f.jobsOf(w)[0]
	n := len(f.items)
	f.people[w].plain |= email
	f.abuse(f.takes(w, job, job+1, job+20*dayS), f.size())
	for i := n; i < len(f.items); i++ {
		if f.items[i].Contact == email && f.chance(.5) {
			f.items[i].AliasOf = []trace.Ref{trace.Ref(w)}
		}
	}
}

func playDecoy(f *firm) {
	f.plantDecoys(1)
	single(days(40), 20)(f)
}

func playMasked(f *firm) {
	var masked []int
	for _, a := range f.kind("agent") {
		if f.people[a].masked != 0 {
			masked = append(masked, a)
		}
	}
	if len(masked) == 0 {
		masked = f.kind("agent")
	}
	a := f.among(masked)
	end := f.when()
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	f.abuse(f.takes(a, end-30*dayS, end, end+10*dayS), f.size())
}

// playEnriched: the buyer looked up the missing numbers elsewhere.
func playEnriched(f *firm) {
	playMasked(f)
	for i := range f.items[len(f.items)-f.truthful:] {
		it := &f.items[len(f.items)-f.truthful+i]
		it.Known, it.Contact = it.Known&^email|phone|name, phone
	}
}

// playStale: callers name the company as it was before it changed.
func playStale(f *firm) {
	a := f.agent()
	end := start + 100*dayS
	l := f.takes(a, end-60*dayS, end, end+100*dayS)
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	f.abuse(l, f.size())
}

// playFramed: the leaker passes on only customers a colleague was shown too.
func playFramed(f *firm) {
	a := f.agent()
	end := f.when()
	l := f.takes(a, start, end, end)
	best := []int{}
	for _, b := range f.kind("agent") {
		if b == a {
			continue
		}
		seen := f.shownIn(b, start, end)
		slices.Sort(seen)
		var both []int
		for _, s := range l.subjects {
			if _, ok := slices.BinarySearch(seen, s); ok {
				both = append(both, s)
			}
		}
		if len(both) > len(best) {
			best = both
		}
	}
	l.subjects = best
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	f.abuse(l, f.size())
}

func playCollude(n int) func(f *firm) {
	return func(f *firm) {
		end := f.when()
		f.background(30 + f.pick(50))
		want := f.size() * 1.5
		for len(f.leakers) < n {
			if a := f.agent(); !slices.Contains(f.leakers, a) {
				f.leakers = append(f.leakers, a)
				f.abuse(f.takes(a, end-45*dayS, end, end), want/float64(n))
			}
		}
	}
}

// playTwins: two agents work the same list, hours apart.
func playTwins(f *firm) {
	a := f.agent()
	b := a
	for b == a {
		b = f.agent()
	}
	f.views = slices.DeleteFunc(f.views, func(v trace.View) bool { return int(v.Recipient) == b })
	f.people[b].plain, f.people[b].masked = f.people[a].plain, f.people[a].masked
	for i := range len(f.views) {
		if v := f.views[i]; int(v.Recipient) == a {
			f.show(b, int(v.Subject), v.At+600+f.rng.Int64N(3*3600), false)
		}
	}
	f.twins = []int{a, b}
	end := f.when()
	f.leakers = []int{a}
	f.background(30 + f.pick(50))
	f.abuse(f.takes(a, end-30*dayS, end, end+10*dayS), f.size()+6)
}

func playFile(share, strangers, marks float64, leakers int) func(f *firm) {
	return func(f *firm) {
		f.background(15)
		end := f.when()
		var lists []leaked
		for len(f.leakers) < leakers {
			w := f.agent()
			if f.chance(.4) {
				w = f.among(f.kind("partner"))
			}
			if slices.Contains(f.leakers, w) {
				continue
			}
			f.leakers = append(f.leakers, w)
			if jobs := f.jobsOf(w); len(jobs) > 0 {
				lists = append(lists, f.takes(w, jobs[0], jobs[0]+1, jobs[0]))
			} else {
				lists = append(lists, f.takes(w, end-60*dayS, end, end))
			}
		}
		f.found(lists, share, strangers, marks, start+year)
	}
}

// playCohort: somebody sells the list of one month's new companies.
func playCohort(f *firm) {
	f.background(30 + f.pick(50))
	month := int32(1 + f.pick(12))
	at := f.when()
	l := leaked{fields: phone | name | company, at: at, shownAt: map[int]int64{}}
	for i, s := range f.subjects {
		if s.Cohort == month {
			l.subjects = append(l.subjects, i)
			l.shownAt[i] = at
		}
	}
	f.abuse(l, f.size())
	f.truthful = 0
}

func playPublic(f *firm) {
	f.background(30 + f.pick(50))
	at := f.when()
	l := leaked{fields: phone | name | company, at: at, shownAt: map[int]int64{}}
	for i, s := range f.subjects {
		if s.Public {
			l.subjects = append(l.subjects, i)
			l.shownAt[i] = at
		}
	}
	f.abuse(l, f.size()*2)
	f.truthful = 0
}

// playUnrecorded: a backup of the whole table left.
func playUnrecorded(f *firm) {
	f.background(30 + f.pick(50))
	at := f.when()
	l := leaked{fields: phone | name | company | email, at: at, shownAt: map[int]int64{}}
	for i := range f.subjects {
		l.subjects = append(l.subjects, i)
		l.shownAt[i] = at
	}
	f.abuse(l, f.size()*3)
	f.truthful = 0
}

// playCampaign: outsiders call the very people one team is calling this month,
// because both bought the same trade-fair list.
func playCampaign(f *firm) {
	f.background(30 + f.pick(50))
	at := f.when()
	l := leaked{fields: phone | name | company, at: at, shownAt: map[int]int64{}}
	team := f.people[f.agent()].team
	for range 800 { // the fair's visitors, whom the team is given to call
		s := f.pick(len(f.subjects))
		l.subjects = append(l.subjects, s)
		l.shownAt[s] = at
		for i, p := range f.people {
			if p.kind == "agent" && p.team == team && f.chance(.25) {
				f.show(i, s, at-f.rng.Int64N(25*dayS), false)
			}
		}
	}
	f.abuse(l, f.size())
	f.truthful = 0
}

// playCampaignSplit: as above, but the fair's visitors were dealt out to two to
// four agents of different teams, and most were called.
func playCampaignSplit(f *firm) {
	f.background(30 + f.pick(50))
	at := f.when()
	l := leaked{fields: phone | name | company, at: at, shownAt: map[int]int64{}}
	var agents []int
	for n := 2 + f.pick(3); len(agents) < n; {
		agents = append(agents, f.agent())
	}
	for range 200 * len(agents) {
		s := f.pick(len(f.subjects))
		l.subjects = append(l.subjects, s)
		l.shownAt[s] = at
		if f.chance(.85) {
			f.show(f.among(agents), s, at-f.rng.Int64N(25*dayS), false)
		}
	}
	f.abuse(l, f.size())
	f.truthful = 0
}

func playFileNone(f *firm) {
	f.background(15)
	n := 200 + f.pick(3000)
	for range n {
		s := f.pick(len(f.subjects))
		if !f.subjects[s].Public && f.chance(.7) {
			continue
		}
		f.items = append(f.items, trace.Item{Subject: trace.Ref(s), At: start + year, Known: phone | name, File: 1})
	}
}

// playPoison: one caller's thousand complaints against one agent, unverified.
func playPoison(f *firm) {
	f.background(30)
	a := f.agent()
	end := f.when()
	l := f.takes(a, end-40*dayS, end, end)
	for i := range 1000 {
		it := f.complain(l.subjects[i%len(l.subjects)], end+int64(i)*3600, phone|name)
		it.Caller, it.Proof = "one", trace.Unverified
	}
}
