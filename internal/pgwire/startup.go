package pgwire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// Codes that stand in place of a protocol version.
const (
	codeCancel = 80877102
	codeTLS    = 80877103
	codeGSS    = 80877104
	version3   = 3 << 16
)

const maxStartup = 10_000

// hello is a start-up message.
type hello struct {
	user, database string
	settings       map[string]string // for the database
}

// greet takes a connection from its first byte to a session that is signed in. It
// has answered the client itself if there is none.
func (p *Port) greet(ctx context.Context, c net.Conn) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Limits.SignIn)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(p.Clock()) })
	defer stop()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: keepIdle, Interval: keepIdle, Count: 4})
	}
	s, conn, err := p.start(ctx, c)
	if conn != nil {
		c = conn // TLS
	}
	if why := (problem{}); errors.As(err, &why) {
		p.count.refused.WithLabelValues(why.id).Inc()
		_ = c.SetWriteDeadline(p.Clock().Add(p.Limits.SignIn))
		_, _ = c.Write(why.bytes())
	}
	if err == nil && s != nil && !stop() {
		s.close()
		return nil, context.Cause(ctx)
	}
	return s, err
}

func (p *Port) start(ctx context.Context, c net.Conn) (*session, net.Conn, error) {
	code, body, err := startPacket(c)
	for tries := 0; err == nil && (code == codeTLS || code == codeGSS); tries++ {
		if tries == 2 {
			return nil, c, errMalformed
		}
		if c, err = p.negotiate(ctx, c, code); err != nil {
			return nil, c, err
		}
		code, body, err = startPacket(c)
	}
	if err != nil {
		return nil, c, err
	}
	if code == codeCancel {
		p.cancel(ctx, body)
		return nil, c, nil
	}
	s, err := p.signIn(ctx, c, code, body)
	return s, c, err
}

// startPacket reads a message of the start, which has no type.
func startPacket(c net.Conn) (code uint32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 8 || n > maxStartup {
		return 0, nil, errMalformed
	}
	body = make([]byte, n-8)
	_, err = io.ReadFull(c, body)
	return binary.BigEndian.Uint32(head[4:]), body, err
}

// negotiate answers the wish for TLS. Nothing the client may have sent early is in
// a buffer of ours, so nothing sent in the clear is taken for part of the channel.
func (p *Port) negotiate(ctx context.Context, c net.Conn, code uint32) (net.Conn, error) {
	if _, already := c.(*tls.Conn); already {
		return c, errMalformed
	}
	if code == codeGSS || p.tls == nil {
		_, err := c.Write([]byte{'N'})
		return c, err
	}
	if _, err := c.Write([]byte{'S'}); err != nil {
		return c, err
	}
	secure := tls.Server(c, p.tls)
	return secure, secure.HandshakeContext(ctx)
}

// signIn reads who wants to sign in, lets him prove it, and connects him.
func (p *Port) signIn(ctx context.Context, c net.Conn, code uint32, body []byte) (*session, error) {
	if code>>16 != 3 {
		return nil, problem{severity: fatal, state: "0A000", id: "pg-protocol"}
	}
	channel, secure := c.(*tls.Conn)
	if p.tls != nil && !secure {
		return nil, problem{severity: fatal, state: "28000", id: "pg-tls"}
	}
	h, unknown, err := readHello(body)
	if err != nil {
		return nil, err
	}
	if code != version3 || len(unknown) > 0 {
		if err := offerVersion(c, unknown); err != nil {
			return nil, err
		}
	}
	if err := p.Door.Serving(ctx); err != nil {
		return nil, problem{severity: fatal, state: "57P03", id: "pg-check"}
	}
	login, err := p.prove(ctx, c, channel, h.user)
	if err != nil {
		return nil, err
	}
	return p.open(ctx, c, h, login)
}

// allowed are the settings a client may start with, besides user and database.
var allowed = map[string]string{
	"application_name": "application_name", "datestyle": "DateStyle", "timezone": "TimeZone",
	"intervalstyle": "IntervalStyle", "extra_float_digits": "extra_float_digits", "bytea_output": "bytea_output",
}

// readHello reads the start-up parameters. Those of a later protocol version
// (_pq_.…) are returned to be refused by name.
func readHello(body []byte) (h hello, unknown []string, err error) {
	h.settings = map[string]string{}
	refused := problem{severity: fatal, state: "22023", id: "pg-startup"}
	for len(body) > 1 {
		name, rest, ok := text(body)
		value, rest, ok2 := text(rest)
		if !ok || !ok2 {
			return h, nil, errMalformed
		}
		body = rest
		lower := strings.ToLower(name)
		switch {
		case name == "user":
			h.user = value
		case name == "database":
			h.database = value
		case lower == "replication":
			if value != "" && !isFalse(value) {
				return h, nil, problem{severity: fatal, state: "0A000", id: "pg-replication"}
			}
		case lower == "client_encoding":
			if !isUTF8(value) {
				return h, nil, refused
			}
		case lower == "options":
			if strings.TrimSpace(value) != "" {
				return h, nil, refused
			}
		case strings.HasPrefix(name, "_pq_."):
			unknown = append(unknown, name)
		case allowed[lower] != "":
			h.settings[allowed[lower]] = value
		default:
			return h, nil, refused
		}
	}
	if len(body) != 1 || body[0] != 0 || h.user == "" {
		return h, nil, problem{severity: fatal, state: "08P01", id: "pg-protocol"}
	}
	return h, unknown, nil
}

func isFalse(v string) bool {
	switch strings.ToLower(v) {
	case "false", "off", "no", "0", "f", "n":
		return true
	}
	return false
}

// isUTF8 reports whether a client asks for UTF8, or for no conversion.
func isUTF8(v string) bool {
	v = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '\'' || r == '"' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(v))
	return v == "utf8" || v == "unicode" || v == "sqlascii"
}

// offerVersion tells a newer client that 3.0 is spoken here.
func offerVersion(c net.Conn, unknown []string) error {
	b := binary.BigEndian.AppendUint32(nil, version3)
	b = binary.BigEndian.AppendUint32(b, uint32(len(unknown)))
	for _, u := range unknown {
		b = append(b, cstring(u)...)
	}
	_, err := c.Write(message('v', b))
	return err
}

// Authentication requests.
const (
	authOK       = 0
	authSASL     = 10
	authContinue = 11
	authFinal    = 12
)

func authentication(code uint32, data []byte) []byte {
	return message('R', binary.BigEndian.AppendUint32(nil, code), data)
}

// prove lets the client prove that it may use a login. A name nobody has takes the
// same steps.
func (p *Port) prove(ctx context.Context, c net.Conn, channel *tls.Conn, user string) (Login, error) {
	wrong := problem{severity: fatal, state: "28P01", id: "pg-login"}
	login, ok, err := p.Door.Login(ctx, user, source(c))
	if err != nil {
		return Login{}, problemOf(fatal, err)
	}
	ok = ok && p.Clock().Before(login.Until) && (login.Secret != nil || len(login.Certificate) > 0)
	if ok && len(login.Certificate) > 0 {
		ok = bytes.Equal(presented(channel), login.Certificate)
	}
	if ok && login.Secret == nil {
		return login, nil
	}
	secret := login.Secret
	if !ok || secret == nil {
		secret = decoy(p.key, user)
	}
	if err := p.password(c, channel != nil, secret); !ok || err != nil {
		if err == nil || errors.Is(err, errScram) {
			p.Door.Failed(ctx, source(c))
			return Login{}, wrong
		}
		return Login{}, err
	}
	return login, nil
}

// presented is the SHA-256 of the public key of the client's certificate; TLS has
// proved that the client holds the private one.
func presented(channel *tls.Conn) []byte {
	if channel == nil {
		return nil
	}
	certificates := channel.ConnectionState().PeerCertificates
	if len(certificates) == 0 {
		return nil
	}
	sum := sha256.Sum256(certificates[0].RawSubjectPublicKeyInfo)
	return sum[:]
}

func source(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// password does the SCRAM exchange.
func (p *Port) password(c net.Conn, secure bool, secret *enrolment.Verifier) error {
	x := &exchange{secret: secret, rand: p.Rand}
	offer := append(cstring(mechanism), 0)
	if secure && p.endPoint != nil {
		x.binding = p.endPoint
		offer = append(cstring(mechanismBound), offer...)
	}
	if _, err := c.Write(authentication(authSASL, offer)); err != nil {
		return err
	}
	body, err := passwordMessage(c)
	if err != nil {
		return err
	}
	name, rest, ok := text(body)
	if !ok || len(rest) < 4 || name != mechanism && name != mechanismBound {
		return errScram
	}
	x.bound = name == mechanismBound
	reply, err := x.begin(string(rest[4:]))
	if err != nil {
		return err
	}
	if _, err := c.Write(authentication(authContinue, []byte(reply))); err != nil {
		return err
	}
	if body, err = passwordMessage(c); err != nil {
		return err
	}
	if reply, err = x.finish(string(body)); err != nil {
		return err
	}
	_, err = c.Write(authentication(authFinal, []byte(reply)))
	return err
}

// passwordMessage reads a message of type p.
func passwordMessage(c net.Conn) ([]byte, error) {
	var head [header]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 'p' || n < 4 || n > 4096 {
		return nil, problem{severity: fatal, state: "08P01", id: "pg-protocol"}
	}
	body := make([]byte, n-4)
	_, err := io.ReadFull(c, body)
	return body, err
}

// open connects a login to the database and answers the client that it may ask.
func (p *Port) open(ctx context.Context, c net.Conn, h hello, login Login) (*session, error) {
	e, b, err := p.connect(ctx, h, login)
	if err != nil {
		return nil, err
	}
	s, err := newSession(p, c, b, login, e, h.settings["application_name"])
	if err != nil {
		_ = b.conn.Close()
		return nil, problemOf(fatal, err)
	}
	if err := p.admit(s); err != nil {
		s.close()
		return nil, err
	}
	if err := s.welcome(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// connect connects a login to the database. Its role may have been changed by who has
// it, so a failure is met by asking for it again.
func (p *Port) connect(ctx context.Context, h hello, login Login) (e Enrolled, b *backend, err error) {
	for _, again := range []bool{false, true} {
		if e, err = p.Door.Enrolled(ctx, login, again); err != nil {
			return e, nil, problemOf(fatal, fault.Wrap(fault.Unavailable, "pg-backend", err))
		}
		b, err = dial(ctx, e.DSN, h)
		if why := (problem{}); !errors.As(err, &why) || why.id != "pg-backend" {
			return e, b, err
		}
	}
	return e, nil, err
}
