package ledger

import (
	"context"
	"encoding/binary"

	"github.com/goldbell/goldbell/internal/pii"
)

// versions compares the rows that give power, as they are stored, with the entries:
// every row must be of the last entry that makes it, and every such row must be there.
// The index names all versions of a row, one after the other; what it says is held to
// the openings by the same audit. Two sums per group of rows tell whether there is a
// difference; only the groups with one are looked at row by row.
type versions struct {
	sums  *ledgerSums
	below uint64              // entries from here on were not in the index when the audit began
	late  map[[16]byte]uint64 // of the rows which those make: the last one
	last  IndexRow            // a later version of the same row may follow
	open  bool                // last is set
	table int
	after pii.Keyed
}

// groupOf puts a row into one of 4,096 groups.
func groupOf(ref [16]byte) uint64 { return uint64(binary.BigEndian.Uint16(ref[:])>>4) * sumWidth }

// versionKey is what a version adds to its group's sums.
func versionKey(ref [16]byte, idx uint64) []byte { return binary.BigEndian.AppendUint64(ref[:], idx) }

func (v *versions) add(ref [16]byte, idx uint64) {
	v.sums.add(groupOf(ref), [16]byte{}, versionKey(ref, idx), RefRow)
}

func (v *versions) sub(ref [16]byte, idx uint64) {
	v.sums.sub(groupOf(ref), [16]byte{}, versionKey(ref, idx), RefRow)
}

// filed takes a row of the index, which come in order.
func (v *versions) filed(r IndexRow) {
	if r.Ref.Kind != RefRow || len(r.Ref.Key) != 16 || r.Index >= v.below {
		return
	}
	if v.open && string(v.last.Ref.Key) != string(r.Ref.Key) {
		v.newest()
	}
	v.last = IndexRow{Ref{RefRow, append(v.last.Ref.Key[:0], r.Ref.Key...)}, r.Index}
	v.open = true
}

func (v *versions) newest() {
	ref := [16]byte(v.last.Ref.Key)
	if _, later := v.late[ref]; !later {
		v.add(ref, v.last.Index)
	}
}

// endOfIndex adds the last row of the index, and what is not in it yet.
func (v *versions) endOfIndex() {
	if v.open {
		v.newest()
	}
	v.open = false
	for ref, idx := range v.late {
		v.add(ref, idx)
	}
}

// unfiled reads which rows the entries make that were not in the index when the audit
// began.
func (a *Audit) unfiled(ctx context.Context) error {
	a.state = &versions{sums: newSums(a.filed.seed), below: min(a.filedTo, a.head.Size), late: map[[16]byte]uint64{}}
	for from := a.state.below; from < a.head.Size; from += auditPage {
		rows, err := a.history.Filings(ctx, from, min(from+auditPage, a.head.Size))
		if err != nil {
			return err
		}
		for _, r := range rows {
			for _, ref := range r.Refs {
				if ref.Kind == RefRow && len(ref.Key) == 16 {
					a.state.late[[16]byte(ref.Key)] = r.Index
				}
			}
		}
	}
	return nil
}

// power reads a page of the rows that give power.
func (a *Audit) power(ctx context.Context) error {
	v := a.state
	tables := a.history.PowerTables()
	if v.table == len(tables) {
		a.phase = closing
		return a.locateRows(ctx)
	}
	rows, err := a.history.RowsAfter(ctx, tables[v.table], v.after, rowPage)
	if err != nil {
		return err
	}
	for _, r := range rows {
		v.after = r
		a.report.Rows++
		idx := r.GetStamp().Entry
		switch {
		case a.l.CheckStamp(r) != nil:
			a.fault(idx, "a row of table %s was not written by the ledger", tables[v.table])
		case idx < a.head.Size:
			v.sub(versionOf(r), idx)
		}
	}
	if len(rows) < rowPage {
		v.table, v.after = v.table+1, nil
	}
	return nil
}

// groupsAtOnce bounds what is remembered while differences are looked for.
const groupsAtOnce = 256

// locateRows finds the rows of groups that differ. A row that changed since the audit
// began makes a difference too, and is passed over: its entry is a later one.
func (a *Audit) locateRows(ctx context.Context) error {
	groups := a.state.sums.unequal()
	for len(groups) > 0 && len(a.report.Faults) < maxFaults {
		n := min(len(groups), groupsAtOnce)
		in := make(map[uint64]bool, n)
		for _, g := range groups[:n] {
			in[g] = true
		}
		groups = groups[n:]
		want, err := a.newestOf(ctx, in)
		if err != nil {
			return err
		}
		if err := a.compareRows(ctx, in, want); err != nil {
			return err
		}
	}
	return nil
}

// newestOf is the last entry of every row of some groups.
func (a *Audit) newestOf(ctx context.Context, in map[uint64]bool) (map[[16]byte]uint64, error) {
	want := map[[16]byte]uint64{}
	after := IndexRow{Ref: Ref{Kind: RefRow, Key: []byte{}}}
	for {
		rows, err := a.history.IndexAfter(ctx, after, rowPage)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Ref.Kind == RefRow && len(r.Ref.Key) == 16 && r.Index < a.state.below && in[groupOf([16]byte(r.Ref.Key))] {
				want[[16]byte(r.Ref.Key)] = r.Index
			}
		}
		if len(rows) < rowPage || rows[len(rows)-1].Ref.Kind > RefRow {
			break
		}
		after = rows[len(rows)-1]
	}
	for ref, idx := range a.state.late {
		if in[groupOf(ref)] {
			want[ref] = idx
		}
	}
	return want, nil
}

// compareRows reads the rows of some groups again, one by one.
func (a *Audit) compareRows(ctx context.Context, in map[uint64]bool, want map[[16]byte]uint64) error {
	for _, table := range a.history.PowerTables() {
		var last pii.Keyed
		for {
			rows, err := a.history.RowsAfter(ctx, table, last, rowPage)
			if err != nil {
				return err
			}
			for _, r := range rows {
				last = r
				ref, idx := versionOf(r), r.GetStamp().Entry
				if !in[groupOf(ref)] {
					continue
				}
				newest, made := want[ref]
				delete(want, ref)
				switch {
				case idx >= a.head.Size || made && newest == idx || a.l.CheckStamp(r) != nil: // forged ones were told
				case !made:
					a.fault(idx, "a row of table %s is there which no entry makes", table)
				default:
					a.fault(newest, "table %s has an older version of the row which the entry makes: of entry %d", table, idx)
				}
			}
			if len(rows) < rowPage {
				break
			}
		}
	}
	for _, idx := range want {
		a.fault(idx, "a row which the entry makes is missing")
	}
	return nil
}
