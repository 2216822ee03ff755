package authn

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// ScopePostgres is the scope of a service that reads the company's database through the
// port; it is shown no protected value.
const ScopePostgres = "postgres"

// How long a login to the port may live: a person's as long as a session, a service's a
// month; and how fresh the sign-in must be with which a person asks for one.
const (
	defaultLogin = time.Hour
	longestLogin = 12 * time.Hour
	serviceLogin = 30 * 24 * time.Hour
	freshSignIn  = 10 * time.Minute
)

// iterations of SCRAM: the password is random, so more would protect nothing.
const iterations = 4096

// Login is a user name of the PostgreSQL port: whose it is, for which purpose, under
// which work item. What proves it is a password, of which the verifier is kept, or a
// client certificate.
type Login struct {
	Name        string             `json:"name"`
	Person      pii.PersonID       `json:"person"`
	Purpose     pii.Purpose        `json:"purpose"`
	Work        pii.RequestID      `json:"work"`
	Form        pii.Form           `json:"form"` // the highest it asks for
	Verifier    enrolment.Verifier `json:"verifier"`
	Certificate []byte             `json:"certificate"` // SHA-256 of its public key (SPKI); nil: none
	MadeAt      time.Time          `json:"made_at"`
	Until       time.Time          `json:"until"`
	StepUp      time.Time          `json:"step_up"`
	Ended       bool               `json:"ended"`
	pii.Stamp   `json:"-"`
}

// RowKey implements [pii.Keyed].
func (l *Login) RowKey() string { return l.Name }

// StampRow implements [pii.Stamped].
func (l *Login) StampRow() (string, []byte) { return "database-login", canonical(l) }

// LoginPut inserts or replaces a login by its name: an effect.
type LoginPut struct{ *Login }

// Logins keeps logins to the port. [LoginPut] is an effect.
type Logins interface {
	// Login reads a login by its name.
	Login(ctx context.Context, name string) (Login, bool, error)
	// LoginsOf lists a person's that are not over at a time.
	LoginsOf(ctx context.Context, person pii.PersonID, at time.Time) ([]Login, error)
}

// mostLogins is how many open logins a person may have: ending them is one entry.
const mostLogins = 32

// LoginAsk is what somebody wants a login for.
type LoginAsk struct {
	Purpose     pii.Purpose
	Work        pii.RequestID
	Form        pii.Form      // Masked or Plain
	Certificate []byte        // instead of a password
	Life        time.Duration // 0: an hour
}

// IssuedLogin is a new login. The password is shown once; there is none beside a
// certificate.
type IssuedLogin struct {
	Name     string
	Password string
	Until    time.Time
}

// IssueLogin makes a login for its caller. A person must have signed in afresh just now,
// and be of the company or of an agency that works for it.
func (a *Authn) IssueLogin(ctx context.Context, p party.Principal, ask LoginAsk) (IssuedLogin, error) {
	now := a.now()
	l, err := a.newLogin(p, ask, now)
	if err != nil {
		return IssuedLogin{}, err
	}
	password := ""
	if l.Certificate == nil {
		if password, l.Verifier, err = a.newPassword(); err != nil {
			return IssuedLogin{}, err
		}
	}
	if err := a.recordLogin(ctx, p, l, "database-login", nil); err != nil {
		return IssuedLogin{}, err
	}
	return IssuedLogin{Name: l.Name, Password: password, Until: l.Until}, nil
}

func (a *Authn) newLogin(p party.Principal, ask LoginAsk, now time.Time) (*Login, error) {
	service := p.IsService()
	longest := longestLogin
	if service {
		longest = serviceLogin
	}
	switch {
	case service && p.Scope != ScopePostgres, p.Org.Kind == party.Handler:
		return nil, fault.New(fault.Denied, "not-yours", "")
	case !service && now.Sub(p.StepUp) > freshSignIn:
		return nil, fault.New(fault.Denied, "step-up-needed", "")
	case ask.Form != pii.Masked && ask.Form != pii.Plain:
		return nil, fault.New(fault.Invalid, "bad-request", "form")
	case ask.Life < 0 || ask.Life > longest:
		return nil, fault.New(fault.Invalid, "bad-request", "minutes")
	case ask.Certificate != nil && len(ask.Certificate) != sha256.Size:
		return nil, fault.New(fault.Invalid, "bad-request", "certificate")
	}
	if ask.Life == 0 {
		ask.Life = defaultLogin
	}
	var raw [8]byte
	if _, err := io.ReadFull(a.rand, raw[:]); err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	return &Login{
		Name: string(p.Person.ID) + "." + hex.EncodeToString(raw[:]), Person: p.Person.ID, Purpose: ask.Purpose, Work: ask.Work,
		Form: ask.Form, Certificate: ask.Certificate, MadeAt: now, Until: now.Add(ask.Life), StepUp: p.StepUp,
	}, nil
}

// newPassword makes a password and what SCRAM-SHA-256 checks it with.
func (a *Authn) newPassword() (string, enrolment.Verifier, error) {
	var raw [24 + 16]byte
	if _, err := io.ReadFull(a.rand, raw[:]); err != nil {
		return "", enrolment.Verifier{}, fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	password := base64.RawURLEncoding.EncodeToString(raw[:24])
	salted, err := pbkdf2.Key(sha256.New, password, raw[24:], iterations, sha256.Size)
	if err != nil {
		return "", enrolment.Verifier{}, fault.New(fault.Internal, "internal", "pbkdf2")
	}
	mac := func(text string) []byte {
		m := hmac.New(sha256.New, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	return password, enrolment.Verifier{Salt: raw[24:], Iterations: iterations, StoredKey: stored[:], ServerKey: mac("Server Key")}, nil
}

// recordLogin appends the entry of a login that is made or ended.
func (a *Authn) recordLogin(ctx context.Context, p party.Principal, l *Login, what string, revokes []string) error {
	request, err := a.request()
	if err != nil {
		return err
	}
	r, err := a.ledger.Decide(ctx, request, nil, func() (ledger.Item, error) {
		if revokes == nil {
			if err := a.mayHaveLogin(ctx, p); err != nil {
				return ledger.Item{}, err
			}
		}
		e := credential(p, what, l.Person, LoginPut{l})
		e.Purpose, e.Work, e.Revokes = l.Purpose, l.Work, append(revokes, loginsKey(l.Person))
		e.Facts = append(e.Facts, proof.Field{Name: "login", Value: l.Name}, proof.Field{Name: "login-form", Value: l.Form.String()},
			proof.Field{Name: "until", Value: l.Until.Format(time.RFC3339Nano)})
		keys := append(actorKeys(p), loginsKey(l.Person))
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: keys}, Actor: actor(p), Settle: revokes != nil}, nil
	})
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

// loginsKey is what making and ending a person's logins takes away, and rests on: of
// two at once the later one sees the earlier.
func loginsKey(person pii.PersonID) string { return "logins|" + string(person) }

// mayHaveLogin refuses whose session ended meanwhile, and one login too many.
func (a *Authn) mayHaveLogin(ctx context.Context, p party.Principal) error {
	now := a.now()
	if err := a.stillActing(ctx, p, now); err != nil {
		return err
	}
	open, err := a.openLogins(ctx, p.Person.ID, now)
	if err != nil {
		return err
	}
	if len(open) >= mostLogins {
		return fault.New(fault.Conflict, "too-many-logins", "")
	}
	return nil
}

// openLogins are a person's logins that were not ended.
func (a *Authn) openLogins(ctx context.Context, person pii.PersonID, now time.Time) ([]Login, error) {
	if a.logins == nil {
		return nil, nil
	}
	rows, err := a.logins.LoginsOf(ctx, person, now)
	if err != nil {
		return nil, unavailable(err)
	}
	kept := rows[:0]
	for _, l := range rows {
		if !l.Ended && a.trusted(&l) {
			kept = append(kept, l)
		}
	}
	return kept, nil
}

// endLogins puts the end of a person's logins to the port into an entry that ends all
// the sessions: a device that is lost may hold both.
func (a *Authn) endLogins(ctx context.Context, e *ledger.Entry, person pii.PersonID, now time.Time) error {
	open, err := a.openLogins(ctx, person, now)
	for i := range open {
		l := &open[i]
		l.Ended = true
		e.Effects = append(e.Effects, LoginPut{l})
		e.Revokes = append(e.Revokes, ledger.CredentialKey(loginCredential(l.Name)))
	}
	e.Revokes = append(e.Revokes, loginsKey(person))
	return err
}

// EndLogin ends a login of its caller. When it returns nothing can be opened any more
// on what the login asked for. Another's login is not found.
func (a *Authn) EndLogin(ctx context.Context, p party.Principal, name string) error {
	l, ok, err := a.logins.Login(ctx, name)
	if err != nil {
		return unavailable(err)
	}
	if !ok || !a.trusted(&l) || l.Person != p.Person.ID || l.Ended {
		return fault.New(fault.NotFound, "not-found", "login")
	}
	l.Ended = true
	return a.recordLogin(ctx, p, &l, "end-database-login", []string{ledger.CredentialKey(loginCredential(name))})
}

// loginCredential is what decisions of a login's sessions name in their basis.
func loginCredential(name string) []byte {
	sum := sha256.Sum256([]byte("goldbell database login v1\x00" + name))
	return sum[:]
}

// DatabaseLogin finds who may sign in to the port under a name; ok is false if nobody
// may, or no longer, whatever the reason.
func (a *Authn) DatabaseLogin(ctx context.Context, name string) (l Login, p party.Principal, ok bool, err error) {
	now, seen := a.now(), a.ledger.Size()
	if len(name) > 63 {
		return l, p, false, nil
	}
	if l, ok, err = a.logins.Login(ctx, name); err != nil {
		return l, p, false, unavailable(err)
	}
	if !ok || !a.trusted(&l) || l.Ended || !now.Before(l.Until) {
		return Login{}, p, false, nil
	}
	person, org, ok, err := a.people.Person(ctx, l.Person)
	if err != nil {
		return l, p, false, unavailable(err)
	}
	if !ok || !a.trusted(&person, &org) || !works(person, org, now) || org.Kind == party.Handler {
		return Login{}, p, false, nil
	}
	p = party.Principal{Person: person, Org: org, StepUp: l.StepUp, Credential: loginCredential(name), Seen: seen}
	if p.IsService() {
		p.Scope = ScopePostgres
	}
	return l, p, true, nil
}
