package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// small is a little firm for tests: everybody sees a random part, and one
// recipient's month may have leaked.
type small struct {
	subjects   []Subject
	recipients []Recipient
	views      []View
	items      []Item
}

const (
	fPhone Mask = 1 << iota
	fEmail
	fName
	fCompany
	at0 = int64(1_740_000_000)
)

func newSmall(seed uint64, subjects, recipients int) *small {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &small{}
	for range subjects {
		sub := Subject{Segment: int32(r.IntN(3)), Region: int32(r.IntN(2)), Cohort: int32(r.IntN(4)), Public: r.IntN(5) == 0}
		if r.IntN(4) == 0 {
			sub.Versions = []int64{0, at0 + r.Int64N(200*daySec)}
		}
		s.subjects = append(s.subjects, sub)
	}
	for a := range recipients {
		s.recipients = append(s.recipients, Recipient{ID: fmt.Sprintf("r%03d", a), Kind: "agent", Team: fmt.Sprint(a % 4)})
		for range 20 + r.IntN(200) {
			n := r.IntN(subjects)
			at := at0 + r.Int64N(200*daySec)
			s.views = append(s.views, View{At: at, Recipient: Ref(a), Subject: Ref(n), Plain: fPhone | fName, Variant: -1,
				Version: s.subjects[n].current(at), Job: r.IntN(20) == 0})
		}
	}
	for range r.IntN(40) {
		s.complain(r.IntN(subjects), at0+r.Int64N(220*daySec), []Mask{fPhone, fPhone | fName}[r.IntN(2)])
	}
	return s
}

func (s *small) complain(who int, at int64, known Mask) *Item {
	s.items = append(s.items, Item{Subject: Ref(who), At: at, Known: known, Contact: fPhone})
	return &s.items[len(s.items)-1]
}

// leak lets n of the people a recipient was shown before a day complain.
func (s *small) leak(a Ref, day int64, n int) {
	seen := map[Ref]bool{}
	for _, v := range s.views {
		if v.Recipient == a && v.At < at0+day*daySec && !seen[v.Subject] && len(seen) < n {
			seen[v.Subject] = true
			s.complain(int(v.Subject), at0+(day+int64(len(seen)))*daySec, fPhone|fName)
		}
	}
}

func (s *small) exposure(t testing.TB) *Exposure {
	t.Helper()
	b := NewBuilder()
	for _, f := range []string{"phone", "email", "name", "company"} {
		if _, err := b.Field(f); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range s.subjects {
		b.Subject(x)
	}
	for _, x := range s.recipients {
		b.Recipient(x)
	}
	for _, x := range s.views {
		b.View(x)
	}
	x, err := b.Exposure()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (s *small) run(t testing.TB) Finding {
	t.Helper()
	f, err := Run(s.exposure(t), Evidence{Items: s.items}, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestALeakIsFound(t *testing.T) {
	s := newSmall(3, 3000, 30)
	s.leak(7, 120, 25)
	f := s.run(t)
	if f.Verdict != Accuse || !slices.Equal(f.Accused, []string{"r007"}) {
		t.Errorf("verdict %s, accused %v, ranking %v", f.Verdict, f.Accused, f.Ranking[:min(3, len(f.Ranking))])
	}
}

func TestNobodyIsNamedWithoutALeak(t *testing.T) {
	for seed := range uint64(20) {
		if f := newSmall(seed, 2000, 25).run(t); f.Verdict == Accuse || f.Verdict == Group {
			t.Errorf("seed %d: %s %v", seed, f.Verdict, f.Accused)
		}
	}
}

func TestEveryProbabilityIsOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSmall(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(1, 400).Draw(rt, "subjects"), rapid.IntRange(1, 6).Draw(rt, "recipients"))
		if rapid.Bool().Draw(rt, "leak") {
			s.leak(0, 100, rapid.IntRange(1, 40).Draw(rt, "complaints"))
		}
		for i := range s.items {
			it := &s.items[i]
			it.File = rapid.IntRange(0, 1).Draw(rt, "file")
			it.Proof = Proof(rapid.IntRange(0, 2).Draw(rt, "proof"))
			it.Versions = rapid.SampledFrom([]uint64{0, 1, 2, 3}).Draw(rt, "versions")
		}
		q := newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
		p := q.weighAll(q.survey())
		if !p.sane() {
			rt.Fatalf("a probability is outside [0,1]: %v %v %v %v", p.each, p.none, p.external, p.unrecorded)
		}
		f := s.run(t)
		for _, r := range f.Ranking {
			if !(r.Probability >= 0 && r.Probability <= 1) {
				rt.Fatalf("probability %v", r.Probability)
			}
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	s := newSmall(5, 1500, 20)
	s.leak(3, 110, 6)
	want := s.run(t)
	r := rand.New(rand.NewPCG(9, 9))
	r.Shuffle(len(s.items), func(i, j int) { s.items[i], s.items[j] = s.items[j], s.items[i] })
	r.Shuffle(len(s.views), func(i, j int) { s.views[i], s.views[j] = s.views[j], s.views[i] })
	// Recipients in reverse order, under the same names.
	slices.Reverse(s.recipients)
	for i := range s.views {
		s.views[i].Recipient = Ref(len(s.recipients)-1) - s.views[i].Recipient
	}
	opts := cmp.Options{cmpopts.EquateApprox(0, 1e-6), cmpopts.IgnoreFields(ItemEffect{}, "Item")}
	if d := cmp.Diff(want, s.run(t), opts); d != "" {
		t.Errorf("another order gives another answer (-want +got):\n%s", d)
	}
}

// TestItemsPullTheirWay: at fixed x and z an item outside a list never raises
// L_h(x), and one inside never lowers it.
func TestItemsPullTheirWay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSmall(rapid.Uint64().Draw(rt, "seed"), rapid.IntRange(1, 300).Draw(rt, "subjects"), 3)
		s.leak(1, 90, 10)
		q := newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
		suspects := q.survey()
		x := rapid.Float64Range(.001, 1e4).Draw(rt, "x")
		y := newTally(q)
		var ts terms
		for i := range suspects {
			for _, h := range suspects[i].best {
				q.terms(suspects[i].list, h.mode, h.from, h.until, &y, &ts)
				for _, term := range ts.complaints {
					v := likelihood([]term1{term}, x)
					if term.in == 0 && v > 0 || term.in > 0 && v < -1e-12 {
						rt.Fatalf("an item inside=%v moves the log likelihood by %v", term.in > 0, v)
					}
				}
			}
		}
	})
}

type term1 = term

func TestMaskedFieldsLendNoSupport(t *testing.T) {
	s := newSmall(8, 2000, 20)
	for i := range s.views {
		if s.views[i].Recipient == 4 {
			s.views[i].Plain, s.views[i].Masked = fName, fPhone
		}
	}
	s.leak(4, 120, 20)
	for i := range s.items {
		s.items[i].Known = fPhone // callers knew the number only, which he never saw
	}
	q := newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
	l := q.survey()[4].list
	if l.modes[asSeen].items != 0 || l.modes[enriched].items != 0 {
		t.Errorf("a masked number supports %d and %d items", l.modes[asSeen].items, l.modes[enriched].items)
	}
	for i := range s.items {
		s.items[i].Known = fPhone | fName // the name he did see
	}
	q = newRun(s.exposure(t), Evidence{Items: s.items}, Defaults())
	l = q.survey()[4].list
	if l.modes[asSeen].items != 0 || l.modes[enriched].items == 0 {
		t.Errorf("the plain name supports %d as seen and %d at a discount", l.modes[asSeen].items, l.modes[enriched].items)
	}
}

func TestForgedComplaintsDoNotAccuse(t *testing.T) {
	forge := func(change func(i int, it *Item)) Finding {
		s := newSmall(12, 3000, 30)
		for i := range 1000 {
			v := s.views[i%len(s.views)]
			for j := 0; v.Recipient != 5; j++ {
				v = s.views[(i*31+j)%len(s.views)]
			}
			change(i, s.complain(int(v.Subject), at0+210*daySec+int64(i), fPhone|fName))
		}
		return s.run(t)
	}
	for name, change := range map[string]func(int, *Item){
		"one caller":            func(_ int, it *Item) { it.Caller = "c" },
		"one reporter":          func(_ int, it *Item) { it.Reporter = "r" },
		"one caller, verified":  func(_ int, it *Item) { it.Caller, it.Proof = "c", Verified },
		"callers, one reporter": func(i int, it *Item) { it.Caller, it.Reporter = fmt.Sprint(i), "r" },
		"all unverified":        func(i int, it *Item) { it.Proof = Unverified },
	} {
		t.Run(name, func(t *testing.T) {
			f := forge(change)
			if f.Verdict == Accuse || f.Verdict == Group {
				t.Errorf("%s %v %v", f.Verdict, f.Accused, f.Group)
			}
			if f.Detail.Repeated == 0 && f.Detail.Unverified == 0 {
				t.Error("the answer does not flag them")
			}
		})
	}
}

func TestTwinsAreAGroup(t *testing.T) {
	for seed := range uint64(8) {
		s := newSmall(seed, 2500, 25)
		s.views = slices.DeleteFunc(s.views, func(v View) bool { return v.Recipient == 9 })
		for _, v := range slices.Clone(s.views) {
			if v.Recipient == 2 {
				v.Recipient, v.At = 9, v.At+1800
				s.views = append(s.views, v)
			}
		}
		r := rand.New(rand.NewPCG(seed, 3))
		s.leak(2, 130, 25)
		s.views = slices.DeleteFunc(s.views, func(View) bool { return r.IntN(50) == 0 }) // the record misses some
		f := s.run(t)
		slices.Sort(f.Group)
		if f.Verdict != Group || !slices.Equal(f.Group, []string{"r002", "r009"}) {
			t.Errorf("seed %d: %s %v %v", seed, f.Verdict, f.Accused, f.Group)
		}
	}
}

func TestWhoSawEveryoneIsNotNamed(t *testing.T) {
	s := newSmall(4, 1000, 10)
	s.views = slices.DeleteFunc(s.views, func(v View) bool { return v.Recipient == 0 })
	for i := range s.subjects {
		s.views = append(s.views, View{At: at0 + int64(i), Recipient: 0, Subject: Ref(i), Plain: fPhone | fName, Variant: -1})
	}
	for i := range 60 {
		s.complain(i*7%1000, at0+210*daySec+int64(i), fPhone|fName)
	}
	if f := s.run(t); f.Verdict == Accuse {
		t.Errorf("accused %v", f.Accused)
	}
}

func TestNothingToGoOn(t *testing.T) {
	for name, s := range map[string]*small{"no complaints": newSmall(2, 500, 10), "nobody was shown anything": newSmall(2, 500, 0), "one person": newSmall(2, 1, 1)} {
		t.Run(name, func(t *testing.T) {
			if name == "no complaints" {
				s.items = nil
			}
			if f := s.run(t); f.Verdict == Accuse || f.Verdict == Group || f.Needs == "" {
				t.Errorf("%s, needs %q", f.Verdict, f.Needs)
			}
		})
	}
}

func TestANotFiniteNumberStopsTheRun(t *testing.T) {
	opt := Defaults()
	opt.Nobody, opt.External, opt.Unrecorded = math.NaN(), math.NaN(), math.NaN()
	s := newSmall(1, 300, 5)
	if _, err := Run(s.exposure(t), Evidence{Items: s.items}, opt); err == nil {
		t.Error("a NaN prior gave an answer")
	}
	if holds("g", math.NaN(), .5).Holds {
		t.Error("a guard holds for NaN")
	}
}

func TestOneVoiceWeighsAsOne(t *testing.T) {
	items := []Item{
		{Subject: 1, Caller: "c"}, {Subject: 2, Caller: "c"}, {Subject: 3, Reporter: "r", Caller: "c"}, {Subject: 4, Reporter: "r"},
		{Subject: 5}, {Subject: 5},
		{Subject: 6, Proof: Unverified}, {Subject: 7},
		{Subject: 7, File: 1},
	}
	weight, _, repeated, unverified := weigh(items)
	want := []float64{.25, .25, .25, .25, .5, .5, unverifiedWeight, 1, 1}
	if d := cmp.Diff(want, weight); d != "" || repeated != 6 || unverified != 1 {
		t.Errorf("%d repeated, %d unverified, weights (-want +got):\n%s", repeated, unverified, d)
	}
}
