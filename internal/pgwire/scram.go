package pgwire

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/enrolment"
)

// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677,
// RFC 5929). Passwords are made by us of printable ASCII, so nothing has to be
// prepared (SASLprep) on our side; clients that prepare get the same bytes.

const (
	mechanism      = "SCRAM-SHA-256"
	mechanismBound = "SCRAM-SHA-256-PLUS"
	// Iterations is how often a password is hashed. It is as PostgreSQL's: passwords
	// are random and long, the count only has to please clients.
	Iterations = 4096
)

var errScram = errors.New("pgwire: the client did not prove the password")

// NewSecret makes what is kept of a password.
func NewSecret(password string, salt []byte, iterations int) (*enrolment.Verifier, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return nil, err
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	return &enrolment.Verifier{Iterations: iterations, Salt: salt, StoredKey: stored[:], ServerKey: mac(salted, "Server Key")}, nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, text)
	return h.Sum(nil)
}

// decoy is the secret of a user name that may not sign in: the same for a name each
// time it is asked, so that nothing tells it from a real one.
func decoy(key []byte, user string) *enrolment.Verifier {
	return &enrolment.Verifier{
		Iterations: Iterations, Salt: mac(key, "salt "+user)[:16],
		StoredKey: mac(key, "stored "+user), ServerKey: mac(key, "server "+user),
	}
}

// exchange is one client's proof under way.
type exchange struct {
	secret  *enrolment.Verifier
	binding []byte // what the channel is bound to; nil: the channel cannot be
	bound   bool   // the client chose the bound mechanism
	rand    io.Reader

	gs2   string // the client's word about channel binding
	first string // client-first-message-bare
	reply string // server-first-message
	nonce string
}

// begin reads the client's first message and answers it.
func (x *exchange) begin(clientFirst string) (string, error) {
	flag, rest, ok := strings.Cut(clientFirst, ",")
	if !ok {
		return "", errScram
	}
	authz, bare, ok := strings.Cut(rest, ",")
	if !ok || authz != "" && !strings.HasPrefix(authz, "a=") {
		return "", errScram
	}
	switch {
	case x.bound && flag == "p=tls-server-end-point" && x.binding != nil:
	case !x.bound && flag == "n":
	case !x.bound && flag == "y" && x.binding == nil: // it could, and we cannot
	default: // also: somebody between us took the bound mechanism off our list
		return "", errScram
	}
	x.gs2, x.first = flag+","+authz+",", bare
	attributes := strings.Split(bare, ",")
	if len(attributes) < 2 || !strings.HasPrefix(attributes[0], "n=") || !strings.HasPrefix(attributes[1], "r=") || len(attributes[1]) < 10 {
		return "", errScram
	}
	own := make([]byte, 18)
	if _, err := io.ReadFull(x.rand, own); err != nil {
		return "", err
	}
	x.nonce = attributes[1][2:] + base64.StdEncoding.EncodeToString(own)
	x.reply = "r=" + x.nonce + ",s=" + base64.StdEncoding.EncodeToString(x.secret.Salt) + ",i=" + strconv.Itoa(x.secret.Iterations)
	return x.reply, nil
}

// finish checks the client's proof and gives ours.
func (x *exchange) finish(clientFinal string) (string, error) {
	without, proof64, ok := cutLast(clientFinal, ",p=")
	if !ok {
		return "", errScram
	}
	proof, err := base64.StdEncoding.DecodeString(proof64)
	if err != nil || len(proof) != sha256.Size {
		return "", errScram
	}
	attributes := strings.Split(without, ",")
	if len(attributes) != 2 || attributes[1] != "r="+x.nonce {
		return "", errScram
	}
	channel, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(attributes[0], "c="))
	if err != nil || !strings.HasPrefix(attributes[0], "c=") || !bytes.Equal(channel, x.channel()) {
		return "", errScram
	}
	auth := x.first + "," + x.reply + "," + without
	key := mac(x.secret.StoredKey, auth)
	subtle.XORBytes(key, key, proof)
	stored := sha256.Sum256(key)
	if !hmac.Equal(stored[:], x.secret.StoredKey) {
		return "", errScram
	}
	return "v=" + base64.StdEncoding.EncodeToString(mac(x.secret.ServerKey, auth)), nil
}

func (x *exchange) channel() []byte {
	if x.bound {
		return append([]byte(x.gs2), x.binding...)
	}
	return []byte(x.gs2)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+len(sep):], true
}

// endPoint is what a TLS channel with this certificate is bound to; nil if the
// certificate's signature names no hash.
func endPoint(c *x509.Certificate) []byte {
	var h hash.Hash
	switch c.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.ECDSAWithSHA256, x509.SHA256WithRSAPSS, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.MD5WithRSA:
		h = sha256.New()
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		h = sha512.New384()
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		h = sha512.New()
	default:
		return nil
	}
	_, _ = h.Write(c.Raw)
	return h.Sum(nil)
}
