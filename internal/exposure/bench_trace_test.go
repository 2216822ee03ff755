package exposure

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/goldbell/goldbell/internal/pii"
)

// TestTraceTable measures the index at company size: 5,000 recipients, 3 million
// subjects, a year. Rows are made here, act by act, as entries would bring them.
func TestTraceTable(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH_TRACE") == "" {
		t.Skip("a measurement: make bench-trace")
	}
	total := 100_000_000
	if n, err := strconv.Atoi(os.Getenv("GOLDBELL_BENCH_ROWS")); err == nil {
		total = n
	}
	const recipients, subjects, together = 5000, 3_000_000, 20
	x := New(nil, nil, nil)
	v := &view{}
	seed := uint64(1)
	next := func(n uint64) uint64 { // a fixed sequence: every run measures the same
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return seed % n
	}
	start := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	names := make([]pii.PersonID, recipients)
	for i := range names {
		names[i] = pii.PersonID(fmt.Sprintf("a%04d", i))
	}
	forms := [][]pii.Field{{pii.Name, pii.Phone}, {pii.Phone}}
	var took, encoded time.Duration
	bytes, entry := 0, uint64(0)
	for rows := 0; rows < total; {
		b := newBuilder(entry)
		for len(b.s.rows) < mostRows && rows < total {
			at := start.Add(time.Duration(float64(365*24*time.Hour) * float64(rows) / float64(total)))
			a := Act{Entry: entry, At: at, Recipient: names[next(recipients)], Org: pii.Own, Fields: forms[next(2)], Verb: pii.Read, Form: pii.Masked, Purpose: "telesales", Subjects: together}
			if next(4) == 0 {
				a.Form = pii.Plain
			}
			began := time.Now()
			n := len(b.s.acts)
			for range together {
				b.s.rows = append(b.s.rows, packRow(pii.Ordinal(1+next(subjects)), n, 1))
			}
			b.s.acts = append(b.s.acts, a)
			took += time.Since(began)
			rows, entry = rows+together, entry+1
		}
		began := time.Now()
		s := b.seal(entry)
		took += time.Since(began)
		began = time.Now()
		bytes += len(s.encode())
		encoded += time.Since(began)
		v.segments, v.size = append(v.segments, s), entry
	}
	x.view.Store(v)
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	rate := float64(total) / took.Seconds()
	t.Logf("rows %d in %d segments; build %.1f M rows/s on one core (target 2); encoding %.1f M rows/s, %.1f bytes/row stored; %d MiB in memory",
		total, len(v.segments), rate/1e6, float64(total)/encoded.Seconds()/1e6, float64(bytes)/float64(total), mem.HeapAlloc>>20)

	var each []time.Duration
	postings := 0
	for range 1000 {
		o := pii.Ordinal(1 + next(subjects))
		began := time.Now()
		postings += len(x.Saw(o))
		each = append(each, time.Since(began))
	}
	slices.Sort(each)
	t.Logf("who saw this person: p50 %v, p99 %v, %.1f postings each (target 10 ms)", each[500], each[990], float64(postings)/1000)

	began := time.Now()
	hits, lists := screen(x, 200, func() pii.Ordinal { return pii.Ordinal(1 + next(subjects)) })
	t.Logf("what ranking %d recipients for 200 complaints reads of the index: %d hits, %d recipient-months with their list sizes, in %v", recipients, hits, lists, time.Since(began))
	if rate < 2e6 || each[990] > 10*time.Millisecond {
		t.Error("a target is missed")
	}
	btree(t, context.Background(), total, subjects)
}

// screen reads the postings of the subjects complained about, and of every list
// that holds one the size of the list.
func screen(x *Index, complaints int, subject func() pii.Ordinal) (hits, lists int) {
	sizes := map[Key]uint64{}
	of := roaring.New()
	for range complaints {
		of.Add(uint32(subject()))
	}
	for _, o := range of.ToArray() {
		for _, p := range x.Saw(pii.Ordinal(o)) {
			hits++
			for _, f := range p.Fields {
				k := Key{p.Recipient, f, p.Form, MonthOf(p.At)}
				if _, ok := sizes[k]; !ok {
					if b := x.Bitmap(k); b != nil {
						sizes[k] = b.GetCardinality()
					}
				}
			}
		}
	}
	return hits, len(sizes)
}
