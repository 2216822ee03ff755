package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// flushBytes is after how many written bytes the background copies SQLite's
// write-ahead log into the database. Inside a commit that costs 10 ms.
const flushBytes = 8 << 20

// wrote counts what commits write, and wakes the background.
func (db *DB) wrote(n int) {
	const overhead = 8 << 10 // pages of a small commit
	if db.unflushed.Add(int64(n)+overhead) < flushBytes {
		return
	}
	db.unflushed.Store(0)
	select {
	case db.flush <- struct{}{}:
	default: // it is at work
	}
}

func (db *DB) flushLoop(ctx context.Context) {
	defer db.done.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.flush:
			_ = db.Checkpoint(ctx) // a failure is the next writer's to meet
		}
	}
}

// Checkpoint copies SQLite's write-ahead log into the database, as far as readers
// let it, without holding up the writer. On PostgreSQL it does nothing. (It has
// nothing to do with the ledger's checkpoints.)
func (db *DB) Checkpoint(ctx context.Context) error {
	if db.d.name != "sqlite" {
		return nil
	}
	_, err := db.checkpoint(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	return err
}

// checkpoint reports whether a reader or writer was in the way.
func (db *DB) checkpoint(ctx context.Context, text string) (busy bool, err error) {
	var blocked, pages, copied int64
	err = db.read.pool.QueryRowContext(db.d.short(ctx), text).Scan(&blocked, &pages, &copied)
	return blocked != 0, db.d.fault("checkpoint", err)
}

// Purge implements [vault.Maintenance]. On PostgreSQL the bytes leave the table
// files; its own log (pg_wal) keeps them until it is recycled.
func (db *DB) Purge(ctx context.Context) error {
	if db.d.name == "sqlite" {
		busy, err := db.checkpoint(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		if err == nil && busy {
			err = fault.New(fault.Unavailable, "unavailable", "purge")
		}
		return err
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return db.d.fault("purge", err)
	}
	defer conn.Close()
	// A backup reads an old snapshot: what it still sees would stay in the files, and
	// everybody would wait for it behind the lock that VACUUM FULL asks for.
	alone := false
	if err := conn.QueryRowContext(ctx, tryBackupLock).Scan(&alone); err != nil {
		return db.d.fault("purge", err)
	}
	if !alone {
		return fault.New(fault.Unavailable, "unavailable", "purge")
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), endBackupLock) }()
	for _, table := range []string{"custody", "blind_index", "subject_ref", "subject_version", "blind_index_past", "contact_note"} {
		if _, err := conn.ExecContext(ctx, `VACUUM (FULL) `+table); err != nil {
			return db.d.fault("purge", err)
		}
	}
	return nil
}

// The lock a backup shares with other backups and a purge takes alone, of PostgreSQL.
const (
	tryBackupLock       = `SELECT pg_try_advisory_lock(7014301271)`
	endBackupLock       = `SELECT pg_advisory_unlock(7014301271)`
	shareBackupLock     = `SELECT pg_advisory_lock_shared(7014301271)`
	endSharedBackupLock = `SELECT pg_advisory_unlock_shared(7014301271)`
)

const (
	deleteCounted = `DELETE FROM meter_subject WHERE key IN (SELECT key FROM meter WHERE until < $1)`
	deleteMeters  = `DELETE FROM meter WHERE until < $1`
)

// Sweep deletes the meters whose window ended before the time given.
func (db *DB) Sweep(ctx context.Context, before time.Time) error {
	return db.transact(ctx, "sweep", func(s *session) error {
		if err := s.lockHead(ctx); err != nil { // as every spender does
			return err
		}
		return s.run(ctx, []call{
			{text: deleteCounted, args: []any{micros(before)}},
			{text: deleteMeters, args: []any{micros(before)}},
		})
	})
}
