package ledger_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/ledger"
)

// TestTilePaths has the examples of c2sp.org/tlog-tiles, and what it forbids.
func TestTilePaths(t *testing.T) {
	for want, got := range map[string]string{
		"tile/0/000":                      ledger.TilePath(0, 0, 256),
		"tile/0/x001/x234/067":            ledger.TilePath(0, 1234067, 256),
		"tile/1/x273/066":                 ledger.TilePath(1, 273066, 256),
		"tile/0/x273/066.p/255":           ledger.TilePath(0, 273066, 255),
		"tile/3/000.p/4":                  ledger.TilePath(3, 0, 4),
		"tile/entries/x273/066.p/112":     ledger.EntriesPath(273066, 112),
		"tile/entries/x001/000":           ledger.EntriesPath(1000, 256),
		"tile/entries/999":                ledger.EntriesPath(999, 256),
		"tile/entries/x001/x000/000.p/1":  ledger.EntriesPath(1000000, 1),
		"tile/0/x999/x999/x999/x999/999":  ledger.TilePath(0, 999_999_999_999_999, 256),
		"tile/63/000.p/1":                 ledger.TilePath(63, 0, 1),
		"tile/entries/x100/x000/000.p/12": ledger.EntriesPath(100_000_000, 12),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, s := range []string{"", "0", "0000", "x000/001", "001/000", "x001", "000.p/0", "000.p/256", "000.p/01", "000.p/", "-01",
		"x1/000", "000/", "x999/x999/x999/x999/x999/999", "000.p/+1", "+00", "000.p/1.p/1", "x001/x00a/000"} {
		if _, _, ok := ledger.ParseTileNumber(s); ok {
			t.Errorf("%q was read", s)
		}
	}
}

func TestTileNumbersAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Uint64Range(0, 999_999_999_999_999).Draw(t, "number")
		width := rapid.IntRange(1, 256).Draw(t, "width")
		s := strings.TrimPrefix(ledger.EntriesPath(number, width), "tile/entries/")
		n, w, ok := ledger.ParseTileNumber(s)
		if !ok || n != number || w != width {
			t.Fatalf("%s: %d %d %v", s, n, w, ok)
		}
	})
}

func TestBundles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 600), 0, 256).Draw(t, "leaves")
		var b []byte
		for _, l := range leaves {
			b = ledger.AppendBundle(b, l)
		}
		got, err := ledger.SplitBundle(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(leaves, got, cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })); diff != "" && len(leaves) > 0 {
			t.Fatal(diff)
		}
	})
}

// FuzzBundle: what is split joins to the same bytes.
func FuzzBundle(f *testing.F) {
	f.Add([]byte{0, 1, 7, 0, 0})
	f.Add([]byte{0xff, 0xff})
	f.Add(bytes.Repeat([]byte{0, 0}, 257))
	f.Fuzz(func(t *testing.T, b []byte) {
		leaves, err := ledger.SplitBundle(b)
		if err != nil {
			return
		}
		var again []byte
		for _, l := range leaves {
			again = ledger.AppendBundle(again, l)
		}
		if !bytes.Equal(b, again) || len(leaves) > 256 {
			t.Errorf("%x became %x", b, again)
		}
	})
}

// FuzzTileNumber: what is read is written the same.
func FuzzTileNumber(f *testing.F) {
	for _, s := range []string{"000", "x001/x234/067", "x001/000.p/255"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, w, ok := ledger.ParseTileNumber(s); ok && "tile/entries/"+s != ledger.EntriesPath(n, w) {
			t.Errorf("%q became %s", s, ledger.EntriesPath(n, w))
		}
	})
}
