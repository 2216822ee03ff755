package pgtest

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func setting(t *testing.T, conn *pgx.Conn, name string) (value string) {
	t.Helper()
	if err := conn.QueryRow(context.Background(), "SELECT current_setting($1)", name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestDatabasesAreApart(t *testing.T) {
	a, b := connect(t, Start(t)), connect(t, Start(t))
	if _, err := a.Exec(context.Background(), "CREATE TABLE only_in_a (x bigint)"); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := b.QueryRow(context.Background(), "SELECT to_regclass('only_in_a') IS NOT NULL").Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("a table made in one database is seen in the other")
	}
	if got := setting(t, a, "fsync"); got != "on" {
		t.Errorf("fsync is %q: figures and crash tests would mean nothing", got)
	}
}

func TestStoppedServerComesBack(t *testing.T) {
	c := New(t)
	dsn := c.Database(t)
	if _, err := connect(t, dsn).Exec(context.Background(), "CREATE TABLE kept (x bigint)"); err != nil {
		t.Fatal(err)
	}
	c.Stop(t)
	if conn, err := pgx.Connect(context.Background(), dsn); err == nil {
		conn.Close(context.Background())
		t.Fatal("the stopped server still answers")
	}
	c.Start(t)
	if _, err := connect(t, dsn).Exec(context.Background(), "INSERT INTO kept VALUES (1)"); err != nil {
		t.Errorf("what was committed before the stop is gone: %v", err)
	}
}

func TestLogEverythingLogsBindValues(t *testing.T) {
	c := New(t, LogEverything...)
	conn := connect(t, c.Database(t))
	if _, err := conn.Exec(context.Background(), "SELECT $1::text", "bound-value-4711"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(c.Log(t), []byte("bound-value-4711")) {
		t.Error("a bind value is not in the log: the canary sweep would see nothing")
	}
}

// TestKilledTestLeavesNothing kills a test binary that holds a server, and waits
// for the guard to remove the server's directory.
func TestKilledTestLeavesNothing(t *testing.T) {
	if os.Getenv("PGTEST_VICTIM") != "" {
		c := New(t)
		os.Stdout.WriteString("\ndir " + c.dir + "\n")
		select {} // until killed
	}
	need(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(self, "-test.run=^TestKilledTestLeavesNothing$")
	victim.Env = append(os.Environ(), "PGTEST_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for s := bufio.NewScanner(out); dir == "" && s.Scan(); {
		dir, _ = strings.CutPrefix(s.Text(), "dir ")
		if !strings.HasPrefix(s.Text(), "dir ") {
			dir = ""
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Errorf("the victim's server does not run: %v", err)
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()

	deadline := time.NewTimer(startLimit)
	defer deadline.Stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatalf("%s is still there", dir)
		}
	}
}

func TestMajor(t *testing.T) {
	for dir, want := range map[string]int{
		"/usr/lib/postgresql/15/bin": 15,
		"/usr/pgsql-16/bin":          16,
		"/usr/lib/postgresql/9/bin":  9,
		"/usr/local/bin":             0,
	} {
		if got := major(dir); got != want {
			t.Errorf("major(%q) = %d, want %d", dir, got, want)
		}
	}
}

func TestFindTakesNoOtherThanTheOneNamed(t *testing.T) {
	empty := t.TempDir()
	named := func(string) string { return empty }
	if got := find(named, filepath.Glob); got != "" {
		t.Errorf("PGBIN names a directory without a server, yet %q was taken", got)
	}
}
