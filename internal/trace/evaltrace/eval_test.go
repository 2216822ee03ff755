package evaltrace

import (
	"flag"
	"fmt"
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
	evalOut    = flag.String("out", "", "directory for the outcomes, the tables and the plots")
	evalRender = flag.Bool("render", false, "make the tables and plots of the outcomes in -out again")
)

// outcome is one case, scored.
type outcome struct {
	Family              string
	Seed                uint64
	Inside              bool // somebody inside leaked
	First, Right        bool
	Innocent            bool // a verdict of accuse that names somebody who did not leak
	TwinAlone           bool
	Verdict             trace.Verdict
	P                   float64 // of the top name
	Hit                 bool    // the top name leaked
	Best                float64 // of the best of the leakers
	Truthful            int
	Millis              int64
	Strong, StrongWrong int
	Failed              []string // guards that did not hold
	Base                [3]baseline
}

// play makes a firm and lets a family happen to it.
func play(fam family, seed uint64, part int) (*firm, *trace.Exposure) {
	f := newFirm(seed*1000+uint64(len(fam.name))*31+uint64(fam.name[0])+uint64(fam.name[len(fam.name)-1])*7, part)
	fam.play(f)
	return f, f.exposure(.02)
}

func score(t *testing.T, fam family, seed uint64) outcome {
	part := 1
	if *evalSeeds == 0 && !strings.HasPrefix(fam.name, "file") {
		part = 2 // the short check has a minute
	}
	f, x := play(fam, seed, part)
	began := time.Now()
	got, err := trace.Run(x, trace.Evidence{Items: f.items}, trace.Defaults())
	if err != nil {
		t.Fatalf("%s seed %d: %v", fam.name, seed, err)
	}
	o := outcome{Family: fam.name, Seed: seed, Inside: fam.inside, Verdict: got.Verdict, Truthful: f.truthful, Millis: time.Since(began).Milliseconds()}
	var leakers, twins []string
	for _, l := range f.leakers {
		leakers = append(leakers, f.id(l))
	}
	for _, l := range f.twins {
		twins = append(twins, f.id(l))
	}
	if len(got.Ranking) > 0 {
		top := got.Ranking[0]
		o.P, o.Hit = top.Probability, slices.Contains(leakers, top.Recipient)
		o.First = o.Hit || len(twins) > 0 && slices.Contains(twins, top.Recipient)
	}
	for _, r := range got.Ranking {
		if slices.Contains(leakers, r.Recipient) {
			o.Best = max(o.Best, r.Probability)
		}
		if r.Probability >= .99 {
			o.Strong++
			if !slices.Contains(leakers, r.Recipient) {
				o.StrongWrong++
			}
		}
	}
	if got.Verdict == trace.Accuse {
		o.Right = fam.inside
		for _, a := range got.Accused {
			if !slices.Contains(leakers, a) {
				o.Right, o.Innocent = false, true
			}
		}
		o.TwinAlone = len(twins) > 0
	}
	if len(twins) > 0 {
		o.Right = got.Verdict == trace.Group && slices.Contains(got.Group, twins[0]) && slices.Contains(got.Group, twins[1])
	}
	if !fam.inside {
		o.Right = got.Verdict != trace.Accuse
	}
	o.Base = baselines(f, x, leakers, fam.inside)
	for _, g := range got.Detail.Guards {
		if !g.Holds {
			o.Failed = append(o.Failed, g.Guard)
		}
	}
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
	if *evalRender {
		report(t, load(t))
		return
	}
	seeds := max(*evalSeeds, 1)
	var all []outcome
	for _, fam := range families {
		if *evalOnly != "" && !slices.Contains(strings.Split(*evalOnly, ","), fam.name) {
			continue
		}
		if *evalSeeds == 0 && *evalOnly == "" && !slices.Contains(short, fam.name) {
			continue
		}
		for s := range seeds {
			o := score(t, fam, uint64(*evalFrom+s))
			save(t, o)
			all = append(all, o)
		}
	}
	for _, o := range all {
		if o.Innocent && *evalSeeds == 0 {
			t.Errorf("%s: an innocent was named", o.Family)
		}
		if o.TwinAlone && *evalSeeds == 0 {
			t.Errorf("%s: one of two twins was named alone", o.Family)
		}
	}
	if *evalSeeds > 0 {
		report(t, all)
	}
}
