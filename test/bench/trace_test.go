package bench

import (
	"context"
	endian "encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/intake"
	"github.com/goldbell/goldbell/internal/pii"
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

// TestTraceTable measures the matching of found files. Exposure, who-saw and ranking are
// measured over an index of company size in package exposure.
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
		t.Logf("matching after parsing, %s: %.2f M rows/s on one core; %s", c.what, rate/1e6, target("≥ 1", rate >= 1e6))
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
}
