package server

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// decoyIndex is the decoys' index: the vault hashes, the store finds.
type decoyIndex struct {
	*vault.Vault
	tagged
}

type tagged interface {
	Tagged(ctx context.Context, f pii.Field, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error)
}
