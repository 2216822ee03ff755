package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/httpapi"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
)

// How the audit in the background is paced.
const (
	auditDelay = time.Minute // before the first pass: a process for one command does none
	auditRest  = time.Hour   // between two passes
	// auditShare is how many times as long as it worked the audit rests after every
	// step: a sixth of one core, below the fifth it may take.
	auditShare = 5
	auditSave  = 30 * time.Second
	auditFile  = "audit.json"
)

// auditor verifies the whole ledger again and again, slowly. A process that starts
// goes on where the last one was; what was found stays found until a pass from the
// first entry to the last finds nothing.
type auditor struct {
	begin func(ctx context.Context, from uint64) (*ledger.Audit, error)
	alarm func(id string)
	ring  *keyring.Ring
	file  string

	now  func() time.Time                           // of a clock that does not jump
	wait func(ctx context.Context, d time.Duration) // until it is over or ctx ends

	mu    sync.Mutex
	state httpapi.Audited
}

// kept is what the file holds.
type kept struct {
	Next   uint64 `json:"next"`
	Faults int    `json:"faults"`
	MAC    []byte `json:"mac"`
}

func (k kept) row() []byte { return fmt.Appendf(nil, "%d|%d", k.Next, k.Faults) }

func (s *Server) openAuditor(context.Context) error {
	config := ledger.Config{
		Store: s.store, Ring: s.ring, Keys: s.vault.RecordKeys, Remains: s.store, Restores: s.store, Rand: rand.Reader,
		Keeper: ledger.NewKeeper(s.settings.Keeper, s.settings.Origin), Witnesses: witnessKeys(s.data),
	}
	s.auditor = &auditor{
		begin: func(ctx context.Context, from uint64) (*ledger.Audit, error) {
			return ledger.NewAudit(ctx, config, s.store, ledger.AuditOptions{From: from})
		},
		alarm: s.alarm, ring: s.ring, file: filepath.Join(s.data, auditFile), now: time.Now, wait: wait,
	}
	s.auditor.state.Faults = s.auditor.load().Faults
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// run audits until ctx ends.
func (a *auditor) run(ctx context.Context) {
	for a.wait(ctx, auditDelay); ctx.Err() == nil; a.wait(ctx, auditRest) {
		if err := a.pass(ctx); err != nil && ctx.Err() == nil {
			a.alarm("audit-stopped")
		}
	}
}

// pass is one audit, from where the last one stopped.
func (a *auditor) pass(ctx context.Context) error {
	from := a.load()
	if from.Faults > 0 {
		from.Next = 0
	}
	audit, err := a.begin(ctx, from.Next)
	if err != nil {
		return err
	}
	saved := a.now()
	for done := false; !done; {
		start := a.now()
		if done, err = audit.Step(ctx); err != nil {
			return err
		}
		a.saw(audit.Report(), audit.Next(), done)
		end := a.now()
		if next := audit.Next(); next > 0 && end.Sub(saved) >= auditSave {
			saved = end
			a.save(kept{Next: next, Faults: a.Audited().Faults})
		}
		if a.wait(ctx, auditShare*end.Sub(start)); ctx.Err() != nil {
			a.save(kept{Next: audit.Next(), Faults: a.Audited().Faults})
			return ctx.Err()
		}
	}
	a.save(kept{Faults: a.Audited().Faults})
	return nil
}

// saw takes over what a pass has found so far. The first fault is told at once.
func (a *auditor) saw(r ledger.Report, next uint64, done bool) {
	a.mu.Lock()
	before := a.state.Faults
	a.state.Size, a.state.Next = r.Size, next
	a.state.Faults = max(a.state.Faults, len(r.Faults))
	if done {
		a.state.Next, a.state.Passes = r.Size, a.state.Passes+1
		if r.From == 0 {
			a.state.Faults = len(r.Faults)
		}
	}
	now := a.state.Faults
	a.mu.Unlock()
	if before == 0 && now > 0 {
		a.alarm("audit-failed")
	}
}

// Audited implements what the API asks.
func (a *auditor) Audited() httpapi.Audited {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// load reads where the last process was. A file that is not ours counts as none.
func (a *auditor) load() (k kept) {
	b, err := os.ReadFile(a.file)
	if err != nil || json.Unmarshal(b, &k) != nil || !a.ring.CheckMAC("audit", k.row(), k.MAC) {
		return kept{}
	}
	return k
}

// save remembers it. If it fails the next process begins at the beginning.
func (a *auditor) save(k kept) {
	k.MAC = a.ring.MAC("audit", k.row())
	b, err := json.Marshal(k)
	if err != nil {
		return
	}
	part := a.file + ".part"
	if os.WriteFile(part, b, 0o600) == nil {
		_ = os.Rename(part, a.file)
	}
}
