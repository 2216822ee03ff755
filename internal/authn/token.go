package authn

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// The scopes a service may have: what it may do is for those who read the scope.
const (
	ScopeImport  = "import"
	ScopeSwitch  = "switch"
	ScopeCRM     = "crm"
	ScopeMetrics = "metrics"
	ScopeWitness = "witness" // copies the ledger: entries, tiles, checkpoint
)

// Scopes lists every scope with how long its tokens live. An import's is short:
// it lies in somebody's shell while a list is brought in.
var Scopes = map[string]time.Duration{
	ScopeImport:  30 * 24 * time.Hour,
	ScopeSwitch:  365 * 24 * time.Hour,
	ScopeCRM:     365 * 24 * time.Hour,
	ScopeMetrics: 365 * 24 * time.Hour,
	ScopeWitness: 365 * 24 * time.Hour,

	ScopePostgres: 365 * 24 * time.Hour,
}

// sessionLife is how long a person stays signed in: a working day.
const sessionLife = 12 * time.Hour

// Prefixes let a secret that lies in the wrong place be recognised by scanners.
const (
	tokenPrefix   = "gbt_"
	sessionPrefix = "gbs_"
)

var serviceName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Issued is a new bearer secret, shown once, with its person's next code.
type Issued struct {
	Secret   string
	Person   pii.PersonID
	Until    time.Time
	NextCode string
}

func (a *Authn) newSecret(prefix string) (secret string, hash []byte, err error) {
	var raw [32]byte
	if _, err := io.ReadFull(a.rand, raw[:]); err != nil {
		return "", nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	secret = prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:], nil
}

// The organisation and person that SetUp makes.
const FirstOfficer pii.PersonID = "officer"

// SetUp makes the company's own organisation, its first officer and her one-time
// code, which is returned once. It is refused where they exist.
func (a *Authn) SetUp(ctx context.Context, title string) (code string, err error) {
	request, err := a.request()
	if err != nil {
		return "", err
	}
	r, err := a.ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		if _, ok, err := a.people.Org(ctx, pii.Own); err != nil {
			return ledger.Item{}, unavailable(err)
		} else if ok {
			return ledger.Item{}, fault.New(fault.Conflict, "exists", "own")
		}
		var hash []byte
		if code, hash, err = a.newCode(); err != nil {
			return ledger.Item{}, err
		}
		return ledger.Item{Entry: a.first(title, hash)}, nil
	})
	if err != nil {
		return "", err
	}
	r.Close()
	return code, nil
}

func (a *Authn) first(title string, hash []byte) ledger.Entry {
	now := a.now()
	org := &party.Org{ID: pii.Own, Kind: party.OwnCompany, Title: title}
	officer := &party.Person{ID: FirstOfficer, Org: pii.Own, Kind: party.Officer, ContractFrom: now}
	code := &Code{Person: FirstOfficer, Hash: hash, Until: now.Add(handedOver)}
	return ledger.Entry{
		Kind: proof.KindParty,
		Facts: []proof.Field{
			{Name: "what", Value: "set-up"}, {Name: "person", Value: string(FirstOfficer)},
		},
		Refs:    []ledger.Ref{{Kind: ledger.RefPerson, Key: []byte(FirstOfficer)}},
		Effects: []ledger.Effect{party.OrgPut{Org: org}, party.PersonPut{Person: officer}, CodePut{Code: code}},
	}
}

// CreateToken makes a service and its access token on the officer's code.
func (a *Authn) CreateToken(ctx context.Context, code, name, scope, source string) (Issued, error) {
	life, ok := Scopes[scope]
	if !ok {
		return Issued{}, fault.New(fault.Invalid, "bad-request", "scope")
	}
	if !serviceName.MatchString(name) || !pii.PersonID(name).IsWellFormed() {
		return Issued{}, fault.New(fault.Invalid, "bad-request", "name")
	}
	id := pii.PersonID(name)
	return a.issue(ctx, tokenPrefix, func(now time.Time, hash []byte) (issue, error) {
		spent, err := a.UseCode(ctx, code, source, party.Officer)
		if err != nil {
			return issue{}, err
		}
		if _, _, taken, err := a.people.Person(ctx, id); err != nil {
			return issue{}, unavailable(err)
		} else if taken {
			return issue{}, fault.New(fault.Conflict, "exists", "name")
		}
		service := &party.Person{ID: id, Org: pii.Own, Kind: party.Service, ContractFrom: now}
		token := &Token{Hash: hash, Person: id, Scope: scope, MadeAt: now, Until: now.Add(life)}
		return issue{
			spent: spent, token: token, what: "token",
			effects: []ledger.Effect{party.PersonPut{Person: service}},
			// The name is claimed: who decided on its being free decides again.
			revokes: []string{ledger.PersonKey(id)},
		}, nil
	})
}

// SignIn opens a person's session on his one-time code, for a program that carries
// it as a bearer secret.
func (a *Authn) SignIn(ctx context.Context, code, source string) (Issued, error) {
	return a.SignInFrom(ctx, code, Client{Source: source})
}

// SignInFrom opens a person's session on his one-time code.
func (a *Authn) SignInFrom(ctx context.Context, code string, from Client) (Issued, error) {
	return a.issue(ctx, sessionPrefix, func(now time.Time, hash []byte) (issue, error) {
		spent, err := a.UseCode(ctx, code, from.Source)
		if err != nil {
			return issue{}, err
		}
		t := &Token{
			Hash: hash, Person: spent.Person.ID, How: ByCode, Agent: from.agent(), MadeAt: now, Until: now.Add(sessionLife),
		}
		o, err := a.opens(ctx, t)
		if err != nil {
			return issue{}, err
		}
		return issue{spent: spent, token: o.token, what: "session", opens: &o, source: from.Source}, nil
	})
}

// issue is a credential about to be made on a spent code.
type issue struct {
	spent   Spent
	token   *Token
	what    string
	effects []ledger.Effect // beside token and code
	revokes []string
	opens   *opening // of a session
	source  string
}

// issue records the credential and the use of the code in one entry.
func (a *Authn) issue(ctx context.Context, prefix string, decide func(time.Time, []byte) (issue, error)) (Issued, error) {
	secret, hash, err := a.newSecret(prefix)
	if err != nil {
		return Issued{}, err
	}
	request, err := a.request()
	if err != nil {
		return Issued{}, err
	}
	var made issue
	r, err := a.ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		now := a.now()
		if made, err = decide(now, hash); err != nil {
			return ledger.Item{}, err
		}
		effects := append(made.effects, TokenPut{made.token}, made.spent.Effect)
		e := credential(made.spent.Principal(), made.what, made.token.Person, effects...)
		e.Facts = append(e.Facts, proof.Field{Name: "scope", Value: made.token.Scope},
			proof.Field{Name: "until", Value: made.token.Until.Format(time.RFC3339Nano)})
		e.Revokes = made.revokes
		if made.opens != nil {
			made.opens.facts(&e, made.source)
		}
		keys := append(slices.Clone(made.spent.Keys), e.Revokes...)
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: keys}}, nil
	})
	if err != nil {
		return Issued{}, err
	}
	r.Close()
	return Issued{Secret: secret, Person: made.token.Person, Until: made.token.Until, NextCode: made.spent.Next}, nil
}

// SignOut ends the credential it is called with, a session or a service's token.
// When it returns nothing can be opened any more on what the credential asked for.
func (a *Authn) SignOut(ctx context.Context, bearer, source string) error {
	p, err := a.Principal(ctx, bearer, source)
	if err != nil {
		return err
	}
	return a.End(ctx, p)
}
