package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"os"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/courier"
	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/fault"
)

// openDialer sets up the carrier, if the settings name a switch. Requests to the
// switch carry the machine's time, whatever clock the ledger runs on.
func (s *Server) openDialer(context.Context) error {
	sw := s.settings.Switch
	if sw == nil {
		return nil
	}
	roots, err := trusted(sw.Roots)
	if err != nil {
		return err
	}
	key, err := secret(sw.Secret)
	if err != nil {
		return err
	}
	carrier, err := dial.NewHTTPS(dial.HTTPSConfig{URL: sw.URL, Roots: roots, Key: key, Clock: time.Now, Rand: rand.Reader})
	if err != nil {
		return fault.New(fault.Invalid, "bad-switch", "switch")
	}
	s.dialer = &dial.Dialer{Door: s.door, Ledger: s.ledger, Carrier: carrier, Clock: time.Now, Rand: rand.Reader}
	return nil
}

// openCourier sets up mail and SMS, if the settings name them.
func (s *Server) openCourier() (casework.Courier, error) {
	set := s.settings.Courier
	if set == nil {
		return nil, nil
	}
	wrong := func(where string) error { return fault.New(fault.Invalid, "bad-courier", where) }
	c := &courier.Courier{}
	if m := set.Mail; m != nil {
		roots, err := trusted(m.Roots)
		if err != nil {
			return nil, wrong("courier.mail.roots")
		}
		password := ""
		if m.Password != "" {
			text, err := private(m.Password)
			if err != nil {
				return nil, wrong("courier.mail.password")
			}
			password = string(text)
		}
		if c.Mail, err = courier.NewMail(courier.MailConfig{
			Host: m.Host, Port: m.Port, Implicit: m.Implicit, User: m.User, Password: password, From: m.From, Roots: roots, Clock: time.Now,
		}); err != nil {
			return nil, wrong("courier.mail")
		}
	}
	if sms := set.SMS; sms != nil {
		roots, err := trusted(sms.Roots)
		if err != nil {
			return nil, wrong("courier.sms.roots")
		}
		key, err := secret(sms.Secret)
		if err != nil {
			return nil, wrong("courier.sms.secret")
		}
		p, err := dial.NewPoster(dial.HTTPSConfig{URL: sms.URL, Roots: roots, Key: key, Clock: time.Now, Rand: rand.Reader})
		if err != nil {
			return nil, wrong("courier.sms")
		}
		c.SMS = &courier.SMS{Poster: p}
	}
	return c, nil
}

func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fault.New(fault.Unavailable, "bad-switch", "switch.roots")
		}
		return pool, nil
	}
	pem, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.roots")
	}
	return pool, nil
}

// private reads a file only its owner can read, without the line's end.
func private(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	return bytes.TrimSpace(text), nil
}

// secret reads a shared secret: hexadecimal, in a file only its owner can read.
func secret(file string) ([]byte, error) {
	text, err := private(file)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(string(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	return key, nil
}
