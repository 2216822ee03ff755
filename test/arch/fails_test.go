package arch

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// sound is a small tree on which every check is content. It holds what the real
// one has: two floors, a helper for tests, a threat model.
var sound = map[string]string{
	"go.mod":              "module " + module + "\n\nrequire (\n\texample.org/used v1.0.0\n\texample.org/far v1.0.0 // indirect\n)\n",
	"README.md":           "See [the plan](docs/ARCHITECTURE.md#floors) and [elsewhere](https://example.org/).\n",
	planFile:              "# plan\n0 fault\n1 pii\n4 vault\n5 door\n8 store\n",
	archFile:              "# Plan\n```\n# plan\n0 fault\n1 pii\n4 vault\n5 door\n8 store\n```\n| `fault` | kinds |\n| `pii` | values |\n| `vault` | custody |\n| `door` | the point |\n| `store` | SQL |\n",
	threatFile:            threatHead + "\n|---|---|---|---|---|\n| a thief | none | `pii` | `pii.TestMask` | little |\n| a ghost | none | `pii` | " + noTest + " | all |\n",
	depsFile:              "| example.org/used | why |\n",
	glossFile:             "| 存 | `store.Kept` |\n",
	"internal/fault/f.go": "// Package fault has kinds.\npackage fault\n",
	"internal/pii/p.go":   "// Package pii has values.\npackage pii\n\nimport _ \"" + module + "/internal/fault\"\n\ntype Value int\n\nfunc (Value) String() string { return \"\" }\n",
	"internal/pii/p_test.go": "package pii\n\nimport (\n\t_ \"math/rand\"\n\t_ \"" + module + "/internal/vault\"\n)\n\n" +
		"func TestMask(t *testing.T) {}\n",
	"internal/vault/v.go":           "// Package vault keeps.\npackage vault\n\nfunc f(v interface{ Reveal() string }) string { return v.Reveal() }\n",
	"internal/door/d.go":            "// Package door stands.\npackage door\n\nimport _ \"" + module + "/internal/vault\"\n",
	"internal/store/s.go":           "// Package store stores.\npackage store\n\nimport _ \"database/sql\"\n\nconst Kept = 1\n",
	"internal/store/storetest/s.go": "// Package storetest helps.\npackage storetest\n\nimport _ \"" + module + "/internal/store\"\n",
	"proof/p.go":                    "// Package proof verifies.\npackage proof\n\nimport (\n\t_ \"crypto/sha256\"\n\t_ \"golang.org/x/mod/sumdb/note\"\n)\n",
	"cmd/goldbell/main.go":          "// Command goldbell starts.\npackage main\n\nimport \"time\"\n\nvar _ = time.Now\n",
}

func run(t *testing.T, name string, files map[string]string) []string {
	t.Helper()
	root := fstest.MapFS{}
	for p, text := range files {
		root[p] = &fstest.MapFile{Data: []byte(text)}
	}
	tr, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	return checks[name](tr)
}

func TestSoundTreePasses(t *testing.T) {
	for name := range checks {
		if wrong := run(t, name, sound); len(wrong) > 0 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// TestEachCheckFails puts one thing wrong into the sound tree at a time.
func TestEachCheckFails(t *testing.T) {
	use := func(pkg, path string) string {
		return "// Package " + pkg + " is here.\npackage " + pkg + "\n\nimport _ \"" + path + "\"\n"
	}
	call := func(pkg, path, expr string) string {
		return "// Package " + pkg + " is here.\npackage " + pkg + "\n\nimport \"" + path + "\"\n\nvar _ = " + expr + "\n"
	}
	cases := []struct {
		check, file, text, want string
	}{
		{"floors", "internal/fault/f.go", use("fault", module+"/internal/pii"), "fault (floor 0) imports pii (floor 1)"},
		{"floors", "internal/fault/f.go", use("fault", module+"/cmd/goldbell"), "internal imports cmd/goldbell"},
		{"floors", planFile, "0 fault\n1 pii\n1 vault\n1 door\n8 store\n", "door (floor 1) imports vault (floor 1)"},
		{"floors", planFile, "0 fault\n4 vault\n5 door\n8 store\n", "package pii is not on the plan"},
		{"floors", planFile, sound[planFile] + "9 pii\n", "pii is on two floors"},
		{"floors", planFile, sound[planFile] + "attic law\n", "a floor's number is needed"},
		{"plan is built", planFile, sound[planFile] + "9 cellar\n", "there is no package cellar"},
		{"importers", "internal/pii/p.go", use("pii", module+"/internal/vault"), "only door, store, server may import vault"},
		{"importers", "internal/door/d.go", use("door", module+"/internal/keyring"), "may import keyring"},
		{"importers", "cmd/goldbell/main.go", use("main", module+"/internal/store"), "only server may import store"},
		{"importers", "internal/store/s.go", use("store", module+"/internal/store/storetest"), "which is for tests"},
		{"banned imports", "internal/pii/p.go", use("pii", "math/rand"), "math/rand"},
		{"banned imports", "internal/pii/p.go", use("pii", "math/rand/v2"), "math/rand/v2"},
		{"banned imports", "internal/pii/p.go", use("pii", "unsafe"), "unsafe"},
		{"banned imports", "cmd/goldbell/main.go", use("main", "net/http/pprof"), "net/http/pprof"},
		{"banned imports", "internal/door/d.go", use("door", "database/sql"), "database/sql"},
		{"banned imports", "internal/storeroom/d.go", use("storeroom", "database/sql"), "database/sql"},
		{"banned calls", "internal/pii/p.go", call("pii", "time", "time.Now()"), "time.Now"},
		{"banned calls", "internal/pii/p.go", strings.Replace(call("pii", "time", "clock.Now"), `"time"`, `clock "time"`, 1), "time.Now"},
		{"banned calls", "internal/pii/p.go", call("pii", "time", "time.Since(time.Time{})"), "time.Since"},
		{"banned calls", "internal/pii/p.go", call("pii", "fmt", "fmt.Println"), "fmt.Println"},
		{"banned calls", "internal/pii/p.go", sound["internal/pii/p.go"] + "\nfunc f() { println(1) }\n", "println"},
		{"banned calls", "cmd/goldbell/main.go", call("main", "net/http", "http.DefaultClient"), "net/http.DefaultClient"},
		{"banned calls", "cmd/goldbell/main.go", call("main", "net/http", "http.Get"), "net/http.Get"},
		{"reveal", "internal/store/s.go", strings.ReplaceAll(sound["internal/vault/v.go"], "vault", "store"), "Reveal outside"},
		{"proof", "proof/p.go", use("proof", "github.com/google/go-cmp/cmp"), "proof imports github.com"},
		{"proof", "proof/p.go", use("proof", module+"/internal/pii"), "proof imports " + module},
		{"package comments", "internal/pii/p.go", "package pii\n", "internal/pii: 0 package comments"},
		{"package comments", "internal/pii/q.go", "// Package pii again.\npackage pii\n", "internal/pii: 2 package comments"},
		{"file sizes", "internal/pii/p.go", sound["internal/pii/p.go"] + strings.Repeat("\n", sizeLimit), "p.go: 80"},
		{"forbidden words", "README.md", "It is 100" + "% safe.\n", "README.md:1"},
		{"forbidden words", "internal/pii/p.go", sound["internal/pii/p.go"] + "// Anony" + "mous data.\n", "p.go:9"},
		{"forbidden words", "docs/x.md", "The record proves " + "guilt.\n", "docs/x.md:1"},
		{"machine paths", "Makefile", "all:\n\tcp /" + "root/x .\n", "Makefile:2"},
		{"machine paths", "web/package-lock.json", `{"resolved": "https://registry.` + `npmjs.org/x"}`, "web/package-lock.json:1"},
		{"test names", archFile, "`pii.TestMissing`", "there is no test pii.TestMissing"},
		{"test names", archFile, "`pii.TestMask/no_such_story`", "pii.TestMask has no script no_such_story"},
		{"threat model", threatFile, strings.Replace(sound[threatFile], "`pii.TestMask`", "trust us", 1), "the test column needs"},
		{"threat model", threatFile, strings.Replace(sound[threatFile], "| little |", "|", 1), "4 cells instead of 5"},
		{"threat model", threatFile, strings.Replace(sound[threatFile], "| little |", "| |", 1), "an empty cell"},
		{"threat model", threatFile, threatHead + "\n|---|---|---|---|---|\n", "the table is empty"},
		{"threat model", threatFile, "No table.\n", "no table with the head"},
		{"architecture", planFile, sound[planFile] + "9 server\n", "its floor plan differs"},
		{"architecture", "internal/law/l.go", "// Package law is new.\npackage law\n", "package law is not described"},
		{"dependencies", depsFile, "Nothing.\n", "no row for example.org/used"},
		{"dependencies", "go.mod", sound["go.mod"] + "\ntool example.org/lint/cmd/lint\n", "no row for example.org/lint"},
		{"glossary", glossFile, "| 值 | `pii.Velue` |\n", "the code has no pii.Velue"},
		{"glossary", glossFile, "| 值 | `pii.String` |\n", "the code has no pii.String"},
		{"readme", readmeFile, strings.Repeat("line\n", readmeLimit+1), "121 lines"},
		{"links", readmeFile, "[gone](docs/gone.md)\n", "the link to docs/gone.md leads nowhere"},
	}
	failed := map[string]bool{}
	for _, c := range cases {
		failed[c.check] = true
		files := maps.Clone(sound)
		files[c.file] = c.text
		wrong := run(t, c.check, files)
		if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, c.want) }) {
			t.Errorf("%s with a bad %s: found %q, want %q", c.check, c.file, wrong, c.want)
		}
	}
	for name := range checks {
		if !failed[name] {
			t.Errorf("no case shows that the check %q can fail", name)
		}
	}
}
