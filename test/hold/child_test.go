package hold

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/vault"
)

// job is what a child process is told: which data directory to open, and what to
// do in it.
type job struct {
	Places   server.Places
	Settings server.Settings
	Agents   []pii.PersonID
	Works    []pii.RequestID // of each agent
	Subjects []pii.SubjectID
	Form     pii.Form
	Point    string // where to stop and wait to be killed; empty: never
	Released string // file of what was released, each line synced before the next
	Clients  int
	Ahead    time.Duration // by which the child's clock is ahead
}

// child runs in the child process and returns its exit code.
func child(part string) int {
	switch part {
	case "disclose":
		return childOf(disclose)
	case "backup":
		return childOf(backsUp)
	case "restore":
		return childOf(restores)
	case "panic":
		return childOf(panics)
	case "harden":
		return hardened()
	case "withdraw":
		return withdrawBeside()
	case "use":
		return usesBeside()
	case "spend":
		return spendsBeside()
	case "http":
		return childOf(servesHTTP)
	case "lapse":
		return childOf(lapses)
	case "append":
		return appendForever()
	}
	return 2
}

func childOf(f func(job) error) int {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return 2
	}
	if err := f(j); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// start starts a child on a job; its answers are read line by line.
func start(t testing.TB, part string, j job) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	return startJob(t, part, j)
}

func startJob(t testing.TB, part string, j any) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "HOLD_CHILD="+part)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out)
}

// killed waits for a child that was sent SIGKILL and ends the test if it ended
// otherwise.
func killed(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	err := cmd.Wait()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v", err)
	}
}

// stops makes the process say where it is and wait to be killed there.
type stops struct {
	point string
	armed atomic.Bool
}

func (s *stops) at(point string) {
	if s.point == point && s.armed.Load() {
		fmt.Println("at", point)
		select {} // until killed
	}
}

// stopLedger stands between ledger and store.
type stopLedger struct {
	ledger.Store
	*stops
}

func (s stopLedger) Append(ctx context.Context, fn func(ledger.Tx) error) error {
	s.at("before the commit")
	err := s.Store.Append(ctx, func(tx ledger.Tx) error {
		err := fn(tx)
		s.at("inside the commit")
		return err
	})
	s.at("after the commit")
	return err
}

// stopVault stands between vault and store: who shares a mask is asked when a
// value has been opened, and before it is answered.
type stopVault struct {
	vault.Store
	*stops
	opened *os.File
}

func (s stopVault) Sharing(ctx context.Context, keys [][16]byte) (map[[16]byte]int, error) {
	got, err := s.Store.Sharing(ctx, keys)
	if s.armed.Load() {
		fmt.Fprintln(s.opened, len(keys))
	}
	s.at("before the answer")
	return got, err
}

// disclose reads values as fast as it can and writes down each one it was given.
func disclose(j job) error {
	ctx := context.Background()
	released, err := os.OpenFile(j.Released, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	opened, err := os.OpenFile(j.Released+".opened", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	st := &stops{point: j.Point}
	h, err := wire(ctx, j.Places, j.Settings, options{
		records: func(s ledger.Store) ledger.Store { return stopLedger{s, st} },
		custody: func(s vault.Store) vault.Store { return stopVault{s, st, opened} },
	})
	if err != nil {
		return err
	}
	st.armed.Store(true)
	var mu sync.Mutex // holds the released file
	failed := make(chan error, j.Clients)
	for c := range j.Clients {
		who, work := j.Agents[c%len(j.Agents)], j.Works[c%len(j.Agents)]
		person, org, _, err := h.db.Person(ctx, who)
		if err != nil {
			return err
		}
		go func() {
			p := party.Principal{Person: person, Org: org}
			for n := c; ; n += 7 {
				id := j.Subjects[n%len(j.Subjects)]
				a, err := h.door.Disclose(ctx, p, read(work, j.Form, id))
				if err != nil {
					failed <- err
					return
				}
				if !a.Results[0].Shown || len(a.Results[0].Values) == 0 {
					failed <- fmt.Errorf("refused: %s", a.Results[0].Reasons[0].ID)
					return
				}
				mu.Lock()
				fmt.Fprintln(released, a.ID, a.Entry, id)
				err = released.Sync()
				fmt.Println("released", a.Entry)
				mu.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// release is one line of the released file.
type release struct {
	id      pii.RequestID
	entry   uint64
	subject pii.SubjectID
}

func releases(t testing.TB, name string) (all []release) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if !strings.HasSuffix(line, "\n") {
			break // the kill cut the line: it was not acknowledged
		}
		var r release
		var id, subject string
		if _, err := fmt.Sscan(line, &id, &r.entry, &subject); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if r.id, err = pii.ParseRequestID(id); err != nil {
			t.Fatal(err)
		}
		if r.subject, err = pii.ParseSubjectID(subject); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// lines counts the lines of a file; a file that is not there has none.
func lines(t testing.TB, name string) int {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

func (h *house) job(form pii.Form, point string) job {
	j := job{
		Places: h.dir, Settings: h.settings, Subjects: h.ids, Form: form, Point: point, Clients: 1,
		Released: filepath.Join(h.t.TempDir(), "released"),
	}
	for _, a := range h.agents {
		j.Agents = append(j.Agents, a.Person.ID)
		j.Works = append(j.Works, h.calls(a, h.ids...))
	}
	return j
}
