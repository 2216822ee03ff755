package store

import (
	"context"
	"fmt"
)

// LimitPages keeps SQLite's file from growing by more than n pages, as a full
// disk does; 0 lifts the limit.
func (db *DB) LimitPages(ctx context.Context, n int64) error {
	s, err := db.session(ctx)
	if err != nil {
		return err
	}
	defer func() { db.writer <- s }()
	limit := int64(1 << 30)
	if n > 0 {
		var pages int64
		if err := s.conn.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
			return err
		}
		limit = pages + n
	}
	_, err = s.conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, limit))
	return err
}

// Pragma reads a setting on a writer's or a reader's connection.
func (db *DB) Pragma(ctx context.Context, name string, reader bool) (value string, err error) {
	if reader {
		err = db.read.pool.QueryRowContext(ctx, `PRAGMA `+name).Scan(&value)
		return value, err
	}
	s, err := db.session(ctx)
	if err != nil {
		return "", err
	}
	defer func() { db.writer <- s }()
	err = s.conn.QueryRowContext(ctx, `PRAGMA `+name).Scan(&value)
	return value, err
}

// ExecReader runs a statement on a reader's connection.
func (db *DB) ExecReader(ctx context.Context, text string) error {
	_, err := db.read.pool.ExecContext(ctx, text)
	return err
}
