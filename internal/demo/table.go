package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
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
func (r Result) Text(l fault.Lang) string {
	return aligned(r.Table.rows(l, r.CarriedBefore, r.CarriedAfter)) + "\n" +
		say(l, "totals", r.Subjects, r.Recipients, r.Disclosures, r.Refusals, r.Complaints, r.LedgerSize, verified(l, r.LedgerVerified), r.Seconds) + "\n" +
		r.sentence(l) + "\n" + say(l, "pack", r.Pack, verified(l, r.PackVerified)) + "\n"
}

func (t Table) rows(l fault.Lang, carriedBefore, carriedAfter int) [][3]string {
	rows := [][3]string{{say(l, "days"), say(l, "rules-before"), say(l, "rules-after")}}
	row := func(what string, before, after any) {
		rows = append(rows, [3]string{what, fmt.Sprint(before), fmt.Sprint(after)})
	}
	row(say(l, "plain", t.Agent), t.Before.Plain, t.After.Plain)
	row(say(l, "masked"), t.Before.Masked, t.After.Masked)
	row(say(l, "calls"), "-", t.After.Calls)
	row(say(l, "carried"), carriedBefore, carriedAfter)
	row(say(l, "served"), t.Before.Reached, t.After.Reached)
	for _, why := range reasons(t) {
		row(say(l, "missed", say(l, why)), t.Before.NotReached[why], t.After.NotReached[why])
	}
	return rows
}

// aligned sets columns flush right.
func aligned(rows [][3]string) string {
	var wide [3]int
	for _, row := range rows {
		for i, x := range row {
			wide[i] = max(wide[i], cells(x))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, x := range row {
			b.WriteString(strings.Repeat(" ", wide[i]-cells(x)+min(i, 1)*4))
			b.WriteString(x)
		}
		b.WriteString("\n")
	}
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

func verified(l fault.Lang, ok bool) string {
	if ok {
		return say(l, "verified")
	}
	return say(l, "not-verified")
}

// sentence says what the records say, and what the plot knows.
func (r Result) sentence(l fault.Lang) string {
	says := say(l, "cannot-tell", r.Finding.Detail.Need.In(l))
	switch f := r.Finding; {
	case len(f.Accused) > 0:
		says = say(l, "accused", strings.Join(f.Accused, ", "), f.Ranking[0].Probability)
	case f.Verdict == "group":
		says = say(l, "group", strings.Join(f.Group, ", "))
	case f.Verdict == "nobody":
		says = say(l, "nobody")
	}
	if r.Leaker == "" {
		return says + say(l, "plot-nobody")
	}
	return says + say(l, "plot-leaker", r.Leaker)
}
