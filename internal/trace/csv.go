package trace

import (
	"bufio"
	"bytes"
	"io"
)

// table reads one CSV file of a case: UTF-8, a header, RFC 4180 quoting, any
// order of columns. The cells of a row are valid until the next row. It exists
// because a case may hold ten million rows, and encoding/csv makes a string of
// every cell.
type table struct {
	file  string
	r     *bufio.Reader
	line  int // of the row last read
	next  int // line the next row starts on
	cells [][]byte
	head  int
	bytes int64  // of the file, when known
	loose bool   // a found file: rows may be ragged, quotes may be broken
	long  []byte // a row longer than the buffer, or one with quoted newlines
}

const longestRow = 1 << 20

func newTable(file string, r io.Reader) *table {
	return &table{file: file, r: bufio.NewReaderSize(r, 256<<10), next: 1}
}

// header reads the first row and returns the column names, lower case.
func (t *table) header() ([]string, error) {
	if b, err := t.r.Peek(3); err == nil && bytes.Equal(b, []byte("\xef\xbb\xbf")) {
		_, _ = t.r.Discard(3)
	}
	cells, err := t.row()
	if err == io.EOF {
		return nil, t.fail(msgEmpty)
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = string(bytes.ToLower(bytes.TrimSpace(c)))
	}
	t.head = len(names)
	return names, nil
}

// row returns the next row's cells, or io.EOF. Blank lines are skipped; a row
// with another number of cells than the header is an error.
func (t *table) row() ([][]byte, error) {
	for {
		line, err := t.readLine()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		if bytes.IndexByte(line, '"') < 0 {
			t.split(line)
		} else if t.loose && bytes.Count(line, []byte{'"'})%2 == 1 {
			t.split(line)
		} else if err := t.splitQuoted(line); err != nil && !t.loose {
			return nil, err
		}
		for t.loose && len(t.cells) < t.head {
			t.cells = append(t.cells, nil)
		}
		if t.loose && t.head > 0 {
			t.cells = t.cells[:t.head]
		}
		if t.head > 0 && len(t.cells) != t.head {
			return nil, t.fail(msgColumns)
		}
		return t.cells, nil
	}
}

func (t *table) split(line []byte) {
	t.cells = t.cells[:0]
	start := 0
	for i, c := range line {
		if c == ',' {
			t.cells = append(t.cells, line[start:i])
			start = i + 1
		}
	}
	t.cells = append(t.cells, line[start:])
}

// readLine returns a line without its end.
func (t *table) readLine() ([]byte, error) {
	line, err := t.physical()
	if err != nil {
		return nil, err
	}
	t.line = t.next
	t.next++
	return trimEnd(line), nil
}

func (t *table) physical() ([]byte, error) {
	line, err := t.r.ReadSlice('\n')
	if err == nil || err == io.EOF && len(line) > 0 {
		return line, nil
	}
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != bufio.ErrBufferFull {
		return nil, t.fail(msgUnreadable)
	}
	t.long = append(t.long[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = t.r.ReadSlice('\n')
		t.long = append(t.long, line...)
		if len(t.long) > longestRow {
			t.line = t.next
			return nil, t.fail(msgLong)
		}
	}
	return t.long, nil
}

func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// splitQuoted splits a row that holds quotes, reading on while one is open.
func (t *table) splitQuoted(line []byte) error {
	row := append([]byte(nil), line...)
	for bytes.Count(row, []byte{'"'})%2 == 1 {
		more, err := t.physical()
		if err != nil {
			return t.fail(msgQuote)
		}
		t.next++
		row = append(append(row, '\n'), trimEnd(more)...)
		if len(row) > longestRow {
			return t.fail(msgLong)
		}
	}
	t.cells = t.cells[:0]
	for {
		cell, rest, more, ok := cutCell(row)
		if !ok {
			return t.fail(msgQuote)
		}
		t.cells = append(t.cells, cell)
		if !more {
			return nil
		}
		row = rest
	}
}

// cutCell takes one cell off a row; more says that a comma followed it.
func cutCell(row []byte) (cell, rest []byte, more, ok bool) {
	if len(row) == 0 || row[0] != '"' {
		i := bytes.IndexByte(row, ',')
		if i < 0 {
			return row, nil, false, bytes.IndexByte(row, '"') < 0
		}
		return row[:i], row[i+1:], true, bytes.IndexByte(row[:i], '"') < 0
	}
	for i := 1; i < len(row); i++ {
		if row[i] != '"' {
			cell = append(cell, row[i])
			continue
		}
		if i+1 < len(row) && row[i+1] == '"' {
			cell = append(cell, '"')
			i++
			continue
		}
		if i+1 == len(row) {
			return cell, nil, false, true
		}
		return cell, row[i+2:], true, row[i+1] == ','
	}
	return nil, nil, false, false
}

func (t *table) fail(m message) error { return &CaseError{File: t.file, Line: t.line, msg: m} }
