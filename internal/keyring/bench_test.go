package keyring

import (
	"crypto/rand"
	"testing"

	"github.com/goldbell/goldbell/internal/pii"
)

// BenchmarkImportSubject is what an import asks for one subject: two wrapped keys,
// five sealed fields, three index values. Budget: 12 µs.
func BenchmarkImportSubject(b *testing.B) {
	r, err := Create(b.TempDir(), origin, november, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	value := []byte("a value of usual length")
	fields := []pii.Field{pii.Name, pii.Phone, pii.Email, pii.Company, pii.Address}
	b.ReportAllocs()
	for b.Loop() {
		d, _, _ := r.NewDataKey(li, november)
		_, _, _ = r.NewRecordKey(li, november)
		for _, f := range fields {
			if _, err := d.Seal(Place{li, f, 1}, value); err != nil {
				b.Fatal(err)
			}
		}
		for _, f := range fields[:3] {
			r.BlindIndex(f, 1, "13800138000")
		}
	}
}

// BenchmarkOpenField is one read: unwrap the data key, open one value.
func BenchmarkOpenField(b *testing.B) {
	r := newRing(b)
	d, w := dataKeyOf(b, r, li)
	sealed, _ := d.Seal(phoneAt, []byte("13800138000"))
	b.ReportAllocs()
	for b.Loop() {
		d, err := r.OpenDataKey(li, w)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Open(phoneAt, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlindIndex(b *testing.B) {
	r := newRing(b)
	for b.Loop() {
		r.BlindIndex(pii.Phone, 1, "13800138000")
	}
}

func BenchmarkMAC(b *testing.B) {
	r := newRing(b)
	row := make([]byte, 200)
	for b.Loop() {
		r.MAC("grant", row)
	}
}
