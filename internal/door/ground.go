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
	mu   sync.Mutex
	byID map[groundKey]*releaseGround
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
}

// ground reads the session's work item and its members, or remembers them.
func (d *Door) ground(ctx context.Context, s Session) (*releaseGround, error) {
	now := d.Clock()
	if g := d.grounds.find(s, now); g != nil {
		return g, nil
	}
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
	d.grounds.keep(s, g)
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
	for _, m := range members {
		if standing, ok := in[m.Ordinal]; ok && m.Known() {
			g.byID[m.ID] = grounded{m, Bearing{
				Covered: true, OptedOut: d.refuses(standing.OptOut), Stored: standing.Custody.At,
				Held: m.State == vault.Held, Erased: m.State == vault.Erased,
			}}
		}
	}
	return nil
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
