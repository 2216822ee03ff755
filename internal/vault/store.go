package vault

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// State of a subject in custody.
type State uint8

const (
	Live   State = iota + 1
	Held         // 封存: stored, not openable
	Erased       // the data key is destroyed
)

// Custody is what the store knows of a subject without opening anything.
type Custody struct {
	ID        pii.SubjectID
	Ordinal   pii.Ordinal
	State     State
	Version   pii.Version // the current one
	At        time.Time   // when it was stored
	Period    string      // the period key the data key is wrapped under, "2026-11"
	DataKey   []byte      // wrapped; nil once erased
	RecordKey []byte      // the sealed record key; nil once forgotten
	Fields    []pii.Field // the fields that hold a value, in schema order
	Sealed    []byte      // the current version's sealed values; not read when paging
}

// SealedVersion is one sealed version of a subject's values that another replaced.
type SealedVersion struct {
	Ordinal pii.Ordinal
	Version pii.Version
	Sealed  []byte
	At      time.Time
	Fields  []pii.Field // read by [Aging] only
}

// IndexRow is one blind-index row.
type IndexRow struct {
	Ordinal pii.Ordinal
	Field   pii.Field
	Norm    uint8    // version of the normalisation
	Tag     [32]byte // HMAC under the field's index key
}

// MaskCount says by how much the number of subjects who share a mask changes.
type MaskCount struct {
	Key [16]byte
	By  int
}

// Stored inserts new subjects, with their values, keys, index rows and mask
// counts. Effect of an enrolment.
type Stored struct {
	Custody []Custody
	Index   []IndexRow
	Masks   []MaskCount
}

// Corrected adds a version to a live subject and replaces her index rows.
type Corrected struct {
	Ordinal pii.Ordinal
	Version pii.Version // the new one
	At      time.Time
	Fields  []pii.Field
	Sealed  []byte
	Index   []IndexRow
	Masks   []MaskCount
}

// HoldSet holds a subject, or releases her.
type HoldSet struct {
	Ordinal pii.Ordinal
	Held    bool
}

// Destroyed erases a subject: the wrapped data key is overwritten, her index rows
// are deleted. Her sealed values stay; nothing opens them.
type Destroyed struct {
	Ordinal pii.Ordinal
	Masks   []MaskCount
}

// Rewrapped replaces wrapped data keys, in a transaction of its own; the period
// key they were under is destroyed afterwards. A subject who has another key than Was
// by then keeps it.
type Rewrapped struct {
	Ordinal pii.Ordinal
	Was     []byte
	Period  string
	DataKey []byte
}

// Store keeps subjects. [Stored], [Corrected], [HoldSet] and [Destroyed] are
// effects of the entry that records them.
type Store interface {
	// NextOrdinals reserves n ordinals and returns the first. Reserved ones that
	// are never used stay unused.
	NextOrdinals(ctx context.Context, n int) (pii.Ordinal, error)
	// Custody returns what is stored for the ids, in the order asked, leaving out
	// ids that are unknown. Sealed values come along: they are opened, if at all,
	// against a receipt.
	Custody(ctx context.Context, ids []pii.SubjectID) ([]Custody, error)
	// Nearest is the same for one id; for an unknown one it returns the row of the
	// next id there is, which is not to be told, or the dummy's after the last.
	Nearest(ctx context.Context, id pii.SubjectID) (Custody, error)
	// CustodyByOrdinal is the same as Custody by ordinal.
	CustodyByOrdinal(ctx context.Context, of []pii.Ordinal) ([]Custody, error)
	// Ordinals finds the ordinals of ids; unknown ids are missing.
	Ordinals(ctx context.Context, ids []pii.SubjectID) (map[pii.SubjectID]pii.Ordinal, error)
	// Replaced returns the versions named (Ordinal and Version are set) that are not
	// current any more.
	Replaced(ctx context.Context, of []SealedVersion) ([]SealedVersion, error)
	// Candidates returns the ordinals filed under each tag.
	Candidates(ctx context.Context, f pii.Field, norm uint8, tags [][32]byte) (map[[32]byte][]pii.Ordinal, error)
	// Covered returns who is filed under the tag and a member of the work item; the
	// dummy if nobody is. The store hands out one row of one number either way,
	// however many are filed under the tag.
	Covered(ctx context.Context, f pii.Field, norm uint8, tag [32]byte, item pii.RequestID) (pii.Ordinal, error)
	// Holder returns who alone is filed under the tag, likewise.
	Holder(ctx context.Context, f pii.Field, norm uint8, tag [32]byte) (pii.Ordinal, error)
	// ContactNotes returns up to n notes of each subject, the newest first.
	ContactNotes(ctx context.Context, of []pii.Ordinal, n int) ([]Note, error)
	// Sharing returns how many subjects share each mask; a missing key is 0.
	Sharing(ctx context.Context, keys [][16]byte) (map[[16]byte]int, error)
}

// Maintenance is what key rotation and erasure need besides.
type Maintenance interface {
	// CustodyAfter pages through all subjects by ordinal, without sealed values.
	CustodyAfter(ctx context.Context, after pii.Ordinal, n int) ([]Custody, error)
	// Rewrap replaces wrapped keys in one transaction.
	Rewrap(ctx context.Context, rows []Rewrapped) error
	// RewrapRecords does the same with wrapped record keys.
	RewrapRecords(ctx context.Context, rows []RewrappedRecord) error
	// Purge makes overwritten bytes unreachable in the database's own files: it
	// truncates SQLite's write-ahead log, or vacuums PostgreSQL's tables.
	Purge(ctx context.Context) error
}
