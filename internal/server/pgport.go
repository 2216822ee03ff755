package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"net"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pgwire"
	"github.com/goldbell/goldbell/internal/pii"
)

// PortOptions say where the PostgreSQL port listens. Without a certificate it listens
// on this machine only.
type PortOptions struct {
	Listen      string // TCP address; empty: no port
	Certificate string // PEM file with the server's certificate and those above it
	Key         string // PEM file with its key
	// Ready is called with the port's address when it answers.
	Ready func(addr string)
}

// portDoor is the path as the PostgreSQL port asks it.
type portDoor struct {
	postgres *postgres
	authn    *authn.Authn
	door     *door.Door
	network  func(prefix string) string // a pseudonym, so that entries hold no address
}

var _ pgwire.Door = portDoor{}

// Enrolled implements [pgwire.Door].
func (p portDoor) Enrolled(ctx context.Context, l pgwire.Login, again bool) (pgwire.Enrolled, error) {
	p.postgres.mu.Lock()
	roles := p.postgres.roles
	p.postgres.mu.Unlock()
	if roles.Reader == "" {
		return pgwire.Enrolled{}, fault.New(fault.Unavailable, "pg-no-database", "")
	}
	who := l.Principal.Person.ID
	if err := p.postgres.source.Enter(ctx, roles, who, again); err != nil {
		return pgwire.Enrolled{}, err
	}
	return pgwire.Enrolled{DSN: roles.PersonDSN(who), Database: roles.Database, Tables: p.postgres.tables.Load()}, nil
}

// Serving implements [pgwire.Door].
func (p portDoor) Serving(ctx context.Context) error { return p.postgres.Serving(ctx) }

// Login implements [pgwire.Door].
func (p portDoor) Login(ctx context.Context, user, source string) (pgwire.Login, bool, error) {
	l, who, ok, err := p.authn.DatabaseLogin(ctx, user)
	if err != nil || !ok {
		return pgwire.Login{}, false, err
	}
	who.Network = p.network(httpapi.PrefixOf(source))
	out := pgwire.Login{
		ID: l.MadeAt.String(), User: l.Name, Source: source, Principal: who, Purpose: l.Purpose, Work: l.Work, Form: l.Form,
		Until: l.Until, Certificate: l.Certificate,
	}
	if l.Verifier.Iterations > 0 {
		out.Secret = &l.Verifier
	}
	return out, true, nil
}

// Failed implements [pgwire.Door].
func (p portDoor) Failed(ctx context.Context, source string) { p.authn.Failed(ctx, source) }

// Release implements [pgwire.Door].
func (p portDoor) Release(ctx context.Context, l pgwire.Login, b enrolment.Batch) (answers []enrolment.Answer, err error) {
	err = p.anew(ctx, l, func(who party.Principal) error {
		r, err := p.door.Release(ctx, door.Session{Principal: who, Purpose: l.Purpose, Work: l.Work, Form: l.Form}, b)
		answers = r.Answers
		return err
	})
	return answers, err
}

// Lookup implements [pgwire.Door].
func (p portDoor) Lookup(ctx context.Context, l pgwire.Login, q pgwire.Lookup) (found [][]string, err error) {
	var keys [][]string
	err = p.anew(ctx, l, func(who party.Principal) (err error) {
		s := door.Session{Principal: who, Purpose: l.Purpose, Work: l.Work, Form: l.Form}
		keys, err = p.door.FindRows(ctx, s, q.Table, q.Column, q.Values)
		return err
	})
	if err != nil {
		return nil, err
	}
	found = make([][]string, len(keys))
	for i, of := range keys {
		for _, key := range of {
			found[i] = append(found[i], enrolment.Placeholder{Enrolment: q.Table.ID, Tag: q.Column.Tag, Subject: key}.String())
		}
	}
	return found, nil
}

// anew asks for the principal of a login, and, if something about him changed since he
// was read, once more for him as he is now. One who may no longer is told so.
func (p portDoor) anew(ctx context.Context, l pgwire.Login, ask func(party.Principal) error) error {
	err := ask(l.Principal)
	if !fault.IsID(err, "stale") {
		return err
	}
	now, ok, err := p.Login(ctx, l.User, l.Source)
	if err != nil {
		return err
	}
	if !ok || now.ID != l.ID {
		return fault.New(fault.Denied, "pg-login-ended", "")
	}
	return ask(now.Principal)
}

// Postgres is the company's own database, as its operators see it.
func (s *Server) Postgres() httpapi.Postgres { return s.postgres }

// Port is the PostgreSQL port; it answers while the server is served.
func (s *Server) Port() *pgwire.Port { return s.port }

// openPort makes the PostgreSQL port; it answers when it is served.
func (s *Server) openPort(context.Context) (err error) {
	s.port, err = pgwire.New(pgwire.Config{
		Door: portDoor{s.postgres, s.authn, s.door, s.network}, Parser: pgwire.Words{}, Clock: s.clock, Rand: rand.Reader, Limits: pgwire.DefaultLimits,
	})
	return err
}

// servePort answers PostgreSQL clients until ctx ends; the function it returns ends
// what is left of them and waits.
func (s *Server) servePort(ctx context.Context, o PortOptions, failed chan<- error) (end func(), err error) {
	if o.Listen == "" {
		return func() {}, nil
	}
	l, err := s.listenPort(o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.port.Serve(ctx, l); err != nil {
			failed <- err
		}
	}()
	if o.Ready != nil {
		o.Ready(l.Addr().String())
	}
	return func() { cancel(); <-done }, nil
}

// listenPort opens the port's listener.
func (s *Server) listenPort(o PortOptions) (net.Listener, error) {
	if o.Certificate == "" && !onThisMachine(o.Listen) {
		return nil, fault.New(fault.Invalid, "pg-needs-tls", "--pg-listen")
	}
	if o.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.Certificate, o.Key)
		if err != nil { // its text may name what is in the files
			return nil, fault.New(fault.Invalid, "pg-certificate", "--pg-cert")
		}
		// A client's certificate is recognised by its key, which stands in the login.
		config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, Time: s.clock}
		if err := s.port.Secure(config); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "address-in-use", "--pg-listen")
	}
	return l, nil
}

func onThisMachine(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// portView is the port as its operators see it.
type portView struct{ port *pgwire.Port }

// Sessions implements [httpapi.PortSessions].
func (v portView) Sessions() []httpapi.PortSession {
	all := v.port.Sessions()
	out := make([]httpapi.PortSession, len(all))
	for i, s := range all {
		out[i] = httpapi.PortSession{
			ID: s.ID.String(), Person: string(s.Person), Purpose: string(s.Purpose), WorkItem: s.Work.String(), Since: s.Since, Active: s.Active,
			Statements: s.Statements, Rows: s.Rows, Shown: s.Shown, Refused: s.Refused, Lookups: s.Lookups, Subjects: s.Subjects,
			Waited: s.Waited.Seconds(), Half: s.Half.Seconds(), Most: s.Most.Seconds(),
		}
	}
	return out
}

// End implements [httpapi.PortSessions].
func (v portView) End(id pii.RequestID) error { return v.port.Kill(id) }
