package httpapi

import (
	"context"
	"time"

	"github.com/goldbell/goldbell/internal/grant"
)

type alertSeen struct {
	ID       string     `json:"id"`
	Detector string     `json:"detector"`
	Zh       string     `json:"zh"`
	En       string     `json:"en"`
	Person   string     `json:"person,omitempty"`
	Org      string     `json:"organisation,omitempty"`
	Count    int64      `json:"count"`
	At       time.Time  `json:"at"`
	Entries  []uint64   `json:"entries" doc:"the ledger entries it rests on"`
	Action   string     `json:"action" enum:"notify,step-up,freeze"`
	Items    []string   `json:"work_items" doc:"what the action reached"`
	State    string     `json:"state" enum:"open,confirmed,false"`
	JudgedBy string     `json:"judged_by,omitempty"`
	JudgedAt *time.Time `json:"judged_at,omitempty"`
}

// detectorQuality counts what became of a detector's alerts.
type detectorQuality struct {
	Detector  string `json:"detector"`
	Raised    int    `json:"raised"`
	Open      int    `json:"open"`
	Confirmed int    `json:"confirmed"`
	False     int    `json:"false"`
}

type alertsIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type alertsOut struct {
	Body struct {
		Alerts  []alertSeen       `json:"alerts"`
		Quality []detectorQuality `json:"quality"`
	}
}

func listAlerts(a *API, ctx context.Context, _ *call, in *alertsIn) (*alertsOut, error) {
	if a.Alerts == nil || a.Watch == nil {
		return nil, errNoPart
	}
	all, err := a.Alerts.Alerts(ctx, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &alertsOut{}
	out.Body.Alerts, out.Body.Quality = []alertSeen{}, []detectorQuality{}
	for i := range all {
		if a.Ledger.CheckStamp(&all[i]) == nil {
			out.Body.Alerts = append(out.Body.Alerts, alertOf(all[i]))
		}
	}
	of, err := a.Watch.Qualities(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range grant.Detectors {
		q := of[d]
		out.Body.Quality = append(out.Body.Quality, detectorQuality{string(d), q.Raised, q.Open, q.Confirmed, q.False})
	}
	return out, nil
}

func alertOf(x grant.Alert) alertSeen {
	text := x.Sentence()
	s := alertSeen{
		ID: x.ID.String(), Detector: string(x.Detector), Zh: text.Zh, En: text.En, Person: string(x.Person), Org: string(x.Org), Count: x.Count,
		At: x.At, Entries: x.Entries, Action: string(x.Action), Items: []string{}, State: string(x.State), JudgedBy: string(x.JudgedBy),
	}
	if len(s.Entries) == 0 { // it came with what it is about
		s.Entries = []uint64{x.Entry}
	}
	for _, w := range x.Work {
		s.Items = append(s.Items, w.String())
	}
	if !x.JudgedAt.IsZero() {
		s.JudgedAt = &x.JudgedAt
	}
	return s
}

type judgeIn struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body struct {
		Confirmed bool `json:"confirmed" doc:"false: the alert was a false one, and what it did ends"`
	}
}

func judgeAlert(a *API, ctx context.Context, c *call, in *judgeIn) (*idOut, error) {
	if a.Watch == nil {
		return nil, errNoPart
	}
	id, err := requestID(in.ID, "path.id")
	if err != nil {
		return nil, err
	}
	if err := a.Watch.Judge(ctx, c.who, c.id, c.hash, id, in.Body.Confirmed); err != nil {
		return nil, err
	}
	return idAnswer(id), nil
}
