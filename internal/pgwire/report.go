package pgwire

import (
	"github.com/goldbell/goldbell/internal/fault"
)

// severity of a message to the client.
type severity string

const (
	fatal  severity = "FATAL"
	failed severity = "ERROR"
	notice severity = "NOTICE"
)

// problem is an error or a notice of our own. It holds a message id and never a
// value: both sentences of the id are sent, English as the message, Chinese as the
// detail.
type problem struct {
	severity severity
	state    string // SQLSTATE
	id       string
	hint     string // message id; empty: none
}

// problemOf says what became of a statement or a session for which the path gave
// an error.
func problemOf(s severity, err error) problem {
	f := fault.Of(err)
	return problem{severity: s, state: f.Kind.SQLState(), id: f.ID}
}

// bytes is the message as it is sent.
func (p problem) bytes() []byte {
	kind := byte('E')
	if p.severity == notice {
		kind = 'N'
	}
	sentence := fault.Text(p.id)
	parts := [][]byte{
		cstring("S" + string(p.severity)), cstring("V" + string(p.severity)), cstring("C" + p.state),
		cstring("M" + p.id + ": " + sentence.En), cstring("D" + sentence.Zh),
	}
	if p.hint != "" {
		parts = append(parts, cstring("H"+fault.Text(p.hint).En))
	}
	return message(kind, append(parts, []byte{0})...)
}

// fields reads what an ErrorResponse says about itself: its SQLSTATE, whether the
// session ends with it, and the server routine it comes from.
func fields(body []byte) (state string, ends bool, routine string) {
	for len(body) > 1 {
		s, rest, ok := text(body[1:])
		if !ok {
			return state, ends, routine
		}
		switch body[0] {
		case 'C':
			state = s
		case 'V':
			ends = s == "FATAL" || s == "PANIC"
		case 'R':
			routine = s
		}
		body = rest
	}
	return state, ends, routine
}

// withHint adds a hint of ours to an ErrorResponse of the database.
func withHint(frame []byte, id string) []byte {
	body := frame[header:]
	if len(body) == 0 || body[len(body)-1] != 0 {
		return frame
	}
	return message('E', body[:len(body)-1], cstring("H"+fault.Text(id).En), []byte{0})
}
