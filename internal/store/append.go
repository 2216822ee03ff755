package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

var _ ledger.Tx = (*appending)(nil)

// appending is one append transaction. After any error every further call
// answers that error: SQLite ends a transaction by itself when the disk is full,
// and what came after would commit alone.
type appending struct {
	ctx    context.Context
	s      *session
	head   ledger.Head
	meters map[string]*meter // read or charged in this transaction
	bytes  int               // written, roughly
	failed error
}

// Append implements [ledger.Store].
func (db *DB) Append(ctx context.Context, fn func(ledger.Tx) error) error {
	var refused error // fn's own, which is handed back as it is
	written := 0
	err := db.transact(ctx, "append", func(s *session) error {
		a := &appending{ctx: ctx, s: s, meters: map[string]*meter{}}
		if err := s.lockHead(ctx, &a.head); err != nil {
			return err
		}
		if refused = fn(a); refused != nil {
			return refused
		}
		if err := a.run(a.charges(nil)); err != nil { // of an append that wrote no batch
			return err
		}
		written = a.bytes
		return a.failed
	})
	if err == nil {
		db.wrote(written)
	}
	return cmp.Or(refused, err)
}

// lockHead is the first statement of a transaction that appends: one writer at a
// time, in however many processes.
func (s *session) lockHead(ctx context.Context, into *ledger.Head) error {
	found := false
	err := s.rows(ctx, selectHead+s.d.lockRow, func(scan func(...any) error) (err error) {
		found = true
		*into, err = scanHead(scan)
		return err
	})
	if err == nil && !found {
		return errHeadGone
	}
	return err
}

// keep remembers the first error, reduced to its class.
func (a *appending) keep(err error) error {
	if a.failed == nil {
		a.failed = a.s.d.fault("append", err)
	}
	return a.failed
}

func (a *appending) query(text string, each func(scan func(...any) error) error, args ...any) error {
	if a.failed != nil {
		return a.failed
	}
	return a.keep(a.s.rows(a.ctx, text, each, args...))
}

func (a *appending) run(calls []call) error {
	if a.failed != nil {
		return a.failed
	}
	for _, c := range calls {
		for _, arg := range c.args {
			a.bytes += size(arg)
		}
	}
	return a.keep(a.s.run(a.ctx, calls))
}

func size(arg any) int {
	switch v := arg.(type) {
	case []byte:
		return len(v)
	case string:
		return len(v)
	}
	return 8
}

// Head implements [ledger.Tx].
func (a *appending) Head() (ledger.Head, error) { return a.head, a.failed }

// Leaves implements [ledger.Tx].
func (a *appending) Leaves(from uint64, n int) ([][]byte, error) { return leaves(a.query, from, n) }

// Tiles implements [ledger.Tx].
func (a *appending) Tiles(ids []ledger.TileID) ([][]byte, error) { return tiles(a.query, ids) }

// Requests implements [ledger.Tx].
func (a *appending) Requests(ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	return requests(a.s.d, a.query, ids)
}

const selectRevoked = `SELECT key, MAX(idx) FROM revocation WHERE idx >= $1 GROUP BY key`

// Revoked implements [ledger.Tx].
func (a *appending) Revoked(since uint64) (map[string]uint64, error) {
	found := map[string]uint64{}
	err := a.query(selectRevoked, func(scan func(...any) error) error {
		var key string
		var idx uint64
		err := scan(&key, &idx)
		found[key] = idx
		return err
	}, int64(since))
	return found, err
}

// Apply implements [ledger.Tx].
func (a *appending) Apply(idx uint64, _ time.Time, effects []ledger.Effect) error {
	if a.failed != nil {
		return a.failed
	}
	var calls []call
	for _, e := range effects {
		more, err := a.s.d.effect(idx, e)
		if err != nil {
			return a.keep(err)
		}
		calls = append(calls, more...)
	}
	return a.run(calls)
}

var (
	insertEntries     = values(`INSERT INTO ledger_entry (idx, data) VALUES `, 2, ``)
	insertRequests    = values(`INSERT INTO ledger_request (request, idx) VALUES `, 2, ``)
	insertOpenings    = values(`INSERT INTO ledger_opening (idx, holder, month, sealed) VALUES `, 4, ``)
	insertIndex       = values(`INSERT INTO ledger_index (kind, ref, idx) VALUES `, 3, ``)
	insertTiles       = values(`INSERT INTO ledger_tile (l, n, data) VALUES `, 3, ``)
	insertRevocations = values(`INSERT INTO revocation (idx, key) VALUES `, 2, ``)
)

const (
	insertCheckpoint = `INSERT INTO ledger_checkpoint (size, note) VALUES ($1, $2)`
	updateHead       = `UPDATE ledger_head SET size = $1, root = $2, note = $3, frontier = $4, micros = $5, rules = $6
WHERE id = 1 AND size = $7`
)

// Write implements [ledger.Tx].
func (a *appending) Write(b ledger.Batch) error {
	if len(b.Requests) != len(b.Leaves) || b.Head.Size != b.Old+uint64(len(b.Leaves)) {
		return a.keep(fault.New(fault.Internal, "internal", "batch"))
	}
	d := a.s.d
	flat := make([]any, 0, 2*len(b.Leaves))
	for i, leaf := range b.Leaves {
		flat = append(flat, int64(b.Old)+int64(i), notNil(leaf))
	}
	calls := d.insert(a.charges(nil), insertEntries, flat)
	calls = d.insert(calls, insertRequests, requestRows(b))
	flat = make([]any, 0, 4*len(b.Openings))
	for _, o := range b.Openings {
		flat = append(flat, int64(o.Index), int64(o.Holder), o.Month, notNil(o.Sealed))
	}
	calls = d.insert(calls, insertOpenings, flat)
	calls = d.insert(calls, insertIndex, indexRows(b.Refs))
	flat = nil
	for _, t := range b.Tiles {
		flat = append(flat, int64(t.ID.Level), int64(t.ID.Number), notNil(t.Data))
	}
	calls = d.insert(calls, insertTiles, flat)
	calls = d.insert(calls, insertRevocations, revocationRows(b.Revocations))
	h := b.Head
	calls = append(calls,
		call{text: insertCheckpoint, args: []any{int64(h.Size), notNil(h.Note)}},
		call{text: updateHead, want: 1, args: []any{int64(h.Size), h.Root[:], notNil(h.Note), frontier(h.Frontier),
			int64(h.Micros), int64(h.Rules), int64(b.Old)}})
	return a.run(calls)
}

// requestRows and indexRows are sorted by key: neighbours in a B-tree are then
// written together.
func requestRows(b ledger.Batch) []any {
	order := make([]int, len(b.Requests))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return bytes.Compare(b.Requests[i][:], b.Requests[j][:]) })
	flat := make([]any, 0, 2*len(order))
	for _, i := range order {
		flat = append(flat, b.Requests[i][:], int64(b.Old)+int64(i))
	}
	return flat
}

// indexRows drops rows that say the same twice.
func indexRows(refs []ledger.IndexRow) []any {
	refs = slices.Clone(refs)
	slices.SortFunc(refs, compareRefs)
	refs = slices.CompactFunc(refs, func(a, b ledger.IndexRow) bool { return compareRefs(a, b) == 0 })
	flat := make([]any, 0, 3*len(refs))
	for _, r := range refs {
		flat = append(flat, int64(r.Ref.Kind), notNil(r.Ref.Key), int64(r.Index))
	}
	return flat
}

func compareRefs(a, b ledger.IndexRow) int {
	if a.Ref.Kind != b.Ref.Kind {
		return int(a.Ref.Kind) - int(b.Ref.Kind)
	}
	if c := bytes.Compare(a.Ref.Key, b.Ref.Key); c != 0 {
		return c
	}
	switch {
	case a.Index < b.Index:
		return -1
	case a.Index > b.Index:
		return 1
	}
	return 0
}

func revocationRows(all []ledger.Revocation) []any {
	seen := map[ledger.Revocation]bool{}
	var flat []any
	for _, r := range all {
		if !seen[r] {
			seen[r] = true
			flat = append(flat, int64(r.Index), r.Key)
		}
	}
	return flat
}

func frontier(hashes []proof.Hash) []byte {
	b := make([]byte, 0, len(hashes)*proof.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}
