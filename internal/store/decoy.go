package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/decoy"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ decoy.Store = (*DB)(nil)

const (
	insertNote  = `INSERT INTO decoy_note (id, sealed, entry, mac) VALUES ($1, $2, $3, $4)`
	selectNotes = `SELECT id, sealed, entry, mac FROM decoy_note ORDER BY entry`
)

func putNote(idx uint64, n *decoy.Note) ([]call, error) {
	return put(idx, n, insertNote, n.ID[:], n.Sealed)
}

// Notes implements [decoy.Store].
func (db *DB) Notes(ctx context.Context) (all []decoy.Note, err error) {
	err = db.rows(ctx, "decoy notes", selectNotes, func(scan func(...any) error) error {
		var n decoy.Note
		err := scan((*id16)(&n.ID), &n.Sealed, &n.Entry, &n.MAC)
		all = append(all, n)
		return err
	})
	return all, err
}

// Tagged finds who holds, or held, a value with each tag: the half of [decoy.Index]
// that is the store's.
func (db *DB) Tagged(ctx context.Context, f pii.Field, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error) {
	held, err := db.Holders(ctx, f, pii.NormVersion, tags)
	found := make(map[[32]byte][]pii.Ordinal, len(held))
	for _, h := range held {
		found[h.Tag] = append(found[h.Tag], h.Ordinal)
	}
	return found, err
}
