package trace

import (
	"math"
	"slices"
	"testing"
)

// firstSeenBy lists whom a recipient was shown before a day, first seen first.
func (s *small) firstSeenBy(a Ref, day int64) (out []Ref) {
	for _, v := range s.views {
		if v.Recipient == a && v.At < at0+day*daySec && !slices.Contains(out, v.Subject) {
			out = append(out, v.Subject)
		}
	}
	return out
}

// row enters a row of a found file.
func (s *small) row(who Ref, known Mask) {
	s.items = append(s.items, Item{Subject: who, At: at0 + 230*daySec, Known: known, File: 1})
}

// A list that showed no phone numbers promises none: the strangers' numbers in
// the same file are not a second leak.
func TestStrangersRowsAreNoAccomplices(t *testing.T) {
	named := 0
	for seed := range uint64(8) {
		s := newSmall(100+seed, 3000, 30)
		for i := range s.views {
			if s.views[i].Recipient == 7 {
				s.views[i].Plain = fName | fCompany
			}
		}
		for i := range 1200 { // a supervisor, shown many
			at := at0 + int64(i%200)*daySec
			who := Ref(i * 7 % 3000)
			s.views = append(s.views, View{At: at, Recipient: 8, Subject: who, Plain: fPhone | fName, Variant: -1, Version: s.subjects[who].current(at)})
		}
		s.items = s.items[:0]
		list := s.firstSeenBy(7, 200)
		for _, who := range list[:min(len(list), 14)] {
			s.row(who, fName|fCompany)
		}
		for i := range 150 {
			s.row(Ref(i*19+int(seed)), fPhone|fName)
		}
		f := s.run(t)
		for _, r := range f.Ranking {
			if r.Recipient != "r007" && !(r.Probability < .5) {
				t.Errorf("seed %d: %s has %.3f, %s", seed, r.Recipient, r.Probability, r.Why)
			}
		}
		if slices.Contains(f.Accused, "r007") {
			named++
		}
	}
	if named < 4 {
		t.Errorf("the leaker was named in %d of 8", named)
	}
}

// The same rows, and a colleague who was shown the list and half as much again.
func TestRowsThatAColleagueWasShownTooNameNobody(t *testing.T) {
	for _, shared := range []bool{false, true} {
		s := newSmall(100, 3000, 30)
		s.items = s.items[:0]
		s.views = slices.DeleteFunc(s.views, func(v View) bool { return v.Recipient == 7 || v.Recipient == 8 })
		for i := range 220 {
			v := View{At: at0 + int64(i)*daySec, Recipient: 7, Subject: Ref(i * 11), Plain: fPhone | fName, Variant: -1}
			v.Version = s.subjects[v.Subject].current(v.At)
			if i < 120 {
				s.views = append(s.views, v)
			}
			v.Recipient, v.At = 8, at0+int64((i*7)%220)*daySec
			v.Version = s.subjects[v.Subject].current(v.At)
			if shared || i%2 == 0 {
				s.views = append(s.views, v)
			}
		}
		for i := range 24 {
			s.row(Ref(i*5*11), fPhone|fName)
		}
		for i := range 40 {
			s.row(Ref(2500+i*3), fPhone)
		}
		f := s.run(t)
		if named := slices.Equal(f.Accused, []string{"r007"}); named == shared {
			t.Errorf("a colleague was shown the same rows: %v; %s %v %v %v", shared, f.Verdict, f.Accused, f.Group, f.Detail.Guards)
		}
		if shared && (f.Verdict != Group || !slices.Contains(f.Group, "r008")) {
			t.Errorf("%s %v, want a group with the colleague", f.Verdict, f.Group)
		}
	}
}

func TestPoissonTail(t *testing.T) {
	for _, c := range []struct{ k, mean, want float64 }{{0, 3, 1}, {1, .5, 1 - math.Exp(-.5)}, {3, .5, .0143877}, {2, 0, 0}} {
		if got := poissonTail(c.k, c.mean); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("P(X >= %v), mean %v: %v, want %v", c.k, c.mean, got, c.want)
		}
	}
}

func TestNoNumberExcludesNobody(t *testing.T) {
	leads := []float64{2, math.NaN(), -1}
	slices.SortFunc(leads, compareLeads)
	if !math.IsNaN(leads[0]) || leads[1] != -1 {
		t.Errorf("sorted %v: a NaN must come first", leads)
	}
}
