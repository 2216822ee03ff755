package authn

import (
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// How long a code may be used: one that somebody else handed over, and the next
// one of a person who used hers.
const (
	handedOver = 14 * 24 * time.Hour
	ownNext    = 365 * 24 * time.Hour
)

// Code text is four groups of five characters, 100 random bits, written without
// the letters that are taken for digits.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength   = 20
	codeGroup    = 5
)

// newCode makes a code's text and hash.
func (a *Authn) newCode() (text string, hash []byte, err error) {
	var raw [codeLength]byte
	if _, err := io.ReadFull(a.rand, raw[:]); err != nil {
		return "", nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeAlphabet[r%32])
	}
	return b.String(), codeHash(b.String()), nil
}

// codeHash hashes what was meant: case, spaces and hyphens do not matter, and the
// letters O, I and L are the digits they were taken for.
func codeHash(typed string) []byte {
	canonical := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-':
			return -1
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, typed)
	sum := sha256.Sum256([]byte("goldbell one-time code v1\x00" + canonical))
	return sum[:]
}

// Spent is a code that was accepted. It is used up when an entry with its Effect
// is durable, and only then is Next its person's code; if the code was used
// meanwhile that entry fails with [ErrCodeUsed].
type Spent struct {
	Person party.Person
	Org    party.Org
	Effect CodePut
	Next   string   // shown once
	Keys   []string // of the entry's basis
}

// Principal is the code's person.
func (s Spent) Principal() party.Principal {
	return party.Principal{Person: s.Person, Org: s.Org}
}

// UseCode accepts a one-time code of a person of one of the kinds; none given
// means any. The caller puts the effect into the entry of what it authorises.
func (a *Authn) UseCode(ctx context.Context, typed, source string, kinds ...party.PersonKind) (Spent, error) {
	now := a.now()
	was := codeHash(typed)
	c, ok, err := a.store.CodeByHash(ctx, was)
	if err != nil {
		return Spent{}, unavailable(err)
	}
	if !ok || !a.trusted(&c) || !now.Before(c.Until) {
		return Spent{}, a.badCode(ctx, source, now)
	}
	p, o, ok, err := a.people.Person(ctx, c.Person)
	if err != nil {
		return Spent{}, unavailable(err)
	}
	if !ok || !a.trusted(&p, &o) || !works(p, o, now) || p.Kind == party.Service {
		return Spent{}, a.badCode(ctx, source, now)
	}
	if !isOne(p.Kind, kinds) {
		return Spent{}, fault.New(fault.Denied, "not-yours", "")
	}
	next, hash, err := a.newCode()
	if err != nil {
		return Spent{}, err
	}
	return Spent{
		Person: p, Org: o, Next: next,
		Effect: CodePut{Code: &Code{Person: p.ID, Hash: hash, Until: now.Add(ownNext)}, Was: c.Hash},
		Keys:   []string{ledger.PersonKey(p.ID), ledger.OrgKey(o.ID)},
	}, nil
}

func isOne(k party.PersonKind, of []party.PersonKind) bool {
	for _, x := range of {
		if x == k {
			return true
		}
	}
	return len(of) == 0
}

func (a *Authn) badCode(ctx context.Context, source string, now time.Time) error {
	a.failures.count(ctx, source, now)
	return ErrCodeUsed
}

// invites says who may hand a code to whom. Those who open work items (the
// officer) hand none to those who work on them.
var invites = map[party.PersonKind][]party.PersonKind{
	party.Officer:  {party.Officer, party.SystemAdmin, party.SecAdmin, party.Auditor},
	party.SecAdmin: {party.Staff, party.Outsourced, party.Partner},
}

// Invite gives a person a fresh one-time code, instead of any she had; it is
// returned once. Nobody makes a code for himself: his own comes from using one.
func (a *Authn) Invite(ctx context.Context, by party.Principal, person pii.PersonID) (code string, err error) {
	request, err := a.request()
	if err != nil {
		return "", err
	}
	r, err := a.ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		c, keys, err := a.invited(ctx, by, person)
		if err != nil {
			return ledger.Item{}, err
		}
		var hash []byte
		if code, hash, err = a.newCode(); err != nil {
			return ledger.Item{}, err
		}
		c.Hash = hash
		return ledger.Item{
			Basis: ledger.Basis{Keys: keys}, Actor: actor(by),
			Entry: credential(by, "code", person, c),
		}, nil
	})
	if err != nil {
		return "", err
	}
	r.Close()
	return code, nil
}

// invited checks who may and returns the code row to fill.
func (a *Authn) invited(ctx context.Context, by party.Principal, person pii.PersonID) (CodePut, []string, error) {
	if len(invites[by.Person.Kind]) == 0 || by.Person.ID == person {
		return CodePut{}, nil, fault.New(fault.Denied, "not-yours", "")
	}
	now := a.now()
	if err := a.stillActing(ctx, by, now); err != nil {
		return CodePut{}, nil, err
	}
	p, o, ok, err := a.people.Person(ctx, person)
	if err != nil {
		return CodePut{}, nil, unavailable(err)
	}
	if !ok {
		return CodePut{}, nil, fault.New(fault.NotFound, "not-found", "person")
	}
	if !a.trusted(&p, &o) || !works(p, o, now) || !isOne(p.Kind, invites[by.Person.Kind]) {
		return CodePut{}, nil, fault.New(fault.Denied, "not-yours", "person")
	}
	old, had, err := a.store.CodeOf(ctx, person)
	if err != nil {
		return CodePut{}, nil, unavailable(err)
	}
	if had && by.Person.Kind == party.Officer {
		// Whoever makes an office holder's code can act as him once. Without this an
		// officer would be his own second person; a code that is lost ends the office.
		return CodePut{}, nil, fault.New(fault.Denied, "second-person", "person")
	}
	put := CodePut{Code: &Code{Person: person, Until: now.Add(handedOver)}}
	if had {
		put.Was = old.Hash
	}
	return put, append(actorKeys(by), ledger.PersonKey(p.ID), ledger.OrgKey(o.ID)), nil
}

// stillActing refuses an actor whose power ended since he was authenticated. What
// ends after this reading is caught by the basis.
func (a *Authn) stillActing(ctx context.Context, by party.Principal, now time.Time) error {
	p, o, ok, err := a.people.Person(ctx, by.Person.ID)
	if err != nil {
		return unavailable(err)
	}
	if !ok || !a.trusted(&p, &o) || !works(p, o, now) || p.Kind != by.Person.Kind {
		return fault.New(fault.Denied, "not-yours", "")
	}
	return nil
}

// actorKeys are what an actor's power rests on.
func actorKeys(by party.Principal) []string {
	keys := []string{ledger.PersonKey(by.Person.ID), ledger.OrgKey(by.Org.ID)}
	if by.Credential != nil {
		keys = append(keys, ledger.CredentialKey(by.Credential))
	}
	return keys
}

// actor is what an actor's power rests on since he was authenticated.
func actor(by party.Principal) ledger.Basis {
	return ledger.Actor(by.Seen, by.Person.ID, by.Org.ID, by.Credential)
}

// credential is the entry of a credential made or ended. Every effect's row is
// committed to; secrets are in none of them.
func credential(by party.Principal, what string, of pii.PersonID, effects ...ledger.Effect) ledger.Entry {
	e := ledger.Entry{
		Kind: proof.KindCredential, Actor: by.Person.ID, Org: by.Org.ID, Effects: effects,
		Facts: []proof.Field{{Name: "what", Value: what}, {Name: "person", Value: string(of)}},
		Refs:  []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(of)}},
	}
	return e
}
