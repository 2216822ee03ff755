package pgwire

import "strings"

// tokenKind is what a piece of SQL text is.
type tokenKind uint8

const (
	word    tokenKind = iota // an identifier or keyword without quotes, in lower case
	quoted                   // an identifier in quotes
	literal                  // a plain string constant
	opaque                   // a string constant of another sort
	param                    // $1
	number
	symbol // an operator, or one of ( ) [ ] , ; . : ::
)

// token is a piece of SQL text, with where it stands.
type token struct {
	kind     tokenKind
	text     string // an identifier's or plain constant's meaning, otherwise as written
	from, to int
}

func (t token) is(text string) bool { return t.kind == symbol && t.text == text }
func (t token) word(w string) bool  { return t.kind == word && t.text == w }
func (t token) name() bool          { return t.kind == word || t.kind == quoted }

const operators = "+-*/<>=~!@#%^&|`?"

// tokens cuts SQL text as PostgreSQL's lexer does while standard_conforming_strings
// is on, which the port pins. ok is false where a constant or comment does not end.
// Nothing rests on it but the comfort of looking up by value: what it misreads is
// a lookup that finds nothing.
func tokens(sql string, into []token) (out []token, ok bool) {
	out = into[:0]
	for i := 0; i < len(sql); {
		c := sql[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
			continue
		case c == '-' && strings.HasPrefix(sql[i:], "--"):
			n := strings.IndexAny(sql[i:], "\r\n")
			if n < 0 {
				return out, true
			}
			i += n
			continue
		case c == '/' && strings.HasPrefix(sql[i:], "/*"):
			n := comment(sql[i:])
			if n < 0 {
				return out, false
			}
			i += n
			continue
		}
		t, n := one(sql, i)
		if n <= 0 {
			return out, false
		}
		t.from, t.to = i, i+n
		out = append(out, t)
		i += n
	}
	return out, true
}

// comment is the length of a comment, which may hold others; -1 if it does not end.
func comment(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
		}
		if depth == 0 {
			return i + 1
		}
	}
	return -1
}

// one reads the token at i; n is its length, or 0 if it does not end.
func one(sql string, i int) (t token, n int) {
	rest := sql[i:]
	switch c := rest[0]; {
	case c == '\'':
		return plain(rest)
	case c == '"':
		return inQuotes(rest)
	case starts(c):
		return identifier(rest)
	case c == '$':
		return dollar(rest)
	case c >= '0' && c <= '9':
		n = 1
		for n < len(rest) && (follows(rest[n]) || rest[n] == '.') {
			n++
		}
		return token{kind: number, text: rest[:n]}, n
	case strings.IndexByte(operators, c) >= 0:
		return operator(rest)
	case strings.HasPrefix(rest, "::"):
		return token{kind: symbol, text: "::"}, 2
	default:
		return token{kind: symbol, text: rest[:1]}, 1
	}
}

func starts(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func follows(c byte) bool { return starts(c) || c >= '0' && c <= '9' || c == '$' }

// quote is the length of text in quotes that are doubled inside; 0 if it does not end.
func quote(s string, escapes bool) int {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return 0
}

func plain(s string) (token, int) {
	n := quote(s, false)
	if n == 0 {
		return token{}, 0
	}
	return token{kind: literal, text: strings.ReplaceAll(s[1:n-1], "''", "'")}, n
}

func inQuotes(s string) (token, int) {
	n := quote(s, false)
	if n == 0 {
		return token{}, 0
	}
	return token{kind: quoted, text: strings.ReplaceAll(s[1:n-1], `""`, `"`)}, n
}

// identifier reads a name, or a string constant with a letter before it.
func identifier(s string) (token, int) {
	if n := letters(s); n > 0 && n < len(s) && s[n] == '\'' {
		m := quote(s[n:], s[0] == 'e' || s[0] == 'E')
		if m == 0 {
			return token{}, 0
		}
		return token{kind: opaque, text: s[:n+m]}, n + m
	}
	n := 1
	for n < len(s) && follows(s[n]) {
		n++
	}
	return token{kind: word, text: lower(s[:n])}, n
}

// lower is a word in lower case. Most that are written in upper case are keywords, and
// cost no memory.
func lower(w string) string {
	if known, ok := keywords[w]; ok {
		return known
	}
	return strings.ToLower(w)
}

var keywords = func() map[string]string {
	m := map[string]string{}
	for _, w := range strings.Fields("select from where and or not in is null as on join left inner using order by group having limit offset " +
		"union all any count distinct case when then else end insert into values update set delete returning begin commit rollback " +
		"between like exists with asc desc true false") {
		m[strings.ToUpper(w)] = w
	}
	return m
}()

// letters is the length of what may stand before a string constant: E, B, X, N, U&.
func letters(s string) int {
	switch s[0] {
	case 'e', 'E', 'b', 'B', 'x', 'X', 'n', 'N':
		return 1
	case 'u', 'U':
		if len(s) > 1 && s[1] == '&' {
			return 2
		}
	}
	return 0
}

// dollar reads a parameter or a constant in dollar quotes.
func dollar(s string) (token, int) {
	n := 1
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 1 {
		return token{kind: param, text: s[1:n]}, n
	}
	for n < len(s) && s[n] != '$' && follows(s[n]) {
		n++
	}
	if n >= len(s) || s[n] != '$' {
		return token{kind: symbol, text: "$"}, 1
	}
	tag := s[:n+1]
	end := strings.Index(s[len(tag):], tag)
	if end < 0 {
		return token{}, 0
	}
	n = end + 2*len(tag)
	return token{kind: opaque, text: s[:n]}, n
}

func operator(s string) (token, int) {
	n := 1
	for n < len(s) && strings.IndexByte(operators, s[n]) >= 0 &&
		!strings.HasPrefix(s[n:], "--") && !strings.HasPrefix(s[n:], "/*") {
		n++
	}
	for n > 1 && (s[n-1] == '+' || s[n-1] == '-') && !strings.ContainsAny(s[:n], "~!@#%^&|`?") {
		n--
	}
	return token{kind: symbol, text: s[:n]}, n
}
