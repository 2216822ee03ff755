package keyring

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

func dirNames(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, entries, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	return must(t, b, err)
}

func write(t testing.TB, name string, b []byte) {
	t.Helper()
	must(t, true, os.WriteFile(name, b, 0o600))
}

func TestFilesAreOurOwn(t *testing.T) {
	r := newRing(t)
	for name, want := range map[string]os.FileMode{"": 0o700, rootName: 0o600, ringName: 0o600} {
		info, err := os.Stat(path(r.dir, name))
		if must(t, info, err); info.Mode().Perm() != want {
			t.Errorf("%q has mode %o", name, info.Mode().Perm())
		}
	}
	for _, c := range []struct {
		name string
		mode os.FileMode
	}{{rootName, 0o640}, {rootName, 0o604}, {ringName, 0o644}, {ringName, 0o620}, {"", 0o770}, {"", 0o702}} {
		was, err := os.Stat(path(r.dir, c.name))
		must(t, was, err)
		must(t, true, os.Chmod(path(r.dir, c.name), c.mode))
		if _, err := Open(r.dir, rand.Reader); !fault.IsID(err, "keys-readable") {
			t.Errorf("%q with mode %o: %v", c.name, c.mode, err)
		}
		must(t, true, os.Chmod(path(r.dir, c.name), was.Mode().Perm()))
	}
	reopen(t, r)
}

func TestCreateRefusesExistingFiles(t *testing.T) {
	for _, name := range []string{rootName, ringName} {
		dir := t.TempDir()
		write(t, path(dir, name), []byte("kept"))
		if _, err := Create(dir, origin, november, rand.Reader); !fault.IsID(err, "keys-exist") {
			t.Errorf("%s: %v", name, err)
		}
		if got := read(t, path(dir, name)); string(got) != "kept" {
			t.Errorf("%s was overwritten", name)
		}
	}
	shared := t.TempDir()
	must(t, true, os.Chmod(shared, 0o777))
	if _, err := Create(shared, origin, november, rand.Reader); !fault.IsID(err, "keys-readable") || len(dirNames(t, shared)) != 0 {
		t.Error("keys in a directory that others write:", err)
	}
	for _, bad := range []string{"", "a b", "a+b", "a\n"} {
		if _, err := Create(filepath.Join(t.TempDir(), "k"), bad, november, rand.Reader); !fault.IsID(err, "bad-origin") {
			t.Errorf("origin %q: %v", bad, err)
		}
	}
}

func TestOpenRefusesWhatIsNotOurs(t *testing.T) {
	r := newRing(t)
	ring, root := read(t, path(r.dir, ringName)), read(t, path(r.dir, rootName))
	for i := range ring {
		b := bytes.Clone(ring)
		b[i] ^= 1 << (i % 8)
		if _, err := openState(r.root, b); !errors.Is(err, ErrDamaged) {
			t.Fatalf("ring with byte %d altered: %v", i, err)
		}
	}
	write(t, path(r.dir, rootName), bytes.Repeat([]byte("0"), 64))
	if _, err := Open(r.dir, rand.Reader); !errors.Is(err, ErrDamaged) {
		t.Error("another root key:", err)
	}
	write(t, path(r.dir, rootName), []byte("short\n"))
	if _, err := Open(r.dir, rand.Reader); !fault.IsID(err, "no-root-key") {
		t.Error("short root key:", err)
	}
	write(t, path(r.dir, rootName), root)
	reopen(t, r)
	must(t, true, os.Remove(path(r.dir, ringName)))
	if _, err := Open(r.dir, rand.Reader); !fault.IsID(err, "no-key-files") {
		t.Error("no ring:", err)
	}
}

// TestCrashWhileReplacing leaves the directory as a crash would after each step.
func TestCrashWhileReplacing(t *testing.T) {
	before := newRing(t)
	old := read(t, path(before.dir, ringName))
	must(t, true, before.Shred(li))
	next := read(t, path(before.dir, ringName))
	root := read(t, path(before.dir, rootName))

	link := func(dir string) error { return os.Link(path(dir, ringName), path(dir, oldName)) }
	steps := []struct {
		name   string
		leave  func(t *testing.T, dir string)
		erased bool
	}{
		{"half of ring.new", func(t *testing.T, d string) { write(t, path(d, newName), next[:len(next)/2]) }, false},
		{"ring.new", func(t *testing.T, d string) { write(t, path(d, newName), next) }, false},
		{"ring.old is the ring", func(t *testing.T, d string) { write(t, path(d, newName), next); must(t, true, link(d)) }, false},
		{"renamed", func(t *testing.T, d string) {
			must(t, true, link(d))
			write(t, path(d, newName), next)
			must(t, true, os.Rename(path(d, newName), path(d, ringName)))
		}, true},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, path(dir, rootName), root)
			write(t, path(dir, ringName), old)
			s.leave(t, dir)
			var stale *os.File
			if f, err := os.Open(path(dir, oldName)); err == nil {
				stale = f
				defer f.Close()
			}
			r, err := Open(dir, rand.Reader)
			if must(t, r, err); r.Erased(li) != s.erased {
				t.Errorf("erased = %v", r.Erased(li))
			}
			if d := cmp.Diff(dirNames(t, dir), []string{ringName, rootName}); d != "" {
				t.Error(d)
			}
			if s.erased && stale != nil {
				b, err := io.ReadAll(stale)
				if must(t, b, err); slices.Max(b) != 0 {
					t.Error("the old ring's bytes were not overwritten")
				}
			}
			must(t, true, r.Shred(wang)) // and it can be written again
		})
	}
}

func TestReplacedRingIsOverwritten(t *testing.T) {
	r := newRing(t)
	f, err := os.Open(path(r.dir, ringName))
	must(t, f, err)
	defer f.Close()
	must(t, true, r.Shred(li))
	b, err := io.ReadAll(f)
	if must(t, b, err); len(b) == 0 || slices.Max(b) != 0 {
		t.Error("the replaced file still holds the old ring")
	}
}

func TestFailedWriteChangesNothing(t *testing.T) {
	r := newRing(t)
	must(t, true, os.Mkdir(path(r.dir, newName), 0o700)) // the name is taken
	if err := r.Shred(li); !fault.Is(err, fault.Unavailable) {
		t.Fatal("the write did not fail:", err)
	}
	if r.Erased(li) || r.Generation() != 1 {
		t.Error("a change that is not on disk is in memory")
	}
	must(t, true, os.Remove(path(r.dir, newName)))
	must(t, true, r.Shred(li))
	if r.Generation() != 2 || reopen(t, r).Generation() != 2 {
		t.Error("generation", r.Generation())
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	r := newRing(t)
	other := reopen(t, r)
	must(t, true, other.Shred(li))
	if err := r.Shred(wang); !errors.Is(err, ErrChanged) {
		t.Error("overwrote another process's ring:", err)
	}
	if !reopen(t, r).Erased(li) {
		t.Error("the other process's erasure was lost")
	}
}

func TestStateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st, err := newState(origin, MonthOf(november), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range rapid.SliceOf(rapid.Uint16()).Draw(t, "months") {
			st.periods[Month(m)], st.records[Month(m)] = &key{byte(m)}, &key{1}
		}
		for _, b := range rapid.SliceOf(rapid.Byte()).Draw(t, "ids") {
			st.erased[pii.SubjectID{b}] = true
			st.forgotten[pii.SubjectID{0, b}] = true
		}
		again, err := decodeState(st.generation, st.encode())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(st.encode(), again.encode()) || again.origin != st.origin || len(again.erased) != len(st.erased) || len(again.periods) != len(st.periods) {
			t.Fatal("the state changed")
		}
	})
}

// FuzzDecodeState feeds the decoder what lies under the ring's seal.
func FuzzDecodeState(f *testing.F) {
	st, err := newState(origin, MonthOf(november), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	st.erased[li] = true
	f.Add(st.encode())
	f.Add(append(st.encode(), st.encode()...)) // every item twice
	f.Add([]byte{itemErased, 0, 0, 0, 1, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		st, err := decodeState(1, b)
		if err == nil && !bytes.Equal(st.encode(), b) {
			t.Error("two encodings of one state")
		}
	})
}

// FuzzOpenRing feeds Open whole ring files.
func FuzzOpenRing(f *testing.F) {
	r := newRing(f)
	ring := read(f, path(r.dir, ringName))
	f.Add(ring)
	f.Add([]byte(ringMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := openState(r.root, b); (err == nil) != bytes.Equal(b, ring) {
			t.Errorf("a foreign ring: %v", err)
		}
	})
}
