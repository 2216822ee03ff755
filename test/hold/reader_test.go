package hold

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/proof"
)

// copyOf is a ledger as somebody outside reads it: the leaves alone, with his own
// lines for RFC 6962 and for signed notes.
type copyOf struct {
	leaves    [][]byte
	root      [32]byte
	byRequest map[[16]byte][]uint64
	kinds     map[proof.Kind]int
}

// readLedger copies all leaves and checks that the signed head is theirs.
func (h *house) readLedger() *copyOf {
	h.t.Helper()
	head, err := h.ledger.Head(ctxOf(h.t))
	h.ok(err)
	c := &copyOf{byRequest: map[[16]byte][]uint64{}, kinds: map[proof.Kind]int{}}
	for uint64(len(c.leaves)) < head.Size {
		page, err := h.ledger.Leaves(ctxOf(h.t), uint64(len(c.leaves)), int(min(1000, head.Size-uint64(len(c.leaves)))))
		h.ok(err)
		if len(page) == 0 {
			h.t.Fatalf("only %d of %d leaves are there", len(c.leaves), head.Size)
		}
		c.leaves = append(c.leaves, page...)
	}
	for i, leaf := range c.leaves {
		if len(leaf) < 128 || leaf[0] != 1 {
			h.t.Fatalf("leaf %d is not one", i)
		}
		id := [16]byte(leaf[2:18])
		c.byRequest[id] = append(c.byRequest[id], uint64(i))
		c.kinds[proof.Kind(leaf[1])]++
	}
	c.root = merkle(c.leaves)
	if err := c.signedBy(h.made.LogKey, string(head.Note)); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// merkle is the root of RFC 6962 section 2.1, as the text defines it.
func merkle(leaves [][]byte) [32]byte {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := merkle(leaves[:k]), merkle(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

// signedBy checks the signed note of the copy's size and root.
func (c *copyOf) signedBy(vkey, signed string) error {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 1 {
		return fmt.Errorf("not a log key")
	}
	text, signatures, ok := strings.Cut(signed, "\n\n")
	text += "\n"
	want := parts[0] + "\n" + strconv.Itoa(len(c.leaves)) + "\n" + base64.StdEncoding.EncodeToString(c.root[:]) + "\n"
	if !ok || text != want {
		return fmt.Errorf("the signed head does not say what the %d leaves say", len(c.leaves))
	}
	line := strings.TrimPrefix(strings.TrimSuffix(signatures, "\n"), "— "+parts[0]+" ")
	b, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(b) != 4+64 || !ed25519.Verify(key[1:], []byte(text), b[4:]) {
		return fmt.Errorf("the head is not signed by the log's key")
	}
	return nil
}

// extends ends the test if an earlier copy is not a prefix of this one.
func (c *copyOf) extends(t testing.TB, old *copyOf) {
	t.Helper()
	if old == nil {
		return
	}
	if len(c.leaves) < len(old.leaves) {
		t.Fatalf("the ledger shrank from %d to %d", len(old.leaves), len(c.leaves))
	}
	for i := range old.leaves {
		if !bytes.Equal(c.leaves[i], old.leaves[i]) {
			t.Fatalf("entry %d was replaced", i)
		}
	}
}
