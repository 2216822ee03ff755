package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
	"github.com/goldbell/goldbell/proof"
)

type entriesIn struct {
	Before uint64 `query:"before" doc:"entries below this index; left out: the newest"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// entryLine is an entry in a list: who did what, when, to how many.
type entryLine struct {
	Index  uint64    `json:"index"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	ID     string    `json:"id"`
	Actor  string    `json:"actor"`
	Org    string    `json:"org"`
	What   string    `json:"what,omitempty"`
	Shown  int       `json:"shown" doc:"how many subjects were shown"`
	Others int       `json:"others" doc:"how many others it names"`
}

type entriesOut struct {
	Body struct {
		Size    uint64      `json:"size" doc:"entries of the ledger"`
		Entries []entryLine `json:"entries" doc:"the newest first; entries whose record key is destroyed are left out"`
		Next    *uint64     `json:"next,omitempty" doc:"before, for the next page; left out on the last"`
	}
}

// listEntries answers GET /v1/ledger/entries. A page is found by its index, so the
// millionth is as quick as the first; nothing about a subject is in a line.
func listEntries(a *API, ctx context.Context, _ *call, in *entriesIn) (*entriesOut, error) {
	h, err := a.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	end := h.Size
	if in.Before > 0 && in.Before < end {
		end = in.Before
	}
	from := end - min(end, uint64(in.Limit))
	records, err := a.Ledger.Records(ctx, from, int(end-from))
	if err != nil {
		return nil, err
	}
	out := &entriesOut{}
	out.Body.Size, out.Body.Entries = h.Size, make([]entryLine, 0, len(records))
	for i := len(records) - 1; i >= 0; i-- {
		out.Body.Entries = append(out.Body.Entries, lineOf(records[i]))
	}
	if from > 0 {
		out.Body.Next = &from
	}
	return out, nil
}

// byPhone reports whether an entry is a consent brought in by a phone number. Whoever
// brought it in may be the one who reads the entry: of whom it is, and what was on
// record before, is not told. Her own record holds it like any other.
func byPhone(r *ledger.Record) bool {
	return r.Leaf.Kind == proof.KindConsent && r.Fact(register.FoundBy) == register.ByPhone
}

// rowsOwn are the facts of such an entry that say what the row said, and by whom.
var rowsOwn = map[string]bool{"actor": true, "org": true, "purpose": true, "recipient": true, "file": true, "reference": true, register.FoundBy: true}

func lineOf(r *ledger.Record) entryLine {
	l := entryLine{
		Index: r.Index, At: r.At(), Kind: r.Leaf.Kind.String(), ID: r.Request().String(),
		Actor: r.Fact("actor"), Org: r.Fact("org"), What: r.Fact("what"),
	}
	if byPhone(r) {
		l.What = "imported"
		return l
	}
	if l.What == "" {
		l.What = r.Fact("act")
	}
	r.Subjects(func(o pii.Ordinal, s proof.Line) bool {
		switch {
		case s.Shown && r.Leaf.Kind == proof.KindDisclosure:
			l.Shown++
		case o != pii.Dummy:
			l.Others++
		}
		return true
	})
	return l
}
