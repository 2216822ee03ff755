package archive

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/goldbell/goldbell/internal/fault"
)

func pair(t testing.TB) ([]age.Recipient, []age.Identity) {
	t.Helper()
	secret, public, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := Recipients(public)
	if err != nil {
		t.Fatal(err)
	}
	as, err := Identities([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return to, as
}

var content = []Item{
	{Table: "a", Columns: []string{"id", "data", "note"}},
	{Row: []any{int64(-1), []byte{0, 1, 2}, "text"}},
	{Row: []any{int64(1 << 62), []byte{}, nil}},
	{Row: []any{true, false, bytes.Repeat([]byte("x"), 200_000)}},
	{Table: "empty", Columns: []string{"one"}},
}

func written(t testing.TB, to []age.Recipient, manifest string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := Create(&b, to, []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range content {
		if x.Table != "" {
			err = w.Table(x.Table, x.Columns)
		} else {
			err = w.Row(x.Row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a backup to its end; the items are those before an error.
func read(b []byte, as []age.Identity) (manifest string, items []Item, err error) {
	r, m, err := Open(bytes.NewReader(b), as)
	if err != nil {
		return "", nil, err
	}
	for {
		x, err := r.Next()
		if errors.Is(err, io.EOF) {
			return string(m), items, nil
		}
		if err != nil {
			return string(m), items, err
		}
		items = append(items, x)
	}
}

func TestReadsWhatWasWritten(t *testing.T) {
	to, as := pair(t)
	manifest, items, err := read(written(t, to, "about"), as)
	if err != nil || manifest != "about" {
		t.Fatal(manifest, err)
	}
	if diff := cmp.Diff(content, items); diff != "" {
		t.Error(diff)
	}
}

// TestEveryAlterationIsFound flips a bit of, and cuts off at, places all over a
// backup: none is read to its end.
func TestEveryAlterationIsFound(t *testing.T) {
	to, as := pair(t)
	good := written(t, to, "about")
	for at := 0; at < len(good); at += 1 + at/64 {
		bad := bytes.Clone(good)
		bad[at] ^= 4
		if _, _, err := read(bad, as); err == nil {
			t.Fatalf("a bit flipped in byte %d of %d: read to the end", at, len(good))
		}
		if _, _, err := read(good[:at], as); err == nil {
			t.Fatalf("cut off at byte %d of %d: read to the end", at, len(good))
		}
	}
	if _, _, err := read(append(bytes.Clone(good), 0), as); !fault.IsID(err, "backup-damaged") {
		t.Errorf("with a byte more: %v", err)
	}
	_, other := pair(t)
	if _, _, err := read(good, other); !fault.IsID(err, "wrong-identity") {
		t.Errorf("with another's identity: %v", err)
	}
}

// TestUnclosed: what its writer did not close is not read to its end.
func TestUnclosed(t *testing.T) {
	to, as := pair(t)
	var b bytes.Buffer
	w, err := Create(&b, to, []byte("about"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Table("a", []string{"id"}); err != nil {
		t.Fatal(err)
	}
	if w.out.Flush() != nil || w.sealed.Close() != nil {
		t.Fatal("cannot end the encryption alone")
	}
	if _, items, err := read(b.Bytes(), as); !fault.IsID(err, "backup-damaged") || len(items) != 1 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

// FuzzReader: whoever holds the recipient key can write a backup of his own; the
// reader answers it with an error, not a crash.
func FuzzReader(f *testing.F) {
	to, as := pair(f)
	f.Add([]byte("E\x00\x00\x00\x00"))
	f.Add([]byte("T\x00\x00\x00\x0a\x00\x00\x00\x01a\x00\x00\x00\x01bR\x00\x00\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, frames []byte) {
		var b bytes.Buffer
		w, err := Create(&b, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.write(frames); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, _ = read(b.Bytes(), as)
	})
}
