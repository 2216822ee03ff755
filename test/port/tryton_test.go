package port

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// tryton is Debian's Tryton, whose party module keeps customers; scripts/test-deps
// pgclients installs it.
type tryton struct {
	*testing.T
	admin, python string
}

func findTryton(t *testing.T) tryton {
	t.Helper()
	x := tryton{t, "/usr/bin/trytond-admin", "/usr/bin/python3"} // the distribution's, which has the distribution's modules
	_, err := os.Stat(x.admin)
	if err == nil {
		err = exec.Command(x.python, "-c", "import trytond.modules.party, psycopg2").Run()
	}
	if err == nil {
		return x
	}
	if os.Getenv("GOLDBELL_TEST_PGCLIENTS") == "must" {
		t.Fatalf("GOLDBELL_TEST_PGCLIENTS=must, and there is no Tryton with its party module")
	}
	t.Skip("NOT TESTED: there is no Tryton with its party module (scripts/test-deps pgclients installs it)")
	return x
}

// run runs one of its programs against a database and returns what it said.
func (x tryton) run(dsn string, name string, args ...string) string {
	x.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		x.Fatal(err)
	}
	to := url.URL{Scheme: "postgresql", User: url.UserPassword(config.User, config.Password), Host: fmt.Sprintf("%s:%d", config.Host, config.Port), Path: "/"}
	dir := x.TempDir()
	file, pass := filepath.Join(dir, "trytond.conf"), filepath.Join(dir, "password")
	for f, text := range map[string]string{file: "[database]\nuri = " + to.String() + "\n", pass: "secret\n"} {
		if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
			x.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for i, a := range args {
		args[i] = strings.NewReplacer("{config}", file, "{database}", config.Database).Replace(a)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "TRYTONPASSFILE="+pass, "LC_ALL=C.UTF-8")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		x.Fatalf("%s: %v\n%s", filepath.Base(name), err, errs.String())
	}
	return string(out)
}

// TestTryton: an application that is not ours makes its database and its parties; its
// tables are enrolled; its own code reads them through the port.
func TestTryton(t *testing.T) {
	if testing.Short() {
		t.Skip("an application makes its database")
	}
	x := findTryton(t)
	h := found(t, plans{dsn: pgtest.New(t, "fsync=off").Database(t), caps: generous}) // nothing is killed, and Tryton writes much
	x.run(h.raw, x.admin, "-c", "{config}", "-d", "{database}", "--all", "-u", "party", "--activate-dependencies", "--email", "a@example.com")
	x.run(h.raw, x.python, "testdata/tryton_make.py", "{config}", "{database}")
	for _, a := range []httpapi.PostgresAsk{
		{Table: "public.party_party", Subject: []string{"id"}, Protect: []string{"name=name"}},
		{Table: "public.party_contact_mechanism", Subject: []string{"party"}, Protect: []string{"value=phone", "value_compact=phone", "name=name"}},
		{Table: "public.party_address", Subject: []string{"party"}, Protect: []string{"street=address", "name=name", "party_name=name"}},
		{Table: "public.party_identifier", Subject: []string{"party"}, Protect: []string{"code=id_number"}},
		{Table: "public.ir_module", Open: true, Show: []string{"name"}}, {Table: "public.ir_lang", Open: true, Show: []string{"name"}},
	} {
		h.enrol(a)
	}
	h.adopt(20)
	h.serve(server.PortOptions{})
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: h.work(1, 10), Form: pii.Plain})
	h.ok(err)
	through := strings.Replace(h.with(l), "/"+l.Name+"?", "/"+h.database()+"?", 1)
	got := strings.Split(strings.TrimSpace(x.run(through, x.python, "testdata/tryton_read.py", "{config}", "{database}")), "\n")
	want := []string{
		"by name 0A000",
		"3 王小明 3 13900000003 13900000003 *** 杭州", "4 王小明 4 13900000004 13900000004 *** 杭州", "15 *** *** *** *** 杭州",
		"parties 20", "by number []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what Tryton read (-want +got):\n%s", diff)
	}
	if n := len(h.recorded()); n != 10 {
		t.Errorf("the ledger names %d subjects as shown, want the 10 of the work item", n)
	}
}

// database is the name of the company's database.
func (h *house) database() string {
	h.Helper()
	config, err := pgx.ParseConfig(h.raw)
	h.ok(err)
	return config.Database
}
