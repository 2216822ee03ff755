package pgtest

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// oldest is the first major version we support (DESIGN.md, "Storage and growth").
const oldest = 15

const absent = "no PostgreSQL 15 or newer was found: install it (Debian: apt-get install postgresql-15) " +
	"or set PGBIN to the directory that holds initdb and pg_ctl"

// need returns the directory of the server's programs, or ends the test: skipped,
// or failed where GOLDBELL_TEST_PG=must.
func need(t testing.TB) string {
	t.Helper()
	bin := find(os.Getenv, filepath.Glob)
	if bin != "" {
		return bin
	}
	if os.Getenv("GOLDBELL_TEST_PG") == "must" {
		t.Fatal(absent)
	}
	t.Skip(absent)
	return ""
}

// find looks where an operator points first, then where Debian and others install
// (newest version first), then along PATH.
func find(getenv func(string) string, glob func(string) ([]string, error)) string {
	if bin := getenv("PGBIN"); bin != "" {
		if hasServer(bin) {
			return bin
		}
		return "" // what was named is not there: do not quietly take another
	}
	if bin := newest(glob, "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"); bin != "" {
		return bin
	}
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		// PATH may hold a link; the programs lie beside what it points to.
		if real, err := filepath.EvalSymlinks(path); err == nil && hasServer(filepath.Dir(real)) {
			return filepath.Dir(real)
		}
	}
	return ""
}

func newest(glob func(string) ([]string, error), patterns ...string) string {
	var found []string
	for _, p := range patterns {
		dirs, err := glob(p)
		if err != nil {
			continue
		}
		for _, d := range dirs {
			if major(d) >= oldest && hasServer(d) {
				found = append(found, d)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(major(a), major(b)) })
}

// major reads the version from the directory's name: …/15/bin, …/pgsql-16/bin.
func major(bin string) int {
	name := filepath.Base(filepath.Dir(bin))
	i := len(name)
	for i > 0 && name[i-1] >= '0' && name[i-1] <= '9' {
		i--
	}
	n, err := strconv.Atoi(name[i:])
	if err != nil {
		return 0
	}
	return n
}

func hasServer(bin string) bool {
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		if info, err := os.Stat(filepath.Join(bin, program)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
