package intake

import (
	"bytes"
	"io"
)

// longestRecord bounds one row of a text file. A quoted cell still open by then
// was never closed.
const longestRecord = 64 << 10

type csvFormat struct {
	f       *File
	enc     string
	bom     int
	delim   byte
	newline byte
	skip    int // records before the first row of data: the header, a sep= line
	names   []string
}

func openCSV(f *File, ext string) (format, error) {
	enc, bom, err := sniffEncoding(f.src)
	if err != nil {
		return nil, err
	}
	c := &csvFormat{f: f, enc: enc, bom: bom, delim: ',', newline: '\n', skip: 1}
	if err := c.sniffLines(); err != nil {
		return nil, err
	}
	if err := c.sniffDelimiter(ext); err != nil {
		return nil, err
	}
	f.plan.Format, f.plan.Encoding, f.plan.Delimiter = "csv", enc, string(c.delim)
	return c, nil
}

// sniffLines finds old Macintosh files, whose lines end in CR alone.
func (c *csvFormat) sniffLines() error {
	r, err := c.source()
	if err != nil {
		return err
	}
	head := make([]byte, longestRecord)
	n, _ := io.ReadFull(r, head)
	head = head[:n]
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		c.newline = '\r'
	}
	return nil
}

// sniffDelimiter takes the separator under which the header has most columns we
// know, then most columns at all. Excel's own "sep=" line decides outright.
func (c *csvFormat) sniffDelimiter(ext string) error {
	first, err := c.record(',', 0)
	if err != nil {
		return err
	}
	if line := bytes.Join(first.raw, []byte{','}); len(line) >= 5 && bytes.EqualFold(line[:4], []byte("sep=")) {
		c.delim, c.skip = line[4], 2
		return c.readHeader()
	}
	candidates := []byte{',', ';', '\t'}
	if ext == ".tsv" || ext == ".tab" {
		candidates = []byte{'\t', ',', ';'}
	}
	best := -1
	for _, d := range candidates {
		rec, err := c.record(d, 0)
		if err != nil {
			return err
		}
		if score := headerScore(rec.cells); score > best {
			best, c.delim = score, d
		}
	}
	return c.readHeader()
}

func (c *csvFormat) readHeader() error {
	rec, err := c.record(c.delim, c.skip-1)
	if err != nil {
		return err
	}
	if rec.fault != "" && !c.f.asIs {
		return problem(idHeaderBroken)
	}
	c.names = rec.cells
	return nil
}

// rawRecord is a record with its undecoded cells.
type rawRecord struct {
	record
	raw [][]byte
}

// record reads the record after skip others, with another delimiter.
func (c *csvFormat) record(delim byte, skip int) (rawRecord, error) {
	r, err := c.reader(delim, skip)
	if err != nil {
		return rawRecord{}, err
	}
	rec, err := r.next()
	if err == io.EOF {
		return rawRecord{}, problem(idEmpty)
	}
	return rawRecord{rec, r.raw}, err
}

func (c *csvFormat) source() (io.Reader, error) {
	if _, err := c.f.src.Seek(int64(c.bom), io.SeekStart); err != nil {
		return nil, problem(idRead)
	}
	if c.enc == UTF16LE || c.enc == UTF16BE {
		return fromUTF16(c.f.src, c.enc), nil
	}
	return c.f.src, nil
}

func (c *csvFormat) header() []string      { return c.names }
func (c *csvFormat) close() error          { return nil }
func (c *csvFormat) rows() (reader, error) { return c.reader(c.delim, c.skip) }

func (c *csvFormat) reader(delim byte, skip int) (*csvReader, error) {
	src, err := c.source()
	if err != nil {
		return nil, err
	}
	r := &csvReader{src: src, size: c.f.size, delim: delim, newline: c.newline, line: 1, read: int64(c.bom), decoder: newDecoder(c.enc)}
	for range skip {
		if _, err := r.next(); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return r, nil
}

// csvReader reads RFC 4180 with these allowances: any of three separators, any
// line end, a quote inside an unquoted cell is itself, and so is a lone quote
// inside a quoted cell that ends on its line. A quoted cell over several lines
// must follow the book: otherwise one lost quote would swallow the rows up to
// the next. Then its first line is refused and reading goes on with the second.
type csvReader struct {
	src     io.Reader
	delim   byte
	newline byte
	whole   bool // lines are not split: JSON lines
	decoder *decoder

	buf  []byte // read and not yet used
	back []byte // the whole buffer
	size int64  // of the source: a short one needs no long buffer
	eof  bool
	line int
	read int64
	raw  [][]byte
}

func (c *csvReader) next() (record, error) {
	for {
		if err := c.fill(); err != nil {
			return record{}, err
		}
		if len(c.buf) == 0 {
			return record{}, io.EOF
		}
		n, fault := c.split()
		if fault == KeyTooLong {
			return c.skipLine()
		}
		blank := fault == "" && len(c.raw) == 1 && len(c.raw[0]) == 0 && (c.whole || c.buf[0] != '"')
		rec := record{line: c.line, fault: fault}
		if !blank {
			var ok bool
			if rec.cells, ok = c.decoder.cells(c.raw); !ok && fault == "" {
				rec.fault = KeyEncoding
			}
		}
		c.use(n)
		if !blank {
			rec.end = c.read
			return rec, nil
		}
	}
}

// use moves past n bytes.
func (c *csvReader) use(n int) {
	c.line += bytes.Count(c.buf[:n], []byte{c.newline})
	c.read += int64(n)
	c.buf = c.buf[n:]
}

// fill keeps at least one longest record in the buffer while the source lasts.
func (c *csvReader) fill() error {
	if len(c.buf) > longestRecord || c.eof {
		return nil
	}
	if c.back == nil {
		c.back = make([]byte, min(8*longestRecord, 2*c.size+16))
	}
	n := copy(c.back, c.buf)
	got, err := io.ReadFull(c.src, c.back[n:])
	c.buf = c.back[:n+got]
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		c.eof = true
	default:
		return problem(idRead)
	}
	return nil
}

// split finds the cells of the next record and returns its length with the line
// end.
func (c *csvReader) split() (int, string) {
	window := c.buf[:min(len(c.buf), longestRecord)]
	line, n := window, len(window)
	if i := bytes.IndexByte(window, c.newline); i >= 0 {
		line, n = window[:i], i+1
	} else if len(window) < len(c.buf) || !c.eof {
		return 0, KeyTooLong
	}
	c.raw = c.raw[:0]
	if c.whole {
		c.raw = append(c.raw, c.chomp(line))
		return n, ""
	}
	if bytes.IndexByte(line, '"') < 0 {
		c.splitPlain(c.chomp(line))
		return n, ""
	}
	if used, ok := c.splitQuoted(window); ok {
		return used, ""
	}
	c.raw = c.raw[:0]
	c.splitPlain(c.chomp(line))
	return n, KeyQuotes
}

// chomp drops the CR of a CR LF.
func (c *csvReader) chomp(line []byte) []byte {
	if c.newline == '\n' && len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	return line
}

func (c *csvReader) splitPlain(line []byte) {
	for {
		i := bytes.IndexByte(line, c.delim)
		if i < 0 {
			c.raw = append(c.raw, line)
			return
		}
		c.raw = append(c.raw, line[:i])
		line = line[i+1:]
	}
}

// splitQuoted splits a record with quotes in it.
func (c *csvReader) splitQuoted(w []byte) (used int, ok bool) {
	pos := 0
	for {
		if pos < len(w) && w[pos] == '"' {
			cell, n, ok := c.quoted(w[pos:])
			if !ok {
				return 0, false
			}
			c.raw = append(c.raw, cell)
			pos += n
		} else {
			n := c.cellEnd(w[pos:])
			cell := w[pos : pos+n]
			if pos+n == len(w) || w[pos+n] == c.newline {
				cell = c.chomp(cell)
			}
			c.raw = append(c.raw, cell)
			pos += n
		}
		if pos < len(w) && w[pos] == c.delim {
			pos++
			continue
		}
		return c.pastLineEnd(w, pos), true
	}
}

// cellEnd is the length of an unquoted cell.
func (c *csvReader) cellEnd(w []byte) int {
	for i, b := range w {
		if b == c.delim || b == c.newline {
			return i
		}
	}
	return len(w)
}

// pastLineEnd steps over CR, LF or CR LF.
func (c *csvReader) pastLineEnd(w []byte, pos int) int {
	if pos < len(w) && w[pos] == '\r' {
		pos++
		if c.newline == '\r' {
			return pos
		}
	}
	if pos < len(w) && w[pos] == c.newline {
		pos++
	}
	return pos
}

// quoted reads a cell that begins with a quote; n is the length with its quotes.
func (c *csvReader) quoted(w []byte) (cell []byte, n int, ok bool) {
	doubled, lone, lines := false, false, false
	for i := 1; i < len(w); i++ {
		switch {
		case w[i] == c.newline:
			lines = true
		case w[i] != '"':
			continue
		case i+1 < len(w) && w[i+1] == '"':
			doubled = true
			i++
			continue
		case c.atCellEnd(w[i+1:]):
			cell = w[1:i]
			if doubled {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			return cell, i + 1, true
		default:
			lone = true
		}
		if lone && lines {
			return nil, 0, false
		}
	}
	return nil, 0, false
}

// atCellEnd reports what may follow a closing quote.
func (c *csvReader) atCellEnd(w []byte) bool {
	if len(w) == 0 {
		return c.eof && len(c.buf) <= longestRecord
	}
	return w[0] == c.delim || w[0] == c.newline || w[0] == '\r' && (len(w) == 1 || w[1] == c.newline)
}

// skipLine refuses a line that is longer than any record, unread.
func (c *csvReader) skipLine() (record, error) {
	rec := record{line: c.line, fault: KeyTooLong}
	for {
		if i := bytes.IndexByte(c.buf, c.newline); i >= 0 {
			c.use(i + 1)
			break
		}
		c.use(len(c.buf))
		if c.eof {
			break
		}
		if err := c.fill(); err != nil {
			return record{}, err
		}
	}
	rec.end = c.read
	return rec, nil
}
