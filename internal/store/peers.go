package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/ledger"
)

var _ ledger.Peers = (*DB)(nil)

const (
	selectMember = `SELECT given_up FROM ledger_process WHERE id = $1`
	joinProcess  = `INSERT INTO ledger_process (id, settled, beat, given_up) VALUES ($1, 0, 0, 0)
ON CONFLICT (id) DO UPDATE SET beat = ledger_process.beat + 1, given_up = 0`
)

// member asks, under the head's lock, for the row of the process that appends; the
// commit puts it back if it is gone or given up.
func (a *appending) member(id ledger.ProcessID) question {
	a.joins = []call{{text: joinProcess, args: []any{id[:]}}}
	return question{selectMember, []any{id[:]}, func(scan func(...any) error) error {
		var givenUp int64
		err := scan(&givenUp)
		if givenUp == 0 {
			a.joins = nil
		}
		return err
	}}
}

const (
	selectProcesses   = `SELECT id, settled, beat, given_up FROM ledger_process`
	selectLastRevoked = `SELECT idx + 1 FROM revocation ORDER BY idx DESC LIMIT 1`
)

// Processes implements [ledger.Peers].
func (db *DB) Processes(ctx context.Context) (all []ledger.Peer, revoked uint64, err error) {
	err = db.together(ctx, "processes", question{selectProcesses, nil, func(scan func(...any) error) error {
		var p ledger.Peer
		var givenUp int64
		err := scan((*id16)(&p.ID), &p.Settled, &p.Beat, &givenUp)
		p.GivenUp = givenUp != 0
		all = append(all, p)
		return err
	}}, question{selectLastRevoked, nil, func(scan func(...any) error) error { return scan(&revoked) }})
	if err != nil {
		return nil, 0, err
	}
	return all, revoked, nil
}

const settleProcess = `INSERT INTO ledger_process (id, settled, beat, given_up) VALUES ($1, $2, 0, 0)
ON CONFLICT (id) DO UPDATE SET settled = excluded.settled, beat = ledger_process.beat + 1, given_up = 0`

// Settle implements [ledger.Peers].
func (db *DB) Settle(ctx context.Context, id ledger.ProcessID, upTo uint64) error {
	return db.transact(ctx, "settle", func(s *session) error {
		return s.run(ctx, []call{{text: settleProcess, args: []any{id[:], int64(upTo)}}})
	})
}

const (
	giveUpProcess = `UPDATE ledger_process SET given_up = 1 WHERE id = $1 AND settled = $2 AND beat = $3`
	removeProcess = `DELETE FROM ledger_process WHERE id = $1 AND given_up = 1`
	leaveProcess  = `DELETE FROM ledger_process WHERE id = $1`
)

// GiveUp implements [ledger.Peers].
func (db *DB) GiveUp(ctx context.Context, p ledger.Peer) error {
	return db.underHead(ctx, call{text: giveUpProcess, args: []any{p.ID[:], int64(p.Settled), int64(p.Beat)}})
}

// Remove implements [ledger.Peers].
func (db *DB) Remove(ctx context.Context, id ledger.ProcessID) error {
	return db.underHead(ctx, call{text: removeProcess, args: []any{id[:]}})
}

// Leave implements [ledger.Peers].
func (db *DB) Leave(ctx context.Context, id ledger.ProcessID) error {
	return db.underHead(ctx, call{text: leaveProcess, args: []any{id[:]}})
}

// underHead runs a statement while no append is under way.
func (db *DB) underHead(ctx context.Context, c call) error {
	return db.transact(ctx, "process", func(s *session) error {
		if err := s.lockHead(ctx); err != nil {
			return err
		}
		return s.run(ctx, []call{c})
	})
}
