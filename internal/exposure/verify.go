package exposure

import (
	"context"
	"slices"
)

// Verify compares the stored segments with the entries they cover, without changing
// anything, and tells how many entries they cover. An index that has not yet heard
// that a record key was destroyed is late, not wrong: what opens no more is left out
// when it is next followed.
func Verify(ctx context.Context, l Ledger, s Store, k Sealer) (covered uint64, wrong []Difference, err error) {
	x := New(l, s, k)
	var changed []Difference
	err = s.Segments(ctx, func(st Stored) error {
		if st.Until > l.Size() {
			return nil // of entries after this look began
		}
		if st.First != covered {
			wrong = append(wrong, Difference{covered, st.First})
		}
		covered = st.Until
		seg := x.open(st)
		if seg == nil {
			wrong = append(wrong, Difference{st.First, st.Until})
			return nil
		}
		again, _, err := build(ctx, l, st.First, st.Until)
		if err == nil && !slices.Equal(again.encode(), seg.encode()) {
			changed = append(changed, Difference{st.First, st.Until})
		}
		return err
	})
	if err != nil || len(changed) == 0 {
		return covered, wrong, err
	}
	_, forgot, err := build(ctx, l, covered, l.Size())
	if err == nil && forgot == 0 {
		wrong = append(wrong, changed...)
	}
	return covered, wrong, err
}
