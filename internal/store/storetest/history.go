package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/proof"
)

// testHistory reads what an audit reads, in pages, against the batch that was
// written.
func testHistory(t *testing.T, db *store.DB) {
	mustAppend(t, db, 600, nil)
	if err := db.File(ctx); err != nil {
		t.Fatal(err)
	}
	want := Batch(ledger.Head{}, 600)
	next := uint64(250)
	err := db.ScanLeaves(ctx, 250, 530, func(idx uint64, leaf []byte) error {
		if idx != next || string(leaf) != string(want.Leaves[idx]) {
			t.Fatalf("leaf %d, want %d", idx, next)
		}
		next++
		return nil
	})
	if err != nil || next != 530 {
		t.Errorf("scanned to %d: %v", next, err)
	}
	own := errors.New("own")
	if err := db.ScanLeaves(ctx, 0, 600, func(uint64, []byte) error { return own }); err != own {
		t.Errorf("the caller's error came back as %v", err)
	}
	tiles, err := db.TilesOf(ctx, 0, 0, 3)
	if err != nil || len(tiles) != 2 || string(tiles[1]) != string(want.Tiles[1].Data) {
		t.Errorf("%d tiles: %v", len(tiles), err)
	}
	if filed, err := db.Filed(ctx); err != nil || filed != 600 {
		t.Errorf("%d are filed: %v", filed, err)
	}
	index := map[uint64]int{}
	var after ledger.IndexRow
	for n := 100; n == 100; {
		rows, err := db.IndexAfter(ctx, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			index[r.Index]++
			after = r
		}
		n = len(rows)
	}
	filings, err := db.Filings(ctx, 0, 600)
	if err != nil || len(filings) != 600 {
		t.Fatalf("%d filings: %v", len(filings), err)
	}
	for i, f := range filings {
		if f.Index != uint64(i) || f.Request != want.Requests[i] || f.Wrong || index[f.Index] != len(f.Refs) || len(f.Refs) == 0 {
			t.Fatalf("filing %d: %+v, %d rows of the index", i, f, index[f.Index])
		}
	}
	requests := map[pii.RequestID]uint64{}
	var last pii.RequestID
	for n := 100; n == 100; {
		rows, err := db.RequestsAfter(ctx, last, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			requests[r.Request], last = r.Index, r.Request
		}
		n = len(rows)
	}
	for i, id := range want.Requests {
		if idx, ok := requests[id]; i > 0 && (!ok || idx != uint64(i)) { // the first id is zero, before all pages
			t.Fatalf("request of entry %d leads to %d, %v", i, idx, ok)
		}
	}
}

// testForgotten stores what forgetting leaves, and buries.
func testForgotten(t *testing.T, db *store.DB) {
	e := Subjects(1, 5)
	mustApply(t, db, e)
	kept := []ledger.KeptPair{{Index: 3, Ordinal: 2, Pair: proof.Pair{Key: proof.Hash{1}, Value: proof.Hash{2}}}}
	row := &ledger.Forgotten{Ordinal: 2}
	mustApply(t, db, ledgerPut{row, kept}.effect())
	got, err := db.Kept(ctx, 0, 10)
	if diff := cmp.Diff(map[uint64][]ledger.KeptPair{3: kept}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	rows, err := db.Forgotten(ctx, []pii.Ordinal{1, 2, 3})
	if err != nil || len(rows) != 1 || rows[0].Ordinal != 2 {
		t.Fatalf("%+v: %v", rows, err)
	}
	same(t, row, &rows[0])
	ids, unburied, err := db.Unburied(ctx)
	if err != nil || len(ids) != 1 || ids[0] != e.Custody[1].ID || unburied[0].Ordinal != 2 {
		t.Errorf("unburied: %v %v", ids, err)
	}
	for range 2 { // it may be repeated
		if err := db.Bury(ctx, 2, nil); err != nil {
			t.Fatal(err)
		}
	}
	left, err := db.CustodyByOrdinal(ctx, []pii.Ordinal{1, 2, 3})
	if err != nil || len(left) != 2 {
		t.Errorf("%d are left: %v", len(left), err)
	}
	if found, err := db.Ordinals(ctx, []pii.SubjectID{e.Custody[1].ID}); err != nil || len(found) != 0 {
		t.Errorf("her id leads to %v: %v", found, err)
	}
}

type ledgerPut struct {
	row  *ledger.Forgotten
	kept []ledger.KeptPair
}

// effect stamps the row, as the ledger does through Stamps.
func (p ledgerPut) effect() ledger.Effect {
	p.row.SetStamp(mac(1))
	return ledger.ForgottenPut{Row: p.row, Kept: p.kept}
}
