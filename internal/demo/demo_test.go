package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/dial/switchsim"
)

// TestMain is the program the demonstration starts again as its switch.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == SwitchCommand {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err := switchsim.Run(ctx, switchsim.Env{Args: os.Args[2:], Stdin: os.Stdin, Stdout: os.Stdout, Clock: time.Now, Rand: rand.Reader})
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// small is a firm that plays in a second or two.
var small = scale{
	customers: 1500, length: 6, groups: [3]int{2, 1, 1}, low: 9, high: 10, desk: 2, firms: 1,
	copies: 20, voices: 8, unrelated: 6, refusing: 60,
}

func options(t *testing.T, seed uint64) Options {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	size := small
	return Options{Seed: seed, Headless: true, Out: io.Discard, Progress: io.Discard, Executable: program, size: &size}
}

func TestSlice(t *testing.T) {
	o := options(t, 1)
	o.Out = os.Stderr
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r.Finding)
}
