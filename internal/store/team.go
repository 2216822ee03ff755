package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ grant.TeamStore = (*DB)(nil)

const selectReports = `SELECT p.id FROM person p WHERE p.manager = $1 AND p.id > $2 ORDER BY p.id LIMIT $3`

// Reports implements [grant.TeamStore].
func (db *DB) Reports(ctx context.Context, manager, after pii.PersonID, n int) (all []pii.PersonID, err error) {
	if after != "" && !after.IsWellFormed() { // it may be a number that was sent in its place
		return nil, nil
	}
	err = db.rows(ctx, "reports", selectReports, func(scan func(...any) error) error {
		var id pii.PersonID
		err := scan(&id)
		all = append(all, id)
		return err
	}, string(manager), string(after), int64(n))
	return all, err
}

var (
	inLoads = in(`SELECT w.assignee, COUNT(*), CAST(SUM(w.subjects) AS bigint) FROM work_item w
WHERE w.closed = $1 AND w.until > $2 AND w.assignee IN `, 2, ` GROUP BY w.assignee`)
	inTallies = in(`SELECT w.assignee, o.result, COUNT(*) FROM work_item w JOIN outcome o ON o.item = w.id
WHERE w.opened_at >= $1 AND w.assignee IN `, 1, ` GROUP BY w.assignee, o.result`)
)

// Loads implements [grant.TeamStore].
func (db *DB) Loads(ctx context.Context, of []pii.PersonID, at time.Time) (all []grant.Load, err error) {
	err = db.d.each(inLoads, []any{false, micros(at)}, names(of), func(text string, args []any) error {
		return db.rows(ctx, "loads", text, func(scan func(...any) error) error {
			var l grant.Load
			err := scan(&l.Assignee, &l.Items, &l.Subjects)
			all = append(all, l)
			return err
		}, args...)
	})
	return all, err
}

// Tallies implements [grant.TeamStore].
func (db *DB) Tallies(ctx context.Context, of []pii.PersonID, since time.Time) (all []grant.Tally, err error) {
	err = db.d.each(inTallies, []any{micros(since)}, names(of), func(text string, args []any) error {
		return db.rows(ctx, "tallies", text, func(scan func(...any) error) error {
			var t grant.Tally
			err := scan(&t.Assignee, &t.Result, &t.Subjects)
			all = append(all, t)
			return err
		}, args...)
	})
	return all, err
}

func names(of []pii.PersonID) []any {
	vals := make([]any, len(of))
	for i, id := range of {
		vals[i] = string(id)
	}
	return vals
}

const selectFoundFiles = `SELECT ` + foundColumns + ` FROM found_file WHERE state = $1 ORDER BY asked_at, id LIMIT $2`

// FoundFiles lists found files in a state, the oldest first, at most n.
func (db *DB) FoundFiles(ctx context.Context, in door.FoundState, n int) (all []door.FoundFile, err error) {
	err = db.rows(ctx, "found files", selectFoundFiles, func(scan func(...any) error) error {
		var f door.FoundFile
		err := scan(foundInto(&f)...)
		all = append(all, f)
		return err
	}, string(in), int64(n))
	return all, err
}
