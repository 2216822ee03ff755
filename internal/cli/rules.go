package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/policy"
	"github.com/goldbell/goldbell/internal/server"
)

// The commands about the rule set: what is in force, and changes of it that one person
// proposes, that are tried, and that another approves.

// rulesInForce is what the server says of the rules in force.
type rulesInForce struct {
	Version  string     `json:"version"`
	Entry    uint64     `json:"entry,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	By       string     `json:"by,omitempty"`
	Approver string     `json:"approved_by,omitempty"`
	Text     string     `json:"text"`
	Rules    []struct {
		ID      string `json:"id"`
		Permits bool   `json:"permits"`
		Company bool   `json:"company"`
		Law     string `json:"law,omitempty"`
		Zh      string `json:"zh"`
		En      string `json:"en"`
	} `json:"rules"`
}

// proposalListed is a proposal in a list.
type proposalListed struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	By        string     `json:"by"`
	At        time.Time  `json:"at"`
	Changes   []string   `json:"changes"`
	Version   string     `json:"version"`
	Trial     string     `json:"trial"`
	TriedBy   string     `json:"tried_by,omitempty"`
	TriedAt   *time.Time `json:"tried_at,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Entry     uint64     `json:"entry"`
}

// proposalSeen is a proposal whole.
type proposalSeen struct {
	proposalListed
	Text     *string         `json:"text,omitempty"`
	Added    []string        `json:"rules_added,omitempty"`
	Removed  []string        `json:"rules_removed,omitempty"`
	Changed  []string        `json:"rules_changed,omitempty"`
	Purposes json.RawMessage `json:"purposes,omitempty"`
	Caps     json.RawMessage `json:"caps,omitempty"`
	Done     uint64          `json:"trial_done,omitempty"`
	Of       uint64          `json:"trial_of,omitempty"`
	Found    *policy.Trial   `json:"found,omitempty"`
}

func rulesListCommand(f *flags) action {
	places, limit := f.Places(), f.Uint64("limit", 50)
	return func(ctx context.Context, c *call) error {
		if *limit < 1 || *limit > 100 {
			return usage("flag-value", "limit")
		}
		return c.with(ctx, places, func(api *api) error {
			var out struct {
				InForce   rulesInForce     `json:"in_force"`
				Proposals []proposalListed `json:"proposals"`
			}
			if err := api.get(ctx, "/v1/rules", nil, &out.InForce); err != nil {
				return err
			}
			if err := api.get(ctx, "/v1/rule-proposals", url.Values{"limit": {strconv.FormatUint(*limit, 10)}}, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) {
				c.sayInForce(w, &out.InForce)
				for i := range out.Proposals {
					c.sayProposal(w, &out.Proposals[i])
				}
				c.say(w, "rules-sum", len(out.Proposals))
			})
		})
	}
}

func (c *call) sayInForce(w io.Writer, r *rulesInForce) {
	if r.Entry == 0 {
		c.say(w, "rules-shipped", r.Version)
	} else {
		c.say(w, "rules-version", r.Version, r.Entry, timeShown(r.Since), r.By, orDash(r.Approver))
	}
	for _, x := range r.Rules {
		what, whose := "rules-forbids", "rules-ours"
		if x.Permits {
			what = "rules-permits"
		}
		if x.Company {
			whose = "rules-company"
		}
		c.say(w, "rules-rule", clean(x.ID), c.text(what), c.text(whose), clean(fault.Sentence{Zh: x.Zh, En: x.En}.In(c.lang)))
	}
}

func (c *call) sayProposal(w io.Writer, p *proposalListed) {
	c.say(w, "rules-line", p.ID, c.text("rules-state-"+p.State), p.By, p.At.Format(time.RFC3339), strings.Join(p.Changes, ", "), c.text("rules-trial-"+p.Trial), orDash(p.DecidedBy))
}

// timeShown is a moment, or a dash.
func timeShown(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// clean takes out of a text somebody wrote what would move a terminal's cursor or turn
// the direction of writing: who approves reads what stands there.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// rulesShowCommand shows a proposal, or what is in force in the form that propose takes.
func rulesShowCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		switch what := c.args[0]; {
		case what == "rules":
			return c.showText(ctx, places)
		case what == "sheets":
			return c.showSheets(ctx, places)
		case what == "caps":
			var out struct {
				InForce json.RawMessage `json:"in_force"`
			}
			if err := c.fetch(ctx, places, "/v1/caps", &out); err != nil {
				return err
			}
			return c.answer(out.InForce, func(w io.Writer) { sayObject(w, out.InForce) })
		case isID(what):
			var p proposalSeen
			if err := c.fetch(ctx, places, "/v1/rule-proposals/"+what, &p); err != nil {
				return err
			}
			return c.answer(p, func(w io.Writer) { c.sayWhole(w, &p) })
		}
		return usage("rules-which")
	}
}

func (c *call) showText(ctx context.Context, places *server.Places) error {
	var r rulesInForce
	if err := c.fetch(ctx, places, "/v1/rules", &r); err != nil {
		return err
	}
	return c.answer(r, func(w io.Writer) { _, _ = io.WriteString(w, clean(r.Text)) })
}

// showSheets leaves out what propose does not take: who made a sheet, and when.
func (c *call) showSheets(ctx context.Context, places *server.Places) error {
	var out struct {
		Purposes []map[string]json.RawMessage `json:"purposes"`
	}
	if err := c.fetch(ctx, places, "/v1/purposes", &out); err != nil {
		return err
	}
	return c.answer(out, func(w io.Writer) {
		for _, sheet := range out.Purposes {
			for _, made := range []string{"version", "since", "by"} {
				delete(sheet, made)
			}
		}
		sayObject(w, out.Purposes)
	})
}

// sayObject writes JSON for people: one name in a line.
func sayObject(w io.Writer, object any) {
	b, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return // it was decoded from JSON
	}
	_, _ = io.WriteString(w, clean(string(b))+"\n")
}

func (c *call) sayWhole(w io.Writer, p *proposalSeen) {
	c.sayProposal(w, &p.proposalListed)
	for _, part := range []struct {
		id    string
		rules []string
	}{{"rules-added", p.Added}, {"rules-removed", p.Removed}, {"rules-changed", p.Changed}} {
		if len(part.rules) > 0 {
			c.say(w, part.id, clean(strings.Join(part.rules, ", ")))
		}
	}
	if p.Trial == "running" {
		c.say(w, "rules-running", p.Done, p.Of)
	}
	if p.Found != nil {
		c.sayTrial(w, p.Found)
	}
	if p.Text != nil {
		c.say(w, "rules-text")
		_, _ = io.WriteString(w, strings.TrimSuffix(clean(*p.Text), "\n")+"\n")
	}
	if len(p.Purposes) > 0 {
		c.say(w, "rules-sheets")
		sayObject(w, p.Purposes)
	}
	if len(p.Caps) > 0 {
		c.say(w, "rules-caps")
		sayObject(w, p.Caps)
	}
}

// decideCommand is what ends a proposal one way or the other.
func decideCommand(f *flags, path, id string) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			var p proposalSeen
			if err := api.call(ctx, "/v1/rule-proposals/"+c.args[0]+path, "", struct{}{}, &p); err != nil {
				return err
			}
			return c.answer(p, func(w io.Writer) { c.say(w, id, p.Version, p.Entry) })
		})
	}
}

func rulesApproveCommand(f *flags) action { return decideCommand(f, "/approval", "rules-approved") }

func rulesWithdrawCommand(f *flags) action {
	return decideCommand(f, "/withdrawal", "rules-withdrawn")
}
