package intake

import (
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Roster is a list of other things than customers, people or consents for instance,
// read by the same formats and encodings. Its columns are found by their names alone:
// nothing in it is guessed by content.
type Roster struct {
	t      *Table
	at     map[string]int // column by key
	excel  bool           // days may be numbers
	unread []string
}

// column is a column a roster may have.
type column struct {
	key    string
	names  string // as [plainName] reads them, separated by spaces
	needed bool
}

// openRoster opens a list and finds its columns. A column that two of the names mean,
// or that is needed and missing, is a [Problem].
func openRoster(src io.ReadSeeker, name string, columns []column) (*Roster, error) {
	t, err := OpenTable(src, name, true)
	if err != nil {
		return nil, err
	}
	r := &Roster{t: t, at: map[string]int{}, excel: t.Plan().Format == "xlsx"}
	if err := r.find(columns); err != nil {
		_ = t.Close()
		return nil, err
	}
	return r, nil
}

func (r *Roster) find(columns []column) error {
	names := r.t.Header()
	if len(names) == 0 {
		return problem(idRosterFormat)
	}
	if looksLikeData(names) {
		return problem(idNoHeader)
	}
	var all []string
	for i, n := range names {
		label := shown(n, i)
		all = append(all, label)
		plain := plainName(n)
		k := slices.IndexFunc(columns, func(c column) bool { return slices.Contains(strings.Fields(c.names), plain) })
		if k < 0 {
			r.unread = append(r.unread, label)
			continue
		}
		key := columns[k].key
		if first, twice := r.at[key]; twice {
			return problem(idRosterTwice, all[first]+", "+label)
		}
		r.at[key] = i
	}
	for _, c := range columns {
		if _, ok := r.at[c.key]; c.needed && !ok {
			return problem(idRosterColumn, strings.Fields(c.names)[0], strings.Join(all, ", "))
		}
	}
	return nil
}

// Has reports whether the file has the column.
func (r *Roster) Has(key string) bool { _, ok := r.at[key]; return ok }

// Table is the list as it stands, for the file of refused rows.
func (r *Roster) Table() *Table { return r.t }

// NotRead names the columns that are not read.
func (r *Roster) NotRead() []string { return r.unread }

// Close frees what the format holds; the source stays open.
func (r *Roster) Close() error { return r.t.Close() }

// RosterRow is one row. Fault says why it cannot be read, if so.
type RosterRow struct {
	Number int // data rows from 1
	Line   int
	End    int64
	Cells  []string // as read, in the file's order
	Fault  string
	r      *Roster
}

// Rows makes one pass.
func (r *Roster) Rows() iter.Seq2[RosterRow, error] {
	return func(yield func(RosterRow, error) bool) {
		n := 0
		for line, err := range r.t.Lines() {
			if err != nil {
				yield(RosterRow{}, err)
				return
			}
			n++
			row := RosterRow{Number: n, Line: line.Number, End: line.End, Cells: line.Cells, Fault: line.Fault, r: r}
			if row.Fault == "" && overflows(row.Cells, len(r.t.Header())) {
				row.Fault = KeyCells
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Cell is a row's content of a column, without spaces around it; "" if there is none.
func (row RosterRow) Cell(key string) string {
	i, ok := row.r.at[key]
	if !ok || i >= len(row.Cells) {
		return ""
	}
	return strings.TrimSpace(row.Cells[i])
}

// zone is where the days of a file are.
var zone = time.FixedZone("", 8*3600)

var dayForms = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"}

var clockForms = []string{"15:04:05", "15:04", "15:04:05.999999999"}

// moment reads a day, or a day with a time, as such files write it: in UTC+8 unless
// it says otherwise. ok is false for anything else; whole says that it was a day.
func (row RosterRow) moment(s string) (t time.Time, whole, ok bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), false, true
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && row.r.excel && n >= 1 && n < 100_000 {
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, zone).AddDate(0, 0, int(n))
		part := time.Duration((n - float64(int(n))) * float64(24*time.Hour)).Round(time.Second)
		return day.Add(part).UTC(), part == 0, true
	}
	day, clock, _ := strings.Cut(s, " ")
	for _, form := range dayForms {
		t, err := time.ParseInLocation(form, day, zone)
		if err != nil {
			continue
		}
		if clock == "" {
			return t.UTC(), true, true
		}
		for _, form := range clockForms {
			if c, err := time.Parse(form, strings.TrimSpace(clock)); err == nil {
				since := time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second
				return t.Add(since).UTC(), since == 0, true
			}
		}
	}
	return time.Time{}, false, false
}
