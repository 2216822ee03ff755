package server

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/pii"
)

// page is how many subjects a job handles at a time.
const page = 1000

// eraseAgain destroys, before anything is read, the data keys of subjects who are
// on the key ring's list of erased ids: the database may be a restored backup. The
// vault refuses them in any case; this takes the wrapped keys out of the files.
func (s *Server) eraseAgain(ctx context.Context) error {
	ids := s.ring.ErasedIDs()
	if len(ids) == 0 {
		return nil
	}
	found := false
	for len(ids) > 0 {
		n := min(len(ids), page)
		rows, err := s.store.Custody(ctx, ids[:n])
		if err != nil {
			return err
		}
		ids = ids[n:]
		for _, c := range rows {
			if c.DataKey == nil {
				continue
			}
			found = true
			if err := s.store.EraseAgain(ctx, c.Ordinal); err != nil {
				return err
			}
		}
	}
	if !found {
		return nil
	}
	s.alarm("erased-again")
	return s.store.Purge(ctx)
}

// finishErasures puts onto the key ring's list the ids of erasures whose last step
// a crash cut off. Rows the ledger did not write erase nobody.
func (s *Server) finishErasures(ctx context.Context) error {
	done, err := s.store.Erasures(ctx, door.ErasureDone)
	if err != nil {
		return err
	}
	var of []pii.Ordinal
	for i := range done {
		if s.ledger.CheckStamp(&done[i]) == nil {
			of = append(of, done[i].Ordinal)
		}
	}
	var missing []pii.SubjectID
	for len(of) > 0 {
		n := min(len(of), page)
		rows, err := s.store.CustodyByOrdinal(ctx, of[:n])
		if err != nil {
			return err
		}
		of = of[n:]
		for _, c := range rows {
			if !s.ring.Erased(c.ID) {
				missing = append(missing, c.ID)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := s.ring.Shred(missing...); err != nil {
		return err
	}
	return s.store.Purge(ctx)
}

// startJobs runs what must happen by itself: the submissions to witnesses, the
// audit, and the rest once a minute.
func (s *Server) startJobs(ctx context.Context) {
	s.jobs.Go(func() { s.witness.Run(ctx) })
	s.jobs.Go(func() { s.auditor.run(ctx) })
	s.jobs.Go(func() { s.casework.Run(ctx, s.alarm) })
	s.jobs.Go(func() { s.postgres.run(ctx) })
	s.jobs.Go(func() { s.watchLive(ctx) })
	s.jobs.Go(func() { s.indexLive(ctx) })
	s.jobs.Go(func() { s.eraseDaily(ctx) })
	s.jobs.Go(func() {
		minute := time.NewTicker(time.Minute)
		defer minute.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-minute.C:
				s.Tick(ctx)
			}
		}
	})
}

// watchEvery is how long after an entry an alert may rest on it.
const watchEvery = 2 * time.Second

// watchLive follows the ledger and raises alerts, and looks for complaints that belong
// together.
func (s *Server) watchLive(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	failed := map[string]bool{}
	said := func(id string, err error) {
		if err != nil && !failed[id] && ctx.Err() == nil {
			s.alarm(id)
		}
		failed[id] = err != nil
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		said("watch-failed", s.watch.Follow(ctx))
		said("cluster-failed", s.casework.Cluster(ctx))
	}
}

// indexEvery is how often the exposure index takes in what was recorded, so that
// whoever asks it waits for little.
const indexEvery = 15 * time.Second

// indexLive keeps the exposure index near the ledger's end. One round is bounded;
// the next goes on from the segments the last one stored.
func (s *Server) indexLive(ctx context.Context) {
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		round, stop := context.WithTimeout(ctx, indexRound)
		err := s.exposure.Follow(round)
		late := round.Err() != nil
		stop()
		if err != nil && !failed && !late {
			s.alarm("index-failed")
		}
		failed = err != nil && !late
	}
}

// indexRound bounds one round of indexLive.
const indexRound = 5 * time.Minute

// keptMeters is how long a meter outlives its window: what was decided in the window
// may be charged a little later, here or in a process whose clock is behind, and would
// find a new budget.
const keptMeters = time.Hour

// lapsedAtATime is how many people one minute suspends because nobody confirmed them.
const lapsedAtATime = 200

// recertify does what is due of recertifications.
func (s *Server) recertify(ctx context.Context) {
	if _, err := s.register.Recertify(ctx, lapsedAtATime); err != nil && ctx.Err() == nil {
		s.alarm("recertification-failed")
	}
}

// reportPairs records once a week which recipients complaints cannot separate, so that
// the officer can place decoys before anything leaks.
func (s *Server) reportPairs(ctx context.Context, now time.Time) {
	week := inquiry.Week(now)
	if s.reported == week {
		return
	}
	recorded, err := s.inquiry.ReportPairs(ctx, s.ring.RequestID("", "recipient-pairs", week), now)
	if err != nil && ctx.Err() == nil {
		s.alarm("pairs-failed")
	}
	if recorded {
		s.reported = week
	}
}

// Tick does what is due: counts of the last minute, old meters, the weekly report of
// recipients, and, in a new month, the change of period keys.
func (s *Server) Tick(ctx context.Context) {
	now := s.clock()
	s.door.Tick(ctx)
	s.authn.Flush(ctx, now)
	if err := s.store.Sweep(ctx, now.Add(-keptMeters)); err != nil {
		s.alarm("sweep-failed")
	}
	s.recertify(ctx)
	s.reportPairs(ctx, now)
	if err := s.Rotate(ctx); err != nil {
		s.alarm("rotation-failed")
	}
}
