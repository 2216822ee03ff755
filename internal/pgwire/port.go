package pgwire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Config is what a port is made of.
type Config struct {
	Door   Door
	Parser Parser // nil: no conditions on values, no goldbell.lookup
	Clock  func() time.Time
	Rand   io.Reader
	Limits Limits
}

// Limits bound what clients may take.
type Limits struct {
	Sessions  int           // at once
	Strangers int           // connections at once that have not signed in
	SignIn    time.Duration // how long signing in may take
	Stall     time.Duration // how long a peer may take nothing
	Large     int           // bytes of memory for large messages, all sessions together
	Recheck   time.Duration // how often logins and the database's check are looked at again
	Pause     time.Duration // how long a batch waits for another row
}

// DefaultLimits are for a server that has a gigabyte for the port.
var DefaultLimits = Limits{
	Sessions: 1000, Strangers: 1024, SignIn: 10 * time.Second, Stall: 5 * time.Minute,
	Large: 256 << 20, Recheck: 2 * time.Second, Pause: 5 * time.Millisecond,
}

// Port answers PostgreSQL clients. It is safe for concurrent use.
type Port struct {
	Config
	key      []byte      // of the decoys of this process
	tls      *tls.Config // nil: without TLS, for listeners on this machine only
	endPoint []byte      // what TLS channels are bound to
	ration   ration
	waiting  chan struct{} // holds one for each connection that signs in
	count    *counters

	mu       sync.Mutex
	sessions map[uint32]*session // by the process id we tell clients
	backends map[uint32]bool     // the database's processes that serve them
	closed   bool
	conns    sync.WaitGroup
}

// New makes a port.
func New(c Config) (*Port, error) {
	p := &Port{
		Config: c, key: make([]byte, 32), sessions: map[uint32]*session{}, backends: map[uint32]bool{},
		waiting: make(chan struct{}, c.Limits.Strangers), count: newCounters(),
	}
	p.ration.left.Store(int64(c.Limits.Large))
	if _, err := io.ReadFull(c.Rand, p.key); err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return p, nil
}

// Secure makes the port speak TLS only; it is called before Serve. The first
// certificate is the server's.
func (p *Port) Secure(c *tls.Config) error {
	leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	if err != nil {
		return fault.New(fault.Invalid, "pg-certificate", "")
	}
	p.tls, p.endPoint = c, endPoint(leaf)
	return nil
}

// Serve answers on l until ctx ends; then every session is ended.
func (p *Port) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer p.conns.Wait()
	defer p.endAll(problem{severity: fatal, state: "57P01", id: "pg-stopping"})
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	p.conns.Add(1)
	go func() {
		defer p.conns.Done()
		p.watch(ctx)
	}()
	for {
		c, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fault.New(fault.Unavailable, "unavailable", "listener")
		case err != nil: // no file left for a connection: the next may find one
			p.rest(ctx)
			continue
		}
		p.conns.Add(1)
		go func() {
			defer p.conns.Done()
			p.meet(ctx, c)
		}()
	}
}

// rest waits a little.
func (p *Port) rest(ctx context.Context) {
	t := time.NewTimer(p.Limits.Pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// meet takes a connection through its start, and on to its session.
func (p *Port) meet(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer func() { // a defect ends this session and no other; its text may hold anything
		if recover() != nil {
			p.count.defects.Inc()
		}
	}()
	select {
	case p.waiting <- struct{}{}:
	default:
		_ = c.SetWriteDeadline(p.Clock().Add(time.Second))
		_, _ = c.Write(problem{severity: fatal, state: "53300", id: "pg-sessions"}.bytes())
		return
	}
	s, err := p.greet(ctx, c)
	<-p.waiting
	if err != nil || s == nil {
		return
	}
	s.run()
}

// admit gives a session its number, which clients cancel by.
func (p *Port) admit(s *session) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.sessions) >= p.Limits.Sessions {
		return problem{severity: fatal, state: "53300", id: "pg-sessions"}
	}
	for {
		var b [8]byte
		if _, err := io.ReadFull(p.Rand, b[:]); err != nil {
			return problemOf(fatal, fault.New(fault.Unavailable, "unavailable", "randomness"))
		}
		s.pid = (uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])) >> 1
		s.secret = [4]byte(b[4:])
		if _, taken := p.sessions[s.pid]; !taken && s.pid != 0 {
			p.sessions[s.pid] = s
			p.backends[s.db.hijacked.PID] = true
			return nil
		}
	}
}

func (p *Port) forget(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions[s.pid] == s {
		delete(p.sessions, s.pid)
		delete(p.backends, s.db.hijacked.PID)
	}
}

// serves reports whether a process of the database serves one of our sessions.
func (p *Port) serves(backend uint32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.backends[backend]
}

func (p *Port) all() []*session {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*session, 0, len(p.sessions))
	for _, s := range p.sessions {
		all = append(all, s)
	}
	return all
}

func (p *Port) endAll(why problem) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, s := range p.all() {
		s.end(why)
	}
}

// watch looks again, while sessions last, whether they still may.
func (p *Port) watch(ctx context.Context) {
	t := time.NewTicker(p.Limits.Recheck)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		serving := p.Door.Serving(ctx) == nil
		for _, s := range p.all() {
			if !serving {
				s.end(problem{severity: fatal, state: "57P01", id: "pg-check"})
				continue
			}
			if why, over := p.over(ctx, s); over {
				s.end(why)
			}
		}
	}
}

// over says whether a session's login has ended. A store that does not answer ends
// no session: it shows nothing either.
func (p *Port) over(ctx context.Context, s *session) (problem, bool) {
	last := s.current()
	if !p.Clock().Before(last.Until) {
		return problem{severity: fatal, state: "57P01", id: "pg-login-over"}, true
	}
	l, ok, err := p.Door.Login(ctx, last.User, last.Source)
	if err == nil && (!ok || l.ID != last.ID) {
		return problem{severity: fatal, state: "57P01", id: "pg-login-ended"}, true
	}
	if err == nil {
		s.login.Store(&l)
	}
	return problem{}, false
}

// Error lets a problem travel as an error.
func (p problem) Error() string { return "pgwire: " + p.id }

func (p *Port) newID() (id pii.RequestID, err error) {
	_, err = io.ReadFull(p.Rand, id[:])
	return id, err
}
