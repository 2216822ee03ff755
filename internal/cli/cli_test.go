package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/fault"
)

// run runs a command line in a process of its own state.
func run(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(context.Background(), Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test",
		Getenv: func(k string) string { return env[k] }, Clock: func() time.Time { return time.Unix(1_700_000_000, 0) },
	})
	return code, out.String(), errs.String()
}

func TestUsageErrors(t *testing.T) {
	secret := "13800138000"
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing", nil, "no-command"},
		{"typo", []string{"imprt", "x.csv"}, "unknown-command-near import"},
		{"swapped letters", []string{"serev"}, "unknown-command-near serve"},
		{"far from every command", []string{secret}, "unknown-command"},
		{"half a command", []string{"token"}, "unknown-command-near token create"},
		{"typo in the second word", []string{"ledger", "verfy"}, "unknown-command-near ledger verify"},
		{"typo in the first word", []string{"prof", "verify", "x"}, "unknown-command-near proof verify"},
		{"flag with a typo", []string{"import", "--dry-rum", "x.csv"}, "unknown-flag-near dry-run import"},
		{"no such flag", []string{"import", "--" + secret, "x.csv"}, "unknown-flag import"},
		{"flag without its value", []string{"import", "x.csv", "--merge-by"}, "flag-needs-value merge-by"},
		{"number", []string{"demo", "--seed", secret + "x"}, "flag-value seed"},
		{"switch with a value", []string{"import", "x.csv", "--dry-run=" + secret}, "flag-value dry-run"},
		{"day", []string{"trace", "--data", "d", "--from", secret}, "flag-value from"},
		{"no file", []string{"import", "--dry-run"}, "missing-argument FILE import"},
		{"two files", []string{"import", "a", secret}, "extra-argument import"},
		{"argument where none belongs", []string{"serve", secret}, "extra-argument serve"},
		{"case and data", []string{"trace", "--case", "c", "--data", "d"}, "trace-both"},
		{"neither", []string{"trace"}, "trace-neither"},
		{"no data directory", []string{"ledger", "verify"}, "no-data"},
		{"mapping", []string{"import", "x.csv", "--map", secret, "--dry-run"}, "import-map-syntax"},
		{"file that is not there", []string{"import", "/no/" + secret, "--dry-run"}, "file-unreadable"},
		{"switch as a file", []string{"import", "--dry-run", "--", "--" + secret}, "file-unreadable"},
		{"not in this build", []string{"demo"}, "not-in-build"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			words := strings.SplitN(tc.want, " ", 2)
			for _, lang := range []string{"en", "zh_CN.UTF-8"} {
				env := map[string]string{"LANG": lang}
				code, stdout, stderr := run(t, env, tc.args...)
				if code != exitUsage || stdout != "" {
					t.Fatalf("exit code %d, standard output %q", code, stdout)
				}
				if strings.Count(strings.TrimSuffix(stderr, "\n"), "\n") != 0 || strings.Contains(stderr, secret) {
					t.Errorf("not one sentence, or it repeats what was typed: %q", stderr)
				}
				if has(words[0]) && len(words) > 1 {
					for _, part := range strings.Fields(words[1]) {
						if !strings.Contains(stderr, part) {
							t.Errorf("%q does not name %q", stderr, part)
						}
					}
				}
				withJSON := append([]string{"--json"}, tc.args...)
				if len(tc.args) > 0 {
					withJSON = append([]string{tc.args[0]}, append(slicesTail(tc.args), "--json")...)
				}
				if tc.name == "switch as a file" || tc.name == "flag without its value" {
					continue
				}
				if _, _, stderr = run(t, env, withJSON...); idOf(t, stderr) != words[0] {
					t.Errorf("id %q, want %q", idOf(t, stderr), words[0])
				}
			}
		})
	}
}

func slicesTail(s []string) []string { return append([]string{}, s[1:]...) }

// idOf reads the failure that --json prints.
func idOf(t *testing.T, stderr string) string {
	t.Helper()
	var out struct {
		Error struct{ ID, Zh, En string }
	}
	if err := json.Unmarshal([]byte(stderr), &out); err != nil || out.Error.Zh == "" || out.Error.En == "" {
		t.Fatalf("not a failure in both languages: %q", stderr)
	}
	return out.Error.ID
}

func TestRefusedWithoutToken(t *testing.T) {
	for _, args := range [][]string{
		{"import", "x.csv", "--data", "d"},
		{"trace", "--data", "d"},
	} {
		code, _, stderr := run(t, nil, append(args, "--json")...)
		if code != exitRefused || idOf(t, stderr) != "no-token" {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}

func TestFlagsAnywhere(t *testing.T) {
	for _, args := range [][]string{
		{"--merge-by", "phone", "FILE", "--dry-run"},
		{"FILE", "--merge-by=phone", "--dry-run"},
		{"--dry-run", "--merge-by", "phone", "--", "FILE"},
	} {
		fs := newFlags(&command{name: "import", args: "FILE"}, fault.En)
		merge, dry := fs.String("merge-by", ""), fs.Bool("dry-run", false)
		got, err := fs.parse(args)
		if err != nil || *merge != "phone" || !*dry || !cmp.Equal(got, []string{"FILE"}) {
			t.Errorf("%v: %v, %q, %v, %v", args, got, *merge, *dry, err)
		}
	}
}

func TestDayIsReadInUTC8(t *testing.T) {
	fs := newFlags(&command{name: "trace"}, fault.En)
	from, until := fs.Day("from"), fs.Day("until")
	if _, err := fs.parse([]string{"--from", "2026-03-01", "--until", "2026-03-01T00:00:00Z"}); err != nil {
		t.Fatal(err)
	}
	if got := until.Sub(*from); got != 8*time.Hour {
		t.Errorf("the day begins %v before midnight UTC, not 8 hours", got)
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, cmd := range commands() {
		if cmd.hidden {
			continue
		}
		for _, x := range cmd.examples {
			if !strings.Contains(x, "goldbell "+cmd.name) {
				t.Errorf("%q is no example of %s", x, cmd.name)
			}
		}
		for _, lang := range []string{"zh", "en"} {
			env := map[string]string{"GOLDBELL_LANG": lang}
			code, out, _ := run(t, env, append([]string{"help"}, strings.Fields(cmd.name)...)...)
			if code != 0 || !strings.Contains(out, "\n  "+cmd.examples[0]+"\n") {
				t.Errorf("help %s in %s: exit code %d:\n%s", cmd.name, lang, code, out)
			}
			if cmd.make == nil {
				continue
			}
			code, dash, _ := run(t, env, append(strings.Fields(cmd.name), "-h")...)
			if code != 0 || dash != out {
				t.Errorf("%s -h differs from help %s", cmd.name, cmd.name)
			}
			if !strings.Contains(out, "--json") {
				t.Errorf("%s has no --json", cmd.name)
			}
		}
	}
}

// TestEverySentenceInBothLanguages: a flag or command without a sentence would be
// shown as the sentence of an internal error.
func TestEverySentenceInBothLanguages(t *testing.T) {
	for id, s := range sentences {
		if s.Zh == "" || s.En == "" {
			t.Errorf("%s lacks a language", id)
		}
		if !cmp.Equal(verbs(s.Zh), verbs(s.En)) {
			t.Errorf("%s takes other arguments in Chinese: %v, %v", id, verbs(s.Zh), verbs(s.En))
		}
	}
	internal := fault.Text("internal").En
	for _, cmd := range commands() {
		if !cmd.hidden && !has(cmd.name) {
			t.Errorf("command %s has no sentence", cmd.name)
		}
		if cmd.make != nil {
			fs := newFlags(&cmd, fault.En)
			cmd.make(fs)
			if strings.Contains(fs.describe(), internal) {
				t.Errorf("a flag of %s has no sentence:\n%s", cmd.name, fs.describe())
			}
		}
	}
}

var verb = regexp.MustCompile(`%[-+# 0-9.\[\]]*[a-zA-Z%]`)

func verbs(s string) map[string]int {
	m := map[string]int{}
	for _, v := range verb.FindAllString(s, -1) {
		if v == "%q" { // Chinese quotes are written out
			v = "%s"
		}
		m[v]++
	}
	return m
}

func TestLanguage(t *testing.T) {
	for _, tc := range []struct {
		env  map[string]string
		want fault.Lang
	}{
		{map[string]string{"LANG": "zh_CN.UTF-8"}, fault.ZhCN},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, fault.En},
		{map[string]string{"LC_ALL": "C", "GOLDBELL_LANG": "zh-CN"}, fault.ZhCN},
		{map[string]string{"LANG": "de_DE"}, fault.En},
		{nil, fault.En},
	} {
		if got := languageOf(func(k string) string { return tc.env[k] }); got != tc.want {
			t.Errorf("%v: %v", tc.env, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"init", "import", "serve", "trace", "demo"}
	for typed, want := range map[string]string{
		"improt": "import", "inti": "init", "dem": "demo", "strace": "trace", "x": "", "export": "import", "wholly": "",
	} {
		if got := nearest(typed, known, 0); got != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}
