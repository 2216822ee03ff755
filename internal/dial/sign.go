package dial

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader authenticates a request to the switch:
//
//	Goldbell-Signature: 1732176000,6f1c…,9b77…
//
// which is the time in Unix seconds, a nonce of 16 bytes and an HMAC-SHA256, both
// in lower-case hexadecimal. The HMAC is over these lines, each ended by "\n":
//
//	goldbell-switch-1
//	METHOD
//	PATH
//	time, as in the header
//	nonce, as in the header
//	SHA-256 of the body, in hexadecimal
//
// Whoever receives it refuses a time more than a minute off and a nonce it saw
// within the last two.
const SignatureHeader = "Goldbell-Signature"

// MinKey is the least length of a signing key, in bytes.
const MinKey = 32

// Signed is what a signature says, apart from the request.
type Signed struct {
	At    time.Time // whole seconds
	Nonce [16]byte
}

// Sign returns the header of a request.
func (s Signed) Sign(key []byte, method, path string, body []byte) string {
	at, nonce := strconv.FormatInt(s.At.Unix(), 10), hex.EncodeToString(s.Nonce[:])
	return at + "," + nonce + "," + hex.EncodeToString(requestMAC(key, method, path, at, nonce, body))
}

// CheckSignature reports whether the header is that of the request, and what it
// says. Whether its time and nonce are fresh is for the caller.
func CheckSignature(key []byte, header, method, path string, body []byte) (s Signed, ok bool) {
	at, rest, _ := strings.Cut(header, ",")
	nonce, mac, _ := strings.Cut(rest, ",")
	given, err := hex.DecodeString(mac)
	if err != nil || !hmac.Equal(given, requestMAC(key, method, path, at, nonce, body)) {
		return Signed{}, false
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return Signed{}, false
	}
	if n, err := hex.Decode(s.Nonce[:], []byte(nonce[:min(len(nonce), 32)])); err != nil || n != 16 || len(nonce) != 32 {
		return Signed{}, false
	}
	s.At = time.Unix(seconds, 0).UTC()
	return s, true
}

func requestMAC(key []byte, method, path, at, nonce string, body []byte) []byte {
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, key)
	h.Write([]byte("goldbell-switch-1\n" + method + "\n" + path + "\n" + at + "\n" + nonce + "\n" + hex.EncodeToString(digest[:]) + "\n"))
	return h.Sum(nil)
}
