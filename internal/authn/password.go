package authn

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
)

// What one password costs, as RFC 9106 recommends where memory is short.
const (
	argonMemory  = 64 << 10 // KiB
	argonTime    = 3
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
)

// hashesAtOnce bounds memory and processors that passwords take: 128 MiB, two cores.
// waitingHashes is how many may stand in line for that.
const (
	hashesAtOnce  = 2
	waitingHashes = 64
)

// A wrong password beside a right passkey is a guess of whoever holds the passkey:
// maxGuesses of them, and that passkey takes no password for guessPause. The passkey
// alone still opens a session if it verifies its owner, and other passkeys are not
// concerned.
const (
	maxGuesses = 10
	guessPause = time.Hour
)

// Lengths of a password, in characters.
const (
	minPassword = 12
	maxPassword = 128
)

// passwords hashes and compares.
type passwords struct {
	rand  io.Reader
	slots chan struct{}
	line  chan struct{}
	kdf   func(password, salt []byte) []byte

	mu      sync.Mutex // guards guesses
	guesses map[string]guessed
}

// guessed is how often one passkey came with a wrong password, since when.
type guessed struct {
	n     int
	since time.Time
}

func newPasswords(rand io.Reader) *passwords {
	return &passwords{
		rand: rand, slots: make(chan struct{}, hashesAtOnce), line: make(chan struct{}, waitingHashes), guesses: map[string]guessed{},
		kdf: func(password, salt []byte) []byte {
			return argon2.IDKey(password, salt, argonTime, argonMemory, argonThreads, argonKey)
		},
	}
}

// hash is the text a password is kept as.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(p.rand, salt); err != nil {
		return "", fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	key, err := p.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// none is what is compared with where nothing is kept; no password matches it.
var none = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$", argon2.Version, argonMemory, argonTime, argonThreads,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)))

// check compares a password with what is kept, and counts wrong ones by passkey. It
// makes one hash, whether or not there is anything to compare with.
func (p *passwords) check(ctx context.Context, passkey, password, kept string, now time.Time) (bool, error) {
	if may := p.mayGuess(passkey, now); !may || kept == "" {
		kept = none
	}
	parts := strings.Split(kept, "$")
	want := fmt.Sprintf("m=%d,t=%d,p=%d", argonMemory, argonTime, argonThreads)
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != want {
		return false, fault.New(fault.Unavailable, "unavailable", "password")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fault.New(fault.Unavailable, "unavailable", "password")
	}
	key, err := p.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	ok := subtle.ConstantTimeCompare([]byte(base64.RawStdEncoding.EncodeToString(key)), []byte(parts[5])) == 1
	if ok {
		p.guessed(passkey)
	}
	return ok, nil
}

// derive takes its turn.
func (p *passwords) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case p.line <- struct{}{}:
		defer func() { <-p.line }()
	default:
		return nil, fault.New(fault.Exhausted, "busy", "")
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "unavailable", "time is up")
	}
	return p.kdf([]byte(password), salt), nil
}

// mayGuess counts a guess before it is compared, so that many at once are as many.
func (p *passwords) mayGuess(passkey string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.guesses[passkey]
	if now.Sub(g.since) >= guessPause {
		g = guessed{since: now}
	}
	if g.n >= maxGuesses {
		return false
	}
	g.n++
	p.guesses[passkey] = g
	return true
}

// guessed forgets the guesses of who knew it.
func (p *passwords) guessed(passkey string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.guesses, passkey)
}

// SetPassword sets the principal's own password.
func (a *Authn) SetPassword(ctx context.Context, by party.Principal, password string) error {
	if by.IsService() {
		return fault.New(fault.Denied, "not-yours", "")
	}
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword || isDull(password) || password == string(by.Person.ID) {
		return fault.New(fault.Invalid, "bad-password", "password")
	}
	now := a.now()
	if err := a.mayNow(ctx, by, now); err != nil { // before we hash for anybody
		return err
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	return a.record(ctx, func() (ledger.Item, error) {
		if err := a.mayNow(ctx, by, a.now()); err != nil {
			return ledger.Item{}, err
		}
		l, known, err := a.login(ctx, by.Person.ID)
		if err != nil {
			return ledger.Item{}, err
		}
		if !known {
			l.Person = by.Person.ID
			if l.Handle, err = a.newHandle(); err != nil {
				return ledger.Item{}, err
			}
		}
		l.Password = hash
		e := credential(by, "password", by.Person.ID, LocalPut{&l})
		e.Revokes = []string{changeKey(by.Person.ID)}
		return ledger.Item{Entry: e, Basis: ledger.Basis{Keys: append(actorKeys(by), e.Revokes...)}}, nil
	})
}

// mayNow refuses who may not change what she signs in with now.
func (a *Authn) mayNow(ctx context.Context, by party.Principal, now time.Time) error {
	t, err := a.acts(ctx, by, now)
	if err != nil {
		return err
	}
	keys, err := a.living(ctx, by.Person.ID)
	if err != nil {
		return err
	}
	if !mayChange(t, keys, false, now) {
		return fault.New(fault.Denied, "step-up-needed", "")
	}
	return nil
}

// isDull says whether a password is one character over and over, or two.
func isDull(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) < 5
}
