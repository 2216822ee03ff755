package authn

// CodeHash lets the tests hash a code as it was typed.
func CodeHash(typed string) []byte { return codeHash(typed) }

// CountHashes lets the tests count how many passwords are hashed from now on.
func (a *Authn) CountHashes() (count func() int) {
	n, kdf := 0, a.passwords.kdf
	a.passwords.kdf = func(password, salt []byte) []byte { n++; return kdf(password, salt) }
	return func() int { return n }
}
