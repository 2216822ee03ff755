package demo

import (
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
)

// The table's columns end at the same cell in either language.
func TestTheTableIsAlignedInBothLanguages(t *testing.T) {
	missed := map[string]int{optedOut: 1, takenBack: 22, tooLate: 333, budget: 4444, otherwise: 5}
	table := Table{Agent: "agent-001", Before: Column{Plain: 1234, NotReached: missed}, After: Column{Calls: 7}}
	for _, l := range []fault.Lang{fault.ZhCN, fault.En} {
		lines := strings.SplitAfter(aligned(table.rows(l, 150, 0)), "\n")
		for _, line := range lines[1 : len(lines)-1] {
			if cells(line) != cells(lines[0]) {
				t.Errorf("%d cells, want %d: %q", cells(line), cells(lines[0]), line)
			}
		}
	}
}

func TestEverySentenceIsInBothLanguages(t *testing.T) {
	for id, s := range sentences {
		if s.Zh == "" || s.En == "" || strings.Count(s.Zh, "%") != strings.Count(s.En, "%") {
			t.Errorf("%s: %+v", id, s)
		}
	}
}
