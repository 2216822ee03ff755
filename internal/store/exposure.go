package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
)

var _ exposure.Store = (*DB)(nil)

// partBytes is how much of a segment one row holds: neither engine likes rows of
// many megabytes.
const partBytes = 512 << 10

const (
	selectSegments = `SELECT first, until, data FROM exposure_segment ORDER BY first, part`
	selectCovering = `SELECT COUNT(*) FROM exposure_segment WHERE first < $2 AND until > $1`
	deleteSegment  = `DELETE FROM exposure_segment WHERE first = $1 AND until = $2`
	insertSegment  = `INSERT INTO exposure_segment (first, part, until, data) VALUES ($1, $2, $3, $4)`
)

// Segments implements [exposure.Store].
func (db *DB) Segments(ctx context.Context, each func(exposure.Stored) error) error {
	var whole exposure.Stored
	err := db.rows(ctx, "segments", selectSegments, func(scan func(...any) error) error {
		var part exposure.Stored
		if err := scan(&part.First, &part.Until, &part.Sealed); err != nil {
			return err
		}
		if whole.Sealed != nil && part.First == whole.First {
			whole.Sealed = append(whole.Sealed, part.Sealed...)
			return nil
		}
		if whole.Sealed != nil {
			if err := each(whole); err != nil {
				return err
			}
		}
		whole = part
		return nil
	})
	if err == nil && whole.Sealed != nil {
		err = each(whole)
	}
	return err
}

// ReplaceSegments implements [exposure.Store].
func (db *DB) ReplaceSegments(ctx context.Context, drop []exposure.Span, put []exposure.Stored) error {
	return db.transact(ctx, "segments", func(s *session) error {
		var calls []call
		for _, d := range drop {
			calls = append(calls, call{text: deleteSegment, args: []any{int64(d.First), int64(d.Until)}})
		}
		if err := s.run(ctx, calls); err != nil {
			return err
		}
		calls = nil
		for _, p := range put {
			if err := s.uncovered(ctx, p); err != nil {
				return err
			}
			for part := 0; part == 0 || part*partBytes < len(p.Sealed); part++ {
				end := min((part+1)*partBytes, len(p.Sealed))
				calls = append(calls, call{text: insertSegment, args: []any{int64(p.First), int64(part), int64(p.Until), p.Sealed[part*partBytes : end]}})
			}
		}
		return s.run(ctx, calls)
	})
}

// uncovered refuses a segment of entries that another one covers.
func (s *session) uncovered(ctx context.Context, p exposure.Stored) error {
	return s.ask(ctx, []question{{text: selectCovering, args: []any{int64(p.First), int64(p.Until)}, each: func(scan func(...any) error) error {
		var n int64
		if err := scan(&n); err != nil || n == 0 {
			return err
		}
		return fault.New(fault.Conflict, "exists", "segments")
	}}})
}
