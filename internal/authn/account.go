package authn

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Local is what a person's local account consists of beside her passkeys.
type Local struct {
	Person    pii.PersonID `json:"person"`
	Handle    []byte       `json:"handle"`   // random: what authenticators know her by
	Password  string       `json:"password"` // argon2id; empty: none
	Sessions  int          `json:"sessions"` // how many she may have at a time; 0: one
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (l *Local) StampRow() (string, []byte) { return "local_account", canonical(l) }

// Passkey is one public key of a person's authenticators.
type Passkey struct {
	ID        []byte       `json:"id"` // chosen by the authenticator
	Person    pii.PersonID `json:"person"`
	Key       []byte       `json:"key"`   // COSE
	Count     uint32       `json:"count"` // of signatures; an older one is a clone's
	Eligible  bool         `json:"eligible"`
	BackedUp  bool         `json:"backed_up"` // it is synchronised by its vendor
	MadeAt    time.Time    `json:"made_at"`
	UsedAt    time.Time    `json:"used_at"`
	Ended     bool         `json:"ended"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (p *Passkey) StampRow() (string, []byte) { return "passkey", canonical(p) }

// Linked says which person an identity provider's subject is: one and only one.
type Linked struct {
	Issuer    string       `json:"issuer"`
	Subject   string       `json:"subject"` // the provider's
	Person    pii.PersonID `json:"person"`
	Ended     bool         `json:"ended"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (l *Linked) StampRow() (string, []byte) { return "linked", canonical(l) }

// LocalPut inserts or replaces a login. PasskeyPut inserts a passkey, or, if Was is
// set, replaces the row its entry made; a passkey that is there, or another row,
// fails with [ErrPasskey]. LinkedPut inserts or replaces a link by issuer and subject.
// Used uses up a ceremony, and fails with [ErrPasskey] if that was done.
type (
	LocalPut   struct{ *Local }
	PasskeyPut struct {
		*Passkey
		Was *uint64
	}
	LinkedPut struct{ *Linked }
	Used      struct {
		Ceremony []byte
		Until    time.Time // after which it is over anyway
		Now      time.Time
	}
)

// Accounts keeps local accounts. [LocalPut], [PasskeyPut], [LinkedPut] and [Used] are
// effects.
type Accounts interface {
	// Local reads a person's.
	Local(ctx context.Context, person pii.PersonID) (Local, bool, error)
	// Passkey reads one by its id.
	Passkey(ctx context.Context, id []byte) (Passkey, bool, error)
	// Passkeys lists a person's that were not ended, oldest first.
	Passkeys(ctx context.Context, person pii.PersonID) ([]Passkey, error)
	// Linked reads a link by the provider's subject.
	Linked(ctx context.Context, issuer, subject string) (Linked, bool, error)
	// Links lists a person's links that were not ended.
	Links(ctx context.Context, person pii.PersonID) ([]Linked, error)
}
