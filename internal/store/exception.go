package store

import (
	"context"
	"encoding/json"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/pii"
)

var (
	_ grant.ExceptionStore = (*DB)(nil)
	_ grant.AlertStore     = (*DB)(nil)
	_ grant.Meters         = (*DB)(nil)
)

const upsertException = `INSERT INTO exception (id, beneficiary, unreviewed, asked_at, body, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET beneficiary = excluded.beneficiary, unreviewed = excluded.unreviewed, asked_at = excluded.asked_at,
	body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putException(idx uint64, e *grant.Exception) ([]call, error) {
	if err := exact(e.AskedAt, e.Until, e.ReviewedAt); err != nil {
		return nil, err
	}
	_, body := e.StampRow()
	return put(idx, e, upsertException, e.ID[:], string(e.Beneficiary), e.Unreviewed(), micros(e.AskedAt), body)
}

// exceptionInto reads a row; its columns but body say nothing.
func exceptionInto(e *grant.Exception) []any {
	return []any{&body{e}, &e.Entry, &e.MAC}
}

// body reads a row's canonical JSON.
type body struct{ into any }

// Scan reads it. A body says itself whose row it is: who reads a row by its key compares,
// or a body copied to another key with SQL would be taken for that one's.
func (b *body) Scan(src any) error {
	raw, ok := src.([]byte)
	if text, is := src.(string); is {
		raw, ok = []byte(text), true
	}
	if !ok || json.Unmarshal(raw, b.into) != nil {
		return errColumn
	}
	return nil
}

const (
	selectException   = `SELECT body, entry, mac FROM exception WHERE id = $1`
	selectExceptions  = `SELECT body, entry, mac FROM exception ORDER BY asked_at DESC, id DESC LIMIT $1`
	selectEmergencies = `SELECT body, entry, mac FROM exception WHERE beneficiary = $1 AND unreviewed = $2 ORDER BY asked_at, id`
)

// Exception implements [grant.ExceptionStore].
func (db *DB) Exception(ctx context.Context, id pii.RequestID) (e grant.Exception, ok bool, err error) {
	ok, err = db.row(ctx, "exception", selectException, exceptionInto(&e), id[:])
	return e, ok && e.ID == id, err
}

// Exceptions implements [grant.ExceptionStore].
func (db *DB) Exceptions(ctx context.Context, n int) ([]grant.Exception, error) {
	return db.exceptions(ctx, selectExceptions, int64(n))
}

// Emergencies implements [grant.ExceptionStore].
func (db *DB) Emergencies(ctx context.Context, of pii.PersonID) ([]grant.Exception, error) {
	return db.exceptions(ctx, selectEmergencies, string(of), true)
}

func (db *DB) exceptions(ctx context.Context, text string, args ...any) (all []grant.Exception, err error) {
	err = db.rows(ctx, "exceptions", text, func(scan func(...any) error) error {
		var e grant.Exception
		err := scan(exceptionInto(&e)...)
		all = append(all, e)
		return err
	}, args...)
	return all, err
}

const upsertAlert = `INSERT INTO alert (id, at, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putAlert(idx uint64, a *grant.Alert) ([]call, error) {
	if err := exact(a.At, a.JudgedAt); err != nil {
		return nil, err
	}
	_, body := a.StampRow()
	return put(idx, a, upsertAlert, a.ID[:], micros(a.At), body)
}

const (
	selectAlert  = `SELECT body, entry, mac FROM alert WHERE id = $1`
	selectAlerts = `SELECT body, entry, mac FROM alert ORDER BY at DESC, id DESC LIMIT $1`
)

// Alert implements [grant.AlertStore].
func (db *DB) Alert(ctx context.Context, id pii.RequestID) (a grant.Alert, ok bool, err error) {
	ok, err = db.row(ctx, "alert", selectAlert, []any{&body{&a}, &a.Entry, &a.MAC}, id[:])
	return a, ok && a.ID == id, err
}

// Alerts implements [grant.AlertStore].
func (db *DB) Alerts(ctx context.Context, n int) (all []grant.Alert, err error) {
	err = db.rows(ctx, "alerts", selectAlerts, func(scan func(...any) error) error {
		var a grant.Alert
		err := scan(&body{&a}, &a.Entry, &a.MAC)
		all = append(all, a)
		return err
	}, int64(n))
	return all, err
}

// Used implements [grant.Meters].
func (db *DB) Used(ctx context.Context, keys []string) (map[string]int64, error) {
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	used := map[string]int64{}
	var failed error
	db.d.rowsOf(inMeters, args, func(text string, args []any) {
		if failed == nil {
			failed = db.rows(ctx, "meters", text, func(scan func(...any) error) error {
				var key string
				var n int64
				err := scan(&key, &n)
				used[key] = n
				return err
			}, args...)
		}
	})
	return used, failed
}
