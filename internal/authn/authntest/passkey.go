package authntest

import (
	"encoding/base64"
	"encoding/json"

	"github.com/descope/virtualwebauthn"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/party"
)

// Site is what authenticators take the console for.
var Site = virtualwebauthn.RelyingParty{ID: "localhost", Name: "Goldbell", Origin: "http://localhost:8470"}

// Key is an authenticator of somebody's: another implementation of WebAuthn than the
// one under test, holding one passkey.
type Key struct {
	Site          virtualwebauthn.RelyingParty
	Authenticator virtualwebauthn.Authenticator
	Credential    virtualwebauthn.Credential
}

// wholeKey is how long a public key is: the library leaves leading zeros out, which
// no authenticator does, once in a hundred keys.
const wholeKey = 77

// NewKey makes an authenticator that verifies its owner.
func NewKey() *Key {
	k := &Key{Site: Site, Authenticator: virtualwebauthn.NewAuthenticator()}
	for len(k.Credential.ID) == 0 || len(k.Credential.Key.AttestationData()) < wholeKey {
		k.Credential = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return k
}

// Create answers the options of an enrolment.
func (k *Key) Create(publicKey []byte) []byte {
	o, err := virtualwebauthn.ParseAttestationOptions(string(publicKey))
	if err != nil {
		panic(err)
	}
	var user struct{ User struct{ ID string } }
	if err := json.Unmarshal(publicKey, &user); err != nil {
		panic(err)
	}
	if k.Authenticator.Options.UserHandle, err = base64.RawURLEncoding.DecodeString(user.User.ID); err != nil {
		panic(err)
	}
	return []byte(virtualwebauthn.CreateAttestationResponse(k.Site, k.Authenticator, k.Credential, *o))
}

// Get answers the options of a sign-in or a step-up.
func (k *Key) Get(publicKey []byte) []byte {
	o, err := virtualwebauthn.ParseAssertionOptions(string(publicKey))
	if err != nil {
		panic(err)
	}
	k.Credential.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(k.Site, k.Authenticator, k.Credential, *o))
}

// EnrolKey gives a person who signed in with a code a passkey.
func (h *House) EnrolKey(by party.Principal, replace bool) *Key {
	h.T.Helper()
	o, err := h.Authn.BeginEnrolment(h.T.Context(), by, replace)
	h.must(err)
	k := NewKey()
	_, err = h.Authn.Enrol(h.T.Context(), by, authn.Answer{Ceremony: o.Ceremony, Credential: k.Create(h.JSON(o.PublicKey))}, "192.0.2.7")
	h.must(err)
	return k
}

// Answered is a key's answer to the options of a sign-in or a step-up.
func (h *House) Answered(k *Key, o authn.Options, err error) authn.Answer {
	h.T.Helper()
	h.must(err)
	return authn.Answer{Ceremony: o.Ceremony, Credential: k.Get(h.JSON(o.PublicKey))}
}

// JSON encodes what is sent to a browser.
func (h *House) JSON(v any) []byte {
	h.T.Helper()
	b, err := json.Marshal(v)
	h.must(err)
	return b
}
