package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goldbell/goldbell/internal/dial/switchsim"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// TestMain is also the program the demonstration starts again as its switch.
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
	customers: 1200, length: 5, groups: [3]int{2, 1, 1}, low: 6, high: 7, desk: 1, firms: 1,
	copies: 18, voices: 8, unrelated: 6, refusing: 60,
}

func options(t *testing.T, seed uint64) Options {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Seed: seed, Headless: true, Out: io.Discard, Progress: io.Discard, Executable: program,
		Data: filepath.Join(t.TempDir(), "data"), Keeper: filepath.Join(t.TempDir(), "keeper"), Lang: fault.En,
	}
}

// play runs a small demonstration and checks what must hold of every one.
func play(t *testing.T, o Options) (Result, *firm) {
	t.Helper()
	var played *firm
	r, err := run(t.Context(), o, production{small, func(f *firm) { played = f }})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !r.PackVerified:
		t.Error("the pack does not verify")
	case !r.LedgerVerified:
		t.Error("the ledger does not verify")
	case r.CarriedAfter != 0 || r.Table.After.Plain != 0:
		t.Errorf("plain values left in the second play: %d customers, %d values", r.CarriedAfter, r.Table.After.Plain)
	case r.Table.After.Calls == 0 || r.Table.After.Masked == 0:
		t.Errorf("the agent had no work in the second play: %+v", r.Table.After)
	}
	for _, name := range r.Finding.Accused {
		if name != r.Leaker {
			t.Errorf("seed %d: the finding names %s, the plot %q", o.Seed, name, r.Leaker)
		}
	}
	return r, played
}

// TestEveryAnswerHasOneEntry compares what the workers were answered with the
// leaves of the ledger, read back by their bytes.
func TestEveryAnswerHasOneEntry(t *testing.T) {
	t.Parallel()
	r, f := play(t, options(t, 1))
	if r.Disclosures != f.kinds[proof.KindDisclosure] || r.Disclosures == 0 {
		t.Errorf("%d answers showed something, %d entries say so", r.Disclosures, f.kinds[proof.KindDisclosure])
	}
	if r.Refusals != f.kinds[proof.KindRefusal] || f.kinds[proof.KindRefusals] != 0 || r.Refusals == 0 {
		t.Errorf("%d answers refused, %d entries say so", r.Refusals, f.kinds[proof.KindRefusal])
	}
	if int64(r.Complaints) != f.kinds[proof.KindComplaint] {
		t.Errorf("%d complaints, %d entries", r.Complaints, f.kinds[proof.KindComplaint])
	}
	if r.CarriedBefore < small.copies {
		t.Errorf("the leaker copied %d customers, the plot has her copy %d or more", r.CarriedBefore, small.copies)
	}
	for _, why := range []string{optedOut, tooLate} {
		if r.Table.After.NotReached[why] == 0 {
			t.Errorf("no call was refused as %q", why)
		}
	}
	counts, err := f.sw.counts(t.Context())
	if err == nil {
		t.Errorf("the switch still runs: %+v", counts)
	}
}

func TestNeverAWrongName(t *testing.T) {
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1 // TestTwentySeeds asks more of them
	}
	for seed := range seeds {
		for _, quiet := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d no-leak %t", seed, quiet), func(t *testing.T) {
				t.Parallel()
				o := options(t, seed)
				o.NoLeak = quiet
				r, _ := play(t, o)
				if quiet != (r.Leaker == "") || quiet && r.CarriedBefore != 0 {
					t.Errorf("leaker %q, %d customers carried away", r.Leaker, r.CarriedBefore)
				}
				if quiet && r.Finding.Verdict == "accuse" {
					t.Errorf("somebody is named although nobody leaked: %v", r.Finding.Accused)
				}
			})
		}
	}
}

// TestSamePlotForASeed: keys, ids and the order of entries may differ; what
// happens, and what is found, may not.
func TestSamePlotForASeed(t *testing.T) {
	t.Parallel()
	first, _ := play(t, options(t, 5))
	again, _ := play(t, options(t, 5))
	for _, r := range []*Result{&first, &again} {
		r.Pack, r.Policy, r.Seconds, r.LedgerSize = "", "", 0, 0
	}
	// Ids differ, and with them the order in which figures are added up.
	if diff := cmp.Diff(first, again, cmpopts.EquateApprox(1e-9, 1e-12)); diff != "" {
		t.Error(diff)
	}
}

// TestOverlap: two colleagues at least were shown half of what the leaker was.
func TestOverlap(t *testing.T) {
	for seed := range uint64(20) {
		p := newPlot(seed, fullScale, true)
		shown := func(a int) map[int]bool {
			all := map[int]bool{}
			for n := range p.days {
				for _, c := range p.days[n][a].list {
					all[c] = true
				}
			}
			return all
		}
		hers, close := shown(p.leaker), 0
		for a := range p.agents {
			both := 0
			for c := range shown(a) {
				if hers[c] {
					both++
				}
			}
			if a != p.leaker && 2*both >= len(hers) {
				close++
			}
		}
		if close < 2 {
			t.Errorf("seed %d: %d colleagues overlap by half", seed, close)
		}
		if p.agents[p.leaker].org == "own" {
			t.Errorf("seed %d: %s is not outsourced", seed, p.agents[p.leaker].id)
		}
		loud := slices.DeleteFunc(slices.Clone(p.complaints), func(c complaint) bool { return c.stolen < 0 })
		if len(loud) < fullScale.voices-1 || len(loud) > fullScale.voices+2 {
			t.Errorf("seed %d: %d complaints of the leak", seed, len(loud))
		}
	}
}

// TestCustomersAreValid: what is made up would pass an import, and no number is
// two people's.
func TestCustomersAreValid(t *testing.T) {
	seen := map[string]int{}
	people := customers{3}
	for i := range 3 * small.customers {
		for field, value := range people.row(i) {
			spec, ok := pii.Registration().Spec(field)
			if !ok {
				t.Fatalf("no field %s", field)
			}
			canonical, err := spec.Normalise(value.Reveal())
			if err != nil || !canonical.Equal(value) {
				t.Fatalf("customer %d: %s is not in its canonical form", i, field)
			}
		}
		number := people.phone(i).Reveal()
		if j, ok := seen[number]; ok {
			t.Fatalf("customers %d and %d share a number", i, j)
		}
		seen[number] = i
	}
}

func TestDataDirectory(t *testing.T) {
	t.Parallel()
	o := options(t, 2)
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(o.Data, "precious")
	if err := os.WriteFile(foreign, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), o, production{size: small}); !fault.IsID(err, "data-not-empty") {
		t.Fatalf("a directory with somebody's file: %v", err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Fatal("somebody's file is gone")
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	play(t, o)
	play(t, o) // the second replaces the first
}

// TestInterrupted: Ctrl-C in the middle leaves no process and no temporary firm.
func TestInterrupted(t *testing.T) {
	o := options(t, 4)
	t.Setenv("TMPDIR", t.TempDir())
	o.Data, o.Keeper = "", ""
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o.Terminal, o.Progress = true, writes(func(line string) {
		if strings.Contains(line, "connecting") {
			stop()
		}
	})
	if _, err := run(ctx, o, production{size: small}); !fault.IsID(err, "interrupted") {
		t.Errorf("%v", err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "goldbell-demo-[0-9]*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

type writes func(string)

func (w writes) Write(b []byte) (int, error) {
	w(string(b))
	return len(b), nil
}

// TestServes: the firm is served when the play is over, and what it invites its
// visitors to try answers.
func TestServes(t *testing.T) {
	t.Parallel()
	o := options(t, 3)
	o.Headless, o.JSON, o.Listen = false, true, "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out bytes.Buffer
	o.Out = &out
	tried := 0
	visit := func(*firm) {
		defer stop()
		for _, c := range curl.FindAllStringSubmatch(out.String(), -1) {
			tried++
			if status := try(t, c[1], c[2], c[4]); status != http.StatusOK && status != http.StatusCreated {
				t.Errorf("%s answers %d", c[1], status)
			}
		}
	}
	if _, err := run(ctx, o, production{small, visit}); err != nil {
		t.Fatal(err)
	}
	if tried != 3 {
		t.Errorf("%d commands tried, want 3", tried)
	}
	var r Result
	if err := json.NewDecoder(&out).Decode(&r); err != nil || r.Seed != o.Seed {
		t.Errorf("%v, seed %d", err, r.Seed)
	}
}

// curl finds address, authorization and body of the commands.
var curl = regexp.MustCompile(`curl -s (\S+) -H 'Authorization: ([^']+)'( -H '[^']+' \\\n +-d '([^']+)')?`)

func try(t *testing.T, url, authorization, body string) int {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}
