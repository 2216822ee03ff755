package mark

import (
	"regexp"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Seen is a visible mark that was found in a copy.
type Seen struct {
	Who  pii.PersonID
	At   time.Time // whole seconds
	Code string
}

var visible = regexp.MustCompile(`([a-z0-9][a-z0-9.-]{0,63}) · (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) · ([0-9a-hjkmnp-tv-z]{8})`)

// Find finds the first visible mark in a text. Whether it is genuine the ledger
// says: anybody can write one.
func Find(text string) (Seen, bool) {
	m := visible.FindStringSubmatch(text)
	if m == nil {
		return Seen{}, false
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", m[2], beijing)
	return Seen{Who: pii.PersonID(m[1]), At: at.UTC(), Code: m[3]}, err == nil
}
