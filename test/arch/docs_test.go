package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The words and places are put together here so that this file does not hold them.
var (
	forbiddenWords = []string{"100" + " %", "100" + "%", "anony" + "mous", "proves " + "guilt", "prove " + "guilt"}
	machinePlaces  = []string{"/" + "work/", "/" + "root/", "/" + "home/", "farm" + "-", "GO" + "PROXY=", "--regi" + "stry",
		"--index" + "-url", "proxy." + "golang.org", "registry." + "npmjs.org", "npm" + "mirror", "deb." + "debian.org", "go" + "proxy."}
)

func checkWords(tr *tree) []string {
	return tr.find(forbiddenWords, func(p string) bool { return strings.HasSuffix(p, ".go") || strings.HasSuffix(p, ".md") })
}

func checkPlaces(tr *tree) []string {
	return tr.find(machinePlaces, func(string) bool { return true })
}

// find reports each line of the chosen files that holds one of the words.
func (tr *tree) find(words []string, in func(path string) bool) []string {
	var wrong []string
	for _, p := range sorted(tr.text) {
		if !in(p) {
			continue
		}
		for i, line := range strings.Split(strings.ToLower(tr.text[p]), "\n") {
			for _, w := range words {
				if strings.Contains(line, strings.ToLower(w)) {
					wrong = append(wrong, fmt.Sprintf("%s:%d: %q", p, i+1, w))
				}
			}
		}
	}
	return wrong
}

// testName is a test as documents name it: `ledger.TestAppend`, or with a script
// of its package, `goldbell.TestScripts/erase_then_restore`.
var testName = regexp.MustCompile("`([a-z][a-z0-9_]*)\\.((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)(?:/([a-z0-9_]+))?`")

// checkTestNames: a test that a document names exists.
func checkTestNames(tr *tree) []string {
	tests := tr.tests()
	var wrong []string
	for _, p := range sorted(tr.text) {
		if !strings.HasSuffix(p, ".md") {
			continue
		}
		for _, m := range testName.FindAllStringSubmatch(tr.text[p], -1) {
			dirs := tests[m[1]+"."+m[2]]
			if len(dirs) == 0 {
				wrong = append(wrong, fmt.Sprintf("%s: there is no test %s.%s", p, m[1], m[2]))
			} else if m[3] != "" && !slices.ContainsFunc(dirs, func(d string) bool { return tr.hasScript(d, m[3]) }) {
				wrong = append(wrong, fmt.Sprintf("%s: %s.%s has no script %s", p, m[1], m[2], m[3]))
			}
		}
	}
	return wrong
}

func (tr *tree) hasScript(dir, name string) bool {
	_, ok := tr.text[path.Join(dir, "testdata/script", name+".txtar")]
	return ok
}

// tests returns the directories of each test under its short name.
func (tr *tree) tests() map[string][]string {
	out := map[string][]string{}
	decl := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	for _, f := range tr.files {
		if !f.isTest {
			continue
		}
		for _, m := range decl.FindAllStringSubmatch(tr.text[f.path], -1) {
			name := path.Base(f.dir) + "." + m[1]
			out[name] = append(out[name], f.dir)
		}
	}
	return out
}

const (
	threatFile  = "docs/THREAT_MODEL.md"
	threatHead  = "| threat | claim | mechanism (package) | test | what remains |"
	noTest      = "— no test yet"
	archFile    = "docs/ARCHITECTURE.md"
	depsFile    = "docs/dependencies.md"
	glossFile   = "docs/GLOSSARY.md"
	readmeFile  = "README.md"
	readmeLimit = 120
)

// checkThreatModel: every row of the table says all five things, and its test
// column either names tests or owns up to having none.
func checkThreatModel(tr *tree) []string {
	_, rest, ok := strings.Cut(tr.text[threatFile], threatHead+"\n")
	if !ok {
		return []string{threatFile + ": no table with the head " + threatHead}
	}
	var wrong []string
	rows := 0
	for _, line := range strings.Split(rest, "\n")[1:] { // [0] is the rule under the head
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows++
		wrong = append(wrong, threatRow(line)...)
	}
	if rows == 0 {
		wrong = append(wrong, threatFile+": the table is empty")
	}
	return wrong
}

func threatRow(line string) []string {
	cells := strings.Split(strings.Trim(line, "|"), "|")
	if len(cells) != 5 {
		return []string{fmt.Sprintf("%s: %d cells instead of 5: %.60s", threatFile, len(cells), line)}
	}
	for _, c := range cells {
		if strings.TrimSpace(c) == "" {
			return []string{fmt.Sprintf("%s: an empty cell: %.60s", threatFile, line)}
		}
	}
	if test := strings.TrimSpace(cells[3]); test != noTest && !testName.MatchString(test) {
		return []string{fmt.Sprintf("%s: the test column needs a test's name or %q: %.60s", threatFile, noTest, line)}
	}
	return nil
}

// checkArchitecture: the floor plan that people read is the one that is enforced,
// and each package that exists is described.
func checkArchitecture(tr *tree) []string {
	text, ok := tr.text[archFile]
	if !ok {
		return []string{archFile + " is missing"}
	}
	var wrong []string
	if !strings.Contains(text, "```\n"+strings.TrimSpace(tr.text[planFile])+"\n```") {
		wrong = append(wrong, archFile+": its floor plan differs from "+planFile)
	}
	described := map[string]bool{}
	for _, dir := range sorted(tr.packages) {
		name := house(dir)
		if name != "" && !described[name] && !strings.Contains(text, "| `"+name+"` |") {
			wrong = append(wrong, fmt.Sprintf("%s: package %s is not described", archFile, name))
		}
		described[name] = true
	}
	return wrong
}

var directRequire = regexp.MustCompile(`(?m)^(?:\t|require |tool )([a-z0-9][\w.-]*\.[\w.-]+/\S+)( v\S+)?(.*)$`)

// checkDependencies: every direct dependency and tool of go.mod has its row.
func checkDependencies(tr *tree) []string {
	var wrong []string
	for _, m := range directRequire.FindAllStringSubmatch(tr.text["go.mod"], -1) {
		if strings.Contains(m[3], "// indirect") {
			continue
		}
		name, _, _ := strings.Cut(m[1], "/cmd/") // a tool is listed by its module
		if !strings.Contains(tr.text[depsFile], "| "+name+" |") {
			wrong = append(wrong, fmt.Sprintf("%s: no row for %s", depsFile, name))
		}
	}
	return wrong
}

var identifier = regexp.MustCompile("`([a-z]+)\\.([A-Z]\\w*)`")

// checkGlossary: an identifier that the glossary gives for a word exists.
func checkGlossary(tr *tree) []string {
	declared := map[string]bool{}
	for _, f := range tr.product() {
		for name := range f.declared() {
			declared[path.Base(f.dir)+"."+name] = true
		}
	}
	var wrong []string
	for _, m := range identifier.FindAllStringSubmatch(tr.text[glossFile], -1) {
		if name := m[1] + "." + m[2]; !declared[name] {
			wrong = append(wrong, fmt.Sprintf("%s: the code has no %s", glossFile, name))
		}
	}
	return wrong
}

// declared returns the names a file declares at its top level.
func (f *goFile) declared() map[string]bool {
	out := map[string]bool{}
	for _, d := range f.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				out[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out[n.Name] = true
					}
				}
			}
		}
	}
	return out
}

func checkReadme(tr *tree) []string {
	text, ok := tr.text[readmeFile]
	if !ok {
		return []string{readmeFile + " is missing"}
	}
	if n := strings.Count(text, "\n"); n > readmeLimit {
		return []string{fmt.Sprintf("%s: %d lines, over %d", readmeFile, n, readmeLimit)}
	}
	return nil
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// checkLinks: a relative link leads to a file or directory of the tree.
func checkLinks(tr *tree) []string {
	var wrong []string
	for _, p := range sorted(tr.text) {
		if !strings.HasSuffix(p, ".md") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(tr.text[p], -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if !tr.exists(path.Join(path.Dir(p), target)) {
				wrong = append(wrong, fmt.Sprintf("%s: the link to %s leads nowhere", p, target))
			}
		}
	}
	return wrong
}

func (tr *tree) exists(p string) bool {
	if _, ok := tr.text[p]; ok {
		return true
	}
	for have := range tr.text {
		if strings.HasPrefix(have, p+"/") {
			return true
		}
	}
	return false
}
