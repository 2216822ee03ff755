package cli

import (
	"errors"
	"flag"
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

var errHelp = errors.New("help was asked for")

// flags are a command's flags with their sentences.
type flags struct {
	set  *flag.FlagSet
	cmd  *command
	lang fault.Lang
}

func newFlags(cmd *command, l fault.Lang) *flags {
	set := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return &flags{set: set, cmd: cmd, lang: l}
}

// about is what help says of a flag: its own sentence for this command, or the one
// it has everywhere.
func (f *flags) about(name string) string {
	if own := f.cmd.name + " --" + name; has(own) {
		return sentence(own).In(f.lang)
	}
	return sentence("--" + name).In(f.lang)
}

func (f *flags) String(name, def string) *string { return f.set.String(name, def, f.about(name)) }
func (f *flags) Bool(name string, def bool) *bool {
	return f.set.Bool(name, def, f.about(name))
}
func (f *flags) Uint64(name string, def uint64) *uint64 {
	return f.set.Uint64(name, def, f.about(name))
}

// Strings is a flag that may be given several times.
func (f *flags) Strings(name string) *[]string {
	list := &[]string{}
	f.set.Func(name, f.about(name), func(s string) error {
		*list = append(*list, s)
		return nil
	})
	return list
}

// Day is a date, or a time in RFC 3339. A date is the start of that day in UTC+8,
// where the windows and clocks of the records are.
func (f *flags) Day(name string) *time.Time {
	t := &time.Time{}
	f.set.Func(name, f.about(name), func(s string) (err error) {
		if *t, err = time.ParseInLocation(time.DateOnly, s, time.FixedZone("", 8*3600)); err != nil {
			*t, err = time.Parse(time.RFC3339, s)
		}
		return err
	})
	return t
}

// Places are the three flags of a command that works on a data directory.
func (f *flags) Places() *server.Places {
	p := &server.Places{}
	f.set.StringVar(&p.Data, "data", "", f.about("data"))
	f.set.StringVar(&p.Keys, "keys", "", f.about("keys"))
	f.set.StringVar(&p.Keeper, "keeper", "", f.about("keeper"))
	return p
}

// placed fills in the data directory from the environment.
func (c *call) placed(p *server.Places) (server.Places, error) {
	q := *p
	if q.Data == "" {
		q.Data = c.Getenv("GOLDBELL_DATA")
	}
	if q.Data == "" {
		return q, usage("no-data")
	}
	return q, nil
}

// parse reads flags before, between and after the positional arguments.
func (f *flags) parse(args []string) ([]string, error) {
	var positional []string
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, f.wrong(err)
		}
		rest := f.set.Args()
		taken := args[:len(args)-len(rest)]
		if len(taken) > 0 && taken[len(taken)-1] == "--" {
			positional = append(positional, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
	want := len(strings.Fields(f.cmd.args))
	switch {
	case len(positional) < want:
		return nil, usage("missing-argument", f.cmd.args, f.cmd.name)
	case len(positional) > want:
		return nil, usage("extra-argument", f.cmd.name)
	}
	return positional, nil
}

// wrong turns the flag package's error into our sentence. What was typed may be
// anything, a phone number in the wrong place too, so only names of ours are
// repeated.
func (f *flags) wrong(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return errHelp
	}
	text := err.Error()
	if typed, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var known []string
		f.set.VisitAll(func(x *flag.Flag) { known = append(known, x.Name) })
		if near := nearest(typed, known, 0); near != "" {
			return usage("unknown-flag-near", near, f.cmd.name)
		}
		return usage("unknown-flag", f.cmd.name)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok && f.set.Lookup(name) != nil {
		return usage("flag-needs-value", name)
	}
	for _, mark := range []string{" for flag -", " for -"} {
		if i := strings.LastIndex(text, mark); i >= 0 {
			name, _, _ := strings.Cut(text[i+len(mark):], ":")
			if f.set.Lookup(name) != nil {
				return usage("flag-value", name)
			}
		}
	}
	return usage("unknown-flag", f.cmd.name)
}

// wantsJSON reports --json among the arguments before "--".
func wantsJSON(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "--json", "-json", "--json=true", "-json=true":
			return true
		}
	}
	return false
}
