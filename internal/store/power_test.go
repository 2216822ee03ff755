package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/store"
)

// Tables with a stamp that a verification does not compare with the entries, and why.
var notCompared = map[string]string{
	"work_item_subject": "never replaced; the item's digest covers its members",
	"forgotten":         "never replaced; without its row an opening without a key is a fault",
	"ledger_restore":    "a verification reads all of them before anything else",
}

// Whoever adds a table of rows that give power adds it to the list that is verified.
func TestEveryTableWithAStampIsVerified(t *testing.T) {
	schema, err := os.ReadFile(filepath.Join("testdata", "sqlite", "schema.golden.sql"))
	if err != nil {
		t.Fatal(err)
	}
	verified := (*store.DB)(nil).PowerTables()
	found := 0
	for _, m := range regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\)`).FindAllStringSubmatch(string(schema), -1) {
		table, columns := m[1], m[2]
		if !strings.Contains(columns, "\tmac ") && !regexp.MustCompile(`\n\tmac\s`).MatchString(columns) {
			continue
		}
		found++
		_, left := notCompared[table]
		if slices.Contains(verified, table) == left {
			t.Errorf("table %s: is it in store.power, or is there a reason why not?", table)
		}
	}
	if found != len(verified)+len(notCompared) {
		t.Errorf("%d tables carry a stamp, %d are listed", found, len(verified)+len(notCompared))
	}
}
