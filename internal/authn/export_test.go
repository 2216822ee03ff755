package authn

import (
	"bytes"
	"sync/atomic"
)

// CodeHash lets the tests hash a code as it was typed.
func CodeHash(typed string) []byte { return codeHash(typed) }

// CountHashes lets the tests count how many passwords are hashed from now on.
func (a *Authn) CountHashes() (count func() int) {
	n, kdf := 0, a.passwords.kdf
	a.passwords.kdf = func(password, salt []byte) []byte { n++; return kdf(password, salt) }
	return func() int { return n }
}

// CountComparisons lets the tests count with how many passwords a guess is compared that
// are somebody's; the hash is a quick one.
func (a *Authn) CountComparisons() (count func() int) {
	var n atomic.Int64
	a.passwords.kdf = func(_, salt []byte) []byte {
		if !bytes.Equal(salt, make([]byte, argonSalt)) {
			n.Add(1)
		}
		return make([]byte, argonKey)
	}
	return func() int { return int(n.Load()) }
}
