package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// bigLog is a log of n entries, of which only one has its leaf here: the others are
// hashes of their numbers.
func bigLog(b *testing.B, n int64, at uint64) *testLog {
	l := newTestLog(b, "ledger.example.com/custody", 1)
	ks := Hash(l.random(32))
	fields := []Field{
		{"actor", "agent-17"}, {"org", "own"}, {"verb", "Read"}, {"form", "masked"}, {"fields", "name,phone"}, {"purpose", "telesales"},
		{"work", ID(l.random(16)).String()}, {"request-hash", ""}, {"rules", Hash(l.random(32)).String()}, {"reasons", "work-masked"}, {"outside", ""},
	}
	l.add(KindDisclosure, fields, map[Hash]Line{ks: {Shown: true, Version: 1}})
	leaf := l.leaves[0]
	l.hashes = nil
	for i := range n {
		var h tlog.Hash
		if uint64(i) == at {
			h = tlog.RecordHash(leaf)
		} else {
			h = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
		}
		hs, err := tlog.StoredHashesForRecordHash(i, h, l)
		if err != nil {
			b.Fatal(err)
		}
		l.hashes = append(l.hashes, hs...)
	}
	return l
}

// BenchmarkLedgerProofAtMillion checks the tlog-proof of one disclosure in a log of
// 10^6 entries under a checkpoint that three witnesses signed: reading the text, four
// signatures, the path. It prints the size of the proof, and of the pack's member,
// which also carries the leaf and its openings.
func BenchmarkLedgerProofAtMillion(b *testing.B) {
	const size, at = 1_000_000, 654_321
	l := bigLog(b, size, at)
	var witnesses []*testWitness
	signers := []note.Signer{l.signer}
	for i := range 3 {
		w := newTestWitness(fmt.Sprintf("witness%d.example.org", i), byte(i+1), 1_790_000_100)
		witnesses, signers = append(witnesses, w), append(signers, w)
	}
	signed, err := note.Sign(&note.Note{Text: l.text(size)}, signers...)
	if err != nil {
		b.Fatal(err)
	}
	bare := TlogProof{Index: at, Inclusion: l.inclusion(at, size), Checkpoint: signed}.Format()
	sparse := SparseProof{}
	e := Entry{Index: at, Leaf: l.leaves[0], Inclusion: l.inclusion(at, size), Fields: l.opened(0), Line: &Line{Shown: true, Version: 1}, Sparse: &sparse}
	log, err := ParseLogKey(l.vkey)
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]Key, len(witnesses))
	for i, w := range witnesses {
		if keys[i], err = ParseWitnessKey(w.vkey()); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		p, err := ParseTlogProof(bare)
		if err != nil {
			b.Fatal(err)
		}
		c, err := ParseCheckpoint(p.Checkpoint)
		if err == nil {
			err = c.Signed(log)
		}
		for _, k := range keys {
			if _, ok, bad := c.Cosigned(k); !ok || bad != nil {
				b.Fatal("a witness's line does not verify")
			}
		}
		if err != nil || CheckInclusion(c, p.Index, l.leaves[0], p.Inclusion) != nil {
			b.Fatal("the proof does not verify")
		}
	}
	b.ReportMetric(float64(len(bare)), "B/proof")
	b.ReportMetric(float64(len(e.encode(signed))), "B/member")
	b.ReportMetric(float64(len(l.consistency(333_333, size))*HashSize), "B/consistency")
}

const bulk = 100_000

func bulkKeys(b *testing.B) ([]Hash, [16]byte) {
	l := newTestLog(b, "log", 3)
	keys := make([]Hash, bulk)
	for i := range keys {
		keys[i] = Hash(l.random(32))
	}
	return keys, [16]byte(l.random(16))
}

func bulkPairs(keys []Hash, request [16]byte) []Pair {
	line := Line{Shown: true, Version: 1}.Encode()
	pairs := make([]Pair, len(keys))
	for i := range keys {
		pairs[i] = Pair{Tag(keys[i][:], request), LineHash(ValueKey(keys[i][:], request), line)}
	}
	return pairs
}

// BenchmarkLedgerBulkBuild makes the one leaf of a disclosure of 100,000 subjects:
// tags, values and the root of the sparse tree, on one core.
func BenchmarkLedgerBulkBuild(b *testing.B) {
	keys, request := bulkKeys(b)
	for b.Loop() {
		if _, err := SparseRoot(bulkPairs(keys, request)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/bulk")
}

// BenchmarkLedgerBulkProof checks what a bulk of 100,000 says of one subject, and
// prints the size of such proofs, shown and not shown: the mean and the longest of a
// sample.
func BenchmarkLedgerBulkProof(b *testing.B) {
	keys, request := bulkKeys(b)
	pairs := bulkPairs(keys, request)
	root, err := SparseRoot(pairs)
	if err != nil {
		b.Fatal(err)
	}
	measure := func(p SparseProof, sum, longest *int) {
		size := 2 + HashSize*len(p.Siblings)
		if p.Other != nil {
			size += 2 * HashSize
		}
		*sum, *longest = *sum+size, max(*longest, size)
	}
	const sample = 20
	var shown, absent, longest int
	var proofs []SparseProof
	for i := range sample {
		p, err := ProveSparse(pairs, pairs[i*(bulk/sample)].Key)
		if err != nil {
			b.Fatal(err)
		}
		q, err := ProveSparse(pairs, Tag(keys[i][:], [16]byte{byte(i)}))
		if err != nil {
			b.Fatal(err)
		}
		measure(p, &shown, &longest)
		measure(q, &absent, &longest)
		proofs = append(proofs, p)
	}
	i := 0
	for b.Loop() {
		x := pairs[i%sample*(bulk/sample)]
		if proofs[i%sample].CheckPresent(root, x.Key, x.Value) != nil {
			b.Fatal("a proof does not verify")
		}
		i++
	}
	b.ReportMetric(float64(shown)/sample, "B/shown")
	b.ReportMetric(float64(absent)/sample, "B/absent")
	b.ReportMetric(float64(longest), "B/longest")
}
