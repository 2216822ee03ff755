package pgwire

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/goldbell/goldbell/internal/enrolment"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// maxCounted is up to which number a session's subjects are told apart.
const maxCounted = 1 << 16

// tally counts what one session did.
type tally struct {
	statements, rows, shown, refused, lookups, waited atomic.Int64
	active                                            atomic.Int64 // microseconds
	took                                              delays       // of statements

	mu       sync.Mutex
	seed     maphash.Seed
	subjects map[uint64]struct{}
}

func (t *tally) statement(now time.Time) {
	t.statements.Add(1)
	t.active.Store(now.UnixMicro())
}

func (t *tally) cells(shown, refused int) {
	t.shown.Add(int64(shown))
	t.refused.Add(int64(refused))
}

// subject counts whose cell was shown.
func (t *tally) subject(c enrolment.Cell) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.subjects == nil {
		t.seed, t.subjects = maphash.MakeSeed(), map[uint64]struct{}{}
	}
	if len(t.subjects) < maxCounted {
		t.subjects[maphash.Comparable(t.seed, person{c.Table.Of, c.Subject})] = struct{}{}
	}
}

type person struct {
	of  enrolment.ID
	key string
}

// SessionInfo is what the operator sees of a session: who and how much, never what.
type SessionInfo struct {
	ID         pii.RequestID
	Person     pii.PersonID
	Purpose    pii.Purpose
	Work       pii.RequestID
	Since      time.Time
	Active     time.Time // when its last statement came
	Statements int64
	Rows       int64
	Shown      int64 // protected cells
	Refused    int64
	Lookups    int64
	Subjects   int           // up to 65,536
	Waited     time.Duration // for the door, in all
	Half, Most time.Duration // half of its statements, and 99 of 100, took less
}

// Sessions lists the sessions there are.
func (p *Port) Sessions() []SessionInfo {
	all := p.all()
	out := make([]SessionInfo, 0, len(all))
	for _, s := range all {
		t, l := &s.tally, s.current()
		t.mu.Lock()
		subjects := len(t.subjects)
		t.mu.Unlock()
		out = append(out, SessionInfo{
			ID: s.id, Person: l.Principal.Person.ID, Purpose: l.Purpose, Work: l.Work,
			Since: s.since, Active: time.UnixMicro(t.active.Load()).UTC(), Statements: t.statements.Load(), Rows: t.rows.Load(),
			Shown: t.shown.Load(), Refused: t.refused.Load(), Lookups: t.lookups.Load(), Subjects: subjects,
			Waited: time.Duration(t.waited.Load()), Half: t.took.within(50), Most: t.took.within(99),
		})
	}
	return out
}

// Kill ends a session for the operator.
func (p *Port) Kill(id pii.RequestID) error {
	for _, s := range p.all() {
		if s.id == id {
			s.end(problem{severity: fatal, state: "57P01", id: "pg-killed"})
			return nil
		}
	}
	return fault.New(fault.NotFound, "not-found", "")
}
