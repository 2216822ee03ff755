package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/exam"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type roundIn struct {
	Body struct {
		Days  int `json:"days" minimum:"1" maximum:"90" doc:"until when everybody is confirmed"`
		Every int `json:"every,omitempty" minimum:"0" maximum:"366" doc:"days after which the next one opens by itself; 0: none does"`
	}
}

func openRound(a *API, ctx context.Context, c *call, in *roundIn) (*idOut, error) {
	id, err := a.Register.OpenRound(ctx, c.asked(), in.Body.Days, in.Body.Every)
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type roundSeen struct {
	ID       string    `json:"id"`
	OpenedBy string    `json:"opened_by"`
	OpenedAt time.Time `json:"opened_at"`
	Due      time.Time `json:"due"`
	Every    int       `json:"every,omitempty"`
	Closed   bool      `json:"closed"`
	Lapsed   int       `json:"lapsed" doc:"how many were suspended because nobody confirmed them; known when it is closed"`
}

type roundsOut struct {
	Body struct {
		Rounds []roundSeen `json:"recertifications"`
	}
}

type roundsIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// listRounds answers GET /v1/recertifications, the newest first.
func listRounds(a *API, ctx context.Context, _ *call, in *roundsIn) (*roundsOut, error) {
	if a.Rounds == nil {
		return nil, errNoPart
	}
	rows, err := a.Rounds.Rounds(ctx, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &roundsOut{}
	out.Body.Rounds = []roundSeen{}
	for i := range rows {
		x := &rows[i]
		if a.Ledger.CheckStamp(x) == nil {
			out.Body.Rounds = append(out.Body.Rounds, roundSeen{x.ID.String(), string(x.OpenedBy), x.OpenedAt, x.Due, x.Every, x.Closed, x.Lapsed})
		}
	}
	return out, nil
}

type heldIn struct {
	ID    string `path:"id" pattern:"^[0-9a-f]{32}$"`
	After string `query:"after" maxLength:"40" doc:"the last id of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Open  bool   `query:"open" doc:"only who is not confirmed yet"`
}

// held is what a person holds, and since when.
type held struct {
	Person    personOut  `json:"person"`
	Since     *time.Time `json:"since,omitempty" doc:"when the person's row was last changed"`
	WorkItems int        `json:"work_items" doc:"open ones, at most 100 are counted"`
	Purposes  []string   `json:"purposes" doc:"of the open work items"`
	Oldest    *time.Time `json:"oldest,omitempty" doc:"since when the oldest of them is open"`
	Asked     bool       `json:"asked" doc:"whether somebody must confirm the person; officers are listed only"`
	By        string     `json:"by,omitempty" doc:"who confirmed, or ended it"`
	At        *time.Time `json:"at,omitempty"`
	Kept      bool       `json:"kept,omitempty"`
}

type heldOut struct {
	Body struct {
		People []held `json:"people"`
		Next   string `json:"next,omitempty" doc:"after: for the next page; left out on the last"`
	}
}

// listHeld answers GET /v1/recertifications/{id}/people: to an officer or auditor of
// everybody, to a manager of those whose manager he is.
func listHeld(a *API, ctx context.Context, c *call, in *heldIn) (*heldOut, error) {
	if a.Rounds == nil {
		return nil, errNoPart
	}
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	x, ok, err := a.Rounds.Round(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok || a.Ledger.CheckStamp(&x) != nil {
		return nil, fault.New(fault.NotFound, "not-found", "round")
	}
	all := c.who.Person.Kind == party.Officer || c.who.Person.Kind == party.Auditor
	out := &heldOut{}
	out.Body.People = []held{}
	after := pii.PersonID(in.After)
	for len(out.Body.People) < in.Limit {
		rows, err := a.People.Persons(ctx, after, in.Limit)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			p := &rows[i]
			after = p.ID
			if !all && p.Manager != c.who.Person.ID || a.Ledger.CheckStamp(p) != nil {
				continue
			}
			h, err := a.heldBy(ctx, x, p, c.now)
			if err != nil {
				return nil, err
			}
			if in.Open && (!h.Asked || h.By != "") || p.ContractFrom.After(x.OpenedAt) || !h.Asked && h.By == "" && p.Kind != party.Officer {
				continue
			}
			out.Body.People = append(out.Body.People, h)
			if len(out.Body.People) == in.Limit {
				break
			}
		}
		if len(rows) < in.Limit {
			return out, nil
		}
	}
	out.Body.Next = string(after)
	return out, nil
}

func (a *API) heldBy(ctx context.Context, x party.Round, p *party.Person, now time.Time) (held, error) {
	h := held{Person: a.personSeen(p), Purposes: []string{}, Asked: x.Asks(*p, now)}
	entry, err := a.Ledger.Records(ctx, p.Entry, 1)
	if err != nil {
		return h, err
	}
	if len(entry) == 1 {
		at := entry[0].At()
		h.Since = &at
	}
	items, err := a.Work.Assigned(ctx, p.ID, 100)
	if err != nil {
		return h, err
	}
	seen := map[pii.Purpose]bool{}
	for i := range items {
		w := &items[i]
		if !w.OpenAt(now) || a.Ledger.CheckStamp(w) != nil {
			continue
		}
		h.WorkItems++
		h.Oldest = &w.OpenedAt // they come newest first
		if !seen[w.Purpose] {
			seen[w.Purpose] = true
			h.Purposes = append(h.Purposes, string(w.Purpose))
		}
	}
	c, ok, err := a.Rounds.Confirmed(ctx, x.ID, p.ID)
	if err == nil && ok && a.Ledger.CheckStamp(&c) == nil {
		h.By, h.At, h.Kept = string(c.By), &c.At, c.Keep
	}
	return h, err
}

type confirmIn struct {
	ID     string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Person string `path:"person" minLength:"1" maxLength:"40"`
	Body   struct {
		Keep bool `json:"keep" doc:"false: what the person holds ends now"`
	}
}

func confirmPerson(a *API, ctx context.Context, c *call, in *confirmIn) (*doneOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Register.ConfirmPerson(ctx, c.asked(), id, pii.PersonID(in.Person), in.Body.Keep); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type movesIn struct {
	Body struct {
		From  instant `json:"from"`
		Until instant `json:"until"`
		Limit int     `json:"limit,omitempty" minimum:"1" maximum:"10000" doc:"1,000 if not given"`
	}
}

type moveSeen struct {
	At     time.Time `json:"at"`
	Entry  uint64    `json:"entry,omitempty" doc:"left out where a contract ended by itself"`
	Person string    `json:"person"`
	What   string    `json:"what" enum:"joined,moved,left,returned"`
	By     string    `json:"by,omitempty" doc:"left out: by a clock"`
	Org    string    `json:"org"`
	Kind   string    `json:"kind"`
	Post   string    `json:"post,omitempty"`
	Fields []string  `json:"changed,omitempty"`
}

type movesOut struct {
	Body struct {
		Moves []moveSeen `json:"moves"`
		Whole bool       `json:"whole" doc:"false: there are more; take a shorter time"`
	}
}

// moves answers POST /v1/questions/moves: joiners, movers and leavers, from the ledger.
func moves(a *API, ctx context.Context, c *call, in *movesIn) (*movesOut, error) {
	e, err := a.examiner()
	if err != nil {
		return nil, err
	}
	limit := in.Body.Limit
	if limit == 0 {
		limit = 1000
	}
	var list []exam.Move
	out := &movesOut{}
	if list, out.Body.Whole, err = e.Moves(ctx, c.who, in.Body.From.Time, in.Body.Until.Time, limit); err != nil {
		return nil, err
	}
	out.Body.Moves = []moveSeen{}
	for _, m := range list {
		out.Body.Moves = append(out.Body.Moves, moveSeen{m.At, m.Entry, string(m.Person), m.What, string(m.By), string(m.Org), string(m.Kind), m.Post, m.Fields})
	}
	return out, nil
}
