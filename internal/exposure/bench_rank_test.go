package exposure_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/inquiry"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
)

func init() { exposure.Ranked = rank }

// rank measures a question about 200 complaints over the index: of strangers alone,
// and with 30 people whom one recipient was shown in one month.
func rank(t *testing.T, x *exposure.Index, subjects int) {
	seed := uint64(99)
	next := func(n int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed >> 33 % uint64(n))
	}
	r := &inquiry.Record{View: x.View(), Last: pii.Ordinal(subjects), People: map[pii.PersonID]party.Person{}}
	began := time.Now()
	if err := r.SumUp(); err != nil {
		t.Fatal(err)
	}
	t.Logf("summing the record up, once for as long as nothing is disclosed: %v", time.Since(began))
	month := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	var leaked []pii.Ordinal
	r.View.Of(map[pii.PersonID]bool{"a0007": true}, func(a *exposure.Act, o pii.Ordinal, _ pii.Version) {
		if a.Form == pii.Plain && !a.At.Before(month) && a.At.Before(month.AddDate(0, 1, 0)) {
			leaked = append(leaked, o)
		}
	})
	for _, inside := range []int{0, 30} {
		var complaints []inquiry.Complaint
		for i := range 200 {
			c := inquiry.Complaint{Ordinal: pii.Ordinal(1 + next(subjects)), At: month.AddDate(0, 1, next(120)), Contact: pii.Phone, Known: []pii.Field{pii.Phone}, Verified: true, Caller: fmt.Sprint(i)}
			if i%4 == 0 {
				c.Known = []pii.Field{pii.Name, pii.Phone}
			}
			if i < inside && len(leaked) > 0 {
				c.Ordinal, c.Known = leaked[i*len(leaked)/inside], []pii.Field{pii.Phone}
			}
			complaints = append(complaints, c)
		}
		for _, what := range []string{"first time", "again"} {
			began := time.Now()
			found, err := r.Rank(complaints)
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			var mem runtime.MemStats
			runtime.ReadMemStats(&mem)
			top := "nobody"
			if len(found.Ranking) > 0 {
				top = fmt.Sprintf("%s %.3f", found.Ranking[0].Recipient, found.Ranking[0].Probability)
			}
			t.Logf("ranking for 200 complaints, %d of them of one recipient's month, %s: %v on %d cores; %d MiB in use; verdict %s, first %s",
				inside, what, took, runtime.GOMAXPROCS(0), mem.HeapAlloc>>20, found.Verdict, top)
		}
	}
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("with the record summed up: %d MiB live", mem.HeapAlloc>>20)
}
