package authn

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// Sealer seals what a caller holds between two steps. The key ring implements it.
type Sealer interface {
	SealFor(use string, context, plaintext []byte) ([]byte, error)
	OpenFor(use string, context, sealed []byte) ([]byte, error)
}

// ceremonyLife is how long a person may take over a ceremony.
const ceremonyLife = 5 * time.Minute

// ceremony is what we must remember of one between its two steps. The caller holds
// it, sealed, so that any process can finish what another began; it serves once.
type ceremony struct {
	Use        string       `json:"use"`
	Challenge  []byte       `json:"challenge"`
	Until      time.Time    `json:"until"`
	Person     pii.PersonID `json:"person,omitempty"`     // whose, if somebody is signed in
	Credential []byte       `json:"credential,omitempty"` // the session, or before one the browser, it was begun in
	Handle     []byte       `json:"handle,omitempty"`     // of a new login
	Replace    bool         `json:"replace,omitempty"`
	Verify     bool         `json:"verify,omitempty"`   // the passkey must verify its owner
	Verifier   string       `json:"verifier,omitempty"` // PKCE's, of a ceremony at the identity provider
}

const (
	toSignIn = "sign-in"
	toEnrol  = "enrol"
	toStepUp = "step-up"
)

// Options are what a browser hands to an authenticator, as WebAuthn's JSON, with the
// ceremony to hand back.
type Options struct {
	Ceremony  string
	PublicKey any // protocol.PublicKeyCredential{Creation,Request}Options
	Until     time.Time
}

// Answer is what an authenticator answered, as WebAuthn's JSON.
type Answer struct {
	Ceremony   string
	Credential []byte
}

func (a *Authn) begin(c ceremony) (ceremony, error) {
	c.Challenge, c.Until = make([]byte, 32), a.now().Add(ceremonyLife)
	if _, err := io.ReadFull(a.rand, c.Challenge); err != nil {
		return c, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return c, nil
}

func (a *Authn) hold(c ceremony, publicKey any) (Options, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return Options{}, fault.New(fault.Internal, "internal", "ceremony")
	}
	sealed, err := a.sealer.SealFor("ceremony "+c.Use, nil, b)
	if err != nil {
		return Options{}, unavailable(err)
	}
	return Options{Ceremony: base64.RawURLEncoding.EncodeToString(sealed), PublicKey: publicKey, Until: c.Until}, nil
}

// held opens a ceremony of ours that is not over.
func (a *Authn) held(use, text string) (c ceremony, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return c, false
	}
	b, err := a.sealer.OpenFor("ceremony "+use, nil, sealed)
	if err != nil || json.Unmarshal(b, &c) != nil || c.Use != use || !a.now().Before(c.Until) {
		return ceremony{}, false
	}
	return c, true
}

// used is the effect that uses a ceremony up.
func (a *Authn) used(c ceremony) Used {
	return Used{Ceremony: c.Challenge[:16], Until: c.Until.Truncate(time.Microsecond), Now: a.now()}
}

// session is what the library compares an answer with.
func (c ceremony) session(handle []byte) webauthn.SessionData {
	s := webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(c.Challenge), UserID: handle,
		UserVerification: protocol.VerificationPreferred, CredParams: webauthn.CredentialParametersDefault(),
	}
	if c.Verify {
		s.UserVerification = protocol.VerificationRequired
	}
	return s
}

// site is the relying party of a ceremony. Where no address was set the console is
// tried out on this machine: then it is localhost, on whatever port the browser saw.
func (a *Authn) site(origin string) (*webauthn.WebAuthn, error) {
	at := a.url
	if at == "" {
		at = "http://localhost"
		if o, err := url.Parse(origin); err == nil && o.Scheme == "http" && o.Hostname() == "localhost" {
			at = "http://" + o.Host
		}
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bad-url", "url")
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Goldbell", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
			Registration: webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
		},
		// Nothing is asked of extensions, so nothing they say is used.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bad-url", "url")
	}
	return w, nil
}

// account is a person as the library sees her.
type account struct {
	handle []byte
	name   string
	keys   []Passkey
}

func (u account) WebAuthnID() []byte          { return u.handle }
func (u account) WebAuthnName() string        { return u.name }
func (u account) WebAuthnDisplayName() string { return u.name }
func (u account) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(u.keys))
	for i, k := range u.keys {
		all[i] = webauthn.Credential{
			ID: k.ID, PublicKey: k.Key, Flags: webauthn.CredentialFlags{BackupEligible: k.Eligible, BackupState: k.BackedUp},
			Authenticator: webauthn.Authenticator{SignCount: k.Count},
		}
	}
	return all
}

func (u account) descriptors() []protocol.CredentialDescriptor {
	all := make([]protocol.CredentialDescriptor, len(u.keys))
	for i, k := range u.keys {
		all[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: k.ID}
	}
	return all
}

// living is a person's passkeys. Rows the ledger did not make open nothing.
func (a *Authn) living(ctx context.Context, person pii.PersonID) ([]Passkey, error) {
	rows, err := a.accounts.Passkeys(ctx, person)
	if err != nil {
		return nil, unavailable(err)
	}
	kept := rows[:0]
	for _, k := range rows {
		if a.trusted(&k) {
			kept = append(kept, k)
		}
	}
	return kept, nil
}

// login is a person's local account, if she has one.
func (a *Authn) login(ctx context.Context, person pii.PersonID) (Local, bool, error) {
	l, ok, err := a.accounts.Local(ctx, person)
	if err != nil {
		return Local{}, false, unavailable(err)
	}
	if ok && !a.trusted(&l) {
		return Local{}, false, fault.New(fault.Denied, "row-forged", "local_account")
	}
	return l, ok, nil
}

// asserted is a passkey that signed a challenge of ours.
type asserted struct {
	key      Passkey // as it was read
	count    uint32
	backedUp bool
	verified bool // its owner, by fingerprint, face or PIN
}

// assert checks an authenticator's answer to a ceremony. Whatever is wrong with it,
// ok is false and nothing more is told.
func (a *Authn) assert(ctx context.Context, c ceremony, credential []byte) (got asserted, ok bool, err error) {
	p, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return got, false, nil
	}
	key, found, err := a.accounts.Passkey(ctx, p.RawID)
	if err != nil {
		return got, false, unavailable(err)
	}
	if !found || !a.trusted(&key) || key.Ended || c.Person != "" && c.Person != key.Person {
		return got, false, nil
	}
	l, found, err := a.login(ctx, key.Person)
	if err != nil || !found {
		return got, false, err
	}
	site, err := a.site(p.Response.CollectedClientData.Origin)
	if err != nil {
		return got, false, err
	}
	signed, err := site.ValidateLogin(account{handle: l.Handle, keys: []Passkey{key}}, c.session(l.Handle), p)
	if err != nil || signed.Authenticator.CloneWarning {
		return got, false, nil
	}
	flags := p.Response.AuthenticatorData.Flags
	return asserted{
		key: key, count: signed.Authenticator.SignCount, backedUp: flags.HasBackupState(), verified: flags.HasUserVerified(),
	}, true, nil
}

// use is the passkey after a ceremony, as an effect.
func (s asserted) use(now time.Time) PasskeyPut {
	k, was := s.key, s.key.Entry
	k.Count, k.BackedUp, k.UsedAt = s.count, s.backedUp, now
	return PasskeyPut{Passkey: &k, Was: &was}
}

// worker reads a person who may act at now.
func (a *Authn) worker(ctx context.Context, id pii.PersonID, now time.Time) (party.Person, party.Org, bool, error) {
	p, o, ok, err := a.people.Person(ctx, id)
	if err != nil {
		return p, o, false, unavailable(err)
	}
	return p, o, ok && a.trusted(&p, &o) && works(p, o, now) && p.Kind != party.Service, nil
}

// IsSite says whether browsers may bind passkeys and cookies to an address: https and
// a host by name, as people type it, or http on localhost; nothing after it.
func IsSite(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Scheme+"://"+u.Host != text {
		return false
	}
	name := u.Hostname()
	if name == "localhost" {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	return u.Scheme == "https" && siteName.MatchString(name) && len(name) <= 253
}

// siteName is a host name of at least two labels, in lower case, that is no address
// of the network.
var siteName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
