package proof_test

import (
	"bytes"
	"testing"

	"github.com/goldbell/goldbell/proof"
)

func firstOpinion(b []byte) error {
	p, err := proof.ReadPack(bytes.NewReader(b), int64(len(b)))
	if err == nil {
		_, err = proof.Verify(p, nil)
	}
	return err
}

// TestTwoVerifiersAgree: the verifier written from the documents accepts and
// refuses the same files as the package.
func TestTwoVerifiersAgree(t *testing.T) {
	honest, _, hostile := proof.SamplePacks(t)
	for name, b := range honest {
		if one, two := firstOpinion(b), secondOpinion(b); one != nil || two != nil {
			t.Fatalf("honest pack (%s): first says %v, second says %v", name, one, two)
		}
	}
	for name, b := range hostile {
		if one, two := firstOpinion(b), secondOpinion(b); one == nil || two == nil {
			t.Errorf("%s: first says %v, second says %v", name, one, two)
		}
	}
	for name, b := range honest {
		step := len(b)/400 + 1
		if name == "subject" && !testing.Short() {
			step = 1
		}
		for i := 0; i < len(b); i += step {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << (i % 8)
			if one, two := firstOpinion(bad), secondOpinion(bad); one == nil || two == nil {
				t.Fatalf("%s, byte %d: first says %v, second says %v", name, i, one, two)
			}
		}
	}
}
