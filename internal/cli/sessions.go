package cli

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/server"
)

// openSessions is what the server says of a person's sessions.
type openSessions struct {
	Sessions []struct {
		ID      string `json:"id"`
		How     string `json:"how"`
		Cookie  bool   `json:"cookie"`
		MadeAt  string `json:"made_at"`
		Until   string `json:"until"`
		StepUp  string `json:"step_up,omitempty"`
		Current bool   `json:"current"`
	} `json:"sessions"`
}

// sessionsPath is where a person's sessions are; nobody named: the caller's own.
func sessionsPath(person string) string {
	if person == "" {
		return "/v1/sessions"
	}
	return "/v1/people/" + url.PathEscape(person) + "/sessions"
}

func sessionsListCommand(f *flags) action {
	places, person := f.Places(), f.String("person", "")
	return func(ctx context.Context, c *call) (err error) {
		var out openSessions
		if err := c.aboutSessions(ctx, places, http.MethodGet, sessionsPath(*person), &out); err != nil {
			return err
		}
		return c.answer(out, func(w io.Writer) {
			for _, s := range out.Sessions {
				where := sentence("session-token")
				if s.Cookie {
					where = sentence("session-cookie")
				}
				c.say(w, "session-open", s.ID, s.How, where.In(c.lang), s.MadeAt, s.Until)
				if s.Current {
					c.say(w, "session-current")
				}
			}
			if len(out.Sessions) == 0 {
				c.say(w, "session-none")
			}
		})
	}
}

func sessionsEndCommand(f *flags) action {
	places, person := f.Places(), f.String("person", "")
	session, all := f.String("session", ""), f.Bool("all", false)
	return func(ctx context.Context, c *call) (err error) {
		path := sessionsPath(*person)
		switch {
		case (*session == "") == !*all:
			return usage("flag-missing", "session", "sessions end")
		case *all && *person == "":
			return usage("flag-missing", "person", "sessions end")
		case !*all:
			path += "/" + url.PathEscape(*session)
		}
		if err := c.aboutSessions(ctx, places, http.MethodDelete, path, nil); err != nil {
			return err
		}
		return c.answer(struct {
			Ended bool `json:"ended"`
		}{true}, func(w io.Writer) { c.say(w, "session-ended") })
	}
}

// aboutSessions asks the server as the principal of GOLDBELL_TOKEN.
func (c *call) aboutSessions(ctx context.Context, places *server.Places, method, path string, out any) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	req, err := http.NewRequestWithContext(ctx, method, api.client.Base+path, nil)
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	return api.send(req, out)
}
