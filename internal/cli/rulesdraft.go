package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/policy"
)

// maxDraft bounds a file of a proposal, in bytes, as the server does its rules.
const maxDraft = 256 << 10

// draftFile reads the file that a flag of propose names, as text in UTF-8.
func draftFile(flag, path string) ([]byte, error) {
	src, err := openRegular(path)
	if err != nil {
		return nil, usage("rules-file", flag)
	}
	defer func() { _ = src.Close() }()
	b, err := io.ReadAll(io.LimitReader(src, maxDraft+1))
	switch {
	case err != nil:
		return nil, usage("rules-file", flag)
	case len(b) > maxDraft:
		return nil, usage("rules-long", flag, maxDraft>>10)
	case !utf8.Valid(b):
		return nil, usage("rules-utf8", flag)
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), nil
}

// draftJSON reads a file of JSON into what it must be: an array or an object.
func draftJSON(flag, path, wrongKind string, into any) error {
	b, err := draftFile(flag, path)
	if err != nil {
		return err
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(b, into); {
	case errors.As(err, &syntax):
		before := b[:min(max(syntax.Offset-1, 0), int64(len(b)))]
		return usage("rules-json", flag, bytes.Count(before, []byte("\n"))+1)
	case err != nil:
		return usage(wrongKind, flag)
	}
	return nil
}

func rulesProposeCommand(f *flags) action {
	places, rules, sheets, caps := f.Places(), f.String("rules", ""), f.String("sheets", ""), f.String("caps", "")
	return func(ctx context.Context, c *call) error {
		in, err := draft(*rules, *sheets, *caps)
		if err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			var p proposalSeen
			if err := api.call(ctx, "/v1/rule-proposals", "", in, &p); err != nil {
				return ofDraft(err)
			}
			return c.answer(p, func(w io.Writer) {
				c.say(w, "rules-proposed", p.ID)
				c.sayWhole(w, &proposalSeen{proposalListed: p.proposalListed, Added: p.Added, Removed: p.Removed, Changed: p.Changed})
			})
		})
	}
}

// draft is what the files ask for; what no flag names stays as it is.
func draft(rules, sheets, caps string) (map[string]any, error) {
	in := map[string]any{}
	if rules != "" {
		text, err := draftFile("rules", rules)
		if err != nil {
			return nil, err
		}
		in["text"] = string(text)
	}
	if sheets != "" {
		var list []map[string]json.RawMessage
		if err := draftJSON("sheets", sheets, "rules-no-list", &list); err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, usage("rules-no-list", "sheets")
		}
		in["purposes"] = list
	}
	if caps != "" {
		var budgets map[string]json.RawMessage
		if err := draftJSON("caps", caps, "rules-no-object", &budgets); err != nil {
			return nil, err
		}
		if len(budgets) == 0 {
			return nil, usage("rules-no-object", "caps")
		}
		in["caps"] = budgets
	}
	if len(in) == 0 {
		return nil, usage("rules-nothing")
	}
	return in, nil
}

// ofDraft names the file that a part of the request was read from.
func ofDraft(err error) error {
	var p *problem
	if errors.As(err, &p) {
		for i, e := range p.Errors {
			for part, flag := range map[string]string{"body.text": "--rules", "body.purposes": "--sheets", "body.caps": "--caps"} {
				if rest, ok := strings.CutPrefix(e.Where, part); ok {
					p.Errors[i].Where = flag + rest
				}
			}
		}
	}
	return err
}

// look is how often a running trial is looked at.
const look = 300 * time.Millisecond

// rulesTryCommand begins a trial and waits for it. The trial goes on in the server when
// the command is stopped.
func rulesTryCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		if err := wantID(c.args[0]); err != nil {
			return err
		}
		return c.with(ctx, places, func(api *api) error {
			p, err := c.try(ctx, api, "/v1/rule-proposals/"+c.args[0])
			if err != nil {
				return err
			}
			return c.answer(p, func(w io.Writer) {
				c.sayTrial(w, p.Found)
				c.say(w, "rules-tried", p.ID)
			})
		})
	}
}

// try waits for a trial. One that failed leaves what an earlier one found in its
// place, so that it is told by the time that was kept.
func (c *call) try(ctx context.Context, api *api, at string) (*proposalSeen, error) {
	begun := &proposalSeen{}
	if err := api.call(ctx, at+"/trial", "", struct{}{}, begun); err != nil {
		return nil, err
	}
	bar := newProgress(c, "bar-trying", 0)
	defer bar.end()
	for {
		p := &proposalSeen{}
		if err := api.get(ctx, at, nil, p); err != nil {
			return nil, err
		}
		if p.Trial != "running" {
			again := begun.TriedAt != nil && p.TriedAt != nil && p.TriedAt.Equal(*begun.TriedAt)
			if p.Trial != "done" || p.Found == nil || again {
				return nil, fail(exitUnavailable, "rules-trial-ended")
			}
			return p, nil
		}
		bar.set(int64(p.Done), int64(p.Of))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(look):
		}
	}
}

// sayTrial says who would gain and who would lose.
func (c *call) sayTrial(w io.Writer, t *policy.Trial) {
	c.say(w, "rules-found", t.Requests, t.From.Format(time.RFC3339), t.Until.Format(time.RFC3339), t.Without)
	for _, way := range []struct {
		id string
		policy.Shifts
	}{{"rules-gain", t.Gain}, {"rules-lose", t.Lose}} {
		c.say(w, way.id, way.People, way.Requests, way.Subjects)
		for _, s := range way.Listed {
			c.say(w, "rules-shift", string(s.Person), s.Action, strings.ReplaceAll(string(s.Fields), ",", ", "), string(s.Purpose),
				clean(strings.ReplaceAll(s.Rules, ",", ", ")), s.Requests, s.Subjects)
		}
	}
}
