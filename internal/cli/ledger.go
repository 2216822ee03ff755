package cli

import (
	"context"
	"io"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/server"
)

// ledgerVerified is what `ledger verify --json` prints.
type ledgerVerified struct {
	Verified bool `json:"verified"`
	ledger.Report
	tree *bool
}

func ledgerCommand(f *flags) action {
	places, tree := f.Places(), f.Bool("tree-only", false)
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		verify := server.VerifyLedger
		if *tree {
			verify = server.VerifyTree
		}
		bar := newProgress(c, "bar-verifying", 0)
		report, err := verify(ctx, p, func(done, total uint64) { bar.set(int64(done), int64(total)) })
		bar.end()
		if err != nil {
			return err
		}
		if report.Faults == nil {
			report.Faults = []ledger.Fault{}
		}
		v := ledgerVerified{Verified: len(report.Faults) == 0, Report: report, tree: tree}
		if err := c.answer(v, func(w io.Writer) { c.sayLedger(w, v) }); err != nil {
			return err
		}
		if !v.Verified {
			return said(exitFailed)
		}
		return nil
	}
}

func (c *call) sayLedger(w io.Writer, v ledgerVerified) {
	c.say(w, "ledger-size", v.Size, v.Root, v.Heads)
	if *v.tree {
		c.say(w, "ledger-tree-only")
	} else {
		c.say(w, "ledger-openings", v.Opened, v.Unopened, v.Filed)
		c.say(w, "ledger-rows", v.Rows)
	}
	if v.PartOnly > 0 {
		c.say(w, "ledger-part-only", v.PartOnly)
	}
	if v.Cosigned+v.Strangers > 0 {
		c.say(w, "ledger-cosigned", v.Cosigned, v.Strangers)
	}
	for _, f := range v.Faults {
		c.say(w, "ledger-fault", f.Index, f.What)
	}
	if v.Verified {
		c.say(w, "ledger-verified")
	} else {
		c.say(w, "ledger-broken-found", len(v.Faults))
	}
}

func exportCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		bar := newProgress(c, "bar-exporting", 0)
		x, err := server.ExportLedger(ctx, p, c.args[0], func(done, total uint64) { bar.set(int64(done), int64(total)) })
		bar.end()
		if err != nil {
			return err
		}
		return c.answer(x, func(w io.Writer) { c.say(w, "ledger-exported", x.Size, x.Root, x.Written) })
	}
}
