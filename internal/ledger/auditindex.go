package ledger

import (
	"context"

	"github.com/goldbell/goldbell/internal/pii"
)

// within reports whether an entry belongs to this pass.
func (a *Audit) within(idx uint64) bool { return idx >= a.report.From && idx < a.head.Size }

// index reads a page of the index and takes its rows off what the openings say.
func (a *Audit) index(ctx context.Context) error {
	rows, err := a.history.IndexAfter(ctx, a.at, rowPage)
	if err != nil {
		return err
	}
	a.rows += uint64(len(rows))
	for _, r := range rows {
		if a.within(r.Index) && !a.filed.skips(r.Index) {
			a.filed.sub(r.Index, [16]byte{}, r.Ref.Key, r.Ref.Kind)
			a.report.Filed++
		}
		a.astray(ctx, r.Index, "the index")
	}
	if len(rows) == rowPage {
		a.at = rows[len(rows)-1]
		return nil
	}
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
	a.phase = closing
	for _, first := range a.wanted.unequal() {
		if err := a.locateRequest(ctx, first); err != nil {
			return err
		}
	}
	return nil
}

// locate finds out which entries of a group are filed wrongly.
func (a *Audit) locate(ctx context.Context, first uint64) error {
	const less, more = "the entry is not filed where the index should have it", "the index has the entry where it does not belong"
	from, to := max(first, a.report.From), min(first+sumWidth, a.head.Size)
	want := map[uint64]map[string]bool{}
	for at := from; at < to; at += auditKeyedPage {
		n := int(min(auditKeyedPage, to-at))
		if err := a.openAgain(ctx, at, n, func(r *Record) {
			want[r.Index] = map[string]bool{}
			for _, ref := range r.refs() {
				want[r.Index][string(rune(ref.Kind))+string(ref.Key)] = true
			}
		}); err != nil {
			return err
		}
	}
	var after IndexRow
	for {
		rows, err := a.history.IndexAfter(ctx, after, rowPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Index < from || r.Index >= to || want[r.Index] == nil {
				continue
			}
			key := string(rune(r.Ref.Kind)) + string(r.Ref.Key)
			if !want[r.Index][key] {
				a.fault(r.Index, more)
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
			a.fault(idx, less)
		}
	}
	return nil
}

// openAgain calls each for those of n entries that open.
func (a *Audit) openAgain(ctx context.Context, from uint64, n int, each func(*Record)) error {
	leaves, err := a.l.store.Leaves(ctx, from, n)
	if err != nil {
		return err
	}
	sealed, err := a.l.store.Openings(ctx, from, n)
	if err != nil {
		return err
	}
	keys, err := a.l.holders(ctx, sealed)
	if err != nil {
		return err
	}
	for _, s := range sealed {
		if s.Index-from >= uint64(len(leaves)) {
			continue
		}
		if r, err := a.l.open(s, leaves[s.Index-from], keys); err == nil && r != nil {
			each(r)
		}
	}
	return nil
}

func (a *Audit) locateRequest(ctx context.Context, first uint64) error {
	from, to := max(first, a.report.From), min(first+sumWidth, a.head.Size)
	leaves, err := a.l.store.Leaves(ctx, from, int(to-from))
	if err != nil {
		return err
	}
	found := false
	for i, leaf := range leaves {
		f, _ := frameOf(leaf)
		idx, ok, err := a.l.store.ByRequest(ctx, pii.RequestID(f.request))
		if err != nil {
			return err
		}
		if !ok || idx != from+uint64(i) {
			a.fault(from+uint64(i), "the entry is not found by its request")
			found = true
		}
	}
	if !found {
		a.fault(from, "the list of requests names entries of this group which they were not")
	}
	return nil
}
