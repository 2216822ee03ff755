package store

import (
	"context"
	"errors"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ door.Store = (*DB)(nil)

// standingColumns are a subject's row, her place in the work item and her opt-out.
// Of somebody who is no member the dummy's opt-out is looked for: there is none, and
// that takes as long to find out.
const (
	standingColumns = custodyColumns + `, c.sealed, COALESCE(m.entry, 0), COALESCE(m.mac, ''),
	COALESCE(o.refused, FALSE), COALESCE(o.at, 0), COALESCE(o.entry, 0), COALESCE(o.mac, '')`
	standingJoins = `LEFT JOIN work_item_subject m ON m.ordinal = c.ordinal AND m.item =
	COALESCE((SELECT w.id FROM work_item w WHERE w.id = $1 AND w.assignee = $2 AND w.recipient = $3), $4)
LEFT JOIN opt_out o ON o.ordinal = COALESCE(m.ordinal, 0) `
	selectStanding = `SELECT ` + standingColumns + ` FROM custody c ` + standingJoins + `WHERE c.ordinal =
	COALESCE((SELECT r.ordinal FROM subject_ref r WHERE r.id >= $5 ORDER BY r.id LIMIT 1), 0)`
)

var inStandings = in(`SELECT `+standingColumns+` FROM subject_ref r JOIN custody c ON c.ordinal = r.ordinal `+standingJoins+
	`WHERE r.id IN `, 4, ``)

// Ground implements [door.Store].
func (db *DB) Ground(ctx context.Context, q door.Question) (g door.Ground, err error) {
	var none pii.RequestID
	standing := func(scan func(...any) error) error {
		var s door.Standing
		into := append(sealedInto(&s.Custody), &s.Member.Entry, &s.Member.MAC,
			&s.OptOut.Refused, (*instant)(&s.OptOut.At), &s.OptOut.Entry, &s.OptOut.MAC)
		err := scan(into...)
		s.Member.Ordinal, s.Member.Item, s.OptOut.Ordinal = s.Custody.Ordinal, q.Work, s.Custody.Ordinal
		g.Found = append(g.Found, s)
		return err
	}
	all := []question{{text: selectWork, args: []any{q.Work[:]}, each: func(scan func(...any) error) error { return scan(workInto(&g.Work)...) }}}
	fixed := []any{q.Work[:], string(q.Assignee), string(q.Of), none[:]}
	if len(q.Subjects) == 1 {
		all = append(all, question{text: selectStanding, args: append(fixed, q.Subjects[0][:]), each: standing})
	} else {
		ids := make([]any, len(q.Subjects))
		for i := range q.Subjects {
			ids[i] = q.Subjects[i][:]
		}
		_ = db.d.each(inStandings, fixed, ids, func(text string, args []any) error {
			all = append(all, question{text: text, args: args, each: standing})
			return nil
		})
	}
	err = db.together(ctx, "ground", all...)
	if err == nil && len(q.Subjects) == 1 && len(g.Found) != 1 {
		err = fault.Wrap(fault.Unavailable, "unavailable", errors.New("store: no dummy subject"))
	}
	return g, err
}

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

const insertRuleSet = `INSERT INTO rule_set (version, text, sheets, caps, made_by, at, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

func putRuleSet(idx uint64, r *door.RuleSet) ([]call, error) {
	if err := exact(r.At); err != nil {
		return nil, err
	}
	return put(idx, r, insertRuleSet, r.Version, r.Text, r.Sheets, r.Caps, string(r.By), micros(r.At))
}

const (
	importColumns = `id, made_by, file, opened_at, horizon, done, entry, mac`
	selectImport  = `SELECT ` + importColumns + ` FROM import WHERE id = $1`
)

func importInto(i *door.Import) []any {
	return []any{(*id16)(&i.ID), &i.By, (*blob)(&i.File), (*instant)(&i.OpenedAt), &i.Before, &i.Done, &i.Entry, &i.MAC}
}

// Import implements [door.Store].
func (db *DB) Import(ctx context.Context, id pii.RequestID) (i door.Import, ok bool, err error) {
	ok, err = db.row(ctx, "import", selectImport, importInto(&i), id[:])
	return i, ok, err
}

const (
	erasureNames   = `id, ordinal, work, asked_by, asked_at, approved_by, state, entry, mac`
	erasureColumns = `SELECT ` + erasureNames + ` FROM erasure `
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

const (
	ruleColumns   = `version, text, sheets, caps, made_by, at, entry, mac`
	selectRuleSet = `SELECT ` + ruleColumns + ` FROM rule_set WHERE entry = $1`
)

func ruleInto(r *door.RuleSet) []any {
	return []any{&r.Version, &r.Text, &r.Sheets, &r.Caps, &r.By, (*instant)(&r.At), &r.Entry, &r.MAC}
}

// RuleSet implements [door.Store].
func (db *DB) RuleSet(ctx context.Context, entry uint64) (r door.RuleSet, ok bool, err error) {
	ok, err = db.row(ctx, "rule set", selectRuleSet, ruleInto(&r), int64(entry))
	return r, ok, err
}

const upsertFoundFile = `INSERT INTO found_file (id, case_id, file, rows, asked_by, asked_at, approved_by, state, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET case_id = excluded.case_id, file = excluded.file, rows = excluded.rows,
	asked_by = excluded.asked_by, asked_at = excluded.asked_at, approved_by = excluded.approved_by,
	state = excluded.state, entry = excluded.entry, mac = excluded.mac`

func putFoundFile(idx uint64, f *door.FoundFile) ([]call, error) {
	if err := exact(f.AskedAt); err != nil {
		return nil, err
	}
	return put(idx, f, upsertFoundFile, f.ID[:], f.Case[:], f.File, f.Rows, string(f.AskedBy), micros(f.AskedAt),
		string(f.ApprovedBy), string(f.State))
}

const (
	foundColumns    = `id, case_id, file, rows, asked_by, asked_at, approved_by, state, entry, mac`
	selectFoundFile = `SELECT ` + foundColumns + ` FROM found_file WHERE id = $1`
)

func foundInto(f *door.FoundFile) []any {
	return []any{(*id16)(&f.ID), (*id16)(&f.Case), (*blob)(&f.File), &f.Rows, &f.AskedBy, (*instant)(&f.AskedAt), &f.ApprovedBy,
		&f.State, &f.Entry, &f.MAC}
}

// FoundFile implements [door.Store].
func (db *DB) FoundFile(ctx context.Context, id pii.RequestID) (f door.FoundFile, ok bool, err error) {
	ok, err = db.row(ctx, "found file", selectFoundFile, foundInto(&f), id[:])
	return f, ok, err
}
