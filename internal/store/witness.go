package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/witness"
)

var _ witness.Store = (*DB)(nil)

const insertCosignature = `INSERT INTO ledger_cosig (size, witness, line) VALUES ($1, $2, $3)
ON CONFLICT (size, witness) DO NOTHING`

// AddCosignature implements [witness.Store].
func (db *DB) AddCosignature(ctx context.Context, c witness.Cosignature) error {
	return db.transact(ctx, "cosignature", func(s *session) error {
		_, err := s.exec(ctx, insertCosignature, int64(c.Size), c.Witness, c.Line)
		return err
	})
}

const selectCosignatures = `SELECT size, witness, line FROM ledger_cosig WHERE size >= $1 ORDER BY size, witness LIMIT $2`

// Cosignatures implements [witness.Store].
func (db *DB) Cosignatures(ctx context.Context, from uint64, n int) ([]witness.Cosignature, error) {
	return db.cosignatures(ctx, selectCosignatures, int64(from), int64(n))
}

const selectNewestCosignatures = `SELECT size, witness, line FROM ledger_cosig ORDER BY size DESC, witness LIMIT $1`

// NewestCosignatures implements [witness.Store].
func (db *DB) NewestCosignatures(ctx context.Context, n int) ([]witness.Cosignature, error) {
	return db.cosignatures(ctx, selectNewestCosignatures, int64(n))
}

func (db *DB) cosignatures(ctx context.Context, text string, args ...any) (all []witness.Cosignature, err error) {
	err = db.rows(ctx, "cosignatures", text, func(scan func(...any) error) error {
		var c witness.Cosignature
		if err := scan(&c.Size, &c.Witness, &c.Line); err != nil {
			return err
		}
		all = append(all, c)
		return nil
	}, args...)
	return all, err
}
