package authn

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// errRefused is the one answer to a sign-in that fails, whatever failed.
var errRefused = fault.New(fault.Unauthentic, "sign-in-refused", "")

// BeginSignIn asks for a passkey. It names nobody, and so tells nobody who has one.
// With a password beside it the passkey need not verify its owner.
func (a *Authn) BeginSignIn(withPassword bool) (Options, error) {
	c, err := a.begin(ceremony{Use: toSignIn, Verify: !withPassword})
	if err != nil {
		return Options{}, err
	}
	site, err := a.site("")
	if err != nil {
		return Options{}, err
	}
	verify := protocol.VerificationRequired
	if withPassword {
		verify = protocol.VerificationPreferred
	}
	o, _, err := site.BeginDiscoverableLogin(webauthn.WithChallenge(c.Challenge), webauthn.WithUserVerification(verify))
	if err != nil {
		return Options{}, fault.Wrap(fault.Internal, "internal", err)
	}
	return a.hold(c, o.Response)
}

// SignInByPasskey opens a session on a passkey that verified its owner.
func (a *Authn) SignInByPasskey(ctx context.Context, in Answer, from Client) (Issued, error) {
	return a.signInBy(ctx, ByPasskey, in, from, func(s asserted, c ceremony) (bool, error) { return s.verified, nil })
}

// SignInByPassword opens a session on a password and a passkey. The password is
// looked at only after the passkey has signed: nobody guesses the password of a
// person whose authenticator he does not hold, nobody makes us hash by asking, and
// nobody can be locked out by wrong guesses of others. Then one hash is made, whoever
// was named and whatever is kept of her.
func (a *Authn) SignInByPassword(ctx context.Context, person pii.PersonID, password string, in Answer, from Client) (Issued, error) {
	return a.signInBy(ctx, ByPassword, in, from, func(s asserted, c ceremony) (bool, error) {
		l, _, err := a.login(ctx, s.key.Person)
		if err != nil {
			return false, err
		}
		if s.key.Person != person {
			l.Password = ""
		}
		return a.passwords.check(ctx, string(s.key.ID), password, l.Password, a.now())
	})
}

func (a *Authn) signInBy(ctx context.Context, how How, in Answer, from Client, also func(asserted, ceremony) (bool, error)) (Issued, error) {
	c, ok := a.held(toSignIn, in.Ceremony)
	if !ok || c.Verify && how != ByPasskey {
		return Issued{}, a.refused(ctx, from)
	}
	s, ok, err := a.assert(ctx, c, in.Credential)
	if err == nil && ok {
		ok, err = also(s, c)
	}
	if err != nil {
		return Issued{}, err
	}
	if !ok {
		return Issued{}, a.refused(ctx, from)
	}
	proven := func(now time.Time, t *Token) []ledger.Effect {
		if s.verified {
			t.StepUp = now
		}
		return []ledger.Effect{s.use(now), a.used(c)}
	}
	return a.openSession(ctx, s.key.Person, how, from, proven)
}

// refused counts a sign-in that failed.
func (a *Authn) refused(ctx context.Context, from Client) error {
	a.failures.count(ctx, from.Source, a.now())
	return errRefused
}

// openSession opens a session of a person who proved who she is; prove adds what
// that uses up, and marks the session.
func (a *Authn) openSession(ctx context.Context, person pii.PersonID, how How, from Client, prove func(time.Time, *Token) []ledger.Effect) (Issued, error) {
	secret, hash, err := a.newSecret(sessionPrefix)
	if err != nil {
		return Issued{}, err
	}
	var t *Token
	err = a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		p, o, ok, err := a.worker(ctx, person, now)
		if err != nil {
			return ledger.Item{}, err
		}
		if !ok {
			return ledger.Item{}, a.refused(ctx, from)
		}
		t = &Token{Hash: hash, Person: p.ID, How: how, Agent: from.agent(), MadeAt: now, Until: now.Add(sessionLife)}
		effects := prove(now, t)
		opening, err := a.opens(ctx, t)
		if err != nil {
			return ledger.Item{}, err
		}
		e := credential(party.Principal{Person: p, Org: o}, "session", p.ID, append(effects, TokenPut{t})...)
		e.Facts = append(e.Facts, proof.Field{Name: "until", Value: t.Until.Format(time.RFC3339Nano)})
		opening.facts(&e, from.Source)
		keys := append([]string{ledger.PersonKey(p.ID), ledger.OrgKey(o.ID)}, e.Revokes...)
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: keys}}, nil
	})
	if fault.IsID(err, ErrPasskey.ID) {
		return Issued{}, a.refused(ctx, from)
	}
	if err != nil {
		return Issued{}, err
	}
	return Issued{Secret: secret, Person: t.Person, Until: t.Until}, nil
}

// BeginStepUp asks for one of the principal's own passkeys.
func (a *Authn) BeginStepUp(ctx context.Context, by party.Principal) (Options, error) {
	if by.IsService() {
		return Options{}, fault.New(fault.Denied, "not-yours", "")
	}
	keys, err := a.living(ctx, by.Person.ID)
	if err != nil {
		return Options{}, err
	}
	if len(keys) == 0 {
		return Options{}, fault.New(fault.Denied, "no-passkey", "")
	}
	c, err := a.begin(ceremony{Use: toStepUp, Person: by.Person.ID, Credential: by.Credential, Verify: true})
	if err != nil {
		return Options{}, err
	}
	site, err := a.site("")
	if err != nil {
		return Options{}, err
	}
	o, _, err := site.BeginDiscoverableLogin(webauthn.WithChallenge(c.Challenge),
		webauthn.WithUserVerification(protocol.VerificationRequired), webauthn.WithAllowedCredentials(account{keys: keys}.descriptors()))
	if err != nil {
		return Options{}, fault.Wrap(fault.Internal, "internal", err)
	}
	return a.hold(c, o.Response)
}

// StepUp marks the principal's session: a passkey verified her in it just now.
func (a *Authn) StepUp(ctx context.Context, by party.Principal, in Answer, source string) (until time.Time, err error) {
	c, ok := a.held(toStepUp, in.Ceremony)
	if !ok || c.Person != by.Person.ID || string(c.Credential) != string(by.Credential) {
		return until, a.notVerified(ctx, source)
	}
	s, ok, err := a.assert(ctx, c, in.Credential)
	if err != nil {
		return until, err
	}
	if !ok || !s.verified {
		return until, a.notVerified(ctx, source)
	}
	err = a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		t, err := a.acts(ctx, by, now)
		if err != nil {
			return ledger.Item{}, err
		}
		t.StepUp = now
		until = now.Add(party.StepUpLife)
		e := credential(by, "step-up", by.Person.ID, s.use(now), a.used(c), TokenPut{&t})
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: actorKeys(by)}}, nil
	})
	if fault.IsID(err, ErrPasskey.ID) {
		return until, a.notVerified(ctx, source)
	}
	return until, err
}

// notVerified counts a ceremony that failed in somebody's session.
func (a *Authn) notVerified(ctx context.Context, source string) error {
	a.failures.count(ctx, source, a.now())
	return ErrPasskey
}

// ErrPasskey says that a ceremony failed: over, used, or not signed by a passkey that
// may.
var ErrPasskey = fault.New(fault.Denied, "passkey-refused", "")

// acts reads the session a principal acts by, as it is now.
func (a *Authn) acts(ctx context.Context, by party.Principal, now time.Time) (Token, error) {
	t, p, o, ok, err := a.store.Token(ctx, by.Credential)
	if err != nil {
		return Token{}, unavailable(err)
	}
	if !ok || !a.trusted(&t, &p, &o) || t.Ended || !now.Before(t.Until) || p.ID != by.Person.ID || !works(p, o, now) || t.Scope != "" {
		return Token{}, fault.New(fault.Unauthentic, "unauthenticated", "")
	}
	return t, nil
}
