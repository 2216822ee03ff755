package intake

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetRows is the most rows a sheet can have.
const sheetRows = 1 << 20

// longestXLSX bounds the packed file, which excelize reads into memory whole.
const longestXLSX = 256 << 20

type xlsxFormat struct {
	book  *excelize.File
	sheet string
	names []string
	skip  int // sheet rows up to and with the header
}

// openXLSX unpacks in memory only: both limits of excelize are the same, so it
// never writes customers' data to a temporary file.
func openXLSX(f *File, o Options) (x *xlsxFormat, err error) {
	if f.size > longestXLSX {
		return nil, problem(idFileLimit, int64(longestXLSX))
	}
	limit := o.Unpack
	if limit <= 0 {
		limit = DefaultUnpack
	}
	if _, err := f.src.Seek(0, io.SeekStart); err != nil {
		return nil, problem(idRead)
	}
	defer damaged(&err)
	book, err := excelize.OpenReader(f.src, excelize.Options{UnzipSizeLimit: limit, UnzipXMLSizeLimit: limit, RawCellValue: true})
	if err != nil {
		if strings.Contains(err.Error(), "unzip size exceeds") {
			return nil, problem(idUnpackLimit, limit)
		}
		return nil, problem(idXLSX) // its text may quote cells
	}
	x = &xlsxFormat{book: book}
	if !x.wellFormed() {
		_ = book.Close()
		return nil, problem(idXLSX)
	}
	if err := x.choose(f, o.Sheet); err != nil {
		_ = book.Close()
		return nil, err
	}
	f.plan.Format, f.plan.Sheet = "xlsx", x.sheet
	return x, nil
}

// damaged turns a panic of the library on a broken file into the sentence for
// one. Nothing of the panic is kept: its text may quote cells.
func damaged(err *error) {
	if recover() != nil {
		*err = problem(idXLSX)
	}
}

// wellFormed reads the sheets once for their form alone. The library ends a sheet
// quietly at the first broken tag and glues rows that are out of order together;
// either would lose rows without a word.
func (x *xlsxFormat) wellFormed() bool {
	ok := true
	x.book.Pkg.Range(func(name, part any) bool {
		path, isPath := name.(string)
		text, isText := part.([]byte)
		if isPath && isText && strings.HasPrefix(strings.ToLower(path), "xl/worksheets/sheet") {
			ok = ok && x.rowsInOrder(text)
		}
		return ok
	})
	return ok
}

func (x *xlsxFormat) rowsInOrder(part []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(part))
	d.CharsetReader = x.book.CharsetReader
	last := 0
	for {
		t, err := d.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		n := last + 1
		for _, a := range start.Attr {
			if a.Name.Local == "r" {
				n, err = strconv.Atoi(a.Value)
			}
		}
		if err != nil || n <= last || n > sheetRows {
			return false
		}
		last = n
	}
}

// choose takes the sheet asked for, or the first visible one with content, and
// names the others that hold something, for the report.
func (x *xlsxFormat) choose(f *File, want string) error {
	all := x.book.GetSheetList()
	for _, s := range all {
		if want != "" && s != want {
			continue
		}
		if visible, err := x.book.GetSheetVisible(s); want == "" && (err != nil || !visible) {
			continue
		}
		names, skip, err := x.firstRow(s)
		if err != nil {
			return err
		}
		if names == nil {
			continue
		}
		if x.sheet == "" {
			x.sheet, x.names, x.skip = s, names, skip
		} else {
			f.plan.OtherSheets = append(f.plan.OtherSheets, s)
		}
	}
	switch {
	case x.sheet != "":
		return nil
	case want != "" && !slices.Contains(all, want):
		return problem(idSheet, strings.Join(all, ", "))
	}
	return problem(idEmpty)
}

// firstRow finds the first row with content and how many rows end with it.
func (x *xlsxFormat) firstRow(sheet string) ([]string, int, error) {
	r, err := x.open(sheet)
	if err != nil {
		return nil, 0, err
	}
	rec, err := r.next()
	if err == io.EOF {
		return nil, 0, nil
	}
	return rec.cells, rec.line, err
}

func (x *xlsxFormat) header() []string { return x.names }
func (x *xlsxFormat) close() error     { return x.book.Close() }

func (x *xlsxFormat) rows() (reader, error) {
	r, err := x.open(x.sheet)
	if err != nil {
		return nil, err
	}
	for r.row < x.skip {
		if _, err := r.next(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (x *xlsxFormat) open(sheet string) (r *xlsxReader, err error) {
	defer damaged(&err)
	rows, err := x.book.Rows(sheet)
	if err != nil {
		return nil, problem(idXLSX)
	}
	return &xlsxReader{rows: rows}, nil
}

// xlsxReader gives the rows that have any content. Rows that are only formatted
// are no rows of data: Excel keeps thousands of them below a list.
type xlsxReader struct {
	rows *excelize.Rows
	row  int
}

func (r *xlsxReader) next() (rec record, err error) {
	defer damaged(&err)
	for r.rows.Next() {
		r.row++
		if r.row > sheetRows {
			return record{}, problem(idXLSX)
		}
		cells, err := r.rows.Columns()
		if err != nil {
			return record{}, problem(idXLSX)
		}
		if !overflows(cells, 0) {
			continue
		}
		for i, c := range cells {
			cells[i] = wholeNumber(c)
		}
		return record{cells: cells, line: r.row}, nil
	}
	if r.rows.Error() != nil {
		return record{}, problem(idXLSX)
	}
	return record{}, io.EOF
}

// wholeNumber writes out a number that the file holds as 1.3812345678E10 with
// every digit there. One with digits missing stays as it is, and is refused
// later: a spreadsheet that rounded a phone number has lost it.
func wholeNumber(s string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(s), "E")
	if !ok || len(mantissa) < 3 || mantissa[1] != '.' {
		return s
	}
	digits := mantissa[:1] + mantissa[2:]
	places := 0
	for _, c := range strings.TrimPrefix(exponent, "+") {
		if c < '0' || c > '9' || places > 99 {
			return s
		}
		places = places*10 + int(c-'0')
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return s
		}
	}
	if exponent == "" || places != len(digits)-1 || places > 14 {
		return s // a double holds 15 digits for certain
	}
	return digits
}
