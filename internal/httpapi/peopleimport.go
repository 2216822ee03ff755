package httpapi

import (
	"context"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/register"
)

type peopleImportIn struct {
	Body struct {
		SHA256   string      `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of the file; it stands in every entry"`
		DryRun   bool        `json:"dry_run,omitempty" doc:"say what would become of the rows and record nothing"`
		Expected []string    `json:"expected,omitempty" maxItems:"1000" maxLength:"40" doc:"for a dry run: managers whom earlier rows would make"`
		Rows     []personRow `json:"rows" minItems:"1" maxItems:"500"`
	}
}

// personRow says nothing of what is left out: it stays as it is.
type personRow struct {
	ID            string   `json:"id" maxLength:"40"`
	Org           string   `json:"org,omitempty" maxLength:"200" doc:"its id or its whole title; left out: where the person is, or the company"`
	Post          *string  `json:"post,omitempty" maxLength:"40"`
	Level         *int     `json:"level,omitempty" minimum:"0" maximum:"4"`
	Manager       *string  `json:"manager,omitempty" maxLength:"40"`
	ContractFrom  *instant `json:"contract_from,omitempty"`
	ContractUntil *instant `json:"contract_until,omitempty"`
	OpenEnded     bool     `json:"open_ended,omitempty" doc:"the contract has no end"`
}

// rowResult is what became of a row: exactly one of four.
type rowResult struct {
	Outcome string `json:"outcome" enum:"created,changed,unchanged,refused"`
	Code    string `json:"code,omitempty" doc:"why it was refused"`
	Zh      string `json:"zh,omitempty"`
	En      string `json:"en,omitempty"`
	Where   string `json:"where,omitempty"`
}

type rowResults struct {
	Body struct {
		Created   int         `json:"created"`
		Changed   int         `json:"changed"`
		Unchanged int         `json:"unchanged"`
		Refused   int         `json:"refused"`
		Results   []rowResult `json:"results" doc:"one for each row, in order"`
	}
}

func rowResultOf(o register.Outcome, err error) rowResult {
	r := rowResult{Outcome: string(o)}
	if err != nil {
		r.Outcome = string(register.Refused)
		why := resultOf(err)
		r.Code, r.Zh, r.En, r.Where = why.Code, why.Zh, why.En, why.Where
	}
	return r
}

// count adds the results up.
func (r *rowResults) count() *rowResults {
	b := &r.Body
	for _, x := range b.Results {
		switch register.Outcome(x.Outcome) {
		case register.Created:
			b.Created++
		case register.Changed:
			b.Changed++
		case register.Unchanged:
			b.Unchanged++
		default:
			b.Refused++
		}
	}
	return r
}

// isPassing reports a failure that says nothing about a row: the whole request fails,
// to be sent again.
func isPassing(err error) bool {
	switch fault.Of(err).Kind {
	case fault.Unavailable, fault.Internal:
		return true
	}
	return false
}

// eachRow runs do for n rows, some at a time, and answers for each. If the fault is
// the server's the request fails as a whole; what was recorded is found again.
func eachRow(n int, do func(i int) (register.Outcome, error)) (*rowResults, error) {
	out := &rowResults{}
	out.Body.Results = make([]rowResult, n)
	failed := make([]error, n)
	var wg sync.WaitGroup
	turn := make(chan struct{}, abreast)
	for i := range n {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() {
				if recover() != nil { // outside the request's own guard it would end the process
					failed[i] = fault.New(fault.Internal, "internal", "")
				}
				<-turn
			}()
			o, err := do(i)
			if err != nil && isPassing(err) {
				failed[i] = err
			}
			out.Body.Results[i] = rowResultOf(o, err)
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return out.count(), nil
}

// importPeople answers POST /v1/people/imports.
func importPeople(a *API, ctx context.Context, c *call, in *peopleImportIn) (*rowResults, error) {
	sum, err := hash(in.Body.SHA256, "body.sha256")
	if err != nil {
		return nil, err
	}
	f := register.PeopleFile{SHA256: sum, Dry: in.Body.DryRun, Expected: map[pii.PersonID]bool{}}
	for _, id := range in.Body.Expected {
		f.Expected[pii.PersonID(id)] = true
	}
	seen := map[string]bool{}
	twice := make([]bool, len(in.Body.Rows))
	for i, row := range in.Body.Rows {
		twice[i], seen[row.ID] = seen[row.ID], true
	}
	return eachRow(len(in.Body.Rows), func(i int) (register.Outcome, error) {
		if twice[i] {
			return register.Refused, fault.New(fault.Conflict, "row-twice", "id")
		}
		row, err := in.Body.Rows[i].row()
		if err != nil {
			return register.Refused, err
		}
		return a.Register.ImportPerson(ctx, c.askedItem(i), f, row)
	})
}

func (p *personRow) row() (register.PersonRow, error) {
	id := pii.PersonID(strings.TrimSpace(p.ID))
	if !id.IsWellFormed() {
		return register.PersonRow{}, bad("id")
	}
	row := register.PersonRow{ID: id, Org: p.Org, Post: p.Post}
	if p.Level != nil {
		level := uint8(*p.Level)
		row.Level = &level
	}
	if p.Manager != nil {
		m := pii.PersonID(*p.Manager)
		if m != "" && !m.IsWellFormed() {
			return row, bad("manager")
		}
		row.Manager = &m
	}
	if p.ContractFrom != nil {
		row.From = &p.ContractFrom.Time
	}
	switch {
	case p.ContractUntil != nil && p.OpenEnded:
		return row, bad("open_ended")
	case p.ContractUntil != nil:
		row.Until = &p.ContractUntil.Time
	case p.OpenEnded:
		row.Until = &time.Time{}
	}
	return row, nil
}

type askSeen struct {
	Person  personOut  `json:"person" doc:"as he is"`
	Wanted  personOut  `json:"wanted" doc:"as the file would have him"`
	SHA256  string     `json:"sha256" doc:"of the file"`
	AskedBy string     `json:"asked_by"`
	AskedAt time.Time  `json:"asked_at"`
	Entry   uint64     `json:"entry" doc:"names the ask when it is decided"`
	Until   *time.Time `json:"until" doc:"until when it can be allowed"`
	Stale   bool       `json:"stale,omitempty" doc:"the person was changed since; it can only be refused"`
}

type asksOut struct {
	Body struct {
		Asks []askSeen `json:"asks"`
		Next string    `json:"next,omitempty" doc:"after: for the next page; left out on the last"`
	}
}

// listAsks answers GET /v1/people-asks.
func listAsks(a *API, ctx context.Context, c *call, in *pageIn) (*asksOut, error) {
	if a.Asks == nil {
		return nil, errNoPart
	}
	rows, err := a.Asks.Asks(ctx, pii.PersonID(in.After), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &asksOut{}
	out.Body.Asks = []askSeen{}
	for i := range rows {
		x := &rows[i]
		if a.Ledger.CheckStamp(x) != nil || !x.OpenAt(c.now) {
			continue
		}
		p, _, ok, err := a.People.Person(ctx, x.Wanted.ID)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		until := x.AskedAt.Add(party.AskLife)
		out.Body.Asks = append(out.Body.Asks, askSeen{
			Person: a.personSeen(&p), Wanted: personOf(&x.Wanted), SHA256: hex.EncodeToString(x.File), AskedBy: string(x.AskedBy), AskedAt: x.AskedAt,
			Entry: x.Entry, Until: &until, Stale: p.Entry != x.Was,
		})
	}
	if len(rows) == in.Limit {
		out.Body.Next = string(rows[len(rows)-1].Wanted.ID)
	}
	return out, nil
}

type askDecisionIn struct {
	ID   string `path:"id" minLength:"1" maxLength:"40"`
	Body struct {
		Allow bool   `json:"allow"`
		Entry uint64 `json:"entry,omitempty" doc:"of the ask, as it is listed: needed to allow it; one that took its place since is not decided"`
	}
}

func decideAsk(a *API, ctx context.Context, c *call, in *askDecisionIn) (*doneOut, error) {
	if err := a.Register.DecideAsk(ctx, c.asked(), pii.PersonID(in.ID), in.Body.Entry, in.Body.Allow); err != nil {
		return nil, err
	}
	return done(c.id), nil
}
