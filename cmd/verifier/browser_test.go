//go:build !js

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// browser shows the page and lets a test act on it.
type browser interface {
	// open shows a page in a tab of its own.
	open(url string)
	// eval evaluates an expression, awaits it and returns its text.
	eval(expression string) string
	// file chooses a file in an input.
	file(selector, path string)
}

// wait waits until the page is in a state.
func wait(b browser, state string) {
	b.eval(`new Promise(r => { const f = () => document.body?.dataset.state === '` + state + `' ? r('') : setTimeout(f, 20); f() })`)
}

// findBrowser skips the test, aloud, where the browser is not installed, and fails it
// where it must be. The variable named as the browser, in capitals, holds another.
func findBrowser(t *testing.T, title, debian string, names ...string) string {
	own := strings.ToUpper(title)
	if other := os.Getenv(own); other != "" {
		names = []string{other}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if mode := "GOLDBELL_TEST_" + own; os.Getenv(mode) == "must" {
		t.Fatalf("no %s was found, and %s=must", title, mode)
	}
	t.Skipf("THE VERIFIER PAGE IS NOT TESTED IN %s: none was found (Debian: apt-get install %s; or set %s)", own, debian, own)
	return ""
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
