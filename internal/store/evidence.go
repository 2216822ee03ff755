package store

import (
	"context"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/pii"
)

var _ casework.Cabinet = (*DB)(nil)

const insertEvidence = `INSERT INTO complaint_file (complaint, n, at, size, sha256, month, sealed, digest, entry, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func putEvidence(idx uint64, e *casework.Evidence) ([]call, error) {
	if err := exact(e.At); err != nil {
		return nil, err
	}
	return put(idx, e, insertEvidence, e.Case[:], int64(e.N), micros(e.At), e.Size, e.SHA256, e.Month, e.Sealed, e.Digest)
}

const (
	selectEvidence = `SELECT complaint, n, at, size, sha256, month, digest, entry, mac FROM complaint_file
WHERE complaint = $1 ORDER BY n LIMIT 100`
	selectEvidenceFile = `SELECT complaint, n, at, size, sha256, month, digest, entry, mac, sealed FROM complaint_file
WHERE complaint = $1 AND n = $2`
)

func evidenceInto(e *casework.Evidence) []any {
	return []any{(*id16)(&e.Case), &e.N, (*instant)(&e.At), &e.Size, (*blob)(&e.SHA256), &e.Month, (*blob)(&e.Digest), &e.Entry, &e.MAC}
}

// Evidence implements [casework.Cabinet].
func (db *DB) Evidence(ctx context.Context, of pii.RequestID) (all []casework.Evidence, err error) {
	err = db.rows(ctx, "evidence", selectEvidence, func(scan func(...any) error) error {
		var e casework.Evidence
		err := scan(evidenceInto(&e)...)
		all = append(all, e)
		return err
	}, of[:])
	return all, err
}

// EvidenceFile implements [casework.Cabinet].
func (db *DB) EvidenceFile(ctx context.Context, of pii.RequestID, n int) (e casework.Evidence, ok bool, err error) {
	ok, err = db.row(ctx, "evidence", selectEvidenceFile, append(evidenceInto(&e), (*blob)(&e.Sealed)), of[:], int64(n))
	return e, ok, err
}
