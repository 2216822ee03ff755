package demo

import (
	"slices"
	"testing"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
)

// asRecorded is what the engine reads of a full-sized play, made from the plot
// alone, so that many seeds can be asked: the ledger of a play holds the same
// views, and the complaints say the same.
func asRecorded(t *testing.T, p *plot) (*trace.Exposure, trace.Evidence) {
	t.Helper()
	b := trace.NewBuilder()
	refs := make([]trace.Ref, p.customers)
	for i := range refs {
		refs[i] = b.Subject(trace.Subject{Segment: -1, Region: -1, Cohort: -1})
	}
	mask := func(fields ...pii.Field) (m trace.Mask) {
		for _, f := range fields {
			bit, err := b.Field(string(f))
			if err != nil {
				t.Fatal(err)
			}
			m |= bit
		}
		return m
	}
	all, queue := mask(callFields...), mask(queueFields...)
	for a := range p.agents {
		who, _ := b.Recipient(trace.Recipient{ID: string(p.agents[a].id), Kind: "agent", Team: string(p.agents[a].org)})
		for n := range p.days {
			x := &p.days[n][a]
			for k, c := range x.list {
				v := trace.View{At: workday(n, 9, 0).Unix(), Subject: refs[c], Recipient: who, Masked: queue, Version: 1, Variant: -1}
				b.View(v)
				if k < x.closed {
					v.At, v.Plain, v.Masked = workday(n, shifts[k*len(shifts)/len(x.list)], 0).Unix(), all, 0
					b.View(v)
				}
			}
		}
	}
	var e trace.Evidence
	for i, c := range p.complaints {
		item := trace.Item{Subject: -1, At: workday(c.day, 11+i%7, i%60).Unix(), Caller: c.caller, Contact: mask(pii.Phone)}
		if c.customer < p.customers {
			item.Subject = refs[c.customer]
		}
		item.Known = item.Contact | mask(c.known...)
		e.Items = append(e.Items, item)
	}
	x, err := b.Exposure()
	if err != nil {
		t.Fatal(err)
	}
	return x, e
}

// TestTwentySeeds: over twenty full-sized plays, and twenty without a leak, no
// innocent is named.
func TestTwentySeeds(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() {
		seeds = 3
	}
	found := 0
	for seed := range seeds {
		for _, leak := range []bool{true, false} {
			p := newPlot(seed, fullScale, leak)
			x, e := asRecorded(t, p)
			f, err := trace.Run(x, e, trace.Defaults())
			if err != nil {
				t.Fatal(err)
			}
			leaker := ""
			if leak {
				leaker = string(p.agents[p.leaker].id)
			}
			for _, name := range f.Accused {
				if name != leaker {
					t.Errorf("seed %d, leak %t: %s is named", seed, leak, name)
				}
			}
			if leak && slices.Contains(f.Accused, leaker) {
				found++
			}
			if !leak && f.Verdict == trace.Accuse {
				t.Errorf("seed %d: somebody is named although nobody leaked", seed)
			}
		}
	}
	t.Logf("the leaker is named in %d of %d plays", found, seeds)
	if found == 0 {
		t.Error("the leaker is never named: the evidence does not reach the engine")
	}
}
