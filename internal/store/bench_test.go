package store_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/store/storetest"
)

// onBoth runs a benchmark on both engines, on real files with fsync on.
func onBoth(b *testing.B, run func(*testing.B, *store.DB)) {
	b.Run("sqlite", func(b *testing.B) {
		run(b, open(b, store.Config{Driver: "sqlite", Path: filepath.Join(b.TempDir(), "goldbell.db")}))
	})
	b.Run("postgres", func(b *testing.B) { run(b, postgres(b)) })
}

func BenchmarkAppend(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		for _, n := range []int{1, 16, 256} {
			b.Run(fmt.Sprint(n), func(b *testing.B) {
				for b.Loop() {
					if err := storetest.Append(db, n, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "entries/s")
			})
		}
	})
}

func BenchmarkImport(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		first := 1
		for b.Loop() {
			b.StopTimer()
			e := storetest.Subjects(first, 1000)
			first += 1000
			b.StartTimer()
			err := storetest.Append(db, 1, func(tx ledger.Tx, idx uint64) error {
				return tx.Apply(idx, time.Time{}, []ledger.Effect{e})
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "subjects/s")
	})
}

func BenchmarkRead(b *testing.B) {
	onBoth(b, func(b *testing.B, db *store.DB) {
		const n = 20000
		var ids []pii.SubjectID
		hash := sha256.Sum256([]byte("token"))
		err := storetest.Append(db, 1, func(tx ledger.Tx, idx uint64) error {
			stamp := pii.Stamp{Entry: idx, MAC: hash[:]}
			e := storetest.Subjects(1, n)
			for _, c := range e.Custody {
				ids = append(ids, c.ID)
			}
			return tx.Apply(idx, time.Time{}, []ledger.Effect{e,
				party.OrgPut{Org: &party.Org{ID: "own", Stamp: stamp}},
				party.PersonPut{Person: &party.Person{ID: "p", Org: "own", Stamp: stamp}},
				authn.TokenPut{Token: &authn.Token{Hash: hash[:], Person: "p", Stamp: stamp}}})
		})
		if err != nil {
			b.Fatal(err)
		}
		i := 0
		b.Run("custody", func(b *testing.B) {
			for b.Loop() {
				i++
				if c, err := db.Custody(ctx, ids[i*7919%n:][:1]); err != nil || len(c) != 1 {
					b.Fatal(len(c), err)
				}
			}
		})
		b.Run("token", func(b *testing.B) {
			for b.Loop() {
				if _, _, _, ok, err := db.Token(ctx, hash[:]); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
		b.Run("custody-parallel", func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for i := 0; p.Next(); i++ {
					if c, err := db.Custody(ctx, ids[i*7919%n:][:1]); err != nil || len(c) != 1 {
						b.Fatal(len(c), err)
					}
				}
			})
		})
	})
}
