package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.Store = (*DB)(nil)

const upsertComplaint = `INSERT INTO complaint
(id, state, ordinal, filed_at, called_at, channel, known, caller, verified, code_hash, month, sealed, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, ordinal = excluded.ordinal, filed_at = excluded.filed_at,
	called_at = excluded.called_at, channel = excluded.channel, known = excluded.known, caller = excluded.caller,
	verified = excluded.verified, code_hash = excluded.code_hash, month = excluded.month, sealed = excluded.sealed,
	entry = excluded.entry, mac = excluded.mac`

func putComplaint(idx uint64, c *casework.Complaint) ([]call, error) {
	if err := exact(c.FiledAt, c.CalledAt); err != nil {
		return nil, err
	}
	known, err := orNull(c.Known)
	if err != nil {
		return nil, err
	}
	return put(idx, c, upsertComplaint, c.ID[:], string(c.State), int64(c.Ordinal), micros(c.FiledAt), micros(c.CalledAt),
		c.Channel, known, c.Caller, c.Verified, c.CodeHash, c.Month, c.Sealed)
}

const complaintColumns = `c.id, c.state, c.ordinal, c.filed_at, c.called_at, c.channel, c.known, c.caller, c.verified,
	c.code_hash, c.month, c.sealed, c.entry, c.mac`

func complaintInto(c *casework.Complaint) []any {
	return []any{(*id16)(&c.ID), &c.State, &c.Ordinal, (*instant)(&c.FiledAt), (*instant)(&c.CalledAt), &c.Channel,
		(*fields)(&c.Known), (*blob)(&c.Caller), &c.Verified, (*blob)(&c.CodeHash), &c.Month, (*blob)(&c.Sealed), &c.Entry, &c.MAC}
}

const selectComplaint = `SELECT ` + complaintColumns + ` FROM complaint c WHERE c.id = $1`

// Complaint implements [casework.Store].
func (db *DB) Complaint(ctx context.Context, id pii.RequestID) (c casework.Complaint, ok bool, err error) {
	ok, err = db.row(ctx, "complaint", selectComplaint, complaintInto(&c), id[:])
	return c, ok, err
}

const selectComplaints = `SELECT ` + complaintColumns + ` FROM complaint c
WHERE c.filed_at >= $1 AND c.filed_at < $2 ORDER BY c.filed_at, c.id LIMIT $3`

// Complaints implements [casework.Store].
func (db *DB) Complaints(ctx context.Context, from, to time.Time, n int) ([]casework.Complaint, error) {
	return db.complaints(ctx, selectComplaints, micros(from), micros(to), int64(n))
}

const selectNaming = `SELECT ` + complaintColumns + ` FROM complaint c
WHERE c.ordinal = $1 AND c.state <> $2 ORDER BY c.filed_at, c.id`

// Naming implements [casework.Store].
func (db *DB) Naming(ctx context.Context, of pii.Ordinal) ([]casework.Complaint, error) {
	return db.complaints(ctx, selectNaming, int64(of), string(casework.Closed))
}

func (db *DB) complaints(ctx context.Context, text string, args ...any) (all []casework.Complaint, err error) {
	err = db.rows(ctx, "complaints", text, func(scan func(...any) error) error {
		var c casework.Complaint
		if err := scan(complaintInto(&c)...); err != nil {
			return err
		}
		all = append(all, c)
		return nil
	}, args...)
	return all, err
}
