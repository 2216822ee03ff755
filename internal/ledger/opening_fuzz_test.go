package ledger

import (
	"bytes"
	"testing"

	"github.com/goldbell/goldbell/proof"
)

// FuzzOpening: an opening that is read encodes to the same bytes, so that there is
// one encoding of each; anything else is refused.
func FuzzOpening(f *testing.F) {
	f.Add(opening{}.encode())
	f.Add(opening{
		Facts:    []proof.Field{{Name: "actor", Value: "a001"}, {Name: "fields", Value: ""}},
		Subjects: []openedSubject{{7, proof.Line{Shown: true, Version: 2}}, {9, proof.Line{Rule: "no-consent"}}},
	}.encode())
	f.Add(opening{Enrols: []proof.Hash{{1}, {2}}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := decodeOpening(b)
		if err != nil {
			return
		}
		if !bytes.Equal(o.encode(), b) {
			t.Fatal("an opening that was read encodes to other bytes")
		}
	})
}
