// Package mark makes the marks that copies of personal information carry, so that
// a photograph or a file leads back to the disclosure it came from.
//
// A mark names the disclosure, never the person whose information it is.
package mark

import (
	"encoding/base32"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

var beijing = time.FixedZone("UTC+8", 8*60*60)

var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Code is the short code of a disclosure: 8 characters without i, l, o and u.
func Code(id pii.RequestID) string { return alphabet.EncodeToString(id[:5]) }

// Begin is what the ids of a short code begin with; case, spaces and hyphens do not
// matter.
func Begin(code string) ([]byte, bool) {
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(code))
	b, err := alphabet.DecodeString(code)
	return b, err == nil && len(b) == 5
}

// Visible is the visible mark (明水印): staff number, time, short code.
func Visible(who pii.PersonID, at time.Time, id pii.RequestID) string {
	return string(who) + " · " + at.In(beijing).Format("2006-01-02 15:04:05") + " · " + Code(id)
}
