package cli

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// The questions of counsel, asked of the server of the data directory as the principal
// of GOLDBELL_TOKEN: an officer or an auditor.

func (c *call) question(ctx context.Context, places *server.Places, what string, in map[string]any, say func(w io.Writer, raw json.RawMessage) error) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	var raw json.RawMessage
	if err := api.call(ctx, "/v1/questions/"+what, "", in, &raw); err != nil {
		return err
	}
	var wrong error
	err = c.answer(raw, func(w io.Writer) { wrong = say(w, raw) })
	if wrong != nil {
		return fail(exitUnavailable, "server-silent")
	}
	return err
}

func put(in map[string]any, name string, t time.Time) {
	if !t.IsZero() {
		in[name] = t.Format(time.RFC3339Nano)
	}
}

func whoCanCommand(f *flags) action {
	places, subject, at := f.Places(), f.String("subject", ""), f.Day("at")
	return func(ctx context.Context, c *call) error {
		in := map[string]any{"field": c.args[0]}
		put(in, "at", *at)
		if *subject != "" {
			if _, err := pii.ParseSubjectID(*subject); err != nil {
				return usage("subject-id")
			}
			in["subject"] = *subject
		}
		return c.question(ctx, places, "who-can", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				People int `json:"people"`
				Able   []struct {
					Person, Kind, Org, Form string
					Call                    bool
					By                      []string
					WorkItems               int `json:"work_items"`
					Subjects                int
				}
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			for _, x := range a.Able {
				c.say(w, "ask-able", x.Person, x.Kind, x.Org, x.Form, strings.Join(x.By, ", "), x.WorkItems, x.Subjects)
			}
			c.say(w, "ask-able-sum", len(a.Able), a.People)
			return nil
		})
	}
}

func couldCommand(f *flags) action {
	places, at := f.Places(), f.Day("at")
	return func(ctx context.Context, c *call) error {
		if _, err := pii.ParseSubjectID(c.args[2]); err != nil {
			return usage("subject-id")
		}
		in := map[string]any{"person": c.args[0], "field": c.args[1], "subject": c.args[2]}
		put(in, "at", *at)
		return c.question(ctx, places, "could", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				Entry uint64
				Form  string
				By    []string
				Ways  []struct {
					WorkItem            string `json:"work_item"`
					Kind, Purpose, Form string
					Call                bool
					By                  []string
				}
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			if a.Form == pii.None.String() {
				c.say(w, "ask-could-not", strings.Join(a.By, ", "))
			} else {
				c.say(w, "ask-could", a.Form, strings.Join(a.By, ", "))
			}
			for _, x := range a.Ways {
				if x.WorkItem != "" {
					c.say(w, "ask-way", x.WorkItem, x.Kind, x.Purpose, x.Form, strings.Join(x.By, ", "))
				}
			}
			c.say(w, "ask-recorded", a.Entry)
			return nil
		})
	}
}

func sawCommand(f *flags) action {
	places, from, until := f.Places(), f.Day("from"), f.Day("until")
	return func(ctx context.Context, c *call) error {
		if from.IsZero() || until.IsZero() {
			return usage("flag-missing", "from, --until", "ask saw")
		}
		in := map[string]any{"person": c.args[0]}
		put(in, "from", *from)
		put(in, "until", *until)
		return c.question(ctx, places, "saw", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				Answers []struct {
					Entry            uint64
					At               string
					Kind, Verb, Form string
					Fields, Subjects []string
					Purpose          string
					Refused          int
				}
				People int
				Next   uint64
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			for _, x := range a.Answers {
				c.say(w, "ask-sight", x.Entry, x.At, x.Kind, x.Verb, x.Form, strings.Join(x.Fields, ","), x.Purpose, len(x.Subjects), x.Refused)
				for _, s := range x.Subjects {
					c.say(w, "ask-sight-of", s)
				}
			}
			c.say(w, "ask-sight-sum", len(a.Answers), a.People)
			if a.Next != 0 {
				c.say(w, "ask-more", a.Next)
			}
			return nil
		})
	}
}

func changesCommand(f *flags) action {
	places, from, until, of := f.Places(), f.Day("from"), f.Day("until"), f.String("of", "")
	return func(ctx context.Context, c *call) error {
		if from.IsZero() || until.IsZero() {
			return usage("flag-missing", "from, --until", "ask changes")
		}
		in := map[string]any{"of": *of}
		put(in, "from", *from)
		put(in, "until", *until)
		return c.question(ctx, places, "changes", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				Changes []struct {
					Entry         uint64
					At, By        string
					ApprovedBy    string `json:"approved_by"`
					Kind, Of      string
					Before, After json.RawMessage
					Differs       []string
				}
				Whole bool
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			for _, x := range a.Changes {
				c.say(w, "ask-change", x.Entry, x.At, x.By, x.ApprovedBy, x.Kind, x.Of, strings.Join(x.Differs, ", "))
				c.say(w, "ask-before-after", string(x.Before), string(x.After))
			}
			if !a.Whole {
				c.say(w, "ask-not-whole", len(a.Changes))
			}
			return nil
		})
	}
}

func coverageCommand(f *flags) action {
	places, at := f.Places(), f.Day("at")
	return func(ctx context.Context, c *call) error {
		in := map[string]any{"field": c.args[0]}
		put(in, "at", *at)
		return c.question(ctx, places, "coverage", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				People, Call int
				Forms        map[string]int
				Share        float64 `json:"plain_share"`
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			c.say(w, "ask-coverage", a.Forms[pii.Plain.String()], a.People, a.Share*100, a.Call, a.Forms[pii.Masked.String()]+a.Forms[pii.Token.String()])
			return nil
		})
	}
}

func writtenCommand(f *flags) action {
	places, at := f.Places(), f.Day("at")
	return func(ctx context.Context, c *call) error {
		in := map[string]any{}
		put(in, "at", *at)
		return c.question(ctx, places, "written", in, func(w io.Writer, raw json.RawMessage) error {
			var a struct {
				Written []struct {
					Where, Zh, En, By string
					Rules             []string
					Enforced          bool
				}
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return err
			}
			for _, x := range a.Written {
				c.line(w, x.Where+"  "+x.Zh, x.Where+"  "+x.En)
				switch {
				case !x.Enforced:
					c.say(w, "ask-not-enforced")
				default:
					c.say(w, "ask-enforced", strings.Trim(strings.Join(append(x.Rules, x.By), ", "), ", "))
				}
			}
			return nil
		})
	}
}
