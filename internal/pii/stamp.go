package pii

import "encoding/json"

// Stamp ties a row that gives power (a person, a work item, a consent, a
// credential …) to the ledger entry that made it, under a key that is not in
// the database. The ledger sets it when it appends; whoever relies on the row
// checks it first.
type Stamp struct {
	Entry uint64
	MAC   []byte
}

// Stamped is a row that gives power.
type Stamped interface {
	// StampRow returns the row's kind and its canonical bytes without the stamp.
	StampRow() (kind string, row []byte)
	// SetStamp is called once, before the row is stored.
	SetStamp(Stamp)
	// GetStamp returns the stamp the row was read with.
	GetStamp() Stamp
}

// Keyed is a stamped row that a later entry may replace: rows of one kind and key are
// versions of each other, of which the last one counts. The ledger files every version
// under its key, so that an older one copied back is found.
type Keyed interface {
	Stamped
	RowKey() string
}

// SetStamp and GetStamp let a row embed its stamp.
func (s *Stamp) SetStamp(t Stamp) { *s = t }

// GetStamp returns the stamp itself.
func (s *Stamp) GetStamp() Stamp { return *s }

// Row is a row in words, as the entry that makes it states it.
type Row struct {
	Kind string          `json:"kind"`
	Row  json.RawMessage `json:"row"`
}

// Stater is what changes rows that decide who may see what, and hold no secret. The
// entry states them whole, so that the state at any time past can be told from the
// ledger alone.
type Stater interface{ States() []Row }

// State is the one row of a stamped row whose canonical form is JSON.
func State(s Stamped) []Row {
	kind, row := s.StampRow()
	return []Row{{kind, row}}
}
