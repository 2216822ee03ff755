package trace

import (
	"encoding/json"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Case is a case folder, read: who was shown whom, and what happened.
type Case struct {
	Exposure *Exposure
	Evidence Evidence
	Notes    []string // what was ignored, for the reader of the answer
}

// caseReader holds what is needed while a folder is read.
type caseReader struct {
	fsys       fs.FS
	b          *Builder
	notes      []string
	subjects   map[string]Ref
	recipients map[string]Ref
	aliases    map[string][]Ref
	masks      map[string]Mask
	contact    struct{ phone, email, name, company Mask }
	values     valueBook
	items      []Item
}

// ReadCase reads the files of a case folder. A malformed one gives a
// *CaseError: one sentence with file and line, and nothing of the contents.
func ReadCase(fsys fs.FS) (*Case, error) {
	c := &caseReader{fsys: fsys, b: NewBuilder(), subjects: map[string]Ref{}, recipients: map[string]Ref{},
		aliases: map[string][]Ref{}, masks: map[string]Mask{}}
	found, err := c.foundFiles()
	if err != nil {
		return nil, err
	}
	for i, name := range [...]string{"phone", "email", "name", "company"} {
		m, _ := c.b.Field(name)
		*[...]*Mask{&c.contact.phone, &c.contact.email, &c.contact.name, &c.contact.company}[i] = m
	}
	c.values.keepTexts = len(found) > 0
	complaints := exists(fsys, "complaints.csv")
	if !complaints && len(found) == 0 {
		return nil, &CaseError{msg: msgNoEvidence}
	}
	for _, step := range []struct {
		file string
		have bool
		read func(*table) error
	}{
		{"subjects.csv", true, c.readSubjects},
		{"values.csv", exists(fsys, "values.csv"), c.readValues},
		{"recipients.csv", true, c.readRecipients},
		{"disclosures.csv", true, c.readDisclosures},
		{"complaints.csv", complaints, c.readComplaints},
	} {
		if !step.have {
			continue
		}
		if err := c.open(step.file, step.read); err != nil {
			return nil, err
		}
	}
	for i, f := range found {
		if err := c.readFound(i+1, f); err != nil {
			return nil, err
		}
	}
	x, err := c.b.Exposure()
	if err != nil {
		return nil, err
	}
	return &Case{Exposure: x, Evidence: Evidence{Items: c.items}, Notes: c.notes}, nil
}

// RunCase reads a case folder and answers it.
func RunCase(fsys fs.FS) (Finding, error) {
	c, err := ReadCase(fsys)
	if err != nil {
		return Finding{}, err
	}
	f, err := Run(c.Exposure, c.Evidence, Defaults())
	f.Detail.Notes = append(f.Detail.Notes, c.Notes...)
	return f, err
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func (c *caseReader) open(name string, read func(*table) error) error {
	f, err := c.fsys.Open(name)
	if err != nil {
		return &CaseError{File: name, msg: msgMissing}
	}
	defer func() { _ = f.Close() }()
	t := newTable(name, f)
	if info, err := f.Stat(); err == nil {
		t.bytes = info.Size()
	}
	return read(t)
}

// foundFile is a leaked file and when it was found.
type foundFile struct {
	name string
	at   int64
}

// foundFiles lists the leaked files in order of name, with their times.
func (c *caseReader) foundFiles() ([]foundFile, error) {
	names, err := fs.Glob(c.fsys, "leaked_*.csv")
	if err != nil || len(names) == 0 {
		return nil, nil
	}
	const list = "files.json"
	raw, err := fs.ReadFile(c.fsys, list)
	if err != nil {
		return nil, &CaseError{File: list, msg: msgMissing}
	}
	var times map[string]string
	if err := json.Unmarshal(raw, &times); err != nil {
		return nil, &CaseError{File: list, msg: msgJSON}
	}
	slices.Sort(names)
	var found []foundFile
	for _, n := range names {
		text, ok := times[path.Base(n)]
		if !ok {
			return nil, &CaseError{File: n, msg: msgFoundTime}
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, &CaseError{File: list, msg: msgTime}
		}
		found = append(found, foundFile{n, at.Unix()})
	}
	return found, nil
}

// columns finds the columns of a file by name: required ones must be there,
// others may; what nobody asked for is noted. A missing column is -1.
func (c *caseReader) columns(t *table, required, optional []string) ([]int, error) {
	names, err := t.header()
	if err != nil {
		return nil, err
	}
	sorted := slices.Sorted(slices.Values(names))
	if len(slices.Compact(sorted)) != len(names) {
		return nil, t.fail(msgTwice)
	}
	var at []int
	for i, want := range slices.Concat(required, optional) {
		n := slices.Index(names, want)
		if n < 0 && i < len(required) {
			return nil, t.fail(msgColumn)
		}
		at = append(at, n)
	}
	unknown := 0
	for _, n := range names {
		if !slices.Contains(required, n) && !slices.Contains(optional, n) {
			unknown++
		}
	}
	if unknown > 0 {
		c.notes = append(c.notes, t.file+": "+plural(unknown, "column", "columns")+" ignored")
	}
	return at, nil
}

// rows calls f for every row with the cells of the given columns.
func (t *table) rows(at []int, f func(cells [][]byte) error) error {
	cells := make([][]byte, len(at))
	for {
		row, err := t.row()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i, n := range at {
			cells[i] = nil
			if n >= 0 {
				cells[i] = row[n]
			}
		}
		if err := f(cells); err != nil {
			return err
		}
	}
}

// mask reads a list of fields joined by "|".
func (c *caseReader) mask(t *table, cell []byte) (Mask, error) {
	if len(cell) == 0 {
		return 0, nil
	}
	if m, ok := c.masks[string(cell)]; ok {
		return m, nil
	}
	var m Mask
	for name := range strings.SplitSeq(string(cell), "|") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		bit, err := c.b.Field(name)
		if err != nil {
			return 0, t.fail(msgFields)
		}
		m |= bit
	}
	if len(c.masks) < 4096 {
		c.masks[string(cell)] = m
	}
	return m, nil
}
