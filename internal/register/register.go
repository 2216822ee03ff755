// Package register records the decisions that give or take power: organisations,
// persons, work items, consents and rule sets.
//
// Each is checked against the table of duties, then becomes one ledger entry
// together with the rows it changes; taking something away returns only when
// nothing can be opened on it any more. Its one invariant: no row that gives
// power changes without an entry that names who changed it. It reads no personal
// information: of a subject it learns an ordinal, and only from a caller who
// already knows her id.
package register

import (
	"context"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Subjects turns public ids into ordinals. The vault implements it.
type Subjects interface {
	// Resolve returns, in the order asked, the ordinals; found says which exist.
	Resolve(ctx context.Context, ids []pii.SubjectID) (ordinals []pii.Ordinal, found []bool, err error)
}

// CheckRules parses the company's rules beside the shipped ones and names the
// resulting set: the SHA-256 of both, in hexadecimal. Its error is a fault that
// names the rule and line.
type CheckRules func(text string) (version string, err error)

// Config is what a Register is made of.
type Config struct {
	People   party.Store
	Work     grant.Store
	Consents consent.Store
	Subjects Subjects
	Keys     ledger.Keys // record keys, for entries about one subject
	Numbers  party.NumberStore
	Asks     party.AskStore
	Rounds   party.RoundStore
	Rand     io.Reader
	Finder   Finder
	Sheets   map[pii.Purpose]grant.Sheet
	Schema   pii.Schema
	Rules    CheckRules
	// InForce is the rule set in force; nil: only what ships is.
	InForce    func(context.Context) (door.RuleSet, error)
	Exceptions grant.ExceptionStore
	Proposed   ProposalStore
	// Fingerprint is a keyed hash of a value that is no customer's.
	Fingerprint func(pii.Value) []byte
	Ledger      *ledger.Ledger
	Clock       func() time.Time
}

// Register makes and records decisions. It is safe for concurrent use.
type Register struct{ Config }

// New makes a Register.
func New(c Config) *Register { return &Register{c} }

// Asked is who asks, under which request id. Hash is the SHA-256 of the request:
// a retry with both finds the entry of the first try and changes nothing.
type Asked struct {
	By      party.Principal
	Request pii.RequestID
	Hash    []byte
}

// decision is an entry about to be recorded, and what it rests on.
type decision struct {
	kind    proof.Kind
	facts   []proof.Field
	effects []ledger.Effect
	refs    []ledger.Ref
	of      []ledger.Subject
	work    pii.RequestID
	purpose pii.Purpose
	keys    []string // of the basis, beside the actor's
	revokes []string
	spends  []ledger.Spend
	settle  bool // it takes something away from somebody who may be using it
	rules   bool
}

// now is the time as rows keep it: whole microseconds of UTC.
func (r *Register) now() time.Time { return r.Clock().UTC().Truncate(time.Microsecond) }

// decide checks that the action is the actor's duty and records what f decides.
func (r *Register) decide(ctx context.Context, a Asked, do action, f func(now time.Time) (decision, error)) error {
	if err := r.may(ctx, a.By, do); err != nil {
		return err
	}
	receipt, err := r.Ledger.Decide(ctx, a.Request, a.Hash, func() (ledger.Item, error) {
		d, err := f(r.now())
		if err != nil {
			return ledger.Item{}, err
		}
		return d.item(a), nil
	})
	if err != nil {
		return err
	}
	receipt.Close()
	return nil
}

func (d decision) item(a Asked) ledger.Item {
	return ledger.Item{
		Basis:  ledger.Basis{Keys: append(actorKeys(a.By), d.keys...)},
		Actor:  ledger.Actor(a.By.Seen, a.By.Person.ID, a.By.Org.ID, a.By.Credential),
		Settle: d.settle,
		Entry: ledger.Entry{
			Kind: d.kind, Actor: a.By.Person.ID, Org: a.By.Org.ID, Purpose: d.purpose, Work: d.work,
			Facts: d.facts, Subjects: d.of, Refs: d.refs, Effects: d.effects, Revokes: d.revokes, Rules: d.rules, Spends: d.spends,
		},
	}
}

func actorKeys(by party.Principal) []string {
	keys := []string{ledger.PersonKey(by.Person.ID), ledger.OrgKey(by.Org.ID)}
	if by.Credential != nil {
		keys = append(keys, ledger.CredentialKey(by.Credential))
	}
	return keys
}

// person reads a person whose row and organisation the ledger made.
func (r *Register) person(ctx context.Context, id pii.PersonID, where string) (party.Person, party.Org, bool, error) {
	p, o, ok, err := r.People.Person(ctx, id)
	if err != nil || !ok {
		return p, o, false, err
	}
	if err := r.trusted(where, &p, &o); err != nil {
		return p, o, false, err
	}
	return p, o, true, nil
}

// trusted refuses rows the ledger did not make.
func (r *Register) trusted(where string, rows ...pii.Stamped) error {
	for _, x := range rows {
		if r.Ledger.CheckStamp(x) != nil {
			return fault.New(fault.Denied, "row-forged", where)
		}
	}
	return nil
}

func fact(name, value string) proof.Field { return proof.Field{Name: name, Value: value} }

// timeFact writes a time, or nothing for none.
func timeFact(name string, t time.Time) proof.Field {
	if t.IsZero() {
		return fact(name, "")
	}
	return fact(name, t.Format(time.RFC3339Nano))
}

// exact brings a caller's time into the form rows keep; none stays none.
func exact(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func invalid(where string) error { return fault.New(fault.Invalid, "bad-request", where) }
func notYours() error            { return fault.New(fault.Denied, "not-yours", "") }
