package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"github.com/google/go-cmp/cmp"
	"strings"
	"testing"
)

func TestLeafIsStrict(t *testing.T) {
	good := Leaf{Kind: KindPack, Commitments: make([]Hash, 2)}.Encode()
	change := func(i int, b byte) []byte {
		c := bytes.Clone(good)
		c[i] = b
		return c
	}
	for name, b := range map[string][]byte{
		"short": good[:leafHeader-1], "long": append(bytes.Clone(good), 0), "version": change(0, 2), "kind 0": change(1, 0),
		"kind": change(1, byte(lastKind)+1), "algorithm": change(26, 2), "fields": change(127, 3),
		"too many": append(change(127, MaxFields+1), make([]byte, HashSize*(MaxFields-1))...),
	} {
		if _, err := DecodeLeaf(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := DecodeLeaf(good); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a leaf with too many fields was encoded")
		}
	}()
	Leaf{Commitments: make([]Hash, MaxFields+1)}.Encode()
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := KindGenesis; k <= lastKind; k++ {
		if n := k.String(); n == "" || n == "unknown" || seen[n] {
			t.Errorf("kind %d is called %q", k, n)
		} else {
			seen[n] = true
		}
	}
	if Kind(0).String() != "unknown" || Kind(lastKind+1).String() != "unknown" {
		t.Error("a kind that is none has a name")
	}
}

// TestHashesOfTheFormat holds the hashes that nothing else here recomputes to
// their words in docs/format/ledger.md.
func TestHashesOfTheFormat(t *testing.T) {
	c := key(1)
	if ForgottenHash(c) != sum("\x40", string(c[:])) || EnrolledHash(c) != sum("\x21", string(c[:])) {
		t.Error("forget or enrolment hash")
	}
	if OrdinalsCommitment([16]byte{7}, []byte("bitmap")) != sum("\x30\x07", strings.Repeat("\x00", 15), "bitmap") {
		t.Error("ordinals")
	}
	if string(Line{Version: 258, Rule: "r"}.Encode()) != "\x00\x00\x00\x01\x02\x00\x00\x00\x01r" {
		t.Error("line")
	}
}

func sum(parts ...string) Hash { return sha256.Sum256([]byte(strings.Join(parts, ""))) }

func TestSparseProofsAreStrict(t *testing.T) {
	if _, err := ProveSparse([]Pair{{Key: key(1)}, {Key: key(1)}}, key(2)); err == nil {
		t.Error("a duplicate key was proven")
	}
	long := SparseProof{Siblings: make([]Hash, 257)}
	if long.CheckPresent(Hash{}, key(1), key(2)) == nil || long.CheckAbsent(Hash{}, key(1)) == nil {
		t.Error("more siblings than a key has bits")
	}
	pairs := []Pair{{key(1), key(2)}, {key(3), key(4)}}
	root, err := SparseRoot(pairs)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ProveSparse(pairs, key(1))
	if err != nil {
		t.Fatal(err)
	}
	p.Other = &Pair{key(1), key(2)}
	if p.CheckPresent(root, key(1), key(2)) == nil || p.CheckAbsent(root, key(1)) == nil {
		t.Error("a key in its own place is another key")
	}
	for _, bad := range []string{"", "!", "AA==", b64.EncodeToString(binary.BigEndian.AppendUint16(nil, 257)), b64.EncodeToString(make([]byte, 2+32))} {
		if new(SparseProof).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is a proof", bad)
		}
	}
	deep, err := ProveSparse([]Pair{{Hash{31: 1}, key(1)}, {Hash{31: 2}, key(2)}}, Hash{31: 3})
	if err != nil {
		t.Fatal(err)
	}
	text, err := deep.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back SparseProof
	if err := back.UnmarshalText(text); err != nil || !cmp.Equal(deep, back) || back.Other == nil || len(back.Siblings) < 250 {
		t.Fatal(err, len(back.Siblings))
	}
}
