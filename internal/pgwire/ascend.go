package pgwire

import (
	"errors"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// never is SQL that no database accepts and that changes nothing: it is sent in
// place of a statement that is refused, so that transaction and pipeline take the
// course they take after any error. The error it gives is replaced by ours.
const never = "goldbell refused this statement"

const maxStatements = 10_000 // named statements of one session

// ascend takes the client's messages to the database.
func (s *session) ascend() {
	for {
		if !s.in.ready() {
			if err := s.up.flush(); err != nil {
				s.lost()
				return
			}
		}
		kind, size, err := s.in.head()
		if err == nil {
			err = s.message(kind, size)
		}
		switch {
		case err == nil:
		case errors.Is(err, errGone):
			if !s.over() {
				_ = s.up.flush()
			}
			s.end(problem{})
			return
		default:
			s.broken(err)
			return
		}
	}
}

// errGone says that the client ended the session.
var errGone = errors.New("pgwire: the client said good-bye")

// lost says that the database took no message any more; down sees why.
func (s *session) lost() {
	s.end(problem{severity: fatal, state: "57P01", id: "pg-backend-gone"})
}

// message takes one message of the client on.
func (s *session) message(kind byte, size int) error {
	if contains("DECSHcX", kind) && size > maxSmall {
		return errMalformed
	}
	if s.queue.full() {
		if err := s.up.flush(); err != nil {
			return err
		}
	}
	switch kind {
	case 'Q':
		return s.query(size)
	case 'P':
		return s.parse(size)
	case 'B':
		return s.bind(size)
	case 'D', 'C', 'E':
		return s.named(kind, size)
	case 'S', 'F':
		s.queue.push(op{kind: kind})
	case 'd':
		return s.copyData(size)
	case 'c', 'f':
		s.queue.push(op{kind: copyEnd})
		s.guard.reset()
	case 'H':
	case 'X':
		_ = s.up.add(message('X'))
		return errGone
	default:
		return errMalformed
	}
	return s.in.pass(size, s.up.add)
}

func (s *session) now() int64 { return s.port.Clock().UnixNano() }

// query is a simple query.
func (s *session) query(size int) error {
	frame, err := s.in.whole(size)
	if err != nil {
		return err
	}
	sql, rest, ok := text(frame[header:])
	if !ok || len(rest) > 0 { // the database refuses it
		s.queue.push(op{kind: 'Q', st: &statement{}, at: s.now()})
		return s.up.add(frame)
	}
	at := s.now()
	st, sent, why := s.read(sql, false, nil)
	if why != nil {
		s.queue.push(op{kind: 'Q', st: st, refuse: why.bytes(), at: at})
		return s.up.add(message('Q', cstring(never)))
	}
	s.queue.push(op{kind: 'Q', st: st, at: at})
	if sent == sql {
		return s.up.add(frame)
	}
	return s.up.add(message('Q', cstring(sent)))
}

// parse is a Parse message.
func (s *session) parse(size int) error {
	frame, err := s.in.whole(size)
	if err != nil {
		return err
	}
	m, ok := readParse(frame[header:])
	if !ok {
		s.queue.push(op{kind: 'P'})
		return s.up.add(frame)
	}
	st, sent, why := s.read(m.sql, true, m.types)
	if m.name != "" {
		st.fingerprint()
		if len(s.statements) >= maxStatements {
			return errTooLarge
		}
	}
	if why != nil {
		s.queue.push(op{kind: 'P', st: st, refuse: why.bytes()})
		return s.up.add(parse{name: m.name, sql: never}.bytes())
	}
	s.statements[m.name] = st
	s.queue.push(op{kind: 'P', st: st})
	if sent == m.sql {
		return s.up.add(frame)
	}
	m.sql = sent
	if st.plan != nil {
		m.types = st.plan.declare(m.types)
	}
	return s.up.add(m.bytes())
}

// read reads a statement: what is sent in its place, or why it is refused.
func (s *session) read(sql string, parameters bool, types []uint32) (st *statement, sent string, why *problem) {
	s.tally.statement(s.port.Clock())
	st = &statement{text: sql}
	t, whole := tokens(sql, s.scratch)
	s.scratch = t
	st.single, st.writes = shape(t)
	if !whole {
		st.single = false
	}
	if st.writes && s.guard.in(sql) {
		return st, "", &problem{severity: failed, state: "42501", id: "pg-placeholder"}
	}
	if s.port.Parser == nil || !whole {
		return st, sql, nil
	}
	p := s.port.Parser.Read(sql, t, s.catalog)
	if p == nil || !p.fits(types) {
		return st, sql, nil
	}
	if p.refuse != nil {
		return st, "", p.refuse
	}
	sent, err := p.render(sql, parameters, s.find)
	if err != nil {
		return st, "", refusal(err)
	}
	if parameters && len(p.own)+len(p.extra) > 0 {
		st.plan = p
	}
	return st, sent, nil
}

// writing reports whether a word is of a statement that may store something.
func writing(w string) bool {
	switch w {
	case "insert", "update", "merge", "copy", "execute", "do", "call", "into", "notify":
		return true
	}
	return false
}

// shape looks at a statement from afar.
func shape(t []token) (single, writes bool) {
	single = true
	for i := range t {
		switch {
		case t[i].is(";") && i+1 < len(t):
			single = false
		case t[i].kind == word && writing(t[i].text):
			writes = true
		}
	}
	return single, writes
}

// find looks values up for this session's person.
func (s *session) find(at place, values []pii.Value) ([][]string, error) {
	if len(values) > MaxLookup {
		return nil, fault.New(fault.Invalid, "pg-too-many", "")
	}
	began := s.port.Clock()
	found, err := s.port.Door.Lookup(s.ctx, s.current(), Lookup{
		Table: at.view.table, Column: at.column.of, Values: values,
	})
	s.port.count.looked(s.port.Clock().Sub(began), err)
	s.tally.lookups.Add(int64(len(values)))
	if err == nil && len(found) != len(values) {
		err = fault.New(fault.Internal, "internal", "")
	}
	return found, err
}

// refusal is what a client is told when the door gave an error for one statement.
func refusal(err error) *problem {
	p := problemOf(failed, err)
	return &p
}

// bind is a Bind message. It is read only if a parameter is to be swapped.
func (s *session) bind(size int) error {
	portal, name, ok, err := s.names(size)
	if err != nil {
		return err
	}
	st := s.statements[name]
	if !ok || st == nil || st.plan == nil && !st.writes {
		s.portal(portal, st)
		s.queue.push(op{kind: 'B', st: st, portal: portal})
		return s.in.pass(size, s.up.add)
	}
	frame, err := s.in.whole(size)
	if err != nil {
		return err
	}
	s.portal(portal, st)
	if st.writes && s.guard.inBytes(frame) {
		return s.refuseBind(st, portal, &problem{severity: failed, state: "42501", id: "pg-placeholder"})
	}
	if st.plan == nil {
		s.queue.push(op{kind: 'B', st: st, portal: portal})
		return s.up.add(frame)
	}
	m, ok := readBind(frame[header:])
	if ok {
		if m, err = st.plan.rebind(m, s.find); err != nil {
			return s.refuseBind(st, portal, refusal(err))
		}
		frame = m.bytes()
	}
	s.queue.push(op{kind: 'B', st: st, portal: portal})
	return s.up.add(frame)
}

// portal remembers whose rows a portal gives; the database forgets portals when a
// transaction ends.
func (s *session) portal(name string, st *statement) {
	if len(s.portals) >= maxStatements {
		clear(s.portals)
	}
	s.portals[name] = st
}

// refuseBind binds a statement that does not exist.
func (s *session) refuseBind(st *statement, portal string, why *problem) error {
	s.queue.push(op{kind: 'B', st: st, portal: portal, refuse: why.bytes()})
	return s.up.add(bind{portal: portal, statement: never, results: []byte{0, 0}}.bytes())
}

// names reads the two names at the start of a Bind message; ok is false if they do
// not lie in the first bytes.
func (s *session) names(size int) (portal, name string, ok bool, err error) {
	n := min(size, maxSmall)
	if err := s.in.fill(n); err != nil {
		return "", "", false, err
	}
	portal, rest, ok := text(s.in.buf[s.in.lo+header : s.in.lo+n])
	if !ok {
		return "", "", false, nil
	}
	name, _, ok = text(rest)
	return portal, name, ok, nil
}

// named is a Describe, Execute or Close message.
func (s *session) named(kind byte, size int) error {
	frame, err := s.in.whole(size)
	if err != nil {
		return err
	}
	body := frame[header:]
	o := op{kind: kind}
	switch {
	case kind == 'E':
		o.at = s.now()
		if name, _, ok := text(body); ok {
			o.portal, o.st = name, s.portals[name]
		}
	case len(body) > 1 && body[0] == 'S':
		if name, _, ok := text(body[1:]); ok {
			if kind == 'D' {
				o.st = s.statements[name]
			} else {
				delete(s.statements, name)
			}
		}
	case len(body) > 1 && body[0] == 'P' && kind == 'C':
		if name, _, ok := text(body[1:]); ok {
			delete(s.portals, name)
		}
	}
	s.queue.push(o)
	return s.up.add(frame)
}

// copyData is a piece of a COPY FROM STDIN. A placeholder in it ends the session, and
// the copy with it: what was sent before cannot be taken back.
func (s *session) copyData(size int) error {
	first := true
	return s.in.pass(size, func(b []byte) error {
		content := b
		if first {
			content = b[min(header, len(b)):]
			first = false
		}
		if s.guard.flows(content) {
			s.end(problem{severity: fatal, state: "42501", id: "pg-placeholder"})
			return errGone
		}
		return s.up.add(b)
	})
}
