package vault

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/enrolment"
)

func TestPointerIsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pointer{Table: enrolment.ID(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "table")), Key: rapid.String().Draw(t, "key")}
		for _, tag := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,2}`), 0, 5, rapid.ID).Draw(t, "tags") {
			p.Prints = append(p.Prints, imprint{tag, [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "sum"))})
		}
		slices.SortFunc(p.Prints, byTag)
		for range rapid.IntRange(0, 4).Draw(t, "masks") {
			p.Masks = append(p.Masks, [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "mask")))
		}
		b := p.append(nil)
		got, err := readPointer(b)
		if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
		for n := range b {
			if _, err := readPointer(b[:n]); err == nil {
				t.Fatalf("the first %d of %d bytes are taken for a pointer", n, len(b))
			}
		}
		if _, err := readPointer(append(slices.Clone(b), 0)); err == nil {
			t.Fatal("a byte behind a pointer is taken")
		}
		for _, x := range p.Prints {
			if sum := got.of(x.Tag); sum == nil || *sum != x.Sum {
				t.Fatalf("the print of %q is not found", x.Tag)
			}
		}
	})
}

func FuzzReadPointer(f *testing.F) {
	f.Add(pointer{Key: "5", Prints: []imprint{{"n", [16]byte{1}}, {"p", [16]byte{2}}}, Masks: [][16]byte{{3}}}.append(nil))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readPointer(b)
		if err != nil {
			return
		}
		again, err := readPointer(p.append(nil))
		if diff := cmp.Diff(p, again); err != nil || diff != "" {
			t.Fatalf("%x is read otherwise when it is written again: %v %s", b, err, diff)
		}
	})
}
