package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ ledger.Remains = (*DB)(nil)

const insertForgotten = `INSERT INTO forgotten (ordinal, entry, mac) VALUES ($1, $2, $3)
ON CONFLICT (ordinal) DO UPDATE SET entry = excluded.entry, mac = excluded.mac`

var insertKept = values(`INSERT INTO ledger_pair (idx, ordinal, tag, value) VALUES `, 4, ` ON CONFLICT (idx, ordinal) DO NOTHING`)

func (d dialect) putForgotten(idx uint64, e ledger.ForgottenPut) ([]call, error) {
	calls, err := put(idx, e.Row, insertForgotten, int64(e.Row.Ordinal))
	if err != nil {
		return nil, err
	}
	flat := make([]any, 0, 4*len(e.Kept))
	for i := range e.Kept {
		k := &e.Kept[i]
		flat = append(flat, int64(k.Index), int64(k.Ordinal), k.Pair.Key[:], k.Pair.Value[:])
	}
	return d.insert(calls, insertKept, flat), nil
}

var inForgotten = in(`SELECT ordinal, entry, mac FROM forgotten WHERE ordinal IN `, 0, ``)

// Forgotten implements [ledger.Remains].
func (db *DB) Forgotten(ctx context.Context, of []pii.Ordinal) (all []ledger.Forgotten, err error) {
	err = db.d.each(inForgotten, nil, ordinals(of), func(text string, args []any) error {
		return db.rows(ctx, "forgotten", text, func(scan func(...any) error) error {
			var f ledger.Forgotten
			err := scan(&f.Ordinal, &f.Entry, &f.MAC)
			all = append(all, f)
			return err
		}, args...)
	})
	return all, err
}

const selectKept = `SELECT idx, ordinal, tag, value FROM ledger_pair WHERE idx >= $1 AND idx < $2`

// Kept implements [ledger.Remains].
func (db *DB) Kept(ctx context.Context, from, to uint64) (map[uint64][]ledger.KeptPair, error) {
	all := map[uint64][]ledger.KeptPair{}
	err := db.rows(ctx, "pairs", selectKept, func(scan func(...any) error) error {
		var k ledger.KeptPair
		err := scan(&k.Index, &k.Ordinal, (*hash32)(&k.Pair.Key), (*hash32)(&k.Pair.Value))
		all[k.Index] = append(all[k.Index], k)
		return err
	}, int64(from), int64(to))
	return all, err
}

const selectUnburied = `SELECT c.ordinal, c.id, f.entry, f.mac FROM forgotten f JOIN custody c ON c.ordinal = f.ordinal`

// Unburied lists who was forgotten by an entry while her rows are still there: a
// crash came between.
func (db *DB) Unburied(ctx context.Context) (ids []pii.SubjectID, rows []ledger.Forgotten, err error) {
	err = db.rows(ctx, "unburied", selectUnburied, func(scan func(...any) error) error {
		var f ledger.Forgotten
		var id pii.SubjectID
		err := scan(&f.Ordinal, (*id16)(&id), &f.Entry, &f.MAC)
		ids, rows = append(ids, id), append(rows, f)
		return err
	})
	return ids, rows, err
}

// Everything that ties an ordinal to a person, and every key of hers.
var deletedWithHer = []string{
	`DELETE FROM subject_version WHERE ordinal = $1`,
	`DELETE FROM blind_index WHERE ordinal = $1`,
	`DELETE FROM subject_ref WHERE id IN (SELECT id FROM custody WHERE ordinal = $1)`,
	`DELETE FROM custody WHERE ordinal = $1`,
}

// Bury deletes a forgotten subject's keys, values and the rows that tie her ordinal
// to her id. row, if not nil, is stored with that. It may be repeated.
func (db *DB) Bury(ctx context.Context, o pii.Ordinal, row *ledger.Forgotten) error {
	return db.transact(ctx, "bury", func(s *session) error {
		var calls []call
		if row != nil {
			calls = append(calls, call{text: insertForgotten, args: []any{int64(o), int64(row.Entry), row.MAC}})
		}
		for _, text := range deletedWithHer {
			calls = append(calls, call{text: text, args: []any{int64(o)}})
		}
		return s.run(ctx, calls)
	})
}

const countOpenCases = `SELECT COUNT(*) FROM complaint WHERE month = $1 AND state <> $2`

// OpenCases counts the complaints that are not closed and whose words are sealed
// under the record key of a month.
func (db *DB) OpenCases(ctx context.Context, month string) (n int, err error) {
	_, err = db.row(ctx, "open cases", countOpenCases, []any{&n}, month, string(casework.Closed))
	return n, err
}
