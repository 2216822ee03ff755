package authn

import (
	"context"
	"encoding/hex"
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

// RowKey implements [pii.Keyed].
func (l *Local) RowKey() string { return string(l.Person) }

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

// RowKey implements [pii.Keyed].
func (p *Passkey) RowKey() string { return hex.EncodeToString(p.ID) }

// LocalPut inserts or replaces a login. PasskeyPut inserts a passkey, or, if Was is
// set, replaces the row its entry made; a passkey that is there, or another row,
// fails with [ErrPasskey]. Used uses up a ceremony, and fails with [ErrPasskey] if that
// was done.
type (
	LocalPut   struct{ *Local }
	PasskeyPut struct {
		*Passkey
		Was *uint64
	}
	Used struct {
		Ceremony []byte
		Until    time.Time // after which it is over anyway
		Now      time.Time
	}
)

// Accounts keeps local accounts. [LocalPut], [PasskeyPut] and [Used] are effects.
type Accounts interface {
	// Local reads a person's.
	Local(ctx context.Context, person pii.PersonID) (Local, bool, error)
	// Passkey reads one by its id.
	Passkey(ctx context.Context, id []byte) (Passkey, bool, error)
	// Passkeys lists a person's that were not ended, oldest first.
	Passkeys(ctx context.Context, person pii.PersonID) ([]Passkey, error)
}
