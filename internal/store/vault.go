package store

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

var (
	_ vault.Store       = (*DB)(nil)
	_ vault.Maintenance = (*DB)(nil)
)

const takeOrdinals = `UPDATE ordinal_counter SET next = next + $1 WHERE id = 1 AND next + $1 <= $2 RETURNING next`

// NextOrdinals implements [vault.Store].
func (db *DB) NextOrdinals(ctx context.Context, n int) (pii.Ordinal, error) {
	if n < 1 {
		return 0, fault.New(fault.Internal, "internal", "ordinals")
	}
	var next int64
	err := db.transact(ctx, "ordinals", func(s *session) error {
		return s.rows(ctx, takeOrdinals, func(scan func(...any) error) error { return scan(&next) },
			int64(n), int64(math.MaxUint32))
	})
	if err == nil && next == 0 {
		err = fault.Wrap(fault.Exhausted, "unavailable", errors.New("store: no ordinals left"))
	}
	return pii.Ordinal(next - int64(n)), err
}

const custodyColumns = `c.id, c.ordinal, c.state, c.version, c.at, c.period, c.data_key, c.record_key, c.fields`

func custodyInto(c *vault.Custody) []any {
	return []any{(*id16)(&c.ID), &c.Ordinal, &c.State, &c.Version, (*instant)(&c.At), &c.Period,
		&c.DataKey, &c.RecordKey, (*fields)(&c.Fields)}
}

func sealedInto(c *vault.Custody) []any { return append(custodyInto(c), &c.Sealed) }

// subject_ref and custody are apart so that each begins with its own key.
var (
	inRefs = in(`SELECT `+custodyColumns+`, c.sealed FROM subject_ref r JOIN custody c ON c.ordinal = r.ordinal
WHERE r.id IN `, 0, ``)
	inOrdinals = in(`SELECT `+custodyColumns+`, c.sealed FROM custody c WHERE c.ordinal IN `, 0, ``)
)

// Custody implements [vault.Store].
func (db *DB) Custody(ctx context.Context, ids []pii.SubjectID) ([]vault.Custody, error) {
	vals := make([]any, len(ids))
	for i := range ids {
		vals[i] = ids[i][:]
	}
	return custodyOf(ctx, db, inRefs, vals, ids, func(c vault.Custody) pii.SubjectID { return c.ID })
}

var inIDs = in(`SELECT id, ordinal FROM subject_ref WHERE id IN `, 0, ``)

// Ordinals implements [vault.Store].
func (db *DB) Ordinals(ctx context.Context, ids []pii.SubjectID) (map[pii.SubjectID]pii.Ordinal, error) {
	vals := make([]any, len(ids))
	for i := range ids {
		vals[i] = ids[i][:]
	}
	found := make(map[pii.SubjectID]pii.Ordinal, len(ids))
	err := db.d.each(inIDs, nil, vals, func(text string, args []any) error {
		return db.rows(ctx, "ordinals", text, func(scan func(...any) error) error {
			var id pii.SubjectID
			var o pii.Ordinal
			err := scan((*id16)(&id), &o)
			found[id] = o
			return err
		}, args...)
	})
	return found, err
}

// Ids and tags are as good as random, so the next one after an unknown one is that
// of anybody: it is found, joined and read in the same steps as a known one, on
// pages as cold. Standing still on one dummy's pages would be faster.
const selectNearest = `SELECT ` + custodyColumns + `, c.sealed FROM custody c
WHERE c.ordinal = COALESCE((SELECT r.ordinal FROM subject_ref r WHERE r.id >= $1 ORDER BY r.id LIMIT 1), $2)`

// Nearest implements [vault.Store].
func (db *DB) Nearest(ctx context.Context, id pii.SubjectID) (c vault.Custody, err error) {
	found := false
	err = db.rows(ctx, "custody", selectNearest, func(scan func(...any) error) error {
		found = true
		return scan(sealedInto(&c)...)
	}, id[:], int64(pii.Dummy))
	if err == nil && !found {
		err = fault.Wrap(fault.Unavailable, "unavailable", errors.New("store: no dummy subject"))
	}
	return c, err
}

// CustodyByOrdinal implements [vault.Store].
func (db *DB) CustodyByOrdinal(ctx context.Context, of []pii.Ordinal) ([]vault.Custody, error) {
	return custodyOf(ctx, db, inOrdinals, ordinals(of), of, func(c vault.Custody) pii.Ordinal { return c.Ordinal })
}

// custodyOf reads the rows and puts them into the order asked.
func custodyOf[K comparable](ctx context.Context, db *DB, l list, vals []any, asked []K, key func(vault.Custody) K) ([]vault.Custody, error) {
	found := make(map[K]vault.Custody, len(asked))
	err := db.d.each(l, nil, vals, func(text string, args []any) error {
		return db.rows(ctx, "custody", text, func(scan func(...any) error) error {
			var c vault.Custody
			err := scan(sealedInto(&c)...)
			found[key(c)] = c
			return err
		}, args...)
	})
	if err != nil {
		return nil, err
	}
	all := make([]vault.Custody, 0, len(found))
	for _, k := range asked {
		if c, ok := found[k]; ok {
			all = append(all, c)
		}
	}
	return all, nil
}

const selectCustodyAfter = `SELECT ` + custodyColumns + ` FROM custody c WHERE c.ordinal > $1 ORDER BY c.ordinal LIMIT $2`

// CustodyAfter implements [vault.Store].
func (db *DB) CustodyAfter(ctx context.Context, after pii.Ordinal, n int) (all []vault.Custody, err error) {
	err = db.rows(ctx, "custody", selectCustodyAfter, func(scan func(...any) error) error {
		var c vault.Custody
		err := scan(custodyInto(&c)...)
		all = append(all, c)
		return err
	}, int64(after), int64(n))
	return all, err
}

var inReplaced = in(`SELECT ordinal, version, sealed, at FROM subject_version WHERE version = $1 AND ordinal IN `, 1, ``)

// Replaced implements [vault.Store]. Most of a batch are of one version, so the
// versions are asked for one after the other.
func (db *DB) Replaced(ctx context.Context, of []vault.SealedVersion) ([]vault.SealedVersion, error) {
	type key struct {
		o pii.Ordinal
		v pii.Version
	}
	byVersion := map[pii.Version][]any{}
	for _, x := range of {
		byVersion[x.Version] = append(byVersion[x.Version], int64(x.Ordinal))
	}
	found := make(map[key]vault.SealedVersion, len(of))
	for version, vals := range byVersion {
		err := db.d.each(inReplaced, []any{int64(version)}, vals, func(text string, args []any) error {
			return db.rows(ctx, "replaced", text, func(scan func(...any) error) error {
				var v vault.SealedVersion
				err := scan(&v.Ordinal, &v.Version, &v.Sealed, (*instant)(&v.At))
				found[key{v.Ordinal, v.Version}] = v
				return err
			}, args...)
		})
		if err != nil {
			return nil, err
		}
	}
	all := make([]vault.SealedVersion, 0, len(found))
	for _, x := range of {
		if v, ok := found[key{x.Ordinal, x.Version}]; ok {
			all = append(all, v)
		}
	}
	return all, nil
}

var inTags = in(`SELECT tag, ordinal FROM blind_index WHERE field = $1 AND norm = $2 AND tag IN `, 2, ` ORDER BY ordinal`)

// Candidates implements [vault.Store].
func (db *DB) Candidates(ctx context.Context, f pii.Field, norm uint8, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error) {
	vals := make([]any, len(tags))
	for i := range tags {
		vals[i] = tags[i][:]
	}
	found := map[[32]byte][]pii.Ordinal{}
	err := db.d.each(inTags, []any{string(f), int64(norm)}, vals, func(text string, args []any) error {
		return db.rows(ctx, "candidates", text, func(scan func(...any) error) error {
			var tag [32]byte
			var o pii.Ordinal
			err := scan((*hash32)(&tag), &o)
			if !slices.Contains(found[tag], o) {
				found[tag] = append(found[tag], o)
			}
			return err
		}, args...)
	})
	return found, err
}

// Aggregates answer one row whether they count something or not; see selectNearest.
const (
	nearestTag = `b.field = $1 AND b.norm = $2 AND b.tag = (SELECT n.tag FROM blind_index n
WHERE n.field = $1 AND n.norm = $2 AND n.tag >= $3 ORDER BY n.tag LIMIT 1)`
	selectCovered = `SELECT COALESCE(MAX(CASE WHEN b.tag = $3 THEN s.ordinal END), $5) FROM blind_index b
LEFT JOIN work_item_subject s ON s.item = $4 AND s.ordinal = b.ordinal WHERE ` + nearestTag
	selectHolder = `SELECT CASE COUNT(CASE WHEN b.tag = $3 THEN 1 END) WHEN 1 THEN MIN(b.ordinal) ELSE $4 END
FROM blind_index b WHERE ` + nearestTag
)

// Covered implements [vault.Store].
func (db *DB) Covered(ctx context.Context, f pii.Field, norm uint8, tag [32]byte, item pii.RequestID) (o pii.Ordinal, err error) {
	_, err = db.row(ctx, "covered", selectCovered, []any{&o}, string(f), int64(norm), tag[:], item[:], int64(pii.Dummy))
	return o, err
}

// Holder implements [vault.Store].
func (db *DB) Holder(ctx context.Context, f pii.Field, norm uint8, tag [32]byte) (o pii.Ordinal, err error) {
	_, err = db.row(ctx, "holder", selectHolder, []any{&o}, string(f), int64(norm), tag[:], int64(pii.Dummy))
	return o, err
}

var inMasks = in(`SELECT key, n FROM mask_count WHERE key IN `, 0, ``)

// Sharing implements [vault.Store].
func (db *DB) Sharing(ctx context.Context, keys [][16]byte) (map[[16]byte]int, error) {
	vals := make([]any, len(keys))
	for i := range keys {
		vals[i] = keys[i][:]
	}
	found := map[[16]byte]int{}
	err := db.d.each(inMasks, nil, vals, func(text string, args []any) error {
		return db.rows(ctx, "sharing", text, func(scan func(...any) error) error {
			var key [16]byte
			var n int
			err := scan((*id16)(&key), &n)
			found[key] = n
			return err
		}, args...)
	})
	return found, err
}

const selectHighest = `SELECT COALESCE(MAX(ordinal), 0) FROM custody`

// Highest is the highest ordinal in use.
func (db *DB) Highest(ctx context.Context) (pii.Ordinal, error) {
	var o int64
	_, err := db.row(ctx, "highest", selectHighest, []any{&o})
	return pii.Ordinal(o), err
}
