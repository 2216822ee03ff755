// Package archive is the form of a backup: a manifest and the rows of tables, in
// order, encrypted with age to whoever may restore them.
//
// Its one invariant: what [Reader.Next] has handed out by the time it says io.EOF
// is exactly what a [Writer] was given and closed; a backup that was cut off or
// altered anywhere never comes to io.EOF. It knows no SQL, no keys of Goldbell's and
// not what a row means.
package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"

	"filippo.io/age"

	"github.com/goldbell/goldbell/internal/fault"
)

// The plaintext begins with the magic line. Frames follow: one byte that says what
// it is, four bytes of length, big endian, and the content. docs/format/backup.md.
const (
	magic     = "goldbell backup v1\n"
	manifestF = 'M'
	tableF    = 'T' // list of texts: its name, its columns
	rowF      = 'R' // list of values, one per column
	endF      = 'E' // number of rows, 8 bytes; SHA-256 of all bytes before this frame
	maxFrame  = 64 << 20
)

// Values are nil, int64, bool, string and []byte.
const (
	isNil = iota
	isInt
	isText
	isBytes
	isFalse
	isTrue
)

var (
	errDamaged = fault.New(fault.Invalid, "backup-damaged", "")
	errWrite   = fault.New(fault.Unavailable, "backup-unwritable", "")
	errValue   = fault.New(fault.Internal, "internal", "a value that no backup can hold")
)

// Writer writes a backup.
type Writer struct {
	sealed io.WriteCloser
	out    *bufio.Writer
	sum    hash.Hash
	rows   uint64
	frame  []byte
}

// Create begins a backup.
func Create(w io.Writer, to []age.Recipient, manifest []byte) (*Writer, error) {
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return nil, errWrite
	}
	a := &Writer{sealed: sealed, out: bufio.NewWriterSize(sealed, 1<<16), sum: sha256.New()}
	if err := a.write([]byte(magic)); err != nil {
		return nil, err
	}
	return a, a.emit(manifestF, manifest)
}

// Table begins a table; its rows follow.
func (a *Writer) Table(name string, columns []string) error {
	a.frame = appendText(a.frame[:0], name)
	for _, c := range columns {
		a.frame = appendText(a.frame, c)
	}
	return a.emit(tableF, a.frame)
}

// Row adds a row to the table begun last.
func (a *Writer) Row(values []any) error {
	a.frame = a.frame[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			a.frame = append(a.frame, isNil)
		case int64:
			a.frame = binary.BigEndian.AppendUint64(append(a.frame, isInt), uint64(v))
		case string:
			a.frame = appendText(append(a.frame, isText), v)
		case []byte:
			a.frame = binary.BigEndian.AppendUint32(append(a.frame, isBytes), uint32(len(v)))
			a.frame = append(a.frame, v...)
		case bool:
			a.frame = append(a.frame, map[bool]byte{false: isFalse, true: isTrue}[v])
		default:
			return errValue
		}
	}
	a.rows++
	return a.emit(rowF, a.frame)
}

// Close ends the backup. Without it no reader accepts the file.
func (a *Writer) Close() error {
	end := binary.BigEndian.AppendUint64(nil, a.rows)
	if err := a.emit(endF, a.sum.Sum(end)); err != nil {
		return err
	}
	if a.out.Flush() != nil || a.sealed.Close() != nil {
		return errWrite
	}
	return nil
}

func (a *Writer) emit(kind byte, b []byte) error {
	if len(b) > maxFrame {
		return errValue
	}
	if err := a.write(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(b)))); err != nil {
		return err
	}
	return a.write(b)
}

func (a *Writer) write(b []byte) error {
	_, _ = a.sum.Write(b)
	if _, err := a.out.Write(b); err != nil {
		return errWrite
	}
	return nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// Item is a table that begins, or a row of it.
type Item struct {
	Table   string // "" for a row
	Columns []string
	Row     []any
}

// Reader reads a backup.
type Reader struct {
	in    *bufio.Reader
	sum   hash.Hash
	rows  uint64
	width int // columns of the table; 0: none began
}

// Open begins to read a backup and returns its manifest.
func Open(r io.Reader, as []age.Identity) (*Reader, []byte, error) {
	plain, err := age.Decrypt(r, as...)
	if err != nil {
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return nil, nil, fault.New(fault.Denied, "wrong-identity", "--identity")
		}
		return nil, nil, errDamaged
	}
	a := &Reader{in: bufio.NewReaderSize(plain, 1<<16), sum: sha256.New()}
	head, err := a.take(len(magic))
	if err != nil || string(head) != magic {
		return nil, nil, errDamaged
	}
	kind, manifest, err := a.next()
	if err != nil || kind != manifestF {
		return nil, nil, errDamaged
	}
	return a, manifest, nil
}

// Next is the next table or row; io.EOF when the whole backup was read and is as it
// was written.
func (a *Reader) Next() (Item, error) {
	before := a.sum.Sum(nil)
	kind, b, err := a.next()
	if err != nil {
		return Item{}, err
	}
	switch {
	case kind == tableF:
		return a.table(b)
	case kind == rowF && a.width > 0:
		return a.row(b)
	case kind == endF:
		want := append(binary.BigEndian.AppendUint64(nil, a.rows), before...)
		if string(b) != string(want) {
			return Item{}, errDamaged
		}
		if _, err := a.in.ReadByte(); err != io.EOF { // age's last piece is checked here
			return Item{}, errDamaged
		}
		return Item{}, io.EOF
	}
	return Item{}, errDamaged
}

func (a *Reader) table(b []byte) (Item, error) {
	var texts []string
	for len(b) > 0 {
		text, rest, ok := cut(b)
		if !ok {
			return Item{}, errDamaged
		}
		texts, b = append(texts, string(text)), rest
	}
	if len(texts) < 2 || texts[0] == "" {
		return Item{}, errDamaged
	}
	a.width = len(texts) - 1
	return Item{Table: texts[0], Columns: texts[1:]}, nil
}

func (a *Reader) row(b []byte) (Item, error) {
	row := make([]any, 0, a.width)
	for len(b) > 0 {
		kind, rest, ok := b[0], b[1:], true
		var text []byte
		switch kind {
		case isNil:
			row = append(row, nil)
		case isFalse, isTrue:
			row = append(row, kind == isTrue)
		case isInt:
			if len(rest) < 8 {
				return Item{}, errDamaged
			}
			row, rest = append(row, int64(binary.BigEndian.Uint64(rest))), rest[8:]
		case isText:
			text, rest, ok = cut(rest)
			row = append(row, string(text))
		case isBytes:
			text, rest, ok = cut(rest)
			row = append(row, text)
		default:
			ok = false
		}
		if !ok {
			return Item{}, errDamaged
		}
		b = rest
	}
	if len(row) != a.width {
		return Item{}, errDamaged
	}
	a.rows++
	return Item{Row: row}, nil
}

// cut takes a length and as many bytes off the front.
func cut(b []byte) (text, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n : 4+n], b[4+n:], true
}

func (a *Reader) next() (kind byte, content []byte, err error) {
	head, err := a.take(5)
	if err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxFrame {
		return 0, nil, errDamaged
	}
	content, err = a.take(int(n))
	return head[0], content, err
}

func (a *Reader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.in, b); err != nil {
		return nil, errDamaged
	}
	_, _ = a.sum.Write(b)
	return b, nil
}
