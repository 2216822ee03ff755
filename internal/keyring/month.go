package keyring

import (
	"errors"
	"fmt"
	"time"
)

// Month is a calendar month in UTC+8, counted from the year 0: the unit in which
// keys are made and destroyed. The database stores the number.
type Month uint16

// beijing is the zone of windows and clocks. China keeps no summer time, so a
// fixed offset needs no zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// MonthOf is the month of t.
func MonthOf(t time.Time) Month {
	t = t.In(beijing)
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// String writes the month as "2026-11".
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }

// MarshalText writes the month as "2026-11".
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads "2026-11".
func (m *Month) UnmarshalText(b []byte) error {
	t, err := time.ParseInLocation("2006-01", string(b), beijing)
	if err != nil {
		return errors.New("not a month: four digits, a hyphen and two digits are needed")
	}
	*m = MonthOf(t)
	return nil
}
