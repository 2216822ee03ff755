package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/intake"
)

// foundRun is one `goldbell trace file`.
type foundRun struct {
	c       *call
	src     *os.File
	size    int64
	sum     string
	rows    int64
	caseID  string
	foundAt time.Time
}

func traceFileCommand(f *flags) action {
	places, complaint, found, explained := f.Places(), f.String("complaint", ""), f.Day("found-at"), f.Bool("explain", false)
	return func(ctx context.Context, c *call) (err error) {
		if *complaint == "" {
			return usage("found-needs")
		}
		p, err := c.placed(places)
		if err != nil {
			return err
		}
		r := &foundRun{c: c, caseID: *complaint, foundAt: *found}
		if r.foundAt.IsZero() {
			r.foundAt = c.Clock()
		}
		if r.src, err = openRegular(c.args[0]); err != nil {
			return err
		}
		defer func() { _ = r.src.Close() }()
		if c.Getenv("GOLDBELL_TOKEN") == "" {
			return fail(exitRefused, "no-token")
		}
		if err := r.count(ctx); err != nil {
			return err
		}
		api, err := c.withToken(ctx, p)
		if err != nil {
			return err
		}
		defer api.close(&err)
		out, err := r.match(ctx, api)
		if err != nil {
			return err
		}
		return c.answer(out, func(w io.Writer) { c.sayFound(w, out, *explained) })
	}
}

// count reads the file once: its SHA-256 and its rows of data.
func (r *foundRun) count(ctx context.Context) error {
	info, err := r.src.Stat()
	if err != nil {
		return fail(exitUsage, "file-unreadable")
	}
	r.size = info.Size()
	bar := newProgress(r.c, "bar-reading", r.size)
	defer bar.end()
	h := sha256.New()
	t, err := intake.OpenStream(io.TeeReader(&counted{r: r.src, bar: bar}, h))
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	for _, err := range t.Lines() {
		if err != nil {
			return err
		}
		if r.rows++; r.rows%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if r.rows == 0 {
		return fail(exitUsage, "found-empty")
	}
	r.sum = hex.EncodeToString(h.Sum(nil))
	return nil
}

// counted moves a bar with what is read.
type counted struct {
	r   io.Reader
	bar *progress
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.bar.add(int64(n), 0)
	return n, err
}

// match sends the file once it may be matched.
func (r *foundRun) match(ctx context.Context, a *api) (*inquiry.FileAnswer, error) {
	if r.rows > aloneRows {
		var asked struct{ ID, State string }
		if err := a.call(ctx, "/v1/found-files", "", map[string]any{"case": r.caseID, "sha256": r.sum, "rows": r.rows}, &asked); err != nil {
			return nil, err
		}
		if asked.State != "approved" {
			return nil, fail(exitRefused, "found-waits", r.rows, asked.ID)
		}
	}
	if _, err := r.src.Seek(0, io.SeekStart); err != nil {
		return nil, fail(exitUsage, "file-unreadable")
	}
	bar := newProgress(r.c, "bar-matching", r.size)
	defer bar.end()
	q := url.Values{
		"case": {r.caseID}, "sha256": {r.sum}, "rows": {strconv.FormatInt(r.rows, 10)},
		"found_at": {r.foundAt.UTC().Format(time.RFC3339)},
	}
	out := &inquiry.FileAnswer{}
	return out, a.upload(ctx, "/v1/found-files/matching?"+q.Encode(), &counted{r: r.src, bar: bar}, out)
}

// aloneRows is door.AloneRows: above it a second officer approves.
const aloneRows = 1000

// upload sends a file as it is and decodes the answer.
func (a *api) upload(ctx context.Context, path string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.client.Base+path, body)
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	return a.send(req, out)
}

func approveFoundCommand(f *flags) action {
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
		if !isHexID(c.args[0]) {
			return usage("found-id")
		}
		var out struct {
			ID    string `json:"id"`
			State string `json:"state"`
		}
		if err := api.call(ctx, "/v1/found-files/"+c.args[0]+"/approve", "", map[string]any{}, &out); err != nil {
			return err
		}
		return c.answer(out, func(w io.Writer) { c.say(w, "found-approved") })
	}
}

func isHexID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

// sayFound says what a found file holds, and who the records point to.
func (c *call) sayFound(w io.Writer, a *inquiry.FileAnswer, explained bool) {
	f := &a.File
	switch {
	case f.People == nil:
		c.say(w, "found-few", f.Rows, inquiry.FewestTold)
	case f.OurRows == nil:
		c.say(w, "found-people", f.Rows, *f.People)
	default:
		c.say(w, "found-ours", f.Rows, *f.OurRows, 100*f.Share, *f.People)
	}
	for _, field := range slices.Sorted(maps.Keys(f.Fields)) {
		c.say(w, "found-field", field, f.Fields[field])
	}
	if f.Unreadable > 0 {
		c.say(w, "found-unreadable", f.Unreadable, f.FirstBad)
	}
	if d := f.Dating; d.Changed > 0 {
		c.say(w, "found-dating", d.Changed, dayOf(c, d.NotBefore), dayOf(c, d.NotAfter))
		if d.Mixed {
			c.say(w, "found-mixed")
		}
	}
	for _, m := range f.Marks {
		if m.Genuine {
			c.say(w, "found-mark", m.Mark, *m.Entry)
		} else {
			c.say(w, "found-mark-unknown", m.Mark)
		}
	}
	if a.Find != nil {
		c.sayFinding(w, a.Find, explained)
		for _, s := range f.Merged {
			c.say(w, "found-merged", s.Recipient, s.People, s.From.Format(time.DateOnly), s.Until.Format(time.DateOnly), s.Window)
		}
		c.say(w, "trace-entry", a.Entry)
	}
	c.say(w, "found-entry", a.Lookup)
}

func dayOf(c *call, t *time.Time) string {
	if t == nil {
		return c.text("found-open")
	}
	return t.Format(time.DateOnly)
}
