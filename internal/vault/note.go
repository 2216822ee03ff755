package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"

	"github.com/goldbell/goldbell/internal/keyring"
)

// Note is what somebody wrote about a subject, sealed under her data key: it is
// erased with her.
type Note struct {
	ID      pii.RequestID
	Ordinal pii.Ordinal
	By      pii.PersonID
	At      time.Time
	Sealed  []byte
}

// NoteStored inserts a note.
type NoteStored struct{ Note }

// notesShown is how many notes of a subject are shown, the newest first.
const notesShown = 20

var beijing = time.FixedZone("UTC+8", 8*60*60)

// SealNote makes the effect that stores a note about a live subject.
func (v *Vault) SealNote(s Subject, id pii.RequestID, by pii.PersonID, at time.Time, text pii.Value) (*NoteStored, error) {
	if s.State != Live {
		return nil, fault.New(fault.Conflict, "erased", "subject")
	}
	key, err := v.dataKey(s.custody)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	box, err := key.Seal(notePlace(s.ID, id), append(slices.Clone(id[:]), text.Reveal()...))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "unavailable", err)
	}
	return &NoteStored{Note{ID: id, Ordinal: s.Ordinal, By: by, At: at, Sealed: box}}, nil
}

// notePlace binds a note to its subject; its id stands in front of its text.
func notePlace(of pii.SubjectID, id pii.RequestID) keyring.Place {
	return keyring.Place{Subject: of, Field: pii.Note, Version: pii.Version(binary.BigEndian.Uint32(id[:4]))}
}

// withNotes puts the notes of the subjects beside their other values. In every form
// numbers and addresses are taken out of them.
func (v *Vault) withNotes(ctx context.Context, shown []ledger.ShownVersion, opened []Opened, described []Subject) error {
	of := make([]pii.Ordinal, len(shown))
	custody := map[pii.Ordinal]Custody{}
	for _, s := range described {
		custody[s.Ordinal] = s.custody
	}
	for i, s := range shown {
		of[i] = s.Ordinal
	}
	if err := v.complete(ctx, shown, custody); err != nil {
		return err
	}
	notes, err := v.store.ContactNotes(ctx, of, notesShown)
	if err != nil {
		return err
	}
	for i := range opened {
		if opened[i].Missing != nil {
			continue
		}
		text, err := v.notesOf(custody[opened[i].Ordinal], notes)
		if err != nil {
			return err
		}
		if text != "" {
			opened[i].Values[pii.Note] = pii.NewValue(text)
		}
	}
	return nil
}

// notesOf writes one subject's notes down, a line each.
func (v *Vault) notesOf(c Custody, notes []Note) (string, error) {
	var lines []string
	for _, n := range notes {
		if n.Ordinal != c.Ordinal {
			continue
		}
		key, err := v.dataKey(c)
		if err != nil {
			return "", fault.Wrap(fault.Unavailable, "unavailable", err)
		}
		text, err := key.Open(notePlace(c.ID, n.ID), n.Sealed)
		if err != nil || !bytes.HasPrefix(text, n.ID[:]) {
			return "", fault.New(fault.Unavailable, "seal-broken", "")
		}
		said := strings.ReplaceAll(pii.Scrub(string(text[len(n.ID):])), "\n", " ")
		lines = append(lines, n.At.In(beijing).Format("2006-01-02 15:04")+" · "+string(n.By)+" · "+said)
	}
	return strings.Join(lines, "\n"), nil
}
