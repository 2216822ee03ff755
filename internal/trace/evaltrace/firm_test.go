// Package evaltrace measures the trace on firms it makes up: who worked with
// whose data, what leaked, who complained. It is written from the problem and
// not from the engine, and holds only tests; `go test -args -eval` prints the
// tables of docs/trace-evaluation.md.
package evaltrace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/goldbell/goldbell/internal/trace"
)

const (
	dayS  = int64(86400)
	start = int64(1735660800) // 2025-01-01 00:00 UTC+8
	year  = 365 * dayS
)

const (
	phone trace.Mask = 1 << iota
	email
	name
	company
)

// firm is a year of one company's work, with the truth.
type firm struct {
	rng      *rand.Rand
	subjects []trace.Subject
	nuisance []float64 // hidden propensity to complain
	people   []person
	views    []trace.View // everything that was shown; the record misses some
	items    []trace.Item
	leakers  []int
	twins    []int
	truthful int // complaints that a leak caused
}

type person struct {
	kind, team string
	plain      trace.Mask
	masked     trace.Mask
	own        []int // customers on the books of the person
}

func (f *firm) pick(n int) int               { return f.rng.IntN(n) }
func (f *firm) chance(p float64) bool        { return f.rng.Float64() < p }
func (f *firm) among(xs []int) int           { return xs[f.pick(len(xs))] }
func (f *firm) between(a, b float64) float64 { return a + (b-a)*f.rng.Float64() }

// newFirm makes the company and plays its year; a part of 2 has half the people.
func newFirm(seed uint64, part int) *firm {
	f := &firm{rng: rand.New(rand.NewPCG(seed, 77))}
	customers, teams := 12000+f.pick(12000), 6+f.pick(4)
	f.customers(customers / part)
	f.staff(teams / part)
	f.work()
	return f
}

func (f *firm) customers(n int) {
	segments, regions := 4+f.pick(4), 3+f.pick(4)
	seg := make([]float64, segments)
	for i := range seg {
		seg[i] = math.Exp(f.rng.NormFloat64() * .4)
	}
	for range n {
		s := trace.Subject{Segment: int32(f.pick(segments)), Region: int32(f.pick(regions)), Public: f.chance(.2)}
		if f.chance(.5) {
			s.Cohort = int32(1 + f.pick(12))
		}
		if f.chance(.25) {
			s.Versions = []int64{start - dayS, start + f.rng.Int64N(year)}
			if f.chance(.25) {
				s.Versions = append(s.Versions, s.Versions[1]+f.rng.Int64N(120*dayS))
			}
		}
		f.subjects = append(f.subjects, s)
		u := math.Exp(f.rng.NormFloat64()*.6) * seg[s.Segment]
		if s.Public {
			u *= 2
		}
		f.nuisance = append(f.nuisance, u)
	}
}

// staff hires teams that each serve a slice of the market, supervisors,
// a service desk and partners.
func (f *firm) staff(teams int) {
	bySlice := make([][]int, teams)
	for i, s := range f.subjects {
		t := int(s.Segment*7+s.Region*3) % teams
		if f.chance(.3) {
			t = f.pick(teams)
		}
		bySlice[t] = append(bySlice[t], i)
	}
	for t := range teams {
		team := fmt.Sprint(t)
		for range 6 + f.pick(8) {
			p := person{kind: "agent", team: team, plain: phone | name | company}
			switch {
			case f.chance(.4):
				p.plain |= email
			case f.chance(.35):
				p.plain, p.masked = name|company|email, phone
			}
			size := 500 + f.pick(1500)
			for range size {
				p.own = append(p.own, f.among(bySlice[t]))
			}
			f.people = append(f.people, p)
		}
		f.people = append(f.people, person{kind: "supervisor", team: team, plain: phone | name | company | email})
	}
	for range 5 {
		f.people = append(f.people, person{kind: "support", plain: phone | name | company | email})
	}
	for range 4 + f.pick(6) {
		f.people = append(f.people, person{kind: "partner", plain: phone | name | company})
	}
	f.people = append(f.people, person{kind: "head", plain: phone | name | company | email})
}

func (f *firm) show(who int, s int, at int64, job bool) {
	p := &f.people[who]
	v := trace.View{At: at, Recipient: trace.Ref(who), Subject: trace.Ref(s), Plain: p.plain, Masked: p.masked,
		Version: version(&f.subjects[s], at), Variant: -1, Job: job}
	if job {
		v.Variant = int8(f.pick(4))
	}
	f.views = append(f.views, v)
}

func version(s *trace.Subject, at int64) (n uint16) {
	for i, from := range s.Versions {
		if from <= at {
			n = uint16(i)
		}
	}
	return n
}

// work plays the year: agents call from their books in sessions, supervisors
// look in and export their team's month, partners receive lists, support sees
// whoever calls, the head exports now and then.
func (f *firm) work() {
	for w := range f.people {
		p := &f.people[w]
		switch p.kind {
		case "agent":
			f.agentYear(w)
		case "support":
			for range 1200 {
				f.show(w, f.pick(len(f.subjects)), start+f.rng.Int64N(year), false)
			}
		case "partner":
			seg := int32(f.pick(4))
			for range 3 + f.pick(3) {
				f.export(w, start+f.rng.Int64N(year), 300+f.pick(600), func(s *trace.Subject) bool { return s.Segment == seg })
			}
		case "head":
			for range 3 {
				f.export(w, start+f.rng.Int64N(year), len(f.subjects)/3, func(*trace.Subject) bool { return true })
			}
		}
	}
	f.supervise()
}

func (f *firm) agentYear(w int) {
	p := &f.people[w]
	daily := 5 + f.pick(15)
	for d := range int64(365) {
		if d%7 >= 5 || f.chance(.06) {
			continue
		}
		for half := range int64(2) { // a session in the morning and one after noon
			at := start + d*dayS + (9+5*half)*3600 + f.rng.Int64N(1800)
			for range (daily + f.pick(4)) / 2 {
				f.show(w, f.among(p.own), at, false)
				at += 120 + f.rng.Int64N(900)
			}
		}
	}
}

func (f *firm) export(w int, at int64, n int, of func(*trace.Subject) bool) {
	for tries := 0; n > 0 && tries < 200000; tries++ {
		s := f.pick(len(f.subjects))
		if of(&f.subjects[s]) {
			f.show(w, s, at, true)
			n--
		}
	}
}

// supervise lets each supervisor look at a part of the team's calls, and export
// the team's month twice a year.
func (f *firm) supervise() {
	boss := map[string]int{}
	for w, p := range f.people {
		if p.kind == "supervisor" {
			boss[p.team] = w
		}
	}
	exports := map[string][2]int64{}
	for _, t := range slices.Sorted(slices.Values(teamsOf(f.people))) {
		exports[t] = [2]int64{f.rng.Int64N(11), f.rng.Int64N(11)}
	}
	for i := range len(f.views) {
		v := f.views[i]
		p := f.people[v.Recipient]
		if p.kind != "agent" {
			continue
		}
		if f.chance(.08) {
			f.show(boss[p.team], int(v.Subject), v.At+f.rng.Int64N(2*dayS), false)
		}
		m := (v.At - start) / (30 * dayS)
		for _, e := range exports[p.team] {
			if m == e {
				f.show(boss[p.team], int(v.Subject), start+(e+1)*30*dayS+3600*10, true)
			}
		}
	}
}

func teamsOf(people []person) (out []string) {
	for _, p := range people {
		if p.kind == "supervisor" {
			out = append(out, p.team)
		}
	}
	return out
}

// exposure is the record: the views but for the share that went missing.
func (f *firm) exposure(missing float64) *trace.Exposure {
	b := trace.NewBuilder()
	for _, n := range []string{"phone", "email", "name", "company"} {
		_, _ = b.Field(n)
	}
	for _, s := range f.subjects {
		b.Subject(s)
	}
	for i, p := range f.people {
		b.Recipient(trace.Recipient{ID: f.id(i), Kind: p.kind, Team: p.team})
	}
	for _, v := range f.views {
		if f.chance(missing) && !f.subjects[v.Subject].Decoy {
			continue
		}
		b.View(v)
	}
	x, err := b.Exposure()
	if err != nil {
		panic(err)
	}
	return x
}

func (f *firm) id(i int) string { return fmt.Sprintf("p%03d", i) }

func (f *firm) kind(k string) (out []int) {
	for i, p := range f.people {
		if p.kind == k {
			out = append(out, i)
		}
	}
	return out
}

// shownIn lists the subjects a person was shown in a span, each once.
func (f *firm) shownIn(who int, from, until int64) (out []int) {
	seen := map[int]bool{}
	for _, v := range f.views {
		if int(v.Recipient) == who && v.At >= from && v.At < until && !seen[int(v.Subject)] {
			seen[int(v.Subject)] = true
			out = append(out, int(v.Subject))
		}
	}
	return out
}
