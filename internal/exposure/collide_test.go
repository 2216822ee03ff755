package exposure_test

import (
	"sync"
	"testing"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/store/pgtest"
	"github.com/goldbell/goldbell/test/firm"
)

// TestFollowersGiveWay: two processes follow one ledger into one database, by turns
// and at once; neither fails, and both indexes equal the ledger.
func TestFollowersGiveWay(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *firm.Firm{
		"sqlite":   func(t testing.TB) *firm.Firm { return firm.New(t, 12) },
		"postgres": func(t testing.TB) *firm.Firm { return firm.NewOn(t, 12, pgtest.Start(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			subjects, err := f.Vault.Describe(t.Context(), f.IDs)
			f.OK(err)
			both := []*exposure.Index{exposure.New(f.Ledger, f.Store, f.Ring), exposure.New(f.Ledger, f.Store, f.Ring)}
			for _, x := range both {
				x.SetStep(3)
				f.OK(x.Follow(t.Context()))
			}
			for round := range 12 {
				for _, a := range acts.Example(round) {
					a.record(f, subjects)
				}
				if round%2 == 0 { // what one stored, the other finds
					f.OK(both[round/2%2].Follow(t.Context()))
					f.OK(both[1-round/2%2].Follow(t.Context()))
					continue
				}
				errs := make([]error, len(both))
				var wg sync.WaitGroup
				for i, x := range both {
					wg.Go(func() { errs[i] = x.Follow(t.Context()) })
				}
				wg.Wait()
				f.OK(errs[0])
				f.OK(errs[1])
			}
			for _, x := range both {
				equal(t, f, x)
			}
		})
	}
}
