package cli

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func peopleMovesCommand(f *flags) action {
	places, from, until := f.Places(), f.Day("from"), f.Day("until")
	return func(ctx context.Context, c *call) error {
		if until.IsZero() {
			*until = c.Clock()
		}
		if from.IsZero() {
			*from = until.AddDate(0, -1, 0)
		}
		return c.with(ctx, places, func(api *api) error {
			var out struct {
				Moves []struct {
					At      time.Time `json:"at"`
					Entry   uint64    `json:"entry,omitempty"`
					Person  string    `json:"person"`
					What    string    `json:"what"`
					By      string    `json:"by,omitempty"`
					Org     string    `json:"org"`
					Kind    string    `json:"kind"`
					Post    string    `json:"post,omitempty"`
					Changed []string  `json:"changed,omitempty"`
				} `json:"moves"`
				Whole bool `json:"whole"`
			}
			in := map[string]any{"limit": 10_000}
			put(in, "from", *from)
			put(in, "until", *until)
			if err := api.call(ctx, "/v1/questions/moves", "", in, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) {
				for _, m := range out.Moves {
					by := orDash(m.By)
					c.say(w, "people-move", dayShown(&m.At), m.Person, c.text("people-"+m.What), m.Org, orDash(m.Post), by, orDash(strings.Join(m.Changed, ", ")))
				}
				c.say(w, "people-moves-sum", len(out.Moves))
				if !out.Whole {
					c.say(w, "ask-not-whole", len(out.Moves))
				}
			})
		})
	}
}

func peopleReviewCommand(f *flags) action {
	places, days, every := f.Places(), f.Uint64("days", 14), f.Uint64("every", 0)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			var out map[string]any
			if err := api.call(ctx, "/v1/recertifications", "", map[string]any{"days": *days, "every": *every}, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) { c.say(w, "people-round", *days) })
		})
	}
}

// round is the newest recertification.
type round struct {
	ID     string    `json:"id"`
	Due    time.Time `json:"due"`
	Closed bool      `json:"closed"`
	Lapsed int       `json:"lapsed"`
}

func (a *api) round(ctx context.Context) (round, error) {
	var out struct {
		Rounds []round `json:"recertifications"`
	}
	if err := a.get(ctx, "/v1/recertifications", url.Values{"limit": {"1"}}, &out); err != nil {
		return round{}, err
	}
	if len(out.Rounds) == 0 {
		return round{}, fail(exitRefused, "people-no-round")
	}
	return out.Rounds[0], nil
}

func peopleDueCommand(f *flags) action {
	places, all := f.Places(), f.Bool("all", false)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			x, err := api.round(ctx)
			if err != nil {
				return err
			}
			type held struct {
				Person    personListed `json:"person"`
				Since     *time.Time   `json:"since,omitempty"`
				WorkItems int          `json:"work_items"`
				Purposes  []string     `json:"purposes"`
				Oldest    *time.Time   `json:"oldest,omitempty"`
				Asked     bool         `json:"asked"`
				By        string       `json:"by,omitempty"`
				At        *time.Time   `json:"at,omitempty"`
				Kept      bool         `json:"kept,omitempty"`
			}
			list := []held{}
			for after := ""; ; {
				q := url.Values{"limit": {"500"}, "open": {strconv.FormatBool(!*all)}}
				if after != "" {
					q.Set("after", after)
				}
				var page struct {
					People []held `json:"people"`
					Next   string `json:"next"`
				}
				if err := api.get(ctx, "/v1/recertifications/"+x.ID+"/people", q, &page); err != nil {
					return err
				}
				list = append(list, page.People...)
				if after = page.Next; after == "" {
					break
				}
			}
			return c.answer(map[string]any{"recertification": x, "people": list}, func(w io.Writer) {
				for _, h := range list {
					c.say(w, "people-held", h.Person.ID, h.Person.Org, orDash(h.Person.Post), h.Person.Level, dayShown(h.Since), orDash(h.Person.Manager),
						h.WorkItems, orDash(strings.Join(h.Purposes, ", ")), dayShown(h.Oldest), c.text(wordOf(h.Asked, h.By, h.Kept)))
				}
				c.say(w, "people-held-sum", len(list), dayShown(&x.Due))
			})
		})
	}
}

func wordOf(asked bool, by string, kept bool) string {
	switch {
	case by != "" && kept:
		return "people-kept"
	case by != "":
		return "people-dropped"
	case asked:
		return "people-open"
	}
	return "people-not-asked"
}

func peopleConfirmCommand(f *flags) action {
	places, end := f.Places(), f.Bool("end", false)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error { return confirm(ctx, c, api, *end) })
	}
}

func confirm(ctx context.Context, c *call, api *api, end bool) error {
	x, err := api.round(ctx)
	if err != nil {
		return err
	}
	var out map[string]any
	path := "/v1/recertifications/" + x.ID + "/people/" + url.PathEscape(c.args[0])
	if err := api.call(ctx, path, "", map[string]any{"keep": !end}, &out); err != nil {
		return err
	}
	id := "people-confirmed"
	if end {
		id = "people-ended"
	}
	return c.answer(out, func(w io.Writer) { c.say(w, id) })
}
