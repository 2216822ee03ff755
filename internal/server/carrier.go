package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"os"
	"time"

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

// secret reads a shared secret: hexadecimal, in a file only its owner can read.
func secret(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-switch", "switch.secret")
	}
	return key, nil
}
