package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// InitOptions are what `goldbell init` is told.
type InitOptions struct {
	Places
	Title  string     // the company's name
	Origin string     // the ledger's name; empty: made up
	DSN    string     // PostgreSQL; empty: SQLite in the data directory
	Schema pii.Schema // nil: the registration fields
	Clock  func() time.Time
}

// Initialised is what `goldbell init` made. The set-up code is told once.
type Initialised struct {
	Data      string `json:"data"`
	Keys      string `json:"keys"`
	Keeper    string `json:"keeper"`
	Origin    string `json:"origin"`
	LogKey    string `json:"log_key"` // the key that verifies the ledger's checkpoints
	Policy    string `json:"policy"`
	SetupCode string `json:"setup_code"`
	RootKey   string `json:"root_key"` // "file": on this machine
}

// Init makes a data directory, its keys, the ledger's first entries and the
// officer's one-time set-up code. It refuses a directory that is not empty, and
// leaves it empty if it fails.
func Init(ctx context.Context, o InitOptions) (Initialised, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	p, err := o.absolute()
	if err != nil {
		return Initialised{}, err
	}
	s, err := o.settings(p)
	if err != nil {
		return Initialised{}, err
	}
	if err := emptyDir(p.Data); err != nil {
		return Initialised{}, err
	}
	ring, err := keyring.Create(s.Keys, s.Origin, o.Clock(), rand.Reader)
	if err != nil {
		return Initialised{}, err
	}
	_, none := os.Lstat(s.Keeper)
	made, err := fill(ctx, p, s, ring, o.Clock)
	if err != nil {
		return Initialised{}, errors.Join(err, undo(p.Data, s, none != nil))
	}
	return made, nil
}

// undo removes what a failed Init made; newKeeper: the keeper's file too.
func undo(data string, s Settings, newKeeper bool) error {
	entries, err := os.ReadDir(data)
	gone := []error{err, keyring.Remove(s.Keys)}
	for _, e := range entries {
		gone = append(gone, os.RemoveAll(filepath.Join(data, e.Name())))
	}
	if newKeeper {
		gone = append(gone, os.RemoveAll(s.Keeper))
	}
	if errors.Join(gone...) != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}

func fill(ctx context.Context, p Places, s Settings, ring *keyring.Ring, clock func() time.Time) (Initialised, error) {
	if err := writeSettings(p.Data, s); err != nil {
		return Initialised{}, err
	}
	policy := fmt.Sprintf("log %s\nquorum none\n", ring.VerifierKey())
	if err := os.WriteFile(PolicyPath(p.Data), []byte(policy), 0o644); err != nil {
		return Initialised{}, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	code, err := firstEntries(ctx, p, s, clock)
	if err != nil {
		return Initialised{}, err
	}
	return Initialised{
		Data: p.Data, Keys: s.Keys, Keeper: s.Keeper, Origin: s.Origin, LogKey: ring.VerifierKey(),
		Policy: PolicyPath(p.Data), SetupCode: code, RootKey: ring.RootHolder(),
	}, nil
}

var originText = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{0,120}[a-z0-9]$`)

func (o InitOptions) settings(p Places) (Settings, error) {
	s := Settings{
		Origin: o.Origin, Title: o.Title, Keys: p.Keys, Driver: "sqlite", DSN: o.DSN,
		Schema: o.Schema, Caps: door.DefaultCaps(),
	}
	if s.Schema == nil {
		s.Schema = pii.Registration()
	}
	if err := s.Schema.Check(); err != nil {
		return s, fault.Wrap(fault.Invalid, "bad-schema", err)
	}
	if s.Title == "" {
		s.Title = "本公司"
	}
	if s.Origin == "" {
		var b [6]byte
		if _, err := rand.Read(b[:]); err != nil {
			return s, fault.New(fault.Unavailable, "unavailable", "randomness")
		}
		s.Origin = "goldbell.invalid/" + hex.EncodeToString(b[:])
	}
	if !originText.MatchString(s.Origin) {
		return s, fault.New(fault.Invalid, "bad-origin", "--origin")
	}
	if o.DSN != "" {
		s.Driver = "postgres"
	}
	s.Keeper = filepath.Join(p.Keeper, keeperName(s.Origin))
	return s, nil
}

// keeperName is the head keeper's file for a log, so that one directory can keep
// the heads of several.
func keeperName(origin string) string {
	return strings.NewReplacer("/", "_").Replace(origin) + ".head"
}

// emptyDir makes a directory, or accepts one with nothing in it.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if len(entries) > 0 {
		return fault.New(fault.Conflict, "data-not-empty", "--data")
	}
	return nil
}

// firstEntries writes the log's first entry, with the dummy subject, and the
// officer with her set-up code.
func firstEntries(ctx context.Context, p Places, s Settings, clock func() time.Time) (string, error) {
	srv, err := Open(ctx, Options{Places: p, Clock: clock, fresh: true})
	if err != nil {
		return "", err
	}
	defer srv.Close()
	schema, err := json.Marshal(s.Schema)
	if err != nil {
		return "", fault.New(fault.Internal, "internal", "schema")
	}
	digest := sha256.Sum256(schema)
	dummy, enrolled, err := srv.vault.PrepareDummy()
	if err != nil {
		return "", err
	}
	var id pii.RequestID
	if _, err := rand.Read(id[:]); err != nil {
		return "", fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	receipt, err := srv.ledger.Append(ctx, ledger.Item{Request: id, Entry: ledger.Entry{
		Kind:    proof.KindGenesis,
		Facts:   []proof.Field{{Name: "origin", Value: s.Origin}, {Name: "schema", Value: hex.EncodeToString(digest[:])}},
		Enrols:  []proof.Hash{enrolled[0].Commitment},
		Effects: []ledger.Effect{dummy},
	}})
	if err != nil {
		return "", err
	}
	receipt.Close()
	return srv.authn.SetUp(ctx, s.Title)
}
