package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ grant.Store = (*DB)(nil)

const insertWork = `INSERT INTO work_item
(id, kind, purpose, assignee, recipient, opened_by, opened_at, until, closed, subjects, digest,
	asked_by, fields, highest, budget, frozen, fresh_at, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`

var insertMembers = values(`INSERT INTO work_item_subject (ordinal, item, entry, mac) VALUES `, 4, ``)

func (d dialect) openWork(idx uint64, e grant.Opened) ([]call, error) {
	w := e.WorkItem
	calls, err := putWork(idx, w, insertWork)
	if err != nil {
		return nil, err
	}
	flat := make([]any, 0, 4*len(e.Members))
	for _, m := range e.Members {
		entry, mac, err := stamped(idx, m)
		if err != nil {
			return nil, err
		}
		flat = append(flat, int64(m.Ordinal), m.Item[:], entry, mac)
	}
	return d.insert(calls, insertMembers, flat), nil
}

func putWork(idx uint64, w *grant.WorkItem, text string) ([]call, error) {
	if err := exact(w.OpenedAt, w.Until, w.FreshSince); err != nil {
		return nil, err
	}
	fields, err := orNull(w.Fields)
	if err != nil {
		return nil, err
	}
	return put(idx, w, text, w.ID[:], string(w.Kind), string(w.Purpose), string(w.Assignee), string(w.Recipient),
		string(w.OpenedBy), micros(w.OpenedAt), micros(w.Until), w.Closed, int64(w.Subjects), w.Digest,
		string(w.AskedBy), fields, int64(w.Highest), w.Budget, w.Frozen, micros(w.FreshSince))
}

const replaceWorkItem = `UPDATE work_item SET kind = $2, purpose = $3, assignee = $4, recipient = $5, opened_by = $6,
	opened_at = $7, until = $8, closed = $9, subjects = $10, digest = $11, asked_by = $12, fields = $13, highest = $14,
	budget = $15, frozen = $16, fresh_at = $17, entry = $18, mac = $19
WHERE id = $1 AND NOT closed`

// replaceWork closes an item, or changes an open one.
func replaceWork(idx uint64, w *grant.WorkItem) ([]call, error) {
	calls, err := putWork(idx, w, replaceWorkItem)
	if err == nil {
		calls[0].want, calls[0].other = 1, fault.New(fault.Conflict, "stale", "work_item")
	}
	return calls, err
}

const workColumns = `w.id, w.kind, w.purpose, w.assignee, w.recipient, w.opened_by, w.opened_at, w.until, w.closed,
	w.subjects, w.digest, w.asked_by, w.fields, w.highest, w.budget, w.frozen, w.fresh_at, w.entry, w.mac`

func workInto(w *grant.WorkItem) []any {
	return []any{(*id16)(&w.ID), &w.Kind, &w.Purpose, &w.Assignee, &w.Recipient, &w.OpenedBy, (*instant)(&w.OpenedAt),
		(*instant)(&w.Until), &w.Closed, &w.Subjects, (*blob)(&w.Digest), &w.AskedBy, (*fields)(&w.Fields),
		&w.Highest, &w.Budget, &w.Frozen, (*instant)(&w.FreshSince), &w.Entry, &w.MAC}
}

const selectWork = `SELECT ` + workColumns + ` FROM work_item w WHERE w.id = $1`

// Item implements [grant.Store].
func (db *DB) Item(ctx context.Context, id pii.RequestID) (w grant.WorkItem, ok bool, err error) {
	ok, err = db.row(ctx, "work item", selectWork, workInto(&w), id[:])
	return w, ok, err
}

const selectAssigned = `SELECT ` + workColumns + ` FROM work_item w
WHERE w.assignee = $1 AND w.closed = $2 ORDER BY w.opened_at DESC, w.id DESC LIMIT $3`

// Assigned implements [grant.Store].
func (db *DB) Assigned(ctx context.Context, to pii.PersonID, n int) (all []grant.WorkItem, err error) {
	err = db.rows(ctx, "assigned", selectAssigned, func(scan func(...any) error) error {
		var w grant.WorkItem
		if err := scan(workInto(&w)...); err != nil {
			return err
		}
		all = append(all, w)
		return nil
	}, string(to), false, int64(n))
	return all, err
}

var inMembers = in(`SELECT ordinal, item, entry, mac FROM work_item_subject WHERE item = $1 AND ordinal IN `, 1, ` ORDER BY ordinal`)

// Members implements [grant.Store].
func (db *DB) Members(ctx context.Context, item pii.RequestID, of []pii.Ordinal) (all []grant.Member, err error) {
	err = db.d.each(inMembers, []any{item[:]}, ordinals(of), func(text string, args []any) error {
		return db.rows(ctx, "members", text, membersInto(&all), args...)
	})
	return all, err
}

const selectMembers = `SELECT ordinal, item, entry, mac FROM work_item_subject
WHERE item = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3`

// MembersAfter implements [grant.Store].
func (db *DB) MembersAfter(ctx context.Context, item pii.RequestID, after pii.Ordinal, n int) (all []grant.Member, err error) {
	err = db.rows(ctx, "members", selectMembers, membersInto(&all), item[:], int64(after), int64(n))
	return all, err
}

func membersInto(all *[]grant.Member) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var m grant.Member
		if err := scan(&m.Ordinal, (*id16)(&m.Item), &m.Entry, &m.MAC); err != nil {
			return err
		}
		*all = append(*all, m)
		return nil
	}
}

func ordinals(of []pii.Ordinal) []any {
	vals := make([]any, len(of))
	for i, o := range of {
		vals[i] = int64(o)
	}
	return vals
}
