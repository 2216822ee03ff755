package exam

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Sight is one answer a person got: whom he was shown, in which form.
type Sight struct {
	Entry    uint64
	At       time.Time
	Kind     proof.Kind
	Verb     pii.Verb
	Form     pii.Form
	Fields   []pii.Field
	Purpose  pii.Purpose
	Work     string
	Subjects []pii.Ordinal // who was shown
	Refused  int
}

// Saw is what a person saw.
type Saw struct {
	Sights  []Sight
	People  int // different people who were shown, in all of them
	Unknown int
	Next    uint64 // where a longer list goes on; 0: it is whole
}

// Saw answers "what did this person see between from and until": the answers he got
// in [from, until), in order, at most n.
func (e *Examiner) Saw(ctx context.Context, by party.Principal, who pii.PersonID, from, until time.Time, first uint64, n int) (Saw, error) {
	if !mayAsk(by) {
		return Saw{}, fault.New(fault.Denied, "not-yours", "")
	}
	entries, err := e.filed(ctx, first, ledger.Ref{Kind: ledger.RefPerson, Key: []byte(who)})
	if err != nil {
		return Saw{}, err
	}
	out := Saw{}
	seen := map[pii.Ordinal]bool{}
	err = e.each(ctx, entries, func(idx uint64, r *ledger.Record) (bool, error) {
		switch {
		case r == nil:
			out.Unknown++
			return true, nil
		case !r.At().Before(until):
			return false, nil
		case r.At().Before(from) || r.Verb() == 0 || pii.PersonID(r.Fact("actor")) != who:
			return true, nil
		case len(out.Sights) == n:
			out.Next = idx
			return false, nil
		}
		s := sightOf(r)
		for _, o := range s.Subjects {
			seen[o] = true
		}
		out.Sights = append(out.Sights, s)
		return true, nil
	})
	out.People = len(seen)
	return out, err
}

func sightOf(r *ledger.Record) Sight {
	s := Sight{
		Entry: r.Index, At: r.At(), Kind: r.Leaf.Kind, Verb: r.Verb(), Form: r.Form(), Fields: r.Fields(),
		Purpose: pii.Purpose(r.Fact("purpose")), Work: r.Fact("work"),
	}
	r.Subjects(func(o pii.Ordinal, l proof.Line) bool {
		switch {
		case o == pii.Dummy:
		case l.Shown && r.Leaf.Kind == proof.KindDisclosure:
			s.Subjects = append(s.Subjects, o)
		default:
			s.Refused++
		}
		return true
	})
	return s
}

// Change is one change of what somebody may: a row before and after.
type Change struct {
	Entry    uint64
	At       time.Time
	By       pii.PersonID // who recorded it
	Approver pii.PersonID // who approved it, where a change needs that; empty otherwise
	Kind     string       // of the row
	Of       string       // whose row
	Before   json.RawMessage
	After    json.RawMessage
	Fields   []string // what differs
}

// Changes lists the changes of permissions in [from, until), oldest first, of the
// rows of one person, organisation or work item, or, if of is empty, of all, at most n.
func (e *Examiner) Changes(ctx context.Context, by party.Principal, of string, from, until time.Time, n int) (changes []Change, whole bool, err error) {
	if !mayAsk(by) {
		return nil, false, fault.New(fault.Denied, "not-yours", "")
	}
	entries, err := e.filed(ctx, 0, ledger.StateRef, ledger.Ref{Kind: ledger.RefRules, Key: []byte{1}})
	if err != nil {
		return nil, false, err
	}
	last := map[string]json.RawMessage{}
	whole = true
	err = e.each(ctx, entries, func(_ uint64, r *ledger.Record) (bool, error) {
		switch {
		case r == nil:
			return true, nil
		case !r.At().Before(until):
			return false, nil
		}
		rows, err := changedRows(r)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			key := row.kind + "|" + row.of
			before := last[key]
			last[key] = row.text
			if r.At().Before(from) || !row.about(of) {
				continue
			}
			if len(changes) == n {
				whole = false
				return false, nil
			}
			changes = append(changes, Change{
				Entry: r.Index, At: r.At(), By: pii.PersonID(r.Fact("actor")), Approver: pii.PersonID(r.Fact("approved-by")),
				Kind: row.kind, Of: row.of, Before: before, After: row.text, Fields: differing(before, row.text),
			})
		}
		return true, nil
	})
	return changes, whole, err
}

// changedRow is a row with the ids it is found by.
type changedRow struct {
	kind, of string
	also     []string
	text     json.RawMessage
}

func (c changedRow) about(id string) bool {
	return id == "" || c.of == id || slices.Contains(c.also, id)
}

// changedRows are the rows an entry states, and the rules it brings.
func changedRows(r *ledger.Record) ([]changedRow, error) {
	var out []changedRow
	if isRules(r) {
		text, err := json.Marshal(map[string]string{"version": r.Fact("version"), "proposed_by": r.Fact("proposed-by")})
		if err != nil {
			return nil, err
		}
		out = append(out, changedRow{kind: "rules", of: "rules", text: text})
	}
	rows, err := rowsOf(r)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		var ids struct {
			ID       string `json:"id"`
			Item     string `json:"item"`
			Person   string `json:"person"`
			Org      string `json:"org"`
			Assignee string `json:"assignee"`
			Purpose  string `json:"purpose"`
		}
		if json.Unmarshal(row.Row, &ids) != nil {
			return nil, unreadable(r)
		}
		c := changedRow{kind: row.Kind, of: ids.ID, text: row.Row, also: []string{ids.Person, ids.Assignee, ids.Item, ids.Org}}
		for _, id := range []string{ids.Item, ids.Person, ids.Purpose} {
			if c.of == "" {
				c.of = id
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// differing names the members in which two objects differ.
func differing(before, after json.RawMessage) []string {
	var a, b map[string]json.RawMessage
	if len(before) > 0 && json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil {
		return nil
	}
	var names []string
	for name, v := range b {
		if !bytes.Equal(a[name], v) {
			names = append(names, name)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
