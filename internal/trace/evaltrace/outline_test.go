package evaltrace

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/trace"
)

var outlineAll = flag.Bool("outlines", false, "compare outlines with the walk on every family and -seeds")

// outlined is a firm's record as a large one is read: the views of the evidence's
// people, the others in sum, and the whole of those who are asked for.
func (f *firm) outlined(views []trace.View) (*trace.Exposure, func([]trace.Ref) ([]trace.View, error)) {
	b := trace.NewBuilder()
	for _, n := range []string{"phone", "email", "name", "company"} {
		_, _ = b.Field(n)
	}
	for _, s := range f.subjects {
		b.Subject(s)
	}
	about, first := map[trace.Ref]bool{}, make([]int64, len(f.subjects))
	for i := range first {
		first[i] = trace.NeverShown
	}
	for _, it := range f.items {
		about[it.Subject] = true
	}
	sums := make([]trace.Outline, len(f.people))
	months, people := make([]map[[2]int64]bool, len(f.people)), make([]map[trace.Ref]bool, len(f.people))
	for i := range f.people {
		b.Recipient(trace.Recipient{ID: f.id(i), Kind: f.people[i].kind, Team: f.people[i].team})
		b.Outline(trace.Ref(i), &sums[i])
		months[i], people[i] = map[[2]int64]bool{}, map[trace.Ref]bool{}
	}
	for _, v := range views {
		if about[v.Subject] {
			b.View(v)
		}
		sums[v.Recipient].Acts = append(sums[v.Recipient].Acts, trace.Act{At: v.At, Plain: v.Plain, People: 1})
		if v.Plain != 0 {
			first[v.Subject] = min(first[v.Subject], v.At)
			months[v.Recipient][[2]int64{v.At / (30 * 86400), int64(v.Subject)}] = true
			people[v.Recipient][v.Subject] = true
		}
	}
	for i := range sums {
		o := &sums[i]
		slices.SortFunc(o.Acts, func(a, b trace.Act) int { return int(a.At - b.At) })
		in := map[int64]bool{}
		for k := range months[i] {
			in[k[0]] = true
		}
		o.Monthly, o.People, o.Months = float64(len(months[i])), float64(len(people[i])), len(in)
	}
	b.FirstShown(first)
	x, err := b.Exposure()
	if err != nil {
		panic(err)
	}
	return x, func(who []trace.Ref) (out []trace.View, err error) {
		for _, v := range views {
			if slices.Contains(who, v.Recipient) {
				out = append(out, v)
			}
		}
		return out, nil
	}
}

// withoutStrata is what live data know of customers: nothing but whether they are
// decoys.
func (f *firm) withoutStrata() {
	for i := range f.subjects {
		s := &f.subjects[i]
		s.Segment, s.Region, s.Cohort, s.Public = -1, -1, -1, false
	}
}

// tolerance is how far probabilities above a half per cent may differ between the
// walk over every view and outlines.
const tolerance = .03

// TestOutlinesSayWhatTheWalkSays: reading most recipients in sum gives the verdict,
// the names and, nearly, the probabilities of reading every view.
func TestOutlinesSayWhatTheWalkSays(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes on a busy machine")
	}
	seeds := max(*evalSeeds, 1)
	worst, unread := 0.0, 0
	for _, fam := range families {
		if !*outlineAll && !slices.Contains([]string{"month", "twins", "none"}, fam.name) {
			continue
		}
		for s := range seeds {
			f, _ := play(fam, uint64(*evalFrom+s), 2)
			f.withoutStrata()
			var views []trace.View
			for _, v := range f.views {
				if !f.chance(.02) || f.subjects[v.Subject].Decoy {
					views = append(views, v)
				}
			}
			f.views = views
			began := time.Now()
			want, err := trace.Run(f.exposure(0), trace.Evidence{Items: f.items}, trace.Defaults())
			if err != nil {
				t.Fatal(err)
			}
			walked := time.Since(began)
			x, fetch := f.outlined(views)
			read := map[trace.Ref]bool{}
			began = time.Now()
			got, err := trace.RunWith(x, trace.Evidence{Items: f.items}, trace.Defaults(), func(who []trace.Ref) ([]trace.View, error) {
				for _, a := range who {
					read[a] = true
				}
				return fetch(who)
			})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			far := math.Abs(want.PNone - got.PNone)
			for _, r := range want.Ranking {
				if r.Probability > .005 {
					far = max(far, math.Abs(r.Probability-probability(&got, r.Recipient)))
				}
			}
			worst = max(worst, far)
			if *outlineAll {
				fmt.Printf("%-16s %3d %d of %d read; furthest %.4f; %s/%s; %v, %v\n", fam.name, s, len(read), len(f.people), far, want.Verdict, got.Verdict, walked.Round(time.Millisecond), took.Round(time.Millisecond))
			}
			if want.Verdict != got.Verdict || !slices.Equal(want.Accused, got.Accused) || !slices.Equal(want.Group, got.Group) || far > tolerance {
				t.Errorf("%s %d: the walk says %s %v %v none %.3f, outlines %s %v %v none %.3f; furthest %.3f", fam.name, s, want.Verdict, want.Accused, want.Group, want.PNone, got.Verdict, got.Accused, got.Group, got.PNone, far)
			}
			unread += len(f.people) - len(read)
		}
	}
	if unread == 0 {
		t.Error("nobody was left unread")
	}
	t.Logf("furthest apart: %.4f", worst)
}

func probability(f *trace.Finding, who string) float64 {
	for _, r := range f.Ranking {
		if r.Recipient == who {
			return r.Probability
		}
	}
	return 0
}
