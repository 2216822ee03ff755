package cli

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

// pgPlan is what the server says of an enrolment.
type pgPlan struct {
	Plan  string   `json:"plan,omitempty"`
	ID    string   `json:"id,omitempty"`
	View  string   `json:"view,omitempty"`
	SQL   []string `json:"sql"`
	Undo  []string `json:"undo,omitempty"`
	Looks []struct {
		Column string `json:"column"`
		Field  string `json:"field"`
		Share  int    `json:"share"`
	} `json:"looks,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Applied bool     `json:"applied"`
}

func pgEnrolCommand(f *flags) action {
	places := f.Places()
	dsn, table := f.String("dsn", ""), f.String("table", "")
	subject, protect, show := f.Strings("subject"), f.Strings("protect"), f.Strings("show")
	open, yes, undo := f.Bool("open", false), f.Bool("yes", false), f.Bool("undo", false)
	return func(ctx context.Context, c *call) error {
		in := map[string]any{
			"dsn": c.dsn(*dsn), "table": *table, "subject": listed(*subject), "protect": listed(*protect), "show": listed(*show), "open": *open,
		}
		if *undo {
			return c.pgApply(ctx, places, "/v1/postgres/enrolments/undo", map[string]any{"dsn": in["dsn"], "table": *table}, *yes, "pg undo")
		}
		return c.pgApply(ctx, places, "/v1/postgres/enrolments", in, *yes, "pg enrol")
	}
}

func pgUndoCommand(f *flags) action {
	places := f.Places()
	dsn, table, yes := f.String("dsn", ""), f.String("table", ""), f.Bool("yes", false)
	return func(ctx context.Context, c *call) error {
		return c.pgApply(ctx, places, "/v1/postgres/enrolments/undo", map[string]any{"dsn": c.dsn(*dsn), "table": *table}, *yes, "pg undo")
	}
}

// dsn is the administrator's connection string: from the environment if not given, out
// of the list of processes.
func (c *call) dsn(given string) string {
	if given != "" {
		return given
	}
	return c.Getenv("GOLDBELL_PG_ADMIN")
}

// listed takes values of a flag apart at commas.
func listed(values []string) []string {
	out := []string{}
	for _, v := range values {
		for _, part := range strings.Split(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// pgApply shows the SQL, asks, and applies it.
func (c *call) pgApply(ctx context.Context, places *server.Places, path string, in map[string]any, yes bool, name string) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	for _, flag := range []string{"dsn", "table"} {
		if in[flag] == "" {
			return usage("flag-missing", flag, name)
		}
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	var plan pgPlan
	if err := api.call(ctx, path, "", in, &plan); err != nil {
		return err
	}
	if !c.json {
		c.sayPlan(c.Stdout, plan)
	}
	if len(plan.Looks) > 0 {
		if c.json {
			_ = c.answer(plan, nil)
		}
		return fail(exitRefused, "pg-looks")
	}
	if !yes && !c.confirmed() {
		return c.answer(plan, func(w io.Writer) { c.say(w, "pg-not-applied") })
	}
	in["apply"] = true
	if plan.Plan != "" {
		in["plan"] = plan.Plan // just what was shown
	}
	if err := api.call(ctx, path, "", in, &plan); err != nil {
		return err
	}
	return c.answer(plan, func(w io.Writer) { c.say(w, "pg-applied", plan.ID) })
}

func (c *call) sayPlan(w io.Writer, plan pgPlan) {
	for _, s := range plan.SQL {
		_, _ = io.WriteString(w, s+";\n")
	}
	for _, l := range plan.Looks {
		if l.Share > 0 {
			c.say(w, "pg-look", l.Column, l.Field, l.Share)
		} else {
			c.say(w, "pg-look-name", l.Column, l.Field)
		}
	}
	for _, n := range plan.Notes {
		t := fault.Text(n)
		c.line(w, t.Zh, t.En)
	}
}

// confirmed asks on standard input; a program that asks for JSON says --yes.
func (c *call) confirmed() bool {
	if c.json || c.Stdin == nil {
		return false
	}
	c.say(c.Stderr, "pg-confirm")
	line, _ := bufio.NewReader(io.LimitReader(c.Stdin, 64)).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}

func pgCheckCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		holes, err := server.CheckPostgres(ctx, p)
		if err != nil {
			return err
		}
		err = c.answer(map[string]any{"holes": holes}, func(w io.Writer) {
			for _, h := range holes {
				t := fault.Text(h.ID)
				c.line(w, t.Zh+"："+h.Of, t.En+": "+h.Of)
				if h.SQL != "" {
					_, _ = io.WriteString(w, "  "+h.SQL+";\n")
				}
			}
			if len(holes) == 0 {
				c.say(w, "pg-check-none")
			} else {
				c.say(w, "pg-check-holes", len(holes))
			}
		})
		if err == nil && len(holes) > 0 {
			return said(exitFailed)
		}
		return err
	}
}
