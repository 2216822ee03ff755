package pages

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

var (
	used    = regexp.MustCompile(`\{\{t "([^"]+)"\}\}`)
	chinese = regexp.MustCompile(`\p{Han}`)
)

// Every sentence of the templates is there in both languages, and none lies in a
// template itself.
func TestTexts(t *testing.T) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	n := 0
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(b), -1) {
			n++
			if s, ok := texts[m[1]]; !ok || s.Zh == "" || s.En == "" {
				t.Errorf("%s: no text %s", name, m[1])
			}
		}
		if chinese.Match(b) {
			t.Errorf("%s holds a sentence of its own", name)
		}
	}
	if n < 60 {
		t.Fatalf("only %d texts are used", n)
	}
	for id, s := range texts {
		if s.Zh == "" || s.En == "" || id != "other-lang" && chinese.MatchString(s.En) || strings.Contains(s.Zh, "已解决") {
			t.Errorf("%s is not said in both languages, or wrongly", id)
		}
	}
}
