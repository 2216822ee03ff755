package authn

import (
	"bytes"
	"runtime"
	"sync"
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

// CountComparisons lets the tests count how many guesses are compared with a password
// that is somebody's; the hash is a quick one, and the first waits until so many guesses
// are in line.
func (a *Authn) CountComparisons(atOnce int) (count func() int) {
	var n atomic.Int64
	var first sync.Once
	a.passwords.kdf = func(_, salt []byte) []byte {
		first.Do(func() {
			for len(a.passwords.line) < atOnce {
				runtime.Gosched()
			}
		})
		if !bytes.Equal(salt, make([]byte, argonSalt)) {
			n.Add(1)
		}
		return make([]byte, argonKey)
	}
	return func() int { return int(n.Load()) }
}
