package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/proof"
	"github.com/google/go-cmp/cmp"
)

var ctx = context.Background()

// now is a time as callers hand it in: whole microseconds of UTC.
var now = time.Date(2026, 11, 21, 8, 30, 0, 123456000, time.UTC)

// request is the id of the nth request.
func request(n uint64) (id pii.RequestID) {
	binary.BigEndian.PutUint64(id[8:], n)
	id[0] = byte(n * 37) // not in order
	return id
}

// Batch is a batch of n entries after head, with everything an entry may carry.
func Batch(head ledger.Head, n int) ledger.Batch {
	b := ledger.Batch{Old: head.Size, Head: ledger.Head{
		Size: head.Size + uint64(n), Micros: uint64(now.UnixMicro()), Rules: head.Rules,
	}}
	b.Head.Root = proof.Hash{1, byte(b.Head.Size)}
	b.Head.Note = fmt.Appendf(nil, "note of %d", b.Head.Size)
	for size := b.Head.Size; size > 0; size &= size - 1 {
		b.Head.Frontier = append(b.Head.Frontier, proof.Hash{2, byte(size)})
	}
	for i := range uint64(n) {
		idx := head.Size + i
		b.Leaves = append(b.Leaves, leaf(idx))
		b.Requests = append(b.Requests, request(idx))
		b.Openings = append(b.Openings, ledger.SealedOpening{Index: idx, Holder: pii.Ordinal(idx % 3), Month: "2026-11", Sealed: leaf(idx + 1e6)})
		for _, r := range refs(idx) {
			b.Refs = append(b.Refs, ledger.IndexRow{Ref: r, Index: idx})
		}
		if idx%256 == 255 {
			b.Tiles = append(b.Tiles, ledger.Tile{ID: ledger.TileID{Number: idx / 256}, Data: bytes.Repeat(leaf(idx)[:32], 256)})
		}
	}
	return b
}

func leaf(idx uint64) []byte {
	return append(bytes.Repeat([]byte{byte(idx)}, 290), binary.BigEndian.AppendUint64(nil, idx)...)
}

func refs(idx uint64) []ledger.Ref {
	r := request(idx)
	return []ledger.Ref{
		{Kind: ledger.RefSubject, Key: binary.BigEndian.AppendUint32(nil, uint32(idx*7919%100_000))},
		{Kind: ledger.RefPerson, Key: fmt.Appendf(nil, "p%03d", idx%120)},
		{Kind: ledger.RefOrg, Key: []byte("own")},
		{Kind: ledger.RefDisclosure, Key: r[:]},
		{Kind: ledger.RefPerson, Key: []byte{2}},
	}
}

// Append appends n entries and what fn adds to their transaction.
func Append(db *store.DB, n int, fn func(tx ledger.Tx, first uint64) error) error {
	return db.Append(ctx, func(tx ledger.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		if fn != nil {
			if err := fn(tx, head.Size); err != nil {
				return err
			}
		}
		return tx.Write(Batch(head, n))
	})
}

func mustAppend(t *testing.T, db *store.DB, n int, fn func(tx ledger.Tx, first uint64) error) {
	t.Helper()
	if err := Append(db, n, fn); err != nil {
		t.Fatal(err)
	}
}

// apply appends one entry with the effects, stamped.
func apply(db *store.DB, effects ...ledger.Effect) error {
	return Append(db, 1, func(tx ledger.Tx, first uint64) error {
		for _, e := range effects {
			stamp(first, e)
		}
		return tx.Apply(first, now, effects)
	})
}

func mustApply(t *testing.T, db *store.DB, effects ...ledger.Effect) {
	t.Helper()
	if err := apply(db, effects...); err != nil {
		t.Fatal(err)
	}
}

func head(t *testing.T, db *store.DB) ledger.Head {
	t.Helper()
	h, err := db.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Check reads everything back that Append wrote, up to the head.
func Check(t *testing.T, db *store.DB) {
	t.Helper()
	h := head(t, db)
	want := Batch(ledger.Head{}, int(h.Size))
	if h.Size == 0 {
		want.Head = ledger.Head{Root: h.Root}
	}
	if diff := cmp.Diff(want.Head, h); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	leaves, err := db.Leaves(ctx, 0, int(h.Size)+10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Leaves, leaves); diff != "" {
		t.Errorf("leaves differ (-want +got):\n%.400s", diff)
	}
	openings, err := db.Openings(ctx, 0, int(h.Size)+10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Openings, openings); diff != "" {
		t.Errorf("openings differ (-want +got):\n%.400s", diff)
	}
	recorded, err := db.Requests(ctx, append(want.Requests, request(h.Size)))
	if err != nil || len(recorded) != len(want.Requests) {
		t.Fatalf("%d requests are recorded, want %d: %v", len(recorded), len(want.Requests), err)
	}
	for i, id := range want.Requests {
		if idx, ok := recorded[id]; !ok || idx != uint64(i) {
			t.Fatalf("request of entry %d: %d, %v", i, idx, ok)
		}
	}
	for _, x := range want.Tiles {
		got, err := db.Tiles(ctx, []ledger.TileID{x.ID})
		if err != nil || !bytes.Equal(got[0], x.Data) {
			t.Errorf("tile %v: %v", x.ID, err)
		}
	}
	all, err := db.Find(ctx, ledger.RefOrg, [][]byte{[]byte("own")}, 0, int(h.Size)+10)
	if err != nil || len(all) != int(h.Size) {
		t.Errorf("the index holds %d of %d entries: %v", len(all), h.Size, err)
	}
}

func testEntries(t *testing.T, db *store.DB) {
	Check(t, db) // an empty one
	for _, n := range []int{1, 7, 40, 300, 1} {
		mustAppend(t, db, n, nil)
	}
	Check(t, db)
	got, err := db.Leaves(ctx, 40, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{leaf(40), leaf(41), leaf(42)}, got); diff != "" {
		t.Error(diff)
	}
	filed := func(person string, idx uint64) ledger.IndexRow {
		return ledger.IndexRow{Ref: ledger.Ref{Kind: ledger.RefPerson, Key: []byte(person)}, Index: idx}
	}
	found, err := db.Find(ctx, ledger.RefPerson, [][]byte{[]byte("p001")}, 2, 2)
	if diff := cmp.Diff([]ledger.IndexRow{filed("p001", 121), filed("p001", 241)}, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	found, err = db.Find(ctx, ledger.RefPerson, [][]byte{[]byte("p002"), []byte("p001"), []byte("nobody")}, 2, 3)
	if diff := cmp.Diff([]ledger.IndexRow{filed("p002", 2), filed("p001", 121), filed("p002", 122)}, found); diff != "" || err != nil {
		t.Error("of several:", diff, err)
	}
	if _, err := db.Tiles(ctx, []ledger.TileID{{Level: 0, Number: 0}, {Level: 1, Number: 0}}); !fault.Is(err, fault.Internal) {
		t.Errorf("a missing tile: %v", err)
	}
	err = db.Append(ctx, func(tx ledger.Tx) error {
		got, err := tx.Leaves(256, 2)
		if diff := cmp.Diff([][]byte{leaf(256), leaf(257)}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		data, err := tx.Tiles([]ledger.TileID{{}})
		if err != nil || len(data[0]) != 8192 {
			t.Error("the tile inside an append:", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

var errOurs = errors.New("decided otherwise")

func testFailedAppend(t *testing.T, db *store.DB) {
	mustAppend(t, db, 3, nil)
	err := db.Append(ctx, func(tx ledger.Tx) error {
		h, err := tx.Head()
		if err != nil {
			return err
		}
		if err := tx.Write(Batch(h, 2)); err != nil {
			return err
		}
		return errOurs
	})
	if err != errOurs {
		t.Fatalf("the caller's own error came back as %v", err)
	}
	Check(t, db)

	// a caller that overlooks an error commits nothing either
	err = db.Append(ctx, func(tx ledger.Tx) error {
		h, _ := tx.Head()
		b := Batch(h, 2)
		b.Requests[1] = request(0) // recorded already
		_ = tx.Write(b)
		_, _ = one(tx, ledger.Spend{Key: "after", Cap: 10, Amount: 1, Until: now})
		return nil
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("an overlooked error: %v", err)
	}
	Check(t, db)
	func() {
		defer func() { _ = recover() }()
		_ = Append(db, 1, func(ledger.Tx, uint64) error { panic("a defect above") })
	}()
	mustAppend(t, db, 2, nil)
	Check(t, db)
}

func testStaleHead(t *testing.T, db *store.DB) {
	mustAppend(t, db, 3, nil)
	err := db.Append(ctx, func(tx ledger.Tx) error {
		h, err := tx.Head()
		if err != nil {
			return err
		}
		h.Size += 5
		return tx.Write(Batch(h, 1))
	})
	if !fault.IsID(err, "stale") {
		t.Errorf("a batch made for another head: %v", err)
	}
	Check(t, db)
}

func testRequestOnce(t *testing.T, db *store.DB) {
	mustAppend(t, db, 20, nil)
	err := db.Append(ctx, func(tx ledger.Tx) error {
		got, err := tx.Requests([]pii.RequestID{request(3), request(99), request(19)})
		if diff := cmp.Diff(map[pii.RequestID]uint64{request(3): 3, request(19): 19}, got); diff != "" {
			t.Error(diff)
		}
		if err != nil {
			return err
		}
		none, err := tx.Requests(nil)
		if len(none) != 0 {
			t.Error("nothing asked, something found")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	err = db.Append(ctx, func(tx ledger.Tx) error {
		h, err := tx.Head()
		if err != nil {
			return err
		}
		b := Batch(h, 1)
		b.Requests[0] = request(7)
		return tx.Write(b)
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a request recorded twice: %v", err)
	}
	Check(t, db)
}

func testRevoked(t *testing.T, db *store.DB) {
	for i := range uint64(4) {
		err := db.Append(ctx, func(tx ledger.Tx) error {
			h, err := tx.Head()
			if err != nil {
				return err
			}
			b := Batch(h, 1)
			b.Revocations = []ledger.Revocation{{Key: "person:a", Index: i}, {Key: fmt.Sprint("grant:", i), Index: i}, {Key: "person:a", Index: i}}
			return tx.Write(b)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for since, want := range map[uint64]map[string]uint64{
		0: {"person:a": 3, "grant:0": 0, "grant:1": 1, "grant:2": 2, "grant:3": 3},
		2: {"person:a": 3, "grant:2": 2, "grant:3": 3},
		4: {},
	} {
		err := db.Append(ctx, func(tx ledger.Tx) error {
			got, err := tx.Revoked(since)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("since %d: %s", since, diff)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// testAppenders: each appender sees the other's head, and none is lost.
func testAppenders(t *testing.T, db *store.DB) {
	const each = 25
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for range each {
				if err := Append(db, 3, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if got := head(t, db).Size; got != 2*each*3 {
		t.Errorf("size %d, want %d", got, 2*each*3)
	}
	Check(t, db)
}
