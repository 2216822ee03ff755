package pgwire

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/enrolment"
)

// TestBatchBounds: a batch takes so many subjects, so many cells and so many bytes, the
// last by what memory is left, and gives the memory back.
func TestBatchBounds(t *testing.T) {
	table := &enrolment.Table{Database: "d", Columns: []enrolment.Column{{Name: "name", Tag: "n", Text: true}, {Name: "phone", Tag: "p", Text: true}}}
	table.ID = enrolment.ID{1}
	table.Of = table.ID
	var shared ration
	var b batch
	b.init(Enrolled{Database: "d", Tables: enrolment.NewSet([]*enrolment.Table{table})}, &shared)
	row := func(subject, wide int) []byte {
		var body []byte
		cells := []string{strings.Repeat("x", wide)}
		for _, tag := range []string{"n", "p"} {
			cells = append(cells, fmt.Sprintf("%s%s:%d~", table.ID.Prefix(), tag, subject))
		}
		body = binary.BigEndian.AppendUint16(nil, uint16(len(cells)))
		for _, c := range cells {
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(c))), c...)
		}
		return message('D', body)
	}
	fill := func(wide int, subject func(i int) int) (rows int) {
		for ; rows < 100_000; rows++ {
			frame := row(subject(rows), wide)
			fresh, err := b.scan(frame)
			if err != nil {
				t.Fatal(err)
			}
			if !b.has(frame, fresh) {
				break
			}
			b.add(frame)
		}
		return rows
	}
	one := func(i int) int { return i }
	same := func(int) int { return 7 }
	shared.left.Store(2 * maxBatch)
	if n := fill(0, one); n != maxPeople || len(b.list) != 2*n {
		t.Errorf("a batch holds %d subjects and %d cells", n, len(b.list))
	}
	b.wipe()
	if n := fill(1000, same); n*1000 < maxBatch*8/10 || len(b.rows) > maxBatch || shared.left.Load() != maxBatch {
		t.Errorf("a batch holds %d rows, %d bytes; %d are left", n, len(b.rows), shared.left.Load())
	}
	b.wipe()
	if shared.left.Load() != 2*maxBatch {
		t.Errorf("memory was not given back: %d are left", shared.left.Load())
	}
	shared.left.Store(0)
	if fill(1000, same); len(b.rows) > usualBatch || len(b.rows) < usualBatch*8/10 {
		t.Errorf("without memory a batch holds %d bytes", len(b.rows))
	}
	b.wipe()
}
