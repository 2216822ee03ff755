package pgwire

import (
	"strconv"
	"strings"
)

// Parser finds in a statement what a lookup by value can do something for. The
// port serves without one; then goldbell.lookup(…) is not there either, and
// conditions act on placeholders.
type Parser interface {
	// Read returns nil if there is nothing for it in the text, which comes in its
	// tokens as well.
	Read(sql string, t []token, c *catalog) *plan
}

// plan is what is done about one statement.
type plan struct {
	refuse *problem // instead of it
	swaps  []swap
	params int // the highest $n of the client
	extra  []use
	own    []use // by the client's number: those put in its own place
}

// swap is a condition on a protected column, and what it becomes.
type swap struct {
	from, to int    // in the text
	lead     string // what stands before the array: "phone = ANY(" or "unnest("
	place    place
	with     []operand
}

// operand is one thing a column is compared with.
type operand struct {
	values []string // constants
	param  int      // $n; 0: none
	array  bool     // the parameter is an array itself
	as     int      // the number it gets in the text sent on
}

// use is a parameter whose value is swapped when it is bound.
type use struct {
	place place
	param int
	array bool
	as    int

	declared uint32 // its type, as the client declared it
}

// place is a protected column of a view.
type place struct {
	view   *view
	column *column
}

// Words reads statements word by word. It knows the enrolled views, their aliases
// and columns, but no scopes: a name it cannot place it leaves alone.
type Words struct{}

// reading is one statement being read.
type reading struct {
	t     []token
	sql   string
	c     *catalog
	known map[string]*view // by the name or alias it goes by here
	plan  plan
	uses  map[int]int // how often each parameter stands in the text
}

// Read implements [Parser].
func (Words) Read(sql string, t []token, c *catalog) *plan {
	r := &reading{t: t, sql: sql, c: c}
	if !r.concerns() {
		return nil
	}
	r.places()
	r.walk()
	if r.plan.refuse == nil && len(r.plan.swaps) == 0 {
		return nil
	}
	r.number()
	return &r.plan
}

// concerns is a quick look: most statements name no enrolled view that protects
// anything.
func (r *reading) concerns() bool {
	for i, t := range r.t {
		if !t.name() {
			continue
		}
		if t.text == "lookup" && i >= 2 && r.t[i-2].text == "goldbell" {
			return true
		}
		if r.c.find(t.text) != nil {
			return true
		}
	}
	return false
}

func (r *reading) at(i int) token {
	if i < 0 || i >= len(r.t) {
		return token{kind: symbol}
	}
	return r.t[i]
}

// notAlias are words that may follow a table's name without being its alias.
var notAlias = " where on using join inner left right full cross natural group order having limit offset fetch for union " +
	"except intersect set values returning window tablesample default select as do from when "

// places finds the views a statement names, and the aliases they go by.
func (r *reading) places() {
	r.known = map[string]*view{}
	r.uses = map[int]int{}
	for i, t := range r.t {
		if t.kind == param {
			n, err := strconv.Atoi(t.text)
			if err == nil && n < 1<<16 {
				r.uses[n]++
				r.plan.params = max(r.plan.params, n)
			}
		}
		if !t.name() {
			continue
		}
		v := r.c.find(t.text)
		if v == nil || !r.introduced(i) {
			continue
		}
		name, next := v.name, i+1
		if r.at(next).word("as") {
			next++
		}
		if a := r.at(next); a.kind == quoted || a.kind == word && !strings.Contains(notAlias, " "+a.text+" ") {
			name = a.text
		}
		r.known[name] = v
	}
}

// introduced reports whether the name at i stands where a table's name does.
func (r *reading) introduced(i int) bool {
	if r.at(i - 1).is(".") {
		i -= 2 // a schema's name before it
	}
	p := r.at(i - 1)
	if r.at(i + 1).is("(") {
		return p.word("into")
	}
	switch {
	case p.kind == word:
		return strings.Contains(" from join only update into using table ", " "+p.text+" ")
	default:
		return p.is(",") || p.is("(")
	}
}

// column finds which protected column the name at i means, and the first token of
// its full name.
func (r *reading) column(i int) (v *view, c *column, first int) {
	t := r.at(i)
	if !t.name() || r.at(i+1).is("(") || r.at(i+1).is(".") {
		return nil, nil, i
	}
	if r.at(i - 1).is(".") {
		if !r.at(i - 2).name() {
			return nil, nil, i
		}
		first = i - 2
		if v = r.known[r.at(first).text]; v == nil {
			return nil, nil, i
		}
		if r.at(first-1).is(".") && r.at(first-2).name() {
			first -= 2
		}
		c = v.column(t.text)
		if c == nil || !c.protected {
			return nil, nil, i
		}
		return v, c, first
	}
	for _, known := range r.known {
		found := known.column(t.text)
		if found == nil {
			continue
		}
		if c != nil && (known != v || !found.protected) { // two tables have it: the database will say so
			return nil, nil, i
		}
		v, c = known, found
	}
	if c == nil || !c.protected {
		return nil, nil, i
	}
	return v, c, i
}

// walk looks at every name in turn, and knows whether it stands in a list of
// assignments or of sort keys.
func (r *reading) walk() {
	var in clause
	for i := 0; i < len(r.t) && r.plan.refuse == nil; i++ {
		t := r.t[i]
		in.step(r, i)
		if t.text == "lookup" && t.name() && r.at(i-1).is(".") && r.at(i-2).text == "goldbell" {
			r.lookup(i)
			continue
		}
		v, c, first := r.column(i)
		switch {
		case c == nil:
		case in.assigning() && r.at(i+1).is("="), in.inserting():
			r.refuse("42501", "pg-read-only", "pg-hint-api")
		case in.sorting():
			r.refuse("0A000", "pg-order", "pg-hint-order")
		default:
			r.condition(v, c, first, i)
		}
	}
}

func (r *reading) refuse(state, id, hint string) {
	r.plan.refuse = &problem{severity: failed, state: state, id: id, hint: hint}
}

// clause knows in which clause a token stands, by depth of parentheses.
type clause struct {
	depth  int
	set    int // 1 + depth of a list of assignments; 0: none
	sort   int // 1 + depth of a list of sort keys
	into   int // 1 + depth of the column list of an INSERT
	intoAt int
}

func (c *clause) assigning() bool { return c.set > 0 && c.depth == c.set-1 }
func (c *clause) sorting() bool   { return c.sort > 0 && c.depth >= c.sort-1 }
func (c *clause) inserting() bool { return c.into > 0 && c.depth == c.into-1 }

const endsSort = " limit offset fetch for union except intersect rows range groups returning where "
const endsSet = " where from returning when on "

func (c *clause) step(r *reading, i int) {
	t := r.t[i]
	switch {
	case t.is("("):
		c.depth++
		if c.intoAt > 0 && i == c.intoAt {
			c.into = 1 + c.depth
		}
	case t.is(")"):
		c.depth--
		c.leave(&c.set)
		c.leave(&c.sort)
		c.leave(&c.into)
	case t.is(";"):
		*c = clause{}
	case t.word("by") && r.at(i-1).word("order"):
		c.sort = 1 + c.depth
	case t.word("set") && !r.at(i-1).is("."):
		c.set = 1 + c.depth
	case t.word("into") && r.at(i-1).word("insert"):
		c.intoAt = i + 2
		if r.at(i + 2).is(".") {
			c.intoAt = i + 4
		}
		if r.at(c.intoAt).word("as") {
			c.intoAt += 2
		}
	case t.kind == word && c.sorting() && c.depth == c.sort-1 && strings.Contains(endsSort, " "+t.text+" "):
		c.sort = 0
	case t.kind == word && c.assigning() && strings.Contains(endsSet, " "+t.text+" "):
		c.set = 0
	}
}

// leave ends a clause whose parentheses were closed.
func (c *clause) leave(at *int) {
	if *at > 0 && c.depth < *at-1 {
		*at = 0
	}
}
