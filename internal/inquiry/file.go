package inquiry

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/mark"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/proof"
)

// FewestTold is the least number of people that is told as a number. Fewer are
// "fewer than", none included, and are not traced: a file of one row would
// otherwise be a way to ask whether we hold a number.
const FewestTold = 5

// FileQuestion asks whose a found file is.
type FileQuestion struct {
	ID      pii.RequestID // of the run
	Claim   door.FoundClaim
	FoundAt time.Time
}

// FileAnswer is what the records say about a found file. It never says which rows
// were ours.
type FileAnswer struct {
	ID     pii.RequestID  `json:"id"`
	Lookup uint64         `json:"lookup"` // the entry of the matching
	Entry  uint64         `json:"entry"`  // the entry of the run; 0: there was none
	File   FileContents   `json:"file"`
	Find   *trace.Finding `json:"finding,omitempty"` // absent: fewer than FewestTold people
}

// FileContents says how much of a file is ours, and from when.
type FileContents struct {
	Rows       int64   `json:"rows"`
	Unreadable int64   `json:"unreadable"`
	FirstBad   int     `json:"first_unreadable_line,omitempty"`
	People     *int    `json:"people,omitempty"` // of ours; absent: fewer than FewestTold
	OurRows    *int64  `json:"our_rows,omitempty"`
	Share      float64 `json:"share,omitempty"` // our rows among all
	// Fields counts by which field people were found; small counts are left out.
	Fields map[pii.Field]int `json:"fields,omitempty"`
	Dating Dating            `json:"dating"`
	Merged []Source          `json:"merged,omitempty"` // the lists it was put together from, if more than one explains it
	Marks  []MarkSeen        `json:"marks,omitempty"`
}

// Dating is what the versions of values say about when the copy was made.
type Dating struct {
	Changed int `json:"changed"` // people whose values in the file tell versions apart
	// NotBefore is when the newest value in the file was stored; NotAfter when the
	// first of its values that is stale was replaced.
	NotBefore *time.Time `json:"not_before,omitempty"`
	NotAfter  *time.Time `json:"not_after,omitempty"`
	// Mixed: some values are newer than others were replaced, so the file was made of
	// copies of different times.
	Mixed bool `json:"mixed"`
}

// Source is one of the lists a file was put together from.
type Source struct {
	Recipient string    `json:"recipient"`
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	Window    string    `json:"window"`
	People    int       `json:"people"`
}

// MarkSeen is a visible mark the file still carries, and the disclosure it names.
type MarkSeen struct {
	Mark    string  `json:"mark"`            // staff number, time and code
	Entry   *uint64 `json:"entry,omitempty"` // the disclosure; absent: the records know none
	Genuine bool    `json:"genuine"`         // code, person and time agree with the entry
	Org     string  `json:"organisation,omitempty"`
}

// File matches a found file through the door and asks the engine about the people
// in it. The matching is an entry, and the run is one.
func (q *Inquiry) File(ctx context.Context, p party.Principal, question FileQuestion, src io.Reader) (FileAnswer, error) {
	if q.Door == nil || q.Cases == nil {
		return FileAnswer{}, fault.New(fault.Unavailable, "unavailable", "")
	}
	m, err := q.Door.MatchFound(ctx, p, question.Claim, q.Cases, src)
	if err != nil {
		return FileAnswer{}, err
	}
	out := FileAnswer{ID: question.ID, Lookup: m.Entry, File: FileContents{Rows: m.Rows, Unreadable: m.Unreadable, FirstBad: m.FirstBad}}
	if out.File.Marks, err = q.marks(ctx, m.Marks); err != nil {
		return out, err
	}
	about := make([]pii.Ordinal, len(m.Subjects))
	for i, s := range m.Subjects {
		about[i] = s.Ordinal
	}
	c, err := q.collect(ctx, about)
	if err != nil {
		return out, err
	}
	customers := c.withoutDecoys(m)
	if len(customers.Subjects) < FewestTold {
		return out, nil
	}
	evidence, err := c.rows(m, question.FoundAt)
	if err != nil {
		return out, err
	}
	if err := c.addContacts(&evidence); err != nil {
		return out, err
	}
	c.describe(&out.File, customers)
	finding, err := c.run(evidence)
	if err != nil {
		return out, err
	}
	out.Find, out.File.Merged = &finding, sources(&finding)
	run, err := q.record(ctx, p, Question{ID: question.ID}, finding, append(about, c.reached()...), []ledger.Ref{{Kind: ledger.RefCase, Key: bytes.Clone(question.Claim.Case[:])}}, []proof.Field{
		{Name: "file", Value: hex.EncodeToString(question.Claim.File)},
		{Name: "lookup", Value: strconv.FormatUint(m.Entry, 10)},
		{Name: "case", Value: question.Claim.Case.String()},
		{Name: "found", Value: question.FoundAt.UTC().Format(time.RFC3339)},
		{Name: "items", Value: strconv.Itoa(len(evidence.Items))},
		{Name: "decoys", Value: strconv.Itoa(len(c.contacts))},
	})
	out.Entry = run.Entry
	return out, err
}

// rows makes one item of every person the file holds.
func (c *collection) rows(m door.Matched, foundAt time.Time) (trace.Evidence, error) {
	var e trace.Evidence
	for _, s := range m.Subjects {
		if s.Ordinal > c.Last {
			continue // stored after the record was read
		}
		known, err := c.mask(s.Fields)
		if err != nil {
			return e, err
		}
		e.Items = append(e.Items, trace.Item{
			Subject: trace.Ref(s.Ordinal - 1), At: foundAt.Unix(), Known: known, Versions: s.Versions, File: 1,
		})
	}
	return e, nil
}

// withoutDecoys leaves out whom the company made up: they are evidence, and nobody
// whose data leaked. Were they counted, whoever knows four could ask about a fifth.
func (c *collection) withoutDecoys(m door.Matched) door.Matched {
	people := m.Subjects[:0:0]
	for _, s := range m.Subjects {
		if _, made := c.Decoys[s.Ordinal]; made {
			m.Ours-- // a row each
			continue
		}
		people = append(people, s)
	}
	m.Subjects = people
	return m
}

// describe counts what is told of a file's contents.
func (c *collection) describe(f *FileContents, m door.Matched) {
	people := len(m.Subjects)
	f.People, f.Fields = &people, map[pii.Field]int{}
	if m.Ours >= FewestTold {
		f.OurRows, f.Share = &m.Ours, float64(m.Ours)/float64(max(m.Rows, 1))
	}
	var newest, oldest int64
	for _, s := range m.Subjects {
		for _, field := range s.Fields {
			f.Fields[field]++
		}
		from, until, ok := validity(c.Versions[s.Ordinal], s.Versions)
		if !ok {
			continue
		}
		f.Dating.Changed++
		newest = max(newest, from)
		if until > 0 && (oldest == 0 || until < oldest) {
			oldest = until
		}
	}
	for field, n := range f.Fields {
		if n < FewestTold {
			delete(f.Fields, field)
		}
	}
	if f.Dating.Changed < FewestTold {
		f.Dating = Dating{}
		return
	}
	f.Dating.NotBefore, f.Dating.NotAfter = moment(newest), moment(oldest)
	f.Dating.Mixed = oldest > 0 && newest > oldest
}

// validity is from when to when the versions of a set were current; until 0 means
// that the last one still is.
func validity(stored []int64, versions uint64) (from, until int64, ok bool) {
	if versions == 0 || len(stored) < 2 {
		return 0, 0, false
	}
	first, last := -1, -1
	for v := range min(len(stored), 64) {
		if versions&(1<<v) != 0 {
			if first < 0 {
				first = v
			}
			last = v
		}
	}
	if first < 0 {
		return 0, 0, false
	}
	if last+1 < len(stored) {
		until = stored[last+1]
	}
	return stored[first], until, true
}

func moment(unix int64) *time.Time {
	if unix == 0 {
		return nil
	}
	t := time.Unix(unix, 0).UTC()
	return &t
}

// sources are the lists behind a name, or behind each of several.
func sources(f *trace.Finding) []Source {
	if len(f.Accused) < 2 {
		return nil
	}
	var out []Source
	for _, c := range f.Detail.Candidates {
		if slices.Contains(f.Accused, c.Recipient) {
			out = append(out, Source{c.Recipient, time.Unix(c.From, 0).UTC(), time.Unix(c.Until, 0).UTC(), c.Window, c.Inside})
		}
	}
	return out
}

// nearby is how many entries around a mark's time are looked at.
const nearby = 4096

// marks finds the disclosures that visible marks name. Anybody can write a mark: it
// counts as genuine only if the ledger has such a disclosure to that person then.
func (q *Inquiry) marks(ctx context.Context, seen []mark.Seen) (out []MarkSeen, err error) {
	for _, s := range seen {
		m := MarkSeen{Mark: string(s.Who) + " " + s.At.Format(time.RFC3339) + " " + s.Code}
		if s.Who.IsWellFormed() {
			r, err := q.disclosure(ctx, s)
			if err != nil {
				return nil, err
			}
			if r != nil {
				m.Entry, m.Genuine, m.Org = &r.Index, true, r.Fact("org")
			}
		} else {
			m.Mark = s.Code
		}
		out = append(out, m)
	}
	return out, nil
}

// disclosure finds the entry a mark names, by halving: entries are in order of time.
func (q *Inquiry) disclosure(ctx context.Context, s mark.Seen) (*ledger.Record, error) {
	low, high := uint64(0), q.Ledger.Size()
	for low < high {
		mid := (low + high) / 2
		at, err := q.timeOf(ctx, mid)
		if err != nil {
			return nil, err
		}
		if at.Before(s.At) {
			low = mid + 1
		} else {
			high = mid
		}
	}
	found, err := q.Ledger.Find(ctx, ledger.Ref{Kind: ledger.RefPerson, Key: []byte(s.Who)}, low, nearby)
	if err != nil {
		return nil, err
	}
	for _, idx := range found {
		r, err := q.Ledger.Record(ctx, idx)
		if fault.Is(err, fault.NotFound) {
			continue // its record key was destroyed
		}
		if err != nil {
			return nil, err
		}
		if r.At().Sub(s.At) >= time.Second {
			return nil, nil
		}
		if r.Leaf.Kind == proof.KindDisclosure && mark.Code(r.Request()) == s.Code && pii.PersonID(r.Fact("actor")) == s.Who {
			return r, nil
		}
	}
	return nil, nil
}

func (q *Inquiry) timeOf(ctx context.Context, idx uint64) (time.Time, error) {
	leaves, err := q.Ledger.Leaves(ctx, idx, 1)
	if err != nil || len(leaves) != 1 {
		return time.Time{}, fault.New(fault.Unavailable, "unavailable", "ledger")
	}
	leaf, err := proof.DecodeLeaf(leaves[0])
	if err != nil {
		return time.Time{}, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	return time.UnixMicro(int64(leaf.Micros)).UTC(), nil
}
