package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table compares the same days under the firm's own rules and under the shipped
// ones.
type Table struct {
	Agent  string `json:"agent"` // the one looked at: the leaker, or who would have been
	Before Column `json:"before"`
	After  Column `json:"after"`
}

// Column is one of the two plays.
type Column struct {
	Plain       int            `json:"plain_values"`
	Masked      int            `json:"masked_values"`
	Calls       int            `json:"calls_placed"`
	Reached     int            `json:"others_reached"`
	NotReached  map[string]int `json:"others_refused_or_late"` // by reason
	Unconfirmed int64          `json:"calls_unconfirmed"`
}

func (f *firm) table() Table {
	t := Table{Agent: string(f.plot.agents[f.plot.suspect].id), Before: column(&f.rows[0]), After: column(&f.rows[1])}
	t.After.Unconfirmed = f.tally.unconfirmed.Load()
	return t
}

func column(row *figures) Column {
	c := Column{Plain: row.Plain, Masked: row.Masked, Calls: row.Calls, Reached: row.Others[reached], NotReached: map[string]int{}}
	for why, n := range row.Others {
		if why != reached {
			c.NotReached[why] = n
		}
	}
	return c
}

// Text is the result as people read it.
func (r Result) Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(what string, before, after any) { fmt.Fprintf(w, "%s\t  %v\t  %v\t\n", what, before, after) }
	t := r.Table
	row("the same days", "firm's own rules", "shipped rules, calls")
	row(t.Agent+": plain values", t.Before.Plain, t.After.Plain)
	row("masked values", t.Before.Masked, t.After.Masked)
	row("calls placed", "-", t.After.Calls)
	row("customers carried away", r.CarriedBefore, r.CarriedAfter)
	row("all others: customers served", t.Before.Reached, t.After.Reached)
	for _, why := range reasons(t) {
		row("refused or late: "+why, t.Before.NotReached[why], t.After.NotReached[why])
	}
	_ = w.Flush() // into memory
	fmt.Fprintf(&b, "\n%d customers, %d recipients, %d disclosures, %d refusals, %d complaints; %d ledger entries, %s; %.0f s.\n",
		r.Subjects, r.Recipients, r.Disclosures, r.Refusals, r.Complaints, r.LedgerSize, verified(r.LedgerVerified), r.Seconds)
	fmt.Fprintf(&b, "%s\nEvidence pack for one complainant: %s, %s.\n", r.sentence(), r.Pack, verified(r.PackVerified))
	return b.String()
}

func reasons(t Table) []string {
	all := map[string]bool{}
	for _, c := range []Column{t.Before, t.After} {
		for why := range c.NotReached {
			all[why] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func verified(ok bool) string {
	if ok {
		return "verified"
	}
	return "NOT verified"
}

// sentence says what the records say, and what the plot knows.
func (r Result) sentence() string {
	says := "The records cannot tell yet: " + r.Finding.Needs
	switch f := r.Finding; {
	case len(f.Accused) > 0:
		says = fmt.Sprintf("The records point to %s (probability %.3f).", strings.Join(f.Accused, ", "), f.Ranking[0].Probability)
	case f.Verdict == "group":
		says = "The records point to one of " + strings.Join(f.Group, ", ") + "."
	case f.Verdict == "nobody":
		says = "The records point to nobody inside."
	}
	if r.Leaker == "" {
		return says + " (In this play nobody leaked.)"
	}
	return says + " (The plot's leaker: " + r.Leaker + ".)"
}
