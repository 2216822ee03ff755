package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ party.RoundStore = (*DB)(nil)

const upsertRound = `INSERT INTO recertification (id, opened_at, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putRound(idx uint64, r *party.Round) ([]call, error) {
	if err := exact(r.OpenedAt, r.Due); err != nil {
		return nil, err
	}
	_, body := r.StampRow()
	return put(idx, r, upsertRound, r.ID[:], micros(r.OpenedAt), body)
}

const upsertConfirmation = `INSERT INTO confirmation (round, person, body, entry, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (round, person) DO UPDATE SET body = excluded.body, entry = excluded.entry, mac = excluded.mac`

func putConfirmation(idx uint64, c *party.Confirmation) ([]call, error) {
	if err := exact(c.At); err != nil {
		return nil, err
	}
	_, body := c.StampRow()
	return put(idx, c, upsertConfirmation, c.Round[:], string(c.Person), body)
}

const (
	selectRound         = `SELECT body, entry, mac FROM recertification WHERE id = $1`
	selectRounds        = `SELECT body, entry, mac FROM recertification ORDER BY opened_at DESC, id DESC LIMIT $1`
	selectConfirmations = `SELECT body, entry, mac FROM confirmation WHERE round = $1 AND person > $2 ORDER BY person LIMIT $3`
	selectConfirmed     = `SELECT body, entry, mac FROM confirmation WHERE round = $1 AND person = $2`
)

// Round implements [party.RoundStore].
func (db *DB) Round(ctx context.Context, id pii.RequestID) (r party.Round, ok bool, err error) {
	ok, err = db.row(ctx, "round", selectRound, []any{&body{&r}, &r.Entry, &r.MAC}, id[:])
	return r, ok && r.ID == id, err
}

// Rounds implements [party.RoundStore].
func (db *DB) Rounds(ctx context.Context, n int) (all []party.Round, err error) {
	err = db.rows(ctx, "rounds", selectRounds, func(scan func(...any) error) error {
		var r party.Round
		err := scan(&body{&r}, &r.Entry, &r.MAC)
		all = append(all, r)
		return err
	}, int64(n))
	return all, err
}

// Confirmations implements [party.RoundStore].
func (db *DB) Confirmations(ctx context.Context, of pii.RequestID, after pii.PersonID, n int) (all []party.Confirmation, err error) {
	if after != "" && !after.IsWellFormed() {
		return nil, nil
	}
	err = db.rows(ctx, "confirmations", selectConfirmations, func(scan func(...any) error) error {
		var c party.Confirmation
		err := scan(&body{&c}, &c.Entry, &c.MAC)
		all = append(all, c)
		return err
	}, of[:], string(after), int64(n))
	return all, err
}

// Confirmed implements [party.RoundStore].
func (db *DB) Confirmed(ctx context.Context, of pii.RequestID, person pii.PersonID) (c party.Confirmation, ok bool, err error) {
	if !person.IsWellFormed() {
		return c, false, nil
	}
	ok, err = db.row(ctx, "confirmation", selectConfirmed, []any{&body{&c}, &c.Entry, &c.MAC}, of[:], string(person))
	return c, ok && c.Round == of && c.Person == person, err
}
