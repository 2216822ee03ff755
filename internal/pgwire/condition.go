package pgwire

import (
	"strconv"
	"strings"
)

// ranging are what compares by more than equality.
const (
	rangingWords     = " like ilike similar between "
	rangingOperators = " < > <= >= ~ ~* !~ !~* ~~ ~~* !~~ !~~* ^@ "
)

// condition reads what stands around a protected column's name, which goes from
// token first to token last.
func (r *reading) condition(v *view, c *column, first, last int) {
	next := r.cast(last + 1)
	n, p := r.at(next), r.at(first-1)
	if n.word("not") {
		n = r.at(next + 1)
	}
	if n.kind == word && strings.Contains(rangingWords, " "+n.text+" ") || ranges(n) || ranges(p) {
		r.refuse("0A000", "pg-range", "pg-hint-range")
		return
	}
	if !c.indexed {
		return
	}
	s := swap{place: place{v, c}, lead: r.sql[r.at(first).from:r.at(last).to] + " = ANY("}
	switch {
	case r.at(next).is("=") && !operates(p):
		s.from = r.at(first).from
		s.with, s.to = r.right(next + 1)
	case r.at(next).word("in") && r.at(next+1).is("(") && !operates(p):
		s.from = r.at(first).from
		s.with, s.to = r.list(next+2, ")")
	case p.is("=") && !operates(r.at(next)):
		s.with, s.from = r.left(first - 2)
		s.to = r.at(next - 1).to
	}
	if s.with != nil {
		r.plan.swaps = append(r.plan.swaps, s)
	}
}

func ranges(t token) bool {
	return t.kind == symbol && strings.Contains(rangingOperators, " "+t.text+" ")
}

// operates reports whether a token binds what stands beside it into a larger
// expression.
func operates(t token) bool {
	return t.kind == symbol && t.text != "" && !strings.Contains("(),;", t.text) || t.kind == literal || t.word("collate")
}

// cast skips a cast to text at i.
func (r *reading) cast(i int) int {
	for r.at(i).is("::") {
		t := r.at(i + 1)
		if t.kind != word || !strings.Contains(" text varchar bpchar char character ", " "+t.text+" ") {
			return i
		}
		i += 2
		if r.at(i).word("varying") {
			i++
		}
		if r.at(i).is("(") && r.at(i+1).kind == number && r.at(i+2).is(")") {
			i += 3
		}
		if r.at(i).is("[") && r.at(i+1).is("]") {
			i += 2
		}
	}
	return i
}

// right reads what stands right of "=": a constant, a parameter, or = ANY (…). The
// second result is where it ends in the text.
func (r *reading) right(i int) ([]operand, int) {
	if (r.at(i).word("any") || r.at(i).word("some")) && r.at(i+1).is("(") {
		return r.any(i + 2)
	}
	o, next, ok := r.operand(i)
	if !ok || operates(r.at(next)) {
		return nil, 0
	}
	return []operand{o}, r.at(next - 1).to
}

// left reads a constant or parameter that ends at i; casts are not read backwards.
func (r *reading) left(i int) ([]operand, int) {
	o, _, ok := r.operand(i)
	if !ok || operates(r.at(i-1)) {
		return nil, 0
	}
	return []operand{o}, r.at(i).from
}

// operand reads one constant or parameter.
func (r *reading) operand(i int) (o operand, next int, ok bool) {
	switch t := r.at(i); t.kind {
	case literal:
		return operand{values: []string{t.text}}, r.cast(i + 1), true
	case param:
		n, err := strconv.Atoi(t.text)
		return operand{param: n}, r.cast(i + 1), err == nil && n > 0 && n < 1<<16
	}
	return o, i, false
}

// list reads constants and parameters up to what closes them.
func (r *reading) list(i int, end string) ([]operand, int) {
	var with []operand
	for {
		o, next, ok := r.operand(i)
		if !ok {
			return nil, 0
		}
		with = append(with, o)
		switch t := r.at(next); {
		case t.is(end):
			return with, t.to
		case !t.is(","):
			return nil, 0
		}
		i = next + 1
	}
}

// any reads what stands in the parentheses of = ANY (…).
func (r *reading) any(i int) ([]operand, int) {
	var with []operand
	next := i
	switch t := r.at(i); {
	case t.kind == param:
		n, err := strconv.Atoi(t.text)
		if err != nil || n < 1 || n >= 1<<16 {
			return nil, 0
		}
		with, next = []operand{{param: n, array: true}}, r.cast(i+1)
	case t.kind == literal:
		values, ok := arrayText(t.text)
		if !ok {
			return nil, 0
		}
		with, next = []operand{{values: values}}, r.cast(i+1)
	case t.word("array") && r.at(i+1).is("["):
		var to int
		if with, to = r.list(i+2, "]"); with == nil {
			return nil, 0
		}
		for next < len(r.t) && r.at(next).to <= to {
			next++
		}
		next = r.cast(next)
	}
	if with == nil || !r.at(next).is(")") {
		return nil, 0
	}
	return with, r.at(next).to
}

// lookup reads goldbell.lookup('column', value); i is the token "lookup".
func (r *reading) lookup(i int) {
	name := r.at(i + 2)
	o, next, ok := r.operand(i + 4)
	if !r.at(i+1).is("(") || name.kind != literal || !r.at(i+3).is(",") || !ok || !r.at(next).is(")") {
		r.refuse("42883", "pg-lookup", "pg-hint-lookup")
		return
	}
	v, c := r.named(name.text)
	if c == nil {
		r.refuse("42703", "pg-lookup", "pg-hint-lookup")
		return
	}
	r.plan.swaps = append(r.plan.swaps, swap{
		from: r.at(i - 2).from, to: r.at(next).to, lead: "unnest(", place: place{v, c}, with: []operand{o},
	})
}

// named finds an indexed column by its name, with its view's before a dot where
// several have it.
func (r *reading) named(name string) (v *view, c *column) {
	of, bare, dotted := strings.Cut(name, ".")
	if !dotted {
		bare = of
	}
	for i := range r.c.views {
		if dotted && r.c.views[i].name != of {
			continue
		}
		if found := r.c.views[i].column(bare); found != nil && found.indexed {
			if c != nil {
				return nil, nil
			}
			v, c = &r.c.views[i], found
		}
	}
	return v, c
}

// number gives every parameter that is swapped its number in the text sent on. One
// that is used for nothing else keeps its own; another is added behind the client's.
func (r *reading) number() {
	p := &r.plan
	swapped := map[int]int{}
	for _, s := range p.swaps {
		for _, o := range s.with {
			if o.param > 0 {
				swapped[o.param]++
			}
		}
	}
	seen := map[use]int{}
	for i := range p.swaps {
		s := &p.swaps[i]
		for j := range s.with {
			o := &s.with[j]
			if o.param == 0 {
				continue
			}
			u := use{place: s.place, param: o.param, array: o.array}
			if o.as = seen[u]; o.as > 0 {
				continue
			}
			if swapped[o.param] == r.uses[o.param] && !p.owns(o.param) {
				o.as = o.param
			} else {
				o.as = p.params + len(p.extra) + 1
			}
			seen[u] = o.as
			if u.as = o.as; o.as == o.param {
				p.own = append(p.own, u)
			} else {
				p.extra = append(p.extra, u)
			}
		}
	}
}

func (p *plan) owns(n int) bool {
	for _, u := range p.own {
		if u.param == n {
			return true
		}
	}
	return false
}
