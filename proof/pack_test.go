package proof

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPackIsWrittenReadAndVerified(t *testing.T) {
	w := newWorld(t)
	file := w.write()
	p, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.pack, p); diff != "" {
		t.Fatalf("what was read is not what was written:\n%s", diff)
	}
	r, err := Verify(p, nil)
	if err != nil || r.LogChecked {
		t.Fatal(r.LogChecked, err)
	}
	r, err = Verify(p, w.parsedPolicy())
	if err != nil || !r.LogChecked {
		t.Fatal(r.LogChecked, err)
	}
}
