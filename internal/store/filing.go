package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// fileAfter is how many entries may wait before they are filed in the middle of a
// rush. The more of them, the more index rows fall on one page.
const fileAfter = 32768

// fileIdle is after how long a pause what waits is filed.
const fileIdle = 200 * time.Millisecond

// fileSlice is how many index rows one transaction files, in key order: few pages,
// and a commit that waits for it waits milliseconds.
const fileSlice = 2048

// toFile takes in what an append wrote, and tells the background.
func (db *DB) toFile(added []filing) {
	for _, f := range added {
		_ = db.unfiled.add(f) // packed by us: it cannot be malformed
	}
	select {
	case db.file <- struct{}{}:
	default: // it is told already
	}
}

// fileLoop files in pauses, or when too much waits. A failure is tried again after
// the next append.
func (db *DB) fileLoop(ctx context.Context) {
	defer db.done.Done()
	pause := time.NewTimer(fileIdle)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.file:
			pause.Reset(fileIdle)
			if db.unfiled.waiting() < fileAfter {
				continue
			}
		case <-pause.C:
			if db.unfiled.waiting() == 0 {
				continue
			}
		}
		_ = db.File(ctx)
	}
}

const (
	selectFiled = `SELECT size FROM ledger_filed WHERE id = 1`
	updateFiled = `UPDATE ledger_filed SET size = $1 WHERE id = 1 AND size = $2`
)

var (
	insertRequests = columns(`INSERT INTO ledger_request (request, idx) `, `bytea bigint`, ` ON CONFLICT DO NOTHING`)
	insertIndex    = columns(`INSERT INTO ledger_index (kind, ref, idx) `, `bigint bytea bigint`, ` ON CONFLICT DO NOTHING`)
)

// File files what waits in the two indices. It may be cut off anywhere, and run in
// several processes: rows that are there stay, and only the last step, which finds
// the mark where it was at the beginning, says that all are.
func (db *DB) File(ctx context.Context) error {
	var from uint64
	if _, err := db.row(ctx, "filed", selectFiled, []any{&from}); err != nil {
		return err
	}
	size := from
	var all []filing
	err := db.rows(ctx, "unfiled", selectUnfiled, scanFiling(func(f filing) error {
		all = append(all, f)
		size = f.idx + 1
		return nil
	}), int64(from))
	if err != nil || size == from {
		return err
	}
	parts, err := db.d.filingSlices(all)
	if err != nil {
		return err
	}
	last := len(parts) - 1
	parts[last] = append(parts[last], call{text: updateFiled, args: []any{int64(size), int64(from)}})
	for _, calls := range parts {
		if err := db.transact(ctx, "file", func(s *session) error { return s.run(ctx, calls) }); err != nil {
			return err
		}
		db.wrote(fileSlice * 256)
	}
	db.unfiled.filed(size)
	return nil
}

// filingSlices are the statements of each transaction that files, in key order.
func (d dialect) filingSlices(all []filing) (out [][]call, err error) {
	type row struct {
		ref ledger.Ref
		idx uint64
	}
	var rows []row
	for _, f := range all {
		if err := f.refs(func(r ledger.Ref) { rows = append(rows, row{r, f.idx}) }); err != nil {
			return nil, d.fault("file", err)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { // they are in the entries' order
		return cmp.Or(cmp.Compare(a.ref.Kind, b.ref.Kind), bytes.Compare(a.ref.Key, b.ref.Key))
	})
	for part := range slices.Chunk(rows, fileSlice) {
		flat := make([]any, 0, 3*len(part))
		for _, r := range part {
			flat = append(flat, int64(r.ref.Kind), notNil(r.ref.Key), int64(r.idx))
		}
		out = append(out, d.insert(nil, insertIndex, flat))
	}
	slices.SortFunc(all, func(a, b filing) int { return bytes.Compare(a.request[:], b.request[:]) })
	for part := range slices.Chunk(all, fileSlice) {
		flat := make([]any, 0, 2*len(part))
		for _, f := range part {
			flat = append(flat, f.packed[:len(f.request)], int64(f.idx))
		}
		out = append(out, d.insert(nil, insertRequests, flat))
	}
	return out, nil
}

// selectRequest and selectIndex read the index and, in the same snapshot, what is
// not filed and not known to this process.
const (
	selectRequest = `SELECT idx, NULL AS refs FROM ledger_request WHERE request = $1
UNION ALL SELECT idx, refs FROM (` + selectUnknown + `$2) AS u`
	selectIndex = `SELECT idx, NULL AS refs FROM
(SELECT idx FROM ledger_index WHERE kind = $1 AND ref = $2 AND idx >= $3 ORDER BY idx LIMIT $4) AS i
UNION ALL SELECT idx, refs FROM (` + selectUnknown + `$5) AS u`
	selectUnknown = `SELECT idx, refs FROM ledger_entry WHERE idx >= (SELECT size FROM ledger_filed WHERE id = 1) AND idx >= `
)

// ByRequest implements [ledger.Store].
func (db *DB) ByRequest(ctx context.Context, id pii.RequestID) (idx uint64, ok bool, err error) {
	if known := db.unfiled.request(id); known != nil {
		return *known, true, nil
	}
	err = db.rows(ctx, "request", selectRequest, db.found(func(at uint64) { idx, ok = at, true }, func(f filing) {
		if f.request == id {
			idx, ok = f.idx, true
		}
	}), id[:], int64(db.unfiled.seen()))
	return idx, ok && err == nil, err
}

// Find implements [ledger.Store].
func (db *DB) Find(ctx context.Context, ref ledger.Ref, from uint64, n int) ([]uint64, error) {
	all, seen := db.unfiled.find(ref, from)
	want := keyOf(ref)
	err := db.rows(ctx, "find", selectIndex, db.found(func(at uint64) { all = append(all, at) }, func(f filing) {
		_ = f.refs(func(r ledger.Ref) {
			if f.idx >= from && keyOf(r) == want {
				all = append(all, f.idx)
			}
		})
	}), int64(ref.Kind), notNil(ref.Key), int64(from), int64(n), int64(seen))
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	all = slices.Compact(all) // filed while we looked
	return all[:min(n, len(all))], nil
}

// found scans rows that are an index row or an entry this process did not know.
func (db *DB) found(indexed func(uint64), fresh func(filing)) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var f filing
		if err := scan(&f.idx, (*blob)(&f.packed)); err != nil {
			return err
		}
		if f.packed == nil {
			indexed(f.idx)
			return nil
		}
		if len(f.packed) < len(f.request) {
			return errColumn
		}
		copy(f.request[:], f.packed)
		if err := db.unfiled.add(f); err != nil {
			return err
		}
		fresh(f)
		return nil
	}
}
