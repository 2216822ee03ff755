package store

import (
	"errors"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Times are microseconds of UTC; the zero time is 0. Bytes keep the difference
// between nil (NULL) and empty, because a row's stamp covers its JSON, which
// shows it. So do lists of fields.

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// exact refuses times that would not be read back as they were stamped.
func exact(times ...time.Time) error {
	for _, t := range times {
		if t.IsZero() && t.Location() == time.UTC {
			continue
		}
		if t.Location() != time.UTC || t.Nanosecond()%1000 != 0 || t.UnixMicro() == 0 {
			return fault.Wrap(fault.Internal, "internal", errors.New("store: a stamped time is not in whole microseconds of UTC"))
		}
	}
	return nil
}

// instant reads a time column.
type instant time.Time

func (t *instant) Scan(src any) error {
	us, ok := src.(int64)
	if !ok {
		return errColumn
	}
	if us == 0 {
		*t = instant{}
		return nil
	}
	*t = instant(time.UnixMicro(us).UTC())
	return nil
}

// id16 reads a column of 16 bytes.
type id16 [16]byte

func (id *id16) Scan(src any) error { return fixed(id[:], src) }

// hash32 reads a column of 32 bytes.
type hash32 [32]byte

func (h *hash32) Scan(src any) error { return fixed(h[:], src) }

func fixed(dst []byte, src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(dst) {
		return errColumn
	}
	copy(dst, b)
	return nil
}

// blob reads bytes, keeping NULL and empty apart: the SQLite driver hands out an
// empty blob as a nil slice, and NULL as nil.
type blob []byte

func (b *blob) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*b = nil
	case []byte:
		*b = append(make([]byte, 0, len(v)), v...)
	default:
		return errColumn
	}
	return nil
}

// nameList reads a list of names: NULL, "" or "name,phone".
type nameList[T ~string] []T

type (
	fields   = nameList[pii.Field]
	purposes = nameList[pii.Purpose]
	orgs     = nameList[pii.OrgID]
)

func (l *nameList[T]) Scan(src any) error {
	if src == nil {
		*l = nil
		return nil
	}
	var text string
	switch v := src.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return errColumn
	}
	*l = nameList[T]{}
	if text == "" {
		return nil
	}
	for name := range strings.SplitSeq(text, ",") {
		*l = append(*l, T(name))
	}
	return nil
}

// joined writes a list of names.
func joined[T ~string](list []T) (string, error) {
	var b strings.Builder
	for i, name := range list {
		if name == "" || strings.Contains(string(name), ",") {
			return "", fault.Wrap(fault.Internal, "internal", errors.New("store: a list with an element without a name"))
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(name))
	}
	return b.String(), nil
}

// orNull writes a list of fields, NULL for nil.
func orNull(list []pii.Field) (any, error) {
	if list == nil {
		return nil, nil
	}
	return joined(list)
}

var errColumn = errors.New("a column holds another type")

// stamped returns the stamp's columns, and refuses a row that does not carry the
// stamp of the entry it is stored with: nobody could rely on it later.
func stamped(idx uint64, row pii.Stamped) (entry int64, mac []byte, err error) {
	s := row.GetStamp()
	if s.Entry != idx || len(s.MAC) == 0 {
		return 0, nil, fault.Wrap(fault.Internal, "internal", errors.New("store: a row without its entry's stamp"))
	}
	return int64(s.Entry), s.MAC, nil
}
