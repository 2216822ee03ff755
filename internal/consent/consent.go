// Package consent holds what a person agreed to and took back: separate consent
// per purpose and recipient, and the opt-out from marketing.
//
// Its one invariant: what is not recorded as given is not given. It holds no rules.
package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// Consent is the latest state of one subject's consent for a purpose and a recipient:
// a separate one (单独同意), unless it says that it was general.
type Consent struct {
	Ordinal   pii.Ordinal `json:"ordinal"`
	Purpose   pii.Purpose `json:"purpose"`
	Recipient pii.OrgID   `json:"recipient"`
	Given     bool        `json:"given"` // false: withdrawn
	// General says that it was given for a whole notice and not separately: it is on
	// record, and counts nowhere that the law asks for separate consent.
	General   bool      `json:"general"`
	Notice    string    `json:"notice"` // version of the notice she was shown
	Proof     []byte    `json:"proof"`  // SHA-256 of the proof the company keeps
	At        time.Time `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (c *Consent) StampRow() (string, []byte) { return "consent", canonical(c) }

// RowKey implements [pii.Keyed].
func (c *Consent) RowKey() string { return fmt.Sprintf("%d|%s|%s", c.Ordinal, c.Purpose, c.Recipient) }

// OptOut is a subject's refusal of marketing (拒绝营销), or its end.
type OptOut struct {
	Ordinal   pii.Ordinal `json:"ordinal"`
	Refused   bool        `json:"refused"`
	At        time.Time   `json:"at"`
	pii.Stamp `json:"-"`
}

// StampRow implements [pii.Stamped].
func (o *OptOut) StampRow() (string, []byte) { return "opt-out", canonical(o) }

// RowKey implements [pii.Keyed].
func (o *OptOut) RowKey() string { return strconv.FormatUint(uint64(o.Ordinal), 10) }

// Put replaces the state of a consent; OptOutPut that of an opt-out.
type (
	Put       struct{ *Consent }
	OptOutPut struct{ *OptOut }
)

// Store keeps consents. [Put], [OptOutPut] and [NoticePut] are effects.
type Store interface {
	// Notices lists the versions of a purpose's notice, in no order.
	Notices(ctx context.Context, p pii.Purpose) ([]Notice, error)
	// Consents returns what is recorded for the ordinals, purpose and recipient.
	Consents(ctx context.Context, of []pii.Ordinal, p pii.Purpose, to pii.OrgID) ([]Consent, error)
}

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("consent: a row of plain fields did not encode") // impossible state
	}
	return b
}
