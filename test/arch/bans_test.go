package arch

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// A ban holds everywhere in the product except in the places named: directories
// from the root, with what lies below them.
type ban struct {
	what   string
	except []string
	why    string
}

var edge = []string{"cmd", "internal/server", "internal/cli", "internal/demo"}

var bannedImports = []ban{
	{"math/rand", nil, "randomness is handed in"},
	{"math/rand/v2", nil, "randomness is handed in"},
	{"unsafe", nil, "no memory tricks beside personal information"},
	{"net/http/pprof", nil, "a heap dump is a way out past the ledger"},
	{"database/sql", []string{"internal/store"}, "SQL lives in store"},
	{"modernc.org/sqlite", []string{"internal/store"}, "SQL lives in store"},
	{"github.com/jackc/pgx/v5", []string{"internal/store"}, "SQL lives in store"},
	{"github.com/jackc/pgx/v5/stdlib", []string{"internal/store"}, "SQL lives in store"},
	{"github.com/jackc/pgx/v5/pgxpool", []string{"internal/store"}, "SQL lives in store"},
}

// bannedCalls are written as import path, dot, name; a bare name is a builtin.
var bannedCalls = []ban{
	{"time.Now", edge, "the clock is handed in"},
	{"time.Since", edge, "the clock is handed in"},
	{"time.Until", edge, "the clock is handed in"},
	{"github.com/goldbell/goldbell/internal/policy.LoadWithout", nil, "no shipped rule is ever taken out"},
	{"fmt.Print", []string{"cmd", "internal/cli", "internal/demo"}, "output is handed in"},
	{"fmt.Printf", []string{"cmd", "internal/cli", "internal/demo"}, "output is handed in"},
	{"fmt.Println", []string{"cmd", "internal/cli", "internal/demo"}, "output is handed in"},
	{"print", nil, "output is handed in"},
	{"println", nil, "output is handed in"},
	{"net/http.DefaultClient", nil, "a client needs a timeout"},
	{"net/http.Get", nil, "it uses the default client"},
	{"net/http.Head", nil, "it uses the default client"},
	{"net/http.Post", nil, "it uses the default client"},
	{"net/http.PostForm", nil, "it uses the default client"},
}

// revealers may turn a pii.Value into its text: what reads input, seals, opens,
// or puts a value into its form for an answer or a carrier.
var revealers = []string{"internal/pii", "internal/intake", "internal/vault", "internal/door", "internal/dial", "internal/casework", "internal/httpapi", "internal/courier", "internal/pages", "internal/pgwire", "internal/cli"}

func (b ban) allows(f *goFile) bool { return within(f.dir, b.except) }

func within(dir string, places []string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return dir == p || strings.HasPrefix(dir, p+"/") })
}

func checkBannedImports(tr *tree) []string {
	var wrong []string
	for _, f := range tr.product() {
		imports := f.imports()
		for _, b := range bannedImports {
			if _, ok := imports[b.what]; ok && !b.allows(f) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %s (%s)", f.path, b.what, b.why))
			}
		}
	}
	return wrong
}

func checkBannedCalls(tr *tree) []string {
	var wrong []string
	for _, f := range tr.product() {
		wrong = append(wrong, f.bannedCalls(tr)...)
	}
	return wrong
}

func (f *goFile) bannedCalls(tr *tree) []string {
	byName := map[string]string{}
	for p, name := range f.imports() {
		byName[name] = p
	}
	var wrong []string
	report := func(at ast.Node, called string) {
		for _, b := range bannedCalls {
			if b.what == called && !b.allows(f) {
				wrong = append(wrong, fmt.Sprintf("%s: %s (%s)", tr.fset.Position(at.Pos()), b.what, b.why))
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // a function's value is caught as well as its call
			if pkg, ok := n.X.(*ast.Ident); ok && byName[pkg.Name] != "" {
				report(n, byName[pkg.Name]+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok {
				report(n, name.Name)
			}
		}
		return true
	})
	return wrong
}

// checkReveal works by the method's name, so no other type may have one of it.
func checkReveal(tr *tree) []string {
	var wrong []string
	for _, f := range tr.product() {
		if within(f.dir, revealers) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Reveal" {
				wrong = append(wrong, fmt.Sprintf("%s: Reveal outside %s", tr.fset.Position(s.Pos()), strings.Join(revealers, ", ")))
			}
			return true
		})
	}
	return wrong
}

// sizeLimit is the tested limit; 500 is what we aim at.
const sizeLimit = 800

// tooLong are the files that may be longer, by name, each with its reason.
var tooLong = map[string]string{}

func checkSizes(tr *tree) []string {
	var wrong []string
	for _, f := range tr.files {
		n := strings.Count(tr.text[f.path], "\n")
		if _, excepted := tooLong[f.path]; n > sizeLimit && !excepted {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines, over %d", f.path, n, sizeLimit))
		}
	}
	return wrong
}

// checkPackageComments: exactly one package comment per package, so that there is
// one place that says what it is for. A directory of tests only has it in a test.
func checkPackageComments(tr *tree) []string {
	var wrong []string
	for _, dir := range sorted(tr.packages) {
		files := tr.packages[dir]
		product := slices.DeleteFunc(slices.Clone(files), func(f *goFile) bool { return f.isTest })
		if len(product) > 0 {
			files = product
		}
		n := 0
		for _, f := range files {
			if f.ast.Doc != nil {
				n++
			}
		}
		if n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s: %d package comments instead of one", dir, n))
		}
	}
	return wrong
}
