package server

import (
	"context"
	"time"
)

// eraseDaily erases once a day, at night here or soon after the start, what is past
// its retention. What a run leaves, because it failed or was cut off, the next minute's
// does.
func (s *Server) eraseDaily(ctx context.Context) {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	done, failed := "", false
	for {
		select {
		case <-ctx.Done():
			return
		case <-minute.C:
		}
		today := s.clock().In(time.FixedZone("UTC+8", 8*60*60)).Format(time.DateOnly)
		if today == done {
			continue
		}
		err := s.EraseDue(ctx)
		if err == nil {
			done = today
		} else if !failed && ctx.Err() == nil {
			s.alarm("retention-failed")
		}
		failed = err != nil
	}
}

// EraseDue erases now what is past its retention.
func (s *Server) EraseDue(ctx context.Context) error {
	_, err := s.door.EraseDue(ctx, s.casework)
	return err
}
