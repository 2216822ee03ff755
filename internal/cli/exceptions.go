package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// The commands about exceptions and alerts say what the API says; none holds data.

// told posts an object and prints the answer, or the sentence for people.
func (c *call) told(ctx context.Context, api *api, path string, in map[string]any, id string, args ...any) error {
	var out json.RawMessage
	if err := api.call(ctx, path, "", in, &out); err != nil {
		return err
	}
	return c.answer(out, func(w io.Writer) { c.say(w, id, args...) })
}

// isID accepts the id of a work item, an exception or an alert.
func isID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

func wantID(s string) error {
	if !isID(s) {
		return usage("found-id")
	}
	return nil
}

func exceptionsListCommand(f *flags) action {
	places, limit := f.Places(), f.Uint64("limit", 50)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			var out struct {
				Exceptions []struct {
					ID          string    `json:"id"`
					Kind        string    `json:"kind"`
					State       string    `json:"state"`
					Purpose     string    `json:"purpose"`
					Fields      []string  `json:"fields"`
					Form        string    `json:"form"`
					Reason      string    `json:"reason"`
					Subjects    int       `json:"subjects"`
					Bulk        bool      `json:"bulk"`
					AskedBy     string    `json:"asked_by"`
					Beneficiary string    `json:"beneficiary"`
					Recipient   string    `json:"recipient"`
					AskedAt     time.Time `json:"asked_at"`
					Until       time.Time `json:"until"`
					Budget      int64     `json:"budget"`
					Used        int64     `json:"used"`
					ApprovedBy  []string  `json:"approved_by,omitempty"`
					ReviewDue   bool      `json:"review_due,omitempty"`
					Overdue     bool      `json:"overdue,omitempty"`
					Person      struct {
						Percent int64 `json:"percent"`
					} `json:"person_line"`
				} `json:"exceptions"`
			}
			if err := api.get(ctx, "/v1/exceptions", url.Values{"limit": {strconv.FormatUint(*limit, 10)}}, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) {
				for _, x := range out.Exceptions {
					state := x.State
					switch {
					case x.Overdue:
						state += ", " + c.text("exceptions-overdue")
					case x.ReviewDue:
						state += ", " + c.text("exceptions-review-due")
					}
					c.say(w, "exceptions-line", x.ID, x.Kind, state, x.AskedBy, x.Beneficiary, x.Recipient, x.Purpose, strings.Join(x.Fields, ", "),
						x.Form, x.Reason, x.Subjects, x.Used, x.Budget, x.Until.Format(time.RFC3339), orDash(strings.Join(x.ApprovedBy, ", ")), x.Person.Percent)
				}
				c.say(w, "exceptions-sum", len(out.Exceptions))
			})
		})
	}
}

func exceptionsAskCommand(f *flags) action {
	places, fields, form, reason := f.Places(), f.String("fields", ""), f.String("form", "plain"), f.String("reason", "")
	hours, budget, subjects := f.Uint64("hours", 24), f.Uint64("budget", 0), f.Strings("subject")
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		names := splitComma(*fields)
		switch {
		case len(names) == 0:
			return usage("flag-missing", "fields", "exceptions ask")
		case *reason == "":
			return usage("flag-missing", "reason", "exceptions ask")
		case *hours == 0 || *hours > 24*7:
			return usage("flag-value", "hours")
		case slices.ContainsFunc(*subjects, func(s string) bool { return !isID(s) }):
			return usage("subject-id")
		}
		in := map[string]any{
			"work_item": c.args[0], "fields": names, "form": *form, "reason": *reason, "budget": *budget,
			"until": c.Clock().Add(time.Duration(*hours) * time.Hour).UTC().Format(time.RFC3339),
		}
		if len(*subjects) > 0 {
			in["subjects"] = *subjects
		}
		return c.with(ctx, places, func(api *api) error { return c.asked(ctx, api, "/v1/exceptions", in, "exceptions-asked") })
	}
}

// asked is told for what is answered with an id.
func (c *call) asked(ctx context.Context, api *api, path string, in map[string]any, id string) error {
	var out struct {
		ID string `json:"id"`
	}
	if err := api.call(ctx, path, "", in, &out); err != nil {
		return err
	}
	if !isID(out.ID) {
		return fault.New(fault.Unavailable, "unavailable", "")
	}
	return c.answer(out, func(w io.Writer) { c.say(w, id, out.ID) })
}

func splitComma(s string) (all []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func exceptionsApproveCommand(f *flags) action {
	places, refuse := f.Places(), f.Bool("refuse", false)
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			var out struct {
				ID    string `json:"id"`
				State string `json:"state"`
			}
			if err := api.call(ctx, "/v1/exceptions/"+c.args[0]+"/decision", "", map[string]any{"approve": !*refuse}, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) { c.say(w, "exceptions-"+out.State) })
		})
	}
}

// exceptionsEndCommand closes the work item that the exception opened.
func exceptionsEndCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			return c.told(ctx, api, "/v1/work-items/"+c.args[0]+"/close", map[string]any{}, "exceptions-ended")
		})
	}
}

func exceptionsReviewCommand(f *flags) action {
	places, not := f.Places(), f.Bool("unjustified", false)
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			return c.told(ctx, api, "/v1/exceptions/"+c.args[0]+"/review", map[string]any{"justified": !*not}, "exceptions-reviewed")
		})
	}
}

func breakGlassCommand(f *flags) action {
	places, purpose, fields, reason := f.Places(), f.String("purpose", ""), f.String("fields", ""), f.String("reason", "")
	minutes, subjects := f.Uint64("minutes", 15), f.Strings("subject")
	return func(ctx context.Context, c *call) error {
		names := splitComma(*fields)
		for name, empty := range map[string]bool{"purpose": *purpose == "", "fields": len(names) == 0, "reason": *reason == "", "subject": len(*subjects) == 0} {
			if empty {
				return usage("flag-missing", name, "exceptions break-glass")
			}
		}
		if slices.ContainsFunc(*subjects, func(s string) bool { return !isID(s) }) {
			return usage("subject-id")
		}
		in := map[string]any{"purpose": *purpose, "fields": names, "reason": *reason, "minutes": *minutes, "subjects": *subjects}
		return c.with(ctx, places, func(api *api) error { return c.asked(ctx, api, "/v1/break-glass", in, "exceptions-broken") })
	}
}

func alertsListCommand(f *flags) action {
	places, limit, open := f.Places(), f.Uint64("limit", 50), f.Bool("open", false)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			type alert struct {
				ID       string    `json:"id"`
				Detector string    `json:"detector"`
				Zh       string    `json:"zh"`
				En       string    `json:"en"`
				Person   string    `json:"person,omitempty"`
				Org      string    `json:"organisation,omitempty"`
				Count    int64     `json:"count"`
				At       time.Time `json:"at"`
				Entries  []uint64  `json:"entries"`
				Action   string    `json:"action"`
				Items    []string  `json:"work_items"`
				State    string    `json:"state"`
				JudgedBy string    `json:"judged_by,omitempty"`
			}
			var out struct {
				Alerts  []alert `json:"alerts"`
				Quality []struct {
					Detector  string `json:"detector"`
					Raised    int    `json:"raised"`
					Open      int    `json:"open"`
					Confirmed int    `json:"confirmed"`
					False     int    `json:"false"`
				} `json:"quality"`
			}
			if err := api.get(ctx, "/v1/alerts", url.Values{"limit": {strconv.FormatUint(*limit, 10)}}, &out); err != nil {
				return err
			}
			if *open {
				out.Alerts = slices.DeleteFunc(out.Alerts, func(a alert) bool { return a.State != "open" })
			}
			return c.answer(out, func(w io.Writer) {
				for _, a := range out.Alerts {
					c.say(w, "alerts-line", a.ID, a.At.Format(time.RFC3339), a.State, a.Action, fault.Sentence{Zh: a.Zh, En: a.En}.In(c.lang), numbersShown(a.Entries))
				}
				for _, q := range out.Quality {
					c.say(w, "alerts-quality", q.Detector, q.Raised, q.Confirmed, q.False, q.Open)
				}
			})
		})
	}
}

// numbersShown lists the first few numbers.
func numbersShown(all []uint64) string {
	var parts []string
	for i, n := range all {
		if i == 5 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.FormatUint(n, 10))
	}
	return strings.Join(parts, ", ")
}

func alertsJudgeCommand(f *flags) action {
	places, wrong := f.Places(), f.Bool("false", false)
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			id := "alerts-confirmed"
			if *wrong {
				id = "alerts-false"
			}
			return c.told(ctx, api, "/v1/alerts/"+c.args[0]+"/judgement", map[string]any{"confirmed": !*wrong}, id)
		})
	}
}
