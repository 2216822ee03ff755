package dial_test

import (
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/dial"
	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
)

// BenchmarkOutcomes reports 1,000 calls of which none was reported before.
func BenchmarkOutcomes(b *testing.B) {
	caps := door.DefaultCaps()
	caps.Requests, caps.Person[pii.Relay] = 1<<40, 1<<40
	f := newFirm(b, 900, caps)
	_, h := startSwitch(b, nil)
	d, w := f.dialer(h), f.work(f.agent)
	for b.Loop() {
		b.StopTimer()
		ids := make([]pii.RequestID, dial.MaxOutcomes)
		var wait sync.WaitGroup
		for k := range 50 {
			wait.Go(func() {
				for i := k; i < len(ids); i += 50 {
					placed, err := d.Call(b.Context(), f.agent, f.request(w, i%900))
					if err != nil || !placed.Result.Shown {
						b.Error(err, placed.Result.Reasons)
					}
					ids[i] = placed.CallID
				}
			})
		}
		wait.Wait()
		b.StartTimer()
		_, err := d.Outcomes(b.Context(), f.sw, f.outcomes(ids...))
		f.ok(err)
	}
	b.ReportMetric(float64(b.N*dial.MaxOutcomes)/b.Elapsed().Seconds(), "outcomes/s")
}
