package door

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/vault"
)

// releaseGround is what releases under one work item rest on: read once and used for
// many batches. It cannot be stale: every entry names in its basis how long the ledger
// was when this was read, so that whatever was taken away since sends the batch back.
type releaseGround struct {
	size uint64 // of the ledger, before anything was read
	at   time.Time
	work grant.WorkItem // none, if it is not the session's own
	byID map[pii.SubjectID]grounded

	mu      sync.Mutex // guards counted
	counted map[string]map[pii.Ordinal]bool
}

// grounded is a member of the work item.
type grounded struct {
	subject vault.Subject
	bearing Bearing
}

// groundLife is how long a ground is used: a short one keeps the revocations short
// that each entry is compared with.
const groundLife = 10 * time.Second

// grounds remembers the grounds in use. The zero value is ready.
type grounds struct {
	mu     sync.Mutex // guards both
	byID   map[groundKey]*releaseGround
	making map[groundKey]*groundMaking
}

// groundMaking is a ground that is being read: the sessions of one work item wait for
// the one that reads it.
type groundMaking struct {
	done      chan struct{}
	forgotten bool // while it was being read something was taken away
}

type groundKey struct {
	person pii.PersonID
	org    pii.OrgID
	work   pii.RequestID
}

func keyOf(s Session) groundKey {
	return groundKey{s.Principal.Person.ID, s.Principal.Org.ID, s.Work}
}

func (g *grounds) find(s Session, now time.Time) *releaseGround {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.byID[keyOf(s)]; f != nil && now.Sub(f.at) < groundLife && !now.Before(f.at) {
		return f
	}
	return nil
}

// most is how many grounds are kept.
const most = 4096

func (g *grounds) keep(s Session, f *releaseGround) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byID == nil || len(g.byID) >= most {
		g.byID = map[groundKey]*releaseGround{}
	}
	g.byID[keyOf(s)] = f
}

func (g *grounds) forget(s Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.byID, keyOf(s))
	if m := g.making[keyOf(s)]; m != nil {
		m.forgotten = true
	}
}

// turn finds a ground, or says whose turn it is to read it: mine is false where another
// does, until done.
func (g *grounds) turn(s Session, now time.Time) (found *releaseGround, m *groundMaking, mine bool) {
	if f := g.find(s, now); f != nil {
		return f, nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if m = g.making[keyOf(s)]; m != nil {
		return nil, m, false
	}
	m = &groundMaking{done: make(chan struct{})}
	if g.making == nil {
		g.making = map[groundKey]*groundMaking{}
	}
	g.making[keyOf(s)] = m
	return nil, m, true
}

// made ends a turn; f is nil if it came to nothing.
func (g *grounds) made(s Session, m *groundMaking, f *releaseGround) {
	g.mu.Lock()
	delete(g.making, keyOf(s))
	forgotten := m.forgotten
	g.mu.Unlock()
	if f != nil && !forgotten {
		g.keep(s, f)
	}
	close(m.done)
}

// ground reads the session's work item and its members, or remembers them.
func (d *Door) ground(ctx context.Context, s Session) (*releaseGround, error) {
	for {
		g, making, mine := d.grounds.turn(s, d.Clock())
		switch {
		case g != nil:
			return g, nil
		case mine:
			return d.makeGround(ctx, s, making)
		}
		select {
		case <-making.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (d *Door) makeGround(ctx context.Context, s Session, m *groundMaking) (g *releaseGround, err error) {
	defer func() { d.grounds.made(s, m, g) }() // whatever happens, nobody waits for ever
	return d.readGround(ctx, s)
}

func (d *Door) readGround(ctx context.Context, s Session) (*releaseGround, error) {
	now := d.Clock()
	g := &releaseGround{size: d.Ledger.Size(), at: now, byID: map[pii.SubjectID]grounded{}, counted: map[string]map[pii.Ordinal]bool{}}
	var err error
	if g.work, err = d.workOf(ctx, s); err != nil {
		return nil, err
	}
	if g.work.OpenAt(now) && g.work.Purpose == s.Purpose {
		if err := d.membersOf(ctx, s, g); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (d *Door) membersOf(ctx context.Context, s Session, g *releaseGround) error {
	members, err := d.Members(ctx, g.work)
	if err != nil || len(members) == 0 {
		return err
	}
	ids := make([]pii.SubjectID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	ground, err := d.Store.Ground(ctx, Question{Work: s.Work, Assignee: s.Principal.Person.ID, Of: s.Principal.Org.ID, Subjects: ids})
	if err != nil {
		return err
	}
	in := d.members(ground, true)
	agreed, err := d.agreedAmong(ctx, s, members)
	if err != nil {
		return err
	}
	for _, m := range members {
		if standing, ok := in[m.Ordinal]; ok && m.Known() {
			g.byID[m.ID] = grounded{m, Bearing{
				Covered: true, Consent: agreed[m.Ordinal], OptedOut: d.refuses(standing.OptOut), Stored: standing.Custody.At,
				Held: m.State == vault.Held, Erased: m.State == vault.Erased,
			}}
		}
	}
	return nil
}

// agreedAmong says which members agreed, where the session's purpose rests on consent:
// its sensitive fields need it.
func (d *Door) agreedAmong(ctx context.Context, s Session, members []vault.Subject) (map[pii.Ordinal]bool, error) {
	rules, err := d.currentRules(ctx)
	if err != nil {
		return nil, err
	}
	m := Matter{Org: s.Principal.Org, Sheet: rules.sheets[s.Purpose]}
	if !m.Sheet.OnConsent() && !m.forItself() {
		return nil, nil
	}
	of := make([]pii.Ordinal, len(members))
	for i := range members {
		of[i] = members[i].Ordinal
	}
	return d.agreed(ctx, of, s.Purpose, m.ConsentTo(), d.Clock())
}

// unspent are the charges of a part without the subjects that were counted already:
// a budget counts each once a day.
func (g *releaseGround) unspent(all []ledger.Spend) []ledger.Spend {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []ledger.Spend
	for _, s := range all {
		if strings.HasPrefix(s.Key, "requests|") {
			continue // a statement is as many batches as its rows fill
		}
		if s.Subjects == nil {
			out = append(out, s)
			continue
		}
		fresh := make([]pii.Ordinal, 0, len(s.Subjects))
		for _, o := range s.Subjects {
			if !g.counted[s.Key][o] {
				fresh = append(fresh, o)
			}
		}
		if s.Subjects = fresh; len(fresh) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// spent remembers what an entry that is durable was charged with.
func (g *releaseGround) spent(charged []ledger.Spend) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range charged {
		if g.counted[s.Key] == nil {
			g.counted[s.Key] = map[pii.Ordinal]bool{}
		}
		for _, o := range s.Subjects {
			g.counted[s.Key][o] = true
		}
	}
}
