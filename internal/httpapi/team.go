package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

type teamIn struct {
	After string `query:"after" maxLength:"40" doc:"the last id of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"100"`
	Days  int    `query:"days" minimum:"1" maximum:"90" default:"7" doc:"outcomes are counted of work opened in so many days"`
}

// teamMember is a person with the work he has and what became of it: numbers only.
type teamMember struct {
	Person        string         `json:"person"`
	Org           string         `json:"org"`
	Kind          string         `json:"kind"`
	Post          string         `json:"post,omitempty"`
	Manager       string         `json:"manager,omitempty"`
	ContractUntil *time.Time     `json:"contract_until,omitempty"`
	TrainedUntil  *time.Time     `json:"trained_until,omitempty"`
	Ended         bool           `json:"ended,omitempty" doc:"suspended, or outside the contract"`
	WorkItems     int            `json:"work_items" doc:"open ones"`
	Subjects      int            `json:"subjects" doc:"in open work items"`
	Outcomes      map[string]int `json:"outcomes"`
}

type teamOut struct {
	Body struct {
		People []teamMember `json:"people"`
		Next   string       `json:"next,omitempty" doc:"after: for the next page; left out on the last"`
	}
}

// team answers GET /v1/team: a manager with those who name him, the officer and the
// security administrator with everybody who works with customers.
func team(a *API, ctx context.Context, c *call, in *teamIn) (*teamOut, error) {
	if a.Team == nil {
		return nil, errNoPart
	}
	rows, next, err := a.teamRows(ctx, c, in)
	if err != nil {
		return nil, err
	}
	out := &teamOut{}
	out.Body.People, out.Body.Next = []teamMember{}, next
	of, at := make([]pii.PersonID, 0, len(rows)), map[pii.PersonID]int{}
	for i := range rows {
		p := &rows[i]
		if a.Ledger.CheckStamp(p) != nil || !worksWithCustomers(p.Kind) {
			continue
		}
		at[p.ID] = len(of)
		of = append(of, p.ID)
		out.Body.People = append(out.Body.People, teamMember{
			Person: string(p.ID), Org: string(p.Org), Kind: string(p.Kind), Post: p.Post, Manager: string(p.Manager),
			ContractUntil: orNil(p.ContractUntil), TrainedUntil: orNil(p.TrainedUntil),
			Ended: p.Suspended || !p.OpenAt(c.now), Outcomes: map[string]int{},
		})
	}
	return out, a.countWork(ctx, out.Body.People, of, at, c.now, in.Days)
}

func worksWithCustomers(k party.PersonKind) bool {
	return k == party.Staff || k == party.Outsourced || k == party.Partner
}

func (a *API) teamRows(ctx context.Context, c *call, in *teamIn) (rows []party.Person, next string, err error) {
	after := pii.PersonID(in.After)
	if !worksWithCustomers(c.who.Person.Kind) {
		rows, err = a.People.Persons(ctx, after, in.Limit)
		if err == nil && len(rows) == in.Limit {
			next = string(rows[len(rows)-1].ID)
		}
		return rows, next, err
	}
	ids, err := a.Team.Reports(ctx, c.who.Person.ID, after, in.Limit)
	for _, id := range ids {
		p, _, ok, err := a.People.Person(ctx, id)
		if err != nil {
			return nil, "", err
		}
		if ok {
			rows = append(rows, p)
		}
	}
	if len(ids) == in.Limit {
		next = string(ids[len(ids)-1])
	}
	return rows, next, err
}

func (a *API) countWork(ctx context.Context, people []teamMember, of []pii.PersonID, at map[pii.PersonID]int, now time.Time, days int) error {
	if len(of) == 0 {
		return nil
	}
	loads, err := a.Team.Loads(ctx, of, now)
	if err != nil {
		return err
	}
	for _, l := range loads {
		people[at[l.Assignee]].WorkItems, people[at[l.Assignee]].Subjects = l.Items, l.Subjects
	}
	tallies, err := a.Team.Tallies(ctx, of, now.Add(-time.Duration(days)*24*time.Hour).Truncate(time.Microsecond))
	for _, t := range tallies {
		people[at[t.Assignee]].Outcomes[t.Result] = t.Subjects
	}
	return err
}

// managesSomebody says whether a person is named as anybody's manager.
func (a *API) managesSomebody(ctx context.Context, p party.Principal) (bool, error) {
	if a.Team == nil || p.IsService() || p.Person.Kind != party.Staff {
		return false, nil
	}
	ids, err := a.Team.Reports(ctx, p.Person.ID, "", 1)
	return len(ids) > 0, err
}
