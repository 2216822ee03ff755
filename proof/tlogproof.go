package proof

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const tlogProofLine = "c2sp.org/tlog-proof@v1"

// maxPath is the longest inclusion or consistency proof there can be.
const maxPath = 64

// TlogProof is a proof in the form of c2sp.org/tlog-proof@v1. Extra is not
// authenticated by it.
type TlogProof struct {
	Extra      []byte
	Index      uint64
	Inclusion  []Hash // from the leaf's sibling to the root's child
	Checkpoint []byte // the signed note, verbatim
}

// Format writes the proof as text.
func (p TlogProof) Format() []byte {
	b := []byte(tlogProofLine + "\n")
	if len(p.Extra) > 0 {
		b = append(b64.AppendEncode(append(b, "extra "...), p.Extra), '\n')
	}
	b = append(strconv.AppendUint(append(b, "index "...), p.Index, 10), '\n')
	for i := range p.Inclusion {
		b = append(b64.AppendEncode(b, p.Inclusion[i][:]), '\n')
	}
	return append(append(b, '\n'), p.Checkpoint...)
}

// ParseTlogProof reads what Format writes and nothing else; it checks nothing.
func ParseTlogProof(text []byte) (TlogProof, error) {
	bad := fail("proof", "malformed")
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != tlogProofLine || len(lines) < 2 {
		return TlogProof{}, bad
	}
	p, lines := TlogProof{Checkpoint: []byte(checkpoint)}, lines[1:]
	var err error
	if extra, found := strings.CutPrefix(lines[0], "extra "); found {
		if p.Extra, err = b64.DecodeString(extra); err != nil || len(lines) < 2 {
			return TlogProof{}, bad
		}
		lines = lines[1:]
	}
	index, _ := strings.CutPrefix(lines[0], "index ")
	if p.Index, err = parseNumber(index); err != nil || len(lines) > 1+maxPath {
		return TlogProof{}, bad
	}
	for _, line := range lines[1:] {
		h, err := b64.DecodeString(line)
		if err != nil || len(h) != HashSize {
			return TlogProof{}, bad
		}
		p.Inclusion = append(p.Inclusion, Hash(h))
	}
	if !bytes.Equal(p.Format(), text) {
		return TlogProof{}, bad
	}
	return p, nil
}

// LeafHash is the RFC 6962 hash of an encoded leaf.
func LeafHash(leaf []byte) Hash { return Hash(tlog.RecordHash(leaf)) }

// CheckInclusion verifies that the leaf is entry index of the checkpoint's tree.
func CheckInclusion(c Checkpoint, index uint64, leaf []byte, path []Hash) error {
	if tlog.CheckRecord(tlogHashes(path), int64(c.Size), tlog.Hash(c.Root), int64(index), tlog.RecordHash(leaf)) != nil {
		return fail("proof", "inclusion")
	}
	return nil
}

// CheckConsistency verifies that the older checkpoint's tree is a prefix of the
// newer one's.
func CheckConsistency(older, newer Checkpoint, path []Hash) error {
	if tlog.CheckTree(tlogHashes(path), int64(newer.Size), tlog.Hash(newer.Root), int64(older.Size), tlog.Hash(older.Root)) != nil {
		return fail("proof", "consistency")
	}
	return nil
}

func tlogHashes(l []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(l))
	for i := range l {
		out[i] = tlog.Hash(l[i])
	}
	return out
}
