package store

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

var _ ledger.Tx = (*appending)(nil)

// appending is one append transaction. It begins with the first question and its
// statements are sent with the commit: on PostgreSQL two round trips, while
// everyone else waits for the head. After any error every further call answers
// that error: SQLite ends a transaction by itself when the disk is full, and what
// came after would commit alone.
type appending struct {
	ctx      context.Context
	t        transaction
	head     ledger.Head
	meters   map[string]*meter         // read or charged in this transaction
	known    map[pii.RequestID]*uint64 // requests that were looked for; nil: not recorded
	caughtUp bool
	revoked  map[string]uint64 // from entry since on; nil: not asked
	since    uint64
	pending  []call   // not sent yet
	added    []filing // the batch written
	bytes    int      // written, roughly
	failed   error
}

// Append implements [ledger.Store].
func (db *DB) Append(ctx context.Context, fn func(ledger.Tx) error) error {
	a := &appending{ctx: ctx, t: transaction{db: db}, meters: map[string]*meter{}, known: map[pii.RequestID]*uint64{}}
	defer a.t.end(ctx)
	if refused := fn(a); refused != nil {
		return refused // fn's own error, as it is
	}
	if err := a.commit(); err != nil {
		return err
	}
	db.wrote(a.bytes)
	db.toFile(a.added)
	return nil
}

func (a *appending) commit() error {
	if err := a.begin(); err != nil { // it did nothing, under the head's lock all the same
		return err
	}
	a.later(a.charges(nil)) // of an append that wrote no batch
	return a.keep(a.t.commit(a.ctx, a.pending))
}

// begin locks the head, unless that was done, and asks what is asked with it.
func (a *appending) begin(with ...question) error {
	if a.failed != nil {
		return a.failed
	}
	if a.t.s != nil {
		return a.ask(with)
	}
	found := false
	head := question{text: selectHead + a.t.db.d.lockRow, each: func(scan func(...any) error) (err error) {
		found = true
		a.head, err = scanHead(scan)
		return err
	}}
	err := a.t.begin(a.ctx, append([]question{head}, with...)...)
	if err == nil && !found {
		err = errHeadGone
	}
	return a.keep(err)
}

// lockHead is the first statement of another transaction that spenders must not
// meet.
func (s *session) lockHead(ctx context.Context) error {
	found := false
	err := s.rows(ctx, selectHead+s.d.lockRow, func(func(...any) error) error {
		found = true
		return nil
	})
	if err == nil && !found {
		return errHeadGone
	}
	return err
}

// keep remembers the first error, reduced to its class.
func (a *appending) keep(err error) error {
	if a.failed == nil {
		a.failed = a.t.db.d.fault("append", err)
	}
	return a.failed
}

func (a *appending) query(text string, each func(scan func(...any) error) error, args ...any) error {
	return a.begin(question{text: text, args: args, each: each})
}

func (a *appending) ask(all []question) error {
	if len(a.pending) > 0 { // what is asked may be what was written
		pending := a.pending
		a.pending = nil
		if err := a.keep(a.t.s.run(a.ctx, pending)); err != nil {
			return err
		}
	}
	return a.keep(a.t.s.ask(a.ctx, all))
}

// later queues statements for the commit.
func (a *appending) later(calls []call) {
	for _, c := range calls {
		for _, arg := range c.args {
			a.bytes += size(arg)
		}
	}
	a.pending = append(a.pending, calls...)
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
func (a *appending) Head() (ledger.Head, error) { err := a.begin(); return a.head, err }

// Leaves implements [ledger.Tx].
func (a *appending) Leaves(from uint64, n int) ([][]byte, error) { return leaves(a.query, from, n) }

// Tiles implements [ledger.Tx].
func (a *appending) Tiles(ids []ledger.TileID) ([][]byte, error) { return tiles(a.query, ids) }

// Requests implements [ledger.Tx].
func (a *appending) Requests(ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	if err := a.begin(a.lookUp(ids)...); err != nil {
		return nil, err
	}
	found := map[pii.RequestID]uint64{}
	for _, id := range ids {
		if idx := a.known[id]; idx != nil {
			found[id] = *idx
		}
	}
	return found, nil
}

// lookUp are the questions that find the requests not looked for yet: among those
// this process knows to wait for filing, among those it does not know yet, and
// among the filed ones, in this order.
func (a *appending) lookUp(ids []pii.RequestID) []question {
	db := a.t.db
	var vals []any
	for i, id := range ids {
		if _, asked := a.known[id]; !asked {
			a.known[id] = db.unfiled.request(id)
			vals = append(vals, ids[i][:])
		}
	}
	var all []question
	if !a.caughtUp { // afterwards nobody appends but us, and what we write may be rolled back
		a.caughtUp = true
		all = append(all, a.fresh())
	}
	db.d.rowsOf(inRequests, vals, func(text string, args []any) {
		all = append(all, question{text: text, args: args, each: requestInto(func(id pii.RequestID, idx uint64) { a.known[id] = &idx })})
	})
	return all
}

// fresh asks for what other processes appended.
func (a *appending) fresh() question {
	db := a.t.db
	seen := db.unfiled.seen()
	return question{
		text: selectUnfiled, args: []any{int64(seen)},
		skip: func() bool { return a.head.Size == seen },
		each: scanFiling(func(f filing) error {
			db.unfiled.add(f)
			if _, asked := a.known[f.request]; asked {
				a.known[f.request] = &f.idx
			}
			return nil
		}),
	}
}

const selectRevoked = `SELECT key, MAX(idx) FROM revocation WHERE idx >= $1 GROUP BY key`

// Revoked implements [ledger.Tx].
func (a *appending) Revoked(since uint64) (map[string]uint64, error) {
	if a.revoked == nil || since < a.since {
		if err := a.begin(a.takenBack(since)); err != nil {
			return nil, err
		}
	}
	found := map[string]uint64{}
	for key, idx := range a.revoked {
		if idx >= since {
			found[key] = idx
		}
	}
	return found, a.failed
}

func (a *appending) takenBack(since uint64) question {
	a.revoked, a.since = map[string]uint64{}, since
	return question{text: selectRevoked, args: []any{int64(since)}, each: func(scan func(...any) error) error {
		var key string
		var idx uint64
		err := scan(&key, &idx)
		a.revoked[key] = idx
		return err
	}}
}

// Apply implements [ledger.Tx].
func (a *appending) Apply(idx uint64, _ time.Time, effects []ledger.Effect) error {
	if a.failed != nil {
		return a.failed
	}
	for _, e := range effects {
		calls, err := a.t.db.d.effect(idx, e)
		if err != nil {
			return a.keep(err)
		}
		a.later(calls)
	}
	return nil
}

var (
	insertEntries     = columns(`INSERT INTO ledger_entry (idx, data, holder, month, sealed, refs) `, `bigint bytea bigint text bytea bytea`, ``)
	insertTiles       = values(`INSERT INTO ledger_tile (l, n, data) VALUES `, 3, ``)
	insertRevocations = values(`INSERT INTO revocation (idx, key) VALUES `, 2, ``)
)

// updateHead fails where the head has another size than it was locked at: size is
// never NULL. A WHERE would quietly change nothing, and its count comes too late:
// the commit is sent with it.
const (
	insertCheckpoint = `INSERT INTO ledger_checkpoint (size, note) VALUES ($1, $2)`
	updateHead       = `UPDATE ledger_head SET size = CASE WHEN size = $1 THEN size + $2 END, root = $3, note = $4, frontier = $5, micros = $6, rules = $7
WHERE id = 1`
)

// Write implements [ledger.Tx].
func (a *appending) Write(b ledger.Batch) error {
	if err := a.fits(b); err != nil {
		return err
	}
	rows, err := filings(b)
	if err != nil {
		return a.keep(err)
	}
	d := a.t.db.d
	flat := make([]any, 0, 6*len(b.Leaves))
	for i, leaf := range b.Leaves {
		o := b.Openings[i]
		flat = append(flat, int64(rows[i].idx), notNil(leaf), int64(o.Holder), o.Month, o.Sealed, rows[i].packed) // no opening: NULL
	}
	calls := d.insert(a.charges(nil), insertEntries, flat)
	flat = nil
	for _, t := range b.Tiles {
		flat = append(flat, int64(t.ID.Level), int64(t.ID.Number), notNil(t.Data))
	}
	calls = d.insert(calls, insertTiles, flat)
	calls = d.insert(calls, insertRevocations, revocationRows(b.Revocations))
	h := b.Head
	a.later(append(calls,
		call{text: insertCheckpoint, args: []any{int64(h.Size), notNil(h.Note)}},
		call{text: updateHead, args: []any{int64(b.Old), int64(len(b.Leaves)), h.Root[:], notNil(h.Note), frontier(h.Frontier),
			int64(h.Micros), int64(h.Rules)}}))
	a.head, a.added = h, rows
	return nil
}

// fits checks a batch against the locked head, and its requests against those that
// were looked for or wait to be filed. What may be retried was looked for; other
// requests are random, and the index would keep the first of two.
func (a *appending) fits(b ledger.Batch) error {
	n := len(b.Leaves)
	if len(b.Requests) != n || len(b.Openings) != n || b.Head.Size != b.Old+uint64(n) {
		return a.keep(fault.New(fault.Internal, "internal", "batch"))
	}
	if err := a.begin(a.lookUp(nil)...); err != nil {
		return err
	}
	if b.Old != a.head.Size {
		return a.keep(fault.New(fault.Conflict, "stale", "store"))
	}
	seen := make(map[pii.RequestID]bool, n)
	for _, id := range b.Requests {
		if seen[id] || a.known[id] != nil || a.t.db.unfiled.request(id) != nil {
			return a.keep(fault.New(fault.Conflict, "exists", "request"))
		}
		seen[id] = true
	}
	return nil
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
