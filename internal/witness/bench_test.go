package witness_test

import "testing"

// BenchmarkRound is one entry, its submission to three witnesses on this machine,
// and their signatures stored: four commits and three fsynced files.
func BenchmarkRound(b *testing.B) {
	h, _ := witnessed(b, 3, nil, 3)
	for b.Loop() {
		h.add(1)
		h.round()
	}
	if s := h.client.Status(); s.Covered != h.Ledger.Size() {
		b.Fatalf("status %+v", s)
	}
}

// BenchmarkCheckpoint is the checkpoint that is served, with three cosignatures
// read and verified.
func BenchmarkCheckpoint(b *testing.B) {
	h, _ := witnessed(b, 3, nil, 3)
	h.add(1)
	h.round()
	for b.Loop() {
		if _, err := h.client.Checkpoint(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
