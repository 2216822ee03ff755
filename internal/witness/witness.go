// Package witness lets somebody outside watch that the ledger only grows: a small
// witness server that a second organisation runs, and the client that submits our
// checkpoints to any number of them (c2sp.org/tlog-witness).
//
// Its one invariant: the client holds no release and stores no cosignature it has
// not verified; but a witness that has seen another history, or more of ours than
// the database holds, stops all writers until a person has dealt with it. The
// server signs nothing that does not continue what it signed before. The package
// decides nothing about personal information and sees none.
package witness

import (
	"crypto/sha256"

	"github.com/goldbell/goldbell/proof"
)

// emptyRoot is the root of a tree without entries.
var emptyRoot = proof.Hash(sha256.Sum256(nil))
