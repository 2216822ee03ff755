package intake

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encodings as the plan names them.
const (
	UTF8    = "UTF-8"
	GB18030 = "GB18030"
	UTF16LE = "UTF-16LE"
	UTF16BE = "UTF-16BE"
)

var bomUTF8 = []byte("\xEF\xBB\xBF")

// votes is how much of a file without a BOM is looked at.
const votes = 64 << 20

// sniffEncoding goes by the BOM, else by the majority of lines that are not
// ASCII: one damaged line in a UTF-8 file does not turn the rest into GB18030.
// It returns the length of the BOM too.
func sniffEncoding(src io.ReadSeeker) (string, int, error) {
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return "", 0, problem(idRead)
	}
	r := bufio.NewReaderSize(io.LimitReader(src, votes), 64<<10)
	head, _ := r.Peek(3)
	switch {
	case bytes.HasPrefix(head, bomUTF8):
		return UTF8, 3, nil
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return UTF16LE, 2, nil
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return UTF16BE, 2, nil
	}
	good, bad := 0, 0
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case isASCII(line):
		case utf8.Valid(line):
			good++
		default:
			bad++
		}
		if err == io.EOF {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return "", 0, problem(idRead)
		}
	}
	if bad > good {
		return GB18030, 0, nil
	}
	return UTF8, 0, nil
}

// fromUTF16 turns a UTF-16 source into UTF-8; broken pairs become U+FFFD, which
// the decoder of the row then refuses.
func fromUTF16(r io.Reader, name string) io.Reader {
	order := unicode.LittleEndian
	if name == UTF16BE {
		order = unicode.BigEndian
	}
	return transform.NewReader(r, unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder())
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decoder turns the raw cells of one record into strings.
//
// Rows are split before they are decoded: in GB18030 no byte of a character can
// be a comma, semicolon, tab, quote or line end, so a damaged character spoils
// its own row only.
type decoder struct {
	name string
	gb   *encoding.Decoder
	buf  []byte
	ends []int
}

func newDecoder(name string) *decoder {
	return &decoder{name: name, gb: simplifiedchinese.GB18030.NewDecoder()}
}

// cells decodes; ok is false when bytes were not text. Such bytes read as U+FFFD
// in the cells, so that the refused row can still be written out.
func (d *decoder) cells(raw [][]byte) (cells []string, ok bool) {
	d.buf, d.ends, ok = d.buf[:0], d.ends[:0], true
	for _, c := range raw {
		if d.name == GB18030 && !isASCII(c) {
			d.gb18030(c)
		} else {
			d.buf = append(d.buf, c...)
		}
		d.ends = append(d.ends, len(d.buf))
	}
	if !isASCII(d.buf) {
		ok = utf8.Valid(d.buf) && (d.name == UTF8 || !bytes.ContainsRune(d.buf, utf8.RuneError))
	}
	text, cells, start := string(d.buf), make([]string, len(raw)), 0
	for i, end := range d.ends {
		cells[i], start = text[start:end], end
		if !ok {
			cells[i] = strings.ToValidUTF8(cells[i], "\uFFFD")
		}
	}
	return cells, ok
}

func (d *decoder) gb18030(c []byte) {
	n := len(d.buf)
	if need := n + 3*len(c); cap(d.buf) < need {
		d.buf = append(make([]byte, 0, 2*need), d.buf...)
	}
	d.gb.Reset()
	wrote, _, _ := d.gb.Transform(d.buf[n:cap(d.buf)], c, true)
	d.buf = d.buf[:n+wrote]
}
