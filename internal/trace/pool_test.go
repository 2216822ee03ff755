package trace

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestALostSegmentNamesNobody: another company lost its list of one segment, and all of
// it is complained of alike. Who was shown a third of that segment, and of no other, is
// not named.
func TestALostSegmentNamesNobody(t *testing.T) {
	for seed := range uint64(10) {
		s := newSmall(seed, 3000, 25)
		s.views = slices.DeleteFunc(s.views, func(v View) bool { return v.Recipient == 0 })
		r := rand.New(rand.NewPCG(seed, 9))
		var segment []int
		for i := range s.subjects {
			if s.subjects[i].Segment == 0 {
				segment = append(segment, i)
			}
		}
		for _, i := range segment {
			if r.IntN(3) == 0 {
				s.views = append(s.views, View{At: at0 + r.Int64N(90*daySec), Recipient: 0, Subject: Ref(i), Plain: fPhone | fName, Variant: -1})
			}
		}
		for range 60 {
			s.complain(segment[r.IntN(len(segment))], at0+100*daySec+r.Int64N(100*daySec), fPhone|fName)
		}
		if f := s.run(t); f.Verdict == Accuse || f.Verdict == Group {
			t.Errorf("seed %d: %s %v %v", seed, f.Verdict, f.Accused, f.Ranking[0])
		}
	}
}

// TestSharesAreMixed: the share of a list that a complaint is held against lies between
// its share of the complaint's stratum, of that segment, and of all people.
func TestSharesAreMixed(t *testing.T) {
	s := newSmall(5, 900, 8)
	s.leak(2, 120, 15)
	q := newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
	if q.pool == nil {
		t.Fatal("strata are not mixed")
	}
	st := &q.x.strata
	sc := q.newScratch()
	l := q.list(2, sc)
	var ts terms
	q.terms(l, asSeen, q.x.from, q.last+1, &sc.tally, &ts)
	checked := 0
	for _, term := range ts.complaints {
		k := &q.classes[term.class]
		if k.kind != anyVersion {
			continue
		}
		var cell, group, all float64
		people := map[Ref]bool{}
		for _, v := range l.views {
			if v.At >= k.at || people[v.Subject] || !v.Plain.Has(k.known) {
				continue
			}
			people[v.Subject] = true
			all++
			if c := st.of[v.Subject]; c == k.cell {
				cell, group = cell+1, group+1
			} else if st.group[c] == st.group[k.cell] {
				group++
			}
		}
		shares := []float64{cell / k.size, group / float64(st.groupSize[st.group[k.cell]]), all / float64(st.people)}
		if low, high := slices.Min(shares), slices.Max(shares); term.f < low-1e-9 || term.f > high+1e-9 {
			t.Errorf("share %.4f is not within %v", term.f, shares)
		}
		checked++
	}
	if checked < 10 {
		t.Errorf("%d complaints were checked", checked)
	}
}

// TestAMarketIsNoSharedList: two colleagues call the same sixty people all year, each on
// days of his own. They are no twins; one who follows the other by two hours is.
func TestAMarketIsNoSharedList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	year := func() (views []View) {
		for range 600 {
			views = append(views, View{At: at0 + r.Int64N(360*daySec), Subject: Ref(r.IntN(60)), Plain: fPhone})
		}
		slices.SortFunc(views, compareViews)
		return views
	}
	a, b := year(), year()
	h := &hypothesis{from: at0, until: at0 + 400*daySec}
	if sameLooks(a, b, h) {
		t.Error("a market is taken for a list")
	}
	follows := slices.Clone(a)
	for i := range follows {
		follows[i].At += 2 * hour
	}
	if !sameLooks(a, follows, h) {
		t.Error("a list worked two hours later is not known again")
	}
}
