package exam

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// What a [Move] is.
const (
	Joined   = "joined"
	Moved    = "moved"
	Left     = "left"
	Returned = "returned" // a suspension was lifted, or an ended contract taken up again
)

// Move is a person who came, changed place, left or came back.
type Move struct {
	At     time.Time
	Entry  uint64 // 0: the contract ended by itself
	Person pii.PersonID
	What   string
	By     pii.PersonID // empty: the system, by a clock
	Org    pii.OrgID
	Kind   party.PersonKind
	Post   string
	Fields []string // what differs, of movers
}

// Moves lists joiners, movers and leavers in [from, until) from the ledger, oldest
// first, at most n, and who left because a contract ended by itself.
func (e *Examiner) Moves(ctx context.Context, by party.Principal, from, until time.Time, n int) (moves []Move, whole bool, err error) {
	changes, whole, err := e.Changes(ctx, by, "", time.Time{}, until, maxChanges)
	if err != nil {
		return nil, false, err
	}
	last := map[pii.PersonID]party.Person{}
	for _, c := range changes {
		if c.Kind != "person" {
			continue
		}
		var p party.Person
		if json.Unmarshal(c.After, &p) != nil {
			continue
		}
		old, had := last[p.ID]
		last[p.ID] = p
		if had && ranOut(old, c.At) && !old.ContractUntil.Before(from) {
			moves = append(moves, moveOf(old, Left, old.ContractUntil))
		}
		what := whatMoved(old, p, had, c.At)
		if what == "" || c.At.Before(from) {
			continue
		}
		m := moveOf(p, what, c.At)
		m.Entry, m.By = c.Entry, c.By
		if what == Moved {
			m.Fields = c.Fields
		}
		moves = append(moves, m)
	}
	for _, p := range last {
		if ranOut(p, until) && !p.ContractUntil.Before(from) {
			moves = append(moves, moveOf(p, Left, p.ContractUntil))
		}
	}
	sortMoves(moves)
	if len(moves) > n {
		moves, whole = moves[:n], false
	}
	return moves, whole, nil
}

// maxChanges bounds the changes a list of moves is made of.
const maxChanges = 1_000_000

func moveOf(p party.Person, what string, at time.Time) Move {
	return Move{At: at, Person: p.ID, What: what, Org: p.Org, Kind: p.Kind, Post: p.Post}
}

// gone reports whether a person can do nothing at t for good.
func gone(p party.Person, t time.Time) bool {
	return p.Suspended || !p.ContractUntil.IsZero() && !t.Before(p.ContractUntil)
}

// ranOut reports whether his contract ended by itself before t.
func ranOut(p party.Person, t time.Time) bool {
	return !p.Suspended && !p.ContractUntil.IsZero() && p.ContractUntil.Before(t)
}

func whatMoved(old, new party.Person, had bool, at time.Time) string {
	switch {
	case !had:
		return Joined
	case !gone(old, at) && gone(new, at):
		return Left
	case gone(old, at) && !gone(new, at):
		return Returned
	case gone(new, at):
		return ""
	case old.Org != new.Org || old.Kind != new.Kind || old.Post != new.Post || old.Level != new.Level || old.Manager != new.Manager ||
		!old.ContractUntil.Equal(new.ContractUntil) || !old.ContractFrom.Equal(new.ContractFrom):
		return Moved
	}
	return "" // a training
}

func sortMoves(moves []Move) {
	slices.SortStableFunc(moves, func(a, b Move) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Person, b.Person))
	})
}
