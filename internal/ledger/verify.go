package ledger

import (
	"context"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Report is what a full verification found.
type Report struct {
	From     uint64     `json:"from,omitempty"` // the first entry of this pass, if it went on from an earlier one
	Size     uint64     `json:"size"`
	Root     proof.Hash `json:"root"`
	Opened   uint64     `json:"opened"`    // openings that were opened and belong to their leaf
	Unopened uint64     `json:"unopened"`  // openings whose record key was forgotten
	PartOnly uint64     `json:"part_only"` // entries whose sparse tree could not be rebuilt: a subject was forgotten without her pair
	Heads    uint64     `json:"heads"`     // signed checkpoints that were found to be prefixes
	Cosigned uint64     `json:"cosigned"`  // signatures of witnesses that were verified
	// Strangers are signatures of witnesses whose keys were not handed in.
	Strangers uint64 `json:"strangers,omitempty"`
	Filed     uint64 `json:"filed"` // index rows that are where the entries have them
	// Exposed is how many entries the exposure index covers, and equals.
	Exposed uint64 `json:"exposed"`
	// Rows is how many rows that give power were compared with the entries.
	Rows   uint64  `json:"rows"`
	Faults []Fault `json:"faults"` // what is wrong, at most 100; empty: nothing
}

// Fault is one thing a verification found wrong: our words, no values.
type Fault struct {
	Index uint64 `json:"index"`
	What  string `json:"what"`
}

// maxFaults is after how many faults a verification stops listing them.
const maxFaults = 100

// History is what a full verification reads besides [Store].
type History interface {
	// ScanLeaves calls each for the leaves of [from, to) in order. The bytes are
	// each's only until it returns.
	ScanLeaves(ctx context.Context, from, to uint64, each func(idx uint64, leaf []byte) error) error
	// Checkpoints returns the signed checkpoints of the sizes [from, to], by size.
	Checkpoints(ctx context.Context, from, to uint64) (map[uint64][]byte, error)
	// AllCosignatures returns the witnesses' signatures of the sizes [from, to].
	AllCosignatures(ctx context.Context, from, to uint64) ([]Cosignature, error)
	// TilesOf returns the stored full tiles [from, to) of a level, by number.
	TilesOf(ctx context.Context, level int, from, to uint64) (map[uint64][]byte, error)
	Files
	Rows
}

// Rows are the rows that give power as they are stored now.
type Rows interface {
	// PowerTables names the tables they are in.
	PowerTables() []string
	// RowsAfter pages through one of them, in the order of its key. last is handed in
	// for the next page, nil for the first; a page of fewer than n is the last.
	RowsAfter(ctx context.Context, table string, last pii.Keyed, n int) ([]pii.Keyed, error)
}

// Files are the indices and what the entries' own rows say of them.
type Files interface {
	// Filings returns what the entries [from, to) are to be found by, in order.
	Filings(ctx context.Context, from, to uint64) ([]Filing, error)
	// Filed is the number of entries, from the first, that are in the indices. The
	// rest is found by what Filings returns.
	Filed(ctx context.Context) (uint64, error)
	// IndexAfter pages through the index in the order of kind, key and entry.
	IndexAfter(ctx context.Context, after IndexRow, n int) ([]IndexRow, error)
	// RequestsAfter pages through the recorded request ids in their order.
	RequestsAfter(ctx context.Context, after pii.RequestID, n int) ([]RequestRow, error)
}

// Filing is what one entry is to be found by.
type Filing struct {
	Index   uint64
	Request pii.RequestID
	Refs    []Ref
	Wrong   bool // the row cannot be read
}

// RequestRow says which entry a request was recorded as.
type RequestRow struct {
	Request pii.RequestID
	Index   uint64
}

// Verify does a full verification at once; without c.Keys one of tree, tiles, heads
// and frontier only.
func Verify(ctx context.Context, c Config, history History, progress func(done, total uint64)) (Report, error) {
	a, err := NewAudit(ctx, c, history, AuditOptions{})
	if err != nil {
		return Report{}, err
	}
	for done := false; !done; {
		if ctx.Err() != nil {
			return Report{}, fault.New(fault.Unavailable, "interrupted", "")
		}
		if done, err = a.Step(ctx); err != nil {
			return Report{}, err
		}
		if progress != nil {
			progress(a.Progress())
		}
	}
	return a.Report(), nil
}
