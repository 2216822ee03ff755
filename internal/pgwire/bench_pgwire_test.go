package pgwire_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var tps = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench runs select-only transactions and returns how many a second.
func pgbench(t *testing.T, dsn, mode string, clients int, seconds int, script string) float64 {
	t.Helper()
	args := []string{"-n", "-M", mode, "-c", strconv.Itoa(clients), "-j", "1", "-T", strconv.Itoa(seconds)}
	if script == "" {
		args = append(args, "-S")
	} else {
		args = append(args, "-f", script)
	}
	out, err := exec.Command("pgbench", append(args, dsn)...).CombinedOutput()
	m := tps.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("pgbench: %v\n%s", err, out)
	}
	f, _ := strconv.ParseFloat(string(m[1]), 64)
	return f
}

func TestPassing(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH_PGWIRE") == "" {
		t.Skip("measures; make bench-pgwire runs it")
	}
	h := open(t, 1)
	if out, err := exec.Command("pgbench", "-i", "-s", "10", "-q", h.raw).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	reader := strings.Replace(h.book.enrolled.DSN, "?", "?options=-csearch_path%3Dpublic&", 1)
	_ = reader
	if out, err := exec.Command("psql", h.raw, "-c", "CREATE VIEW goldbell.pgbench_accounts AS SELECT * FROM public.pgbench_accounts; CREATE VIEW goldbell.pgbench_branches AS SELECT * FROM public.pgbench_branches; GRANT SELECT ON ALL TABLES IN SCHEMA goldbell TO PUBLIC; ").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, mode := range []string{"simple", "prepared"} {
		for _, n := range []int{1, 8, 32} {
			direct := pgbench(t, h.book.enrolled.DSN, mode, n, 4, "")
			through := pgbench(t, h.dsn(), mode, n, 4, "")
			fmt.Printf("%-9s c=%-3d direct %8.0f  port %8.0f  %.2f  +%.0fus\n", mode, n, direct, through, through/direct, 1e6*float64(n)*(1/through-1/direct))
		}
	}
}
