package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
)

// A file that was handed in is read back as it was stamped, and is not replaced.
func TestEvidenceIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, c store.Config) {
		db := open(t, c)
		want := casework.Evidence{
			Case: pii.RequestID{1}, N: 1, At: now(), Size: 3, SHA256: []byte("sum"), Month: "2026-11", Sealed: []byte{0, 1, 2}, Digest: []byte("digest"),
			Stamp: pii.Stamp{Entry: 0, MAC: []byte("mac")},
		}
		row := want
		if err := apply(db, casework.EvidencePut{Evidence: &row}); err != nil {
			t.Fatal(err)
		}
		got, ok, err := db.EvidenceFile(ctx, want.Case, 1)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		list, err := db.Evidence(ctx, want.Case)
		if err != nil || len(list) != 1 || list[0].Sealed != nil || list[0].N != 1 {
			t.Errorf("%d files (%v)", len(list), err)
		}
		row.Entry = 1
		if err := apply(db, casework.EvidencePut{Evidence: &row}); err == nil {
			t.Error("a file was replaced")
		}
	})
}
