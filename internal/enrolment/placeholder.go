package enrolment

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
)

// A placeholder is ~ENROLMENT:TAG:SUBJECT~ or ~ENROLMENT:TAG:SUBJECT;ROW~ :
// 16 lower-case hexadecimal digits, one or two lower-case letters, and keys. A key
// is its columns' texts, joined by commas; in them % ~ ; and , are written %25 %7E
// %3B and %2C.

// MaxPlaceholder is how long a placeholder may be, in bytes: a longer text is none.
const MaxPlaceholder = 512

const prefixLength = 1 + 16 + 1

var errNotID = errors.New("not an enrolment: 16 lower-case hexadecimal digits are needed")

// Placeholder is the text of a protected cell in a view.
type Placeholder struct {
	Enrolment    ID
	Tag          string
	Subject, Row string // keys, escaped
}

// Prefix is how every placeholder of the enrolment begins.
func (id ID) Prefix() string { return "~" + id.String() + ":" }

func (p Placeholder) String() string {
	s := p.Enrolment.Prefix() + p.Tag + ":" + p.Subject
	if p.Row != "" {
		s += ";" + p.Row
	}
	return s + "~"
}

// MayBe says quickly that a text is no placeholder.
func MayBe(text []byte) bool {
	return len(text) > prefixLength+3 && len(text) <= MaxPlaceholder && text[0] == '~' &&
		text[prefixLength-1] == ':' && text[len(text)-1] == '~'
}

// Parse reads a text that is a placeholder and nothing else. It does not say
// whether the cell is there.
func Parse(text []byte) (p Placeholder, ok bool) {
	if !MayBe(text) || !isHex(text[1:prefixLength-1]) {
		return p, false
	}
	_, _ = hex.Decode(p.Enrolment[:], text[1:prefixLength-1]) // its digits were looked at
	tag, keys, ok := bytes.Cut(text[prefixLength:len(text)-1], []byte{':'})
	if !ok || !isTag(tag) {
		return p, false
	}
	subject, row, several := bytes.Cut(keys, []byte{';'})
	if !isKey(subject) || several && !isKey(row) {
		return p, false
	}
	p.Tag, p.Subject, p.Row = string(tag), string(subject), string(row)
	return p, true
}

func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isTag(b []byte) bool {
	return (len(b) == 1 || len(b) == 2) && bytes.IndexFunc(b, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// isKey accepts a key that is written in the one way there is.
func isKey(b []byte) bool {
	if len(b) == 0 || bytes.ContainsAny(b, "~;") {
		return false
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '%' {
			continue
		}
		if i+2 >= len(b) || !isEscape(string(b[i:i+3])) {
			return false
		}
	}
	return true
}

func isEscape(s string) bool { return s == "%25" || s == "%7E" || s == "%3B" || s == "%2C" }

var escaper = strings.NewReplacer("%", "%25", "~", "%7E", ";", "%3B", ",", "%2C")
var unescaper = strings.NewReplacer("%25", "%", "%7E", "~", "%3B", ";", "%2C", ",")

// JoinKey makes a key of the texts of its columns.
func JoinKey(parts []string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escaper.Replace(p)
	}
	return strings.Join(escaped, ",")
}

// SplitKey is the reverse of JoinKey.
func SplitKey(key string) []string {
	parts := strings.Split(key, ",")
	for i, p := range parts {
		parts[i] = unescaper.Replace(p)
	}
	return parts
}
