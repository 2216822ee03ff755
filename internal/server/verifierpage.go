package server

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/goldbell/goldbell/internal/fault"
)

// VerifierFile is the name of the verifier page. A release lays it beside the
// program; it is no part of the program, so that the same source gives the same
// program with and without it.
const VerifierFile = "goldbell-verifier.html"

// maxVerifier is the largest page that is handed out, in bytes.
const maxVerifier = 6 << 20

// VerifierPage reads the verifier page beside this program.
func VerifierPage() ([]byte, error) {
	none := fault.New(fault.NotFound, "not-found", "verifier")
	self, err := os.Executable()
	if err != nil {
		return nil, none
	}
	if real, err := filepath.EvalSymlinks(self); err == nil {
		self = real
	}
	path := filepath.Join(filepath.Dir(self), VerifierFile)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxVerifier {
		return nil, none
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, none
	}
	return b, nil
}

// VerifierSHA256 is the digest of the verifier page beside this program, in
// hexadecimal digits; empty if there is none.
func VerifierSHA256() string {
	b, err := VerifierPage()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
