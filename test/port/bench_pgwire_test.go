package port

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// TestPortTable measures; make bench-pgwire runs it. Ratios within one run count, not
// the figures: server, client and port share the machine.
func TestPortTable(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH_PGWIRE") == "" {
		t.Skip("measures; make bench-pgwire runs it")
	}
	const covered = 1000 // as many as one work item holds
	h := build(t, plans{customers: covered, dsn: pgtest.New(t).Database(t), caps: generous})
	if out, err := exec.Command("pgbench", "-i", "-s", "10", "-q", h.raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, table := range []string{"accounts", "branches"} { // pgbench looks for the second
		_, err := h.srv.Postgres().Enrol(context.Background(), h.agent, newID(), httpapi.PostgresAsk{DSN: h.raw, Table: "public.pgbench_" + table, Open: true, Show: []string{"filler"}})
		h.ok(err)
	}
	_, err := h.srv.Postgres().Check(context.Background())
	h.ok(err)
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: h.work(1, covered), Form: pii.Plain})
	h.ok(err)
	b := bench{T: t, direct: h.raw, port: h.with(l), bouncer: bouncer(t, h.raw)}
	load, _ := os.ReadFile("/proc/loadavg")
	t.Logf("load before: %s", load)
	t.Logf("%-34s %10s %18s %18s", "", "direct", "PgBouncer", "port")
	for _, mode := range []string{"simple", "prepared"} {
		for _, clients := range []int{1, 8} {
			b.line(fmt.Sprintf("%s, %d clients, transactions/s", mode, clients), mode, clients, "", "")
		}
	}
	raw := b.script("\\set n random(1, " + strconv.Itoa(covered) + ")\nSELECT phone FROM public.customer WHERE id = :n;\n")
	view := b.script("\\set n random(1, " + strconv.Itoa(covered) + ")\nSELECT phone FROM customer WHERE id = :n;\n")
	b.line("a protected cell, 32 clients", "simple", 32, raw, view)
	plain := b.rows(fmt.Sprintf("SELECT id, company FROM customer, generate_series(1, %d)", 100))
	shown := b.rows(fmt.Sprintf("SELECT id, name, phone FROM customer, generate_series(1, %d)", 100))
	t.Logf("%d rows, through the port: two plain columns %v, two protected %v: %.1f times", covered*100, plain, shown, shown.Seconds()/plain.Seconds())
	load, _ = os.ReadFile("/proc/loadavg")
	t.Logf("load after: %s", load)
}

type bench struct {
	*testing.T
	direct, bouncer, port string
}

var rate = regexp.MustCompile(`tps = ([0-9.]+)`)

const seconds = "3"

// tps runs select-only transactions, and says how many a second.
func (b bench) tps(dsn, mode string, clients int, script string) float64 {
	b.Helper()
	args := []string{"-n", "-M", mode, "-c", strconv.Itoa(clients), "-j", "1", "-T", seconds, "-S"}
	if script != "" {
		args = append(args[:len(args)-1], "-f", script)
	}
	out, err := exec.Command("pgbench", append(args, dsn)...).CombinedOutput()
	m := rate.FindSubmatch(out)
	if err != nil || m == nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	f, _ := strconv.ParseFloat(string(m[1]), 64)
	return f
}

func (b bench) line(name, mode string, clients int, raw, view string) {
	b.Helper()
	direct, port := b.tps(b.direct, mode, clients, raw), b.tps(b.port, mode, clients, view)
	column := func(f float64) string {
		return fmt.Sprintf("%.0f (%.2f, %+.0fus)", f, f/direct, 1e6*float64(clients)*(1/f-1/direct))
	}
	other := ""
	if b.bouncer != "" {
		other = column(b.tps(b.bouncer, mode, clients, raw))
	}
	b.Logf("%-34s %10.0f %18s %18s", name, direct, other, column(port))
}

func (b bench) script(text string) string {
	b.Helper()
	f := filepath.Join(b.TempDir(), "script.sql")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return f
}

// rows reads a statement's rows and says how long it took, the better of two.
func (b bench) rows(sql string) (best time.Duration) {
	b.Helper()
	c, err := pgx.Connect(context.Background(), b.port)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(context.Background())
	for range 2 {
		began := time.Now()
		if _, err := c.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
			b.Fatal(err)
		}
		if took := time.Since(began); best == 0 || took < best {
			best = took
		}
	}
	return best
}

// bouncer starts PgBouncer in session mode before the database, if it is there.
func bouncer(t *testing.T, dsn string) string {
	t.Helper()
	program := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil {
		return ""
	}
	to, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	dir, err := os.MkdirTemp("/tmp", "gbbounce")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	_ = os.Chmod(dir, 0o777)
	config := fmt.Sprintf("[databases]\n%[1]s = host=%[2]s port=%[3]d dbname=%[1]s user=%[4]s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %[5]s\nauth_type = any\npool_mode = session\nlogfile = %[6]s/log\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n",
		to.Database, to.Host, to.Port, to.User, port, dir)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{file}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "postgres"}, args...)
	}
	cmd := exec.Command(program, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	through := fmt.Sprintf("postgres://%s@127.0.0.1:%s/%s?sslmode=disable", to.User, port, to.Database)
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := pgconn.Connect(context.Background(), through)
		if err == nil {
			_ = c.Close(context.Background())
			return through
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("%v\n%s", err, strings.TrimSpace(string(log)))
		}
	}
}
