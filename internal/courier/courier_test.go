package courier_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/courier"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/pii"
)

const (
	address = "canary.person@example.org"
	number  = "13900001111"
	text    = "口令 123456\nCode 123456"
)

// office is a real SMTP server that keeps what it is given.
type office struct {
	mu       sync.Mutex
	got      []string
	rcpt     []string
	refuse   bool
	tls      *tls.Config
	roots    *x509.CertPool
	port     int
	implicit bool
}

// certificate borrows the certificate of net/http's test server, which is for
// 127.0.0.1.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return &tls.Config{Certificates: srv.TLS.Certificates}, roots
}

func openOffice(t *testing.T, implicit bool) *office {
	o := &office{implicit: implicit}
	o.tls, o.roots = certificate(t)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{o: o}, nil }))
	s.Domain, s.TLSConfig, s.EnableSMTPUTF8 = "127.0.0.1", o.tls, true
	s.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.port = l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, o.tls)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return o
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	o  *office
	in bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "goldbell" || password != "secret" {
			return errors.New("wrong password")
		}
		s.in = true
		return nil
	}), nil
}
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	if s.o.refuse || !s.in {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox " + to}
	}
	s.o.rcpt = append(s.o.rcpt, to)
	return nil
}
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.o.mu.Lock()
	defer s.o.mu.Unlock()
	s.o.got = append(s.o.got, string(b))
	return err
}
func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

var at = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func (o *office) mail(t *testing.T, spoil func(*courier.MailConfig)) *courier.Courier {
	t.Helper()
	c := courier.MailConfig{
		Host: "127.0.0.1", Port: o.port, Implicit: o.implicit, User: "goldbell", Password: "secret",
		From: "投诉 <desk@firm.example>", Roots: o.roots, Clock: func() time.Time { return at },
	}
	if spoil != nil {
		spoil(&c)
	}
	m, err := courier.NewMail(c)
	if err != nil {
		t.Fatal(err)
	}
	return &courier.Courier{Mail: m}
}

func letter() casework.Message {
	return casework.Message{
		ID: pii.RequestID{1, 2}, Channel: casework.ByEmail, To: pii.NewValue(address), Subject: "投诉 · Complaint", Text: pii.NewValue(text),
	}
}

// A real SMTP server, over TLS both ways, gets the text and its one recipient.
func TestMail(t *testing.T) {
	for name, implicit := range map[string]bool{"starttls": false, "implicit": true} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t, implicit)
			if err := o.mail(t, nil).Send(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			if len(o.got) != 1 || len(o.rcpt) != 1 || o.rcpt[0] != address {
				t.Fatalf("%d letters to %d", len(o.got), len(o.rcpt))
			}
			m, err := mail.ReadMessage(strings.NewReader(o.got[0]))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			if err != nil || subject != "投诉 · Complaint" {
				t.Errorf("subject %q (%v)", subject, err)
			}
			body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
			if got := strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")); err != nil || got != text {
				t.Errorf("body %q (%v)", got, err)
			}
			if when, err := m.Header.Date(); err != nil || !when.Equal(at) {
				t.Errorf("date %v (%v)", when, err)
			}
		})
	}
}

// What goes wrong is told by its class, and quotes neither address nor text: the
// server's own words do.
func TestMailFailures(t *testing.T) {
	o := openOffice(t, false)
	for name, c := range map[string]struct {
		spoil  func(*courier.MailConfig)
		refuse bool
		want   string
	}{
		"refused":      {nil, true, "undelivered: " + dial.Refused.Error()},
		"bad password": {func(c *courier.MailConfig) { c.Password = "wrong" }, false, ""},
		"untrusted":    {func(c *courier.MailConfig) { c.Roots = x509.NewCertPool() }, false, "undelivered: " + dial.Untrusted.Error()},
		"nobody there": {func(c *courier.MailConfig) { c.Port = 1 }, false, "undelivered: " + dial.Unreachable.Error()},
	} {
		o.refuse = c.refuse
		err := o.mail(t, c.spoil).Send(t.Context(), letter())
		if err == nil || c.want != "" && err.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "123456")) {
			t.Errorf("%s: the error quotes the message", name)
		}
	}
	if len(o.got) != 0 {
		t.Error("a letter came through")
	}
	if _, err := courier.NewMail(courier.MailConfig{Host: "127.0.0.1", Roots: o.roots, Clock: time.Now, User: "u", From: "a@b.example"}); err == nil {
		t.Error("a user without a password is taken")
	}
}

// The SMS provider gets one signed request.
func TestSMS(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	var got courier.SMSBody
	signed, status := false, http.StatusOK
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, signed = dial.CheckSignature(key, r.Header.Get(dial.SignatureHeader), r.Method, r.URL.EscapedPath(), b)
		_ = json.Unmarshal(b, &got)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "{}")
	}))
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	p, err := dial.NewPoster(dial.HTTPSConfig{URL: srv.URL + "/sms", Roots: roots, Key: key, Clock: func() time.Time { return at }, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := &courier.Courier{SMS: &courier.SMS{Poster: p}}
	m := letter()
	m.Channel, m.To = casework.BySMS, pii.NewValue(number)
	if err := c.Send(t.Context(), m); err != nil || !signed || got.To != number || got.Text != text || got.MessageID != m.ID {
		t.Fatalf("signed %v, to whom it should be %v (%v)", signed, got.To == number, err)
	}
	status = http.StatusForbidden
	if err := c.Send(t.Context(), m); err == nil || strings.Contains(err.Error(), number) {
		t.Fatalf("a refusal is told as %v", err)
	}
	if err := c.Send(t.Context(), letter()); err == nil || c.Carries(casework.ByEmail) {
		t.Fatal("mail goes by SMS")
	}
	var _ casework.Courier = c
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Send(ended, m); err == nil {
		t.Fatal("sent after the caller gave up")
	}
}
