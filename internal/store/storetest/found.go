package storetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/exposure"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
)

// testTags corrects a subject and erases another: the tags of replaced values are
// kept for found files alone, and go when the subject goes.
func testTags(t *testing.T, db *store.DB) {
	mustApply(t, db, Subjects(1, 5))
	for v := pii.Version(2); v <= 3; v++ {
		mustApply(t, db, &vault.Corrected{Ordinal: 2, Version: v, At: now.Add(time.Duration(v) * time.Hour), Sealed: []byte{byte(v)},
			Fields: []pii.Field{pii.Phone}, Index: []vault.IndexRow{{Ordinal: 2, Field: pii.Phone, Norm: 1, Tag: tag("new", int(v))}}})
	}
	mustApply(t, db, &vault.Corrected{Ordinal: 4, Version: 2, At: now, Fields: []pii.Field{pii.Phone}, Sealed: []byte("4"),
		Index: []vault.IndexRow{{Ordinal: 4, Field: pii.Phone, Norm: 1, Tag: tag("phone", 4)}}})
	asked := [][32]byte{tag("phone", 1), tag("phone", 2), tag("new", 2), tag("new", 3), tag("phone", 4), tag("phone", 77)}
	holders := func() []vault.TagHolder {
		t.Helper()
		got, err := db.Holders(ctx, pii.Phone, 1, asked)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b vault.TagHolder) int {
			return (int(a.Ordinal)-int(b.Ordinal))*100 + int(a.Version) - int(b.Version)
		})
		return got
	}
	want := []vault.TagHolder{
		{Tag: tag("phone", 1), Ordinal: 1, Version: 1, Current: 1},
		{Tag: tag("phone", 2), Ordinal: 2, Version: 1, Current: 3}, {Tag: tag("new", 2), Ordinal: 2, Version: 2, Current: 3}, {Tag: tag("new", 3), Ordinal: 2, Version: 3, Current: 3},
		{Tag: tag("phone", 4), Ordinal: 4, Version: 1, Current: 2}, {Tag: tag("phone", 4), Ordinal: 4, Version: 2, Current: 2},
	}
	if diff := cmp.Diff(want, holders()); diff != "" {
		t.Error(diff)
	}
	changed, err := db.Changed(ctx)
	at := func(h int) int64 { return now.Add(time.Duration(h) * time.Hour).Unix() }
	if diff := cmp.Diff(map[pii.Ordinal][]int64{2: {at(0), at(2), at(3)}, 4: {at(0), at(0)}}, changed); diff != "" || err != nil {
		t.Error(diff, err)
	}

	page := func(past bool) (all [][32]byte) {
		for after := ([32]byte{}); ; {
			got, err := db.TagsAfter(ctx, pii.Phone, 1, past, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got...)
			if len(got) < 2 {
				return all
			}
			after = got[1]
		}
	}
	if got := page(false); len(got) != 5 || !slices.IsSortedFunc(got, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }) {
		t.Errorf("%d current tags, want 5 in order", len(got))
	}
	if got := page(true); len(got) != 3 {
		t.Errorf("%d past tags, want 3", len(got))
	}

	mustApply(t, db, &vault.Destroyed{Ordinal: 2})
	if err := db.EraseAgain(ctx, 4); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[:1], holders()); diff != "" {
		t.Error("tags of erased subjects are kept:", diff)
	}
	if got := page(true); got != nil {
		t.Errorf("%d past tags of erased subjects", len(got))
	}
}

// testSegments stores a segment of several parts, replaces it and reads all in order.
func testSegments(t *testing.T, db *store.DB) {
	large := bytes.Repeat([]byte("part"), 300_000)
	read := func() (all []exposure.Stored) {
		t.Helper()
		if err := db.Segments(ctx, func(s exposure.Stored) error { all = append(all, s); return nil }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := read(); got != nil {
		t.Fatalf("%d segments in an empty store", len(got))
	}
	put := func(drop []exposure.Span, put ...exposure.Stored) {
		t.Helper()
		if err := db.ReplaceSegments(ctx, drop, put); err != nil {
			t.Fatal(err)
		}
	}
	a, b, c := exposure.Stored{First: 0, Until: 8, Sealed: []byte("a")}, exposure.Stored{First: 8, Until: 16, Sealed: large}, exposure.Stored{First: 16, Until: 24, Sealed: []byte("c")}
	put(nil, c, a, b)
	if diff := cmp.Diff([]exposure.Stored{a, b, c}, read()); diff != "" {
		t.Error("as stored:", len(diff))
	}
	whole := exposure.Stored{First: 0, Until: 16, Sealed: large[:len(large)-1]}
	put([]exposure.Span{{First: 0, Until: 8}, {First: 8, Until: 16}}, whole)
	if diff := cmp.Diff([]exposure.Stored{whole, c}, read()); diff != "" {
		t.Error("as replaced:", len(diff))
	}
	for what, again := range map[string]exposure.Stored{"one stored twice": whole, "one inside another": b, "one across two": {First: 12, Until: 20, Sealed: []byte("d")}} {
		if err := db.ReplaceSegments(ctx, []exposure.Span{{First: 16, Until: 20}, {First: 0, Until: 8}}, []exposure.Stored{again}); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := read(); len(got) != 2 {
		t.Errorf("the failed replacement left %d segments", len(got))
	}
}
