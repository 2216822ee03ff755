package ledger

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Head is the ledger's one mutable row.
type Head struct {
	Size     uint64
	Root     proof.Hash
	Frontier []proof.Hash // roots of the perfect subtrees of [0,Size), largest first
	Note     []byte       // the signed checkpoint of Size
	Micros   uint64       // the time of the last entry
	Rules    uint64       // the entry that brought the rule set in force; 0: the shipped rules only
}

func (h Head) equal(o Head) bool {
	return h.Size == o.Size && h.Root == o.Root && h.Micros == o.Micros && h.Rules == o.Rules &&
		bytes.Equal(h.Note, o.Note) && slices.Equal(h.Frontier, o.Frontier)
}

// Store keeps the ledger. One instance serves one data directory or database;
// its methods are safe for concurrent use.
type Store interface {
	// Append runs fn in one transaction that holds the head row's lock, and
	// commits if fn returns nil. When Append returns nil everything fn wrote is
	// durable; on any error the caller must assume nothing was (it may have been:
	// a lost connection during COMMIT). fn runs once.
	Append(ctx context.Context, fn func(Tx) error) error
	// Head reads the head row; a store without one has size 0 and no note.
	Head(ctx context.Context) (Head, error)
	// Leaves returns the leaves [from, from+n), fewer at the end.
	Leaves(ctx context.Context, from uint64, n int) ([][]byte, error)
	// Openings returns the sealed openings of [from, from+n) that still exist, in order.
	Openings(ctx context.Context, from uint64, n int) ([]SealedOpening, error)
	// Requests finds the entries of request ids; those not recorded are missing.
	Requests(ctx context.Context, ids []pii.RequestID) (map[pii.RequestID]uint64, error)
	// Find returns the rows filed under references of one kind whose index is ≥ from,
	// by index, at most n.
	Find(ctx context.Context, kind RefKind, keys [][]byte, from uint64, n int) ([]IndexRow, error)
	// Tiles returns full tiles (256 hashes of 32 bytes); a missing one is an error.
	Tiles(ctx context.Context, ids []TileID) ([][]byte, error)
}

// Tx is what an append may do while it holds the head lock.
type Tx interface {
	// Head reads the locked head row.
	Head() (Head, error)
	// Requests says which of the ids are recorded already, and where.
	Requests(ids []pii.RequestID) (map[pii.RequestID]uint64, error)
	// Revoked returns the revocations filed at index ≥ since: of each key the
	// highest index.
	Revoked(since uint64) (map[string]uint64, error)
	// Prefetch reads what a batch will need, all at once; to call it first saves
	// round trips and changes nothing else.
	Prefetch(n Needs) error
	// Spend charges all the budgets, or none of them: over is the key of the
	// first that would pass its cap, or empty.
	Spend(s []Spend) (over string, err error)
	// Apply executes the row changes of the entry idx. A change of a type the
	// store does not know is an error.
	Apply(idx uint64, at time.Time, effects []Effect) error
	// Leaves reads stored leaves, for a tile that fills now.
	Leaves(from uint64, n int) ([][]byte, error)
	// Tiles reads stored full tiles, for a tile that fills now.
	Tiles(ids []TileID) ([][]byte, error)
	// Write inserts the batch's rows and replaces the head, which must still have
	// the size it had: WHERE size = old is the second lock.
	Write(b Batch) error
}

// Needs is what a batch will ask for.
type Needs struct {
	Requests []pii.RequestID
	Spends   []Spend
	Revoked  bool       // whether revocations will be asked for,
	Since    uint64     // and from which index on
	Process  *ProcessID // whose row must be there; nil: there is no other process
}

// TileID names a full tile: level and number.
type TileID struct {
	Level  int
	Number uint64
}

// Tile is a full tile's 256 hashes.
type Tile struct {
	ID   TileID
	Data []byte
}

// Batch is what one commit inserts: rows only, and the new head.
type Batch struct {
	Old         uint64 // the head's size before
	Leaves      [][]byte
	Requests    []pii.RequestID // one per leaf
	Openings    []SealedOpening
	Refs        []IndexRow
	Tiles       []Tile
	Revocations []Revocation
	Head        Head
}

// SealedOpening is an entry's opening: salts and values, sealed under the record
// key of Holder, or, if Holder is Dummy, under the key ring's record key of Month.
type SealedOpening struct {
	Index  uint64
	Holder pii.Ordinal
	Month  string // "2026-11", UTC+8
	Sealed []byte
}

// RefKind says what a reference names.
type RefKind uint8

const (
	RefSubject     RefKind = iota + 1 // 4 bytes, big endian: the ordinal
	RefPerson                         // the person id
	RefOrg                            // the organisation id, other than our own
	RefCase                           // 16 bytes: a complaint
	RefDisclosure                     // 16 bytes: what a call outcome names
	RefRules                          // one byte, 1: entries that brought rules into force; 2: steps of proposals
	RefImport                         // 16 bytes: the import an enrolment belongs to
	RefAttestation                    // one byte, 1: what auditors attested
	RefState                          // one byte, 1: entries that state rows
	RefRun                            // 16 bytes: a run of a trace, and what was heard about it
	RefRow                            // 16 bytes: the versions of one row that gives power
	RefLapse                          // one byte, 1: what the end of a retention erased
)

// Ref is what an entry is found by.
type Ref struct {
	Kind RefKind
	Key  []byte
}

// IndexRow files an entry under a reference.
type IndexRow struct {
	Ref   Ref
	Index uint64
}

// Revocation says that the entry Index took away what Key names.
type Revocation struct {
	Key   string
	Index uint64
}

// Spend charges Amount, or the number of subjects not yet counted under Key, to
// the meter Key, which may not pass Cap.
type Spend struct {
	Key      string
	Cap      int64
	Amount   int64         // requests; ignored if Subjects is set
	Subjects []pii.Ordinal // distinct subjects
	Until    time.Time     // the window's end; the row may be deleted after it
}

// Effect is a row change that belongs to an entry: a pointer to a struct of the
// package that owns the row. The store executes it in the entry's transaction.
type Effect any
