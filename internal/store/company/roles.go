package company

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
)

// Roles are the two roles of an enrolled database, with their passwords. They are kept
// sealed.
type Roles struct {
	Database       string `json:"database"`
	DSN            string `json:"dsn"` // without user and password
	Reader         string `json:"reader"`
	ReaderPassword string `json:"reader_password"` // what the passwords of persons' roles are made of
	Source         string `json:"source"`
	SourcePassword string `json:"source_password"`
}

func newRoles(rand io.Reader, database string) (Roles, error) {
	var raw [4 + 24 + 24]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return Roles{}, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	end := hex.EncodeToString(raw[:4])
	return Roles{
		Database: database, Reader: enrolment.ReaderRole + end, Source: enrolment.SourceRole + end,
		ReaderPassword: base64.RawURLEncoding.EncodeToString(raw[4:28]), SourcePassword: base64.RawURLEncoding.EncodeToString(raw[28:]),
	}, nil
}

// iterations of SCRAM: the passwords are random, so more would protect nothing.
const iterations = 4096

// scramVerifier is a password as PostgreSQL stores it: the password itself is in no
// statement, and so in no log.
func scramVerifier(rand io.Reader, password string) (string, error) {
	var salt [16]byte
	if _, err := io.ReadFull(rand, salt[:]); err != nil {
		return "", fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt[:], iterations, sha256.Size)
	if err != nil {
		return "", fault.New(fault.Internal, "internal", "pbkdf2")
	}
	mac := func(text string) []byte {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return "SCRAM-SHA-256$4096:" + b64(salt[:]) + "$" + b64(stored[:]) + ":" + b64(mac("Server Key")), nil
}
