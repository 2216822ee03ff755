package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/witness"
)

func testCosignatures(t *testing.T, db *store.DB) {
	row := func(size uint64, who, line string) witness.Cosignature {
		return witness.Cosignature{Size: size, Witness: who, Line: "— " + who + " " + line + "\n"}
	}
	all := []witness.Cosignature{row(3, "a", "1"), row(3, "b", "2"), row(1<<40, "a", "3"), row(1<<40, "c", "4")}
	for _, r := range []witness.Cosignature{all[2], all[0], all[3], all[1], row(3, "a", "later")} {
		if err := db.AddCosignature(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		got  func() ([]witness.Cosignature, error)
		want []witness.Cosignature
	}{
		"from the start":   {func() ([]witness.Cosignature, error) { return db.Cosignatures(ctx, 0, 10) }, all},
		"from a size":      {func() ([]witness.Cosignature, error) { return db.Cosignatures(ctx, 3, 1) }, all[:1]},
		"past a size":      {func() ([]witness.Cosignature, error) { return db.Cosignatures(ctx, 4, 10) }, all[2:]},
		"past the end":     {func() ([]witness.Cosignature, error) { return db.Cosignatures(ctx, 1<<40+1, 10) }, nil},
		"the newest":       {func() ([]witness.Cosignature, error) { return db.NewestCosignatures(ctx, 3) }, []witness.Cosignature{all[2], all[3], all[0]}},
		"none of them all": {func() ([]witness.Cosignature, error) { return db.NewestCosignatures(ctx, 0) }, nil},
	} {
		got, err := c.got()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
