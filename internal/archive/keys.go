package archive

import (
	"bytes"
	"strings"

	"filippo.io/age"

	"github.com/goldbell/goldbell/internal/fault"
)

// Recipients reads recipient keys, one per line: age1… (X25519) or age1pq1…
// (hybrid, which a quantum computer does not open either).
func Recipients(text string) ([]age.Recipient, error) {
	all, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil || len(all) == 0 {
		return nil, fault.New(fault.Invalid, "bad-recipient", "--recipient")
	}
	return all, nil
}

// Identities reads the secret keys that open a backup, one per line.
func Identities(text []byte) ([]age.Identity, error) {
	all, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(all) == 0 {
		return nil, fault.New(fault.Invalid, "bad-identity", "--identity")
	}
	return all, nil
}

// NewIdentity makes a hybrid key pair as text: the secret to keep, and the
// recipient to encrypt to. The library takes its randomness from the system.
func NewIdentity() (secret, recipient string, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", "", fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return id.String() + "\n", id.Recipient().String() + "\n", nil
}
