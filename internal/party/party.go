// Package party holds who works with personal information: organisations, the
// persons under them, and services; and the [Principal] a request is made by.
//
// Its one invariant: a principal is one named person or one named service, never
// a shared account. It decides nothing: whether a principal may do a thing is
// for policy and door.
package party

import (
	"context"
	"encoding/json"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
)

// PersonKind says what a person, or a service, is.
type PersonKind string

const (
	Staff       PersonKind = "staff"
	Outsourced  PersonKind = "outsourced"
	Partner     PersonKind = "partner"
	Officer     PersonKind = "officer"  // 个人信息保护负责人
	SystemAdmin PersonKind = "sysadmin" // 系统管理员
	SecAdmin    PersonKind = "secadmin" // 安全管理员
	Auditor     PersonKind = "auditor"  // 审计管理员
	Service     PersonKind = "service"
)

// Person is a person or a service. No personal name is kept: ID is the staff
// number, or the service's name.
type Person struct {
	ID            pii.PersonID `json:"id"`
	Org           pii.OrgID    `json:"org"`
	Kind          PersonKind   `json:"kind"`
	Post          string       `json:"post"`           // 岗位: a code of the company's, which its rules may name; empty: none
	Level         uint8        `json:"level"`          // the highest level of fields the post is meant for, 1 to 4; 0: none is set
	Manager       pii.PersonID `json:"manager"`        // who confirms what he holds; empty: the officer
	ContractFrom  time.Time    `json:"contract_from"`  // zero: never
	ContractUntil time.Time    `json:"contract_until"` // zero: open-ended
	TrainedUntil  time.Time    `json:"trained_until"`  // the sum of his training records; zero: never trained
	Suspended     bool         `json:"suspended"`
	pii.Stamp     `json:"-"`
}

// StampRow implements [pii.Stamped].
func (p *Person) StampRow() (string, []byte) { return "person", canonical(p) }

// RowKey implements [pii.Keyed].
func (p *Person) RowKey() string { return string(p.ID) }

// States implements [pii.Stater].
func (p *Person) States() []pii.Row { return pii.State(p) }

// Principal is who a request is made by, as authn found out.
type Principal struct {
	Person Person
	Org    Org
	Scope  string // a service's scope; empty for a person
	// StepUp is when she last proved herself afresh in this session; zero: never.
	StepUp time.Time
	// Credential is the SHA-256 of the token the request came with: decisions name
	// it in their basis, so that ending it ends what is under way. Nil: none.
	Credential []byte
	// Seen is the ledger's size before the principal's rows were read. A decision
	// whose basis starts later would miss that he was ended in between. 0: unknown.
	Seen uint64
	// Network is a pseudonym of the network the request came from; empty: unknown.
	Network string
}

// StepUpLife is how long a step-up counts as fresh.
const StepUpLife = 10 * time.Minute

// SteppedUp reports whether the principal proved herself shortly before now.
// It bears with a second process whose clock is a little ahead.
func (p Principal) SteppedUp(now time.Time) bool {
	age := now.Sub(p.StepUp)
	return !p.StepUp.IsZero() && -time.Minute < age && age < StepUpLife
}

// MayApprove reports whether the principal may approve something now: an approval
// needs a step-up like a plain value does, and nothing less.
func (p Principal) MayApprove(now time.Time) bool { return p.SteppedUp(now) }

// IsService reports whether the principal is a named service.
func (p Principal) IsService() bool { return p.Person.Kind == Service }

// OpenAt reports whether the person's contract covers t.
func (p Person) OpenAt(t time.Time) bool {
	return !t.Before(p.ContractFrom) && (p.ContractUntil.IsZero() || t.Before(p.ContractUntil))
}

// Store keeps organisations and persons. [OrgPut], [PersonPut], [TrainingPut] and
// [NumberPut] are effects.
type Store interface {
	// Person reads a person with his organisation; ok is false if there is none.
	Person(ctx context.Context, id pii.PersonID) (Person, Org, bool, error)
	// Org reads an organisation.
	Org(ctx context.Context, id pii.OrgID) (Org, bool, error)
	// Persons lists persons by id after the given one, at most n.
	Persons(ctx context.Context, after pii.PersonID, n int) ([]Person, error)
	// Orgs lists organisations by id after the given one, at most n.
	Orgs(ctx context.Context, after pii.OrgID, n int) ([]Org, error)
	// Training lists a person's training records, the newest first.
	Training(ctx context.Context, of pii.PersonID) ([]Training, error)
}

// PersonPut inserts or replaces a person.
type PersonPut struct{ *Person }

func canonical(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("party: a row of plain fields did not encode") // impossible state
	}
	return b
}
