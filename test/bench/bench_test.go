// Package bench measures what it costs to be this careful. `make bench` prints
// one table; every figure stands beside a bare baseline of the same run.
package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTable prints the table. It asserts nothing: figures are compared as ratios
// by people, never by a timed test.
func TestTable(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH") == "" {
		t.Skip("set GOLDBELL_BENCH=1, or run make bench")
	}
	tab := &table{}
	tab.add("measure", "clients", "goldbell", "baseline", "ratio", "note")
	for _, e := range engines(t) {
		reads(t, tab, e)
	}
	imports(t, tab)
	startUp(t, tab)
	fmt.Println(tab)
}

type table struct{ rows [][]string }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// target says of a figure whether it is what it should be.
func target(what string, met bool) string {
	if met {
		return "target " + what + ": met"
	}
	return "target " + what + ": MISSED"
}

func (t *table) String() string {
	width := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			width[i] = max(width[i], len(c))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		for i, c := range r {
			fmt.Fprintf(&b, "%-*s  ", width[i], c)
		}
		b.WriteString("\n")
	}
	return b.String()
}
