package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

var _ vault.Aging = (*DB)(nil)

const (
	selectAged = `SELECT ordinal, version, at, fields FROM custody
WHERE ordinal > $2 AND at <= $1 AND state <> $4 AND fields <> '' ORDER BY ordinal LIMIT $3`
	selectAgedReplaced = `SELECT v.ordinal, v.version, v.at, v.fields FROM subject_version v JOIN custody c ON c.ordinal = v.ordinal
WHERE (v.ordinal, v.version) > ($2, $5) AND v.at <= $1 AND c.state <> $4 AND v.fields <> '' ORDER BY v.ordinal, v.version LIMIT $3`
)

func (db *DB) aged(ctx context.Context, text string, args ...any) (all []vault.Aged, err error) {
	err = db.rows(ctx, "aged", text, func(scan func(...any) error) error {
		var a vault.Aged
		err := scan(&a.Ordinal, &a.Version, (*instant)(&a.At), (*fields)(&a.Fields))
		all = append(all, a)
		return err
	}, args...)
	return all, err
}

// Aged implements [vault.Aging].
func (db *DB) Aged(ctx context.Context, until time.Time, after pii.Ordinal, n int) ([]vault.Aged, error) {
	return db.aged(ctx, selectAged, micros(until), int64(after), int64(n), int64(vault.Erased))
}

// AgedReplaced implements [vault.Aging].
func (db *DB) AgedReplaced(ctx context.Context, until time.Time, after vault.Aged, n int) ([]vault.Aged, error) {
	return db.aged(ctx, selectAgedReplaced, micros(until), int64(after.Ordinal), int64(n), int64(vault.Erased), int64(after.Version))
}

var inPastVersions = in(`SELECT ordinal, version, at, fields, sealed FROM subject_version WHERE ordinal IN `, 0, ` ORDER BY ordinal, version`)

// Past implements [vault.Aging].
func (db *DB) Past(ctx context.Context, of []pii.Ordinal) (all []vault.SealedVersion, err error) {
	err = db.d.each(inPastVersions, nil, ordinals(of), func(text string, args []any) error {
		return db.rows(ctx, "past", text, func(scan func(...any) error) error {
			var v vault.SealedVersion
			err := scan(&v.Ordinal, &v.Version, (*instant)(&v.At), (*fields)(&v.Fields), (*blob)(&v.Sealed))
			all = append(all, v)
			return err
		}, args...)
	})
	return all, err
}
