// Package watch follows the ledger and tells the officer what should be looked at:
// requests that count up ids or meet nobody, values revealed and not used, one person
// on two networks, the same people assigned again and again, a share of the law's line.
//
// Its one invariant: an alert rests on entries it names, is explained in one sentence,
// and what it does to somebody's work ends when the officer judges it false. It knows
// ordinals and pseudonyms, never who they are; it decides no request: the door reads
// what it wrote. It is not for finding a leak's source: that is trace.
package watch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// Config is what a watch is made of.
type Config struct {
	Ledger     *ledger.Ledger
	Alerts     grant.AlertStore
	Exceptions grant.ExceptionStore
	Work       grant.Store
	Meters     grant.Meters
	Clock      func() time.Time
}

const (
	pageEntries = 512
	// lookBack is how many entries are read again after a start.
	lookBack = 8192
	// mostAlerts is how many alerts are remembered after a start.
	mostAlerts = 5000
	// mostFrozen is how many work items one alert reaches.
	mostFrozen = 1000
)

// Watch follows a ledger. It is safe for concurrent use.
type Watch struct {
	Config

	mu      sync.Mutex // held by whoever follows, and guards what follows
	opened  bool
	next    uint64 // the entry to read next
	workers map[pii.PersonID]*worker
	told    map[toldKey]uint64 // the last entry an alert of the detector about the person named
	dealt   map[string]dealt   // work given to whom: digest and assignee
	lines   map[string]line    // whose meters changed
	pending []grant.Alert      // not recorded yet
	looked  time.Time          // for reviews that are late
}

type toldKey struct {
	detector grant.Detector
	person   pii.PersonID
}

// line is a meter towards the law's line.
type line struct {
	person pii.PersonID
	org    pii.OrgID
	entry  uint64
}

// New makes a watch; nothing is read before Follow is called.
func New(c Config) *Watch {
	return &Watch{
		Config: c, workers: map[pii.PersonID]*worker{}, told: map[toldKey]uint64{}, dealt: map[string]dealt{}, lines: map[string]line{},
	}
}

func (w *Watch) now() time.Time { return w.Clock().UTC().Truncate(time.Microsecond) }

// Follow reads what the ledger got since, and raises the alerts that are due. An
// alert that could not be recorded is tried again by the next call.
func (w *Watch) Follow(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.Ledger.Refresh(ctx); err != nil {
		return err
	}
	size := w.Ledger.Size()
	if err := w.open(ctx, size); err != nil {
		return err
	}
	for w.next < size {
		n := int(min(size-w.next, pageEntries))
		records, err := w.Ledger.Records(ctx, w.next, n)
		if err != nil {
			return err
		}
		for _, r := range records {
			w.saw(r)
		}
		w.next += uint64(n)
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
	}
	w.passed(w.now())
	if err := w.reached(ctx); err != nil {
		return err
	}
	if err := w.overdue(ctx); err != nil {
		return err
	}
	return w.raiseAll(ctx)
}

// open finds where to begin, and what was told before.
func (w *Watch) open(ctx context.Context, size uint64) error {
	if w.opened {
		return nil
	}
	alerts, err := w.Alerts.Alerts(ctx, mostAlerts)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		for _, i := range a.Entries {
			k := toldKey{a.Detector, a.Person}
			w.told[k] = max(w.told[k], i+1)
		}
	}
	if size > lookBack {
		w.next = size - lookBack
	}
	w.opened = true
	return nil
}

// raise queues an alert, unless its evidence was told before.
func (w *Watch) raise(d grant.Detector, who pii.PersonID, at time.Time, entries []uint64, change func(*grant.Alert)) {
	if len(entries) > grant.MostEntries {
		entries = entries[len(entries)-grant.MostEntries:]
	}
	a := grant.Alert{Detector: d, Person: who, At: at, Entries: entries, Action: actions[d], State: grant.AlertOpen}
	change(&a)
	var of uint64
	if len(entries) > 0 {
		of = entries[len(entries)-1]
		w.told[toldKey{d, who}] = of + 1
	}
	if a.ID.IsZero() {
		a.ID = alertID(d, string(who), of)
	}
	w.pending = append(w.pending, a)
}

// fresh reports whether no alert of the detector about the person named the entry, or
// a later one.
func (w *Watch) fresh(d grant.Detector, who pii.PersonID, entry uint64) bool {
	return entry >= w.told[toldKey{d, who}]
}

// alertID follows from what the alert is about, so that two processes, or one that
// was started again, raise it once.
func alertID(d grant.Detector, who string, n uint64) (id pii.RequestID) {
	h := sha256.New()
	for _, part := range []string{"goldbell alert v1", string(d), who} {
		_, _ = h.Write(append([]byte(part), 0)) // a hash does not fail
	}
	_ = binary.Write(h, binary.BigEndian, n)
	copy(id[:], h.Sum(nil))
	return id
}
