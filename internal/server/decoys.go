package server

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
)

// decoyIndex finds decoys by the blind index, of current and replaced values.
type decoyIndex struct {
	*vault.Vault
	store *store.DB
}

// Tagged implements [decoy.Index].
func (d decoyIndex) Tagged(ctx context.Context, f pii.Field, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error) {
	held, err := d.store.Holders(ctx, f, pii.NormVersion, tags)
	found := make(map[[32]byte][]pii.Ordinal, len(held))
	for _, h := range held {
		found[h.Tag] = append(found[h.Tag], h.Ordinal)
	}
	return found, err
}
