// Package hold tests the invariants of the design, each under its number, on real
// files, a real SQLite and a real PostgreSQL: by killing processes, filling disks,
// restoring backups, writing rows with SQL and looking at what is left.
//
// Its one rule: what a test believes it read itself, from the files or through a
// reader of its own, never from the code under test alone. Where PostgreSQL is
// not installed its half is skipped aloud. It is not for the behaviour of single
// packages; those test themselves.
package hold

import (
	"fmt"
	"os"
	"testing"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// TestMain runs a child's part when this binary was started as one.
func TestMain(m *testing.M) {
	if part := os.Getenv("HOLD_CHILD"); part != "" {
		os.Exit(child(part))
	}
	os.Exit(m.Run())
}

// customer is the n-th customer. Every value carries a mark that occurs nowhere
// else, so that a sweep finds it in whatever file it came to lie.
func customer(n int) vault.Row {
	return vault.Row{
		pii.Name:     pii.NewValue(fmt.Sprintf("卡那瑞%06d", n)),
		pii.Phone:    pii.NewValue(fmt.Sprintf("139%08d", 47110000+n)),
		pii.Email:    pii.NewValue(fmt.Sprintf("canary%06d@marked.example", n)),
		pii.IDNumber: pii.NewValue(idNumber(n)),
		pii.Company:  pii.NewValue(fmt.Sprintf("金丝雀%06d有限公司", n)),
		pii.Address:  pii.NewValue(fmt.Sprintf("杭州市金丝雀路%06d号", n)),
	}
}

// idNumber makes a well-formed number, by GB 11643's check digit.
func idNumber(n int) string {
	body := fmt.Sprintf("33010619%02d%02d%02d%03d", 50+n/336000%50, 1+n/28000%12, 1+n/1000%28, n%1000)
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}
