package store

import (
	"context"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.Outbox = (*DB)(nil)

const (
	upsertWaiting = `INSERT INTO outbox (id, next_at, tries, sealed) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET next_at = excluded.next_at, tries = excluded.tries, sealed = excluded.sealed`
	deleteWaiting = `DELETE FROM outbox WHERE id = $1`
	putOffWaiting = `UPDATE outbox SET next_at = $1, tries = tries + 1 WHERE id = $2 AND tries = $3`
	selectWaiting = `SELECT id, next_at, tries, sealed FROM outbox WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2`
)

func putWaiting(w *casework.Waiting) []call {
	return []call{{text: upsertWaiting, args: []any{w.ID[:], micros(w.Next), int64(w.Tries), w.Sealed}}}
}

func removeWaiting(id pii.RequestID) call { return call{text: deleteWaiting, args: []any{id[:]}} }

// Due implements [casework.Outbox].
func (db *DB) Due(ctx context.Context, now time.Time, n int) (all []casework.Waiting, err error) {
	err = db.rows(ctx, "outbox", selectWaiting, func(scan func(...any) error) error {
		var w casework.Waiting
		err := scan((*id16)(&w.ID), (*instant)(&w.Next), &w.Tries, (*blob)(&w.Sealed))
		all = append(all, w)
		return err
	}, micros(now), int64(n))
	return all, err
}

// errTaken says that another process tries this message.
var errTaken = fault.New(fault.Conflict, "exists", "message")

// PutOff implements [casework.Outbox].
func (db *DB) PutOff(ctx context.Context, w casework.Waiting, next time.Time) (bool, error) {
	err := db.transact(ctx, "put off", func(s *session) error {
		return s.run(ctx, []call{{text: putOffWaiting, args: []any{micros(next), w.ID[:], int64(w.Tries)}, want: 1, other: errTaken}})
	})
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

// RemoveWaiting implements [casework.Outbox].
func (db *DB) RemoveWaiting(ctx context.Context, id pii.RequestID) error {
	return db.transact(ctx, "outbox", func(s *session) error { return s.run(ctx, []call{removeWaiting(id)}) })
}
