package evaltrace

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/goldbell/goldbell/internal/trace"
)

var evalPeek = flag.Int("peek", 0, "runs without a leaker that are looked at after every new complaint")

// TestPeeking looks at firms without a leaker after every new complaint, as an
// officer does who looks every day: on a day without a complaint the answer is
// the day before's. The bound of the pooled e-value is for this.
func TestPeeking(t *testing.T) {
	runs := max(*evalPeek, 1)
	named, strong, looks, highest := 0, 0, 0, 0.0
	for seed := range runs {
		f := newFirm(uint64(4999+*evalFrom+seed), 4)
		f.background(20 + f.pick(20))
		x := f.exposure(.02)
		slices.SortFunc(f.items, func(a, b trace.Item) int { return int(a.At - b.At) })
		top := 0.0
		for n := 3; n <= len(f.items); n++ {
			if *evalPeek == 0 && n%10 != 0 {
				continue
			}
			got, err := trace.Run(x, trace.Evidence{Items: f.items[:n]}, trace.Defaults())
			if err != nil {
				t.Fatal(err)
			}
			looks++
			if len(got.Ranking) > 0 {
				top = max(top, got.Ranking[0].Probability)
			}
			if got.Verdict == trace.Accuse {
				named++
				break
			}
		}
		strong += btoi(top >= .95)
		highest = max(highest, top)
	}
	if *evalPeek > 0 {
		fmt.Printf("| runs without a leaker | looks | somebody was ever named | 95 %% bound | ever a claim of .95 | highest claim |\n|---|---|---|---|---|---|\n| %d | %d | %d | %.3f | %d | %.3f |\n",
			runs, looks, named, float64(max(named, 1)*3)/float64(runs), strong, highest)
	}
	if named > 0 {
		t.Errorf("%d of %d runs named somebody", named, runs)
	}
}
