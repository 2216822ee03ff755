package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

var _ ledger.Store = (*DB)(nil)

const selectHead = `SELECT size, root, note, frontier, micros, rules FROM ledger_head WHERE id = 1`

// scanHead reads a head row of selectHead.
func scanHead(scan func(...any) error) (h ledger.Head, err error) {
	var frontier []byte
	if err := scan(&h.Size, (*hash32)(&h.Root), &h.Note, &frontier, &h.Micros, &h.Rules); err != nil {
		return ledger.Head{}, err
	}
	if h.Size == 0 {
		h.Note = nil
	}
	if len(frontier)%proof.HashSize != 0 {
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

const selectOpenings = `SELECT idx, holder, month, sealed FROM ledger_opening WHERE idx >= $1 AND idx < $2 ORDER BY idx`

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

var inRequests = in(`SELECT request, idx FROM ledger_request WHERE request IN `, 0, ``)

// Requests implements [ledger.Store].
func (db *DB) Requests(ctx context.Context, ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	return requests(db.d, db.querier(ctx, "requests"), ids)
}

func requests(d dialect, q querier, ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	found := map[pii.RequestID]uint64{}
	vals := make([]any, len(ids))
	for i := range ids {
		vals[i] = ids[i][:]
	}
	err := d.each(inRequests, nil, vals, func(text string, args []any) error {
		return q(text, func(scan func(...any) error) error {
			var id pii.RequestID
			var idx uint64
			err := scan((*id16)(&id), &idx)
			found[id] = idx
			return err
		}, args...)
	})
	return found, err
}

const selectIndex = `SELECT ref, idx FROM ledger_index WHERE kind = $1 AND ref = $2 AND idx >= $3 ORDER BY idx LIMIT $4`

var inIndex = in(`SELECT ref, idx FROM ledger_index WHERE kind = $1 AND idx >= $2 AND ref IN `, 2, ``)

// Find implements [ledger.Store].
func (db *DB) Find(ctx context.Context, kind ledger.RefKind, keys [][]byte, from uint64, n int) (all []ledger.IndexRow, err error) {
	row := func(scan func(...any) error) error {
		r := ledger.IndexRow{Ref: ledger.Ref{Kind: kind}}
		err := scan(&r.Ref.Key, &r.Index)
		all = append(all, r)
		return err
	}
	if len(keys) == 1 {
		err = db.rows(ctx, "find", selectIndex, row, int64(kind), notNil(keys[0]), int64(from), int64(n))
		return all, err
	}
	vals := make([]any, len(keys))
	for i := range keys {
		vals[i] = notNil(keys[i])
	}
	err = db.d.each(inIndex, []any{int64(kind), int64(from)}, vals, func(text string, args []any) error {
		return db.rows(ctx, "find", text, row, args...)
	})
	slices.SortFunc(all, func(a, b ledger.IndexRow) int { return cmp.Compare(a.Index, b.Index) })
	return all[:min(n, len(all))], err
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

const selectCheckpoints = `SELECT size, note FROM ledger_checkpoint WHERE size >= $1 AND size <= $2`

// Checkpoints implements [ledger.Store].
func (db *DB) Checkpoints(ctx context.Context, from, to uint64) (map[uint64][]byte, error) {
	all := map[uint64][]byte{}
	err := db.rows(ctx, "checkpoints", selectCheckpoints, func(scan func(...any) error) error {
		var size int64
		var note []byte
		err := scan(&size, &note)
		all[uint64(size)] = note
		return err
	}, int64(from), int64(to))
	return all, err
}
