package company

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// keyType says how a key column of a type is written as text, and read back. Neither
// depends on a setting of the session; what is stable only, no index can hold.
type keyType struct {
	text      string // SQL with $ for the column
	back      string // SQL with $ for the text
	escape    bool   // the text may hold what separates keys
	immutable bool
}

var plainKey = keyType{text: "($)::text", back: "($)::", immutable: true}

// keyTypes are the types a key may have, by their names without modifier; another
// type is refused.
var keyTypes = map[string]keyType{
	"smallint": plainKey, "integer": plainKey, "bigint": plainKey, "numeric": plainKey, "uuid": plainKey, "oid": plainKey,
	"boolean": plainKey, "inet": plainKey, "macaddr": plainKey,
	"text":              {text: "($)::text", back: "($)::", escape: true, immutable: true},
	"character varying": {text: "($)::text", back: "($)::", escape: true, immutable: true},
	"character":         {text: "($)::text", back: "($)::", escape: true, immutable: true},
	"date":              {text: "(($) - date '2000-01-01')::text", back: "(date '2000-01-01' + ($)::integer)", immutable: true},
	"timestamp without time zone": {
		text: "(extract(epoch from ($)) * 1000000)::bigint::text", immutable: true,
		back: "(timestamp 'epoch' + ($)::bigint * interval '1 microsecond')",
	},
	"timestamp with time zone": {
		text: "(extract(epoch from (($) at time zone 'UTC')) * 1000000)::bigint::text", immutable: true,
		back: "(timestamptz '1970-01-01 00:00:00+00' + ($)::bigint * interval '1 microsecond')",
	},
	"bytea": {text: "encode(($), 'hex')", back: "decode(($), 'hex')", immutable: true},
}

// baseType is a type's name without its modifier.
func baseType(name string) string {
	if i := strings.IndexByte(name, '('); i >= 0 {
		return name[:i] + name[strings.IndexByte(name, ')')+1:]
	}
	return name
}

// typeOfKey finds how a key column is written.
func typeOfKey(k enrolment.Key) (keyType, bool) {
	base := baseType(k.Type)
	t, ok := keyTypes[base]
	if strings.HasSuffix(t.back, "::") {
		if base == "character" {
			base = "bpchar" // of any length
		}
		t.back += base
	}
	return t, ok
}

// keyText is the SQL of a key, as docs/format/pgwire.md writes it. table stands before
// the columns; it is empty or ends with a dot.
func keyText(table string, key []enrolment.Key) (sql string, immutable bool, err error) {
	parts := make([]string, len(key))
	immutable = true
	for i, k := range key {
		t, ok := typeOfKey(k)
		if !ok {
			return "", false, fault.New(fault.Invalid, "pg-key-type", "--subject")
		}
		parts[i] = strings.ReplaceAll(t.text, "($)", table+quote(k.Column))
		if t.escape {
			parts[i] = "replace(replace(replace(replace(" + parts[i] + ", '%', '%25'), '~', '%7E'), ';', '%3B'), ',', '%2C')"
		}
		immutable = immutable && t.immutable
	}
	return strings.Join(parts, " || ',' || "), immutable, nil
}

// keyFrom is the SQL that turns the texts named by columns back into the key.
func keyFrom(key []enrolment.Key, texts []string) []string {
	out := make([]string, len(key))
	for i, k := range key {
		t, _ := typeOfKey(k)
		out[i] = strings.ReplaceAll(t.back, "($)", texts[i])
	}
	return out
}

var (
	numberText = regexp.MustCompile(`^-?[0-9]{1,1000}(\.[0-9]{1,1000})?$`)
	uuidText   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	hexText    = regexp.MustCompile(`^([0-9a-f]{2})*$`)
	macText    = regexp.MustCompile(`^[0-9a-f]{2}(:[0-9a-f]{2}){5}$`)
)

// isText reports whether a text can be that of a column of the type: a placeholder may
// be forged, and a text the database cannot read would fail a whole batch.
func isText(k enrolment.Key, s string) bool {
	whole := func(bits int) bool {
		n, err := strconv.ParseInt(s, 10, bits)
		return err == nil && strconv.FormatInt(n, 10) == s
	}
	switch baseType(k.Type) {
	case "smallint":
		return whole(16)
	case "integer":
		return whole(32)
	case "bigint":
		return whole(64)
	case "oid":
		_, err := strconv.ParseUint(s, 10, 32)
		return err == nil
	case "date":
		n, err := strconv.ParseInt(s, 10, 32)
		return err == nil && n > -2_400_000 && n < 2_000_000_000 // what a date can hold
	case "timestamp without time zone", "timestamp with time zone":
		n, err := strconv.ParseInt(s, 10, 64)
		return err == nil && n > -2e17 && n < 9e18
	case "numeric":
		return numberText.MatchString(s)
	case "uuid":
		return uuidText.MatchString(s)
	case "bytea":
		return hexText.MatchString(s)
	case "boolean":
		return s == "true" || s == "false"
	case "macaddr":
		return macText.MatchString(s)
	case "inet":
		if strings.Contains(s, "/") {
			_, err := netip.ParsePrefix(s)
			return err == nil
		}
		a, err := netip.ParseAddr(s)
		return err == nil && a.Zone() == ""
	}
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// areTexts reports whether the texts can be those of a key.
func areTexts(key []enrolment.Key, texts []string) bool {
	if len(texts) != len(key) {
		return false
	}
	for i, k := range key {
		if !isText(k, texts[i]) {
			return false
		}
	}
	return true
}

// quote writes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a text constant. It is for our own words and checked names only.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

func columnsOf(key []enrolment.Key) []string {
	names := make([]string, len(key))
	for i, k := range key {
		names[i] = k.Column
	}
	return names
}
