package arch

import (
	"fmt"
	"strconv"
	"strings"
)

const planFile = "internal/floors.txt"

// toCome are packages on the plan that are not built yet. The list only shrinks.
var toCome []string

// importers says who alone may import a package, besides tests: what opens,
// holds keys or speaks SQL is reached from few places.
var importers = map[string][]string{
	"vault":   {"door", "store", "server"},
	"keyring": {"vault", "ledger", "server"},
	"store":   {"server"},
}

// plan reads the floor of each package.
func (tr *tree) plan() (map[string]int, []string) {
	text, ok := tr.text[planFile]
	if !ok {
		return nil, []string{planFile + " is missing"}
	}
	floors := map[string]int{}
	var wrong []string
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s:%d: a floor's number is needed", planFile, i+1))
			continue
		}
		for _, name := range words[1:] {
			if _, twice := floors[name]; twice {
				wrong = append(wrong, fmt.Sprintf("%s:%d: %s is on two floors", planFile, i+1, name))
			}
			floors[name] = n
		}
	}
	return floors, wrong
}

// checkFloors: imports go strictly downward, and packages on one floor do not
// import each other. Tests may look up: an outer test of a low package may build
// the real thing above it.
func checkFloors(tr *tree) []string {
	floors, wrong := tr.plan()
	for _, f := range tr.product() {
		me := house(f.dir)
		if me == "" {
			continue
		}
		mine, ok := floors[me]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s: package %s is not on the plan", f.path, me))
			continue
		}
		for _, p := range sorted(f.imports()) {
			inner, ok := strings.CutPrefix(p, module+"/")
			if !ok || house(inner) == me || inner == "proof" {
				continue
			}
			you := house(inner)
			if you == "" {
				wrong = append(wrong, fmt.Sprintf("%s: internal imports %s", f.path, inner))
			} else if theirs, ok := floors[you]; ok && theirs >= mine {
				wrong = append(wrong, fmt.Sprintf("%s: %s (floor %d) imports %s (floor %d)", f.path, me, mine, you, theirs))
			}
		}
	}
	return wrong
}

// checkPlanIsBuilt: the plan names no package that does not exist.
func checkPlanIsBuilt(tr *tree) []string {
	floors, wrong := tr.plan()
	built := map[string]bool{}
	for dir := range tr.packages {
		built[house(dir)] = true
	}
	for _, name := range toCome {
		built[name] = true
	}
	for _, name := range sorted(floors) {
		if !built[name] {
			wrong = append(wrong, fmt.Sprintf("%s: there is no package %s", planFile, name))
		}
	}
	return wrong
}

// checkImporters: the guarded packages are imported from where the list says and
// nowhere else, and helper packages only by tests.
func checkImporters(tr *tree) []string {
	var wrong []string
	for _, f := range tr.product() {
		for _, p := range sorted(f.imports()) {
			inner, ok := strings.CutPrefix(p, module+"/")
			if !ok {
				continue
			}
			if isTestHelper(inner) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %s, which is for tests", f.path, inner))
			}
			you := house(inner)
			if allowed, guarded := importers[you]; guarded && house(f.dir) != you && !contains(allowed, house(f.dir)) {
				wrong = append(wrong, fmt.Sprintf("%s: only %s may import %s", f.path, strings.Join(allowed, ", "), you))
			}
		}
	}
	return wrong
}

// checkProof: a stranger can build the verifier from the standard library and
// golang.org/x/mod.
func checkProof(tr *tree) []string {
	var wrong []string
	for _, f := range tr.product() {
		if f.dir != "proof" && !strings.HasPrefix(f.dir, "proof/") {
			continue
		}
		for _, p := range sorted(f.imports()) {
			host, _, _ := strings.Cut(p, "/")
			own := p == module+"/proof" || strings.HasPrefix(p, module+"/proof/")
			if strings.Contains(host, ".") && !own && !strings.HasPrefix(p, "golang.org/x/mod/") {
				wrong = append(wrong, fmt.Sprintf("%s: proof imports %s", f.path, p))
			}
		}
	}
	return wrong
}

// contains treats an empty name (outside internal) as never allowed.
func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name && name != "" {
			return true
		}
	}
	return false
}
