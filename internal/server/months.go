package server

import (
	"context"
	"errors"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// Rotate gives every living data key a wrapping under this month's period key and
// destroys the period keys older than last month's, so that an older backup opens
// nothing; and ends the months of records. It does nothing until the month changes.
func (s *Server) Rotate(ctx context.Context) error {
	now := s.clock()
	started, err := s.ring.StartPeriod(now)
	if err != nil {
		return err
	}
	if !started && len(s.ring.Periods()) < 3 {
		return nil
	}
	if err := s.rewrapAll(ctx, keyring.MonthOf(now)); err != nil {
		return err
	}
	if _, err = s.ring.EndPeriods(now, s.ending(ctx, ledger.PeriodKeyEnded, s.wrappedUnder)); err != nil {
		return err
	}
	return s.endRecords(ctx, now)
}

func (s *Server) rewrapAll(ctx context.Context, m keyring.Month) error {
	return s.eachSubject(ctx, func(rows []vault.Custody) error {
		var out []vault.Rewrapped
		for _, c := range rows {
			if c.DataKey == nil || c.Period == m.String() || s.ring.Erased(c.ID) {
				continue
			}
			var old keyring.Month
			if err := old.UnmarshalText([]byte(c.Period)); err != nil {
				return err
			}
			w, err := s.ring.Rewrap(c.ID, keyring.Wrapped{Period: old, Bytes: c.DataKey}, s.clock())
			if errors.Is(err, keyring.ErrDestroyed) {
				continue // of a backup that was restored too late: nothing opens it
			}
			if err != nil {
				return err
			}
			out = append(out, vault.Rewrapped{Ordinal: c.Ordinal, Was: c.DataKey, Period: w.Period.String(), DataKey: w.Bytes})
		}
		if len(out) == 0 {
			return nil
		}
		return s.store.Rewrap(ctx, out)
	})
}

func (s *Server) wrappedUnder(ctx context.Context, m keyring.Month) (n int, err error) {
	err = s.eachSubject(ctx, func(rows []vault.Custody) error {
		for _, c := range rows {
			if c.DataKey != nil && c.Period == m.String() {
				n++
			}
		}
		return nil
	})
	return n, err
}

// ending tells how much is still wrapped under a month's key. If nothing is, the
// month's end is recorded before the key goes.
func (s *Server) ending(ctx context.Context, act string, living func(context.Context, keyring.Month) (int, error)) func(keyring.Month) (int, error) {
	return func(m keyring.Month) (int, error) {
		n, err := living(ctx, m)
		if err != nil || n > 0 {
			return n, err
		}
		return 0, s.recordEnd(ctx, act, m)
	}
}

// recordEnd records the end of a month's key, once: after a crash in between, or beside
// another process that does the same, the entry is there.
func (s *Server) recordEnd(ctx context.Context, act string, m keyring.Month) error {
	id := s.ring.RequestID("", act, m.String())
	known, err := s.ledger.Requests(ctx, []pii.RequestID{id})
	if err != nil || len(known) > 0 {
		return err
	}
	receipt, err := s.ledger.Append(ctx, ledger.Item{
		Request: id,
		Entry:   ledger.Entry{Kind: proof.KindKeys, Facts: []proof.Field{{Name: "act", Value: act}, {Name: "month", Value: m.String()}}},
	})
	if fault.IsID(err, "exists") { // recorded since it was looked for
		return nil
	}
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

// firstKept is the first month whose openings are still kept.
func firstKept(now time.Time) keyring.Month {
	return keyring.MonthOf(now.AddDate(-records.RetentionYears, 0, 0))
}

// endRecords destroys the ring's record keys of the months whose time is over. What
// they alone opened, the openings of entries about many people or about none, is
// gone then; a person's own record key goes on, under this month's key.
func (s *Server) endRecords(ctx context.Context, now time.Time) error {
	before := firstKept(now)
	if months := s.ring.RecordMonths(); len(months) == 0 || months[0] >= before {
		return nil
	}
	err := s.eachSubject(ctx, func(rows []vault.Custody) error {
		var out []vault.RewrappedRecord
		for _, c := range rows {
			if m, ok := s.vault.RecordMonth(c); !ok || m >= before {
				continue
			}
			w, err := s.vault.RewrapRecord(c)
			if errors.Is(err, keyring.ErrDestroyed) {
				continue // as in rewrapAll
			}
			if err != nil {
				return err
			}
			out = append(out, w)
		}
		if len(out) == 0 {
			return nil
		}
		return s.store.RewrapRecords(ctx, out)
	})
	if err != nil {
		return err
	}
	_, err = s.ring.EndRecords(before, s.ending(ctx, ledger.RecordKeyEnded, s.recordsUnder))
	if errors.Is(err, keyring.ErrInUse) {
		return nil // an open case: its words are still read; next month it is asked again
	}
	return err
}

// recordsUnder counts the record keys and the open cases sealed under a month's key.
func (s *Server) recordsUnder(ctx context.Context, m keyring.Month) (int, error) {
	n, err := s.store.OpenCases(ctx, m.String())
	if err != nil {
		return 0, err
	}
	err = s.eachSubject(ctx, func(rows []vault.Custody) error {
		for _, c := range rows {
			if under, ok := s.vault.RecordMonth(c); ok && under == m {
				n++
			}
		}
		return nil
	})
	return n, err
}

// eachSubject pages through all subjects, the dummy first.
func (s *Server) eachSubject(ctx context.Context, f func([]vault.Custody) error) error {
	first, err := s.store.CustodyByOrdinal(ctx, []pii.Ordinal{pii.Dummy})
	if err != nil {
		return err
	}
	rows := first
	for after := pii.Dummy; len(rows) > 0; {
		if err := f(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].Ordinal
		if rows, err = s.store.CustodyAfter(ctx, after, page); err != nil {
			return err
		}
	}
	return nil
}
