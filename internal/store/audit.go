package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ ledger.History = (*DB)(nil)

// ScanLeaves implements [ledger.History]. It goes past database/sql, which spends
// as much on a row as hashing it does.
func (db *DB) ScanLeaves(ctx context.Context, from, to uint64, each func(idx uint64, leaf []byte) error) error {
	var own error // each's, which is handed back as it is
	handed := false
	scan := func(idx uint64, leaf []byte) error {
		handed = true
		own = each(idx, leaf)
		return own
	}
	err := db.read.with(ctx, "leaves", &handed, func(s *session) error {
		err := s.conn.Raw(func(raw any) error {
			switch c := raw.(type) {
			case *stdlib.Conn:
				return scanPostgres(ctx, c, from, to, scan)
			case driver.QueryerContext:
				return scanDriver(db.d.short(ctx), c, from, to, scan)
			}
			return errors.New("store: a driver of another kind")
		})
		if own != nil {
			return nil // the connection is sound
		}
		return err
	})
	if own != nil {
		return own
	}
	return err
}

func scanPostgres(ctx context.Context, c *stdlib.Conn, from, to uint64, each func(idx uint64, leaf []byte) error) error {
	rows, err := c.Conn().Query(ctx, selectLeaves, int64(from), int64(to))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var idx uint64
		var leaf []byte
		if err := rows.Scan(&idx, &leaf); err != nil {
			return err
		}
		if err := each(idx, leaf); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanDriver(ctx context.Context, c driver.QueryerContext, from, to uint64, each func(idx uint64, leaf []byte) error) (err error) {
	rows, err := c.QueryContext(ctx, selectLeaves, []driver.NamedValue{
		{Ordinal: 1, Value: int64(from)}, {Ordinal: 2, Value: int64(to)},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }() // once: the driver does not bear a second time
	row := make([]driver.Value, 2)
	for {
		if err := rows.Next(row); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		idx, isNumber := row[0].(int64)
		leaf, isBlob := row[1].([]byte)
		if !isNumber || !isBlob {
			return errColumn
		}
		if err := each(uint64(idx), leaf); err != nil {
			return err
		}
	}
}

const selectCheckpoints = `SELECT size, note FROM ledger_checkpoint WHERE size >= $1 AND size <= $2`

// Checkpoints implements [ledger.History].
func (db *DB) Checkpoints(ctx context.Context, from, to uint64) (map[uint64][]byte, error) {
	all := map[uint64][]byte{}
	err := db.rows(ctx, "checkpoints", selectCheckpoints, func(scan func(...any) error) error {
		var size int64
		var note []byte
		err := scan(&size, &note)
		all[uint64(size)] = note
		return err
	}, int64(from), int64(to))
	return all, err
}

const selectAllCosignatures = `SELECT size, witness, line FROM ledger_cosig WHERE size >= $1 AND size <= $2`

// AllCosignatures implements [ledger.History].
func (db *DB) AllCosignatures(ctx context.Context, from, to uint64) (all []ledger.Cosignature, err error) {
	err = db.rows(ctx, "cosignatures", selectAllCosignatures, func(scan func(...any) error) error {
		var c ledger.Cosignature
		err := scan(&c.Size, &c.Witness, &c.Line)
		all = append(all, c)
		return err
	}, int64(from), int64(to))
	return all, err
}

const selectTiles = `SELECT n, data FROM ledger_tile WHERE l = $1 AND n >= $2 AND n < $3`

// TilesOf implements [ledger.History].
func (db *DB) TilesOf(ctx context.Context, level int, from, to uint64) (map[uint64][]byte, error) {
	if from >= to {
		return nil, nil
	}
	all := make(map[uint64][]byte, to-from)
	err := db.rows(ctx, "tiles", selectTiles, func(scan func(...any) error) error {
		var n int64
		var data []byte
		err := scan(&n, &data)
		all[uint64(n)] = data
		return err
	}, int64(level), int64(from), int64(to))
	return all, err
}

const selectIndexAfter = `SELECT kind, ref, idx FROM ledger_index
WHERE (kind, ref, idx) > ($1, $2, $3) ORDER BY kind, ref, idx LIMIT $4`

// IndexAfter implements [ledger.History].
func (db *DB) IndexAfter(ctx context.Context, after ledger.IndexRow, n int) (all []ledger.IndexRow, err error) {
	all = make([]ledger.IndexRow, 0, n)
	var ref sql.RawBytes
	var keys []byte // of the whole page
	err = db.rows(ctx, "index", selectIndexAfter, func(scan func(...any) error) error {
		var r ledger.IndexRow
		if err := scan(&r.Ref.Kind, &ref, &r.Index); err != nil {
			return err
		}
		start := len(keys)
		keys = append(keys, ref...)
		r.Ref.Key = keys[start:len(keys):len(keys)]
		all = append(all, r)
		return nil
	}, int64(after.Ref.Kind), notNil(after.Ref.Key), int64(after.Index), int64(n))
	return all, err
}

const selectRequestsAfter = `SELECT request, idx FROM ledger_request WHERE request > $1 ORDER BY request LIMIT $2`

// RequestsAfter implements [ledger.History].
func (db *DB) RequestsAfter(ctx context.Context, after pii.RequestID, n int) (all []ledger.RequestRow, err error) {
	all = make([]ledger.RequestRow, 0, n)
	var id sql.RawBytes
	err = db.rows(ctx, "requests", selectRequestsAfter, func(scan func(...any) error) error {
		var r ledger.RequestRow
		if err := scan(&id, &r.Index); err != nil {
			return err
		}
		if err := fixed(r.Request[:], []byte(id)); err != nil {
			return err
		}
		all = append(all, r)
		return nil
	}, after[:], int64(n))
	return all, err
}

// Filed implements [ledger.Files].
func (db *DB) Filed(ctx context.Context) (size uint64, err error) {
	_, err = db.row(ctx, "filed", selectFiled, []any{&size})
	return size, err
}

const selectFilings = `SELECT idx, refs FROM ledger_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx`

// Filings implements [ledger.Files].
func (db *DB) Filings(ctx context.Context, from, to uint64) (all []ledger.Filing, err error) {
	err = db.rows(ctx, "filings", selectFilings, func(scan func(...any) error) error {
		f := filing{}
		if err := scan(&f.idx, (*blob)(&f.packed)); err != nil {
			return err
		}
		r := ledger.Filing{Index: f.idx}
		if r.Wrong = len(f.packed) < len(f.request); !r.Wrong {
			copy(r.Request[:], f.packed)
			r.Wrong = f.refs(func(ref ledger.Ref) { r.Refs = append(r.Refs, ref) }) != nil
		}
		all = append(all, r)
		return nil
	}, int64(from), int64(to))
	return all, err
}
