package accesslog

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mapping says where each column of disclosures.csv comes from. Time, Recipient,
// Subject and one of Plain and Masked are needed.
type Mapping struct {
	Time      *When `json:"time"`
	Recipient *Rule `json:"recipient"`
	Subject   *Rule `json:"subject"`
	Plain     *Rule `json:"plain"`
	Masked    *Rule `json:"masked"`
	Alias     *Rule `json:"alias"`
	Version   *Rule `json:"value_version"`
	Variant   *Rule `json:"format_variant"`
	Purpose   *Rule `json:"purpose"`
	Only      *Only `json:"only"` // lines that are no disclosure are left out
}

// Rule takes a cell of the log, or the same text for every line.
type Rule struct {
	Column string            `json:"column"`
	Value  string            `json:"value"`
	Split  string            `json:"split"` // the cell holds several, parted by this
	Words  map[string]string `json:"words"` // what the log calls it → what it is
	Else   *string           `json:"else"`  // for words that are not listed; without it such a line is bad
}

// When reads a time. Form is rfc3339 (the default), unix, unix-ms or a pattern of
// YYYY MM DD hh mm ss; Zone, such as +08:00, is for patterns, which name none.
type When struct {
	Column string `json:"column"`
	Form   string `json:"form"`
	Zone   string `json:"zone"`

	layout string
	zone   *time.Location
}

// Only keeps the lines whose cell is one of Is.
type Only struct {
	Column string   `json:"column"`
	Is     []string `json:"is"`
}

// longestMapping bounds a mapping file.
const longestMapping = 1 << 20

// ReadMapping reads and checks a mapping file. Unknown keys are refused: a typing
// mistake would otherwise leave a column out without a word.
func ReadMapping(r io.Reader) (*Mapping, error) {
	raw, err := io.ReadAll(io.LimitReader(r, longestMapping+1))
	if err != nil || len(raw) > longestMapping {
		return nil, &Problem{msg: msgMapping}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	m := &Mapping{}
	if err := d.Decode(m); err != nil {
		return nil, &Problem{Line: 1 + bytes.Count(raw[:min(int(d.InputOffset()), len(raw))], []byte{'\n'}), msg: msgMapping}
	}
	if m.Time == nil || m.Recipient == nil || m.Subject == nil || m.Plain == nil && m.Masked == nil {
		return nil, &Problem{msg: msgNeeds}
	}
	for _, r := range m.rules() {
		if r != nil && (r.Column == "") == (r.Value == "") {
			return nil, &Problem{msg: msgRule}
		}
	}
	if m.Only != nil && (m.Only.Column == "" || len(m.Only.Is) == 0) {
		return nil, &Problem{msg: msgRule}
	}
	return m, m.Time.prepare()
}

func (m *Mapping) rules() []*Rule {
	return []*Rule{m.Recipient, m.Subject, m.Plain, m.Masked, m.Alias, m.Version, m.Variant, m.Purpose}
}

// columns are the columns of the log that the mapping names.
func (m *Mapping) columns() []string {
	names := []string{m.Time.Column}
	for _, r := range m.rules() {
		if r != nil && r.Column != "" {
			names = append(names, r.Column)
		}
	}
	if m.Only != nil {
		names = append(names, m.Only.Column)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var patterns = strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05")

func (w *When) prepare() error {
	if w.Column == "" {
		return &Problem{msg: msgRule}
	}
	switch w.Form {
	case "", "rfc3339", "unix", "unix-ms":
		return nil
	}
	at, err := time.Parse("-07:00", w.Zone)
	if err != nil && w.Zone != "UTC" {
		return &Problem{msg: msgZone}
	}
	w.layout, w.zone = patterns.Replace(w.Form), time.UTC
	if err == nil {
		_, seconds := at.Zone()
		w.zone = time.FixedZone("", seconds)
	}
	probe := time.Date(2001, 11, 23, 14, 35, 46, 0, w.zone)
	if back, err := time.ParseInLocation(w.layout, probe.Format(w.layout), w.zone); err != nil || !back.Equal(probe) {
		return &Problem{msg: msgForm} // it lacks a part of the time
	}
	return nil
}

// read returns the time of a cell as disclosures.csv writes it.
func (w *When) read(cell string) (string, bool) {
	cell = strings.TrimSpace(cell)
	var at time.Time
	switch w.Form {
	case "", "rfc3339":
		var err error
		if at, err = time.Parse(time.RFC3339, cell); err != nil {
			return "", false
		}
	case "unix", "unix-ms":
		n, err := strconv.ParseInt(cell, 10, 64)
		if err != nil {
			return "", false
		}
		if at = time.Unix(n, 0); w.Form == "unix-ms" {
			at = time.UnixMilli(n)
		}
	default:
		var err error
		if at, err = time.ParseInLocation(w.layout, cell, w.zone); err != nil {
			return "", false
		}
	}
	if y := at.UTC().Year(); y < 1970 || y > 2200 {
		return "", false
	}
	return at.UTC().Format("2006-01-02T15:04:05Z"), true
}
