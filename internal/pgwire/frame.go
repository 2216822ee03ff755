package pgwire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

const (
	header   = 5        // type and length
	roomy    = 16 << 10 // a buffer's usual size
	maxWhole = 16 << 20 // a message that is read whole may be this long
	maxRow   = 1 << 20  // a row longer than this passes as it is, placeholders and all
	maxSmall = 10_000   // as PostgreSQL limits messages that hold a name or nothing
	maxAny   = 1 << 30  // as PostgreSQL limits the others
)

var (
	errMalformed = errors.New("pgwire: a message that is none")
	errTooLarge  = errors.New("pgwire: a message over the limit")
	errCrowded   = errors.New("pgwire: no memory left for large messages")
)

// ration is memory for large messages, shared by all sessions.
type ration struct{ left atomic.Int64 }

func (r *ration) take(n int) bool {
	if r.left.Add(-int64(n)) >= 0 {
		return true
	}
	r.give(n)
	return false
}

func (r *ration) give(n int) { r.left.Add(int64(n)) }

// frames reads messages. What it returns is valid until the next call.
type frames struct {
	r      io.Reader
	buf    []byte
	lo, hi int
	ration *ration
	taken  int // of the ration, for a buffer larger than usual
}

func newFrames(r io.Reader, shared *ration) *frames {
	return &frames{r: r, buf: make([]byte, roomy), ration: shared}
}

// head waits for the next message's type and size, header and all.
func (f *frames) head() (kind byte, size int, err error) {
	if err := f.fill(header); err != nil {
		return 0, 0, err
	}
	return f.peek()
}

func (f *frames) peek() (kind byte, size int, err error) {
	n := binary.BigEndian.Uint32(f.buf[f.lo+1:])
	if n < 4 || n > maxAny {
		return 0, 0, errMalformed
	}
	return f.buf[f.lo], int(n) + 1, nil
}

// ready reports whether a whole message lies in the buffer.
func (f *frames) ready() bool {
	if f.hi-f.lo < header {
		return false
	}
	_, size, err := f.peek()
	return err != nil || f.hi-f.lo >= size
}

// whole returns a message with its header.
func (f *frames) whole(size int) ([]byte, error) {
	if size > maxWhole {
		return nil, errTooLarge
	}
	if err := f.fill(size); err != nil {
		return nil, err
	}
	b := f.buf[f.lo : f.lo+size]
	f.lo += size
	return b, nil
}

// pass hands a message on in pieces, so that its size costs no memory.
func (f *frames) pass(size int, to func([]byte) error) error {
	for size > 0 {
		if err := f.fill(1); err != nil {
			return err
		}
		n := min(size, f.hi-f.lo)
		if err := to(f.buf[f.lo : f.lo+n]); err != nil {
			return err
		}
		f.lo += n
		size -= n
	}
	return nil
}

// fill reads until n bytes lie in the buffer.
func (f *frames) fill(n int) error {
	if f.hi-f.lo >= n {
		return nil
	}
	if f.lo == f.hi {
		f.lo, f.hi = 0, 0
		f.shrink()
	}
	if f.lo+n > len(f.buf) {
		if err := f.make(n); err != nil {
			return err
		}
	}
	for f.hi-f.lo < n {
		m, err := f.r.Read(f.buf[f.hi:])
		f.hi += m
		if err != nil && f.hi-f.lo < n {
			return err
		}
	}
	return nil
}

// make brings what is there to the front of a buffer with room for n bytes.
func (f *frames) make(n int) error {
	buf := f.buf
	if n > len(buf) {
		if !f.ration.take(n) {
			return errCrowded
		}
		f.ration.give(f.taken)
		f.taken = n
		buf = make([]byte, n)
	}
	f.hi = copy(buf, f.buf[f.lo:f.hi])
	f.lo, f.buf = 0, buf
	return nil
}

func (f *frames) shrink() {
	if f.taken > 0 {
		f.release()
		f.buf = make([]byte, roomy)
	}
}

// release gives the buffer's share of the ration back.
func (f *frames) release() {
	f.ration.give(f.taken)
	f.taken = 0
}

// writer gathers messages for one connection. A peer that takes nothing for as long
// as stall is given up.
type writer struct {
	c     net.Conn
	buf   []byte
	clock func() time.Time
	stall time.Duration
	until time.Time   // the deadline that is set
	over  func() bool // the session ended: the peer gets a moment to take what is left
}

func newWriter(c net.Conn, clock func() time.Time, stall time.Duration) *writer {
	return &writer{c: c, buf: make([]byte, 0, roomy), clock: clock, stall: stall}
}

func (w *writer) add(b []byte) error {
	if len(w.buf)+len(b) > cap(w.buf) {
		if err := w.flush(); err != nil {
			return err
		}
		if len(b) > cap(w.buf) {
			return w.write(b)
		}
	}
	w.buf = append(w.buf, b...)
	return nil
}

func (w *writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	err := w.write(w.buf)
	clear(w.buf) // it may hold values
	w.buf = w.buf[:0]
	return err
}

// write sends in pieces: the peer has to take each of them in time.
func (w *writer) write(b []byte) error {
	const piece = 256 << 10
	for len(b) > 0 {
		if err := w.patience(); err != nil {
			return err
		}
		n, err := w.c.Write(b[:min(len(b), piece)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// patience sets how long the peer may take nothing: at least seven eighths of stall, so
// that not every message costs a timer.
func (w *writer) patience() error {
	if until := w.clock().Add(w.stall); until.Sub(w.until) > w.stall/8 {
		if err := w.c.SetWriteDeadline(until); err != nil {
			return err
		}
		w.until = until
	}
	if w.over == nil || !w.over() { // asked after the long deadline is set, so that none is missed
		return nil
	}
	w.until = time.Time{}
	return w.c.SetWriteDeadline(w.clock().Add(farewellTime))
}

// text cuts a string that ends in a zero byte off b.
func text(b []byte) (s string, rest []byte, ok bool) {
	for i, c := range b {
		if c == 0 {
			return string(b[:i]), b[i+1:], true
		}
	}
	return "", nil, false
}

// message makes a message of a type and its contents.
func message(kind byte, parts ...[]byte) []byte {
	n := 4
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, header, n+1)
	b[0] = kind
	binary.BigEndian.PutUint32(b[1:], uint32(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func cstring(s string) []byte { return append([]byte(s), 0) }
