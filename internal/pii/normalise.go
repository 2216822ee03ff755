package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormVersion numbers the rules below. It is stored beside every blind-index
// row: a change of the rules that moves any canonical form needs a new number,
// or values stored before it are no longer found.
const NormVersion = 1

// Reason says why a value was refused. It never carries the value.
type Reason string

func (r Reason) Error() string { return string(r) }

// The reasons [Normalise] gives.
const (
	BadPhone    Reason = "phone"
	BadEmail    Reason = "email"
	BadIDNumber Reason = "id_number"
	DigitsLost  Reason = "digits lost" // 1.38E+10: a spreadsheet kept three of eleven digits
	TooLong     Reason = "too long"
	BadControl  Reason = "control characters"
	BadEncoding Reason = "encoding" // not UTF-8, or a character was replaced before it got here
)

// longest canonical text in runes, by kind.
var longest = map[Kind]int{
	KindName:    100,
	KindCompany: 200,
	KindAddress: 500,
	KindText:    4000,
}

// longestRaw bounds the work spent on one cell whatever its kind.
const longestRaw = 64 << 10

// Normalise brings a value into the canonical form of its kind: the form that is
// stored, indexed and compared. An empty or blank value is "" and no error. The
// error, if any, is a [Reason]. Normalising a canonical form changes nothing.
func Normalise(kind Kind, raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	if len(raw) > longestRaw {
		return "", TooLong
	}
	switch kind {
	case KindPhone:
		return normalisePhone(raw)
	case KindEmail:
		return normaliseEmail(raw)
	case KindIDCard:
		return normaliseIDNumber(raw)
	}
	return normaliseText(kind, raw)
}

// Normalise brings a value of this field into its canonical form.
func (s FieldSpec) Normalise(raw string) (Value, error) {
	c, err := Normalise(s.Kind, raw)
	return NewValue(c), err
}

// compact folds full-width characters to ASCII and drops white space and marks
// that cannot be seen; what is left of a number or an address is short.
func compact(raw string, drop func(rune) bool) (string, error) {
	if !strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' || drop(r) }) {
		return raw, nil
	}
	var b strings.Builder
	b.Grow(len(raw))
	for _, r := range raw {
		r = foldWidth(r)
		switch {
		case r == utf8.RuneError:
			return "", BadEncoding
		case unicode.IsSpace(r) || invisible(r) || drop(r):
			continue
		case unicode.IsControl(r):
			return "", BadControl
		}
		b.WriteRune(r)
	}
	return b.String(), nil
}

// foldWidth maps the full-width forms input methods produce to ASCII.
func foldWidth(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - 0xFEE0
	}
	return r
}

// invisible reports marks that copying from chat windows, spreadsheets and web
// pages leaves around a value: zero-width spaces, direction marks, a stray BOM.
// Joiners (U+200C, U+200D) belong to some scripts and are kept.
func invisible(r rune) bool {
	switch {
	case r < 0x200B:
		return false
	case r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2060, r == 0xFEFF:
		return true
	}
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// normaliseText is the rule of names, companies, addresses and own fields:
// Unicode NFC, no space at the ends, one space inside, no control characters.
// Own fields keep their line breaks.
func normaliseText(kind Kind, raw string) (string, error) {
	if isPlainASCII(raw) {
		return limited(kind, raw)
	}
	if !utf8.ValidString(raw) {
		return "", BadEncoding
	}
	if isPlainText(raw) && norm.NFC.IsNormalString(raw) {
		return limited(kind, raw)
	}
	var b strings.Builder
	b.Grow(len(raw))
	gap := rune(0) // the space owed before the next visible character
	for _, r := range norm.NFC.String(visible(raw)) {
		switch {
		case r == utf8.RuneError:
			return "", BadEncoding
		case unicode.IsSpace(r):
			gap = widerGap(kind, gap, r)
			continue
		case unicode.IsControl(r):
			return "", BadControl
		}
		if gap != 0 && b.Len() > 0 {
			b.WriteRune(gap)
		}
		gap = 0
		b.WriteRune(r)
	}
	return limited(kind, b.String())
}

// visible drops the invisible marks first, so that letters they separated
// compose like any others and a second pass finds nothing left to compose.
func visible(s string) string {
	if strings.IndexFunc(s, invisible) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
}

func widerGap(kind Kind, gap, r rune) rune {
	if gap == '\n' || kind == KindText && r == '\n' {
		return '\n'
	}
	return ' '
}

func limited(kind Kind, s string) (string, error) {
	most, ok := longest[kind]
	if !ok {
		most = longest[KindText]
	}
	if len(s) > most && utf8.RuneCountInString(s) > most {
		return "", TooLong
	}
	return s, nil
}

// isPlainASCII reports text that needs no work: printable, single inner spaces.
func isPlainASCII(s string) bool {
	space := true // a leading space is not plain
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space
}

// isPlainText reports letters and signs without any space: most Chinese names,
// companies and addresses. It only saves the copy.
func isPlainText(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r) {
			return false
		}
	}
	return true
}
