package evaltrace

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/trace"
)

var (
	evalSeeds  = flag.Int("seeds", 0, "seeds per family; 0 runs a short check")
	evalFrom   = flag.Int("from", 1, "first seed")
	evalOnly   = flag.String("only", "", "families, joined by commas")
	evalDetail = flag.Bool("detail", false, "print each case")
)

// outcome is one case, scored.
type outcome struct {
	family              family
	first, right        bool
	innocent            bool // a verdict of accuse that names somebody who did not leak
	twinAlone           bool
	verdict             trace.Verdict
	p                   float64 // of the top name
	hit                 bool    // the top name leaked
	best                float64 // of the best of the leakers
	truthful            int
	took                time.Duration
	strong, strongWrong int
	base                [3]baseline
}

// play makes a firm and lets a family happen to it.
func play(fam family, seed uint64, half bool) (*firm, *trace.Exposure) {
	f := newFirm(seed*1000+uint64(len(fam.name))*31+uint64(fam.name[0])+uint64(fam.name[len(fam.name)-1])*7, half)
	fam.play(f)
	return f, f.exposure(.02)
}

func score(t *testing.T, fam family, seed uint64) outcome {
	half := *evalSeeds == 0 && !strings.HasPrefix(fam.name, "file") // the short check has a minute
	f, x := play(fam, seed, half)
	began := time.Now()
	got, err := trace.Run(x, trace.Evidence{Items: f.items}, trace.Defaults())
	if err != nil {
		t.Fatalf("%s seed %d: %v", fam.name, seed, err)
	}
	o := outcome{family: fam, verdict: got.Verdict, truthful: f.truthful, took: time.Since(began)}
	var leakers, twins []string
	for _, l := range f.leakers {
		leakers = append(leakers, f.id(l))
	}
	for _, l := range f.twins {
		twins = append(twins, f.id(l))
	}
	if len(got.Ranking) > 0 {
		top := got.Ranking[0]
		o.p, o.hit = top.Probability, slices.Contains(leakers, top.Recipient)
		o.first = o.hit || len(twins) > 0 && slices.Contains(twins, top.Recipient)
	}
	for _, r := range got.Ranking {
		if slices.Contains(leakers, r.Recipient) {
			o.best = max(o.best, r.Probability)
		}
		if r.Probability >= .99 {
			o.strong++
			if !slices.Contains(leakers, r.Recipient) {
				o.strongWrong++
			}
		}
	}
	if got.Verdict == trace.Accuse {
		o.right = fam.inside
		for _, a := range got.Accused {
			if !slices.Contains(leakers, a) {
				o.right, o.innocent = false, true
			}
		}
		o.twinAlone = len(twins) > 0
	}
	if len(twins) > 0 {
		o.right = got.Verdict == trace.Group && slices.Contains(got.Group, twins[0]) && slices.Contains(got.Group, twins[1])
	}
	if !fam.inside {
		o.right = got.Verdict != trace.Accuse
	}
	o.base = baselines(f, x, leakers, fam.inside)
	if *evalDetail {
		fmt.Printf("%-16s %3d true %3d  %-9s leakers %v accused %v", fam.name, seed, f.truthful, got.Verdict, leakers, got.Accused)
		for i, r := range got.Ranking[:min(3, len(got.Ranking))] {
			fmt.Printf(" | %s %.3f", r.Recipient, r.Probability)
			if i == 0 {
				fmt.Printf(" %s", r.Why)
			}
		}
		fmt.Printf(" none %.2f ext %.2f unrec %.2f tau %.2f", got.PNone, got.Detail.External, got.Detail.Unrecorded, got.Detail.Overdispersal)
		for _, g := range got.Detail.Guards {
			if !g.Holds || g.Guard == "nothing-else" {
				fmt.Printf(" !%s=%.3f", g.Guard, g.Value)
			}
		}
		fmt.Println()
	}
	return o
}

// tables prints what was measured.
func tables(all []outcome) {
	fmt.Fprintf(os.Stdout, "\n| family | n | first | right | innocent named | accuse | group | nobody | undecided | top p | Brier | ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	var names []string
	for _, o := range all {
		if !slices.Contains(names, o.family.name) {
			names = append(names, o.family.name)
		}
	}
	for _, n := range names {
		row(n, all, func(o outcome) bool { return o.family.name == n })
	}
	row("**with a leaker**", all, func(o outcome) bool { return o.family.inside })
	row("**nobody inside**", all, func(o outcome) bool { return !o.family.inside })
	row("**all**", all, func(o outcome) bool { return true })
	fmt.Println()
	for _, b := range [][2]int{{0, 2}, {3, 5}, {6, 10}, {11, 20}, {21, 1000}} {
		row(fmt.Sprintf("complaints %d–%d", b[0], b[1]), all, func(o outcome) bool {
			return o.family.inside && !strings.HasPrefix(o.family.name, "file") && o.truthful >= b[0] && o.truthful <= b[1]
		})
	}
	bins(all)
	baselineTable(all)
}

func row(name string, all []outcome, in func(outcome) bool) {
	var n, first, right, innocent int
	verdicts := map[trace.Verdict]int{}
	var p, brier, ms float64
	for _, o := range all {
		if !in(o) {
			continue
		}
		n++
		first += btoi(o.first)
		right += btoi(o.right)
		innocent += btoi(o.innocent)
		verdicts[o.verdict]++
		p += o.p
		brier += math.Pow(o.p-float64(btoi(o.hit)), 2)
		ms += float64(o.took.Milliseconds())
	}
	if n == 0 {
		return
	}
	k := float64(n)
	fmt.Printf("| %s | %d | %.0f %% | %.0f %% | %d | %d | %d | %d | %d | %.2f | %.3f | %.0f |\n", name, n, 100*float64(first)/k, 100*float64(right)/k,
		innocent, verdicts[trace.Accuse], verdicts[trace.Group], verdicts[trace.Nobody], verdicts[trace.Undecided], p/k, brier/k, ms/k)
}

// bins is the reliability of the top name's probability.
func bins(all []outcome) {
	fmt.Printf("\n| claimed | cases | mean claim | true |\n|---|---|---|---|\n")
	edges := []float64{0, .05, .2, .5, .8, .95, .99, 1.01}
	for i := range len(edges) - 1 {
		n, hit, sum := 0, 0, 0.0
		for _, o := range all {
			if o.p >= edges[i] && o.p < edges[i+1] {
				n++
				hit += btoi(o.hit)
				sum += o.p
			}
		}
		if n > 0 {
			fmt.Printf("| %.2f–%.2f | %d | %.3f | %.3f |\n", edges[i], min(edges[i+1], 1), n, sum/float64(n), float64(hit)/float64(n))
		}
	}
	strong, wrong := 0, 0
	bits, n := 0.0, 0
	for _, o := range all {
		if o.family.inside {
			bits += math.Log(max(o.best, .0005))
			n++
		}
	}
	fmt.Printf("\nmean log probability of the leaker: %.3f\n", bits/float64(max(n, 1)))
	for _, o := range all {
		strong += o.strong
		wrong += o.strongWrong
	}
	fmt.Printf("\nclaims >= .99: %d, wrong %d\n", strong, wrong)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// short are the families of the short check: those in which a wrong name is
// nearest, and one plain leak.
var short = []string{"month", "team", "supervisor", "framed", "collude2", "twins", "file_1", "file_none",
	"none", "unrecorded", "campaign", "campaign_split", "poison"}

// TestEvaluation plays the short check; with -seeds it plays every family and
// prints the tables.
func TestEvaluation(t *testing.T) {
	seeds := *evalSeeds
	if seeds == 0 {
		seeds = 1
	}
	var all []outcome
	for _, fam := range families {
		if *evalOnly != "" && !slices.Contains(strings.Split(*evalOnly, ","), fam.name) {
			continue
		}
		if *evalSeeds == 0 && *evalOnly == "" && !slices.Contains(short, fam.name) {
			continue
		}
		for s := range seeds {
			all = append(all, score(t, fam, uint64(*evalFrom+s)))
		}
	}
	for _, o := range all {
		if o.innocent && *evalSeeds == 0 {
			t.Errorf("%s: an innocent was named", o.family.name)
		}
		if o.twinAlone && *evalSeeds == 0 {
			t.Errorf("%s: one of two twins was named alone", o.family.name)
		}
	}
	if *evalSeeds > 0 {
		tables(all)
	}
}
