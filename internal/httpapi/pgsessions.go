package httpapi

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

// PortSessions are the sessions of the PostgreSQL port in this process.
type PortSessions interface {
	Sessions() []PortSession
	// End ends a session, or says that there is none.
	End(id pii.RequestID) error
}

// PortSession is a session as operators see it: who and how much, never what.
type PortSession struct {
	ID         string    `json:"id"`
	Person     string    `json:"person"`
	Purpose    string    `json:"purpose"`
	WorkItem   string    `json:"work_item"`
	Since      time.Time `json:"since"`
	Active     time.Time `json:"active" doc:"when its last statement came"`
	Statements int64     `json:"statements"`
	Rows       int64     `json:"rows"`
	Shown      int64     `json:"shown" doc:"protected cells shown"`
	Refused    int64     `json:"refused" doc:"protected cells refused"`
	Lookups    int64     `json:"lookups" doc:"values looked up"`
	Subjects   int       `json:"subjects" doc:"distinct subjects shown, counted up to 65,536"`
	Waited     float64   `json:"waited_seconds" doc:"how long it waited for the door, in all"`
	Half       float64   `json:"p50_seconds" doc:"half of its statements took less"`
	Most       float64   `json:"p99_seconds" doc:"99 of 100 statements took less"`
}

type portSessionsOut struct {
	Body struct {
		Sessions []PortSession `json:"sessions"`
	}
}

// listPortSessions answers GET /v1/postgres/sessions.
func listPortSessions(a *API, _ context.Context, _ *call, _ *struct{}) (*portSessionsOut, error) {
	out := &portSessionsOut{}
	out.Body.Sessions = []PortSession{}
	if a.Port != nil {
		out.Body.Sessions = append(out.Body.Sessions, a.Port.Sessions()...)
	}
	return out, nil
}

type portSessionByID struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$"`
	Body *nothing
}

// endPortSession answers POST /v1/postgres/sessions/{id}/end.
func endPortSession(a *API, _ context.Context, c *call, in *portSessionByID) (*doneOut, error) {
	id, err := requestID(in.ID, "id")
	if err != nil {
		return nil, err
	}
	if a.Port == nil {
		return nil, fault.New(fault.NotFound, "not-found", "id")
	}
	if err := a.Port.End(id); err != nil {
		return nil, err
	}
	return done(c.id), nil
}

// Count adds metrics of another part of the process to the page. No label may name a
// person.
func (a *API) Count(more ...prometheus.Collector) { a.metrics.registry.MustRegister(more...) }
