package pgwire

import (
	"encoding/binary"
	"strings"
)

// oids of types a client may declare for a parameter that is swapped.
const (
	oidText      = 25
	oidTextArray = 1009
)

// isText says whether a parameter declared as this type travels as text does. 0 is
// undeclared.
func isText(oid uint32) bool { return oid == 0 || oid == oidText || oid == 1043 || oid == 1042 }

// isTextArray is the same for arrays.
func isTextArray(oid uint32) bool {
	return oid == 0 || oid == oidTextArray || oid == 1015 || oid == 1014
}

// arrayText reads an array of strings as PostgreSQL writes it: {a,"b c"}. NULLs are
// left out, for nothing equals them.
func arrayText(s string) (values []string, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, false
	}
	s = s[1 : len(s)-1]
	if strings.TrimSpace(s) == "" {
		return []string{}, true
	}
	for {
		value, isNull, rest, ok := element(s)
		if !ok {
			return nil, false
		}
		if !isNull {
			values = append(values, value)
		}
		if rest == "" {
			return values, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		s = rest[1:]
	}
}

// element reads one element of an array and what follows it.
func element(s string) (value string, isNull bool, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\n\r")
	if s == "" {
		return "", false, "", false
	}
	var b strings.Builder
	if s[0] != '"' {
		n := strings.IndexByte(s, ',')
		if n < 0 {
			n = len(s)
		}
		raw := strings.TrimRight(s[:n], " \t\n\r")
		if raw == "" || strings.ContainsAny(raw, `{}"\`) {
			return "", false, "", false
		}
		return raw, strings.EqualFold(raw, "null"), s[n:], true
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i == len(s) {
				return "", false, "", false
			}
			b.WriteByte(s[i])
		case '"':
			return b.String(), false, strings.TrimLeft(s[i+1:], " \t\n\r"), true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", false, "", false
}

// arrayBinary reads a one-dimensional array of strings in binary format.
func arrayBinary(b []byte) (values []string, ok bool) {
	if len(b) < 12 {
		return nil, false
	}
	dimensions := binary.BigEndian.Uint32(b)
	if dimensions == 0 {
		return []string{}, true
	}
	if dimensions != 1 || len(b) < 20 {
		return nil, false
	}
	n := binary.BigEndian.Uint32(b[12:])
	b = b[20:]
	for range n {
		if len(b) < 4 {
			return nil, false
		}
		size := int32(binary.BigEndian.Uint32(b))
		b = b[4:]
		if size == -1 {
			continue
		}
		if size < 0 || int(size) > len(b) {
			return nil, false
		}
		values = append(values, string(b[:size]))
		b = b[size:]
	}
	return values, len(b) == 0
}

// asArray writes strings as an array.
func asArray(values []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for j := range len(v) {
			if v[j] == '"' || v[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(v[j])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// constant writes a string as a constant of SQL, while standard_conforming_strings
// is on.
func constant(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
