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
// officer does who cannot wait. The bound of the pooled e-value is for this.
func TestPeeking(t *testing.T) {
	runs := max(*evalPeek, 1)
	none := families[slices.IndexFunc(families, func(f family) bool { return f.name == "none" })]
	named, looks, highest := 0, 0, 0.0
	for seed := range runs {
		f, x := play(none, uint64(5000+seed), false)
		slices.SortFunc(f.items, func(a, b trace.Item) int { return int(a.At - b.At) })
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
				highest = max(highest, got.Ranking[0].Probability)
			}
			if got.Verdict == trace.Accuse {
				named++
				break
			}
		}
	}
	if *evalPeek > 0 {
		fmt.Printf("runs %d, looks %d, runs in which somebody was ever named %d (95 %% bound %.3f), highest probability %.3f\n",
			runs, looks, named, float64(max(named, 3))/float64(runs), highest)
	}
	if named > 0 {
		t.Errorf("%d of %d runs named somebody", named, runs)
	}
}
