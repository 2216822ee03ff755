package witness

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/proof"
)

const (
	// maxProof is how many hashes a submission may carry.
	maxProof = 63
	// maxBody bounds a submission: the proof and a checkpoint with many signatures.
	maxBody = 128 << 10
	// maxSize bounds the size of a log. Trees near 2^63 are nobody's, and the
	// arithmetic of proofs is not made for them.
	maxSize = 1 << 48
	// sizeType is the media type of the size that answers 409.
	sizeType = "text/x.tlog.size"
)

var b64 = base64.StdEncoding.Strict()

// Submission is the body of add-checkpoint.
type Submission struct {
	Old        uint64 // the size the witness is thought to hold
	Proof      []proof.Hash
	Checkpoint []byte // the signed note
}

// Encode writes the body.
func (s Submission) Encode() []byte {
	b := fmt.Appendf(nil, "old %d\n", s.Old)
	for i := range s.Proof {
		b = append(b64.AppendEncode(b, s.Proof[i][:]), '\n')
	}
	return append(append(b, '\n'), s.Checkpoint...)
}

// ParseSubmission reads a body; the checkpoint in it is parsed and not verified.
func ParseSubmission(body []byte) (Submission, proof.Checkpoint, bool) {
	var s Submission
	head, rest, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	old, isOld := strings.CutPrefix(lines[0], "old ")
	if !ok || !isOld || len(lines) > 1+maxProof {
		return s, proof.Checkpoint{}, false
	}
	if s.Old, ok = parseSize(old); !ok {
		return s, proof.Checkpoint{}, false
	}
	for _, line := range lines[1:] {
		h, err := b64.DecodeString(line)
		if err != nil || len(h) != proof.HashSize {
			return s, proof.Checkpoint{}, false
		}
		s.Proof = append(s.Proof, proof.Hash(h))
	}
	s.Checkpoint = []byte(rest)
	c, err := proof.ParseCheckpoint(s.Checkpoint)
	return s, c, err == nil && c.Size <= maxSize
}

// parseSize reads a decimal number without leading zeros.
func parseSize(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return n, err == nil && strconv.FormatUint(n, 10) == text
}

// signatureLine writes one signature as it stands under a checkpoint.
func signatureLine(s proof.Signature) string {
	raw := []byte{byte(s.KeyID >> 24), byte(s.KeyID >> 16), byte(s.KeyID >> 8), byte(s.KeyID)}
	return "— " + s.Name + " " + b64.EncodeToString(append(raw, s.Bytes...)) + "\n"
}

// monitorPath is where a witness shows what it cosigned last for an origin.
func monitorPath(origin string) string { return "/" + originHash(origin) + "/checkpoint" }
