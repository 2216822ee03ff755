package pii

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

// SetStamp and GetStamp let a row embed its stamp.
func (s *Stamp) SetStamp(t Stamp) { *s = t }

// GetStamp returns the stamp itself.
func (s *Stamp) GetStamp() Stamp { return *s }
