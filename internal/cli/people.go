package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/server"
)

// get asks for a path with a query and decodes the answer.
func (a *api) get(ctx context.Context, path string, query url.Values, out any) error {
	if q := query.Encode(); q != "" {
		path += "?" + q
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.client.Base+path, nil)
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	return a.send(req, out)
}

// with runs do against the server of the data directory, as the principal of the token.
func (c *call) with(ctx context.Context, places *server.Places, do func(api *api) error) (err error) {
	p, err := c.placed(places)
	if err != nil {
		return err
	}
	api, err := c.withToken(ctx, p)
	if err != nil {
		return err
	}
	defer api.close(&err)
	return do(api)
}

// rosterRun is one import of a list of people or consents: rows are read, sent in
// batches, and each ends in exactly one of four ways.
type rosterRun struct {
	c    *call
	path string
	what string // "people" or "consents"
	dry  bool
	file string // SHA-256 of the source
	rows []*rosterRow
	out  rosterReport
}

// rosterRow is a row of the file and what became of it.
type rosterRow struct {
	intake.RosterRow
	key     string          // what the row is about; a second row of the same is refused
	body    json.RawMessage // what is sent; nil: it was refused here
	after   string          // key of the row that must be stored before, or ""
	outcome string
	code    string
	why     fault.Sentence
}

// rosterReport is what --json prints.
type rosterReport struct {
	DryRun      bool           `json:"dry_run"`
	Rows        int            `json:"rows"`
	Created     int            `json:"created"`
	Changed     int            `json:"changed"`
	Unchanged   int            `json:"unchanged"`
	Refused     int            `json:"refused"`
	RefusedBy   map[string]int `json:"refused_by"`
	Asked       int            `json:"second_officer"` // of refused: what a second officer may allow
	ByPhone     int            `json:"by_phone"`       // named by a phone number only: whether it is somebody's is not told
	NotRead     []string       `json:"columns_not_read"`
	Source      string         `json:"source"`
	RefusedFile string         `json:"refused_file"` // empty: none
	Seconds     float64        `json:"seconds"`
}

// mostRows bounds a list that is held in memory.
const mostRows = 500_000

// refuse ends a row here, for a reason of package intake.
func (r *rosterRow) refuse(key string) {
	r.outcome, r.code, r.body = "refused", key, nil
	r.why = intake.Refusal{Key: key}.Sentence()
}

// run reads the file with open, makes rows of it with row, and sends them.
func (r *rosterRun) run(ctx context.Context, places *server.Places, open func(io.ReadSeeker, string) (*intake.Roster, error), row func(*intake.Roster, intake.RosterRow) *rosterRow) error {
	started := r.c.Clock()
	src, err := openRegular(r.path)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	if r.file, err = sumOf(src); err != nil {
		return err
	}
	list, err := open(src, r.path)
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }()
	if err := r.read(list, row); err != nil {
		return err
	}
	r.out.NotRead, r.out.Source, r.out.DryRun = list.NotRead(), r.path, r.dry
	err = r.c.with(ctx, places, func(api *api) error { return r.send(ctx, api) })
	if err != nil {
		return r.broken(err)
	}
	r.count()
	if !r.dry {
		if err := r.split(list.Table()); err != nil {
			return err
		}
	}
	r.out.Seconds = r.c.Clock().Sub(started).Seconds()
	return r.c.answer(&r.out, r.tell)
}

func sumOf(src *os.File) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, src); err != nil {
		return "", fail(exitUsage, "file-unreadable")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (r *rosterRun) read(list *intake.Roster, row func(*intake.Roster, intake.RosterRow) *rosterRow) error {
	seen := map[string]bool{}
	for line, err := range list.Rows() {
		if err != nil {
			return err
		}
		if len(r.rows) == mostRows {
			return fail(exitUsage, "roster-long", mostRows)
		}
		x := row(list, line)
		x.RosterRow = line
		if x.body != nil && seen[x.key] {
			x.refuse(intake.KeyTwice)
		}
		seen[x.key] = true
		r.rows = append(r.rows, x)
	}
	return nil
}

// rosterBatch is how many rows one request holds.
const rosterBatch = 500

// send sends the rows in batches: first those that rest on no other, then those that
// rest on them. A row whose turn never comes, because two wait for each other, goes
// last, and the server says what it lacks.
func (r *rosterRun) send(ctx context.Context, api *api) error {
	waiting := map[string]bool{}
	var left []*rosterRow
	for _, x := range r.rows {
		if x.body != nil {
			waiting[x.key] = true
			left = append(left, x)
		}
	}
	bar := newProgress(r.c, "bar-storing", int64(len(left)))
	defer bar.end()
	for len(left) > 0 {
		var turn, later []*rosterRow
		for _, x := range left {
			if x.after != "" && x.after != x.key && waiting[x.after] {
				later = append(later, x)
			} else {
				turn = append(turn, x)
			}
		}
		if len(turn) == 0 {
			turn, later = later, nil
		}
		for len(turn) > 0 {
			n := min(len(turn), rosterBatch)
			if err := r.batch(ctx, api, turn[:n]); err != nil {
				return err
			}
			for _, x := range turn[:n] {
				delete(waiting, x.key)
			}
			bar.add(int64(n), int64(n))
			turn = turn[n:]
		}
		left = later
	}
	return nil
}

// batch sends some rows. Its key is its own, so that it may be repeated when the answer
// was lost; whether a row is stored already the server sees by the row.
func (r *rosterRun) batch(ctx context.Context, api *api, rows []*rosterRow) error {
	in := map[string]any{"sha256": r.file}
	var bodies []json.RawMessage
	var expected []string
	for _, x := range rows {
		bodies = append(bodies, x.body)
		if r.dry && x.after != "" {
			expected = append(expected, x.after)
		}
	}
	in["rows"] = bodies
	if r.dry {
		in["dry_run"] = true
	}
	if len(expected) > 0 {
		in["expected"] = r.there(expected)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fault.New(fault.Internal, "internal", "")
	}
	var key [16]byte
	if _, err := io.ReadFull(rand.Reader, key[:]); err != nil {
		return fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	var out struct {
		Results []struct{ Outcome, Code, Zh, En string }
	}
	if err := api.retry(ctx, "/v1/"+r.what+"/imports", hex.EncodeToString(key[:]), body, &out); err != nil {
		return err
	}
	if len(out.Results) != len(rows) {
		return fail(exitUnavailable, "server-silent")
	}
	for i, x := range rows {
		o := out.Results[i]
		x.outcome, x.code, x.why = o.Outcome, o.Code, fault.Sentence{Zh: o.Zh, En: o.En}
	}
	return nil
}

// there are those of the keys that an earlier row of the file would make.
func (r *rosterRun) there(keys []string) []string {
	made := map[string]bool{}
	for _, x := range r.rows {
		if x.outcome == "created" || x.outcome == "changed" || x.outcome == "unchanged" {
			made[x.key] = true
		}
	}
	var all []string
	listed := map[string]bool{}
	for _, k := range keys {
		if made[k] && !listed[k] {
			all, listed[k] = append(all, k), true
		}
	}
	if all == nil {
		all = []string{}
	}
	return all
}

func (r *rosterRun) count() {
	o := &r.out
	o.Rows, o.RefusedBy = len(r.rows), map[string]int{}
	for _, x := range r.rows {
		switch x.outcome {
		case "created":
			o.Created++
		case "changed":
			o.Changed++
		case "unchanged":
			o.Unchanged++
		default:
			o.Refused++
			o.RefusedBy[x.code]++
			if x.code == "second-officer" {
				o.Asked++
			}
		}
	}
	if o.NotRead == nil {
		o.NotRead = []string{}
	}
}

// split writes the refused rows beside the source, readable by their owner only.
func (r *rosterRun) split(t *intake.Table) error {
	refused, err := t.CreateRefused(intake.RefusedPath(r.path), r.c.lang)
	if err != nil {
		return err
	}
	defer refused.Discard()
	for _, x := range r.rows {
		if x.outcome != "refused" {
			continue
		}
		if err := refused.WriteLine(x.code, x.why, x.Line, x.Cells); err != nil {
			return err
		}
	}
	r.out.RefusedFile, err = refused.Commit()
	return err
}

// broken says how far the import came: the same command goes on where it stopped.
func (r *rosterRun) broken(err error) error {
	r.count()
	f := explain(err)
	if f.code != exitUnavailable || r.dry {
		return f
	}
	done := r.out.Created + r.out.Changed + r.out.Unchanged
	rest := sentence("import-resume", done, len(r.rows))
	return &failure{ID: f.ID, Zh: f.Zh + rest.Zh, En: f.En + " " + rest.En, Where: f.Where, code: f.code}
}

func (r *rosterRun) tell(w io.Writer) {
	o := &r.out
	if len(o.NotRead) > 0 {
		r.c.say(w, "import-not-stored", strings.Join(o.NotRead, ", "))
	}
	told := map[string]bool{}
	for _, x := range r.rows {
		if x.outcome == "refused" && !told[x.code] {
			told[x.code] = true
			r.c.say(w, "import-refused-by", o.RefusedBy[x.code], x.why.In(r.c.lang))
		}
	}
	id := "roster-counts"
	if o.DryRun {
		id = "roster-counts-dry"
	}
	r.c.say(w, id, o.Rows, o.Created, o.Changed, o.Unchanged, o.Refused)
	if o.Asked > 0 && !o.DryRun {
		r.c.say(w, "people-asked", o.Asked)
	}
	if o.ByPhone > 0 {
		r.c.say(w, "consents-by-phone", o.ByPhone)
	}
	if o.RefusedFile != "" {
		r.c.say(w, "roster-refused-file", o.RefusedFile)
	}
}

func peopleImportCommand(f *flags) action {
	places, dry, org, posts := f.Places(), f.Bool("dry-run", false), f.String("org", ""), f.Strings("post")
	return func(ctx context.Context, c *call) error {
		codes := map[string]string{}
		for _, p := range *posts {
			name, code, ok := strings.Cut(p, "=")
			if !ok || strings.TrimSpace(name) == "" || strings.TrimSpace(code) == "" {
				return usage("flag-value", "post")
			}
			codes[strings.TrimSpace(name)] = strings.TrimSpace(code)
		}
		if c.Getenv("GOLDBELL_TOKEN") == "" {
			return fail(exitRefused, "no-token")
		}
		r := &rosterRun{c: c, path: c.args[0], what: "people", dry: *dry}
		open := func(src io.ReadSeeker, name string) (*intake.Roster, error) {
			list, err := intake.OpenPeople(src, name)
			if err == nil && !list.Has(intake.ColumnOrg) && *org == "" {
				_ = list.Close()
				return nil, usage("people-org")
			}
			return list, err
		}
		return r.run(ctx, places, open, func(list *intake.Roster, line intake.RosterRow) *rosterRow {
			p := line.Person(codes)
			if p.Org == "" {
				p.Org = *org
			}
			x := &rosterRow{key: p.ID, after: p.Manager}
			switch {
			case p.Refused != "":
				x.refuse(p.Refused)
			case p.Org == "":
				x.refuse(intake.KeyOrg)
			default:
				x.body = personBody(list, p)
			}
			return x
		})
	}
}

// personBody says what the file says of a person, and nothing of columns it lacks.
func personBody(list *intake.Roster, p intake.PersonRow) json.RawMessage {
	in := map[string]any{"id": p.ID, "org": p.Org}
	if list.Has(intake.ColumnPost) {
		in["post"] = p.Post
	}
	if list.Has(intake.ColumnLevel) {
		in["level"] = p.Level
	}
	if list.Has(intake.ColumnManager) {
		in["manager"] = p.Manager
	}
	if !p.From.IsZero() {
		in["contract_from"] = p.From.Format(time.RFC3339)
	}
	switch {
	case !list.Has(intake.ColumnUntil):
	case p.Until.IsZero():
		in["open_ended"] = true
	default:
		in["contract_until"] = p.Until.Format(time.RFC3339)
	}
	b, err := json.Marshal(in)
	if err != nil {
		panic("cli: a row of plain fields did not encode") // impossible state
	}
	return b
}

func peopleEndCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			var out map[string]any
			if err := api.call(ctx, "/v1/people/"+url.PathEscape(c.args[0])+"/end", "", struct{}{}, &out); err != nil {
				return err
			}
			return c.answer(out, func(w io.Writer) { c.say(w, "people-ended") })
		})
	}
}

// personListed is a person as the list command shows him.
type personListed struct {
	ID            string     `json:"id"`
	Org           string     `json:"org"`
	Kind          string     `json:"kind"`
	Post          string     `json:"post,omitempty"`
	Level         int        `json:"level,omitempty"`
	Manager       string     `json:"manager,omitempty"`
	ContractFrom  time.Time  `json:"contract_from"`
	ContractUntil *time.Time `json:"contract_until,omitempty"`
	TrainedUntil  *time.Time `json:"trained_until,omitempty"`
	Suspended     bool       `json:"suspended,omitempty"`
	Forged        bool       `json:"forged,omitempty"`
}

func dayShown(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.In(time.FixedZone("", 8*3600)).Format(time.DateOnly)
}

func peopleListCommand(f *flags) action {
	places, org, current := f.Places(), f.String("org", ""), f.Bool("current", false)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			all := []personListed{}
			after := ""
			for {
				var page struct {
					People []personListed `json:"people"`
					Next   string         `json:"next"`
				}
				q := url.Values{"limit": {strconv.Itoa(1000)}}
				if after != "" {
					q.Set("after", after)
				}
				if err := api.get(ctx, "/v1/people", q, &page); err != nil {
					return err
				}
				for _, p := range page.People {
					now := c.Clock()
					open := !p.Suspended && !p.Forged && !now.Before(p.ContractFrom) && (p.ContractUntil == nil || now.Before(*p.ContractUntil))
					if (*org == "" || p.Org == *org) && (open || !*current) {
						all = append(all, p)
					}
				}
				if after = page.Next; after == "" {
					break
				}
			}
			return c.answer(map[string]any{"people": all}, func(w io.Writer) {
				for _, p := range all {
					c.say(w, "people-line", p.ID, p.Org, p.Kind, orDash(p.Post), p.Level, orDash(p.Manager), dayShown(&p.ContractFrom), dayShown(p.ContractUntil), dayShown(p.TrainedUntil), c.text(stateOf(p)))
				}
				c.say(w, "people-sum", len(all))
			})
		})
	}
}

func stateOf(p personListed) string {
	switch {
	case p.Forged:
		return "people-forged"
	case p.Suspended:
		return "people-suspended"
	}
	return "people-in-order"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func peopleAsksCommand(f *flags) action {
	places := f.Places()
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, places, func(api *api) error {
			type asked struct {
				Person  personListed `json:"person"`
				Wanted  personListed `json:"wanted"`
				SHA256  string       `json:"sha256"`
				AskedBy string       `json:"asked_by"`
				AskedAt time.Time    `json:"asked_at"`
				Entry   uint64       `json:"entry"`
				Until   time.Time    `json:"until"`
				Stale   bool         `json:"stale,omitempty"`
			}
			all := []asked{}
			after := ""
			for {
				var page struct {
					Asks []asked `json:"asks"`
					Next string  `json:"next"`
				}
				q := url.Values{"limit": {"1000"}}
				if after != "" {
					q.Set("after", after)
				}
				if err := api.get(ctx, "/v1/people-asks", q, &page); err != nil {
					return err
				}
				all = append(all, page.Asks...)
				if after = page.Next; after == "" {
					break
				}
			}
			return c.answer(map[string]any{"asks": all}, func(w io.Writer) {
				for _, x := range all {
					c.say(w, "people-ask", x.Person.ID, x.AskedBy, dayShown(x.Person.ContractUntil), dayShown(x.Wanted.ContractUntil),
						x.Person.Level, x.Wanted.Level, x.Person.Org, x.Wanted.Org, x.Entry)
				}
				c.say(w, "people-asks-sum", len(all))
			})
		})
	}
}

func peopleApproveCommand(f *flags) action {
	places, refuse, entry := f.Places(), f.Bool("refuse", false), f.Uint64("entry", 0)
	return func(ctx context.Context, c *call) error {
		if *entry == 0 && !*refuse {
			return usage("flag-missing", "entry", "people approve")
		}
		return c.with(ctx, places, func(api *api) error {
			var out map[string]any
			body := map[string]any{"allow": !*refuse}
			if *entry != 0 {
				body["entry"] = *entry
			}
			if err := api.call(ctx, "/v1/people/"+url.PathEscape(c.args[0])+"/ask/decision", "", body, &out); err != nil {
				return err
			}
			id := "people-allowed"
			if *refuse {
				id = "people-refused"
			}
			return c.answer(out, func(w io.Writer) { c.say(w, id) })
		})
	}
}
