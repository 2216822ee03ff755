package port

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// TestPortTable measures; make bench-pgwire runs it. Ratios within one run count, not
// the figures: server, client and port share the machine. A missed target is printed as
// missed, and the test fails.
func TestPortTable(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH_PGWIRE") == "" {
		t.Skip("measures; make bench-pgwire runs it")
	}
	const covered = 1000 // as many as one work item holds
	h := build(t, plans{customers: covered, dsn: pgtest.New(t).Database(t), caps: generous})
	if out, err := exec.Command("pgbench", "-i", "-s", "10", "-q", h.raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.do("CREATE TABLE public.visitor AS SELECT * FROM public.customer; ALTER TABLE public.visitor ADD PRIMARY KEY (id)")
	for table, show := range map[string][]string{"pgbench_accounts": {"filler"}, "pgbench_branches": {"filler"}, "visitor": {"name", "phone", "company"}} { // pgbench looks for the second
		h.enrol(httpapi.PostgresAsk{Table: "public." + table, Open: true, Show: show})
	}
	_, err := h.srv.Postgres().Check(context.Background())
	h.ok(err)
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: h.work(1, covered), Form: pii.Plain})
	h.ok(err)
	b := &bench{T: t, direct: h.raw, port: h.with(l), bouncer: bouncer(t, h.raw)}
	b.load("before")
	t.Logf("%-34s %8s %24s %24s %14s", "transactions/s, the median of 3", "direct", "PgBouncer", "port", "port's CPU")
	for _, mode := range []string{"simple", "prepared"} {
		for _, clients := range []int{1, 8} {
			b.line(mode, clients, "", "")
		}
	}
	raw := b.script("\\set n random(1, " + strconv.Itoa(covered) + ")\nSELECT phone FROM public.customer WHERE id = :n;\n")
	view := b.script("\\set n random(1, " + strconv.Itoa(covered) + ")\nSELECT phone FROM customer WHERE id = :n;\n")
	b.line("simple", 32, raw, view)
	b.streamed(h, covered, 100)
	b.load("after")
	if b.missed > 0 {
		t.Errorf("%d targets are missed", b.missed)
	}
}

type bench struct {
	*testing.T
	direct, bouncer, port string
	missed                int
}

// target says of a figure whether it is what it should be.
func (b *bench) target(what string, met bool) string {
	if met {
		return what + ": met"
	}
	b.missed++
	return what + ": MISSED"
}

func (b *bench) load(when string) {
	b.Helper()
	load, _ := os.ReadFile("/proc/loadavg")
	b.Logf("load %s: %s", when, strings.TrimSpace(string(load)))
}

var rate = regexp.MustCompile(`tps = ([0-9.]+)`)

const (
	seconds = "3"
	rounds  = 3
)

// tps runs select-only transactions, and says how many a second.
func (b *bench) tps(dsn, mode string, clients int, script string) float64 {
	b.Helper()
	args := []string{"-n", "-M", mode, "-c", strconv.Itoa(clients), "-j", "1", "-T", seconds, "-S"}
	if script != "" {
		args = append(args[:len(args)-1], "-f", script)
	}
	out, err := exec.Command("pgbench", append(args, dsn)...).CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	m := rate.FindSubmatch(out)
	if m == nil { // not one in the time there was
		return 1e-3
	}
	f, _ := strconv.ParseFloat(string(m[1]), 64)
	return f
}

// line measures direct, through PgBouncer and through the port in turn, so that what
// else the machine does falls on each of them.
func (b *bench) line(mode string, clients int, raw, view string) {
	b.Helper()
	var direct, other, port, ratio, added, cpu []float64
	for range rounds {
		d := b.tps(b.direct, mode, clients, raw)
		direct = append(direct, d)
		if b.bouncer != "" {
			other = append(other, b.tps(b.bouncer, mode, clients, raw))
		}
		before := used()
		p := b.tps(b.port, mode, clients, view)
		spent := used() - before
		port, ratio, added = append(port, p), append(ratio, p/d), append(added, 1e6*(1/p-1/d)*float64(clients))
		sec, _ := strconv.ParseFloat(seconds, 64)
		cpu = append(cpu, spent.Seconds()*1e6/(p*sec))
	}
	name, target := fmt.Sprintf("%s, %d clients", mode, clients), ""
	r := median(ratio)
	switch {
	case view != "":
		name, target = fmt.Sprintf("a protected cell, %d clients", clients), b.target("at least 0.25", r >= 0.25)
	case clients == 1 && mode == "simple":
		target = b.target("at most +80us", median(added) <= 80)
	case clients == 8 && mode == "simple":
		target = b.target("at least 0.60", r >= 0.60)
	case clients == 8:
		target = b.target("at least 0.45", r >= 0.45)
	}
	column := func(f float64) string {
		return fmt.Sprintf("%.0f (%.2f, %+.0fus)", f, f/median(direct), 1e6*float64(clients)*(1/f-1/median(direct)))
	}
	bouncer := "not there"
	if other != nil {
		bouncer = column(median(other))
	}
	b.Logf("%-34s %8.0f %24s %24s %9.0fus/tx  %s", name, median(direct), bouncer,
		fmt.Sprintf("%.0f (%.2f, %+.0fus)", median(port), r, median(added)), median(cpu), target)
}

// streamed reads every customer many times in one statement, beside a table with the
// same rows that protects nothing.
func (b *bench) streamed(h *house, covered, times int) {
	b.Helper()
	var ratio, open, shown []float64
	entries := h.srv.Ledger().Size()
	for range rounds {
		from := func(table string) float64 {
			return b.rows(fmt.Sprintf("SELECT id, name, phone FROM %s, generate_series(1, %d)", table, times), covered*times)
		}
		o, s := from("visitor"), from("customer")
		open, shown, ratio = append(open, o), append(shown, s), append(ratio, s/o)
	}
	b.Logf("%d rows with two columns: open %.0f ms, protected %.0f ms (%d entries), %.2f times; %s", covered*times,
		1000*median(open), 1000*median(shown), int(h.srv.Ledger().Size()-entries)/rounds, median(ratio), b.target("at most 3", median(ratio) <= 3))
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// used is the processor time of this process, which is the port and not its clients.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (b *bench) script(text string) string {
	b.Helper()
	f := filepath.Join(b.TempDir(), "script.sql")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return f
}

// rows reads a statement's rows and says in how many seconds.
func (b *bench) rows(sql string, want int) float64 {
	b.Helper()
	c, err := pgconn.Connect(context.Background(), b.port)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(context.Background())
	began := time.Now()
	r := c.ExecParams(context.Background(), sql, nil, nil, nil, nil)
	n := 0
	for r.NextRow() {
		n++
		if string(r.Values()[2]) == "***" {
			b.Fatal("a protected cell is not shown")
		}
	}
	if _, err := r.Close(); err != nil || n != want {
		b.Fatalf("%d rows: %v", n, err)
	}
	return time.Since(began).Seconds()
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
