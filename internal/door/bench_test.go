package door_test

import (
	"sync/atomic"
	"testing"

	"github.com/goldbell/goldbell/internal/door"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/test/firm"
)

func BenchmarkReadMasked(b *testing.B) {
	f := firm.New(b, 1000)
	work := f.Work(f.IDs...)
	c := door.DefaultCaps()
	c.Requests = 1 << 40
	f.Door.Caps = c
	for _, clients := range []int{1, 8, 64} {
		b.Run(map[int]string{1: "1", 8: "8", 64: "64"}[clients], func(b *testing.B) {
			b.SetParallelism(clients)
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := f.IDs[n.Add(1)%int64(len(f.IDs))]
					a, err := f.Door.Disclose(b.Context(), f.Agent, f.Read(work, pii.Masked, id))
					if err != nil || !a.Results[0].Shown {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
