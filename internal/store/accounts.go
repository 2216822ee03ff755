package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ authn.Accounts = (*DB)(nil)

const upsertLocal = `INSERT INTO local_account (person, handle, password, sessions, entry, mac) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person) DO UPDATE SET handle = excluded.handle, password = excluded.password, sessions = excluded.sessions,
	entry = excluded.entry, mac = excluded.mac`

func putLocal(idx uint64, l *authn.Local) ([]call, error) {
	return put(idx, l, upsertLocal, string(l.Person), notNil(l.Handle), l.Password, int64(l.Sessions))
}

const (
	insertPasskey = `INSERT INTO passkey (id, person, public_key, uses, eligible, backed_up, made_at, used_at, ended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`
	replacePasskey = `UPDATE passkey SET person = $2, public_key = $3, uses = $4, eligible = $5, backed_up = $6, made_at = $7,
	used_at = $8, ended = $9, entry = $10, mac = $11 WHERE id = $1 AND entry = $12`
)

// putPasskey replaces a passkey only if it is still the row the caller saw, so that
// a counter never goes back.
func putPasskey(idx uint64, e authn.PasskeyPut) ([]call, error) {
	if err := exact(e.MadeAt, e.UsedAt); err != nil {
		return nil, err
	}
	calls, err := put(idx, e.Passkey, insertPasskey, notNil(e.ID), string(e.Person), notNil(e.Key), int64(e.Count), e.Eligible,
		e.BackedUp, micros(e.MadeAt), micros(e.UsedAt), e.Ended)
	if err != nil {
		return nil, err
	}
	calls[0].want, calls[0].other = 1, authn.ErrPasskey
	if e.Was != nil {
		calls[0].text = replacePasskey
		calls[0].args = append(calls[0].args, int64(*e.Was))
	}
	return calls, nil
}

const (
	deleteCeremonies = `DELETE FROM ceremony WHERE until < $1`
	insertCeremony   = `INSERT INTO ceremony (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`
)

// useCeremony keeps a ceremony's id for as long as it could serve again.
func useCeremony(e authn.Used) []call {
	return []call{
		{text: deleteCeremonies, args: []any{micros(e.Now)}},
		{text: insertCeremony, args: []any{notNil(e.Ceremony), micros(e.Until)}, want: 1, other: authn.ErrPasskey},
	}
}

const localColumns = `person, handle, password, sessions, entry, mac`

func localInto(l *authn.Local) []any {
	return []any{&l.Person, (*blob)(&l.Handle), &l.Password, &l.Sessions, &l.Entry, &l.MAC}
}

const selectLocal = `SELECT ` + localColumns + ` FROM local_account WHERE person = $1`

// Local implements [authn.Accounts].
func (db *DB) Local(ctx context.Context, person pii.PersonID) (l authn.Local, ok bool, err error) {
	if !person.IsWellFormed() {
		return l, false, nil
	}
	ok, err = db.row(ctx, "local account", selectLocal, localInto(&l), string(person))
	return l, ok, err
}

const (
	passkeyNames   = `id, person, public_key, uses, eligible, backed_up, made_at, used_at, ended, entry, mac`
	passkeyColumns = `SELECT ` + passkeyNames + ` FROM passkey `
)

func passkeyInto(k *authn.Passkey) []any {
	return []any{(*blob)(&k.ID), &k.Person, (*blob)(&k.Key), &k.Count, &k.Eligible, &k.BackedUp,
		(*instant)(&k.MadeAt), (*instant)(&k.UsedAt), &k.Ended, &k.Entry, &k.MAC}
}

const selectPasskey = passkeyColumns + `WHERE id = $1`

// Passkey implements [authn.Accounts].
func (db *DB) Passkey(ctx context.Context, id []byte) (k authn.Passkey, ok bool, err error) {
	ok, err = db.row(ctx, "passkey", selectPasskey, passkeyInto(&k), notNil(id))
	return k, ok, err
}

const selectPasskeys = passkeyColumns + `WHERE person = $1 AND ended = $2 ORDER BY made_at, id LIMIT 100`

// Passkeys implements [authn.Accounts].
func (db *DB) Passkeys(ctx context.Context, person pii.PersonID) (all []authn.Passkey, err error) {
	if !person.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "passkeys", selectPasskeys, func(scan func(...any) error) error {
		var k authn.Passkey
		if err := scan(passkeyInto(&k)...); err != nil {
			return err
		}
		all = append(all, k)
		return nil
	}, string(person), false)
	return all, err
}
