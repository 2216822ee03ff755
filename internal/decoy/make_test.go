package decoy

import (
	"strings"
	"testing"
	"testing/iotest"

	"math/rand/v2"
)

// TestMadeUpCustomersDiffer: each keeps its number, and no two share a name or a
// company, so that a contact names one.
func TestMadeUpCustomersDiffer(t *testing.T) {
	held := make([]Held, 300)
	for i := range held {
		held[i] = Held{Phone: strings.Repeat("1", i%11+1), Email: "x"}
	}
	made, err := Make(rand.NewChaCha8([32]byte{1}), held)
	if err != nil || len(made) != len(held) {
		t.Fatalf("%d made, %v", len(made), err)
	}
	names, companies := map[string]bool{}, map[string]bool{}
	for i, p := range made {
		if p.Phone != held[i].Phone || p.Email != "x" || names[p.Name] || companies[p.Company] {
			t.Fatalf("made-up customer %d is like another, or lost its number", i)
		}
		names[p.Name], companies[p.Company] = true, true
		if n := len([]rune(p.Name)); n < 2 || n > 3 || !strings.HasSuffix(p.Company, "公司") {
			t.Errorf("customer %d is not named as people and companies are", i)
		}
	}
	if _, err := Make(iotest.ErrReader(iotest.ErrTimeout), held); err == nil {
		t.Error("without randomness nothing may be made up")
	}
}
