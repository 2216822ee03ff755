package pgwire

import (
	"encoding/binary"

	"github.com/goldbell/goldbell/internal/enrolment"
)

// How much waits at most: more than usual only while the memory that all sessions share
// for it lasts.
const (
	usualBatch = 256 << 10
	maxBatch   = 1 << 20
)

// batch is rows that wait for the placeholders in them to be decided about.
type batch struct {
	of      Enrolled
	rows    []byte // DataRow messages as they came, one behind the other
	starts  []int
	cells   []cellAt
	index   map[string]int // a placeholder's place in the list
	list    []enrolment.Cell
	lengths []int // of the placeholders in the list
	people  map[person]struct{}
	spans   []span
	ration  *ration
	taken   bool // of the ration, for more than usual
}

// cellAt is where a placeholder stands: the place of its cell's length in rows.
type cellAt struct{ at, placeholder int }

// span is a cell of the row being read.
type span struct {
	at, from, to int
	cell         enrolment.Cell // if the batch has not met it
}

func (b *batch) init(e Enrolled, shared *ration) {
	b.of, b.ration = e, shared
	b.index, b.people = map[string]int{}, map[person]struct{}{}
}

func (b *batch) open() bool { return len(b.starts) > 0 }

// news is what a row brings that the batch has not met.
type news struct{ cells, people int }

// scan finds the placeholders of a DataRow.
func (b *batch) scan(frame []byte) (fresh news, err error) {
	b.spans = b.spans[:0]
	if len(frame) < header+2 {
		return fresh, errMalformed
	}
	n := int(binary.BigEndian.Uint16(frame[header:]))
	at := header + 2
	for range n {
		if len(frame)-at < 4 {
			return fresh, errMalformed
		}
		size := int(int32(binary.BigEndian.Uint32(frame[at:])))
		if size < -1 || size > len(frame)-at-4 {
			return fresh, errMalformed
		}
		from := at + 4
		if size < 0 {
			size = 0
		}
		if text := frame[from : from+size]; enrolment.MayBe(text) {
			if _, known := b.index[string(text)]; known {
				b.spans = append(b.spans, span{at: at, from: from, to: from + size})
			} else if cell, ok := b.of.Tables.Cell(b.of.Database, text); ok {
				b.spans = append(b.spans, span{at, from, from + size, cell})
				fresh.cells++
				if last := len(b.spans) - 2; !b.met(cell) && (last < 0 || b.spans[last].cell.Table == nil || b.spans[last].cell.Subject != cell.Subject || b.spans[last].cell.Table.Of != cell.Table.Of) {
					fresh.people++ // a second time, where cells of two new ones take turns in a row
				}
			}
		}
		at = from + size
	}
	if at != len(frame) {
		return fresh, errMalformed
	}
	return fresh, nil
}

// has reports whether there is room for a scanned row.
func (b *batch) has(frame []byte, fresh news) bool {
	return !b.open() || b.holds(len(b.rows)+len(frame)) && len(b.list)+fresh.cells <= maxCells && len(b.people)+fresh.people <= maxPeople
}

// holds reports whether rows of so many bytes may wait.
func (b *batch) holds(size int) bool {
	if size > usualBatch && size <= maxBatch && !b.taken {
		b.taken = b.ration.take(maxBatch)
	}
	return size <= usualBatch || size <= maxBatch && b.taken
}

// met reports whether the batch holds a cell of the same subject.
func (b *batch) met(c enrolment.Cell) bool {
	_, met := b.people[person{c.Table.Of, c.Subject}]
	return met
}

// add takes the row that was scanned last. Of a row with more placeholders than a
// batch may hold the rest stay what they are.
func (b *batch) add(frame []byte) {
	start := len(b.rows)
	b.rows = append(b.rows, frame...)
	b.starts = append(b.starts, start)
	for _, s := range b.spans {
		text := frame[s.from:s.to]
		i, known := b.index[string(text)]
		if !known {
			if len(b.list) == maxCells || len(b.people) == maxPeople && !b.met(s.cell) {
				continue
			}
			i = len(b.list)
			b.list, b.lengths = append(b.list, s.cell), append(b.lengths, len(text))
			b.index[string(text)] = i
			b.people[person{s.cell.Table.Of, s.cell.Subject}] = struct{}{}
		}
		b.cells = append(b.cells, cellAt{start + s.at, i})
	}
}

func (b *batch) full() bool { return len(b.list) >= maxCells || len(b.rows) >= maxBatch }

// write sends the rows with each placeholder replaced.
func (b *batch) write(with []shown, send func([]byte) error) error {
	next := 0
	var row []byte
	for i, start := range b.starts {
		end := len(b.rows)
		if i+1 < len(b.starts) {
			end = b.starts[i+1]
		}
		row = row[:0]
		at := start
		for ; next < len(b.cells) && b.cells[next].at < end; next++ {
			c := b.cells[next]
			value := with[c.placeholder]
			row = append(row, b.rows[at:c.at]...)
			row = value.append(row)
			at = c.at + 4 + b.lengths[c.placeholder]
		}
		row = append(row, b.rows[at:end]...)
		binary.BigEndian.PutUint32(row[1:], uint32(len(row)-1))
		if err := send(row); err != nil {
			return err
		}
	}
	clear(row[:cap(row)])
	return nil
}

// wipe empties the batch.
func (b *batch) wipe() {
	b.rows, b.starts, b.cells = b.rows[:0], b.starts[:0], b.cells[:0]
	b.list, b.lengths = b.list[:0], b.lengths[:0]
	clear(b.index)
	clear(b.people)
	if b.taken {
		b.rows, b.taken = nil, false
		b.ration.give(maxBatch)
	}
}

// shown is what stands in a cell.
type shown struct {
	text string
	null bool
}

// append adds the cell with its length to a row.
func (c shown) append(row []byte) []byte {
	if c.null {
		return binary.BigEndian.AppendUint32(row, 1<<32-1)
	}
	return append(binary.BigEndian.AppendUint32(row, uint32(len(c.text))), c.text...)
}
