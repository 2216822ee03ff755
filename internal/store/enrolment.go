package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/pii"
)

var (
	_ enrolment.Store = (*DB)(nil)
	_ authn.Logins    = (*DB)(nil)
)

const upsertTable = `INSERT INTO enrolled_table (id, body, entry, mac) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putTable(idx uint64, t *enrolment.Table) ([]call, error) {
	if err := exact(t.At); err != nil {
		return nil, err
	}
	_, body := t.StampRow()
	return put(idx, t, upsertTable, t.ID[:], string(body))
}

const selectTables = `SELECT body, entry, mac FROM enrolled_table ORDER BY id`

// Tables implements [enrolment.Store].
func (db *DB) Tables(ctx context.Context) (all []*enrolment.Table, err error) {
	err = db.rows(ctx, "enrolled tables", selectTables, func(scan func(...any) error) error {
		t := &enrolment.Table{}
		body := ""
		if err := scan(&body, &t.Entry, &t.MAC); err != nil {
			return err
		}
		all = append(all, t)
		return unpack(body, t)
	})
	return all, err
}

// unpack reads a row that is stored as its stamp's bytes.
func unpack(body string, into any) error {
	if json.Unmarshal([]byte(body), into) != nil {
		return errors.New("store: a row's body is broken")
	}
	return nil
}

const upsertCompany = `INSERT INTO company_database (id, sealed, entry, mac) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, entry = excluded.entry, mac = excluded.mac`

func putCompany(idx uint64, c *enrolment.Company) ([]call, error) {
	return put(idx, c, upsertCompany, notNil(c.Sealed))
}

const selectCompany = `SELECT sealed, entry, mac FROM company_database WHERE id = 1`

// Company implements [enrolment.Store].
func (db *DB) Company(ctx context.Context) (c enrolment.Company, ok bool, err error) {
	ok, err = db.row(ctx, "company database", selectCompany, []any{(*blob)(&c.Sealed), &c.Entry, &c.MAC})
	return c, ok, err
}

const upsertLogin = `INSERT INTO database_login (name, until, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET until = excluded.until, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putLogin(idx uint64, l *authn.Login) ([]call, error) {
	if err := exact(l.MadeAt, l.Until, l.StepUp); err != nil {
		return nil, err
	}
	_, body := l.StampRow()
	return put(idx, l, upsertLogin, l.Name, micros(l.Until), string(body))
}

const selectLogin = `SELECT body, entry, mac FROM database_login WHERE name = $1`

// Login implements [authn.Logins].
func (db *DB) Login(ctx context.Context, name string) (l authn.Login, ok bool, err error) {
	body := ""
	var stamp pii.Stamp
	if who, _, _ := strings.Cut(name, "."); !pii.PersonID(who).IsWellFormed() { // it may be a number that was sent in its place
		return l, false, nil
	}
	if ok, err = db.row(ctx, "database login", selectLogin, []any{&body, &stamp.Entry, &stamp.MAC}, name); err != nil || !ok {
		return l, false, err
	}
	err = unpack(body, &l)
	l.Stamp = stamp
	return l, err == nil && l.Name == name, err
}

const selectLoginsOpen = `SELECT body, entry, mac FROM database_login WHERE until > $1 ORDER BY until, name`

// LoginsOf implements [authn.Logins].
func (db *DB) LoginsOf(ctx context.Context, person pii.PersonID, at time.Time) (all []authn.Login, err error) {
	err = db.rows(ctx, "database logins", selectLoginsOpen, func(scan func(...any) error) error {
		var l authn.Login
		err := scan(&body{&l}, &l.Entry, &l.MAC)
		if l.Person == person {
			all = append(all, l)
		}
		return err
	}, micros(at))
	return all, err
}
