package pgwire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"time"
)

// descend takes the database's answers to the client.
func (s *session) descend() {
	for {
		err := s.quiet()
		if err == nil {
			err = s.next()
		}
		if err == nil {
			continue
		}
		var why problem
		switch {
		case errors.As(err, &why):
			s.end(why)
		case isProtocol(err):
			s.broken(err)
		default: // the database closed the connection, or the client takes nothing
			s.lost()
		}
		return
	}
}

// next handles the next message of the database.
func (s *session) next() error {
	kind, size, err := s.from.head()
	if err != nil {
		return err
	}
	return s.answer(kind, size)
}

func isProtocol(err error) bool {
	return errors.Is(err, errMalformed) || errors.Is(err, errOrder) || errors.Is(err, errTooLarge) || errors.Is(err, errCrowded)
}

// quiet is called between two messages. Where the next one is not there yet, a batch
// waits for it a little; then what was gathered goes to the client.
func (s *session) quiet() error {
	for !s.from.ready() {
		if !s.batch.open() {
			return s.out.flush()
		}
		more, err := s.more()
		if err != nil {
			return err
		}
		if !more {
			if err := s.release(); err != nil {
				return err
			}
		}
	}
	return nil
}

// more waits for bytes of the next row; false if none came in time.
func (s *session) more() (bool, error) {
	if err := s.db.conn.SetReadDeadline(s.port.Clock().Add(s.port.Limits.Pause)); err != nil {
		return false, err
	}
	err := s.from.fill(s.from.hi - s.from.lo + 1)
	if e := s.db.conn.SetReadDeadline(time.Time{}); e != nil {
		return false, e
	}
	if s.over() { // its deadline may just have been taken away
		return false, context.Canceled
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

// answer handles one message of the database.
func (s *session) answer(kind byte, size int) error {
	if kind == 'D' {
		return s.row(size)
	}
	if err := s.release(); err != nil {
		return err
	}
	switch kind {
	case 'E':
		return s.failure(size)
	case 'S':
		return s.parameter(size)
	case 'N':
		return s.forward(size)
	case 'A':
		return s.notification(size)
	case 'Z':
		return s.idle(size)
	case '1', '2', '3', 'n', 'T', 't', 'C', 'I', 's', 'V', 'G', 'H', 'd', 'c':
		o, err := s.queue.match(kind)
		if err != nil {
			return err
		}
		return s.matched(kind, size, o)
	}
	return errMalformed // CopyBoth, and what is no message of version 3
}

// matched passes an answer on, with what belongs before or into it.
func (s *session) matched(kind byte, size int, o op) error {
	switch kind {
	case 't':
		if o.st != nil && o.st.plan != nil {
			frame, err := s.from.whole(size)
			if err != nil {
				return err
			}
			return s.send(o.st.plan.describe(frame))
		}
	case 'C', 's', 'I':
		if err := s.notice(o, kind); err != nil {
			return err
		}
		s.answered(o)
		if s.halt.id != "" {
			return s.tooLate(size, o)
		}
	case '2':
		delete(s.told, o.portal)
	case 'd':
		s.port.count.copied.Inc()
	}
	return s.forward(size)
}

// answered counts how long a statement took, from when it came to when its answer is
// complete.
func (s *session) answered(o op) {
	if o.at == 0 {
		return
	}
	took := s.port.Clock().Sub(time.Unix(0, o.at))
	s.tally.took.add(took)
	s.port.count.statements.Observe(took.Seconds())
}

// forward passes a message on as it is.
func (s *session) forward(size int) error {
	return s.from.pass(size, s.send)
}

func (s *session) send(b []byte) error {
	if s.mute {
		return nil
	}
	return s.out.add(b)
}

// failure is an ErrorResponse.
func (s *session) failure(size int) error {
	if size > maxRow {
		s.queue.fail()
		return s.forward(size)
	}
	frame, err := s.from.whole(size)
	if err != nil {
		return err
	}
	state, ends, routine := fields(frame[header:])
	if ends {
		_ = s.send(frame)
		_ = s.out.flush()
		s.end(problem{})
		return context.Canceled
	}
	o, any := s.queue.fail()
	s.answered(o)
	switch {
	case s.halt.id != "": // the cancel that stops the statement
		frame, s.halt = s.halt.bytes(), problem{}
	case any && o.refuse != nil:
		frame = o.refuse
	case state == "44000": // the check option of our views: a value became a placeholder on its way
		frame = problem{severity: failed, state: "42501", id: "pg-placeholder"}.bytes()
	case state == "0A000" && routine == "rewriteTargetView":
		frame = withHint(frame, "pg-hint-api")
	}
	s.port.count.failures.WithLabelValues(class(state)).Inc()
	s.fresh()
	return s.send(frame)
}

// class is the first two characters of a SQLSTATE.
func class(state string) string {
	if len(state) != 5 {
		return "other"
	}
	return state[:2]
}

// parameter is a ParameterStatus. What is pinned must stay as it is.
func (s *session) parameter(size int) error {
	frame, err := s.from.whole(size)
	if err != nil {
		return err
	}
	name, rest, ok := text(frame[header:])
	value, _, ok2 := text(rest)
	if !ok || !ok2 {
		return errMalformed
	}
	if want, is := pinned[name]; is && value != want {
		return problem{severity: fatal, state: "0A000", id: "pg-pinned"}
	}
	return s.send(frame)
}

// notification passes a NotificationResponse on if a session of the port sent it. Any
// role may listen to any channel, and what the company's own connections send there may
// hold raw values: a trigger that tells of a changed row.
func (s *session) notification(size int) error {
	if size > maxRow {
		return s.from.pass(size, func([]byte) error { return nil })
	}
	frame, err := s.from.whole(size)
	if err != nil {
		return err
	}
	if len(frame) < header+4 || !s.port.serves(binary.BigEndian.Uint32(frame[header:])) {
		return nil
	}
	return s.send(frame)
}

// idle is a ReadyForQuery.
func (s *session) idle(size int) error {
	if _, err := s.queue.match('Z'); err != nil {
		return err
	}
	s.mute = false
	s.fresh()
	return s.forward(size)
}

// fresh forgets what was about the statement that ended.
func (s *session) fresh() { s.reply = replies{} }

// row is a DataRow. One that holds a placeholder waits for its batch; the rows behind
// it wait with it, so that their order stays.
func (s *session) row(size int) error {
	if size > maxRow {
		return s.longRow(size)
	}
	frame, err := s.from.whole(size)
	if err != nil {
		return err
	}
	s.tally.rows.Add(1)
	if s.halt.id != "" {
		return nil
	}
	if !s.batch.open() && bytes.IndexByte(frame, '~') < 0 {
		return s.send(frame)
	}
	fresh, err := s.batch.scan(frame)
	if err != nil {
		return err
	}
	if !s.batch.has(frame, fresh) {
		if err := s.release(); err != nil || s.halt.id != "" {
			return err
		}
		if _, err := s.batch.scan(frame); err != nil { // what the last batch knew this one does not
			return err
		}
	}
	if !s.batch.open() && len(s.batch.spans) == 0 {
		return s.send(frame)
	}
	s.batch.add(frame)
	if s.batch.full() {
		return s.release()
	}
	return nil
}

// longRow passes a row that is too long to be read: placeholders in it stay.
func (s *session) longRow(size int) error {
	if err := s.release(); err != nil {
		return err
	}
	s.tally.rows.Add(1)
	if s.halt.id != "" {
		return s.from.pass(size, func([]byte) error { return nil })
	}
	return s.forward(size)
}
