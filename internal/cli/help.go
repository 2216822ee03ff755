package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

func helpCommand(_ context.Context, c *call, args []string) error {
	words := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return strings.HasPrefix(a, "-") })
	if len(words) == 0 {
		return c.printOverview()
	}
	own := slices.Contains(c.names(), words[0]) // a command that others' names begin with
	if family := c.family(words[0]); len(words) == 1 && len(family) > 0 && !own {
		words = strings.Fields(family[0])
	}
	cmd, rest, err := c.find(words)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usage("extra-argument", "help")
	}
	return c.printHelp(cmd)
}

// printOverview lists the commands.
func (c *call) printOverview() error {
	type line struct {
		Name  string `json:"name"`
		About string `json:"about"`
	}
	var lines []line
	for _, cmd := range c.table {
		if !cmd.hidden {
			lines = append(lines, line{cmd.name, c.text(cmd.name)})
		}
	}
	return c.answer(map[string]any{"commands": lines}, func(w io.Writer) {
		c.say(w, "overview")
		for _, l := range lines {
			_, _ = fmt.Fprintf(w, "  %-14s %s\n", l.Name, l.About)
		}
		c.say(w, "overview-end")
	})
}

// printHelp explains one command with an example.
func (c *call) printHelp(cmd *command) error {
	fs := newFlags(cmd, c.lang)
	if cmd.make != nil {
		cmd.make(fs)
		fs.Bool("json", false)
	}
	flagLines := fs.describe()
	object := map[string]any{"name": cmd.name, "about": c.text(cmd.name), "examples": cmd.examples}
	return c.answer(object, func(w io.Writer) {
		line := "goldbell " + cmd.name
		if cmd.args != "" {
			line += " " + cmd.args
		}
		if flagLines != "" {
			line += c.text("help-flags")
		}
		_, _ = fmt.Fprintf(w, "%s\n\n%s\n", line, c.text(cmd.name))
		if more := cmd.name + " +"; has(more) {
			_, _ = fmt.Fprintf(w, "\n%s\n", c.text(more))
		}
		if flagLines != "" {
			_, _ = fmt.Fprintf(w, "\n%s", flagLines)
		}
		_, _ = fmt.Fprintf(w, "\n%s\n", c.text("help-example"))
		for _, x := range cmd.examples {
			_, _ = fmt.Fprintf(w, "  %s\n", x)
		}
	})
}

// describe lists the flags, each with its sentence.
func (f *flags) describe() string {
	var b bytes.Buffer
	f.set.VisitAll(func(x *flag.Flag) {
		value, about := flag.UnquoteUsage(x)
		name := "--" + x.Name
		if value != "" && !isSwitch(x) {
			name += " " + value
		}
		if x.DefValue != "" && x.DefValue != "false" && x.DefValue != "0" {
			about += sentence("help-default", x.DefValue).In(f.lang)
		}
		_, _ = fmt.Fprintf(&b, "  %s%s  %s\n", name, strings.Repeat(" ", max(0, 22-cells(name))), about)
	})
	return b.String()
}

func isSwitch(x *flag.Flag) bool {
	b, ok := x.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
