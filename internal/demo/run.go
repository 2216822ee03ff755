// Package demo is the demonstration firm: made-up customers, agents, partners and
// a play of sixty working days, first under the firm's own rules, which show plain
// values, then under the shipped ones, with calls in place of numbers.
//
// Its one invariant: the play goes through the same door, register and switch as
// everybody's, and what chance decides in it is the same for a seed. Who passes
// customers on is known to the plot alone, never to anything that records or
// traces. It is not a load test and no model of how a firm should set its rules.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/trace"
)

// Options are what the demonstration is told.
type Options struct {
	Seed     uint64
	Headless bool // end after the play instead of serving the firm
	JSON     bool // print the result instead of the table
	NoLeak   bool // nobody passes anything on
	// Data, Keys and Keeper are where the firm is built; Data empty: in a temporary
	// directory that is removed at the end.
	Data, Keys, Keeper string
	Listen             string // where the firm is served; empty: 127.0.0.1:8470
	Out, Progress      io.Writer
	Terminal           bool   // Progress is a terminal
	Executable         string // this program, for the switch simulator's process
	Console            fs.FS  // the console's files; nil: they were not built
	Lang               fault.Lang
}

// production is what tests change: a smaller firm, and a look at it when the play
// is over.
type production struct {
	size  scale
	watch func(*firm)
}

// Result is what the demonstration found.
type Result struct {
	Seed           uint64        `json:"seed"`
	Subjects       int           `json:"subjects"`
	Recipients     int           `json:"recipients"`
	Disclosures    int64         `json:"disclosures"` // entries of answers that showed or used something
	Refusals       int64         `json:"refusals"`    // entries of answers that did neither
	Complaints     int           `json:"complaints"`
	Leaker         string        `json:"leaker"` // known to the plot alone; empty: nobody leaked
	Finding        trace.Finding `json:"finding"`
	CarriedBefore  int           `json:"carried_before"` // customers whose plain values the leaker holds
	CarriedAfter   int           `json:"carried_after"`
	Table          Table         `json:"table"`
	Pack           string        `json:"pack"`
	Policy         string        `json:"policy"`
	PackVerified   bool          `json:"pack_verified"`
	LedgerSize     uint64        `json:"ledger_size"`
	LedgerVerified bool          `json:"ledger_verified"`
	Seconds        float64       `json:"seconds"`
}

// Run builds the firm, plays it, asks who the records point to and, unless told
// otherwise, serves it until ctx ends.
func Run(ctx context.Context, o Options) (Result, error) {
	return run(ctx, o, production{size: fullScale, watch: func(*firm) {}})
}

func run(ctx context.Context, o Options, p production) (Result, error) {
	began := time.Now()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:8470"
	}
	home, err := makeHome(o)
	if err != nil {
		return Result{}, err
	}
	f := &firm{
		Options: o, production: p, home: home, plot: newPlot(o.Seed, p.size, !o.NoLeak), people: customers{o.Seed}, clock: &clock{},
		show: newProgress(o, began),
	}
	result, err := f.perform(ctx, began)
	switch {
	case err != nil:
	case !o.Headless:
		err = f.serve(ctx, result)
	default:
		f.watch(f)
	}
	return result, errors.Join(err, f.close(), home.leave(o.Headless || err != nil))
}

// perform plays everything and prints what came of it.
func (f *firm) perform(ctx context.Context, began time.Time) (Result, error) {
	defer server.SpareCollector(600 << 20)()
	for _, step := range []func(context.Context) error{
		f.found, f.hire, f.enrol, f.permitPlain, f.playBefore, f.investigate, f.installSwitch, f.playAfter, f.check,
	} {
		if err := step(ctx); err != nil {
			f.show.end()
			if ctx.Err() != nil {
				err = fault.New(fault.Unavailable, "interrupted", "")
			}
			return Result{}, err
		}
	}
	f.show.end()
	r := f.result()
	r.Seconds = time.Since(began).Seconds()
	return r, f.print(r)
}

func (f *firm) print(r Result) error {
	if f.JSON {
		e := json.NewEncoder(f.Out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	_, err := fmt.Fprint(f.Out, r.Text(f.Lang))
	return err
}

func (f *firm) result() Result {
	t := &f.tally
	r := Result{
		Seed: f.Seed, Subjects: f.plot.customers, Recipients: len(f.workers), Disclosures: t.shown.Load(), Refusals: t.refused.Load(),
		Complaints: f.filed, Finding: f.finding, Table: f.table(), Pack: f.pack, Policy: server.PolicyPath(f.home.Data),
		PackVerified: f.packVerified, LedgerSize: f.ledgerSize, LedgerVerified: f.ledgerVerified,
		CarriedBefore: f.carried[0], CarriedAfter: f.carried[1],
	}
	if f.home.policy != "" {
		r.Policy = f.home.policy
	}
	if f.plot.leaker >= 0 {
		r.Leaker = string(f.plot.agents[f.plot.leaker].id)
	}
	return r
}
