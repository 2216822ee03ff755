package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

func key(n uint64) Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
}

// TestSparsePresenceAndAbsence: against a plain map, every key proves what the
// map says, and no proof proves the opposite.
func TestSparsePresenceAndAbsence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ns := rapid.SliceOfNDistinct(rapid.Uint64Range(0, 500), 0, 60, rapid.ID).Draw(t, "keys")
		in := map[uint64]bool{}
		var pairs []Pair
		for _, n := range ns {
			in[n] = true
			pairs = append(pairs, Pair{key(n), key(n + 1000)})
		}
		root, err := SparseRoot(pairs)
		if err != nil {
			t.Fatal(err)
		}
		probe := rapid.Uint64Range(0, 500).Draw(t, "probe")
		p, err := ProveSparse(pairs, key(probe))
		if err != nil {
			t.Fatal(err)
		}
		present := p.CheckPresent(root, key(probe), key(probe+1000)) == nil
		absent := p.CheckAbsent(root, key(probe)) == nil
		if present != in[probe] || absent == in[probe] {
			t.Fatalf("key in tree: %v, proven present: %v, proven absent: %v", in[probe], present, absent)
		}
		if p.CheckPresent(root, key(probe), key(probe+1001)) == nil {
			t.Fatal("a wrong value was proven")
		}
	})
}

func TestSparseRefusesDuplicateKeys(t *testing.T) {
	if _, err := SparseRoot([]Pair{{Key: key(1)}, {Key: key(2)}, {Key: key(1)}}); err == nil {
		t.Fatal("a duplicate key was accepted")
	}
}

func FuzzLeaf(f *testing.F) {
	f.Add(Leaf{Kind: KindDisclosure, Subjects: 1, Commitments: make([]Hash, 3)}.Encode())
	f.Add(Leaf{Kind: KindGenesis}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := DecodeLeaf(b)
		if err != nil {
			return
		}
		if string(l.Encode()) != string(b) {
			t.Fatal("a decoded leaf encodes to other bytes")
		}
	})
}
