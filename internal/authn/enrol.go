package authn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// maxPasskeys is how many passkeys a person may have at a time.
const maxPasskeys = 8

// mayChange says whether a session may change what its person signs in with: after a
// passkey verified her, or, while she has none, shortly after her one-time code. With
// replace, a code does it too: the old passkeys then end, which she will notice if the
// code was not in her own hand.
func mayChange(t Token, keys []Passkey, replace bool, now time.Time) bool {
	p := party.Principal{StepUp: t.StepUp}
	if p.SteppedUp(now) {
		return true
	}
	return t.How == ByCode && now.Sub(t.MadeAt) < party.StepUpLife && (len(keys) == 0 || replace)
}

// BeginEnrolment asks a new authenticator for a passkey. With replace it will be
// the only one.
func (a *Authn) BeginEnrolment(ctx context.Context, by party.Principal, replace bool) (Options, error) {
	if by.IsService() {
		return Options{}, fault.New(fault.Denied, "not-yours", "")
	}
	now := a.now()
	t, err := a.acts(ctx, by, now)
	if err != nil {
		return Options{}, err
	}
	keys, err := a.living(ctx, by.Person.ID)
	if err != nil {
		return Options{}, err
	}
	if !mayChange(t, keys, replace, now) {
		return Options{}, fault.New(fault.Denied, "step-up-needed", "")
	}
	l, known, err := a.login(ctx, by.Person.ID)
	if err != nil {
		return Options{}, err
	}
	c, err := a.begin(ceremony{Use: toEnrol, Person: by.Person.ID, Credential: by.Credential, Replace: replace})
	if err != nil {
		return Options{}, err
	}
	if c.Handle = l.Handle; !known {
		if c.Handle, err = a.newHandle(); err != nil {
			return Options{}, err
		}
	}
	return a.creation(c, keys)
}

func (a *Authn) creation(c ceremony, keys []Passkey) (Options, error) {
	site, err := a.site("")
	if err != nil {
		return Options{}, err
	}
	u := account{handle: c.Handle, name: string(c.Person), keys: keys}
	o, _, err := site.BeginRegistration(u,
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = c.Challenge; return nil },
		webauthn.WithExclusions(u.descriptors()), webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired))
	if err != nil {
		return Options{}, fault.Wrap(fault.Internal, "internal", err)
	}
	return a.hold(c, o.Response)
}

func (a *Authn) newHandle() ([]byte, error) {
	h := make([]byte, 32)
	if _, err := io.ReadFull(a.rand, h); err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return h, nil
}

// Enrol keeps the passkey an authenticator made.
func (a *Authn) Enrol(ctx context.Context, by party.Principal, in Answer, source string) (KeyInfo, error) {
	c, ok := a.held(toEnrol, in.Ceremony)
	if !ok || c.Person != by.Person.ID || string(c.Credential) != string(by.Credential) {
		return KeyInfo{}, a.notVerified(ctx, source)
	}
	made, verified, err := a.made(c, in.Credential)
	if err != nil {
		return KeyInfo{}, err
	}
	if made == nil {
		return KeyInfo{}, a.notVerified(ctx, source)
	}
	err = a.record(ctx, func() (ledger.Item, error) { return a.enrolment(ctx, by, c, *made, verified) })
	if fault.IsID(err, ErrPasskey.ID) {
		return KeyInfo{}, a.notVerified(ctx, source)
	}
	return infoOf(*made), err
}

// made reads a new passkey out of an authenticator's answer; nil if it is none.
func (a *Authn) made(c ceremony, credential []byte) (k *Passkey, verified bool, err error) {
	p, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return nil, false, nil
	}
	site, err := a.site(p.Response.CollectedClientData.Origin)
	if err != nil {
		return nil, false, err
	}
	w, err := site.CreateCredential(account{handle: c.Handle}, c.session(c.Handle), p)
	if err != nil || len(w.ID) == 0 || len(w.ID) > 1023 || len(w.PublicKey) > 4096 {
		return nil, false, nil
	}
	now := a.now()
	return &Passkey{
		ID: w.ID, Person: c.Person, Key: w.PublicKey, Count: w.Authenticator.SignCount,
		Eligible: w.Flags.BackupEligible, BackedUp: w.Flags.BackupState, MadeAt: now, UsedAt: now,
	}, w.Flags.UserVerified, nil
}

func (a *Authn) enrolment(ctx context.Context, by party.Principal, c ceremony, k Passkey, verified bool) (ledger.Item, error) {
	now := a.now()
	t, err := a.acts(ctx, by, now)
	if err != nil {
		return ledger.Item{}, err
	}
	keys, err := a.living(ctx, k.Person)
	if err != nil {
		return ledger.Item{}, err
	}
	if !mayChange(t, keys, c.Replace, now) {
		return ledger.Item{}, fault.New(fault.Denied, "step-up-needed", "")
	}
	if len(keys) >= maxPasskeys && !c.Replace {
		return ledger.Item{}, fault.New(fault.Conflict, "too-many-passkeys", "")
	}
	l, known, err := a.login(ctx, k.Person)
	if err != nil {
		return ledger.Item{}, err
	}
	effects := []ledger.Effect{PasskeyPut{Passkey: &k}, a.used(c)}
	if !known {
		l = Local{Person: k.Person, Handle: c.Handle}
		effects = append(effects, LocalPut{&l})
	} else if string(l.Handle) != string(c.Handle) {
		return ledger.Item{}, ErrPasskey // another enrolment was quicker
	}
	if verified {
		t.StepUp = now
	}
	effects = append(effects, TokenPut{&t})
	var ends []Token
	if c.Replace {
		effects = append(effects, ended(keys)...)
		if ends, err = a.others(ctx, by, now); err != nil {
			return ledger.Item{}, err
		}
	}
	e := credential(by, "passkey", k.Person, effects...)
	end(&e, ends)
	if c.Replace {
		if err := a.endLogins(ctx, &e, k.Person, now); err != nil {
			return ledger.Item{}, err
		}
	}
	e.Revokes = append(e.Revokes, changeKey(k.Person))
	return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), e.Revokes...)}}, nil
}

// changeKey is what a change of somebody's credentials takes away, and rests on: of
// two at once the later one sees the earlier.
func changeKey(person pii.PersonID) string { return "credentials|" + string(person) }

// others is the principal's open sessions but the one she acts by.
func (a *Authn) others(ctx context.Context, by party.Principal, now time.Time) ([]Token, error) {
	open, err := a.open(ctx, by.Person.ID, now)
	if err != nil {
		return nil, err
	}
	kept := open[:0]
	for _, t := range open {
		if string(t.Hash) != string(by.Credential) {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// ended is the end of passkeys, as effects.
func ended(keys []Passkey) []ledger.Effect {
	var effects []ledger.Effect
	for _, k := range keys {
		was := k.Entry
		k.Ended = true
		effects = append(effects, PasskeyPut{Passkey: &k, Was: &was})
	}
	return effects
}

// KeyInfo is what is told of a passkey.
type KeyInfo struct {
	ID             string // names it without being what it is found by
	MadeAt, UsedAt time.Time
	Synced         bool // its vendor keeps copies of it
}

func infoOf(k Passkey) KeyInfo {
	sum := sha256.Sum256(append([]byte("goldbell passkey v1\x00"), k.ID...))
	return KeyInfo{ID: hex.EncodeToString(sum[:16]), MadeAt: k.MadeAt, UsedAt: k.UsedAt, Synced: k.BackedUp}
}

// Account is what a person signs in with.
type Account struct {
	Passkeys []KeyInfo
	Password bool
	Sessions int // how many she may have at a time
}

// Account tells a person what she signs in with, or the security administrator.
func (a *Authn) Account(ctx context.Context, by party.Principal, person pii.PersonID) (Account, error) {
	if by.IsService() || by.Person.ID != person && by.Person.Kind != party.SecAdmin {
		return Account{}, fault.New(fault.Denied, "not-yours", "")
	}
	keys, err := a.living(ctx, person)
	if err != nil {
		return Account{}, err
	}
	l, _, err := a.login(ctx, person)
	if err != nil {
		return Account{}, err
	}
	got := Account{Password: l.Password != "", Sessions: max(l.Sessions, 1)}
	for _, k := range keys {
		got.Passkeys = append(got.Passkeys, infoOf(k))
	}
	return got, nil
}

// EndPasskey ends one of the principal's own passkeys. It needs another, or this one,
// used just now.
func (a *Authn) EndPasskey(ctx context.Context, by party.Principal, id string) error {
	return a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		t, err := a.acts(ctx, by, now)
		if err != nil {
			return ledger.Item{}, err
		}
		keys, err := a.living(ctx, by.Person.ID)
		if err != nil {
			return ledger.Item{}, err
		}
		var ending []Passkey
		for _, k := range keys {
			if infoOf(k).ID == id {
				ending = append(ending, k)
			}
		}
		if len(ending) == 0 {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "passkey")
		}
		if !mayChange(t, keys, false, now) {
			return ledger.Item{}, fault.New(fault.Denied, "step-up-needed", "")
		}
		e := credential(by, "end-passkey", by.Person.ID, ended(ending)...)
		e.Revokes = []string{changeKey(by.Person.ID)}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), e.Revokes...)}}, nil
	})
}

// EndAccount ends a person's passkeys, password, sessions and logins to the port: the security
// administrator's answer to a lost device. Who has a one-time code enrols anew.
func (a *Authn) EndAccount(ctx context.Context, by party.Principal, person pii.PersonID) error {
	return a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		open, err := a.sessions(ctx, by, person, now)
		if err != nil {
			return ledger.Item{}, err
		}
		if by.Person.ID == person {
			return ledger.Item{}, fault.New(fault.Denied, "second-person", "")
		}
		if err := a.stillActing(ctx, by, now); err != nil {
			return ledger.Item{}, err
		}
		keys, err := a.living(ctx, person)
		if err != nil {
			return ledger.Item{}, err
		}
		effects := ended(keys)
		l, known, err := a.login(ctx, person)
		if err != nil {
			return ledger.Item{}, err
		}
		if known {
			l.Password = ""
			effects = append(effects, LocalPut{&l})
		}
		e := credential(by, "end-account", person, effects...)
		end(&e, open)
		if err := a.endLogins(ctx, &e, person, now); err != nil {
			return ledger.Item{}, err
		}
		e.Revokes = append(e.Revokes, changeKey(person))
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), e.Revokes...)}, Actor: actor(by), Settle: true}, nil
	})
}

// AllowSessions says how many sessions a person may have at a time.
func (a *Authn) AllowSessions(ctx context.Context, by party.Principal, person pii.PersonID, n int) error {
	return a.record(ctx, func() (ledger.Item, error) {
		if by.Person.Kind != party.SecAdmin || by.Person.ID == person {
			return ledger.Item{}, fault.New(fault.Denied, "not-yours", "")
		}
		if n < 1 || n > 5 {
			return ledger.Item{}, fault.New(fault.Invalid, "bad-request", "sessions")
		}
		now := a.now()
		if err := a.stillActing(ctx, by, now); err != nil {
			return ledger.Item{}, err
		}
		if _, _, ok, err := a.worker(ctx, person, now); err != nil || !ok {
			return ledger.Item{}, errOr(err, fault.New(fault.NotFound, "not-found", "person"))
		}
		l, known, err := a.login(ctx, person)
		if err != nil {
			return ledger.Item{}, err
		}
		if !known {
			l.Person = person
			if l.Handle, err = a.newHandle(); err != nil {
				return ledger.Item{}, err
			}
		}
		l.Sessions = n
		e := credential(by, "allow-sessions", person, LocalPut{&l})
		e.Revokes = []string{changeKey(person), openingKey(person)}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), e.Revokes...)}, Actor: actor(by)}, nil
	})
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
