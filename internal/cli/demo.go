package cli

import (
	"context"
	"io"
)

func demoCommand(f *flags) action {
	seed, headless, noLeak := f.Uint64("seed", 1), f.Bool("headless", false), f.Bool("no-leak", false)
	data, listen := f.String("data", ""), f.String("listen", "127.0.0.1:8470")
	return func(ctx context.Context, c *call) error {
		if c.Demo == nil {
			return usage("not-in-build")
		}
		o := DemoOptions{
			Seed: *seed, Headless: *headless, JSON: c.json, NoLeak: *noLeak, Data: *data, Listen: *listen,
			Lang: c.lang, Out: c.Stdout,
		}
		if c.json {
			o.Out = io.Discard
		}
		if isTerminal(c.Stderr) {
			o.Progress = c.Stderr
		}
		result, err := c.Demo(ctx, o)
		if err != nil || !c.json {
			return err
		}
		return c.answer(result, nil)
	}
}
