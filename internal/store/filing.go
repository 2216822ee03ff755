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

// What is looked for is in the index, or waits and is known to this process, or was
// appended by another and is not known yet. What waits is asked for first: what is
// filed meanwhile is then found in the index.
const (
	selectIndex   = `SELECT idx FROM ledger_index WHERE kind = $1 AND ref = $2 AND idx >= $3 ORDER BY idx LIMIT $4`
	selectUnknown = `SELECT idx, refs FROM ledger_entry WHERE idx >= (SELECT size FROM ledger_filed WHERE id = 1) AND idx >= `
)

var (
	inRequests = columns(`SELECT request, idx FROM ledger_request WHERE (request) IN (`, `bytea`, `)`)
	inIndex    = in(`SELECT ref, idx FROM ledger_index WHERE kind = $1 AND ref IN `, 1, ``) // SQLite would scan for (kind, ref) IN
)

// Requests implements [ledger.Store].
func (db *DB) Requests(ctx context.Context, ids []pii.RequestID) (map[pii.RequestID]uint64, error) {
	seen := db.unfiled.seen()
	found := make(map[pii.RequestID]uint64, len(ids))
	missing := make(map[pii.RequestID]bool, len(ids))
	var vals []any
	for i, id := range ids {
		if known := db.unfiled.request(id); known != nil {
			found[id] = *known
		} else if !missing[id] {
			missing[id], vals = true, append(vals, ids[i][:])
		}
	}
	if len(vals) == 0 {
		return found, nil
	}
	all := []question{db.unknown(seen, func(f filing) {
		if missing[f.request] {
			found[f.request] = f.idx
		}
	})}
	db.d.rowsOf(inRequests, vals, func(text string, args []any) {
		all = append(all, question{text: text, args: args, each: requestInto(func(id pii.RequestID, idx uint64) { found[id] = idx })})
	})
	return found, db.together(ctx, "requests", all...)
}

func requestInto(each func(pii.RequestID, uint64)) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var id pii.RequestID
		var idx uint64
		err := scan((*id16)(&id), &idx)
		each(id, idx)
		return err
	}
}

// unknown asks for the entries that wait and are not known to this process.
func (db *DB) unknown(seen uint64, each func(filing)) question {
	return question{text: selectUnknown + `$1`, args: []any{int64(seen)}, each: scanFiling(func(f filing) error {
		each(f)
		return db.unfiled.add(f)
	})}
}

// Find implements [ledger.Store].
func (db *DB) Find(ctx context.Context, kind ledger.RefKind, keys [][]byte, from uint64, n int) ([]ledger.IndexRow, error) {
	wanted := make(map[string]bool, len(keys))
	var all []ledger.IndexRow
	put := func(key []byte, idx uint64) {
		if idx >= from {
			all = append(all, ledger.IndexRow{Ref: ledger.Ref{Kind: kind, Key: key}, Index: idx})
		}
	}
	seen := db.unfiled.seen() // first: what is appended from here on is found below, all or a beginning of it
	for _, key := range keys {
		wanted[string(key)] = true
		for _, idx := range db.unfiled.find(ledger.Ref{Kind: kind, Key: key}, from) {
			put(key, idx)
		}
	}
	fresh := func(f filing) {
		_ = f.refs(func(r ledger.Ref) {
			if r.Kind == kind && wanted[string(r.Key)] {
				put(r.Key, f.idx)
			}
		})
	}
	if err := db.together(ctx, "find", db.filedUnder(kind, keys, from, n, seen, put, fresh)...); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b ledger.IndexRow) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), bytes.Compare(a.Ref.Key, b.Ref.Key))
	})
	all = slices.CompactFunc(all, func(a, b ledger.IndexRow) bool { // filed while we looked
		return a.Index == b.Index && bytes.Equal(a.Ref.Key, b.Ref.Key)
	})
	return all[:min(n, len(all))], nil
}

// filedUnder are the questions of Find. One reference may have many entries: the
// first n will do.
func (db *DB) filedUnder(kind ledger.RefKind, keys [][]byte, from uint64, n int, seen uint64, put func([]byte, uint64), fresh func(filing)) []question {
	all := []question{db.unknown(seen, fresh)}
	if len(keys) == 1 {
		return append(all, question{text: selectIndex, args: []any{int64(kind), notNil(keys[0]), int64(from), int64(n)},
			each: func(scan func(...any) error) error {
				var idx uint64
				err := scan(&idx)
				put(keys[0], idx)
				return err
			}})
	}
	vals := make([]any, len(keys))
	for i := range keys {
		vals[i] = notNil(keys[i])
	}
	_ = db.d.each(inIndex, []any{int64(kind)}, vals, func(text string, args []any) error {
		all = append(all, question{text: text, args: args, each: func(scan func(...any) error) error {
			var key []byte
			var idx uint64
			err := scan(&key, &idx)
			put(key, idx)
			return err
		}})
		return nil
	})
	return all
}
