// Command goldbell is Goldbell's one program; `goldbell help` lists its commands.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/goldbell/goldbell/internal/cli"
	"github.com/goldbell/goldbell/internal/demo"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/web"
)

// version is set when a release is built.
var version = "dev"

func main() {
	if err := server.Harden(); err != nil {
		fmt.Fprintln(os.Stderr, "goldbell: this process's memory cannot be protected; it does not run.")
		os.Exit(4)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(cli.Main(ctx, cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Clock: time.Now, Version: version, Demo: play,
		Console: web.Console(),
	}))
}

func play(ctx context.Context, o cli.DemoOptions) error {
	_, err := demo.Run(ctx, demo.Options(o))
	return err
}
