package door

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// Import is one file on its way in. Its id is the request id of the entry that
// opened it.
type Import struct {
	ID        pii.RequestID `json:"id"`
	By        pii.PersonID  `json:"by"`
	File      []byte        `json:"file"` // SHA-256 of the file
	OpenedAt  time.Time     `json:"opened_at"`
	Before    pii.Ordinal   `json:"before"` // subjects below it were stored before the import
	Done      bool          `json:"done"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (i *Import) StampRow() (string, []byte) { return "import", canonical(i) }

// RowKey implements [pii.Keyed].
func (i *Import) RowKey() string { return i.ID.String() }

// ImportPut inserts or replaces an import.
type ImportPut struct{ *Import }

// ErasureState of an erasure.
type ErasureState string

const (
	ErasureAsked    ErasureState = "asked"
	ErasureApproved ErasureState = "approved"
	ErasureDone     ErasureState = "done"
)

// Erasure is a request to erase a subject. Its id is the request id of the entry
// that asked for it; a second person approves.
//
// Nobody asked for one whose every value was past its retention: the clock did.
type Erasure struct {
	ID         pii.RequestID `json:"id"`
	Ordinal    pii.Ordinal   `json:"ordinal"`
	Work       pii.RequestID `json:"work"` // the rights request or expired retention it rests on
	AskedBy    pii.PersonID  `json:"asked_by"`
	AskedAt    time.Time     `json:"asked_at"`
	ApprovedBy pii.PersonID  `json:"approved_by"`
	State      ErasureState  `json:"state"`
	pii.Stamp  `json:"-"`
}

// StampRow implements [pii.Stamped].
func (e *Erasure) StampRow() (string, []byte) { return "erasure", canonical(e) }

// RowKey implements [pii.Keyed].
func (e *Erasure) RowKey() string { return e.ID.String() }

// refs files what the clock erased with the run that does.
func (e *Erasure) refs() []ledger.Ref {
	if e.AskedBy != "" {
		return nil
	}
	return []ledger.Ref{ledger.LapseRef}
}

// ErasurePut inserts or replaces an erasure.
type ErasurePut struct{ *Erasure }

// RuleSet is what the company decides by beside what ships: its own rules as Cedar
// text, its purpose sheets and its caps. Whatever of it changes, the whole is a new
// row. The index of its entry is in the ledger's head row while it is in force, so
// that an older row put back with SQL is never read.
type RuleSet struct {
	Version   string       `json:"version"` // SHA-256 of shipped and company rules, hex
	Text      string       `json:"text"`
	Sheets    string       `json:"sheets"` // JSON, see [grant.Overlay]; empty: those that ship
	Caps      string       `json:"caps"`   // JSON of [Caps]; empty: those that ship
	By        pii.PersonID `json:"by"`
	At        time.Time    `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (r *RuleSet) StampRow() (string, []byte) { return "rule-set", canonical(r) }

// RowKey implements [pii.Keyed].
func (r *RuleSet) RowKey() string { return r.Version + "|" + strconv.FormatInt(r.At.UnixMicro(), 10) }

// RuleSetPut inserts a rule set.
type RuleSetPut struct{ *RuleSet }

// Question is what a decision needs to know.
type Question struct {
	Work     pii.RequestID
	Assignee pii.PersonID // who asks; of another's work item nothing about members is read
	Of       pii.OrgID    // his organisation
	Subjects []pii.SubjectID
}

// Ground is what is stored about a question.
type Ground struct {
	Work  grant.WorkItem // the zero item if there is none
	Found []Standing
}

// Standing is how a subject stands to a work item. Rows that are missing are zero:
// their stamps check nowhere.
type Standing struct {
	Custody vault.Custody
	Member  grant.Member
	OptOut  consent.OptOut // of members only
}

// Store keeps the door's own rows, and reads those of a decision together. [ImportPut], [ErasurePut],
// [FoundFilePut] and [RuleSetPut] are effects.
type Store interface {
	// Ground reads what a decision about subjects rests on. One subject is looked up
	// as [vault.Store.Nearest] does; of several, those that are stored are found.
	// Whoever is asked about, the same rows are looked for in the same order.
	Ground(ctx context.Context, q Question) (Ground, error)
	Import(ctx context.Context, id pii.RequestID) (Import, bool, error)
	Erasure(ctx context.Context, id pii.RequestID) (Erasure, bool, error)
	FoundFile(ctx context.Context, id pii.RequestID) (FoundFile, bool, error)
	// Outcomes returns up to n outcomes of a work item, by ordinal.
	Outcomes(ctx context.Context, item pii.RequestID, n int) ([]Outcome, error)
	// RuleSet reads the rule set the entry brought into force.
	RuleSet(ctx context.Context, entry uint64) (RuleSet, bool, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("door: a row of plain fields did not encode") // impossible state
	}
	return b
}
