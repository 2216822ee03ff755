// Package courier delivers messages to people outside: by mail through the
// company's SMTP server, by SMS through a signed request to its provider.
//
// Its one invariant: a number or address goes to the provider and nowhere else; no
// error and no log line holds it, or the text. Whether a message may be sent, and
// its entry, are the business of who sends it. Mail and SMS providers see contacts:
// they are recipients of kind entrusted.
package courier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// Courier sends through what is set up. It implements [casework.Courier].
type Courier struct {
	Mail *Mail // nil: none
	SMS  *SMS  // nil: none
}

var _ casework.Courier = (*Courier)(nil)

// Carries implements [casework.Courier].
func (c *Courier) Carries(channel string) bool {
	return channel == casework.ByEmail && c.Mail != nil || channel == casework.BySMS && c.SMS != nil
}

// Send implements [casework.Courier].
func (c *Courier) Send(ctx context.Context, m casework.Message) error {
	switch {
	case !c.Carries(m.Channel):
		return fault.New(fault.Unavailable, "no-courier", "")
	case m.Channel == casework.ByEmail:
		return c.Mail.send(ctx, m)
	}
	return c.SMS.send(ctx, m)
}

// undelivered keeps of a provider's error only its class: its text quotes addresses.
func undelivered(class dial.Class) error { return fault.Wrap(fault.Unavailable, "undelivered", class) }

// SMS posts messages to the company's SMS provider; see [SMSBody].
type SMS struct{ Poster *dial.Poster }

// SMSBody is the body of a request to the SMS provider, signed like one to the
// switch ([dial.SignatureHeader]). A message id that was seen is not sent again; one
// that was not sent by Expires is dropped.
type SMSBody struct {
	MessageID pii.RequestID `json:"message_id"`
	To        string        `json:"to"`
	Text      string        `json:"text"`
}

func (s *SMS) send(ctx context.Context, m casework.Message) error {
	if _, err := s.Poster.Post(ctx, SMSBody{MessageID: m.ID, To: m.To.Reveal(), Text: m.Text.Reveal()}); err != nil {
		var class dial.Class
		if !errors.As(err, &class) {
			class = dial.Failed
		}
		return undelivered(class)
	}
	return nil
}

// MailConfig is what the connection to the company's SMTP server is made of. It is
// always encrypted.
type MailConfig struct {
	Host     string
	Port     int  // 0: 587, or 465 if Implicit
	Implicit bool // TLS from the first byte; otherwise STARTTLS, which must succeed
	User     string
	Password string // empty with an empty User: none is asked for
	From     string
	Roots    *x509.CertPool
	Clock    func() time.Time
}

// Mail sends through one SMTP server, one connection a message.
type Mail struct{ c MailConfig }

// NewMail makes a Mail. It connects at the first message.
func NewMail(c MailConfig) (*Mail, error) {
	m := &Mail{c: c}
	if c.Roots == nil || c.Clock == nil || (c.User == "") != (c.Password == "") {
		return nil, errors.New("courier: the mail settings are incomplete")
	}
	if _, err := m.client(); err != nil {
		return nil, errors.New("courier: the mail settings are wrong") // what is wrong may quote the password
	}
	if mail.NewMsg().From(c.From) != nil {
		return nil, errors.New("courier: the sender is no address")
	}
	return m, nil
}

const mailTime = 12 * time.Second

func (m *Mail) client() (*mail.Client, error) {
	port := m.c.Port
	if port == 0 {
		port = 587
		if m.c.Implicit {
			port = 465
		}
	}
	opts := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(mailTime), mail.WithHELO("localhost"), mail.WithTLSPolicy(mail.TLSMandatory),
		mail.WithTLSConfig(&tls.Config{RootCAs: m.c.Roots, ServerName: m.c.Host, MinVersion: tls.VersionTLS12}),
	}
	if m.c.Implicit {
		opts = append(opts, mail.WithSSL())
	}
	if m.c.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(m.c.User), mail.WithPassword(m.c.Password))
	}
	return mail.NewClient(m.c.Host, opts...)
}

func (m *Mail) send(ctx context.Context, msg casework.Message) error {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if letter.From(m.c.From) != nil || letter.To(msg.To.Reveal()) != nil {
		return undelivered(dial.Failed)
	}
	letter.Subject(msg.Subject)
	letter.SetDateWithValue(m.c.Clock())
	_, domain, _ := strings.Cut(m.c.From, "@")
	letter.SetMessageIDWithValue(hex.EncodeToString(msg.ID[:]) + "@" + strings.Trim(domain, "<> "))
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, msg.Text.Reveal())
	client, err := m.client()
	if err != nil {
		return undelivered(dial.Failed)
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return undelivered(classOf(ctx, err))
	}
	return nil
}

func classOf(ctx context.Context, err error) dial.Class {
	var verify *tls.CertificateVerificationError
	var refused *mail.SendError
	switch {
	case errors.As(err, &verify):
		return dial.Untrusted
	case ctx.Err() != nil:
		return dial.Late
	case errors.As(err, &refused):
		return dial.Refused
	}
	return dial.Unreachable
}
