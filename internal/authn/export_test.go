package authn

// CodeHash lets the tests hash a code as it was typed.
func CodeHash(typed string) []byte { return codeHash(typed) }
