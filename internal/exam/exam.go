// Package exam answers the questions that are asked after a leak: who can see a
// field, could this person see it that day and by which rule, what did he see, who
// changed what he may, and which written rule is enforced by nothing.
//
// Its one invariant: an answer about a day is made from the entries up to that day
// and from nothing later; and a question that tells about a person is an entry
// before it is answered. It decides nothing about requests, opens no value, and
// names people by their ids only.
package exam

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/consent"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// Subjects finds people by their ids.
type Subjects interface {
	// Subject finds one; an id that is nobody's is answered with the dummy.
	Subject(ctx context.Context, id pii.SubjectID) (ledger.Subject, error)
	Schema() pii.Schema
}

// RuleSets reads rule sets that were in force.
type RuleSets interface {
	RuleSet(ctx context.Context, entry uint64) (door.RuleSet, bool, error)
}

// Notices reads what people were told about a purpose.
type Notices interface {
	Notices(ctx context.Context, p pii.Purpose) ([]consent.Notice, error)
}

// Config is what an Examiner is made of.
type Config struct {
	Ledger   *ledger.Ledger
	Rules    RuleSets
	Notices  Notices
	Subjects Subjects
	Sheets   map[pii.Purpose]grant.Sheet                 // those that ship
	Caps     door.Caps                                   // those in force while no rule set has any
	Load     func(company string) (*policy.Rules, error) // policy.Load
	Clock    func() time.Time
}

// Examiner answers. It is safe for concurrent use.
type Examiner struct {
	Config

	mu    sync.Mutex
	last  *State           // the newest state that was made; it only moves forward
	books map[uint64]*book // by the entry that brought them
}

// New makes an Examiner.
func New(c Config) *Examiner {
	if c.Load == nil {
		c.Load = policy.Load
	}
	return &Examiner{Config: c, books: map[uint64]*book{}}
}

// book is what was decided by: the rules, and the purpose sheets.
type book struct {
	*policy.Rules
	sheets  map[pii.Purpose]grant.Sheet
	caps    door.Caps
	text    string // the company's own rules
	changed bool   // Goldbell shipped other rules when they came into force
}

// bookOf is what the entry brought into force, beside what this version of Goldbell
// ships; of entry 0 what ships alone.
func (e *Examiner) bookOf(ctx context.Context, entry uint64) (*book, error) {
	e.mu.Lock()
	b := e.books[entry]
	e.mu.Unlock()
	if b != nil {
		return b, nil
	}
	var set door.RuleSet
	if entry != 0 {
		var ok bool
		var err error
		if set, ok, err = e.Rules.RuleSet(ctx, entry); err != nil {
			return nil, err
		}
		if !ok || set.Entry != entry || e.Ledger.CheckStamp(&set) != nil {
			return nil, fault.New(fault.Unavailable, "rules-missing", "")
		}
	}
	b, err := e.read(set)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "rules-missing", "")
	}
	e.mu.Lock()
	e.books[entry] = b
	e.mu.Unlock()
	return b, nil
}

// read makes a rule set ready to be decided by.
func (e *Examiner) read(set door.RuleSet) (*book, error) {
	rules, err := e.Load(set.Text)
	if err != nil {
		return nil, err
	}
	b := &book{Rules: rules, text: set.Text, caps: e.Caps, changed: set.Version != "" && set.Version != rules.Version()}
	if set.Caps != "" {
		b.caps = door.Caps{}
		if err := json.Unmarshal([]byte(set.Caps), &b.caps); err != nil {
			return nil, fault.New(fault.Unavailable, "rules-missing", "caps")
		}
	}
	b.sheets, err = grant.Overlay(e.Sheets, set.Sheets)
	return b, err
}
