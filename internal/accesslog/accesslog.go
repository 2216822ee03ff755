// Package accesslog turns the access log of a company's own CRM into the
// disclosures of a case folder, so that a trace works on the first day.
//
// Its one invariant: a line of the log becomes disclosures as the mapping says,
// is left out because the mapping says so, or is named as bad; nothing is guessed.
// It reads and writes files of the company's own, opens no value and records nothing.
package accesslog

import (
	"encoding/csv"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/intake"
)

// MostNamed is how many bad lines a report lists; the total beside is complete.
const MostNamed = 1000

// Report is what became of a log.
type Report struct {
	Lines       int `json:"lines"`
	LeftOut     int `json:"left_out"`    // by the mapping's only
	Disclosures int `json:"disclosures"` // rows written
	Recipients  int `json:"recipients"`
	Subjects    int `json:"subjects"`
	BadLines    int `json:"bad_lines"`

	Bad []*Problem `json:"-"` // the first MostNamed
}

// Out is where the rows go. Recipients and Subjects get each id once.
type Out struct {
	Disclosures, Recipients, Subjects io.Writer
	Bad                               func(*Problem) error // every bad line, in order; nil: nobody
	Seen                              func(intake.Line)    // every line, for progress; nil: nobody
}

// header is that of disclosures.csv.
var header = []string{"time", "recipient", "subject", "plain", "masked", "alias", "value_version", "format_variant", "purpose"}

// Convert makes one pass over the log. Memory grows with the number of different
// ids, not with the length of the log. name is the log's, for sentences.
func Convert(t *intake.Table, name string, m *Mapping, o Out) (Report, error) {
	c := &converter{
		name: name, m: m, o: o, seed: maphash.MakeSeed(), fields: map[string]bool{},
		out: csv.NewWriter(o.Disclosures), recipients: ids{w: csv.NewWriter(o.Recipients), seen: map[uint64]bool{}},
		subjects: ids{w: csv.NewWriter(o.Subjects), seen: map[uint64]bool{}},
	}
	if names := t.Header(); names != nil {
		for _, want := range m.columns() {
			if !slices.ContainsFunc(names, func(n string) bool { return strings.TrimSpace(n) == want }) {
				return c.report, &Problem{File: name, Line: 1, msg: msgNoColumn}
			}
		}
	}
	_ = c.out.Write(header)
	_ = c.recipients.w.Write([]string{"recipient"})
	_ = c.subjects.w.Write([]string{"subject"})
	for line, err := range t.Lines() {
		if err != nil {
			return c.report, err
		}
		c.report.Lines++
		if o.Seen != nil {
			o.Seen(line)
		}
		if err := c.line(line); err != nil {
			return c.report, err
		}
	}
	c.report.Recipients, c.report.Subjects = len(c.recipients.seen), len(c.subjects.seen)
	if c.report.Disclosures == 0 && c.report.BadLines == 0 {
		return c.report, &Problem{File: name, msg: msgNothing}
	}
	for _, w := range []*csv.Writer{c.out, c.recipients.w, c.subjects.w} {
		if w.Flush(); w.Error() != nil {
			return c.report, fault.New(fault.Unavailable, "output", "")
		}
	}
	return c.report, nil
}

type converter struct {
	name                 string
	m                    *Mapping
	o                    Out
	seed                 maphash.Seed
	report               Report
	fields               map[string]bool
	out                  *csv.Writer
	recipients, subjects ids
}

// ids writes every id once. Two ids of one 64-bit hash are a chance below 1 in
// 10^5 among ten million; the trace would then name the line of the one missing.
type ids struct {
	w    *csv.Writer
	seen map[uint64]bool
}

func (i *ids) add(seed maphash.Seed, id string) {
	if h := maphash.String(seed, id); !i.seen[h] {
		i.seen[h] = true
		_ = i.w.Write([]string{id})
	}
}

// line handles one line: a bad one is named, and nothing of it is written.
func (c *converter) line(l intake.Line) error {
	rows, bad := c.rows(l)
	if bad != nil {
		bad.File, bad.Line = c.name, l.Number
		c.report.BadLines++
		if len(c.report.Bad) < MostNamed {
			c.report.Bad = append(c.report.Bad, bad)
		}
		if c.o.Bad != nil {
			return c.o.Bad(bad)
		}
		return nil
	}
	for _, r := range rows {
		_ = c.out.Write(r) // an error stays until Flush
		c.recipients.add(c.seed, r[1])
		c.subjects.add(c.seed, r[2])
		c.report.Disclosures++
	}
	return nil
}

// rows are the disclosures of a line: one for each subject it names.
func (c *converter) rows(l intake.Line) ([][]string, *Problem) {
	if l.Fault != "" {
		return nil, &Problem{msg: faultSentence(l.Fault)}
	}
	if c.m.Only != nil {
		cells, bad := cellsOf(l, c.m.Only.Column)
		if bad != nil {
			return nil, bad
		}
		if !c.m.Only.keeps(cells) {
			c.report.LeftOut++
			return nil, nil
		}
	}
	row := make([]string, len(header))
	var bad *Problem
	cells, bad := cellsOf(l, c.m.Time.Column)
	if bad != nil {
		return nil, bad
	}
	var ok bool
	if row[0], ok = c.m.Time.read(cells[0]); !ok {
		return nil, &Problem{msg: msgTime}
	}
	for i, r := range []*Rule{c.m.Recipient, nil, c.m.Plain, c.m.Masked, c.m.Alias, c.m.Version, c.m.Variant, c.m.Purpose} {
		if r == nil {
			continue
		}
		parts, bad := r.parts(l)
		if bad != nil {
			return nil, bad
		}
		row[i+1] = strings.Join(parts, "|")
	}
	if bad := c.check(row); bad != nil {
		return nil, bad
	}
	subjects, bad := c.m.Subject.parts(l)
	if bad != nil {
		return nil, bad
	}
	if len(subjects) == 0 {
		return nil, &Problem{msg: msgNoID}
	}
	rows := make([][]string, len(subjects))
	for i, s := range subjects {
		rows[i] = append([]string(nil), row...)
		rows[i][2] = s
	}
	return rows, nil
}

// check verifies what a trace would refuse the folder for.
func (c *converter) check(row []string) *Problem {
	if row[1] == "" {
		return &Problem{msg: msgNoID}
	}
	for _, list := range row[3:5] {
		for f := range strings.SplitSeq(list, "|") {
			f = strings.ToLower(strings.TrimSpace(f))
			if f != "" && !c.fields[f] {
				if len(c.fields) == 28 { // phone, email, name, company are always there
					return &Problem{msg: msgFields}
				}
				if !known[f] {
					c.fields[f] = true
				}
			}
		}
	}
	if !within(row[6], 0, 63) || !within(row[7], -1, 127) {
		return &Problem{msg: msgNumber}
	}
	return nil
}

var known = map[string]bool{"phone": true, "email": true, "name": true, "company": true}

func within(cell string, low, high int) bool {
	if cell == "" {
		return true
	}
	n, err := strconv.Atoi(cell)
	return err == nil && n >= low && n <= high
}

// cellsOf finds the cells of a column; a log of JSON lines may have several.
func cellsOf(l intake.Line, column string) (cells []string, bad *Problem) {
	named := false
	for i, n := range l.Names {
		if strings.TrimSpace(n) != column {
			continue
		}
		named = true
		if i < len(l.Cells) {
			cells = append(cells, l.Cells[i])
		}
	}
	if len(cells) == 0 {
		if !named {
			return nil, &Problem{msg: msgNoCell}
		}
		return []string{""}, nil // a short row of a CSV file
	}
	return cells, nil
}

// parts are what a rule makes of a line: none if its cell is empty.
func (r *Rule) parts(l intake.Line) ([]string, *Problem) {
	if r.Column == "" {
		return []string{r.Value}, nil
	}
	cells, bad := cellsOf(l, r.Column)
	if bad != nil {
		return nil, bad
	}
	var out []string
	for _, cell := range cells {
		pieces := []string{cell}
		if r.Split != "" {
			pieces = strings.Split(cell, r.Split)
		}
		for _, p := range pieces {
			p = strings.TrimSpace(p)
			word, listed := r.Words[p]
			switch {
			case listed:
				p = word
			case r.Else != nil && p != "":
				p = *r.Else
			case r.Words != nil && p != "":
				return nil, &Problem{msg: msgWord}
			}
			if p != "" {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func (o *Only) keeps(cells []string) bool {
	for _, c := range cells {
		for _, is := range o.Is {
			if strings.TrimSpace(c) == is {
				return true
			}
		}
	}
	return false
}
