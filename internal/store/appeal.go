package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.Appeals = (*DB)(nil)

const (
	upsertAppeal = `INSERT INTO appeal (id, complaint, at, waits, body, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET complaint = excluded.complaint, at = excluded.at, waits = excluded.waits,
	body = excluded.body, entry = excluded.entry, mac = excluded.mac`
	selectAppeal       = `SELECT body, entry, mac FROM appeal WHERE id = $1`
	selectAppealsOf    = `SELECT body, entry, mac FROM appeal WHERE complaint = $1 ORDER BY at, id`
	selectAppealsAfter = `SELECT body, entry, mac FROM appeal WHERE waits = 1 AND (at, id) > ($1, $2) ORDER BY at, id LIMIT $3`
)

func putAppeal(idx uint64, a *casework.Appeal) ([]call, error) {
	if err := exact(a.At, a.Due, a.AnsweredAt); err != nil {
		return nil, err
	}
	waits := int64(0)
	if a.Outcome == "" {
		waits = 1
	}
	_, body := a.StampRow()
	return put(idx, a, upsertAppeal, a.ID[:], a.Case[:], micros(a.At), waits, body)
}

func appealInto(a *casework.Appeal) []any { return []any{&body{a}, &a.Entry, &a.MAC} }

// Appeal implements [casework.Appeals].
func (db *DB) Appeal(ctx context.Context, id pii.RequestID) (a casework.Appeal, ok bool, err error) {
	ok, err = db.row(ctx, "appeal", selectAppeal, appealInto(&a), id[:])
	return a, ok, err
}

// AppealsOf implements [casework.Appeals].
func (db *DB) AppealsOf(ctx context.Context, of pii.RequestID) ([]casework.Appeal, error) {
	return db.appeals(ctx, selectAppealsOf, of[:])
}

// AppealsAfter implements [casework.Appeals].
func (db *DB) AppealsAfter(ctx context.Context, at time.Time, id pii.RequestID, n int) ([]casework.Appeal, error) {
	return db.appeals(ctx, selectAppealsAfter, micros(at), id[:], int64(n))
}

func (db *DB) appeals(ctx context.Context, text string, args ...any) (all []casework.Appeal, err error) {
	err = db.rows(ctx, "appeals", text, func(scan func(...any) error) error {
		var a casework.Appeal
		err := scan(appealInto(&a)...)
		all = append(all, a)
		return err
	}, args...)
	return all, err
}
