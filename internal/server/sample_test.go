package server

import (
	"errors"
	"strings"
	"testing"

	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/records"
	"github.com/goldbell/goldbell/proof"
	"github.com/goldbell/goldbell/test/firm"
)

// TestSample: the draw is an entry, and what was drawn proves itself.
func TestSample(t *testing.T) {
	a := newFiles(t, firm.New(t, 4))
	for range 40 {
		a.Append(shown(a.subjects(a.IDs[1])...))
	}
	s, err := a.keeper.Sample(t.Context(), firm.NewID(), 30, approval("officer", party.Officer))
	a.OK(err)
	head, err := proof.ParseCheckpoint(s.Checkpoint)
	a.OK(err)
	if head.Size != s.Size || s.Entry != s.Size || len(s.Drawn) != 30 {
		t.Fatalf("%d drawn of %d, entry %d", len(s.Drawn), s.Size, s.Entry)
	}
	r, err := a.Ledger.Record(t.Context(), s.Entry)
	a.OK(err)
	drawn := strings.Split(r.Fact("drawn"), ",")
	if r.Leaf.Kind != proof.KindSample || len(drawn) != 30 || r.Fact("actor") != "officer" {
		t.Errorf("the entry says %v", r.Facts())
	}
	last := -1
	for _, d := range s.Drawn {
		if int(d.Index) <= last {
			t.Fatal("not in order, or twice")
		}
		last = int(d.Index)
		provesItself(t, head, d)
	}
	if whole, err := a.keeper.Sample(t.Context(), firm.NewID(), records.MaxSample, approval("officer2", party.Officer)); err != nil || uint64(len(whole.Drawn)) != whole.Size {
		t.Errorf("all entries: %d of %d, %v", len(whole.Drawn), whole.Size, err)
	}
}

// provesItself checks a drawn entry as an auditor can.
func provesItself(t *testing.T, head proof.Checkpoint, d records.Drawn) {
	t.Helper()
	if err := proof.CheckInclusion(head, d.Index, d.Leaf, d.Path); err != nil {
		t.Error(err)
	}
	leaf, err := proof.DecodeLeaf(d.Leaf)
	if err != nil || d.Closed || len(d.Fields) != len(leaf.Commitments) {
		t.Fatalf("entry %d: %v", d.Index, err)
	}
	for i, f := range d.Fields {
		if proof.Commit(f.Salt, proof.Field{Name: f.Name, Value: f.Value}) != leaf.Commitments[i] {
			t.Errorf("entry %d: field %d is another", d.Index, i)
		}
	}
	if len(d.Subjects) == 0 {
		return
	}
	pairs := make([]proof.Pair, len(d.Subjects))
	for i, s := range d.Subjects {
		pairs[i] = s.Pair
		if proof.LineHash(s.ValueKey, s.Line.Encode()) != s.Pair.Value {
			t.Errorf("entry %d: what it says of a person is not what it commits to", d.Index)
		}
	}
	if root, err := proof.SparseRoot(pairs); err != nil || root != leaf.Root {
		t.Errorf("entry %d: the persons do not make its sparse tree", d.Index)
	}
}

// TestSampleShowsNothingUnrecorded: if the draw cannot be recorded nothing is shown;
// nor can anything but randomness that was handed in choose.
func TestSampleShowsNothingUnrecorded(t *testing.T) {
	a := newFiles(t, firm.New(t, 2))
	broken := *a.keeper
	broken.Rand = failing{}
	if s, err := broken.Sample(t.Context(), firm.NewID(), 3, approval("officer", party.Officer)); err == nil || len(s.Drawn) > 0 {
		t.Error("drawn without randomness")
	}
	used := approval("officer", party.Officer)
	_, err := a.keeper.Sample(t.Context(), firm.NewID(), 3, used)
	a.OK(err)
	size := a.Ledger.Size()
	s, err := a.keeper.Sample(t.Context(), firm.NewID(), 3, used) // the code was used meanwhile
	if err == nil || len(s.Drawn) > 0 || a.Ledger.Size() != size {
		t.Errorf("%d drawn on a used code, %v", len(s.Drawn), err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("none") }
