package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

const upsertOutcome = `INSERT INTO outcome (ordinal, item, result, made_by, at, entry, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (ordinal, item) DO UPDATE SET result = excluded.result, made_by = excluded.made_by, at = excluded.at,
	entry = excluded.entry, mac = excluded.mac`

func putOutcome(idx uint64, o *door.Outcome) ([]call, error) {
	if err := exact(o.At); err != nil {
		return nil, err
	}
	return put(idx, o, upsertOutcome, int64(o.Ordinal), o.Item[:], o.Result, string(o.By), micros(o.At))
}

const outcomeColumns = `ordinal, item, result, made_by, at, entry, mac`

func outcomeInto(o *door.Outcome) []any {
	return []any{&o.Ordinal, (*id16)(&o.Item), &o.Result, &o.By, (*instant)(&o.At), &o.Entry, &o.MAC}
}

const selectOutcomes = `SELECT ` + outcomeColumns + ` FROM outcome WHERE item = $1 ORDER BY ordinal LIMIT $2`

// Outcomes implements [door.Store].
func (db *DB) Outcomes(ctx context.Context, item pii.RequestID, n int) (all []door.Outcome, err error) {
	err = db.rows(ctx, "outcomes", selectOutcomes, func(scan func(...any) error) error {
		var o door.Outcome
		err := scan(outcomeInto(&o)...)
		all = append(all, o)
		return err
	}, item[:], int64(n))
	return all, err
}

const (
	insertContactNote  = `INSERT INTO contact_note (ordinal, id, made_by, at, sealed) VALUES ($1, $2, $3, $4, $5)`
	selectContactNotes = `SELECT ordinal, id, made_by, at, sealed FROM contact_note WHERE ordinal = $1 ORDER BY at DESC, id LIMIT $2`
	deleteContactNotes = `DELETE FROM contact_note WHERE ordinal = $1`
)

func putContactNote(n vault.NoteStored) ([]call, error) {
	if err := exact(n.At); err != nil {
		return nil, err
	}
	return []call{{text: insertContactNote, args: []any{int64(n.Ordinal), n.ID[:], string(n.By), micros(n.At), notNil(n.Sealed)}}}, nil
}

// ContactNotes implements [vault.Store].
func (db *DB) ContactNotes(ctx context.Context, of []pii.Ordinal, n int) (all []vault.Note, err error) {
	for _, o := range of {
		err := db.rows(ctx, "notes", selectContactNotes, func(scan func(...any) error) error {
			var note vault.Note
			err := scan(&note.Ordinal, (*id16)(&note.ID), &note.By, (*instant)(&note.At), (*blob)(&note.Sealed))
			all = append(all, note)
			return err
		}, int64(o), int64(n))
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
