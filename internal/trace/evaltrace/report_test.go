package evaltrace

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/trace"
)

const outcomesFile = "outcomes.jsonl"

// load reads the outcomes of an earlier run.
func load(t *testing.T) (all []outcome) {
	raw, err := os.ReadFile(filepath.Join(*evalOut, outcomesFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var o outcome
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

// save appends an outcome, so that a run that is stopped is not lost.
func save(t *testing.T, o outcome) {
	if *evalOut == "" {
		return
	}
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(*evalOut, outcomesFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append(raw, '\n')); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// report prints the tables, and writes them and the plots to -out.
func report(t *testing.T, all []outcome) {
	text := tables(all)
	fmt.Print(text)
	if *evalOut == "" {
		return
	}
	for name, content := range map[string]string{"tables.md": text, "reliability.svg": reliabilityPlot(all), "complaints.svg": complaintsPlot(all)} {
		if err := os.WriteFile(filepath.Join(*evalOut, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tables is what was measured, as Markdown.
func tables(all []outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| family | n | leaker first | right | innocent named | named | group | nobody | undecided | Brier of the top name |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, fam := range families {
		row(&b, fam.name, all, func(o outcome) bool { return o.Family == fam.name })
	}
	row(&b, "**with a leaker**", all, func(o outcome) bool { return o.Inside })
	row(&b, "**nobody inside**", all, func(o outcome) bool { return !o.Inside })
	row(&b, "**all**", all, func(o outcome) bool { return true })
	fmt.Fprintf(&b, "\n| true leak complaints (no found file) | n | leaker first | right | innocent named | named | group | nobody | undecided | Brier of the top name |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, in := range complaintBins {
		row(&b, in.name, all, in.holds)
	}
	fmt.Fprintf(&b, "\n| claimed for the top name | cases | mean claim | true |\n|---|---|---|---|\n")
	for _, r := range reliability(all) {
		fmt.Fprintf(&b, "| %.2f–%.2f | %d | %.3f | %.3f |\n", r.from, r.to, r.n, r.claim, r.hit)
	}
	claims(&b, all)
	misses(&b, all)
	baselineTable(&b, all)
	return b.String()
}

func row(b *strings.Builder, name string, all []outcome, in func(outcome) bool) {
	var n, first, right, innocent int
	verdicts := map[trace.Verdict]int{}
	brier := 0.0
	inside := false
	for _, o := range all {
		if !in(o) {
			continue
		}
		n++
		inside = inside || o.Inside
		first += btoi(o.First)
		right += btoi(o.Right)
		innocent += btoi(o.Innocent)
		verdicts[o.Verdict]++
		brier += math.Pow(o.P-float64(btoi(o.Hit)), 2)
	}
	if n == 0 {
		return
	}
	top := share(first, n)
	if !inside {
		top = "–"
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s | %d | %d | %d | %d | %d | %.3f |\n", name, n, top, share(right, n),
		innocent, verdicts[trace.Accuse], verdicts[trace.Group], verdicts[trace.Nobody], verdicts[trace.Undecided], brier/float64(n))
}

// share never writes certainty as a percentage.
func share(k, n int) string {
	if k == n && n > 0 {
		return "all"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(k)/math.Max(1, float64(n)))
}

type complaintBin struct {
	name  string
	holds func(outcome) bool
}

var complaintBins = func() (out []complaintBin) {
	for _, b := range [][2]int{{0, 2}, {3, 5}, {6, 10}, {11, 20}, {21, 1000}} {
		name := fmt.Sprintf("%d–%d", b[0], b[1])
		if b[1] == 1000 {
			name = "21–"
		}
		out = append(out, complaintBin{name, func(o outcome) bool {
			return o.Inside && !strings.HasPrefix(o.Family, "file") && o.Truthful >= b[0] && o.Truthful <= b[1]
		}})
	}
	return out
}()

type reliabilityBin struct {
	from, to, claim, hit float64
	n                    int
}

// reliability is how often a claim about the top name was true.
func reliability(all []outcome) (out []reliabilityBin) {
	edges := []float64{0, .05, .2, .5, .8, .95, .99, 1.01}
	for i := range len(edges) - 1 {
		r := reliabilityBin{from: edges[i], to: min(edges[i+1], 1)}
		for _, o := range all {
			if o.P >= edges[i] && o.P < edges[i+1] {
				r.n++
				r.claim += o.P
				r.hit += float64(btoi(o.Hit))
			}
		}
		if r.n > 0 {
			r.claim, r.hit = r.claim/float64(r.n), r.hit/float64(r.n)
			out = append(out, r)
		}
	}
	return out
}

// claims counts the strong ones, with the bound that goes with no error.
func claims(b *strings.Builder, all []outcome) {
	strong, wrong, innocent, inside, none, accused := 0, 0, 0, 0, 0, 0
	for _, o := range all {
		strong, wrong = strong+o.Strong, wrong+o.StrongWrong
		if o.Inside {
			inside++
			innocent += btoi(o.Innocent)
		} else {
			none++
			accused += btoi(o.Verdict == trace.Accuse)
		}
	}
	bound := func(k, n int) float64 { return float64(max(k, 1)*3) / math.Max(1, float64(n)) } // 3/n for no error
	fmt.Fprintf(b, "\n| hard limit | errors | of | 95 %% bound |\n|---|---|---|---|\n")
	fmt.Fprintf(b, "| claims of .99 and above that were wrong | %d | %d | %.3f |\n", wrong, strong, bound(wrong, strong))
	fmt.Fprintf(b, "| cases with a leaker in which an innocent was named | %d | %d | %.3f |\n", innocent, inside, bound(innocent, inside))
	fmt.Fprintf(b, "| cases without one in which anybody was named | %d | %d | %.3f |\n", accused, none, bound(accused, none))
}

// misses says why the cases with a leaker that were not right were not.
func misses(b *strings.Builder, all []outcome) {
	why := map[string]int{}
	for _, o := range all {
		if !o.Inside || o.Right {
			continue
		}
		switch {
		case o.Innocent:
			why["an innocent was named"]++
		case o.Verdict == trace.Group:
			why["a group, where a name was asked for"]++
		case o.Verdict == trace.Nobody:
			why["\"nobody inside\""]++
		case !strings.HasPrefix(o.Family, "file") && o.Truthful <= 5:
			why["undecided: at most five true complaints"]++
		case !o.First:
			why["undecided, and somebody else first"]++
		case o.P < .5:
			why["undecided: leaker first, below .5"]++
		case slices.Contains(o.Failed, "probability"):
			why["undecided: leaker first, .5 to .99"]++
		default:
			why["undecided: leaker at .99, held back by "+strings.Join(o.Failed, ", ")]++
		}
	}
	keys := []string{}
	for k := range why {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y string) int {
		if why[x] != why[y] {
			return why[y] - why[x]
		}
		return strings.Compare(x, y)
	})
	fmt.Fprintf(b, "\n| not right, leaker present: why | cases |\n|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(b, "| %s | %d |\n", k, why[k])
	}
}

func baselineTable(b *strings.Builder, all []outcome) {
	fmt.Fprintf(b, "\n| method | leaker first | right, leaker present | innocent named, leaker present | accuses, nobody inside |\n|---|---|---|---|---|\n")
	line := func(name string, of func(outcome) baseline) {
		var n, first, right, innocent, none, accuses int
		for _, o := range all {
			v := of(o)
			if o.Inside {
				n++
				first, right, innocent = first+btoi(v.First), right+btoi(v.Right), innocent+btoi(v.Innocent)
			} else {
				none++
				accuses += btoi(v.Innocent)
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, share(first, n), share(right, n), share(innocent, n), share(accuses, none))
	}
	for i, name := range baselineNames {
		line(name, func(o outcome) baseline { return o.Base[i] })
	}
	line("this engine", func(o outcome) baseline {
		return baseline{First: o.First, Right: o.Right, Innocent: o.Innocent || !o.Inside && o.Verdict == trace.Accuse}
	})
}
