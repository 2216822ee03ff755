package proof

import "testing"

// BenchmarkVerify checks a pack of three entries with a policy of two witnesses.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	file, policy := w.write(), w.parsedPolicy()
	for b.Loop() {
		p, err := read(file)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Verify(p, policy); err != nil {
			b.Fatal(err)
		}
	}
}
