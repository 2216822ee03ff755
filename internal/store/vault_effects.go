package store

import (
	"bytes"
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

var (
	insertCustody = values(`INSERT INTO custody (ordinal, id, state, version, at, period, data_key, record_key, fields, sealed) VALUES `, 10, ``)
	insertRefs    = values(`INSERT INTO subject_ref (id, ordinal) VALUES `, 2, ``)
	insertTags    = values(`INSERT INTO blind_index (ordinal, field, norm, tag) VALUES `, 4, ``)
	addMasks      = values(`INSERT INTO mask_count (key, n) VALUES `, 2, ` ON CONFLICT (key) DO UPDATE SET n = mask_count.n + excluded.n`)
)

// storeSubjects is the import's inner loop: few, wide statements.
func (d dialect) storeSubjects(e vault.Stored) ([]call, error) {
	custody, refs := make([]any, 0, 10*len(e.Custody)), make([]any, 0, 2*len(e.Custody))
	for i := range e.Custody {
		c := &e.Custody[i]
		names, err := joined(c.Fields)
		if err != nil {
			return nil, err
		}
		custody = append(custody, int64(c.Ordinal), c.ID[:], int64(c.State), int64(c.Version), micros(c.At), c.Period,
			c.DataKey, c.RecordKey, names, notNil(c.Sealed))
	}
	for _, c := range slices.SortedFunc(slices.Values(e.Custody), func(a, b vault.Custody) int { return bytes.Compare(a.ID[:], b.ID[:]) }) {
		refs = append(refs, c.ID[:], int64(c.Ordinal))
	}
	calls := d.insert(nil, insertCustody, custody)
	calls = d.insert(calls, insertRefs, refs)
	calls = d.insert(calls, insertTags, tagRows(e.Index))
	return d.insert(calls, addMasks, maskRows(e.Masks)), nil
}

func tagRows(rows []vault.IndexRow) []any {
	flat := make([]any, 0, 4*len(rows))
	for i := range rows {
		r := &rows[i]
		flat = append(flat, int64(r.Ordinal), string(r.Field), int64(r.Norm), r.Tag[:])
	}
	return flat
}

// maskRows adds up the changes of each mask: one statement may not change a row
// twice.
func maskRows(masks []vault.MaskCount) []any {
	sum := make(map[[16]byte]int, len(masks))
	for _, m := range masks {
		sum[m.Key] += m.By
	}
	keys := make([][16]byte, 0, len(sum))
	for k, by := range sum {
		if by != 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	flat := make([]any, 0, 2*len(keys))
	for i := range keys {
		flat = append(flat, keys[i][:], int64(sum[keys[i]]))
	}
	return flat
}

// errSubject says that the subject is not in the state the change was made for.
var errSubject = fault.New(fault.Conflict, "stale", "custody")

const (
	keepVersion   = `INSERT INTO subject_version (ordinal, version, at, fields, sealed) SELECT ordinal, version, at, fields, sealed FROM custody WHERE ordinal = $1`
	updateVersion = `UPDATE custody SET version = $2, at = $3, fields = $4, sealed = $5 WHERE ordinal = $1 AND version = $6 AND state = $7`
	deleteTags    = `DELETE FROM blind_index WHERE ordinal = $1`
	keepTags      = `INSERT INTO blind_index_past (ordinal, version, field, norm, tag) SELECT ordinal, $2, field, norm, tag FROM blind_index WHERE ordinal = $1`
	deletePast    = `DELETE FROM blind_index_past WHERE ordinal = $1`
	updateState   = `UPDATE custody SET state = $2 WHERE ordinal = $1 AND state <> $3`
	eraseCustody  = `UPDATE custody SET state = $2, data_key = NULL, fields = '' WHERE ordinal = $1 AND state = $3`
	eraseAgain    = `UPDATE custody SET state = $2, data_key = NULL, fields = '' WHERE ordinal = $1`
	rewrapRecord  = `UPDATE custody SET record_key = $2 WHERE ordinal = $1 AND record_key IS NOT NULL`
	rewrapCustody = `UPDATE custody SET period = $2, data_key = $3 WHERE ordinal = $1 AND state <> $4 AND data_key = $5`
)

// correctSubject expects the version before the new one, so that of two
// corrections made from the same version one fails.
func (d dialect) correctSubject(e vault.Corrected) ([]call, error) {
	names, err := joined(e.Fields)
	if err != nil {
		return nil, err
	}
	o, v := int64(e.Ordinal), int64(e.Version)
	calls := []call{
		{text: keepVersion, args: []any{o}, want: 1, other: errSubject},
		{text: updateVersion, args: []any{o, v, micros(e.At), names, notNil(e.Sealed), v - 1, int64(vault.Live)}, want: 1, other: errSubject},
		{text: keepTags, args: []any{o, v - 1}},
		{text: deleteTags, args: []any{o}},
	}
	calls = d.insert(calls, insertTags, tagRows(e.Index))
	return d.insert(calls, addMasks, maskRows(e.Masks)), nil
}

func holdSubject(e vault.HoldSet) []call {
	state := vault.Live
	if e.Held {
		state = vault.Held
	}
	return []call{{text: updateState, args: []any{int64(e.Ordinal), int64(state), int64(vault.Erased)}, want: 1, other: errSubject}}
}

// destroySubject refuses a subject who is held.
func (d dialect) destroySubject(e vault.Destroyed) []call {
	calls := []call{
		{text: eraseCustody, args: []any{int64(e.Ordinal), int64(vault.Erased), int64(vault.Live)}, want: 1, other: errSubject},
		{text: deleteTags, args: []any{int64(e.Ordinal)}},
		{text: deletePast, args: []any{int64(e.Ordinal)}},
		{text: deleteContactNotes, args: []any{int64(e.Ordinal)}},
	}
	return d.insert(calls, addMasks, maskRows(e.Masks))
}

const (
	resealCustody = `UPDATE custody SET period = $2, data_key = $3, fields = $4, sealed = $5 WHERE ordinal = $1 AND version = $6 AND state = $7`
	resealVersion = `UPDATE subject_version SET fields = $3, sealed = $4 WHERE ordinal = $1 AND version = $2`
	resealNote    = `UPDATE contact_note SET sealed = $3 WHERE ordinal = $1 AND id = $2`
	deleteTag     = `DELETE FROM blind_index WHERE ordinal = $1 AND field = $2`
	deletePastTag = `DELETE FROM blind_index_past WHERE ordinal = $1 AND version = $2 AND field = $3`
)

// lapse replaces everything that is sealed of the subjects; that nothing was added
// meanwhile is for the entry's basis to say.
func (d dialect) lapse(e vault.Lapsed) ([]call, error) {
	var calls []call
	for _, r := range e.Of {
		names, err := joined(r.Fields)
		if err != nil {
			return nil, err
		}
		o := int64(r.Ordinal)
		calls = append(calls, call{text: resealCustody, want: 1, other: errSubject,
			args: []any{o, r.Period, notNil(r.DataKey), names, notNil(r.Sealed), int64(r.Version), int64(vault.Live)}})
		for _, f := range r.Gone {
			calls = append(calls, call{text: deleteTag, args: []any{o, string(f)}})
		}
		for _, v := range r.Replaced {
			if names, err = joined(v.Fields); err != nil {
				return nil, err
			}
			calls = append(calls, call{text: resealVersion, want: 1, other: errSubject, args: []any{o, int64(v.Version), names, notNil(v.Sealed)}})
			for _, f := range v.Gone {
				calls = append(calls, call{text: deletePastTag, args: []any{o, int64(v.Version), string(f)}})
			}
		}
		for _, n := range r.Notes {
			calls = append(calls, call{text: resealNote, want: 1, other: errSubject, args: []any{o, n.ID[:], notNil(n.Sealed)}})
		}
	}
	return d.insert(calls, addMasks, maskRows(e.Masks)), nil
}

// Rewrap implements [vault.Maintenance]. A subject erased meanwhile stays erased.
func (db *DB) Rewrap(ctx context.Context, rows []vault.Rewrapped) error {
	return db.transact(ctx, "rewrap", func(s *session) error {
		calls := make([]call, 0, len(rows))
		for _, r := range rows {
			calls = append(calls, call{text: rewrapCustody, args: []any{int64(r.Ordinal), r.Period, notNil(r.DataKey), int64(vault.Erased), notNil(r.Was)}})
		}
		return s.run(ctx, calls)
	})
}

// RewrapRecords implements [vault.Maintenance]. A subject forgotten meanwhile is gone.
func (db *DB) RewrapRecords(ctx context.Context, rows []vault.RewrappedRecord) error {
	return db.transact(ctx, "rewrap records", func(s *session) error {
		calls := make([]call, 0, len(rows))
		for _, r := range rows {
			calls = append(calls, call{text: rewrapRecord, args: []any{int64(r.Ordinal), notNil(r.RecordKey)}})
		}
		return s.run(ctx, calls)
	})
}

// EraseAgain destroys the data key of a subject who was erased after the backup
// this database was restored from. Her mask counts stay as they were.
func (db *DB) EraseAgain(ctx context.Context, o pii.Ordinal) error {
	return db.transact(ctx, "erase again", func(s *session) error {
		return s.run(ctx, []call{
			{text: eraseAgain, args: []any{int64(o), int64(vault.Erased)}, want: 1, other: errSubject},
			{text: deleteTags, args: []any{int64(o)}},
			{text: deletePast, args: []any{int64(o)}},
			{text: deleteContactNotes, args: []any{int64(o)}},
		})
	})
}
