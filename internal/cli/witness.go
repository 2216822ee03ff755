package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/witness"
)

func witnessInitCommand(f *flags) action {
	dir, name, logs := f.String("dir", ""), f.String("name", ""), f.Strings("log")
	return func(_ context.Context, c *call) error {
		switch {
		case *dir == "":
			return usage("flag-missing", "dir", "witness init")
		case *name == "":
			return usage("flag-missing", "name", "witness init")
		case len(*logs) == 0:
			return usage("flag-missing", "log", "witness init")
		}
		made, err := witness.Init(*dir, *name, *logs, rand.Reader)
		if err != nil {
			return err
		}
		return c.answer(made, func(w io.Writer) {
			c.say(w, "witness-made", made.Dir, made.Logs)
			c.say(w, "witness-vkey", made.VKey)
		})
	}
}

func witnessServeCommand(f *flags) action {
	dir, listen := f.String("dir", ""), f.String("listen", "127.0.0.1:8475")
	return func(ctx context.Context, c *call) (err error) {
		if *dir == "" {
			return usage("flag-missing", "dir", "witness serve")
		}
		srv, err := witness.OpenServer(*dir, c.Clock)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, srv.Close()) }()
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			return fault.New(fault.Unavailable, "address-in-use", "--listen")
		}
		return c.serveWitness(ctx, srv, l)
	}
}

// serveWitness answers until ctx ends; what is under way may finish.
func (c *call) serveWitness(ctx context.Context, srv *witness.Server, l net.Listener) error {
	web := httpapi.NewServer(srv.Handler())
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(l) }()
	url := "http://" + l.Addr().String()
	err := c.answer(map[string]any{"url": url, "vkey": srv.VKey(), "logs": srv.Logs()}, func(w io.Writer) {
		c.say(w, "witness-ready", url)
		c.say(w, "witness-vkey", srv.VKey())
	})
	if err == nil {
		select {
		case <-ctx.Done():
		case <-failed:
			err = fault.New(fault.Unavailable, "unavailable", "listener")
		}
	}
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if web.Shutdown(end) != nil {
		_ = web.Close()
	}
	return err
}

func witnessAddCommand(f *flags) action {
	places := f.Places()
	name, vkey, url := f.String("name", ""), f.String("vkey", ""), f.String("url", "")
	organisation, quorum := f.String("organisation", ""), f.Uint64("quorum", 0)
	return func(_ context.Context, c *call) error {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		switch {
		case *name == "":
			return usage("flag-missing", "name", "witness add")
		case *vkey == "":
			return usage("flag-missing", "vkey", "witness add")
		case *url == "":
			return usage("flag-missing", "url", "witness add")
		case *quorum > 1000:
			return usage("flag-value", "quorum")
		}
		added, err := server.AddWitness(server.WitnessOptions{
			Places: p, Name: *name, VKey: *vkey, URL: *url, Organisation: *organisation, Quorum: int(*quorum),
		}, c.Clock())
		if err != nil {
			return err
		}
		return c.answer(added, func(w io.Writer) {
			c.say(w, "witness-added", added.Policy, added.Witnesses, added.Quorum, added.Outside)
		})
	}
}
