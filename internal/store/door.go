package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ door.Store = (*DB)(nil)

const upsertImport = `INSERT INTO import (id, made_by, file, opened_at, horizon, done, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET made_by = excluded.made_by, file = excluded.file, opened_at = excluded.opened_at,
	horizon = excluded.horizon, done = excluded.done, entry = excluded.entry, mac = excluded.mac`

func putImport(idx uint64, i *door.Import) ([]call, error) {
	if err := exact(i.OpenedAt); err != nil {
		return nil, err
	}
	return put(idx, i, upsertImport, i.ID[:], string(i.By), i.File, micros(i.OpenedAt), int64(i.Before), i.Done)
}

const upsertErasure = `INSERT INTO erasure (id, ordinal, work, asked_by, asked_at, approved_by, state, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal, work = excluded.work, asked_by = excluded.asked_by,
	asked_at = excluded.asked_at, approved_by = excluded.approved_by, state = excluded.state, entry = excluded.entry,
	mac = excluded.mac`

func putErasure(idx uint64, e *door.Erasure) ([]call, error) {
	if err := exact(e.AskedAt); err != nil {
		return nil, err
	}
	return put(idx, e, upsertErasure, e.ID[:], int64(e.Ordinal), e.Work[:], string(e.AskedBy), micros(e.AskedAt),
		string(e.ApprovedBy), string(e.State))
}

const insertRuleSet = `INSERT INTO rule_set (version, text, made_by, at, entry, mac) VALUES ($1, $2, $3, $4, $5, $6)`

func putRuleSet(idx uint64, r *door.RuleSet) ([]call, error) {
	if err := exact(r.At); err != nil {
		return nil, err
	}
	return put(idx, r, insertRuleSet, r.Version, r.Text, string(r.By), micros(r.At))
}

const selectImport = `SELECT id, made_by, file, opened_at, horizon, done, entry, mac FROM import WHERE id = $1`

// Import implements [door.Store].
func (db *DB) Import(ctx context.Context, id pii.RequestID) (i door.Import, ok bool, err error) {
	ok, err = db.row(ctx, "import", selectImport, []any{(*id16)(&i.ID), &i.By, (*blob)(&i.File), (*instant)(&i.OpenedAt),
		&i.Before, &i.Done, &i.Entry, &i.MAC}, id[:])
	return i, ok, err
}

const (
	erasureColumns = `SELECT id, ordinal, work, asked_by, asked_at, approved_by, state, entry, mac FROM erasure `
	selectErasure  = erasureColumns + `WHERE id = $1`
	selectErasures = erasureColumns + `WHERE state = $1 ORDER BY ordinal`
)

func erasureInto(e *door.Erasure) []any {
	return []any{(*id16)(&e.ID), &e.Ordinal, (*id16)(&e.Work), &e.AskedBy, (*instant)(&e.AskedAt), &e.ApprovedBy, &e.State, &e.Entry, &e.MAC}
}

// Erasure implements [door.Store].
func (db *DB) Erasure(ctx context.Context, id pii.RequestID) (e door.Erasure, ok bool, err error) {
	ok, err = db.row(ctx, "erasure", selectErasure, erasureInto(&e), id[:])
	return e, ok, err
}

// Erasures lists the erasures in a state.
func (db *DB) Erasures(ctx context.Context, in door.ErasureState) (all []door.Erasure, err error) {
	err = db.rows(ctx, "erasures", selectErasures, func(scan func(...any) error) error {
		var e door.Erasure
		err := scan(erasureInto(&e)...)
		all = append(all, e)
		return err
	}, string(in))
	return all, err
}

const selectRuleSet = `SELECT version, text, made_by, at, entry, mac FROM rule_set WHERE entry = $1`

// RuleSet implements [door.Store].
func (db *DB) RuleSet(ctx context.Context, entry uint64) (r door.RuleSet, ok bool, err error) {
	ok, err = db.row(ctx, "rule set", selectRuleSet,
		[]any{&r.Version, &r.Text, &r.By, (*instant)(&r.At), &r.Entry, &r.MAC}, int64(entry))
	return r, ok, err
}
