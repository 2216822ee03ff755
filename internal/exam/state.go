package exam

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/grant"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// State is who there was, and what work, after some entries of the ledger.
type State struct {
	Until   uint64 // the entries before it are in it
	At      time.Time
	Rules   uint64 // the entry that brought the rules in force; 0: the shipped ones
	Orgs    map[pii.OrgID]party.Org
	People  map[pii.PersonID]party.Person
	Work    map[pii.RequestID]*Item
	Held    map[pii.PersonID][]*Item // what each person was ever assigned
	Unknown int                      // entries that state rows and can no longer be opened
}

// Item is a work item with its members.
type Item struct {
	grant.WorkItem
	Of []pii.Ordinal // ascending
}

func newState() *State {
	return &State{
		Orgs: map[pii.OrgID]party.Org{}, People: map[pii.PersonID]party.Person{},
		Work: map[pii.RequestID]*Item{}, Held: map[pii.PersonID][]*Item{},
	}
}

// At is the state at t: after the entries recorded up to t, and no other.
func (e *Examiner) at(ctx context.Context, t time.Time) (*State, error) {
	e.mu.Lock()
	s := e.last
	e.mu.Unlock()
	if s == nil || s.At.After(t) {
		s = newState()
	}
	s, err := e.advance(ctx, s, t)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	if e.last == nil || !s.At.Before(e.last.At) {
		e.last = s
	}
	e.mu.Unlock()
	return s, nil
}

// advance takes the entries after s that were recorded up to t; s stays as it is.
func (e *Examiner) advance(ctx context.Context, s *State, t time.Time) (*State, error) {
	entries, err := e.filed(ctx, s.Until, ledger.StateRef, ledger.Ref{Kind: ledger.RefRules, Key: []byte{1}})
	if err != nil || len(entries) == 0 {
		return s, err
	}
	s = s.clone()
	err = e.each(ctx, entries, func(idx uint64, r *ledger.Record) (bool, error) {
		if r == nil {
			s.Unknown++
			return true, nil
		}
		if r.At().After(t) {
			return false, nil
		}
		s.Until, s.At = idx+1, r.At()
		return true, s.take(r)
	})
	return s, err
}

func (s *State) clone() *State {
	c := *s
	c.Orgs, c.People, c.Work, c.Held = cloned(s.Orgs), cloned(s.People), cloned(s.Work), cloned(s.Held)
	return &c
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// rowsOf are the rows an entry states.
func rowsOf(r *ledger.Record) (rows []pii.Row, err error) {
	text := r.Fact(ledger.RowsFact)
	if text == "" {
		return nil, nil
	}
	if json.Unmarshal([]byte(text), &rows) != nil {
		return nil, unreadable(r)
	}
	return rows, nil
}

func unreadable(*ledger.Record) error { return fault.New(fault.Unavailable, "ledger-broken", "rows") }

// take adds what one entry states.
func (s *State) take(r *ledger.Record) error {
	if isRules(r) {
		s.Rules = r.Index
	}
	rows, err := rowsOf(r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := s.row(row); err != nil {
			return unreadable(r)
		}
	}
	return nil
}

func (s *State) row(row pii.Row) error {
	switch row.Kind {
	case "org":
		var o party.Org
		if err := json.Unmarshal(row.Row, &o); err != nil {
			return err
		}
		s.Orgs[o.ID] = o
	case "person":
		var p party.Person
		if err := json.Unmarshal(row.Row, &p); err != nil {
			return err
		}
		s.People[p.ID] = p
	case "work-item":
		return s.work(row.Row)
	case grant.MembersRow:
		var m grant.Membership
		if err := json.Unmarshal(row.Row, &m); err != nil {
			return err
		}
		if w := s.Work[m.Item]; w != nil {
			w.Of = slices.Sorted(slices.Values(m.Of))
		}
	}
	return nil
}

// work adds a work item or replaces it; an item is replaced, never changed, because
// older states share it.
func (s *State) work(text []byte) error {
	next := &Item{}
	if err := json.Unmarshal(text, &next.WorkItem); err != nil {
		return err
	}
	was := s.Work[next.ID]
	s.Work[next.ID] = next
	if was != nil {
		next.Of = was.Of
		s.Held[was.Assignee] = slices.DeleteFunc(slices.Clone(s.Held[was.Assignee]), func(w *Item) bool { return w == was })
	}
	held := s.Held[next.Assignee]
	s.Held[next.Assignee] = append(held[:len(held):len(held)], next)
	return nil
}

// covers reports whether the item has the subject.
func (w *Item) covers(o pii.Ordinal) bool {
	_, in := slices.BinarySearch(w.Of, o)
	return in && o != pii.Dummy
}

// filed lists entries filed under any of the references, from an index on.
func (e *Examiner) filed(ctx context.Context, from uint64, refs ...ledger.Ref) ([]uint64, error) {
	var all []uint64
	for _, ref := range refs {
		found, err := e.Ledger.Find(ctx, ref, from, math.MaxInt32)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Entries are read in runs: what lies between two that are wanted is read with them
// if it is little.
const (
	runLength = 512
	runGap    = 8
)

// each reads entries in order until f has enough; of one whose key was destroyed
// the record is nil.
func (e *Examiner) each(ctx context.Context, entries []uint64, f func(idx uint64, r *ledger.Record) (more bool, err error)) error {
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n]-entries[n-1] <= runGap && entries[n]-entries[0] < runLength {
			n++
		}
		first := entries[0]
		records, err := e.Ledger.Records(ctx, first, int(entries[n-1]-first)+1)
		if err != nil {
			return err
		}
		byIndex := make(map[uint64]*ledger.Record, len(records))
		for _, r := range records {
			byIndex[r.Index] = r
		}
		for _, idx := range entries[:n] {
			more, err := f(idx, byIndex[idx])
			if err != nil || !more {
				return err
			}
		}
		entries = entries[n:]
	}
	return nil
}
