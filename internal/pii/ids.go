package pii

import (
	"encoding/hex"
	"errors"
	"regexp"
)

// ErrBadID is returned for text that is not an id.
var ErrBadID = errors.New("not an id: 32 hexadecimal digits are needed")

// SubjectID is a person's public id: 128 random bits, written as 32 hexadecimal
// digits. A recipient of another organisation is shown a pseudonym of the same
// form instead, so neither side can join its list with another's.
type SubjectID [16]byte

func (id SubjectID) String() string               { return hex.EncodeToString(id[:]) }
func (id SubjectID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }
func (id *SubjectID) UnmarshalText(b []byte) error {
	return decodeID(id[:], string(b))
}

// RequestID is 128 bits that name one request, and with it the entry, work item,
// complaint or call the request made: random, or derived from the caller's
// Idempotency-Key. A retry therefore finds what the first try made.
type RequestID [16]byte

func (id RequestID) String() string               { return hex.EncodeToString(id[:]) }
func (id RequestID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }
func (id *RequestID) UnmarshalText(b []byte) error {
	return decodeID(id[:], string(b))
}

// IsZero reports whether the id was never set.
func (id RequestID) IsZero() bool { return id == RequestID{} }

// ParseSubjectID reads 32 hexadecimal digits.
func ParseSubjectID(s string) (id SubjectID, err error) {
	err = decodeID(id[:], s)
	return id, err
}

// ParseRequestID reads 32 hexadecimal digits.
func ParseRequestID(s string) (id RequestID, err error) {
	err = decodeID(id[:], s)
	return id, err
}

func decodeID(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return ErrBadID
	}
	if _, err := hex.Decode(dst, []byte(s)); err != nil {
		return ErrBadID
	}
	return nil
}

// Ordinal is the dense internal number of a subject: for bitmaps and tables,
// never shown outside. 0 is the dummy subject.
type Ordinal uint32

// Dummy is the subject on which misses and refusals run the same steps as hits.
const Dummy Ordinal = 0

// Version counts the recorded versions of a subject's values, from 1.
type Version uint32

// PersonID names a person who works with the data, or a service: the staff
// number or the service's name, as the company writes it. It is not a name.
type PersonID string

var (
	personID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)
	orgID    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
)

// IsWellFormed reports whether the id may be given to anybody. An id stands in the
// clear in URLs, entries and query logs, so one that is a telephone or identity
// number may not, and is not even looked up.
func (id PersonID) IsWellFormed() bool {
	return personID.MatchString(string(id)) && !isPersonal(string(id))
}

// OrgID names an organisation: the company itself ("own"), an agency, a partner.
type OrgID string

// IsWellFormed reports whether the id may be given to an organisation; see
// [PersonID.IsWellFormed].
func (id OrgID) IsWellFormed() bool { return orgID.MatchString(string(id)) && !isPersonal(string(id)) }

func isPersonal(s string) bool {
	for _, k := range []Kind{KindPhone, KindIDCard} {
		if _, err := Normalise(k, s); err == nil {
			return true
		}
	}
	return false
}

// Own is the company's own organisation.
const Own OrgID = "own"

// Purpose names a purpose sheet, e.g. "telesales".
type Purpose string

var purpose = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)

// IsWellFormed reports whether the name may be one of a purpose; see
// [PersonID.IsWellFormed].
func (p Purpose) IsWellFormed() bool { return purpose.MatchString(string(p)) }
