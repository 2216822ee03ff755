package bench

import (
	"context"
	"crypto/rand"
	endian "encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/trace"
	"github.com/goldbell/goldbell/internal/vault"
	house "github.com/goldbell/goldbell/test/firm"
)

// manyTags stands for the blind index of a company with so many customers, all of
// them strangers to the file.
type manyTags struct{ n int }

func (m manyTags) TagsAfter(_ context.Context, f pii.Field, _ uint8, past bool, after [32]byte, n int) (out [][32]byte, err error) {
	if past {
		return nil, nil
	}
	first := endian.BigEndian.Uint64(after[:8])/(1<<40) + 1
	for i := first; i < uint64(m.n) && len(out) < n; i++ {
		var t [32]byte
		endian.BigEndian.PutUint64(t[:8], i<<40|i*0x9E3779B97F4A7C15>>24)
		out = append(out, t)
	}
	return out, nil
}

func (m manyTags) Holders(context.Context, pii.Field, uint8, [][32]byte) ([]vault.TagHolder, error) {
	return nil, nil
}

// TestTraceTable measures the matching of found files and the engine.
func TestTraceTable(t *testing.T) {
	if os.Getenv("GOLDBELL_BENCH_TRACE") == "" {
		t.Skip("a measurement: make bench-trace")
	}
	runtime.GOMAXPROCS(1) // per core
	f := house.New(t, 1)
	const rows = 2_000_000
	began := time.Now()
	m, err := f.Vault.NewMatcher(t.Context(), manyTags{n: 3_000_000}, rows)
	f.OK(err)
	t.Logf("table of 3 x 3,000,000 tags made in %v", time.Since(began))
	for _, c := range []struct {
		what  string
		kinds []pii.Kind
	}{{"one number a row", []pii.Kind{pii.KindPhone}}, {"number and e-mail", []pii.Kind{pii.KindPhone, pii.KindEmail}}} {
		values := make([][]pii.Value, 4096)
		for i := range values {
			values[i] = []pii.Value{pii.NewValue(fmt.Sprintf("138%08d", i)), pii.NewValue(fmt.Sprintf("u%d@example.com", i))}[:len(c.kinds)]
		}
		began := time.Now()
		for i := range rows {
			f.OK(m.Row(t.Context(), c.kinds, values[i%len(values)]))
		}
		rate := rows / time.Since(began).Seconds()
		t.Logf("matching after parsing, %s: %.2f M rows/s on one core (target 1)", c.what, rate/1e6)
	}
	var b strings.Builder
	for i := range 500_000 {
		fmt.Fprintf(&b, "%d,+86 138%08d,u%d@example.com,x\n", i, i, i)
	}
	began = time.Now()
	table, err := intake.OpenStream(strings.NewReader(b.String()))
	f.OK(err)
	n := 0
	for line, err := range table.Lines() {
		f.OK(err)
		intake.Contents(line.Cells, func(pii.Kind, pii.Value) { n++ })
	}
	t.Logf("parsing and finding %d values by content: %.2f M rows/s", n, 0.5/time.Since(began).Seconds())
	traceEngine(t)
}

// traceEngine ranks recipients with the engine as it is: it goes over every view, so its
// time grows with the record; the larger record's figure is this one times the rows.
func traceEngine(t *testing.T) {
	for _, views := range []int{50_000, 200_000} {
		var word [8]byte
		_, _ = rand.Read(word[:])
		seed := endian.BigEndian.Uint64(word[:]) | 1
		next := func(n int) int {
			seed ^= seed << 13
			seed ^= seed >> 7
			seed ^= seed << 17
			return int(seed % uint64(n))
		}
		x := trace.NewBuilder()
		phone, err := x.Field("phone")
		if err != nil {
			t.Fatal(err)
		}
		const recipients, subjects = 5000, 300_000
		for range subjects {
			x.Subject(trace.Subject{Segment: -1, Region: -1, Cohort: -1})
		}
		for i := range recipients {
			x.Recipient(trace.Recipient{ID: fmt.Sprintf("a%04d", i), Kind: "agent"})
		}
		start := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC).Unix()
		for range views {
			x.View(trace.View{At: start + int64(next(365*86400)), Recipient: trace.Ref(next(recipients)), Subject: trace.Ref(next(subjects)), Plain: phone, Variant: -1})
		}
		exposure, err := x.Exposure()
		if err != nil {
			t.Fatal(err)
		}
		var ev trace.Evidence
		for range 200 {
			ev.Items = append(ev.Items, trace.Item{Subject: trace.Ref(next(subjects)), At: start + int64(300*86400+next(60*86400)), Known: phone, Contact: phone, Proof: trace.Verified})
		}
		began := time.Now()
		found, err := trace.Run(exposure, ev, trace.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		t.Logf("ranking 5,000 recipients for 200 complaints over %d views: %v on one core, %d MiB, verdict %s; at this rate 10^8 views take %.0f s",
			views, took, mem.HeapAlloc>>20, found.Verdict, took.Seconds()*1e8/float64(views))
	}
}
