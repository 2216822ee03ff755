package store

import (
	"maps"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
)

// meter is a budget as this transaction sees it. The head's lock keeps every
// other spender away until the commit, so a meter is read once, charged in memory
// and written with the batch: on PostgreSQL each statement is a round trip, and
// all of them happen while everyone else waits for the head.
type meter struct {
	used    int64
	charged int64 // of used, what this transaction added
	touched bool  // must be written, even if nothing was added
	until   int64
	counted map[pii.Ordinal]bool // whether the subject is counted; no entry: not read yet
	fresh   []pii.Ordinal        // newly counted
}

var (
	inMeters = columns(`SELECT key, used FROM meter WHERE (key) IN (`, `text`, `)`)
	// SQLite would scan the table for (key, ordinal) IN.
	inCounted = columns(`WITH v (key, ordinal) AS (`, `text bigint`,
		`) SELECT m.key, m.ordinal FROM v CROSS JOIN meter_subject m WHERE m.key = v.key AND m.ordinal = v.ordinal`)
	insertCounted = columns(`INSERT INTO meter_subject (key, ordinal) `, `text bigint`, ``)
	addMeters     = columns(`INSERT INTO meter (key, used, until) `, `text bigint bigint`,
		` ON CONFLICT (key) DO UPDATE SET used = meter.used + excluded.used`)
)

// Prefetch implements [ledger.Tx].
func (a *appending) Prefetch(n ledger.Needs) error {
	if a.failed != nil {
		return a.failed
	}
	all := append(a.lookUp(n.Requests), a.reading(n.Spends)...)
	if n.Revoked {
		all = append(all, a.takenBack(n.Since))
	}
	return a.begin(all...)
}

// reading are the questions that read what the spends need and is not read yet.
func (a *appending) reading(spends []ledger.Spend) (ask []question) {
	var keys, unread []any
	for _, s := range spends {
		m := a.meters[s.Key]
		if m == nil {
			m = &meter{counted: map[pii.Ordinal]bool{}}
			a.meters[s.Key] = m
			keys = append(keys, s.Key)
		}
		for _, o := range s.Subjects {
			if _, known := m.counted[o]; !known {
				m.counted[o] = false
				unread = append(unread, s.Key, int64(o))
			}
		}
	}
	a.t.db.d.rowsOf(inMeters, keys, func(text string, args []any) {
		ask = append(ask, question{text: text, args: args, each: func(scan func(...any) error) error {
			var key string
			var used int64
			err := scan(&key, &used)
			if m := a.meters[key]; m != nil {
				m.used = used
			}
			return err
		}})
	})
	a.t.db.d.rowsOf(inCounted, unread, func(text string, args []any) {
		ask = append(ask, question{text: text, args: args, each: func(scan func(...any) error) error {
			var key string
			var o pii.Ordinal
			err := scan(&key, &o)
			if m := a.meters[key]; m != nil {
				m.counted[o] = true
			}
			return err
		}})
	})
	return ask
}

// Spend implements [ledger.Tx].
func (a *appending) Spend(all []ledger.Spend) (over string, err error) {
	if err := a.Prefetch(ledger.Needs{Spends: all}); err != nil {
		return "", err
	}
	var undo []func()
	for _, s := range all {
		if s.Amount < 0 {
			return "", a.keep(fault.New(fault.Internal, "internal", "spend"))
		}
		back, ok := a.meters[s.Key].spend(s)
		if !ok {
			for _, back := range slices.Backward(undo) {
				back()
			}
			return s.Key, nil
		}
		undo = append(undo, back)
	}
	return "", nil
}

// spend charges one budget, unless that would pass its cap; back takes it back.
func (m *meter) spend(s ledger.Spend) (back func(), ok bool) {
	amount := s.Amount
	var fresh []pii.Ordinal
	if len(s.Subjects) > 0 {
		fresh = m.uncounted(s.Subjects)
		if amount = int64(len(fresh)); amount == 0 {
			return func() {}, true // all of them were counted before
		}
	}
	if amount > s.Cap-m.used {
		return nil, false
	}
	before := *m
	m.used, m.charged, m.touched = m.used+amount, m.charged+amount, true
	m.until = max(m.until, micros(s.Until))
	m.fresh = append(m.fresh, fresh...)
	for _, o := range fresh {
		m.counted[o] = true
	}
	return func() {
		for _, o := range fresh {
			m.counted[o] = false
		}
		before.counted = m.counted
		*m = before
	}, true
}

func (m *meter) uncounted(of []pii.Ordinal) (fresh []pii.Ordinal) {
	named := map[pii.Ordinal]bool{}
	for _, o := range of {
		if !m.counted[o] && !named[o] { // named twice, counted once
			named[o] = true
			fresh = append(fresh, o)
		}
	}
	return fresh
}

// charges are the statements that write what was spent since the last call.
func (a *appending) charges(calls []call) []call {
	var used, counted []any
	for _, key := range slices.Sorted(maps.Keys(a.meters)) {
		m := a.meters[key]
		if !m.touched {
			continue
		}
		used = append(used, key, m.charged, m.until)
		for _, o := range m.fresh {
			counted = append(counted, key, int64(o))
		}
		m.charged, m.touched, m.fresh = 0, false, nil
	}
	calls = a.t.db.d.insert(calls, addMeters, used)
	return a.t.db.d.insert(calls, insertCounted, counted)
}
