package proof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
)

// A compact sparse Merkle tree maps 256-bit keys to hashes. An empty subtree is
// 32 zero bytes, a subtree with one key is H(0x00 || key || value), any other is
// H(0x01 || left || right), branching on the key's bits from the first. A key's
// place follows from the key alone, so a proof of absence trusts nobody to have
// sorted anything.

// Pair is one key of a sparse tree with its value.
type Pair struct{ Key, Value Hash }

// SparseProof shows that a key is, or is not, in a tree: the siblings from the
// root downwards, and, for an absent key whose place another key occupies, that
// key's pair.
type SparseProof struct {
	Siblings []Hash `json:"siblings"`
	Other    *Pair  `json:"other,omitempty"`
}

var (
	errDuplicate = errors.New("sparse tree: a key is there twice")
	errSparse    = errors.New("sparse-tree proof does not match the entry's root")
)

// SparseRoot computes the root over the pairs, in any order.
func SparseRoot(pairs []Pair) (Hash, error) {
	sorted, err := sortPairs(pairs)
	if err != nil {
		return Hash{}, err
	}
	return sparseRoot(sorted, 0), nil
}

// ProveSparse makes the proof for key over the pairs.
func ProveSparse(pairs []Pair, key Hash) (SparseProof, error) {
	sorted, err := sortPairs(pairs)
	if err != nil {
		return SparseProof{}, err
	}
	var p SparseProof
	for depth := 0; len(sorted) > 1; depth++ {
		left, right := split(sorted, depth)
		if bit(key, depth) == 0 {
			p.Siblings = append(p.Siblings, sparseRoot(right, depth+1))
			sorted = left
		} else {
			p.Siblings = append(p.Siblings, sparseRoot(left, depth+1))
			sorted = right
		}
	}
	if len(sorted) == 1 && sorted[0].Key != key {
		other := sorted[0]
		p.Other = &other
	}
	return p, nil
}

// CheckPresent verifies that key maps to value under root.
func (p SparseProof) CheckPresent(root, key, value Hash) error {
	if p.Other != nil || len(p.Siblings) > 256 {
		return errSparse
	}
	return p.climb(root, key, leafHash(Pair{key, value}))
}

// CheckAbsent verifies that key has no value under root.
func (p SparseProof) CheckAbsent(root, key Hash) error {
	if len(p.Siblings) > 256 {
		return errSparse
	}
	if p.Other == nil {
		return p.climb(root, key, Hash{})
	}
	if p.Other.Key == key || !samePrefix(p.Other.Key, key, len(p.Siblings)) {
		return errSparse
	}
	return p.climb(root, key, leafHash(*p.Other))
}

func (p SparseProof) climb(root, key, h Hash) error {
	for depth := len(p.Siblings) - 1; depth >= 0; depth-- {
		if bit(key, depth) == 0 {
			h = nodeHash(h, p.Siblings[depth])
		} else {
			h = nodeHash(p.Siblings[depth], h)
		}
	}
	if h != root {
		return errSparse
	}
	return nil
}

func sparseRoot(sorted []Pair, depth int) Hash {
	switch len(sorted) {
	case 0:
		return Hash{}
	case 1:
		return leafHash(sorted[0])
	}
	left, right := split(sorted, depth)
	return nodeHash(sparseRoot(left, depth+1), sparseRoot(right, depth+1))
}

func split(sorted []Pair, depth int) (left, right []Pair) {
	i, _ := slices.BinarySearchFunc(sorted, byte(1), func(p Pair, _ byte) int { return int(bit(p.Key, depth)) - 1 })
	return sorted[:i], sorted[i:]
}

func sortPairs(pairs []Pair) ([]Pair, error) {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b Pair) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Key == sorted[i-1].Key {
			return nil, errDuplicate
		}
	}
	return sorted, nil
}

func bit(h Hash, depth int) byte { return h[depth/8] >> (7 - depth%8) & 1 }

func samePrefix(a, b Hash, bits int) bool {
	for d := range bits {
		if bit(a, d) != bit(b, d) {
			return false
		}
	}
	return true
}

func leafHash(p Pair) Hash {
	var b [1 + 2*HashSize]byte
	copy(b[1:], p.Key[:])
	copy(b[1+HashSize:], p.Value[:])
	return sha256.Sum256(b[:])
}

func nodeHash(left, right Hash) Hash {
	var b [1 + 2*HashSize]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+HashSize:], right[:])
	return sha256.Sum256(b[:])
}
