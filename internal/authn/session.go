package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Client is where a request came from and how it carries its session. A session in
// a cookie serves in a cookie only, and only the browser it was opened in: a cookie's
// value that was copied elsewhere is no bearer secret.
type Client struct {
	Source string // a network address; failures are counted by it
	Cookie bool   // the session is carried in a cookie
	Agent  string // the browser's name of itself, if so
}

// agent is what a session in a cookie is bound to.
func (c Client) agent() []byte {
	if !c.Cookie {
		return nil
	}
	sum := sha256.Sum256([]byte("goldbell browser v1\x00" + c.Agent))
	return sum[:16]
}

// carries says whether the client presents a token the way it was handed out.
func (c Client) carries(t Token) bool {
	return subtle.ConstantTimeCompare(c.agent(), t.Agent) == 1 && c.Cookie == (t.Agent != nil)
}

// Session is one of a person's open sessions.
type Session struct {
	ID     SessionID
	How    How
	Cookie bool
	MadeAt time.Time
	Until  time.Time
	StepUp time.Time
}

// SessionID names a session without being its secret, nor a hash it is found by.
type SessionID [16]byte

func (id SessionID) String() string { return hex.EncodeToString(id[:]) }

// UnmarshalText reads 32 hexadecimal digits.
func (id *SessionID) UnmarshalText(b []byte) error {
	if n, err := hex.Decode(id[:], b); err != nil || n != len(id) || len(b) != 2*len(id) {
		return fault.New(fault.Invalid, "bad-request", "session")
	}
	return nil
}

// SessionOf is the id of the session with a credential.
func SessionOf(credential []byte) SessionID {
	sum := sha256.Sum256(append([]byte("goldbell session v1\x00"), credential...))
	return SessionID(sum[:16])
}

func sessionOf(t Token) Session {
	return Session{ID: SessionOf(t.Hash), How: t.How, Cookie: t.Agent != nil, MadeAt: t.MadeAt, Until: t.Until, StepUp: t.StepUp}
}

// Session is the credential a principal acts by; a service's access token too.
func (a *Authn) Session(ctx context.Context, by party.Principal) (Session, error) {
	t, _, _, ok, err := a.store.Token(ctx, by.Credential)
	if err != nil {
		return Session{}, unavailable(err)
	}
	if !ok || !a.trusted(&t) || t.Ended || t.Person != by.Person.ID {
		return Session{}, fault.New(fault.Unauthentic, "unauthenticated", "")
	}
	return sessionOf(t), nil
}

// End ends the credential a principal acts by, as [Authn.SignOut] does.
func (a *Authn) End(ctx context.Context, by party.Principal) error {
	return a.record(ctx, func() (ledger.Item, error) {
		t, p, o, ok, err := a.store.Token(ctx, by.Credential)
		if err != nil {
			return ledger.Item{}, unavailable(err)
		}
		if !ok || !a.trusted(&t, &p, &o) || t.Ended || t.Person != by.Person.ID {
			return ledger.Item{}, fault.New(fault.Unauthentic, "unauthenticated", "")
		}
		e := credential(party.Principal{Person: p, Org: o}, "end", p.ID)
		end(&e, []Token{t})
		keys := append([]string{ledger.PersonKey(p.ID)}, e.Revokes...)
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: keys}, Settle: true}, nil
	})
}

// Sessions lists a person's open sessions, to herself or to the security
// administrator.
func (a *Authn) Sessions(ctx context.Context, by party.Principal, person pii.PersonID) ([]Session, error) {
	rows, err := a.sessions(ctx, by, person, a.now())
	if err != nil {
		return nil, err
	}
	all := make([]Session, len(rows))
	for i, t := range rows {
		all[i] = sessionOf(t)
	}
	return all, nil
}

func (a *Authn) sessions(ctx context.Context, by party.Principal, person pii.PersonID, now time.Time) ([]Token, error) {
	if by.Person.ID != person && by.Person.Kind != party.SecAdmin || by.IsService() {
		return nil, fault.New(fault.Denied, "not-yours", "")
	}
	if _, _, ok, err := a.people.Person(ctx, person); err != nil {
		return nil, unavailable(err)
	} else if !ok { // an entry that named it would keep what somebody typed
		return nil, fault.New(fault.NotFound, "not-found", "person")
	}
	return a.open(ctx, person, now)
}

// open is a person's open sessions. Rows the ledger did not make open nothing, and
// are left out.
func (a *Authn) open(ctx context.Context, person pii.PersonID, now time.Time) ([]Token, error) {
	rows, err := a.store.Sessions(ctx, person, now)
	if err != nil {
		return nil, unavailable(err)
	}
	kept := rows[:0]
	for _, t := range rows {
		if a.trusted(&t) {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// EndSessions ends a person's open sessions and logins to the port, or the one session
// that only names: her own, or anybody's by the security administrator. When it returns nothing can be
// opened any more on what they asked for.
func (a *Authn) EndSessions(ctx context.Context, by party.Principal, person pii.PersonID, only *SessionID) error {
	return a.record(ctx, func() (ledger.Item, error) {
		now := a.now()
		rows, err := a.sessions(ctx, by, person, now)
		if err != nil {
			return ledger.Item{}, err
		}
		if err := a.stillActing(ctx, by, now); err != nil {
			return ledger.Item{}, err
		}
		var ending []Token
		for _, t := range rows {
			if only == nil || SessionOf(t.Hash) == *only {
				ending = append(ending, t)
			}
		}
		if only != nil && len(ending) == 0 {
			return ledger.Item{}, fault.New(fault.NotFound, "not-found", "session")
		}
		e := credential(by, "end", person)
		end(&e, ending)
		if only == nil {
			if err := a.endLogins(ctx, &e, person, now); err != nil {
				return ledger.Item{}, err
			}
		}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), loginsKey(person))}, Actor: actor(by), Settle: true}, nil
	})
}

// end puts the end of sessions into an entry.
func end(e *ledger.Entry, sessions []Token) {
	for i := range sessions {
		t := sessions[i]
		t.Ended = true
		e.Effects = append(e.Effects, TokenPut{&t})
		e.Revokes = append(e.Revokes, ledger.CredentialKey(t.Hash))
	}
}

// record appends one entry about a credential.
func (a *Authn) record(ctx context.Context, decide func() (ledger.Item, error)) error {
	request, err := a.request()
	if err != nil {
		return err
	}
	r, err := a.ledger.Decide(ctx, request, nil, decide)
	if err != nil {
		return err
	}
	r.Close()
	return nil
}

// openingKey is what opening a session takes away, and rests on: of two at once of
// one person the later one sees the earlier.
func openingKey(person pii.PersonID) string { return "opening|" + string(person) }

// maxEnded bounds what one entry ends; a person has one session, or few.
const maxEnded = 16

// opening is a session about to be opened: the new one, and those it ends because a
// person has one at a time.
type opening struct {
	token *Token
	ends  []Token
}

// opens makes a session of a person, and settles which older ones end.
func (a *Authn) opens(ctx context.Context, t *Token) (opening, error) {
	rows, err := a.open(ctx, t.Person, t.MadeAt)
	if err != nil {
		return opening{}, err
	}
	l, _, err := a.login(ctx, t.Person)
	if err != nil {
		return opening{}, err
	}
	ends := max(len(rows)+1-max(l.Sessions, 1), 0)
	return opening{token: t, ends: rows[:min(ends, maxEnded)]}, nil
}

// facts puts the session into an entry.
func (o opening) facts(e *ledger.Entry, source string) {
	e.Facts = append(e.Facts, proof.Field{Name: "how", Value: string(o.token.How)}, proof.Field{Name: "source", Value: source})
	end(e, o.ends)
	e.Revokes = append(e.Revokes, openingKey(o.token.Person))
}
