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
	x, took, encoded, bytes := synthetic(total, recipients, subjects, together)
	v := x.view.Load()
	next := sequence(7)
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

	if rate < 2e6 || each[990] > 10*time.Millisecond {
		t.Error("a target is missed")
	}
	Ranked(t, x, subjects)
	btree(t, context.Background(), total, subjects)
}

// sequence is a fixed sequence of numbers: every run measures the same.
func sequence(seed uint64) func(n uint64) uint64 {
	return func(n uint64) uint64 {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return seed % n
	}
}

// synthetic is an index of so many rows: took is the time of making it without
// making up the rows, encoded of writing its stored form.
func synthetic(total, recipients, subjects, together int) (x *Index, took, encoded time.Duration, bytes int) {
	x = New(nil, nil, nil)
	v := &view{}
	next := sequence(1)
	start := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	names := make([]pii.PersonID, recipients)
	for i := range names {
		names[i] = pii.PersonID(fmt.Sprintf("a%04d", i))
	}
	forms := [][]pii.Field{{pii.Name, pii.Phone}, {pii.Phone}}
	entry := uint64(0)
	for rows := 0; rows < total; {
		b := newBuilder(entry)
		for len(b.rows) < mostRows && rows < total {
			at := start.Add(time.Duration(float64(365*24*time.Hour) * float64(rows) / float64(total)))
			a := Act{Entry: entry, At: at, Recipient: names[next(uint64(recipients))], Org: pii.Own, Fields: forms[next(2)], Verb: pii.Read, Form: pii.Masked, Purpose: "telesales", Subjects: together}
			if next(4) == 0 {
				a.Form = pii.Plain
			}
			n := len(b.s.acts)
			for range together {
				b.rows = append(b.rows, packRow(pii.Ordinal(1+next(uint64(subjects))), n, 1))
			}
			began := time.Now()
			b.add(a)
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
	return x, took, encoded, bytes
}
