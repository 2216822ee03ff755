package ledger

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/proof"
)

// TestGrowingIsTlogs: a tree above 65,536 leaves, rebuilt as an audit does it, has
// tlog's roots and tiles, and can be taken up at any tile's edge.
func TestGrowingIsTlogs(t *testing.T) {
	const size = 65_536 + 777
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = stored[x]
		}
		return out, nil
	})
	var g growing
	tiles := map[TileID][]byte{}
	resumed := map[uint64]growing{}
	for i := range uint64(size) {
		if i == 256 || i == 65_280 || i == 65_536 || i == 66_048 {
			from, err := grownTo(i, read)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(from.frontier, g.frontier); diff != "" {
				t.Fatalf("taken up at %d: %s", i, diff)
			}
			for level := range g.rows {
				if !bytes.Equal(from.rows[level], g.rows[level]) {
					t.Fatalf("taken up at %d: level %d differs", i, level)
				}
			}
			resumed[i] = from
		}
		leaf := binary.BigEndian.AppendUint64(nil, i)
		more, err := tlog.StoredHashes(int64(i), leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		g.addLeaf(leaf)
		for at, r := range resumed {
			r.addLeaf(leaf)
			resumed[at] = r
		}
	}
	for _, tile := range g.full {
		tiles[tile.ID] = tile.Data
	}
	want, err := tlog.TreeHash(size, read)
	if err != nil || proof.Hash(want) != g.root() {
		t.Fatal("another root:", err)
	}
	for at, r := range resumed {
		if r.root() != g.root() {
			t.Errorf("taken up at %d: another root", at)
		}
	}
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, read)
		if err != nil {
			t.Fatal(err)
		}
		got := tiles[TileID{tile.L, uint64(tile.N)}]
		if tile.W < tileWidth {
			got = g.rows[tile.L]
		}
		if !bytes.Equal(got, data) {
			t.Errorf("tile %d of level %d (%d wide) differs", tile.N, tile.L, tile.W)
		}
	}
}

// TestFrameIsTheLeafs: what an audit reads of a leaf is what proof reads, and it
// refuses the same.
func TestFrameIsTheLeafs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := proof.Leaf{
			Kind: proof.Kind(rapid.IntRange(1, 22).Draw(t, "kind")), Micros: rapid.Uint64().Draw(t, "micros"),
			Commitments: make([]proof.Hash, rapid.IntRange(0, proof.MaxFields).Draw(t, "k")),
		}
		copy(l.Request[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "request"))
		b := l.Encode()
		if n := rapid.IntRange(0, len(b)).Draw(t, "cut"); rapid.Bool().Draw(t, "short") {
			b = b[:n]
		}
		if len(b) > 0 && rapid.Bool().Draw(t, "altered") {
			b[rapid.SampledFrom([]int{0, 1, 26, 127}).Draw(t, "at")%len(b)] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		}
		want, err := proof.DecodeLeaf(b)
		got, ok := frameOf(b)
		if ok != (err == nil) || ok && got != (frame{want.Kind, want.Request, want.Micros}) {
			t.Fatalf("%v %v: %+v, want %+v", ok, err, got, want)
		}
	})
}
