package server

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/pii"
)

// Files of a data directory.
const (
	settingsFile = "goldbell.json"
	lockFile     = "lock"
	socketFile   = "goldbell.sock"
	databaseFile = "goldbell.db"
	policyFile   = "log.policy"
)

// Settings are what a data directory remembers: where its keys and head keeper
// lie, its schema and budgets. None of it is secret but a PostgreSQL password in
// DSN; the file is 0600.
type Settings struct {
	Origin string     `json:"origin"` // the ledger's name
	Title  string     `json:"title"`  // the company's name
	Keys   string     `json:"keys"`
	Keeper string     `json:"keeper"` // the head keeper's file
	Driver string     `json:"driver"` // "sqlite" or "postgres"
	DSN    string     `json:"dsn,omitempty"`
	Schema pii.Schema `json:"schema"`
	Caps   door.Caps  `json:"caps"`
	Switch *Switch    `json:"switch,omitempty"`
	// Address is where outsiders reach this server's pages, as messages name it; empty:
	// where people sign in.
	Address string `json:"address,omitempty"`
	// SignIn is where and how people sign in.
	SignIn *SignIn `json:"sign_in,omitempty"`
	// Courier is how messages reach people outside: without one no code is sent.
	Courier *Courier `json:"courier,omitempty"`
	// Clocks are the time limits the company set itself, in days, by package law's names.
	Clocks law.Clocks `json:"clocks,omitempty"`
	// Witness says how the witnesses of log.policy are asked.
	Witness *Witness `json:"witness,omitempty"`
}

// Witness is how outside witnesses are asked. Who they are, where, and how many
// must sign is in log.policy.
type Witness struct {
	// Outside gives, for a witness's name in log.policy, the other organisation that
	// runs it. A witness that is not here is our own.
	Outside    map[string]string `json:"outside"`
	Every      int               `json:"every_seconds,omitempty"`       // 0: 10
	Entries    uint64            `json:"entries,omitempty"`             // 0: 4096
	FailClosed int               `json:"fail_closed_minutes,omitempty"` // 0: never
}

// Switch is the company's telephone switch, which places calls for us.
type Switch struct {
	URL    string `json:"url"`    // https
	Roots  string `json:"roots"`  // PEM file of the certificates to trust; empty: the system's
	Secret string `json:"secret"` // file with the shared secret, hexadecimal, 0600
}

// Courier is the company's mail server and its SMS provider; either may be missing.
type Courier struct {
	Mail *Mail   `json:"mail,omitempty"`
	SMS  *Switch `json:"sms,omitempty"` // asked like the switch: a signed request
}

// Mail is an SMTP server. It is always spoken to over TLS.
type Mail struct {
	Host     string `json:"host"`
	Port     int    `json:"port,omitempty"` // 0: 587, or 465 if implicit
	Implicit bool   `json:"implicit,omitempty"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"` // file, 0600
	From     string `json:"from"`
	Roots    string `json:"roots,omitempty"` // PEM file of the certificates to trust; empty: the system's
}

// Places are the three directories a command may be told: --data, --keys and
// --keeper. Empty ones are found: keys beside data, the keeper in the user's
// state directory, or what init recorded.
type Places struct{ Data, Keys, Keeper string }

// PolicyPath is the file with the policy that verifies this log's packs.
func PolicyPath(data string) string { return filepath.Join(data, policyFile) }

// absolute fills in the defaults of a new data directory.
func (p Places) absolute() (Places, error) {
	if p.Data == "" {
		return p, fault.New(fault.Invalid, "bad-request", "--data")
	}
	data, err := filepath.Abs(p.Data)
	if err != nil {
		return p, fault.New(fault.Invalid, "bad-request", "--data")
	}
	p.Data = data
	if p.Keys == "" {
		p.Keys = data + ".keys"
	}
	if p.Keys, err = filepath.Abs(p.Keys); err != nil {
		return p, fault.New(fault.Invalid, "bad-request", "--keys")
	}
	if p.Keeper == "" {
		state, err := stateDir()
		if err != nil {
			return p, fault.New(fault.Invalid, "no-state-dir", "--keeper")
		}
		p.Keeper = state
	}
	if p.Keeper, err = filepath.Abs(p.Keeper); err != nil {
		return p, fault.New(fault.Invalid, "bad-request", "--keeper")
	}
	if inside(p.Keys, p.Data) {
		return p, fault.New(fault.Invalid, "keys-inside-data", "--keys")
	}
	if inside(p.Keeper, p.Data) {
		return p, fault.New(fault.Invalid, "keeper-inside-data", "--keeper")
	}
	return p, nil
}

// inside reports whether a path lies in a directory, links followed where they exist.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && rel != ".." && !hasDotDot(rel)
}

func hasDotDot(rel string) bool {
	return len(rel) >= 3 && rel[:3] == ".."+string(filepath.Separator)
}

// real follows the links of the part of a path that exists.
func real(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(real(parent), filepath.Base(path))
}

// stateDir is the user's state directory.
func stateDir() (string, error) {
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "goldbell"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "goldbell"), nil
}

// readSettings reads what init recorded; flags override where keys and keeper lie.
func readSettings(p Places) (Settings, error) {
	var s Settings
	if p.Data == "" {
		return s, fault.New(fault.Invalid, "bad-request", "--data")
	}
	if _, err := os.Lstat(filepath.Join(p.Data, stageDir)); err == nil {
		return s, fault.New(fault.Unavailable, "restore-unfinished", "--data")
	}
	b, err := os.ReadFile(filepath.Join(p.Data, settingsFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, fault.New(fault.Invalid, "not-a-data-dir", "--data")
	}
	if err != nil {
		return s, fault.New(fault.Unavailable, "settings-unreadable", "")
	}
	if json.Unmarshal(b, &s) != nil || s.Schema.Check() != nil || s.Clocks.Check() != nil {
		return s, fault.New(fault.Unavailable, "settings-unreadable", "")
	}
	if err := s.checkSignIn(); err != nil {
		return s, err
	}
	if p.Keys != "" {
		s.Keys = p.Keys
	}
	if p.Keeper != "" {
		s.Keeper = filepath.Join(p.Keeper, keeperName(s.Origin))
	}
	if inside(s.Keys, p.Data) {
		return s, fault.New(fault.Invalid, "keys-inside-data", "--keys")
	}
	return s, nil
}

// SchemaOf is the schema of a data directory.
func SchemaOf(p Places) (pii.Schema, error) {
	s, err := readSettings(p)
	return s.Schema, err
}

// UpdateSettings rewrites the settings of a data directory no server is using.
func UpdateSettings(data string, change func(*Settings)) error {
	s, err := readSettings(Places{Data: data})
	if err != nil {
		return err
	}
	change(&s)
	return writeSettings(data, s)
}

func writeSettings(data string, s Settings) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fault.New(fault.Internal, "internal", "settings")
	}
	name := filepath.Join(data, settingsFile)
	if err := os.WriteFile(name+".new", append(b, '\n'), 0o600); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}
