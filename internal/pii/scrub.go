package pii

import (
	"regexp"
	"strings"
	"unicode"
)

// Note is what people write about a subject after a contact. It is no field of the
// schema: nothing is imported into it, nobody is looked up by it, and of what was
// written it shows the text with its numbers and addresses taken out.
const Note Field = "note"

// scrubbed stands where a number or an address was.
const scrubbed = "［已遮盖］"

// fewestDigits makes a run of digits a number that may reach or name somebody. Dates
// and amounts of everyday notes have fewer.
const fewestDigits = 7

var address = regexp.MustCompile(`[\p{L}\p{N}._%+\-]{1,64}\s*[@＠]\s*[\p{L}\p{N}.\-]{1,190}`)

// Scrub takes telephone numbers, numbers of documents and e-mail addresses out of a
// text: the commonest side door is a number typed into a note. Digits count in any
// script, full-width or written as Chinese numerals, with separators between them.
func Scrub(text string) string {
	text = address.ReplaceAllString(text, scrubbed)
	rs := []rune(text)
	var out strings.Builder
	for i := 0; i < len(rs); {
		if !isNumeral(rs[i]) {
			out.WriteRune(rs[i])
			i++
			continue
		}
		end, n := run(rs[i:])
		if n < fewestDigits {
			out.WriteString(string(rs[i : i+end]))
		} else {
			out.WriteString(scrubbed)
		}
		i += end
	}
	return out.String()
}

// run measures a run of numerals with separators between them: where it ends, after
// its last numeral, and how many numerals it has.
func run(rs []rune) (end, n int) {
	apart := 0
	for i, r := range rs {
		switch {
		case isNumeral(r):
			end, n, apart = i+1, n+1, 0
		case isSeparator(r) && apart < 3:
			apart++
		case n >= 6 && (r == 'x' || r == 'X'): // the check digit of an ID number
			end, n, apart = i+1, n+1, 0
		default:
			return end, n
		}
	}
	return end, n
}

func isNumeral(r rune) bool {
	return unicode.IsDigit(r) || strings.ContainsRune("零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", r)
}

func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("-－—–_.·,，、/()（）+", r) || unicode.Is(unicode.Cf, r)
}
