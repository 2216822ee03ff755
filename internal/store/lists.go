package store

import (
	"strconv"
	"strings"
	"sync"
)

// list is a statement with a list in it: "INSERT INTO t (a, b) VALUES " or
// "… WHERE x IN ", the list, and what follows.
type list struct {
	head  string
	width int // parameters per row
	tail  string
	rows  bool   // a list of rows, (…), (…), rather than one list of values, (…, …)
	fixed int    // parameters before the list
	types string // of the columns, if PostgreSQL gets the rows as arrays
}

func values(head string, width int, tail string) list {
	return list{head: head, width: width, tail: tail, rows: true}
}

// in is a list of single values after fixed parameters that head uses.
func in(head string, fixed int, tail string) list {
	return list{head: head, width: 1, tail: tail, fixed: fixed}
}

// columns are rows for the busiest statements, "VALUES (…), (…)" or "(a, b) IN
// (VALUES (…), (…))": PostgreSQL gets one array per column, so that it binds as many
// parameters as there are columns, and has one plan for every length.
func columns(head, types, tail string) list {
	return list{head: head, width: len(strings.Fields(types)), tail: tail, rows: true, types: types}
}

var texts sync.Map // textKey → string

type textKey struct {
	list
	n      int
	sqlite bool
}

// text is the statement for n rows. SQLite finds a parameter's name by walking
// all names before it, so that a wide INSERT with $1, $2 … costs the square of
// its parameters; unnamed ones do not. That is the only place where the engines
// read another text.
func (d dialect) text(l list, n int) string {
	key := textKey{l, n, d.name == "sqlite"}
	if s, ok := texts.Load(key); ok {
		return s.(string)
	}
	var b strings.Builder
	b.WriteString(l.head)
	if l.types != "" {
		b.WriteString("VALUES ")
	}
	p := l.fixed
	if !l.rows {
		b.WriteByte('(')
	}
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		if l.rows {
			b.WriteByte('(')
		}
		for j := range l.width {
			if j > 0 {
				b.WriteString(", ")
			}
			p++
			if key.sqlite {
				b.WriteByte('?')
				continue
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(p))
		}
		if l.rows {
			b.WriteByte(')')
		}
	}
	if !l.rows {
		b.WriteByte(')')
	}
	b.WriteString(l.tail)
	texts.Store(key, b.String())
	return b.String()
}

// maxParams is below the limits of SQLite (32,766) and PostgreSQL (65,535).
const maxParams = 32000

// insert cuts flat, rows of l.width arguments one after the other, into
// statements of the dialect's lengths.
func (d dialect) insert(calls []call, l list, flat []any) []call {
	if l.types != "" && d.arrays && len(flat) > 0 {
		return append(calls, call{text: l.unnest(), args: arrays(l, flat)})
	}
	for len(flat) > 0 {
		n := d.fit(len(flat)/l.width, l.width)
		calls = append(calls, call{text: d.text(l, n), args: flat[:n*l.width]})
		flat = flat[n*l.width:]
	}
	return calls
}

// rowsOf calls fn as insert does, for a question.
func (d dialect) rowsOf(l list, flat []any, fn func(text string, args []any)) {
	for _, c := range d.insert(nil, l, flat) {
		fn(c.text, c.args)
	}
}

// unnest is the statement that takes an array per column.
func (l list) unnest() string {
	key := textKey{l, 0, false}
	if s, ok := texts.Load(key); ok {
		return s.(string)
	}
	var b strings.Builder
	b.WriteString(l.head + "SELECT * FROM unnest(")
	for i, t := range strings.Fields(l.types) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::" + t + "[]")
	}
	b.WriteString(")" + l.tail)
	texts.Store(key, b.String())
	return b.String()
}

// arrays turns rows into columns.
func arrays(l list, flat []any) []any {
	out := make([]any, l.width)
	for i, t := range strings.Fields(l.types) {
		switch t {
		case "bigint":
			out[i] = column[int64](flat, i, l.width)
		case "bytea":
			out[i] = column[[]byte](flat, i, l.width)
		case "text":
			out[i] = column[string](flat, i, l.width)
		}
	}
	return out
}

func column[T any](flat []any, i, width int) []T {
	all := make([]T, 0, len(flat)/width)
	for ; i < len(flat); i += width {
		all = append(all, flat[i].(T))
	}
	return all
}

// fit is the longest list that n rows fill.
func (d dialect) fit(n, width int) int {
	best := 1
	for _, size := range d.lists {
		if size <= n && size*width <= maxParams {
			best = size
		}
	}
	return best
}

// pad is the shortest list that holds n values, or the longest there is.
func (d dialect) pad(n int) int {
	for _, size := range d.lists {
		if size >= n {
			return size
		}
	}
	return d.lists[len(d.lists)-1]
}

// each calls fn with the text and arguments of every part of a list of values;
// a part is filled up by repeating its last value.
func (d dialect) each(l list, fixed []any, vals []any, fn func(text string, args []any) error) error {
	for len(vals) > 0 {
		size := d.pad(len(vals))
		part := vals[:min(size, len(vals))]
		vals = vals[len(part):]
		args := make([]any, 0, len(fixed)+size)
		args = append(append(args, fixed...), part...)
		for len(args) < len(fixed)+size {
			args = append(args, part[len(part)-1])
		}
		if err := fn(d.text(l, size), args); err != nil {
			return err
		}
	}
	return nil
}
