package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ party.AskStore = (*DB)(nil)

const upsertAsk = `INSERT INTO person_ask (person, open, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person) DO UPDATE SET open = excluded.open, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putAsk(idx uint64, a *party.Ask) ([]call, error) {
	if err := exact(a.AskedAt); err != nil {
		return nil, err
	}
	_, body := a.StampRow()
	return put(idx, a, upsertAsk, string(a.Wanted.ID), a.State == party.AskOpen, body)
}

const (
	selectAsk  = `SELECT body, entry, mac FROM person_ask WHERE person = $1`
	selectAsks = `SELECT body, entry, mac FROM person_ask WHERE person > $1 AND open = $2 ORDER BY person LIMIT $3`
)

// Ask implements [party.AskStore].
func (db *DB) Ask(ctx context.Context, of pii.PersonID) (a party.Ask, ok bool, err error) {
	if !of.IsWellFormed() {
		return a, false, nil
	}
	ok, err = db.row(ctx, "ask", selectAsk, []any{&body{&a}, &a.Entry, &a.MAC}, string(of))
	return a, ok && a.Wanted.ID == of, err
}

// Asks implements [party.AskStore].
func (db *DB) Asks(ctx context.Context, after pii.PersonID, n int) (all []party.Ask, err error) {
	if after != "" && !after.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "asks", selectAsks, func(scan func(...any) error) error {
		var a party.Ask
		err := scan(&body{&a}, &a.Entry, &a.MAC)
		all = append(all, a)
		return err
	}, string(after), true, int64(n))
	return all, err
}
