package port

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// certificate makes a key and a certificate of its own for a name.
func certificate(t *testing.T, name string) (pair tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: text}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	if pair.Leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return pair, certFile, keyFile
}

// TestTLS: a port with a certificate takes nothing in the clear; passwords are bound to
// the channel; a login that names a client's certificate is its holder's alone.
func TestTLS(t *testing.T) {
	own, certFile, keyFile := certificate(t, "port.example.com")
	h := build(t, plans{customers: 5, tls: server.PortOptions{Certificate: certFile, Key: keyFile}})
	roots := x509.NewCertPool()
	roots.AddCert(own.Leaf)
	work := h.work(1, 5)
	try := func(dsn string, with ...tls.Certificate) error {
		config, err := pgx.ParseConfig(dsn)
		h.ok(err)
		config.TLSConfig = &tls.Config{RootCAs: roots, ServerName: "port.example.com", Certificates: with}
		c, err := pgx.ConnectConfig(context.Background(), config)
		if err != nil {
			return err
		}
		defer c.Close(context.Background())
		_, err = query(c, "SELECT phone FROM customer WHERE id = 2")
		return err
	}
	dsn := h.login(work, pii.Plain)
	if err := try(dsn); err != nil {
		t.Errorf("with a password: %v", err)
	}
	if err := try(dsn + "&channel_binding=require"); err != nil {
		t.Errorf("bound to the channel: %v", err)
	}
	if err := try(strings.Replace(dsn, ":", ":x", 2)); err == nil {
		t.Error("a wrong password is taken")
	}
	if _, err := pgx.Connect(context.Background(), dsn); err == nil || !strings.Contains(err.Error(), "pg-tls") {
		t.Errorf("in the clear: %v", err)
	}
	mine, _, _ := certificate(t, "a001")
	other, _, _ := certificate(t, "a001") // the same name, another key
	sum := sha256.Sum256(mine.Leaf.RawSubjectPublicKeyInfo)
	l, err := h.srv.Authn().IssueLogin(context.Background(), h.agent, authn.LoginAsk{Purpose: "telesales", Work: work, Form: pii.Plain, Certificate: sum[:]})
	h.ok(err)
	if l.Password != "" {
		t.Error("a password was made beside a certificate")
	}
	if err := try(h.with(l), mine); err != nil {
		t.Errorf("with the certificate: %v", err)
	}
	for name, with := range map[string][]tls.Certificate{"another's certificate": {other}, "no certificate": nil} {
		if err := try(h.with(l), with...); err == nil || !strings.Contains(err.Error(), "28P01") {
			t.Errorf("with %s: %v", name, err)
		}
	}
}
