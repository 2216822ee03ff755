package authn

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Token is an access token or a session: only its hash is stored.
type Token struct {
	Hash      []byte       `json:"hash"` // SHA-256 of the secret
	Person    pii.PersonID `json:"person"`
	Scope     string       `json:"scope"` // a service's; empty for a person's session
	How       How          `json:"how"`   // how the session was opened; empty for a service's
	Agent     []byte       `json:"agent"` // of a session in a cookie: digest of its browser's name; nil: a bearer's
	MadeAt    time.Time    `json:"made_at"`
	Until     time.Time    `json:"until"`
	StepUp    time.Time    `json:"step_up"` // when she last proved herself afresh in this session; zero: never
	Ended     bool         `json:"ended"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (t *Token) StampRow() (string, []byte) { return "token", canonical(t) }

// RowKey implements [pii.Keyed].
func (t *Token) RowKey() string { return hex.EncodeToString(t.Hash) }

// How says how a session was opened.
type How string

const (
	ByCode     How = "code"     // a one-time code
	ByPasskey  How = "passkey"  // a passkey that verified its owner
	ByPassword How = "password" // a password, and a passkey beside it
	ByOIDC     How = "oidc"     // the company's identity provider
)

// Code is a person's current one-time code; using it replaces it.
type Code struct {
	Person    pii.PersonID `json:"person"`
	Hash      []byte       `json:"hash"` // SHA-256 of the code
	Until     time.Time    `json:"until"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Code) StampRow() (string, []byte) { return "code", canonical(c) }

// RowKey implements [pii.Keyed].
func (c *Code) RowKey() string { return string(c.Person) }

// TokenPut inserts or replaces a token by its hash. CodePut replaces a person's
// code: Was is the hash of the code it replaces, nil if she had none; if another
// hash is stored the effect fails with ErrCodeUsed and the entry is not written.
type (
	TokenPut struct{ *Token }
	CodePut  struct {
		*Code
		Was []byte
	}
)

// ErrCodeUsed says that the code is no longer the one its bearer was asked for.
var ErrCodeUsed = fault.New(fault.Denied, "bad-code", "code")

// Store keeps credentials. [TokenPut] and [CodePut] are effects.
type Store interface {
	// Token reads a token by its hash, with its person and organisation.
	Token(ctx context.Context, hash []byte) (Token, party.Person, party.Org, bool, error)
	// CodeByHash reads a code by its hash.
	CodeByHash(ctx context.Context, hash []byte) (Code, bool, error)
	// Sessions lists a person's sessions that were not ended and are not over at now,
	// oldest first.
	Sessions(ctx context.Context, person pii.PersonID, now time.Time) ([]Token, error)
	// CodeOf reads a person's current code.
	CodeOf(ctx context.Context, person pii.PersonID) (Code, bool, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("authn: a row of plain fields did not encode") // impossible state
	}
	return b
}
