package records

import (
	"context"
	"io"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Forget destroys a person's record key as an entry, on two persons' codes. Her
// values must have been erased, no open case may name her, and her last entry must
// be as old as records are kept. It returns the entry. What is left of her in the
// ledger are hashes and an ordinal that is nobody's.
func (k *Keeper) Forget(ctx context.Context, request pii.RequestID, id pii.SubjectID, by, second Approval) (uint64, error) {
	if by.Person.ID == second.Person.ID {
		return 0, fault.New(fault.Denied, "second-person", "")
	}
	s, ok, err := k.Subjects.Find(ctx, id)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fault.New(fault.NotFound, "not-found", "subject")
	}
	var before uint64 // what was kept was looked for in the entries below it
	receipt, err := k.Ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		before = k.Ledger.Size()
		if err := k.forgettable(ctx, s); err != nil {
			return ledger.Item{}, err
		}
		kept, err := k.Ledger.KeepPairs(ctx, s.Subject, 0)
		return ledger.Item{
			Basis:  ledger.Basis{Keys: append(append([]string{ledger.SubjectKey(s.Ordinal)}, by.Keys...), second.Keys...)},
			Entry:  k.entry(s, by, second, "forgotten", kept, by.Effect, second.Effect),
			Settle: true,
		}, err
	})
	if err != nil {
		return 0, err
	}
	receipt.Close()
	if err := k.keepMore(ctx, s, by, second, before); err != nil {
		return 0, err
	}
	return receipt.Record().Index, k.Subjects.Bury(ctx, id, s.Ordinal)
}

func (k *Keeper) forgettable(ctx context.Context, s Subject) error {
	if !s.Erased {
		return fault.New(fault.Conflict, "not-erased", "")
	}
	held, err := k.Holds.Held(ctx, s.Ordinal)
	if err != nil {
		return err
	}
	if held {
		return fault.New(fault.Conflict, "held", "")
	}
	last, err := k.Ledger.LastAbout(ctx, s.Ordinal)
	if err != nil {
		return err
	}
	if k.Clock().Before(last.AddDate(RetentionYears, 0, 0)) {
		return fault.New(fault.Conflict, "record-kept", "")
	}
	return nil
}

func (k *Keeper) entry(s Subject, by, second Approval, act string, kept []ledger.KeptPair, effects ...ledger.Effect) ledger.Entry {
	put := ledger.ForgottenPut{Row: &ledger.Forgotten{Ordinal: s.Ordinal}, Kept: kept}
	return ledger.Entry{
		Kind: proof.KindForget, Actor: by.Person.ID, Org: by.Person.Org,
		Facts: []proof.Field{
			fact("act", act), fact("second", string(second.Person.ID)), fact("forgotten", proof.ForgottenHash(s.Commitment).String()),
		},
		Refs:    []ledger.Ref{ledger.SubjectRef(s.Ordinal), {Kind: ledger.RefPerson, Key: []byte(second.Person.ID)}},
		Effects: append([]ledger.Effect{put}, effects...),
		Revokes: []string{ledger.SubjectKey(s.Ordinal)},
	}
}

// keepMore keeps the pairs of entries that named her while the first entry was on
// its way. Nobody names her any more after that one.
func (k *Keeper) keepMore(ctx context.Context, s Subject, by, second Approval, from uint64) error {
	more, err := k.Ledger.KeepPairs(ctx, s.Subject, from)
	if err != nil || len(more) == 0 {
		return err
	}
	var request pii.RequestID
	if _, err := io.ReadFull(k.Rand, request[:]); err != nil {
		return fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	receipt, err := k.Ledger.Append(ctx, ledger.Item{Request: request, Entry: k.entry(s, by, second, "kept", more)})
	if err == nil {
		receipt.Close()
	}
	return err
}
