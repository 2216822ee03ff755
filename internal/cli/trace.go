package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/trace"
)

// beginning is before every record: the default of --from.
var beginning = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// liveFinding is a finding on live data with the entry that recorded the run.
type liveFinding struct {
	ID    string `json:"id"`
	Entry uint64 `json:"entry"`
	trace.Finding
}

func traceCommand(f *flags) action {
	folder, explained := f.String("case", ""), f.Bool("explain", false)
	places, from, until, leaveOut := f.Places(), f.Day("from"), f.Day("until"), f.String("leave-out", "")
	return func(ctx context.Context, c *call) error {
		if *folder != "" {
			if !from.IsZero() || !until.IsZero() || *leaveOut != "" || *places != (server.Places{}) {
				return usage("trace-both")
			}
			return c.traceCase(*folder, *explained)
		}
		p, err := c.placed(places)
		if err != nil {
			return usage("trace-neither")
		}
		return c.traceLive(ctx, p, *from, *until, *leaveOut, *explained)
	}
}

// traceCase answers a folder of files: nothing of ours is opened or recorded.
func (c *call) traceCase(folder string, explained bool) error {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fail(exitUsage, "folder-unreadable")
	}
	finding, err := trace.RunCase(os.DirFS(folder))
	if err != nil {
		return err
	}
	return c.answer(finding, func(w io.Writer) { c.sayFinding(w, &finding, explained) })
}

// traceLive asks the server of the data directory, which records the run.
func (c *call) traceLive(ctx context.Context, p server.Places, from, until time.Time, leaveOut string, explained bool) (err error) {
	if from.IsZero() {
		from = beginning
	}
	if until.IsZero() {
		until = c.Clock()
	}
	if !from.Before(until) {
		return usage("trace-window")
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	window := map[string]string{"from": from.UTC().Format(time.RFC3339Nano), "to": until.UTC().Format(time.RFC3339Nano)}
	question := map[string]any{"complaints": window}
	if leaveOut != "" {
		question["leave_out"] = strings.Split(leaveOut, ",")
	}
	var found liveFinding
	if err := api.call(ctx, "/v1/traces", "", question, &found); err != nil {
		return err
	}
	return c.answer(found, func(w io.Writer) {
		c.sayFinding(w, &found.Finding, explained)
		c.say(w, "trace-entry", found.Entry)
	})
}

// sayFinding says what the records point to, with its probability; a person reads
// what was considered besides.
func (c *call) sayFinding(w io.Writer, f *trace.Finding, explained bool) {
	switch f.Verdict {
	case trace.Accuse:
		c.say(w, "trace-accuse", strings.Join(f.Accused, ", "))
	case trace.Group:
		c.say(w, "trace-group", strings.Join(f.Group, ", "))
	case trace.Nobody:
		c.say(w, "trace-nobody")
	default:
		c.say(w, "trace-undecided")
	}
	for _, r := range f.Ranking[:min(len(f.Ranking), 10)] {
		_, _ = fmt.Fprintf(w, "  %-16s %s  %s\n", r.Recipient, odds(r.Probability), c.why(f, r))
	}
	c.say(w, "trace-none", odds(f.PNone), odds(f.Detail.Unrecorded))
	if f.Needs != "" {
		c.say(w, "trace-needs", f.Needs)
	}
	if explained {
		c.sayDetail(w, &f.Detail)
	}
	c.say(w, "trace-caution")
}

// why says in the caller's language what speaks against a recipient; the engine's
// own words are English.
func (c *call) why(f *trace.Finding, r trace.Rank) string {
	if c.lang == fault.En {
		return r.Why
	}
	for _, x := range f.Detail.Candidates {
		if x.Recipient == r.Recipient {
			return c.text("trace-why", x.Inside, x.Active, x.Expected)
		}
	}
	return ""
}

// sayDetail lays the figures open.
func (c *call) sayDetail(w io.Writer, d *trace.Detail) {
	c.say(w, "trace-items", d.Items, d.Excluded, d.Repeated, d.Unverified)
	for _, x := range d.Candidates {
		c.say(w, "trace-candidate", x.Recipient, x.Inside, x.Active, x.Expected, x.Shown, day(x.From), day(x.Until), x.Window)
	}
	if d.Spread.Of > 0 {
		c.say(w, "trace-spread", d.Spread.Of, d.Spread.Low, d.Spread.Median, d.Spread.High)
	}
	if d.Prior.Insider > 0 {
		c.say(w, "trace-prior", d.Prior.As, d.Prior.Insider, d.Prior.Smaller, d.Prior.Larger)
	}
	for _, g := range d.Guards {
		id := "trace-guard-holds"
		if !g.Holds {
			id = "trace-guard-fails"
		}
		c.say(w, id, g.Guard, g.Value, g.Needs)
	}
	for _, n := range d.Notes {
		_, _ = fmt.Fprintf(w, "  %s\n", n)
	}
	c.say(w, "trace-engine", d.Engine)
}

// odds writes a probability; none is ever certain.
func odds(p float64) string {
	switch {
	case p > 0.9999:
		return ">0.9999"
	case p < 0.0001:
		return "<0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

func day(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateOnly) }
