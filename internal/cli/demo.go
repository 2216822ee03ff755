package cli

import (
	"context"
	"os"

	"github.com/goldbell/goldbell/internal/fault"
)

func demoCommand(f *flags) action {
	seed, headless, noLeak := f.Uint64("seed", 1), f.Bool("headless", false), f.Bool("no-leak", false)
	places, listen := f.Places(), f.String("listen", "127.0.0.1:8470")
	return func(ctx context.Context, c *call) error {
		if c.Demo == nil {
			return usage("not-in-build")
		}
		self, err := os.Executable()
		if err != nil {
			return fault.New(fault.Unavailable, "unavailable", "")
		}
		return c.Demo(ctx, DemoOptions{
			Seed: *seed, Headless: *headless, JSON: c.json, NoLeak: *noLeak,
			Data: places.Data, Keys: places.Keys, Keeper: places.Keeper, Listen: *listen,
			Out: c.Stdout, Progress: c.Stderr, Terminal: isTerminal(c.Stderr), Executable: self,
			Console: c.Console, Lang: c.lang,
		})
	}
}
