// Package authn finds out who is asking: access tokens and sessions become a
// [party.Principal], one-time codes become the one act they authorise.
//
// Its one invariant: a secret is stored as its hash only, and every failure to
// present a valid one has the same answer, whatever the reason. It decides
// nothing about what a principal may do with personal information.
package authn

import (
	"context"
	"crypto/sha256"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Config is what an Authn is made of.
type Config struct {
	Store    Store
	Logins   Logins // to the PostgreSQL port; nil: there is none
	Accounts Accounts
	People   party.Store
	Ledger   *ledger.Ledger
	Sealer   Sealer
	Clock    func() time.Time
	Rand     io.Reader
	// URL is where people's browsers reach the console, e.g. https://goldbell.example;
	// passkeys are bound to it. Empty: http://localhost, on any port.
	URL string
	// Provider is the company's identity provider; nil: there is none.
	Provider *Provider
}

// Authn issues, checks and ends credentials. It is safe for concurrent use.
type Authn struct {
	store     Store
	logins    Logins
	accounts  Accounts
	people    party.Store
	ledger    *ledger.Ledger
	sealer    Sealer
	clock     func() time.Time
	rand      io.Reader
	url       string
	failures  *failures
	passwords *passwords
	provider  *Provider // nil: there is none
}

// New makes an Authn.
func New(c Config) *Authn {
	return &Authn{
		store: c.Store, logins: c.Logins, accounts: c.Accounts, people: c.People, ledger: c.Ledger, sealer: c.Sealer, clock: c.Clock, rand: c.Rand,
		url: c.URL, failures: newFailures(c.Ledger), passwords: newPasswords(c.Rand), provider: c.Provider,
	}
}

// now is the time as rows keep it: whole microseconds of UTC.
func (a *Authn) now() time.Time { return a.clock().UTC().Truncate(time.Microsecond) }

// Principal turns a bearer secret into who is asking. source is where the request
// came from, e.g. a network address; failures are counted by it. Whatever is
// wrong with the secret, its person or his contract, the answer is the same; only
// a store that cannot be read is told apart, because nobody could sign in then.
func (a *Authn) Principal(ctx context.Context, bearer, source string) (party.Principal, error) {
	return a.PrincipalFrom(ctx, bearer, Client{Source: source})
}

// PrincipalFrom is the same for a secret that may be carried in a cookie.
func (a *Authn) PrincipalFrom(ctx context.Context, secret string, from Client) (party.Principal, error) {
	_, p, err := a.acting(ctx, secret, from)
	return p, err
}

// acting is the principal with the credential he acts by.
func (a *Authn) acting(ctx context.Context, secret string, from Client) (Token, party.Principal, error) {
	now, seen := a.now(), a.ledger.Size()
	t, p, o, err := a.token(ctx, secret, from, now)
	if err != nil {
		return Token{}, party.Principal{}, err
	}
	return t, party.Principal{
		Person: p, Org: o, Scope: t.Scope, StepUp: t.StepUp, Credential: t.Hash, Seen: seen,
	}, nil
}

func (a *Authn) token(ctx context.Context, secret string, from Client, now time.Time) (Token, party.Person, party.Org, error) {
	hash := sha256.Sum256([]byte(secret))
	t, p, o, ok, err := a.store.Token(ctx, hash[:])
	if err != nil {
		return t, p, o, unavailable(err)
	}
	if !ok || !a.trusted(&t, &p, &o) || t.Ended || !now.Before(t.Until) || !fits(t, p) || !from.carries(t) || !works(p, o, now) {
		a.failures.count(ctx, from.Source, now)
		return Token{}, party.Person{}, party.Org{}, fault.New(fault.Unauthentic, "unauthenticated", "")
	}
	return t, p, o, nil
}

// trusted checks that the ledger made every row a decision rests on.
func (a *Authn) trusted(rows ...pii.Stamped) bool {
	for _, r := range rows {
		if a.ledger.CheckStamp(r) != nil {
			return false
		}
	}
	return true
}

// fits says whether token and person belong together: only a service has a scope.
func fits(t Token, p party.Person) bool {
	return t.Person == p.ID && (p.Kind == party.Service) == (t.Scope != "")
}

// works says whether the person may act at all at t.
func works(p party.Person, o party.Org, t time.Time) bool {
	return p.Org == o.ID && p.OpenAt(t) && !p.Suspended && !o.Suspended
}

// Flush records the failures of minutes that are over; see [ledger.Fold.Flush].
func (a *Authn) Flush(ctx context.Context, now time.Time) { a.failures.fold.Flush(ctx, now) }

func (a *Authn) request() (id pii.RequestID, err error) {
	if _, err := io.ReadFull(a.rand, id[:]); err != nil {
		return id, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return id, nil
}

func unavailable(err error) error {
	if fault.Is(err, fault.Unavailable) {
		return err
	}
	return fault.Wrap(fault.Unavailable, "unavailable", err)
}
