package vault

import (
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
)

// RewrappedRecord replaces a wrapped record key; the ring's record key of the month
// it was under is destroyed afterwards.
type RewrappedRecord struct {
	Ordinal   pii.Ordinal
	RecordKey []byte
}

// RecordMonth is the month whose record key of the ring wraps the subject's; ok is
// false if she has none any more.
func (v *Vault) RecordMonth(c Custody) (m keyring.Month, ok bool) {
	if c.RecordKey == nil {
		return 0, false
	}
	return unpackWrapped(c.RecordKey).Period, true
}

// RewrapRecord wraps a subject's record key under the current month's.
func (v *Vault) RewrapRecord(c Custody) (RewrappedRecord, error) {
	w, err := v.ring.RewrapRecordKey(c.ID, unpackWrapped(c.RecordKey), v.clock())
	return RewrappedRecord{c.Ordinal, packWrapped(w)}, err
}
