package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/pii"
)

const selectCodeOf = `SELECT person, hash, until, entry, mac FROM code WHERE person = $1`

// CodeOf implements [authn.Store].
func (db *DB) CodeOf(ctx context.Context, person pii.PersonID) (c authn.Code, ok bool, err error) {
	ok, err = db.row(ctx, "code", selectCodeOf,
		[]any{&c.Person, (*blob)(&c.Hash), (*instant)(&c.Until), &c.Entry, &c.MAC}, string(person))
	return c, ok, err
}
