package pgwire

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// session is one client and its one connection to the database. Two goroutines
// serve it: up takes the client's messages to the database and owns in, up and
// the statements; down takes the answers back and owns from, out and the batch.
// Only down writes to the client.
type session struct {
	port        *Port
	id          pii.RequestID
	pid         uint32
	secret      [4]byte
	login       atomic.Pointer[Login] // as it was read last
	catalog     *catalog
	application string
	since       time.Time

	ctx    context.Context
	cancel context.CancelFunc
	client net.Conn
	db     *backend
	queue  *queue
	tally  tally

	in         *frames
	up         *writer
	statements map[string]*statement
	portals    map[string]*statement
	scratch    []token
	guard      guard

	from  *frames
	out   *writer
	batch batch
	reply replies
	mute  bool    // after a statement was stopped: nothing is passed on until ReadyForQuery
	halt  problem // why it is stopped, until the client was told
	told  told

	endOnce sync.Once
	why     problem
	ended   chan struct{}
}

func newSession(p *Port, c net.Conn, b *backend, login Login, e Enrolled, application string) (*session, error) {
	id, err := p.newID()
	if err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{
		port: p, id: id, catalog: newCatalog(e), application: application, since: p.Clock(),
		ctx: ctx, cancel: cancel, client: c, db: b, queue: newQueue(),
		in: newFrames(c, &p.ration), up: newWriter(b.conn, p.Clock, p.Limits.Stall),
		statements: map[string]*statement{}, portals: map[string]*statement{},
		from: newFrames(b.conn, &p.ration), out: newWriter(c, p.Clock, p.Limits.Stall),
		ended: make(chan struct{}), told: told{},
	}
	s.out.over = s.over
	s.login.Store(&login)
	s.batch.init(e, &p.ration)
	s.guard.init(s.catalog.prefixes)
	return s, nil
}

// current is the login as it was read last.
func (s *session) current() Login { return *s.login.Load() }

// welcome tells the client that it may ask.
func (s *session) welcome() error {
	_ = s.out.add(authentication(authOK, nil))
	for name, value := range s.db.settings {
		_ = s.out.add(message('S', cstring(name), cstring(value)))
	}
	_ = s.out.add(message('K', be32(s.pid), s.secret[:]))
	_ = s.out.add(message('Z', []byte{'I'}))
	return s.out.flush()
}

func be32(n uint32) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

// run serves the session until either side ends it.
func (s *session) run() {
	s.port.count.sessions.Inc()
	defer s.port.count.sessions.Dec()
	defer s.close()
	upward := make(chan struct{})
	go func() {
		defer close(upward)
		defer s.survive()
		s.ascend()
	}()
	func() {
		defer s.farewell()
		defer s.survive()
		s.descend()
	}()
	s.end(problem{})
	<-upward
}

// survive turns a defect into the end of the session.
func (s *session) survive() {
	if recover() != nil { // its text may hold anything
		s.port.count.defects.Inc()
		s.end(problem{severity: fatal, state: "58000", id: "internal"})
	}
}

// end ends the session; the first reason given is the one the client is told. Both
// goroutines wake up and see it.
func (s *session) end(why problem) {
	s.endOnce.Do(func() {
		s.why = why
		close(s.ended)
		s.cancel()
		s.queue.close()
		past := time.Unix(1, 0)
		_ = s.db.conn.SetDeadline(past)
		_ = s.client.SetReadDeadline(past)
		_ = s.client.SetWriteDeadline(s.port.Clock().Add(farewellTime))
	})
}

func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// farewell tells the client why the session ended, if it still listens.
func (s *session) farewell() {
	if !s.over() || s.why.id == "" {
		return
	}
	s.port.count.refused.WithLabelValues(s.why.id).Inc()
	s.out.stall = farewellTime
	if s.out.add(s.why.bytes()) != nil || s.out.flush() != nil {
		return
	}
	// To close while the client still sends would reset the connection, and the client
	// might never read why.
	if c, ok := s.client.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		_ = s.client.SetReadDeadline(s.port.Clock().Add(farewellTime))
		_, _ = io.CopyN(io.Discard, s.client, maxDrained)
	}
}

const maxDrained = 64 << 20

const farewellTime = time.Second

// close gives back what the session holds.
func (s *session) close() {
	s.end(problem{})
	_ = s.client.Close()
	if s.queue.pending() { // nobody waits for it any more
		ctx, cancel := context.WithTimeout(context.Background(), farewellTime)
		defer cancel()
		_ = s.db.cancel(ctx)
	}
	_ = s.db.conn.Close()
	s.in.release()
	s.from.release()
	s.batch.wipe()
	s.port.forget(s)
}

// ended by a message that breaks the protocol, or by memory.
func (s *session) broken(err error) {
	switch {
	case errors.Is(err, errMalformed), errors.Is(err, errOrder):
		s.end(problem{severity: fatal, state: "08P01", id: "pg-protocol"})
	case errors.Is(err, errTooLarge):
		s.end(problem{severity: fatal, state: "54000", id: "pg-large"})
	case errors.Is(err, errCrowded):
		s.end(problem{severity: fatal, state: "53200", id: "pg-large"})
	default:
		s.end(problem{})
	}
}
