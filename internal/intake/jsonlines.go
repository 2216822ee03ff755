package intake

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// jsonFormat is one flat object per line. The columns are the keys in the order
// they first appear in the first megabytes; a row with a key that came up only
// later is refused, since nobody decided what that key is.
type jsonFormat struct {
	f     *File
	bom   int
	enc   string
	names []string
	index map[string]int
}

func openJSONLines(f *File) (format, error) {
	enc, bom, err := sniffEncoding(f.src)
	if err != nil {
		return nil, err
	}
	j := &jsonFormat{f: f, bom: bom, enc: enc}
	if f.asIs {
		f.plan.Format, f.plan.Encoding = "jsonl", enc
		return j, nil
	}
	if enc != UTF8 {
		return nil, problem(idJSONLines)
	}
	if err := j.findKeys(); err != nil {
		return nil, err
	}
	f.plan.Format, f.plan.Encoding = "jsonl", UTF8
	return j, nil
}

func (j *jsonFormat) findKeys() error {
	r, err := j.lines()
	if err != nil {
		return err
	}
	index := map[string]int{}
	for r.lines.read < votes && len(index) <= maxColumns {
		rec, err := r.lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if rec.fault != "" {
			continue
		}
		keys, _, ok := flatObject([]byte(rec.cells[0]))
		for _, k := range keys {
			if _, known := index[k]; ok && !known {
				index[k] = len(index)
				j.names = append(j.names, k)
			}
		}
	}
	if len(index) == 0 {
		return problem(idJSONLines)
	}
	j.index = index
	return nil
}

func (j *jsonFormat) header() []string { return j.names }
func (j *jsonFormat) close() error     { return nil }

func (j *jsonFormat) rows() (reader, error) { return j.lines() }

func (j *jsonFormat) lines() (*jsonReader, error) {
	if _, err := j.f.src.Seek(int64(j.bom), io.SeekStart); err != nil {
		return nil, problem(idRead)
	}
	return &jsonReader{format: j, lines: &csvReader{
		src: j.f.src, size: j.f.size, newline: '\n', whole: true, line: 1, read: int64(j.bom), decoder: newDecoder(j.enc),
	}}, nil
}

type jsonReader struct {
	format *jsonFormat
	lines  *csvReader
}

func (r *jsonReader) next() (record, error) {
	rec, err := r.lines.next()
	if err != nil || rec.fault != "" {
		return rec, err
	}
	raw := rec.cells[0]
	keys, values, ok := flatObject([]byte(raw))
	if !ok {
		rec.fault = KeyJSON
		return rec, nil
	}
	cells := make([]string, len(r.format.names))
	for i, k := range keys {
		at, known := r.format.index[k]
		if !known {
			rec.fault = KeyCells
			return rec, nil
		}
		cells[at] = values[i]
	}
	rec.cells = cells
	return rec, nil
}

// flatObject reads one object whose values are texts, numbers, booleans or null.
// A key that comes twice is refused: one of the two would be lost.
func flatObject(line []byte) (keys, values []string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, false
	}
	seen := map[string]bool{}
	for d.More() {
		k, err := d.Token()
		key, isText := k.(string)
		if err != nil || !isText || seen[key] || !utf8.ValidString(key) {
			return nil, nil, false
		}
		v, err := d.Token()
		text, flat := scalar(v)
		if err != nil || !flat {
			return nil, nil, false
		}
		seen[key] = true
		keys, values = append(keys, key), append(values, text)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, false
	}
	_, err := d.Token()
	return keys, values, err == io.EOF
}

func scalar(t json.Token) (string, bool) {
	switch v := t.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
