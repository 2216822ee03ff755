package port

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/pgwire/pgwiretest"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// childEnv tells a copy of the test program to be the server.
const childEnv = "GOLDBELL_PORT_CHILD"

func TestMain(m *testing.M) {
	if in := os.Getenv(childEnv); in != "" {
		os.Exit(child(in))
	}
	os.Exit(m.Run())
}

// child serves the port until it is killed.
func child(in string) int {
	var places server.Places
	if err := json.Unmarshal([]byte(in), &places); err != nil {
		return 2
	}
	srv, err := server.Open(context.Background(), server.Options{Places: places})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	defer srv.Close()
	err = srv.Serve(context.Background(), server.ServeOptions{Listen: "127.0.0.1:0", Port: server.PortOptions{
		Listen: "127.0.0.1:0", Ready: func(addr string) { fmt.Println(addr) },
	}})
	fmt.Fprintln(os.Stderr, "child:", err)
	return 1
}

// process starts the server as a process of its own, once a check lets people in.
func (h *house) process(l authn.IssuedLogin) *exec.Cmd {
	h.Helper()
	self, err := os.Executable()
	h.ok(err)
	in, err := json.Marshal(h.places)
	h.ok(err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(in))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	h.ok(err)
	h.ok(cmd.Start())
	h.Cleanup(func() { _ = cmd.Process.Kill() })
	line := bufio.NewScanner(out)
	if !line.Scan() {
		h.Fatal("the server did not start")
	}
	h.addr = line.Text()
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := pgconn.Connect(context.Background(), h.with(l))
		if err == nil {
			_ = c.Close(context.Background())
			return cmd
		}
		if time.Now().After(deadline) {
			h.Fatal(err)
		}
	}
}

func (h *house) with(l authn.IssuedLogin) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", l.Name, l.Password, h.addr, l.Name)
}

// take reads values until it was told enough, or no more come; it says how many came,
// and with which error the statement ended, if it did.
func take(c *pgwiretest.Client, most int) (values int, code string, gone bool) {
	for values < most {
		m, err := c.Next()
		c.Got = c.Got[:0]
		switch {
		case err != nil:
			return values, "", true
		case m[0] == 'D' && strings.Contains(string(m), "139"):
			values++
		case m[0] == 'E':
			at := strings.Index(string(m), "\x00C")
			return values, string(m[at+2 : at+7]), false
		case m[0] == 'Z':
			return values, "", false
		}
	}
	return values, "", false
}

// TestI1_PortKilledAnywhere kills the port, a client, the company's database and
// Goldbell's own, each at random points of a long answer: what a client has got is in
// the ledger, whatever came after.
func TestI1_PortKilledAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and kills them")
	}
	const customers, rounds = 600, 3
	theirs, ours := pgtest.New(t), pgtest.New(t)
	h := build(t, plans{customers: customers, dsn: theirs.Database(t), driver: ours.Database(t), caps: generous})
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: h.work(1, customers), Form: pii.Plain})
	h.ok(err)
	h.stop()
	size := h.ledgerSize()
	total, kills := 0, 0
	for _, victim := range []string{"port", "client", "database", "store"} {
		for range rounds {
			cmd := h.process(l)
			c, err := pgwiretest.Dial(h.with(l))
			h.ok(err)
			c.Send(pgwiretest.Message('Q', "SELECT phone FROM customer WHERE pg_sleep(0.0005) IS NOT NULL"))
			got, code, gone := take(c, 1+rand.IntN(customers/2))
			if code != "" || gone {
				t.Fatalf("before anything was killed: %d values, %q", got, code)
			}
			kills++
			switch victim {
			case "port":
				h.ok(cmd.Process.Kill())
			case "client":
				c.Close()
			case "database":
				theirs.Stop(t)
			case "store": // an append whose outcome is not known waits for it to come back
				ours.Stop(t)
				ours.Start(t)
			}
			if victim != "client" {
				more, code, gone := take(c, customers+1)
				if got += more; got == customers {
					kills-- // it was over before
				} else if victim == "database" && code != "57P01" && code != "58030" {
					t.Errorf("%s killed: the client is told %q after %d values, %v", victim, code, got, gone)
				}
				c.Close()
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if victim == "database" {
				theirs.Start(t)
			}
			total += got
			if recorded := h.recordedSince(size); recorded < total {
				t.Fatalf("%s killed: %d values were delivered, %d are recorded", victim, total, recorded)
			}
		}
	}
	if kills < 3*rounds || total == 0 {
		t.Errorf("only %d kills came in time; %d values", kills, total)
	}
}

func (h *house) ledgerSize() uint64 {
	h.Helper()
	h.open()
	defer h.stop()
	return h.srv.Ledger().Size()
}

// recordedSince counts values that entries from one on name as shown. The server is not
// running.
func (h *house) recordedSince(from uint64) (n int) {
	h.Helper()
	h.open()
	for _, lines := range h.recordedFrom(from) {
		n += lines
	}
	h.stop()
	h.stop = func() {}
	return n
}

// TestTheBudgetStopsAMillionRows: with the real budget, what was delivered is what is
// recorded, and no more than the budget.
func TestTheBudgetStopsAMillionRows(t *testing.T) {
	if testing.Short() {
		t.Skip("reads half a million rows")
	}
	const budget = 60 // of a person, a day, in plain
	h := build(t, plans{customers: 100})
	l := h.login(h.work(1, 100), pii.Plain)
	c, err := pgwiretest.Dial(l)
	h.ok(err)
	defer c.Close()
	c.Send(pgwiretest.Message('Q', "SELECT c.phone FROM customer c, generate_series(1, 10000 + 0 * c.id) g"))
	shown, hidden, code := map[string]int{}, 0, ""
	for code == "" {
		m, err := c.Next()
		if c.Got = c.Got[:0]; err != nil {
			t.Fatal(err)
		}
		switch {
		case m[0] == 'D' && strings.HasSuffix(string(m), "***"):
			hidden++
		case m[0] == 'D':
			shown[string(m[11:])]++
		case m[0] == 'E':
			at := strings.Index(string(m), "\x00C")
			code = string(m[at+2 : at+7])
		case m[0] == 'Z':
			code = "none"
		}
	}
	recorded := h.recorded()
	if code != "53400" || len(shown) != len(recorded) || len(shown) == 0 || len(shown) > budget {
		t.Errorf("ended with %s after %d subjects of %d rows, %d hidden; recorded are %d, the budget is %d", code, len(shown), len(shown)*10000, hidden, len(recorded), budget)
	}
	// Counting up ids after it brings no more than what is left of the budget.
	again := h.connect(l)
	for id := 1; id <= 110; id++ {
		got, err := query(again, fmt.Sprintf("SELECT '~%s:p:%d~'", h.table, id))
		if err != nil || len(got) != 1 {
			t.Fatalf("id %d: %v, %v", id, got, err)
		}
		if got[0] != "***" {
			shown[got[0]]++
		}
	}
	if n := len(h.recorded()); n != len(shown) || n > budget {
		t.Errorf("after counting up %d subjects were shown and %d are recorded; the budget is %d", len(shown), n, budget)
	}
}

// TestNoRecordNoRow: when the ledger cannot be written, an error comes and no row.
func TestNoRecordNoRow(t *testing.T) {
	ours := pgtest.New(t)
	h := build(t, plans{customers: 20, driver: ours.Database(t)})
	c, err := pgwiretest.Dial(h.login(h.work(1, 20), pii.Plain))
	h.ok(err)
	defer c.Close()
	if ok := c.Query("SELECT phone FROM customer WHERE id = 1"); !ok || !strings.Contains(string(c.Got), "13900000001") {
		t.Fatalf("got %q", c.Got)
	}
	ours.Stop(t)
	c.Got = nil
	c.Query("SELECT phone FROM customer")
	if s := string(c.Got); !strings.Contains(s, "C58030") || strings.Contains(s, "139") || strings.Contains(s, "***") {
		t.Errorf("got %q", s)
	}
	ours.Start(t)
}
