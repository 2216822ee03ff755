// Package arch checks what no compiler does: the floors, the bans, and that the
// documents say what is true of the tree.
//
// Its one invariant: each check has been seen to fail, on a small made-up tree
// in TestEachCheckFails. It judges text and imports only and runs no product
// code.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/goldbell/goldbell"

// checks are the rules of the house. Each returns what it found wrong, one
// sentence per place.
var checks = map[string]func(*tree) []string{
	"floors":           checkFloors,
	"plan is built":    checkPlanIsBuilt,
	"importers":        checkImporters,
	"banned imports":   checkBannedImports,
	"banned calls":     checkBannedCalls,
	"reveal":           checkReveal,
	"proof":            checkProof,
	"package comments": checkPackageComments,
	"file sizes":       checkSizes,
	"forbidden words":  checkWords,
	"machine paths":    checkPlaces,
	"test names":       checkTestNames,
	"threat model":     checkThreatModel,
	"architecture":     checkArchitecture,
	"dependencies":     checkDependencies,
	"glossary":         checkGlossary,
	"readme":           checkReadme,
	"links":            checkLinks,
}

func TestRepository(t *testing.T) {
	tr, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.packages) == 0 {
		t.Fatal("no Go package found: these checks would pass on nothing")
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range check(tr) {
				t.Error(wrong)
			}
		})
	}
}

// tree is the repository as the checks see it.
type tree struct {
	fset     *token.FileSet
	text     map[string]string // every text file by its path from the root
	files    []*goFile         // in order of path
	packages map[string][]*goFile
}

type goFile struct {
	path   string
	dir    string
	ast    *ast.File
	isTest bool
}

// unseen are directories that hold what tools made, not what people wrote.
var unseen = []string{".git", "node_modules", "dist", "bin", "demo-data", "demo-data.keys"}

// textual are the file names and endings whose text is checked.
var textual = []string{".go", ".md", ".txt", ".txtar", ".sql", ".json", ".yaml", ".yml", ".toml", ".html", ".svg",
	".css", ".ts", ".tsx", ".js", ".cedar", ".sh", ".door", ".mod", "Makefile", "LICENSE", "run", "test-deps", ".npmrc", ".gitignore"}

func load(root fs.FS) (*tree, error) {
	tr := &tree{fset: token.NewFileSet(), text: map[string]string{}, packages: map[string][]*goFile{}}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(unseen, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !slices.ContainsFunc(textual, func(s string) bool { return strings.HasSuffix(p, s) }) {
			return nil
		}
		b, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		tr.text[p] = string(b)
		if strings.HasSuffix(p, ".go") {
			return tr.parse(p, b)
		}
		return nil
	})
	return tr, err
}

func (tr *tree) parse(p string, src []byte) error {
	f, err := parser.ParseFile(tr.fset, p, src, parser.ParseComments)
	if err != nil {
		return err
	}
	g := &goFile{path: p, dir: path.Dir(p), ast: f, isTest: strings.HasSuffix(p, "_test.go")}
	tr.files = append(tr.files, g)
	tr.packages[g.dir] = append(tr.packages[g.dir], g)
	return nil
}

// product returns the files that are part of the product: no tests, and no
// packages that only tests may import.
func (tr *tree) product() []*goFile {
	var out []*goFile
	for _, f := range tr.files {
		if !f.isTest && !isTestHelper(f.dir) && !strings.HasPrefix(f.dir, "test/") {
			out = append(out, f)
		}
	}
	return out
}

// isTestHelper reports whether a directory holds a package for tests only: its
// name ends in test (storetest, pgtest).
func isTestHelper(dir string) bool { return strings.HasSuffix(path.Base(dir), "test") }

// house returns the package on the floor plan that a directory belongs to
// (internal/store/migrations belongs to store), or "" outside internal.
func house(dir string) string {
	rest, ok := strings.CutPrefix(dir+"/", "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// imports returns a file's imports with the name each is used under.
func (f *goFile) imports() map[string]string {
	out := map[string]string{}
	for _, spec := range f.ast.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		name := path.Base(p)
		if isMajor(name) {
			name = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[p] = name
	}
	return out
}

func isMajor(s string) bool {
	return len(s) > 1 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
}

// sorted returns m's keys in order, so that findings come in the same order.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
