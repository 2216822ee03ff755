package cli

import (
	"context"
	"io"
	"net/http"

	"github.com/goldbell/goldbell/internal/fault"
)

// portSessions is what the server says of the PostgreSQL port's sessions.
type portSessions struct {
	Sessions []struct {
		ID         string  `json:"id"`
		Person     string  `json:"person"`
		Purpose    string  `json:"purpose"`
		WorkItem   string  `json:"work_item"`
		Since      string  `json:"since"`
		Active     string  `json:"active"`
		Statements int64   `json:"statements"`
		Rows       int64   `json:"rows"`
		Shown      int64   `json:"shown"`
		Refused    int64   `json:"refused"`
		Lookups    int64   `json:"lookups"`
		Subjects   int     `json:"subjects"`
		Waited     float64 `json:"waited_seconds"`
		Half       float64 `json:"p50_seconds"`
		Most       float64 `json:"p99_seconds"`
	} `json:"sessions"`
}

func pgSessionsCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) (err error) {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		api, err := c.withToken(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.client.Base+"/v1/postgres/sessions", nil)
		if err != nil {
			return fault.New(fault.Internal, "internal", "")
		}
		var out portSessions
		if err := api.send(req, &out); err != nil {
			return err
		}
		return c.answer(out, func(w io.Writer) {
			for _, s := range out.Sessions {
				c.say(w, "pg-session", s.ID, s.Person, s.Purpose, s.Statements, s.Rows, s.Shown, s.Subjects, s.Refused, 1000*s.Half, 1000*s.Most)
			}
			if len(out.Sessions) == 0 {
				c.say(w, "pg-no-session")
			}
		})
	}
}

func pgKillCommand(f *flags) action {
	places := f.Places()
	session := f.String("session", "")
	return func(ctx context.Context, c *call) (err error) {
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		if *session == "" {
			return usage("flag-missing", "session", "pg kill")
		}
		api, err := c.withToken(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		var out map[string]any
		if err := api.call(ctx, "/v1/postgres/sessions/"+*session+"/end", "", struct{}{}, &out); err != nil {
			return err
		}
		return c.answer(out, func(w io.Writer) { c.say(w, "pg-killed-one") })
	}
}
