package pgwire_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// program finds a client's program, or skips the test aloud. scripts/test-deps clients
// installs them.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	missing(t, strings.Join(names, " or "))
	return ""
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("GOLDBELL_TEST_PGCLIENTS") == "must" {
		t.Fatalf("GOLDBELL_TEST_PGCLIENTS=must, and there is no %s", what)
	}
	t.Skipf("NOT TESTED: there is no %s (scripts/test-deps pgclients installs it)", what)
}

// run runs a program to its end, with the port's address in its environment.
func (h *house) run(t *testing.T, in string, name string, args ...string) string {
	t.Helper()
	out, err := h.try(in, name, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
	return out
}

func (h *house) try(in, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	host, port, _ := strings.Cut(h.addr, ":")
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER="+user, "PGPASSWORD="+password, "PGDATABASE="+user,
		"LC_ALL=C.UTF-8", "PSQLRC=/dev/null", "PAGER=cat", "TERM=dumb")
	c.Stdin = strings.NewReader(in)
	out, err := c.CombinedOutput()
	return string(out), err
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

func TestPsql(t *testing.T) {
	psql := program(t, "psql")
	h := open(t, 200)
	file := filepath.Join(t.TempDir(), "out.csv")
	out := h.run(t, `
\set ON_ERROR_STOP on
\pset format unaligned
\d
\d customer
\d+ customer
\dn
\dv
\df
\l
\du
\conninfo
SELECT id, phone FROM customer WHERE id IN (5, 150) ORDER BY id;
\x
SELECT name FROM customer WHERE id = 6;
\x
SELECT id FROM customer WHERE phone = '13900000008' \gset
\echo gset :id
\copy (SELECT id, company FROM customer WHERE id < 4 ORDER BY id) TO '`+file+`' CSV
CREATE TEMP TABLE t (a bigint, b text);
\copy t FROM '`+file+`' CSV
SELECT 'copied ' || count(*) FROM t;
`, psql, "-q")
	for _, want := range []string{"goldbell|customer|view", "phone|text", "5|13900000005", "150|***", "name|name 6", "gset 8", "copied 3", "no-grant"} {
		if !strings.Contains(out, want) {
			t.Errorf("psql did not say %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

func TestPsqlCopiesNoPlaceholderIn(t *testing.T) {
	psql := program(t, "psql")
	h := open(t, 10)
	file := filepath.Join(t.TempDir(), "out.csv")
	h.run(t, `\copy (SELECT phone FROM customer) TO '`+file+`'`, psql)
	b, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(b, []byte(prefix)) || bytes.Contains(b, []byte("1390000")) {
		t.Fatalf("COPY TO gave other than placeholders (%v)", err)
	}
	out, err := h.try("\\set ON_ERROR_STOP on\nCREATE TEMP TABLE t (p text);\n\\copy t FROM '"+file+"'\n", psql)
	if err == nil || !strings.Contains(out, "pg-placeholder") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestPsqlCompletes presses the tabulator.
func TestPsqlCompletes(t *testing.T) {
	psql, script := program(t, "psql"), program(t, "script")
	h := open(t, 10)
	host, port, _ := strings.Cut(h.addr, ":")
	c := exec.Command(script, "-qec", psql+" -q", "/dev/null")
	c.Env = append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER="+user, "PGPASSWORD="+password, "PGDATABASE="+user, "PSQLRC=/dev/null", "TERM=dumb", "LC_ALL=C.UTF-8", "PAGER=cat")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(in, "SELECT count(*) AS counted FROM goldbell.custom\t;\n\\q\n")
	if err := c.Wait(); err != nil || !strings.Contains(out.String(), "goldbell.customer") || !strings.Contains(out.String(), "10") {
		t.Errorf("%v: %q", err, out.String())
	}
}

func TestPgbench(t *testing.T) {
	bench := program(t, "pgbench")
	h := open(t, 100)
	file := filepath.Join(t.TempDir(), "read.sql")
	if err := os.WriteFile(file, []byte("\\set n random(1, 98)\nSELECT phone FROM customer WHERE id = :n;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"simple", "extended", "prepared"} {
		out := h.run(t, "", bench, "-n", "-M", mode, "-c", "8", "-t", "50", "-f", file)
		if !strings.Contains(out, "400/400") {
			t.Errorf("%s: %s", mode, out)
		}
	}
}

func TestPgDump(t *testing.T) {
	dump := program(t, "pg_dump")
	h := open(t, 10)
	out := h.run(t, "", dump, "-n", "goldbell", "--no-owner")
	if !strings.Contains(out, "CREATE VIEW goldbell.customer") || strings.Contains(out, "1390000") {
		t.Errorf("pg_dump: %s", out)
	}
	if out, err := h.try("", dump, "-t", "public.customer"); err == nil || strings.Contains(out, "1390000") {
		t.Errorf("pg_dump of the raw table: %v %s", err, out)
	}
}

const jdbcDriver = "/usr/share/java/postgresql.jar"

func TestJDBC(t *testing.T) {
	java := program(t, "java")
	program(t, "javac") // runs a source file
	if _, err := os.Stat(jdbcDriver); err != nil {
		missing(t, jdbcDriver)
	}
	h := open(t, 200)
	u := "jdbc:postgresql://" + h.addr + "/" + url.PathEscape(user) + "?binaryTransfer=true"
	got := lines(h.run(t, "", java, "-cp", jdbcDriver, "testdata/clients/Jdbc.java", u, user, password))
	want := []string{"server PostgreSQL", "table customer VIEW", "column id int8", "column name text", "column phone text", "column company text", "types true"}
	for i := 1; i <= 8; i++ {
		want = append(want, fmt.Sprintf("row %d 139%08d name %d", i, i, i))
	}
	for i := 1; i <= 8; i++ {
		want = append(want, "parameters varchar", fmt.Sprintf("found %d", i))
	}
	want = append(want, "any 3", "any 4", "fetched 100 100", "warned true", "updated 3", "refused 0A000")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the driver read (-want +got):\n%s", diff)
	}
}

func TestPsycopg(t *testing.T) {
	python := "/usr/bin/python3" // the distribution's, which has the distribution's modules
	if exec.Command(python, "-c", "import psycopg2").Run() != nil {
		missing(t, "python3-psycopg2")
	}
	h := open(t, 200)
	got := lines(h.run(t, "", python, "testdata/clients/psycopg.py", h.dsn()))
	want := []string{
		"row 1 13900000001 name 1", "row 2 13900000002 name 2", "row 150 *** ***", "found 7", "any [7, 8]", "cursor 200 100",
		"copied ['1\\tcompany 1', '2\\tcompany 2']", "stored 2", "refused 0A000", "notices True",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what psycopg read (-want +got):\n%s", diff)
	}
}
