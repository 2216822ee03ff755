package intake

import (
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// Contents finds the phones, e-mail addresses and ID numbers in the cells of a
// row, whatever its columns are called: a cell that is one, or a cell with several
// between separators. found gets each in its canonical form.
func Contents(cells []string, found func(pii.Kind, pii.Value)) {
	for _, cell := range cells {
		digits, at := signs(cell)
		if digits < fewestDigits && !at || len(cell) > longestCell {
			continue
		}
		if !content(cell, digits, at, found) {
			pieces(cell, found)
		}
	}
}

const (
	fewestDigits = 8       // of a phone number
	longestCell  = 4 << 10 // beyond it is no list's cell
)

// signs counts the digits of a text and reports an @, of full width too.
func signs(s string) (digits int, at bool) {
	wide := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '@':
			at = true
		case c == 0xEF: // the first byte of every character of full width
			wide = true
		}
	}
	if wide {
		for _, r := range s {
			if r >= '０' && r <= '９' {
				digits++
			}
			at = at || r == '＠'
		}
	}
	return digits, at
}

// content reports a text that is a value whole. An ID number may read as no phone:
// it has too many digits.
func content(s string, digits int, at bool, found func(pii.Kind, pii.Value)) bool {
	kinds := [...]pii.Kind{pii.KindPhone, pii.KindIDCard}
	for _, k := range kinds {
		if digits < fewestDigits || at {
			break
		}
		if text, err := pii.Normalise(k, s); err == nil && text != "" {
			found(k, pii.NewValue(text))
			return true
		}
	}
	if at {
		if text, err := pii.Normalise(pii.KindEmail, s); err == nil && text != "" {
			found(pii.KindEmail, pii.NewValue(text))
			return true
		}
	}
	return false
}

// pieces looks at the parts of a cell that is no value whole: several numbers in
// one cell, or a number inside words.
func pieces(cell string, found func(pii.Kind, pii.Value)) {
	for s := range strings.FieldsFuncSeq(cell, isBetween) {
		s = strings.TrimFunc(s, isWordy)
		digits, at := signs(s)
		if digits >= fewestDigits || at {
			content(s, digits, at, found)
		}
	}
}

// isBetween reports what stands between values. A space may also stand inside a
// number; such a cell was one value whole, or is several.
func isBetween(r rune) bool {
	return strings.ContainsRune(" \t\r\n/;,|、，；／｜:：<>\"'()（）[]【】", r)
}

// isWordy reports what may stick to a number in running text: letters of scripts
// that put no space between words.
func isWordy(r rune) bool { return r >= 0x2E80 && r <= 0x9FFF || r == '.' || r == '。' || r == '!' }
