package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ authn.Store = (*DB)(nil)

const upsertToken = `INSERT INTO token (hash, person, scope, how, agent, made_at, until, step_up, ended, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (hash) DO UPDATE SET person = excluded.person, scope = excluded.scope, how = excluded.how, agent = excluded.agent,
	made_at = excluded.made_at, until = excluded.until, step_up = excluded.step_up,
	ended = excluded.ended, entry = excluded.entry, mac = excluded.mac`

func putToken(idx uint64, t *authn.Token) ([]call, error) {
	if err := exact(t.MadeAt, t.Until, t.StepUp); err != nil {
		return nil, err
	}
	return put(idx, t, upsertToken, notNil(t.Hash), string(t.Person), t.Scope, string(t.How), t.Agent,
		micros(t.MadeAt), micros(t.Until), micros(t.StepUp), t.Ended)
}

const (
	insertCode  = `INSERT INTO code (person, hash, until, entry, mac) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person) DO NOTHING`
	replaceCode = `UPDATE code SET hash = $2, until = $3, entry = $4, mac = $5 WHERE person = $1 AND hash = $6`
)

// putCode replaces the code only if it is still the one the caller saw, so that
// one code serves once.
func putCode(idx uint64, e authn.CodePut) ([]call, error) {
	if err := exact(e.Until); err != nil {
		return nil, err
	}
	calls, err := put(idx, e.Code, insertCode, string(e.Person), e.Hash, micros(e.Until))
	if err != nil {
		return nil, err
	}
	calls[0].want, calls[0].other = 1, authn.ErrCodeUsed
	if e.Was != nil {
		calls[0].text = replaceCode
		calls[0].args = append(calls[0].args, e.Was)
	}
	return calls, nil
}

const tokenColumns = `t.hash, t.person, t.scope, t.how, t.agent, t.made_at, t.until, t.step_up, t.ended, t.entry, t.mac`

func tokenInto(t *authn.Token) []any {
	return []any{&t.Hash, &t.Person, &t.Scope, &t.How, (*blob)(&t.Agent), (*instant)(&t.MadeAt), (*instant)(&t.Until),
		(*instant)(&t.StepUp), &t.Ended, &t.Entry, &t.MAC}
}

const selectToken = `SELECT ` + tokenColumns + `, ` + personColumns + `, ` + orgColumns + `
FROM token t JOIN person p ON p.id = t.person JOIN org o ON o.id = p.org WHERE t.hash = $1`

// Token implements [authn.Store].
func (db *DB) Token(ctx context.Context, hash []byte) (t authn.Token, p party.Person, o party.Org, ok bool, err error) {
	into := append(append(tokenInto(&t), personInto(&p)...), orgInto(&o)...)
	ok, err = db.row(ctx, "token", selectToken, into, notNil(hash))
	return t, p, o, ok, err
}

const selectSessions = `SELECT ` + tokenColumns + `
FROM token t WHERE t.person = $1 AND t.ended = $2 AND t.until > $3 AND t.scope = '' ORDER BY t.made_at, t.hash LIMIT 1000`

// Sessions implements [authn.Store].
func (db *DB) Sessions(ctx context.Context, person pii.PersonID, now time.Time) (all []authn.Token, err error) {
	if !person.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "sessions", selectSessions, func(scan func(...any) error) error {
		var t authn.Token
		if err := scan(tokenInto(&t)...); err != nil {
			return err
		}
		all = append(all, t)
		return nil
	}, string(person), false, micros(now))
	return all, err
}

const (
	codeColumns = `person, hash, until, entry, mac`
	selectCode  = `SELECT ` + codeColumns + ` FROM code WHERE hash = $1`
)

func codeInto(c *authn.Code) []any {
	return []any{&c.Person, (*blob)(&c.Hash), (*instant)(&c.Until), &c.Entry, &c.MAC}
}

// CodeByHash implements [authn.Store].
func (db *DB) CodeByHash(ctx context.Context, hash []byte) (c authn.Code, ok bool, err error) {
	ok, err = db.row(ctx, "code", selectCode, codeInto(&c), notNil(hash))
	return c, ok, err
}
