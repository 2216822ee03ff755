package exam

import (
	"context"
	"maps"
	"sync"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/policy"
)

// mostTrials is how many trials may wait for their turn or run; mostOfOne, how many of
// them one person may have begun.
const (
	mostTrials = 8
	mostOfOne  = 2
)

// Trials runs trials beside the requests of a server, one after the other: who asked
// for one may go away and look again later. What a trial found is kept by whoever asked
// for it; a trial that the process did not live to finish is asked for again.
type Trials struct {
	e    *Examiner
	ctx  context.Context
	stop context.CancelFunc
	turn chan struct{}
	all  sync.WaitGroup

	mu    sync.Mutex
	under map[pii.RequestID]Progress
	begun map[pii.RequestID]pii.PersonID // of those under way
}

// Progress is how far a trial is.
type Progress struct {
	Done, Of uint64 // entries
	Failed   bool   // the last try; ask again
}

// NewTrials makes a runner of trials.
func NewTrials(e *Examiner) *Trials {
	t := &Trials{e: e, turn: make(chan struct{}, 1), under: map[pii.RequestID]Progress{}, begun: map[pii.RequestID]pii.PersonID{}}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

// Close stops what runs and waits for it.
func (t *Trials) Close() {
	t.stop()
	t.all.Wait()
}

// Progress tells of the trials that wait, run or failed. What one found was kept before
// it is no longer among them.
func (t *Trials) Progress() map[pii.RequestID]Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.under)
}

// Start begins a trial of a rule set under an id for somebody, unless one is under way;
// keep is called with what it found.
func (t *Trials) Start(id pii.RequestID, by pii.PersonID, next door.RuleSet, keep func(context.Context, policy.Trial) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, under := t.under[id]; under && !p.Failed {
		return nil
	}
	his := 0
	for _, p := range t.begun {
		if p == by {
			his++
		}
	}
	if his >= mostOfOne { // the others' trials come too
		return fault.New(fault.Exhausted, "busy", "trials")
	}
	if len(t.under) >= mostTrials {
		for old, p := range t.under {
			if p.Failed {
				delete(t.under, old)
			}
		}
	}
	if len(t.under) >= mostTrials || t.ctx.Err() != nil {
		return fault.New(fault.Unavailable, "unavailable", "trials")
	}
	t.under[id], t.begun[id] = Progress{}, by
	t.all.Go(func() { t.run(id, next, keep) })
	return nil
}

func (t *Trials) run(id pii.RequestID, next door.RuleSet, keep func(context.Context, policy.Trial) error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-t.ctx.Done():
		t.ended(id, t.ctx.Err())
		return
	}
	defer func() {
		if recover() != nil { // its text may hold anything
			t.ended(id, fault.New(fault.Internal, "internal", "trial"))
		}
	}()
	found, err := t.e.Try(t.ctx, next, func(done, of uint64) {
		t.mu.Lock()
		t.under[id] = Progress{Done: done, Of: of}
		t.mu.Unlock()
	})
	if err == nil {
		err = keep(t.ctx, found)
	}
	t.ended(id, err)
}

func (t *Trials) ended(id pii.RequestID, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.begun, id)
	if delete(t.under, id); err != nil {
		t.under[id] = Progress{Failed: true}
	}
}
