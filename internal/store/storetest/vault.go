package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/google/go-cmp/cmp"
)

// Subjects is an enrolment of n subjects from the ordinal first.
func Subjects(first, n int) *vault.Stored {
	e := &vault.Stored{}
	for i := first; i < first+n; i++ {
		o := pii.Ordinal(i)
		e.Custody = append(e.Custody, vault.Custody{ID: subject(i), Ordinal: o, State: vault.Live, Version: 1, At: now, Period: "2026-11",
			DataKey: key("data", i), RecordKey: key("record", i), Fields: []pii.Field{pii.Name, pii.Phone, pii.Email},
			Sealed: bytes.Repeat(key("v1", i), 6)})
		e.Index = append(e.Index, vault.IndexRow{Ordinal: o, Field: pii.Phone, Norm: 1, Tag: tag("phone", i)},
			vault.IndexRow{Ordinal: o, Field: pii.Email, Norm: 1, Tag: tag("email", i%100)})
		e.Masks = append(e.Masks, vault.MaskCount{Key: mask(i % 40), By: 1})
	}
	return e
}

func subject(i int) (id pii.SubjectID) {
	h := tag("subject", i)
	copy(id[:], h[:])
	return id
}

// key is 40 bytes: no key, but as long as a wrapped one.
func key(what string, i int) []byte {
	h := tag(what, i)
	return append(h[:], h[:8]...)
}

func tag(what string, i int) [32]byte { return sha256.Sum256(fmt.Append(nil, what, i)) }

func mask(i int) (k [16]byte) {
	binary.BigEndian.PutUint32(k[:], uint32(i))
	return k
}

func custody(t *testing.T, db *store.DB, i int) vault.Custody {
	t.Helper()
	got, err := db.Custody(ctx, []pii.SubjectID{subject(i)})
	if err != nil || len(got) != 1 {
		t.Fatalf("custody: %d rows, %v", len(got), err)
	}
	return got[0]
}

func testCustody(t *testing.T, db *store.DB) {
	all := Subjects(1, 100)
	all.Custody[4].RecordKey = nil
	all.Custody[5].Fields = nil
	mustApply(t, db, all)
	want := []vault.Custody{all.Custody[6], all.Custody[4], all.Custody[99]}
	got, err := db.Custody(ctx, []pii.SubjectID{subject(7), subject(500), subject(5), subject(100)})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error("by id:", diff, err)
	}
	got, err = db.CustodyByOrdinal(ctx, []pii.Ordinal{7, 500, 5, 100})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error("by ordinal:", diff, err)
	}
	all.Custody[98].Sealed, all.Custody[99].Sealed = nil, nil // not read when paging
	got, err = db.CustodyAfter(ctx, 98, 5)
	if diff := cmp.Diff(all.Custody[98:], got); diff != "" || err != nil {
		t.Error("after:", diff, err)
	}
	got, err = db.Custody(ctx, nil)
	if len(got) != 0 || err != nil {
		t.Error("none asked:", len(got), err)
	}
	// the e-mail of 1 is that of 101, who is not stored; 100 shares with 200
	mustApply(t, db, Subjects(101, 3))
	found, err := db.Candidates(ctx, pii.Email, 1, [][32]byte{tag("email", 1), tag("email", 99), tag("email", 1000)})
	if diff := cmp.Diff(map[[32]byte][]pii.Ordinal{tag("email", 1): {1, 101}, tag("email", 99): {99}}, found); diff != "" || err != nil {
		t.Error("candidates:", diff, err)
	}
	for _, other := range []struct {
		f    pii.Field
		norm uint8
	}{{pii.Phone, 1}, {pii.Email, 2}} {
		found, err = db.Candidates(ctx, other.f, other.norm, [][32]byte{tag("email", 1)})
		if len(found) != 0 || err != nil {
			t.Error("a tag of another field or normalisation was found:", err)
		}
	}
	for n, want := range map[int]pii.Ordinal{1: pii.Dummy, 99: 99, 1000: pii.Dummy} { // two, one, nobody
		if o, err := db.Holder(ctx, pii.Email, 1, tag("email", n)); o != want || err != nil {
			t.Error("holder:", n, o, err)
		}
	}
	near, err := db.Nearest(ctx, subject(7))
	if diff := cmp.Diff(want[0], near); diff != "" || err != nil {
		t.Error("nearest of a known id:", diff, err)
	}
	if near, err = db.Nearest(ctx, subject(50000)); err == nil && near.ID == subject(50000) {
		t.Error("an unknown id was found")
	}
	shared, err := db.Sharing(ctx, [][16]byte{mask(1), mask(30), mask(99)})
	if diff := cmp.Diff(map[[16]byte]int{mask(1): 3, mask(30): 2}, shared); diff != "" || err != nil {
		t.Error("sharing:", diff, err)
	}
	if err := apply(db, Subjects(103, 1)); !fault.Is(err, fault.Conflict) {
		t.Errorf("an ordinal stored twice: %v", err)
	}
	shared, err = db.Sharing(ctx, [][16]byte{mask(103 % 40)})
	if shared[mask(103%40)] != 3 || err != nil {
		t.Error("the failed enrolment was counted:", shared, err)
	}
}

func testCorrected(t *testing.T, db *store.DB) {
	mustApply(t, db, *Subjects(1, 3)) // a value serves as well as a pointer
	old := custody(t, db, 2)
	fix := vault.Corrected{Ordinal: 2, Version: 2, At: now.Add(time.Hour), Sealed: []byte("two"),
		Fields: []pii.Field{pii.Phone}, Index: []vault.IndexRow{{Ordinal: 2, Field: pii.Phone, Norm: 1, Tag: tag("new", 2)}},
		Masks: []vault.MaskCount{{Key: mask(2), By: -1}, {Key: mask(7), By: 1}, {Key: mask(8), By: 1}, {Key: mask(8), By: -1}}}
	mustApply(t, db, &fix)
	c := custody(t, db, 2)
	if c.Version != 2 || !cmp.Equal(c.Fields, fix.Fields) || !bytes.Equal(c.Sealed, fix.Sealed) || !c.At.Equal(fix.At) {
		t.Errorf("version %d of %v, fields %v", c.Version, c.At, c.Fields)
	}
	got, err := db.Replaced(ctx, []vault.SealedVersion{{Ordinal: 3, Version: 1}, {Ordinal: 2, Version: 1}, {Ordinal: 2, Version: 2}})
	want := []vault.SealedVersion{{Ordinal: 2, Version: 1, Sealed: old.Sealed, At: old.At}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error("replaced:", diff, err)
	}
	found, err := db.Candidates(ctx, pii.Phone, 1, [][32]byte{tag("phone", 2), tag("new", 2)})
	if diff := cmp.Diff(map[[32]byte][]pii.Ordinal{tag("new", 2): {2}}, found); diff != "" || err != nil {
		t.Error("candidates:", diff, err)
	}
	shared, err := db.Sharing(ctx, [][16]byte{mask(2), mask(7), mask(8)})
	if err != nil || shared[mask(2)] != 0 || shared[mask(7)] != 1 || shared[mask(8)] != 0 {
		t.Error("sharing:", shared, err)
	}
	if err := apply(db, &fix); !fault.IsID(err, "stale") {
		t.Errorf("a correction made from an older version: %v", err)
	}
}

func testErasure(t *testing.T, db *store.DB) {
	mustApply(t, db, Subjects(1, 3))
	mustApply(t, db, &vault.HoldSet{Ordinal: 2, Held: true})
	if got := custody(t, db, 2).State; got != vault.Held {
		t.Errorf("state %d", got)
	}
	gone := &vault.Destroyed{Ordinal: 2, Masks: []vault.MaskCount{{Key: mask(2), By: -1}}}
	if err := apply(db, gone); !fault.IsID(err, "stale") {
		t.Errorf("a held subject was erased: %v", err)
	}
	mustApply(t, db, &vault.HoldSet{Ordinal: 2})
	mustApply(t, db, gone)
	c := custody(t, db, 2)
	want := vault.Custody{ID: subject(2), Ordinal: 2, State: vault.Erased, Version: 1, At: now, Period: "2026-11", RecordKey: key("record", 2), Fields: []pii.Field{}, Sealed: c.Sealed}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	found, err := db.Candidates(ctx, pii.Phone, 1, [][32]byte{tag("phone", 2), tag("phone", 3)})
	if diff := cmp.Diff(map[[32]byte][]pii.Ordinal{tag("phone", 3): {3}}, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, e := range map[string]any{"erased": gone, "held": &vault.HoldSet{Ordinal: 2, Held: true}, "held, unknown": &vault.HoldSet{Ordinal: 99, Held: true},
		"corrected": &vault.Corrected{Ordinal: 2, Version: 2}} {
		if err := apply(db, e); !fault.IsID(err, "stale") {
			t.Errorf("an erased subject was %s: %v", name, err)
		}
	}
	if err := db.Purge(ctx); err != nil {
		t.Error(err)
	}
	if got := custody(t, db, 3); !bytes.Equal(got.DataKey, key("data", 3)) {
		t.Error("the purge took a living key")
	}
}

func testRewrap(t *testing.T, db *store.DB) {
	mustApply(t, db, Subjects(1, 3))
	mustApply(t, db, &vault.Destroyed{Ordinal: 2})
	rows := []vault.Rewrapped{{Ordinal: 1, Was: key("data", 1), Period: "2026-12", DataKey: []byte("k1")}, {Ordinal: 2, Was: key("data", 2), Period: "2026-12", DataKey: []byte("k2")}, {Ordinal: 3, Was: key("data", 3), Period: "2026-12", DataKey: []byte("k3")}}
	if err := db.Rewrap(ctx, rows); err != nil {
		t.Fatal(err)
	}
	if c := custody(t, db, 3); c.Period != "2026-12" || string(c.DataKey) != "k3" {
		t.Error("the key was not wrapped anew")
	}
	if c := custody(t, db, 2); c.DataKey != nil || c.Period != "2026-11" {
		t.Error("an erased subject has a data key again")
	}
	if err := db.Rewrap(ctx, []vault.Rewrapped{{Ordinal: 3, Was: key("data", 3), Period: "2027-01", DataKey: []byte("k4")}}); err != nil {
		t.Fatal(err)
	}
	if c := custody(t, db, 3); string(c.DataKey) != "k3" {
		t.Error("a key that took the old one's place meanwhile is replaced")
	}
}

// testLapsed takes fields of two subjects away, one of them of a replaced version too.
func testLapsed(t *testing.T, db *store.DB) {
	mustApply(t, db, Subjects(1, 4))
	mustApply(t, db, &vault.Corrected{Ordinal: 2, Version: 2, At: now.Add(time.Hour), Sealed: []byte("two"), Fields: []pii.Field{pii.Email, pii.Phone},
		Index: []vault.IndexRow{{Ordinal: 2, Field: pii.Phone, Norm: 1, Tag: tag("new", 2)}, {Ordinal: 2, Field: pii.Email, Norm: 1, Tag: tag("new", 3)}}})
	mustApply(t, db, &vault.Destroyed{Ordinal: 4})
	mustApply(t, db, &vault.NoteStored{Note: vault.Note{ID: request(1), Ordinal: 2, By: "a", At: now, Sealed: []byte("note")}})
	fields := custody(t, db, 1).Fields
	want := []vault.Aged{{Ordinal: 1, Version: 1, At: now, Fields: fields}, {Ordinal: 3, Version: 1, At: now, Fields: fields}}
	if got, err := db.Aged(ctx, now, 0, 10); err != nil || cmp.Diff(want, got) != "" {
		t.Error("stored until then:", cmp.Diff(want, got), err)
	}
	if got, err := db.Aged(ctx, now.Add(time.Hour), 1, 1); err != nil || len(got) != 1 || got[0].Ordinal != 2 || got[0].Version != 2 {
		t.Error("a page:", got, err)
	}
	old := vault.Aged{Ordinal: 2, Version: 1, At: now, Fields: fields}
	if got, err := db.AgedReplaced(ctx, now, vault.Aged{}, 10); err != nil || cmp.Diff([]vault.Aged{old}, got) != "" {
		t.Error("replaced:", got, err)
	}
	if got, err := db.AgedReplaced(ctx, now, old, 10); err != nil || len(got) != 0 {
		t.Error("after the last:", got, err)
	}
	e := &vault.Lapsed{Masks: []vault.MaskCount{{Key: mask(2), By: -1}}, Of: []vault.Resealed{
		{Ordinal: 1, Version: 1, Period: "2026-12", DataKey: []byte("k1"), Fields: []pii.Field{pii.Phone}, Sealed: []byte("s1"), Gone: []pii.Field{pii.Email}},
		{Ordinal: 2, Version: 2, Period: "2026-12", DataKey: []byte("k2"), Fields: []pii.Field{pii.Phone}, Sealed: []byte("s2"), Gone: []pii.Field{pii.Email},
			Replaced: []vault.ResealedVersion{{Version: 1, Sealed: []byte("s2.1"), Gone: []pii.Field{pii.Email, pii.Phone}}},
			Notes:    []vault.Note{{ID: request(1), Sealed: []byte("other")}}},
	}}
	mustApply(t, db, e)
	for o, c := range map[int]vault.Custody{1: custody(t, db, 1), 2: custody(t, db, 2)} {
		if n := strconv.Itoa(o); string(c.DataKey) != "k"+n || string(c.Sealed) != "s"+n || c.Period != "2026-12" || !cmp.Equal(c.Fields, []pii.Field{pii.Phone}) {
			t.Errorf("subject %d: fields %v under %s", o, c.Fields, c.Period)
		}
	}
	past := []vault.SealedVersion{{Ordinal: 2, Version: 1, At: now, Fields: []pii.Field{}, Sealed: []byte("s2.1")}}
	if got, err := db.Past(ctx, []pii.Ordinal{1, 2}); err != nil || cmp.Diff(past, got) != "" {
		t.Error("past:", cmp.Diff(past, got), err)
	}
	if got, err := db.AgedReplaced(ctx, now, vault.Aged{}, 10); err != nil || len(got) != 0 {
		t.Error("a version without a value is found:", got, err)
	}
	if got, err := db.ContactNotes(ctx, []pii.Ordinal{2}, 9); err != nil || len(got) != 1 || string(got[0].Sealed) != "other" {
		t.Error("notes:", len(got), err)
	}
	for _, f := range []pii.Field{pii.Phone, pii.Email} {
		found, err := db.Candidates(ctx, f, 1, [][32]byte{tag(string(f), 1), tag("new", 2), tag("new", 3)})
		if n := map[pii.Field]int{pii.Phone: 2}[f]; err != nil || len(found) != n {
			t.Errorf("%d of the two are found by %s: %v", len(found), f, err)
		}
	}
	e.Of[0].Version = 2
	if err := apply(db, e); !fault.IsID(err, "stale") {
		t.Errorf("a lapse of another version: %v", err)
	}
	mustApply(t, db, &vault.HoldSet{Ordinal: 1, Held: true})
	e.Of[0].Version = 1
	if err := apply(db, e); !fault.IsID(err, "stale") {
		t.Errorf("a lapse of somebody who is held: %v", err)
	}
}

func testOrdinals(t *testing.T, db *store.DB) {
	if o, err := db.NextOrdinals(ctx, 5); err != nil || o != 1 {
		t.Fatalf("the first ordinal is %d: %v", o, err)
	}
	var mu sync.Mutex
	taken := map[pii.Ordinal]bool{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				first, err := db.NextOrdinals(ctx, 3)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for o := first; o < first+3; o++ {
					if taken[o] || o < 6 {
						t.Errorf("ordinal %d was reserved twice", o)
					}
					taken[o] = true
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if len(taken) != 120 {
		t.Errorf("%d ordinals, want 120", len(taken))
	}
	if _, err := db.NextOrdinals(ctx, 1<<32); !fault.Is(err, fault.Exhausted) {
		t.Errorf("more ordinals than there are: %v", err)
	}
	if _, err := db.NextOrdinals(ctx, 0); err == nil {
		t.Error("no ordinals were reserved")
	}
	if o, err := db.NextOrdinals(ctx, 1); err != nil || o != 126 {
		t.Errorf("after a refusal: %d, %v", o, err)
	}
}

// testLongLists asks for more at once than the longest list holds.
func testLongLists(t *testing.T, db *store.DB) {
	const n = 2500
	all := Subjects(1, n)
	mustApply(t, db, all)
	var ids []pii.SubjectID
	var of []pii.Ordinal
	var tags [][32]byte
	for i := n; i >= 1; i-- {
		ids, of, tags = append(ids, subject(i)), append(of, pii.Ordinal(i)), append(tags, tag("phone", i))
	}
	got, err := db.Custody(ctx, ids)
	if err != nil || len(got) != n {
		t.Fatal(len(got), err)
	}
	for i, c := range got {
		if c.Ordinal != of[i] {
			t.Fatalf("place %d holds ordinal %d", i, c.Ordinal)
		}
	}
	slices.Reverse(got)
	if diff := cmp.Diff(all.Custody, got); diff != "" {
		t.Errorf("%.200s", diff)
	}
	found, err := db.Candidates(ctx, pii.Phone, 1, tags)
	if err != nil || len(found) != n {
		t.Error(len(found), err)
	}
}
