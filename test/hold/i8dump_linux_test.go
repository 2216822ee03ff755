package hold

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/server"
)

// hardened tells what the kernel says of a process before and after it hardened
// itself.
func hardened() int {
	unhardened, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return 1
	}
	if err := server.Harden(); err != nil {
		return 1
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return 1
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil {
		return 1
	}
	fmt.Printf("%d %d %d %d\n", unhardened, dumpable, core.Cur, core.Max)
	return 0
}

// TestI8ProcessIsNotDumpable asks the kernel, the running server and the program's
// source for ways to a copy of the memory.
func TestI8ProcessIsNotDumpable(t *testing.T) {
	out, code := dies(t, "harden", job{})
	var before, dumpable int
	var cur, limit uint64
	if _, err := fmt.Sscan(string(out), &before, &dumpable, &cur, &limit); err != nil || code != 0 {
		t.Fatalf("exit code %d, %q", code, out)
	}
	if before == 0 {
		t.Error("the process was not dumpable before either: this test saw nothing")
	}
	if dumpable != 0 || cur != 0 || limit != 0 {
		t.Errorf("dumpable %d, core files up to %d of %d bytes", dumpable, cur, limit)
	}
	source, err := os.ReadFile("../../cmd/goldbell/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "main.go", source, 0); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(source), "func main() {\n")
	if first, _, _ := strings.Cut(strings.TrimSpace(body), "\n"); first != "if err := server.Harden(); err != nil {" {
		t.Errorf("the first thing the program does is %q", first)
	}
	deps, err := exec.Command("go", "list", "-deps", "github.com/goldbell/goldbell/cmd/goldbell").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(deps))
	if !slices.Contains(all, "net/http") || slices.Contains(all, "net/http/pprof") {
		t.Error("the program is linked with a profiler's listener")
	}
	s := serve(t, t.TempDir(), "")
	for _, base := range []string{s.base, strings.TrimSuffix(s.metrics, "/metrics")} {
		s.base = base
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine?debug=2", "/debug/vars"} {
			r := s.get(path, "officer")
			if r.status != 404 && !strings.Contains(string(r.body), "goldbell_http_requests_total") {
				t.Errorf("%s answers %d", path, r.status)
			}
		}
	}
}
