package trace

import (
	"math"
	"slices"
	"testing"
)

// guard finds a guard of an answer by its name.
func (f *Finding) guard(t *testing.T, name string) GuardResult {
	t.Helper()
	i := slices.IndexFunc(f.Detail.Guards, func(g GuardResult) bool { return g.Guard == name })
	if i < 0 {
		t.Fatalf("the guard %s was not asked: %v", name, f.Detail.Guards)
	}
	return f.Detail.Guards[i]
}

// A retrial with a wider spread moves the rivals of a name as well: it says what
// a whole run with that spread says.
func TestARetrialIsAsGoodAsARun(t *testing.T) {
	between := 0
	for seed := range uint64(12) {
		s := newSmall(60+seed, 3000, 30)
		s.leak(7, 150, 5+int(seed))
		s.leak(11, 150, int(seed)) // and sometimes an accomplice
		q := newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
		suspects := q.survey()
		p := q.weighAll(suspects)
		a := q.order(&p)[0]
		got := q.withTau(suspects, a, q.tau+.6)

		wide := newRun(q.x, Evidence{Items: s.items}, Defaults())
		all := wide.survey()
		wide.tau = q.tau + .6
		wide.parallel(len(all), func(i int, sc *scratch) { wide.judge(&all[i], sc) })
		want := wide.weighAll(all).each[a]
		if math.Abs(got-want) > .02 {
			t.Errorf("seed %d: a retrial says %.3f, a run %.3f; before it was %.3f", seed, got, want, p.each[a])
		}
		if want > .05 && want < .95 {
			between++
		}
	}
	if between < 2 {
		t.Errorf("only %d cases are undecided enough to tell", between)
	}
}

// An agent works regulars, and is dealt a fair's visitors to call, of whom
// strangers have the list too. One whose whole list left is named.
func TestADealtListNamesNobody(t *testing.T) {
	for _, whole := range []bool{false, true} {
		s := newSmall(40, 4000, 30)
		s.items = s.items[:0]
		s.recipients[7].Team = "" // nobody shares the list
		s.views = slices.DeleteFunc(s.views, func(v View) bool { return v.Recipient == 7 })
		show := func(who int, day int64) {
			v := View{At: at0 + day*daySec, Recipient: 7, Subject: Ref(who), Plain: fPhone | fName, Variant: -1}
			v.Version = s.subjects[who].current(v.At)
			s.views = append(s.views, v)
		}
		for i := range 150 {
			for _, day := range []int64{int64(i) % 60, 60 + int64(i)%30, 100 + int64(i)%20} {
				show(i*13, day) // the regulars
			}
			show(2000+i*13, 105+int64(i)%15) // the visitors
		}
		for i := range 24 {
			who := 2000 + i*5*13
			if whole && i%2 == 0 {
				who = i * 5 * 13
			}
			s.complain(who, at0+(122+int64(i))*daySec, fPhone|fName)
		}
		for i := range 30 {
			s.complain(1+i*130, at0+int64(i)*7*daySec, fPhone)
		}
		f := s.run(t)
		if named := f.Verdict == Accuse; named != whole {
			t.Errorf("whole list left: %v; %s %v %+v", whole, f.Verdict, f.Accused, f.Detail.Guards)
		}
		if g := f.guard(t, "whole-list"); g.Holds != whole {
			t.Errorf("whole list left: %v; %+v", whole, g)
		}
		if !whole && f.Ranking[0].Probability > Defaults().CapDealt {
			t.Errorf("claims %.3f of a dealt list", f.Ranking[0].Probability)
		}
	}
}
