package cli

import (
	"context"
	"encoding/json"
	"io"
	"strconv"

	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
)

// sampled is what people are told of a sample; programs get all of the answer.
type sampled struct {
	Entry    uint64 `json:"entry"`
	Size     uint64 `json:"size"`
	NextCode string `json:"next_code"`
	Drawn    []struct {
		Index  uint64 `json:"index"`
		At     string `json:"at"`
		Kind   string `json:"kind"`
		Closed bool   `json:"closed"`
		Fields []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"fields"`
		Subjects []struct {
			Subject string `json:"subject"`
			Shown   bool   `json:"shown"`
			Version uint32 `json:"version"`
			Rule    string `json:"rule"`
		} `json:"subjects"`
	} `json:"drawn"`
}

func sampleCommand(f *flags) action {
	places, code := f.Places(), f.String("code", "")
	return func(ctx context.Context, c *call) error {
		n, err := strconv.ParseUint(c.args[0], 10, 16)
		if err != nil || n < 1 || n > 1000 {
			return usage("sample-count")
		}
		if *code == "" {
			return usage("flag-missing", "code", "ledger sample")
		}
		var raw json.RawMessage
		if err := c.ask(ctx, places, "/v1/ledger/samples", map[string]any{"code": c.codeGiven(*code), "count": n}, &raw); err != nil {
			return err
		}
		var s sampled
		if json.Unmarshal(raw, &s) != nil {
			return fail(exitUnavailable, "server-silent")
		}
		return c.answer(raw, func(w io.Writer) { c.saySample(w, s) })
	}
}

// ask posts to the server of the data directory as nobody: a one-time code in the
// body is what speaks.
func (c *call) ask(ctx context.Context, places *server.Places, path string, in, out any) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.connect(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	api.token = ""
	return api.call(ctx, path, "", in, out)
}

func (c *call) saySample(w io.Writer, s sampled) {
	for _, d := range s.Drawn {
		if d.Closed {
			c.say(w, "sample-closed", d.Index)
			continue
		}
		c.say(w, "sample-entry", d.Index, d.At, d.Kind)
		for _, f := range d.Fields {
			if f.Value != "" {
				c.say(w, "sample-fact", f.Name, f.Value)
			}
		}
		for _, p := range d.Subjects {
			who, what := p.Subject, c.text("sample-refused", p.Rule)
			if who == "" {
				who = c.text("sample-forgotten")
			}
			if p.Shown {
				what = c.text("sample-shown", p.Version)
			}
			c.say(w, "sample-subject", who, what)
		}
	}
	c.say(w, "sample-done", len(s.Drawn), s.Size, s.Entry)
	c.say(w, "token-next", s.NextCode)
}

func forgetCommand(f *flags) action {
	places := f.Places()
	code, second := f.String("code", ""), f.String("second", "")
	return func(ctx context.Context, c *call) error {
		if _, err := pii.ParseSubjectID(c.args[0]); err != nil {
			return usage("subject-id")
		}
		for flag, value := range map[string]string{"code": *code, "second": *second} {
			if value == "" {
				return usage("flag-missing", flag, "ledger forget")
			}
		}
		var done struct {
			Entry     uint64   `json:"entry"`
			NextCodes []string `json:"next_codes"`
		}
		in := map[string]string{"subject": c.args[0], "code": *code, "second_code": *second}
		if err := c.ask(ctx, places, "/v1/ledger/forgettings", in, &done); err != nil {
			return err
		}
		return c.answer(done, func(w io.Writer) {
			c.say(w, "forget-done", done.Entry)
			if len(done.NextCodes) == 2 {
				c.say(w, "forget-next", done.NextCodes[0], done.NextCodes[1])
			}
		})
	}
}
