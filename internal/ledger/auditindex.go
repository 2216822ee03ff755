package ledger

import (
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/pii"
)

// within reports whether an entry belongs to this pass and was filed when it began.
func (a *Audit) within(idx uint64) bool {
	return idx >= a.report.From && idx < min(a.head.Size, a.filedTo)
}

// filings notes where a page of entries is to be found, and compares that with the
// leaves.
func (a *Audit) filings(ctx context.Context, from uint64, leaves [][]byte) error {
	rows, err := a.history.Filings(ctx, from, from+uint64(len(leaves)))
	if err != nil {
		return err
	}
	clear(a.said)
	for _, r := range rows {
		if r.Index < from || r.Index-from >= uint64(len(leaves)) {
			continue
		}
		if f, ok := frameOf(leaves[r.Index-from]); r.Wrong || ok && f.request != r.Request {
			a.fault(r.Index, "the entry's row does not name its request")
		}
		slices.SortFunc(r.Refs, compareRefs)
		a.said[r.Index] = r.Refs
		if !a.within(r.Index) {
			continue
		}
		a.wanted.add(r.Index, r.Request, nil, 0)
		for _, ref := range r.Refs {
			a.filed.add(r.Index, [16]byte{}, ref.Key, ref.Kind)
		}
	}
	return nil
}

// filedAs compares an opening with what the entry's row says it is to be found by.
func (a *Audit) filedAs(r *Record) {
	if !slices.EqualFunc(a.said[r.Index], r.refs(), func(x, y Ref) bool { return compareRefs(x, y) == 0 }) {
		a.fault(r.Index, "the entry's row does not have it filed as its opening says")
	}
}

// index reads a page of the index and takes its rows off what the openings say.
func (a *Audit) index(ctx context.Context) error {
	rows, err := a.history.IndexAfter(ctx, a.at, rowPage)
	if err != nil {
		return err
	}
	a.rows += uint64(len(rows))
	for _, r := range rows {
		a.state.filed(r)
		if a.within(r.Index) {
			a.filed.sub(r.Index, [16]byte{}, r.Ref.Key, r.Ref.Kind)
			a.report.Filed++
		}
		a.astray(ctx, r.Index, "the index")
	}
	if len(rows) == rowPage {
		a.at = rows[len(rows)-1]
		return nil
	}
	a.state.endOfIndex()
	a.phase = readRequests
	for _, first := range a.filed.unequal() {
		if len(a.report.Faults) == maxFaults {
			break
		}
		if err := a.locate(ctx, first); err != nil {
			return err
		}
	}
	return nil
}

// astray notes a row whose entry there is not, unless it was appended since.
func (a *Audit) astray(ctx context.Context, idx uint64, where string) {
	if idx < max(a.head.Size, a.newest) {
		return
	}
	now, err := a.l.store.Head(ctx)
	if err == nil && idx >= now.Size {
		a.fault(idx, "%s names an entry that does not exist", where)
	}
	a.newest = now.Size
}

// requests reads a page of the recorded request ids, likewise.
func (a *Audit) requests(ctx context.Context) error {
	rows, err := a.history.RequestsAfter(ctx, a.after, rowPage)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if a.within(r.Index) {
			a.wanted.sub(r.Index, r.Request, nil, 0)
		}
		a.astray(ctx, r.Index, "the list of requests")
	}
	if len(rows) == rowPage {
		a.after = rows[len(rows)-1].Request
		return nil
	}
	a.phase = readRows
	for _, first := range a.wanted.unequal() {
		if err := a.locateRequest(ctx, first); err != nil {
			return err
		}
	}
	return nil
}

// locate finds out which entries of a group are filed wrongly.
func (a *Audit) locate(ctx context.Context, first uint64) error {
	from, to := max(first, a.report.From), min(first+sumWidth, a.head.Size, a.filedTo)
	rows, err := a.history.Filings(ctx, from, to)
	if err != nil {
		return err
	}
	want := map[uint64]map[string]bool{}
	for _, r := range rows {
		want[r.Index] = map[string]bool{}
		for _, ref := range r.Refs {
			want[r.Index][string(rune(ref.Kind))+string(ref.Key)] = true
		}
	}
	var after IndexRow
	for {
		rows, err := a.history.IndexAfter(ctx, after, rowPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Index < from || r.Index >= to {
				continue
			}
			key := string(rune(r.Ref.Kind)) + string(r.Ref.Key)
			if !want[r.Index][key] {
				a.fault(r.Index, "the index has the entry where it does not belong")
			}
			delete(want[r.Index], key)
		}
		if len(rows) < rowPage {
			break
		}
		after = rows[len(rows)-1]
	}
	for idx := from; idx < to; idx++ {
		if len(want[idx]) > 0 {
			a.fault(idx, "the entry is not filed where the index should have it")
		}
	}
	return nil
}

func (a *Audit) locateRequest(ctx context.Context, first uint64) error {
	from, to := max(first, a.report.From), min(first+sumWidth, a.head.Size, a.filedTo)
	leaves, err := a.l.store.Leaves(ctx, from, int(to-from))
	if err != nil {
		return err
	}
	found := false
	for i, leaf := range leaves {
		f, _ := frameOf(leaf)
		at, err := a.l.store.Requests(ctx, []pii.RequestID{f.request})
		if err != nil {
			return err
		}
		if idx, ok := at[f.request]; !ok || idx != from+uint64(i) {
			a.fault(from+uint64(i), "the entry is not found by its request")
			found = true
		}
	}
	if !found {
		a.fault(from, "the list of requests names entries of this group which they were not")
	}
	return nil
}
