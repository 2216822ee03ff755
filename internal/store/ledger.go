package store

import (
	"context"
	"errors"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

var _ ledger.Store = (*DB)(nil)

const selectHead = `SELECT size, root, note, frontier, micros, rules FROM ledger_head WHERE id = 1`

// maxSize is longer than any ledger. Arithmetic on trees of more than 2^62 leaves
// overflows, and does not end.
const maxSize = 1 << 60

// scanHead reads a head row of selectHead.
func scanHead(scan func(...any) error) (h ledger.Head, err error) {
	var frontier []byte
	if err := scan(&h.Size, (*hash32)(&h.Root), &h.Note, &frontier, &h.Micros, &h.Rules); err != nil {
		return ledger.Head{}, err
	}
	if h.Size == 0 {
		h.Note = nil
	}
	if len(frontier)%proof.HashSize != 0 || h.Size > maxSize {
		return ledger.Head{}, errColumn
	}
	for ; len(frontier) > 0; frontier = frontier[proof.HashSize:] {
		h.Frontier = append(h.Frontier, proof.Hash(frontier[:proof.HashSize]))
	}
	return h, nil
}

// Head implements [ledger.Store].
func (db *DB) Head(ctx context.Context) (h ledger.Head, err error) {
	found := false
	err = db.rows(ctx, "head", selectHead, func(scan func(...any) error) (err error) {
		found = true
		h, err = scanHead(scan)
		return err
	})
	if err == nil && !found {
		err = errHeadGone
	}
	return h, err
}

var errHeadGone = fault.Wrap(fault.Internal, "internal", errors.New("store: there is no head row"))

// querier is a reader of the pool, or of the transaction.
type querier func(text string, each func(scan func(...any) error) error, args ...any) error

func (db *DB) querier(ctx context.Context, op string) querier {
	return func(text string, each func(scan func(...any) error) error, args ...any) error {
		return db.rows(ctx, op, text, each, args...)
	}
}

const selectLeaves = `SELECT idx, data FROM ledger_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx`

// Leaves implements [ledger.Store].
func (db *DB) Leaves(ctx context.Context, from uint64, n int) ([][]byte, error) {
	return leaves(db.querier(ctx, "leaves"), from, n)
}

func leaves(q querier, from uint64, n int) (all [][]byte, err error) {
	next := from
	err = q(selectLeaves, func(scan func(...any) error) error {
		var idx uint64
		var data []byte
		if err := scan(&idx, &data); err != nil {
			return err
		}
		if idx != next {
			return fault.Wrap(fault.Internal, "internal", errors.New("store: an entry is missing"))
		}
		next++
		all = append(all, data)
		return nil
	}, int64(from), int64(from)+int64(n))
	return all, err
}

const selectOpenings = `SELECT idx, holder, month, sealed FROM ledger_entry
WHERE idx >= $1 AND idx < $2 AND sealed IS NOT NULL ORDER BY idx`

// Openings implements [ledger.Store].
func (db *DB) Openings(ctx context.Context, from uint64, n int) (all []ledger.SealedOpening, err error) {
	err = db.rows(ctx, "openings", selectOpenings, func(scan func(...any) error) error {
		var o ledger.SealedOpening
		if err := scan(&o.Index, &o.Holder, &o.Month, &o.Sealed); err != nil {
			return err
		}
		all = append(all, o)
		return nil
	}, int64(from), int64(from)+int64(n))
	return all, err
}

const selectTile = `SELECT data FROM ledger_tile WHERE l = $1 AND n = $2`

// Tiles implements [ledger.Store].
func (db *DB) Tiles(ctx context.Context, ids []ledger.TileID) ([][]byte, error) {
	return tiles(db.querier(ctx, "tiles"), ids)
}

func tiles(q querier, ids []ledger.TileID) ([][]byte, error) {
	all := make([][]byte, 0, len(ids))
	for _, id := range ids {
		before := len(all)
		err := q(selectTile, func(scan func(...any) error) error {
			var data []byte
			if err := scan(&data); err != nil {
				return err
			}
			all = append(all, data)
			return nil
		}, int64(id.Level), int64(id.Number))
		if err != nil {
			return nil, err
		}
		if len(all) == before {
			return nil, fault.Wrap(fault.Internal, "internal", errors.New("store: a full tile is missing"))
		}
	}
	return all, nil
}

// notNil is for columns that are never NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
