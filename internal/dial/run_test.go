package dial

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRunsCoverEveryIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.Uint64Range(0, 5000), 0, 300).Draw(t, "at")
		rs := runs(slices.Clone(at))
		end, slack := uint64(0), 0
		for _, r := range rs {
			if r.n < 1 || r.n > maxRun || r.from < end {
				t.Fatalf("stretch %+v after %d", r, end)
			}
			end = r.from + uint64(r.n)
			slack += r.n
		}
		distinct := map[uint64]bool{}
		for _, idx := range at {
			distinct[idx] = true
			if !slices.ContainsFunc(rs, func(r run) bool { return idx >= r.from && idx < r.from+uint64(r.n) }) {
				t.Fatalf("%d is not covered", idx)
			}
		}
		if slack > len(distinct)*(maxGap+1) {
			t.Fatalf("%d entries read for %d", slack, len(distinct))
		}
	})
}
