// Package intake reads lists of customers as companies really have them (CSV,
// XLSX, JSON lines): bytes in, typed rows out.
//
// Its one invariant: every row of the file comes out exactly once, either with
// all its values canonical or refused whole with a reason; nothing is dropped,
// guessed or repaired beyond normalising. A file is read in passes of bounded
// memory, XLSX excepted, which is unpacked in memory under a limit. The package
// knows no SQL and no keys, stores nothing, and never asks who is stored already.
package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/goldbell/goldbell/internal/pii"
)

// Options say how to read a file.
type Options struct {
	Schema pii.Schema        // the fields there are; nil = pii.Registration()
	Map    map[string]string // column name → field, or "-" to leave the column out
	Sheet  string            // XLSX: the sheet to read; "" = the first visible one with content
	Unpack int64             // XLSX: most bytes unpacked in memory; 0 = DefaultUnpack
}

// DefaultUnpack is enough for a full sheet of 1,048,576 rows with six columns.
const DefaultUnpack = 512 << 20

// LeaveOut is the field name of --map for a column that is not to be stored.
const LeaveOut = "-"

// File is one list, opened and understood. It is not safe for concurrent use;
// one pass runs at a time.
type File struct {
	src    io.ReadSeeker
	size   int64
	schema pii.Schema
	plan   Plan
	width  int  // columns of the header
	asIs   bool // read as a [Table]: no column is understood
	binds  []binding
	format format
}

// format is a kind of file: where its passes start.
type format interface {
	// header names the columns.
	header() []string
	// rows starts a pass at the first row after the header.
	rows() (reader, error)
	close() error
}

// reader gives the records of one pass, then io.EOF.
type reader interface {
	next() (record, error)
}

// record is one row before it is typed. Its cells belong to whoever got it.
type record struct {
	cells []string
	line  int   // where it starts: line of a text file, row of a sheet
	end   int64 // bytes of the source read when it ended; 0 = unknown
	fault string
}

// Row faults that are not a field's.
const (
	KeyEncoding  = "encoding"   // bytes that are no text in the file's encoding
	KeyQuotes    = "quotes"     // a quoted cell that does not end
	KeyCells     = "cells"      // more cells than columns
	KeyTooLong   = "too long"   // a line no list of customers has
	KeyJSON      = "json"       // not one flat JSON object
	KeyNoContact = "no contact" // neither phone nor e-mail
)

// Open reads enough of a file to know its format, encoding and columns. name
// serves only to tell formats apart by its ending. Close the file after use.
func Open(src io.ReadSeeker, name string, o Options) (*File, error) {
	size, err := src.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, problem(idRead)
	}
	f := &File{src: src, size: size, schema: o.Schema}
	if f.schema == nil {
		f.schema = pii.Registration()
	}
	if f.format, err = f.detect(name, o); err != nil {
		return nil, err
	}
	if err = f.understand(o.Map); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// detect tells the formats apart by their first bytes.
func (f *File) detect(name string, o Options) (format, error) {
	head := make([]byte, 4096)
	n, err := f.readAt(head)
	if err != nil {
		return nil, err
	}
	head = head[:n]
	text := bytes.TrimLeft(bytes.TrimPrefix(head, bomUTF8), " \t\r\n")
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openXLSX(f, o)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return nil, problem(idOldExcel)
	case len(text) == 0:
		return nil, problem(idEmpty)
	case strings.HasPrefix(ext, ".json") && text[0] == '[':
		return nil, problem(idJSONLines)
	case text[0] == '{':
		return openJSONLines(f)
	}
	return openCSV(f, ext)
}

// readAt fills b from the start of the file as far as it goes.
func (f *File) readAt(b []byte) (int, error) {
	if _, err := f.src.Seek(0, io.SeekStart); err != nil {
		return 0, problem(idRead)
	}
	n, err := io.ReadFull(f.src, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, problem(idRead)
	}
	return n, nil
}

// Plan says how the file was understood.
func (f *File) Plan() Plan { return f.plan }

// Size is the length of the source in bytes, for a progress bar.
func (f *File) Size() int64 { return f.size }

// Close frees what the format holds; the source stays open.
func (f *File) Close() error { return f.format.close() }

// Digest names this file read by this plan: the same command on the same bytes
// finds its earlier, interrupted run by it.
func (f *File) Digest() (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	plan, err := json.Marshal(f.plan)
	if err != nil {
		return sum, err
	}
	_, _ = h.Write(append(plan, '\n'))
	if _, err = f.src.Seek(0, io.SeekStart); err != nil {
		return sum, problem(idRead)
	}
	if _, err = io.Copy(h, f.src); err != nil {
		return sum, problem(idRead)
	}
	h.Sum(sum[:0])
	return sum, nil
}

// Row is one row of data. Exactly one of Values and Refusal is set.
type Row struct {
	Number  int // data rows from 1
	Line    int // where it starts in the source
	Offset  int64
	Cells   []string // as read, in the file's order; personal information
	Values  []FieldValue
	Refusal *Refusal
}

// FieldValue is one canonical value. Empty values are left out.
type FieldValue struct {
	Field pii.Field
	Value pii.Value
}

// Refusal says why a row was refused: the key it is counted under and, for a
// value, its reason.
type Refusal struct {
	Key    string
	Reason pii.Reason
}

// Rows makes one pass over the data. An error ends it; a [Problem] in most cases.
func (f *File) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r, err := f.format.rows()
		if err != nil {
			yield(Row{}, err)
			return
		}
		for n := 1; ; n++ {
			rec, err := r.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(f.typed(n, rec), nil) {
				return
			}
		}
	}
}

// typed normalises a record. When several values are invalid the first field in
// the schema's order names the refusal; a missing contact is looked at last, so
// a row whose only phone is broken is refused for the phone.
func (f *File) typed(n int, rec record) Row {
	row := Row{Number: n, Line: rec.line, Offset: rec.end, Cells: rec.cells}
	if rec.fault == "" && overflows(rec.cells, f.width) {
		rec.fault = KeyCells
	}
	if rec.fault != "" {
		row.Refusal = &Refusal{Key: rec.fault}
		return row
	}
	contact := false
	row.Values = make([]FieldValue, 0, len(f.binds))
	for _, b := range f.binds {
		if b.column >= len(rec.cells) {
			continue
		}
		v, err := b.spec.Normalise(rec.cells[b.column])
		if err != nil {
			row.Values = nil
			row.Refusal = &Refusal{Key: string(b.spec.Field), Reason: reasonOf(err)}
			return row
		}
		if v.IsEmpty() {
			continue
		}
		contact = contact || isContact(b.spec.Kind)
		row.Values = append(row.Values, FieldValue{b.spec.Field, v})
	}
	if !contact {
		row.Values, row.Refusal = nil, &Refusal{Key: KeyNoContact}
	}
	return row
}

func isContact(k pii.Kind) bool { return k == pii.KindPhone || k == pii.KindEmail }

func reasonOf(err error) pii.Reason {
	if r, ok := err.(pii.Reason); ok {
		return r
	}
	return "invalid"
}

// overflows reports content beyond the last column: a separator that was not
// quoted has shifted the row, and no cell can be trusted.
func overflows(cells []string, width int) bool {
	for i := width; i < len(cells); i++ {
		if strings.TrimSpace(cells[i]) != "" {
			return true
		}
	}
	return false
}
