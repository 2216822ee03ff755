package server

import (
	"context"
	"crypto/rand"

	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

func (s *Server) openRecords(context.Context) error {
	s.records = records.New(records.Config{
		Ledger: s.ledger, Subjects: recordSubjects{s.vault, s.ring, s.store}, Holds: s.casework, Clock: s.clock, Rand: rand.Reader,
	})
	return nil
}

// recordSubjects finds and buries the people of the record.
type recordSubjects struct {
	vault *vault.Vault
	ring  *keyring.Ring
	store *store.DB
}

// Find implements [records.Subjects].
func (r recordSubjects) Find(ctx context.Context, id pii.SubjectID) (s records.Subject, ok bool, err error) {
	found, err := r.vault.Describe(ctx, []pii.SubjectID{id})
	if err != nil || len(found) != 1 || !found[0].Known() || found[0].Key.Bytes() == nil {
		return s, false, err
	}
	f := found[0]
	return records.Subject{
		Subject: ledger.Subject{Ordinal: f.Ordinal, Key: f.Key}, ID: id,
		Commitment: proof.Hash(f.Key.Commitment(id[:])), Erased: f.State == vault.Erased,
	}, true, nil
}

// IDs implements [records.Subjects].
func (r recordSubjects) IDs(ctx context.Context, of []pii.Ordinal) (map[pii.Ordinal]pii.SubjectID, error) {
	found, err := r.vault.DescribeOrdinals(ctx, of)
	ids := make(map[pii.Ordinal]pii.SubjectID, len(found))
	for _, s := range found {
		ids[s.Ordinal] = s.ID
	}
	return ids, err
}

// Bury implements [records.Subjects]: the key ring first, so that no copy of the
// database brings the key back.
func (r recordSubjects) Bury(ctx context.Context, id pii.SubjectID, o pii.Ordinal) error {
	if err := r.ring.Forget(id); err != nil {
		return err
	}
	if err := r.store.Bury(ctx, o, nil); err != nil {
		return err
	}
	return r.store.Purge(ctx)
}

// finishForgetting buries whom an entry forgot when a crash came before the burial,
// and, if the database is a restored backup, whom it still holds although the key
// ring has her on its list. Rows the ledger did not write bury nobody.
func (s *Server) finishForgetting(ctx context.Context) error {
	ids, rows, err := s.store.Unburied(ctx)
	if err != nil {
		return err
	}
	subjects := recordSubjects{s.vault, s.ring, s.store}
	for i := range rows {
		if s.ledger.CheckStamp(&rows[i]) != nil {
			continue
		}
		if err := subjects.Bury(ctx, ids[i], rows[i].Ordinal); err != nil {
			return err
		}
	}
	return s.forgetAgain(ctx)
}

func (s *Server) forgetAgain(ctx context.Context) error {
	ids := s.ring.ForgottenIDs()
	found := false
	for len(ids) > 0 {
		n := min(len(ids), page)
		rows, err := s.store.Custody(ctx, ids[:n])
		if err != nil {
			return err
		}
		ids = ids[n:]
		for _, c := range rows {
			found = true
			if err := s.store.Bury(ctx, c.Ordinal, s.ledger.Remember(c.Ordinal)); err != nil {
				return err
			}
		}
	}
	if !found {
		return nil
	}
	s.alarm("forget-again")
	return s.store.Purge(ctx)
}
