// Package cli is the command line: it reads arguments, calls what does the work
// and says what came of it, for people in Chinese or English and for programs as
// one JSON object on standard output.
//
// Its one invariant: nothing it writes holds a value of personal information or
// repeats an argument that was wrong; messages name places. It holds no rule, opens
// no value and decides nothing about anybody.
package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// Exit codes of every command.
const (
	exitOK          = 0
	exitFailed      = 1 // a check failed
	exitUsage       = 2
	exitRefused     = 3
	exitUnavailable = 4
)

// Env is what a process hands to [Main]. Demo runs the demonstration, which
// stands on the same floor; nil: it is not in the build.
type Env struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Clock   func() time.Time
	Version string
	Console fs.FS // the console's files; nil: they were not built

	Demo func(context.Context, DemoOptions) error
}

// DemoOptions are the flags of `goldbell demo` and where it writes. It prints its
// table or, with JSON, one object.
type DemoOptions struct {
	Seed                   uint64
	Headless, JSON, NoLeak bool
	Data, Keys, Keeper     string
	Listen                 string
	Out, Progress          io.Writer
	Terminal               bool   // Progress is a terminal
	Executable             string // this program, for the simulator's process
	Console                fs.FS
	Lang                   fault.Lang
}

// call is one command being run.
type call struct {
	*Env
	lang  fault.Lang
	json  bool
	args  []string // positional
	table []command
}

// Main runs the command of e.Args and returns the process's exit code.
func Main(ctx context.Context, e Env) int {
	c := &call{Env: &e, lang: languageOf(e.Getenv), table: commands()}
	return c.end(c.run(ctx, e.Args))
}

// run finds the command, reads its flags and runs it.
func (c *call) run(ctx context.Context, args []string) error {
	// Until the flags are read, --json anywhere says in which form to fail.
	c.json = wantsJSON(args)
	cmd, rest, err := c.find(args)
	if err != nil {
		return err
	}
	if cmd.raw != nil {
		return cmd.raw(ctx, c, rest)
	}
	fs := newFlags(cmd, c.lang)
	do := cmd.make(fs)
	asJSON := fs.Bool("json", false)
	if c.args, err = fs.parse(rest); err != nil {
		if err == errHelp {
			return c.printHelp(cmd)
		}
		return err
	}
	c.json = *asJSON
	return do(ctx, c)
}

// end says what went wrong and turns it into an exit code.
func (c *call) end(err error) int {
	if err == nil {
		return exitOK
	}
	f := explain(err)
	if f.said {
		return f.code
	}
	if c.json {
		_ = json.NewEncoder(c.Stderr).Encode(map[string]any{"error": f})
		return f.code
	}
	_, _ = fmt.Fprintln(c.Stderr, f.in(c.lang))
	return f.code
}

// answer prints a result: the object for programs, or what say writes for people.
func (c *call) answer(object any, say func(w io.Writer)) error {
	if !c.json {
		say(c.Stdout)
		return nil
	}
	enc := json.NewEncoder(c.Stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object); err != nil {
		return fault.New(fault.Unavailable, "output", "")
	}
	return nil
}

// text is a sentence of this package in the caller's language.
func (c *call) text(id string, args ...any) string { return sentence(id, args...).In(c.lang) }

// say writes one line for people.
func (c *call) say(w io.Writer, id string, args ...any) {
	_, _ = fmt.Fprintln(w, c.text(id, args...))
}
