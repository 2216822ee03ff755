package httpapi

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/goldbell/goldbell/internal/casework"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/law"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

// fewAffected is the least number of affected people that is told: an incident of one
// complaint would otherwise be a way to ask whether we hold a number.
const fewAffected = 5

// IncidentLine is an incident in a list. It names nobody who complained or is affected.
type IncidentLine struct {
	ID         string       `json:"id"`
	State      string       `json:"state" enum:"suspected,closed"`
	OpenedAt   time.Time    `json:"opened_at"`
	OpenedBy   string       `json:"opened_by,omitempty" doc:"the officer; absent: the complaints belong together by themselves"`
	Why        []string     `json:"why" enum:"caller,script,fields,time,officer" doc:"what the complaints have in common"`
	Known      []string     `json:"known" doc:"what callers knew"`
	First      time.Time    `json:"first" doc:"the first contact complained about"`
	Last       time.Time    `json:"last"`
	Complaints int          `json:"complaints"`
	Clocks     []clockOut   `json:"clocks"`
	Assessment *assessed    `json:"assessment,omitempty"`
	Decision   *decisionOut `json:"decision,omitempty"`
}

type clockOut struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
	Late  bool      `json:"late" doc:"it is over, and nothing was decided"`
	Mark  string    `json:"mark" doc:"how this was checked"`
}

// assessed is the count of a run of a trace.
type assessed struct {
	Run      string `json:"run"`
	Entry    uint64 `json:"entry"`
	Named    int    `json:"named" doc:"how many the run names; 0: the count is a lower bound"`
	Affected *int   `json:"affected,omitempty" doc:"people; absent: fewer than five"`
}

// decisionOut is a decision without its note.
type decisionOut struct {
	Verdict string    `json:"verdict" enum:"notify,not-notify"`
	Reason  string    `json:"reason" enum:"leak-recorded,leak-likely,harm-not-excluded,harm-avoided,not-ours,made-up,decided-before"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Entry   uint64    `json:"entry" doc:"in the ledger"`
}

var incidentClocks = []string{law.IncidentContain, law.IncidentDecide, law.IncidentNotify}

func (a *API) incidentOf(i *casework.Incident, v *casework.Decision, c *call) IncidentLine {
	out := IncidentLine{
		ID: i.ID.String(), State: string(i.State), OpenedAt: i.OpenedAt, OpenedBy: string(i.OpenedBy), Why: []string{}, Known: []string{},
		First: i.First, Last: i.Last, Complaints: len(i.Cases), Clocks: []clockOut{},
	}
	for _, s := range i.Why {
		out.Why = append(out.Why, string(s))
	}
	for _, f := range i.Known {
		out.Known = append(out.Known, string(f))
	}
	for _, id := range incidentClocks {
		if k, ok := a.Complaints.Clocks.On(id, i.OpenedAt); ok {
			one := clockOut{ID: id, Name: k.Zh, Until: i.OpenedAt.Add(k.Length), Mark: k.Mark.Zh()}
			if c.lang == fault.En {
				one.Name, one.Mark = k.En, k.Mark.En()
			}
			one.Late = v == nil && c.now.After(one.Until)
			out.Clocks = append(out.Clocks, one)
		}
	}
	if !i.Run.IsZero() {
		out.Assessment = &assessed{Run: i.Run.String(), Entry: i.RunEntry, Named: i.Named}
		if i.Affected >= fewAffected {
			out.Assessment.Affected = &i.Affected
		}
	}
	if v != nil {
		out.Decision = &decisionOut{string(v.Verdict), v.Reason, string(v.Officer), v.At, v.Entry}
	}
	return out
}

type incidentsIn struct {
	State string `query:"state" enum:"suspected,closed"`
	Page
}

type incidentsOut struct {
	Body struct {
		Incidents []IncidentLine `json:"incidents"`
		Next      string         `json:"next,omitempty"`
	}
}

func listIncidents(a *API, ctx context.Context, c *call, in *incidentsIn) (*incidentsOut, error) {
	if a.Complaints == nil || a.Complaints.Incidents == nil {
		return nil, errNoPart
	}
	list := "incidents|" + in.State
	at, err := a.openCursor(c, list, in.Cursor)
	if err != nil {
		return nil, err
	}
	var before casework.IncidentPlace
	if len(at) == 8+len(before.ID) {
		before.OpenedAt = time.UnixMicro(int64(binary.BigEndian.Uint64(at)))
		copy(before.ID[:], at[8:])
	}
	rows, err := a.Complaints.Incidents.Incidents(ctx, casework.IncidentState(in.State), before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &incidentsOut{}
	out.Body.Incidents = make([]IncidentLine, 0, len(rows))
	for n := range rows {
		i, v, err := a.Complaints.ReadIncident(ctx, rows[n].ID)
		if fault.IsID(err, "row-forged") {
			continue
		}
		if err != nil {
			return nil, err
		}
		out.Body.Incidents = append(out.Body.Incidents, a.incidentOf(&i, v, c))
	}
	if len(rows) == in.Limit {
		last := rows[len(rows)-1].Place()
		next := append(binary.BigEndian.AppendUint64(nil, uint64(last.OpenedAt.UnixMicro())), last.ID[:]...)
		if out.Body.Next, err = a.cursor(c, list, next); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type casesIn struct {
	Body struct {
		Complaints []string `json:"complaints" minItems:"1" maxItems:"200" maxLength:"32"`
	}
}

func complaintIDs(texts []string) ([]pii.RequestID, error) {
	ids := make([]pii.RequestID, len(texts))
	for n, text := range texts {
		id, err := requestID(text, fmt.Sprintf("body.complaints[%d]", n))
		if err != nil {
			return nil, err
		}
		ids[n] = id
	}
	return ids, nil
}

// openIncident answers POST /v1/incidents. Another officer decides about it.
func openIncident(a *API, ctx context.Context, c *call, in *casesIn) (*idOut, error) {
	ids, err := complaintIDs(in.Body.Complaints)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	id, err := a.Complaints.Suspect(ctx, casework.Asked{By: c.who, Request: c.id, Hash: c.hash}, ids)
	if err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}

type incidentIn struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

type incidentOut struct {
	Body struct {
		IncidentLine
		Cases   []ComplaintLine     `json:"cases" doc:"the complaints, in the order they joined; the officer's only"`
		Reasons map[string][]string `json:"reasons" doc:"that a decision may rest on, by verdict"`
	}
}

func getIncident(a *API, ctx context.Context, c *call, in *incidentIn) (*incidentOut, error) {
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil || a.Complaints.Incidents == nil {
		return nil, errNoPart
	}
	i, v, err := a.Complaints.ReadIncident(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &incidentOut{}
	out.Body.IncidentLine, out.Body.Cases, out.Body.Reasons = a.incidentOf(&i, v, c), []ComplaintLine{}, map[string][]string{}
	for verdict, list := range casework.Reasons {
		out.Body.Reasons[string(verdict)] = list
	}
	if c.who.Person.Kind != party.Officer {
		return out, nil
	}
	for _, j := range i.Cases {
		row, ok, err := a.Complaints.Store.Complaint(ctx, j.Case)
		if err != nil {
			return nil, err
		}
		if !ok || a.Ledger.CheckStamp(&row) != nil {
			continue
		}
		one := complaintOf(&row)
		if one.Registered, err = a.registered(ctx, row); err != nil {
			return nil, err
		}
		out.Body.Cases = append(out.Body.Cases, one)
	}
	return out, nil
}

type joinIn struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
	casesIn
}

func joinIncident(a *API, ctx context.Context, c *call, in *joinIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	ids, err := complaintIDs(in.Body.Complaints)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	if err := a.Complaints.Join(ctx, asked, of, ids); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type assessIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Run string `json:"run" pattern:"^[0-9a-f]{32}$" doc:"a run of a trace that rests on the incident's complaints"`
	}
}

func assessIncident(a *API, ctx context.Context, c *call, in *assessIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	run, err := requestID(in.Body.Run, "body.run")
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	if err := a.Complaints.Assess(ctx, asked, of, run); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type verdictIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Verdict string `json:"verdict" enum:"notify,not-notify"`
		Reason  string `json:"reason" enum:"leak-recorded,leak-likely,harm-not-excluded,harm-avoided,not-ours,made-up,decided-before"`
		Note    string `json:"note" minLength:"10" maxLength:"16000" doc:"why, in your words; sealed"`
	}
}

// decideIncident answers POST /v1/incidents/{id}/decision: the only way an incident
// closes.
func decideIncident(a *API, ctx context.Context, c *call, in *verdictIn) (*doneOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	b := &in.Body
	if err := a.Complaints.DecideIncident(ctx, asked, of, casework.Verdict(b.Verdict), b.Reason, pii.NewValue(b.Note)); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

type noteIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct{}
}

type noteOut struct {
	Body struct {
		Note string `json:"note"`
	}
}

// readDecisionNote answers POST /v1/incidents/{id}/note. That it was read is recorded
// first.
func readDecisionNote(a *API, ctx context.Context, c *call, in *noteIn) (*noteOut, error) {
	asked, of, err := c.ask(in.ID)
	if err != nil {
		return nil, err
	}
	if a.Complaints == nil {
		return nil, errNoPart
	}
	note, err := a.Complaints.ReadNote(ctx, asked, of)
	if err != nil {
		return nil, err
	}
	out := &noteOut{}
	out.Body.Note = reveal(note)
	return out, nil
}
