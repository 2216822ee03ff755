package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.Store = (*DB)(nil)

const upsertComplaint = `INSERT INTO complaint
(id, state, ordinal, filed_at, called_at, channel, known, caller, verified, code_hash, month, sealed,
	taken_by, due, silent_until, escalated_at, script, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, ordinal = excluded.ordinal, filed_at = excluded.filed_at,
	called_at = excluded.called_at, channel = excluded.channel, known = excluded.known, caller = excluded.caller,
	verified = excluded.verified, code_hash = excluded.code_hash, month = excluded.month, sealed = excluded.sealed,
	taken_by = excluded.taken_by, due = excluded.due, silent_until = excluded.silent_until,
	escalated_at = excluded.escalated_at, script = excluded.script, entry = excluded.entry, mac = excluded.mac`

func putComplaint(idx uint64, c *casework.Complaint) ([]call, error) {
	if err := exact(c.FiledAt, c.CalledAt, c.Due, c.SilentUntil, c.EscalatedAt); err != nil {
		return nil, err
	}
	known, err := orNull(c.Known)
	if err != nil {
		return nil, err
	}
	return put(idx, c, upsertComplaint, c.ID[:], string(c.State), int64(c.Ordinal), micros(c.FiledAt), micros(c.CalledAt),
		c.Channel, known, c.Caller, c.Verified, c.CodeHash, c.Month, c.Sealed,
		string(c.TakenBy), micros(c.Due), micros(c.SilentUntil), micros(c.EscalatedAt), c.Script)
}

const complaintColumns = `c.id, c.state, c.ordinal, c.filed_at, c.called_at, c.channel, c.known, c.caller, c.verified,
	c.code_hash, c.month, c.sealed, c.taken_by, c.due, c.silent_until, c.escalated_at, c.script, c.entry, c.mac`

func complaintInto(c *casework.Complaint) []any {
	return []any{(*id16)(&c.ID), &c.State, &c.Ordinal, (*instant)(&c.FiledAt), (*instant)(&c.CalledAt), &c.Channel,
		(*fields)(&c.Known), (*blob)(&c.Caller), &c.Verified, (*blob)(&c.CodeHash), &c.Month, (*blob)(&c.Sealed),
		&c.TakenBy, (*instant)(&c.Due), (*instant)(&c.SilentUntil), (*instant)(&c.EscalatedAt), (*blob)(&c.Script), &c.Entry, &c.MAC}
}

const selectComplaint = `SELECT ` + complaintColumns + ` FROM complaint c WHERE c.id = $1`

// Complaint implements [casework.Store].
func (db *DB) Complaint(ctx context.Context, id pii.RequestID) (c casework.Complaint, ok bool, err error) {
	ok, err = db.row(ctx, "complaint", selectComplaint, complaintInto(&c), id[:])
	return c, ok, err
}

const selectByCode = `SELECT ` + complaintColumns + ` FROM complaint c WHERE c.code_hash = $1 ORDER BY c.id LIMIT 1`

// ByCode implements [casework.Store].
func (db *DB) ByCode(ctx context.Context, hash []byte) (c casework.Complaint, ok bool, err error) {
	ok, err = db.row(ctx, "complaint", selectByCode, complaintInto(&c), hash)
	return c, ok, err
}

const upsertOneTime = `INSERT INTO one_time_code (id, purpose, complaint, ordinal, field, hash, sent_at, until, used, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO UPDATE SET purpose = excluded.purpose, complaint = excluded.complaint, ordinal = excluded.ordinal,
	field = excluded.field, hash = excluded.hash, sent_at = excluded.sent_at, until = excluded.until, used = excluded.used,
	entry = excluded.entry, mac = excluded.mac`

func putOneTime(idx uint64, o *casework.OneTime) ([]call, error) {
	if err := exact(o.SentAt, o.Until); err != nil {
		return nil, err
	}
	return put(idx, o, upsertOneTime, o.ID[:], string(o.Use), o.Case[:], int64(o.Ordinal), string(o.Field), o.Hash,
		micros(o.SentAt), micros(o.Until), o.Used)
}

const (
	oneTimeColumns = `id, purpose, complaint, ordinal, field, hash, sent_at, until, used, entry, mac`
	selectOneTime  = `SELECT ` + oneTimeColumns + ` FROM one_time_code WHERE id = $1`
	closingColumns = `complaint, code, officer, notice, at, entry, mac`
)

func oneTimeInto(o *casework.OneTime) []any {
	return []any{(*id16)(&o.ID), &o.Use, (*id16)(&o.Case), &o.Ordinal, &o.Field,
		(*blob)(&o.Hash), (*instant)(&o.SentAt), (*instant)(&o.Until), &o.Used, &o.Entry, &o.MAC}
}

func closingInto(c *casework.Closing) []any {
	return []any{(*id16)(&c.Case), (*id16)(&c.Code), &c.Officer, &c.Notice, (*instant)(&c.At), &c.Entry, &c.MAC}
}

// OneTime implements [casework.Store].
func (db *DB) OneTime(ctx context.Context, id pii.RequestID) (o casework.OneTime, ok bool, err error) {
	ok, err = db.row(ctx, "one-time code", selectOneTime, oneTimeInto(&o), id[:])
	return o, ok, err
}

const insertClosing = `INSERT INTO complaint_closing (complaint, code, officer, notice, at, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7)`

func putClosing(idx uint64, c *casework.Closing) ([]call, error) {
	if err := exact(c.At); err != nil {
		return nil, err
	}
	return put(idx, c, insertClosing, c.Case[:], c.Code[:], string(c.Officer), int64(c.Notice), micros(c.At))
}

const insertHandled = `INSERT INTO complaint_handled (complaint, person) VALUES ($1, $2) ON CONFLICT (complaint, person) DO NOTHING`

func putHandled(h casework.Handled) []call {
	return []call{{text: insertHandled, args: []any{h.Case[:], string(h.Person)}}}
}

const selectComplaints = `SELECT ` + complaintColumns + ` FROM complaint c
WHERE c.filed_at >= $1 AND c.filed_at < $2 ORDER BY c.filed_at, c.id LIMIT $3`

// Complaints implements [casework.Store].
func (db *DB) Complaints(ctx context.Context, from, to time.Time, n int) ([]casework.Complaint, error) {
	return db.complaints(ctx, selectComplaints, micros(from), micros(to), int64(n))
}

const selectNaming = `SELECT ` + complaintColumns + ` FROM complaint c
WHERE c.ordinal = $1 AND c.state <> $2 AND c.state <> $3 ORDER BY c.filed_at, c.id`

// Naming implements [casework.Store].
func (db *DB) Naming(ctx context.Context, of pii.Ordinal) ([]casework.Complaint, error) {
	return db.complaints(ctx, selectNaming, int64(of), string(casework.Closed), string(casework.Unconfirmed))
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
