package ledger

import (
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/proof"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

var errTree = errors.New("the stored tree does not match its signed head")

// grow appends a leaf hash to the frontier of a tree of the given size.
func grow(frontier []proof.Hash, size uint64, h proof.Hash) []proof.Hash {
	for ; size&1 == 1; size >>= 1 {
		last := len(frontier) - 1
		h = node(frontier[last], h)
		frontier = frontier[:last]
	}
	return append(frontier, h)
}

// rootOf folds a frontier into the tree's root.
func rootOf(frontier []proof.Hash) proof.Hash {
	if len(frontier) == 0 {
		h, _ := tlog.TreeHash(0, nil) // of no leaves: cannot fail
		return proof.Hash(h)
	}
	root := frontier[len(frontier)-1]
	for i := len(frontier) - 2; i >= 0; i-- {
		root = node(frontier[i], root)
	}
	return root
}

func node(l, r proof.Hash) proof.Hash {
	return proof.Hash(tlog.NodeHash(tlog.Hash(l), tlog.Hash(r)))
}

func leafHash(leaf []byte) proof.Hash { return proof.Hash(tlog.RecordHash(leaf)) }

// checkHead verifies that a head row is of one piece: as many frontier hashes as
// the size has bits, folding to the root.
func checkHead(h Head) error {
	if len(h.Frontier) != bits.OnesCount64(h.Size) || rootOf(h.Frontier) != h.Root {
		return fmt.Errorf("%w: frontier", errTree)
	}
	return nil
}

// tileSource reads leaves and full tiles: the store, or an open transaction.
type tileSource interface {
	leaves(from uint64, n int) ([][]byte, error)
	tiles(ids []TileID) ([][]byte, error)
}

// fullTiles makes the tiles that the leaves [old, old+len(hashes)) complete.
// Children that the batch does not hold are read back.
func fullTiles(src tileSource, old uint64, hashes []proof.Hash) ([]Tile, error) {
	var made []Tile
	level := 0
	from, row := old, hashes // the hashes of this level that are new, from index from
	for len(row) > 0 {
		var up []proof.Hash
		first := from / tileWidth
		for n := first; (n+1)*tileWidth <= from+uint64(len(row)); n++ {
			data, err := tileData(src, level, n, from, row)
			if err != nil {
				return nil, err
			}
			made = append(made, Tile{TileID{level, n}, data})
			up = append(up, tileRoot(data))
		}
		from, row = first, up
		level++
	}
	return made, nil
}

// tileData gathers the 256 hashes of tile n at a level, of which row holds those
// from index from.
func tileData(src tileSource, level int, n, from uint64, row []proof.Hash) ([]byte, error) {
	data := make([]byte, 0, tileWidth*proof.HashSize)
	start := n * tileWidth
	if start < from {
		older, err := children(src, level, start, int(from-start))
		if err != nil {
			return nil, err
		}
		data = append(data, older...)
		start = from
	}
	for i := start - from; len(data) < tileWidth*proof.HashSize; i++ {
		data = append(data, row[i][:]...)
	}
	return data, nil
}

// children reads n stored hashes of a level from index start: leaf hashes, or the
// roots of full tiles below.
func children(src tileSource, level int, start uint64, n int) ([]byte, error) {
	data := make([]byte, 0, n*proof.HashSize)
	if level == 0 {
		leaves, err := src.leaves(start, n)
		if err != nil {
			return nil, err
		}
		if len(leaves) != n {
			return nil, fmt.Errorf("%w: entries are missing", errTree)
		}
		for _, l := range leaves {
			h := leafHash(l)
			data = append(data, h[:]...)
		}
		return data, nil
	}
	ids := make([]TileID, n)
	for i := range ids {
		ids[i] = TileID{level - 1, start + uint64(i)}
	}
	tiles, err := src.tiles(ids)
	if err != nil {
		return nil, err
	}
	for _, t := range tiles {
		h := tileRoot(t)
		data = append(data, h[:]...)
	}
	return data, nil
}

// tileRoot is the root of a tile's 256 hashes.
func tileRoot(data []byte) proof.Hash {
	row := make([]proof.Hash, len(data)/proof.HashSize)
	for i := range row {
		copy(row[i][:], data[i*proof.HashSize:])
	}
	for len(row) > 1 {
		for i := range len(row) / 2 {
			row[i] = node(row[2*i], row[2*i+1])
		}
		row = row[:len(row)/2]
	}
	return row[0]
}

// tileReader serves tlog's readers; partial tiles are derived.
type tileReader struct{ src tileSource }

func (r tileReader) Height() int                     { return tileHeight }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if t.W == tileWidth {
			var full [][]byte
			if full, err = r.src.tiles([]TileID{{t.L, uint64(t.N)}}); err == nil {
				out[i] = full[0]
			}
		} else {
			out[i], err = children(r.src, t.L, uint64(t.N)*tileWidth, t.W)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hashReader reads hashes of the tree under a signed head and checks every tile
// against that head before it hands one out.
func hashReader(src tileSource, size uint64, root proof.Hash) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(size), Hash: tlog.Hash(root)}, tileReader{src})
}
