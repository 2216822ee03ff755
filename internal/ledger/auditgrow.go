package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/goldbell/goldbell/proof"
)

// growing is a tree being rebuilt: its frontier, and of each tile level the hashes
// of the tile that is not full yet.
type growing struct {
	size     uint64
	frontier []proof.Hash
	rows     [8][]byte
	full     []Tile // filled since the caller last emptied it
	buf      []byte
}

// addLeaf and node hash as tlog does, without its allocations: they are most of
// what an audit without keys does. A test holds them to tlog's.
func (g *growing) addLeaf(leaf []byte) {
	g.buf = append(append(g.buf[:0], 0), leaf...)
	g.add(sha256.Sum256(g.buf))
}

func (g *growing) node(l, r proof.Hash) proof.Hash {
	var b [1 + 2*proof.HashSize]byte
	b[0] = 1
	copy(b[1:], l[:])
	copy(b[1+proof.HashSize:], r[:])
	return sha256.Sum256(b[:])
}

// add appends a leaf hash. A hash that closes a subtree of 256^k leaves is also the
// next hash of level k.
func (g *growing) add(h proof.Hash) {
	g.put(0, h)
	height := 0
	for n := g.size; n&1 == 1; n >>= 1 {
		last := len(g.frontier) - 1
		h = g.node(g.frontier[last], h)
		g.frontier = g.frontier[:last]
		if height++; height%tileHeight == 0 {
			g.put(height/tileHeight, h)
		}
	}
	g.frontier = append(g.frontier, h)
	g.size++
}

func (g *growing) put(level int, h proof.Hash) {
	if level >= len(g.rows) {
		return
	}
	row := append(g.rows[level], h[:]...)
	if len(row) == tileWidth*proof.HashSize {
		number := g.size >> (tileHeight * (level + 1))
		g.full = append(g.full, Tile{TileID{level, number}, row})
		row = make([]byte, 0, tileWidth*proof.HashSize)
	}
	g.rows[level] = row
}

func (g *growing) root() proof.Hash { return rootOf(g.frontier) }

// grownTo is the tree of the first size leaves, of which hashes knows all.
func grownTo(size uint64, hashes tlog.HashReader) (growing, error) {
	g := growing{size: size}
	var ids []int64
	for level, start := 63, uint64(0); level >= 0; level-- {
		if size>>level&1 == 1 {
			ids = append(ids, tlog.StoredHashIndex(level, int64(start>>level)))
			start += 1 << level
		}
	}
	peaks := len(ids)
	for k := range g.rows {
		done := size >> (tileHeight * k)
		for n := done / tileWidth * tileWidth; n < done; n++ {
			ids = append(ids, tlog.StoredHashIndex(tileHeight*k, int64(n)))
		}
	}
	got, err := hashes.ReadHashes(ids)
	if err != nil {
		return g, err
	}
	for _, h := range got[:peaks] {
		g.frontier = append(g.frontier, proof.Hash(h))
	}
	got = got[peaks:]
	for k := range g.rows {
		for range int(size >> (tileHeight * k) % tileWidth) {
			g.rows[k] = append(g.rows[k], got[0][:]...)
			got = got[1:]
		}
	}
	return g, nil
}

// frame is what an audit reads of every leaf, keys or not.
type frame struct {
	kind    proof.Kind
	request [16]byte
	micros  uint64
}

// frameOf reads a leaf's frame and refuses what [proof.DecodeLeaf] refuses, without
// keeping its commitments.
func frameOf(leaf []byte) (f frame, ok bool) {
	const header = 128
	if len(leaf) < header || leaf[0] != proof.LeafVersion || leaf[26] != proof.TagHMAC {
		return f, false
	}
	k := int(leaf[header-1])
	f = frame{kind: proof.Kind(leaf[1]), request: [16]byte(leaf[2:18]), micros: binary.BigEndian.Uint64(leaf[18:])}
	return f, k <= proof.MaxFields && len(leaf) == header+k*proof.HashSize && f.kind.String() != "unknown"
}
