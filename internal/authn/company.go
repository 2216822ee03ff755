package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Ceremonies at the company's identity provider.
const (
	toSignInByOIDC = "oidc-sign-in"
	toProveByOIDC  = "oidc-step-up"
)

// Leaving is what a browser needs to go to the provider: where to, and what to bring
// back with the answer, out of reach of scripts and of other browsers.
type Leaving struct {
	Address string
	Held    string
	Until   time.Time
}

// Returned is what the provider sent a browser back with, and what the browser held.
type Returned struct {
	Held   string
	State  string
	Code   string
	Issuer string // RFC 9207; empty: not sent
}

var errNoOIDC = fault.New(fault.NotFound, "no-oidc", "")

// Ways says whether people may sign in at the company's identity provider, and
// whether what it says may stand for a passkey.
func (a *Authn) Ways() (oidc, stepUp bool) { return a.provider != nil, a.provider.steps() }

// state is what the provider repeats; nonce is what its token must hold.
func (c ceremony) state() string { return base64.RawURLEncoding.EncodeToString(c.Challenge) }

func (c ceremony) nonce() string {
	sum := sha256.Sum256(append([]byte("goldbell nonce v1\x00"), c.Verifier...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func tlsWith(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// BeginOIDC sends a browser to the provider to sign in.
func (a *Authn) BeginOIDC(ctx context.Context, from Client) (Leaving, error) {
	return a.leave(ctx, ceremony{Use: toSignInByOIDC, Credential: from.agent()})
}

// BeginStepUpOIDC sends the principal to the provider, which must ask her afresh.
func (a *Authn) BeginStepUpOIDC(ctx context.Context, by party.Principal) (Leaving, error) {
	if by.IsService() {
		return Leaving{}, fault.New(fault.Denied, "not-yours", "")
	}
	if !a.provider.steps() {
		return Leaving{}, errNoOIDC
	}
	return a.leave(ctx, ceremony{Use: toProveByOIDC, Person: by.Person.ID, Credential: by.Credential})
}

func (a *Authn) leave(ctx context.Context, c ceremony) (Leaving, error) {
	if a.provider == nil {
		return Leaving{}, errNoOIDC
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(a.rand, raw); err != nil {
		return Leaving{}, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	c.Verifier = base64.RawURLEncoding.EncodeToString(raw)
	c, err := a.begin(c)
	if err != nil {
		return Leaving{}, err
	}
	address, err := a.provider.address(ctx, c)
	if err != nil {
		return Leaving{}, err
	}
	o, err := a.hold(c, nil)
	return Leaving{Address: address, Held: o.Ceremony, Until: o.Until}, err
}

// came opens what a browser brings back and asks the provider about it.
func (a *Authn) came(ctx context.Context, use string, in Returned) (c ceremony, t told, ok bool, err error) {
	if a.provider == nil {
		return c, t, false, errNoOIDC
	}
	c, ok = a.held(use, in.Held)
	if !ok || !sameText(in.State, c.state()) || in.Code == "" {
		return c, t, false, nil
	}
	t, ok, err = a.provider.redeem(ctx, c, in)
	return c, t, ok, err
}

// SignInByOIDC opens a session of the person whom the provider names. Nobody is made
// by it, and it is no step-up.
func (a *Authn) SignInByOIDC(ctx context.Context, in Returned, from Client) (Issued, error) {
	c, t, ok, err := a.came(ctx, toSignInByOIDC, in)
	if err != nil {
		return Issued{}, err
	}
	person := pii.PersonID(t.person)
	if !ok || !sameText(string(c.Credential), string(from.agent())) || !person.IsWellFormed() {
		return Issued{}, a.refused(ctx, from)
	}
	return a.openSession(ctx, person, ByOIDC, from, func(time.Time, *Token) []ledger.Effect {
		return []ledger.Effect{a.used(c)}
	})
}

// StepUpByOIDC marks the principal's session: the provider asked her afresh, as the
// settings want it.
func (a *Authn) StepUpByOIDC(ctx context.Context, by party.Principal, in Returned, source string) (until time.Time, err error) {
	c, t, ok, err := a.came(ctx, toProveByOIDC, in)
	if err != nil {
		return until, err
	}
	if !ok || c.Person != by.Person.ID || string(c.Credential) != string(by.Credential) ||
		t.person != string(by.Person.ID) || !a.provider.isStepUp(t, c.Until.Add(-ceremonyLife), a.now()) {
		return until, a.notFresh(ctx, source)
	}
	err = a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		s, err := a.acts(ctx, by, now)
		if err != nil {
			return ledger.Item{}, err
		}
		s.StepUp, until = now, now.Add(party.StepUpLife)
		e := credential(by, "step-up-oidc", by.Person.ID, a.used(c), TokenPut{&s})
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: actorKeys(by)}}, nil
	})
	if fault.IsID(err, ErrPasskey.ID) { // the ceremony was used
		return until, a.notFresh(ctx, source)
	}
	return until, err
}

func (a *Authn) notFresh(ctx context.Context, source string) error {
	a.failures.count(ctx, source, a.now())
	return fault.New(fault.Denied, "oidc-not-fresh", "")
}
