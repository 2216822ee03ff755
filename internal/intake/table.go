package intake

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/goldbell/goldbell/internal/pii"
)

// Table reads any list as it stands: nobody decides which column is which field,
// and no row needs a contact. Files found outside and logs of other programs are
// read so; lists to be stored are read by [Open].
type Table struct {
	f      *File
	header bool
}

// OpenTable opens a list. With header its first row names the columns, without it
// every row is data. Close the table after use; the source stays open.
func OpenTable(src io.ReadSeeker, name string, header bool) (*Table, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, problem(idRead)
	}
	f := &File{src: src, size: size, schema: pii.Registration(), asIs: true}
	if f.format, err = f.detect(name, Options{}); err != nil {
		return nil, err
	}
	return &Table{f: f, header: header}, nil
}

// Size is the length of the source in bytes, for a progress bar.
func (t *Table) Size() int64 { return t.f.size }

// Header names the columns; nil where every line names its own.
func (t *Table) Header() []string { return t.f.format.header() }

// Plan says how the file was read; it names no column.
func (t *Table) Plan() Plan { return t.f.plan }

// Close frees what the format holds.
func (t *Table) Close() error { return t.f.Close() }

// Line is one row of a table. Names and Cells belong together; a cell beyond the
// header has the name "". In JSON lines a value inside others is named by its path
// with dots, and a list gives one cell per member, all of one name.
type Line struct {
	Number int   // where it starts: line of a text file, row of a sheet
	End    int64 // bytes of the source read when it ended; 0 = unknown
	Names  []string
	Cells  []string
	Fault  string // one of the Key… constants; Cells may then be broken or missing
}

// Lines makes one pass. An error ends it; a [Problem] in most cases.
func (t *Table) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		next, names, err := t.pass()
		if err != nil {
			yield(Line{}, err)
			return
		}
		for {
			rec, err := next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Line{}, err)
				return
			}
			l := Line{Number: rec.line, End: rec.end, Names: names, Cells: rec.cells, Fault: rec.fault}
			if _, ok := t.f.format.(*jsonFormat); ok && l.Fault == "" {
				if l.Names, l.Cells, ok = deepObject([]byte(rec.cells[0])); !ok {
					l.Fault = KeyJSON
				}
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// pass starts a pass and says what names the cells of a row have.
func (t *Table) pass() (func() (record, error), []string, error) {
	switch format := t.f.format.(type) {
	case *jsonFormat:
		r, err := format.lines()
		if err != nil {
			return nil, nil, err
		}
		return r.lines.next, nil, nil
	case *csvFormat:
		skip := format.skip
		if !t.header {
			skip-- // the header is a row like any other; a sep= line is none
		}
		r, err := format.reader(format.delim, skip)
		if err != nil {
			return nil, nil, err
		}
		return r.next, format.header(), nil
	}
	r, err := t.f.format.rows()
	if err != nil {
		return nil, nil, err
	}
	if t.header {
		return r.next, t.f.format.header(), nil
	}
	first := true
	return func() (record, error) {
		if first {
			first = false
			return record{cells: t.f.format.header(), line: 1}, nil
		}
		return r.next()
	}, t.f.format.header(), nil
}

// deepest bounds the nesting of a line.
const deepest = 32

// deepObject lists every text, number and truth value of an object with its path.
func deepObject(line []byte) (names, cells []string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, false
	}
	if !walkObject(d, "", 0, &names, &cells) {
		return nil, nil, false
	}
	_, err := d.Token()
	return names, cells, err == io.EOF
}

func walkObject(d *json.Decoder, path string, depth int, names, cells *[]string) bool {
	for d.More() {
		k, err := d.Token()
		key, isText := k.(string)
		if err != nil || !isText || !utf8.ValidString(key) {
			return false
		}
		if path != "" {
			key = path + "." + key
		}
		if !walkValue(d, key, depth, names, cells) {
			return false
		}
	}
	_, err := d.Token()
	return err == nil
}

func walkValue(d *json.Decoder, path string, depth int, names, cells *[]string) bool {
	t, err := d.Token()
	if err != nil || depth > deepest {
		return false
	}
	switch t {
	case json.Delim('{'):
		return walkObject(d, path, depth+1, names, cells)
	case json.Delim('['):
		for d.More() {
			if !walkValue(d, path, depth+1, names, cells) {
				return false
			}
		}
		_, err := d.Token()
		return err == nil
	}
	text, flat := scalar(t)
	*names, *cells = append(*names, path), append(*cells, text)
	return flat
}

// headBytes is how much of a stream its format, encoding and separator are judged by.
const headBytes = 4 << 20

// OpenStream reads a list once, from a source that cannot go back. A first row
// that is no data names the columns. Memory is bounded, whatever the length; an
// XLSX is read whole, under the limits of [Open].
func OpenStream(r io.Reader) (*Table, error) {
	head, err := io.ReadAll(io.LimitReader(r, headBytes))
	if err != nil {
		return nil, problem(idRead)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		rest, err := io.ReadAll(io.LimitReader(r, longestXLSX+1))
		if err != nil {
			return nil, problem(idRead)
		}
		head = append(head, rest...)
	}
	t, err := OpenTable(bytes.NewReader(head), "", true)
	if err != nil {
		return nil, err
	}
	t.header = !looksLikeData(t.Header())
	t.f.src = &onward{head: head, rest: r}
	return t, nil
}

// onward gives the head again, and then what follows it, once.
type onward struct {
	head []byte
	pos  int
	rest io.Reader
}

func (o *onward) Seek(to int64, whence int) (int64, error) {
	if whence != io.SeekStart || o.pos > len(o.head) || to > int64(len(o.head)) {
		return 0, problem(idRead)
	}
	o.pos = int(to)
	return to, nil
}

func (o *onward) Read(b []byte) (int, error) {
	if o.pos < len(o.head) {
		n := copy(b, o.head[o.pos:])
		o.pos += n
		return n, nil
	}
	o.pos = len(o.head) + 1
	return o.rest.Read(b)
}
