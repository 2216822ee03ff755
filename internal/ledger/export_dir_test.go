package ledger_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

func (b *book) export(dir string) (ledger.Exported, error) {
	return ledger.Export(ctx, b.config, b.db, dir, nil)
}

// TestExportGoesOn: an export that was cut off is finished, a later one adds what is
// new, and an equal one writes nothing.
func TestExportGoesOn(t *testing.T) {
	b := newBook(t)
	b.crowd(700)
	dir := filepath.Join(t.TempDir(), "out")
	cut, stop := context.WithCancel(ctx)
	_, err := ledger.Export(cut, b.config, b.db, dir, func(done, _ uint64) {
		if done >= 512 {
			stop()
		}
	})
	if !fault.IsID(err, "interrupted") {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err == nil {
		t.Fatal("a checkpoint without all its tiles")
	}
	b.ok(os.WriteFile(filepath.Join(dir, ".part-1"), []byte("half"), 0o600))
	first, err := b.export(dir)
	b.ok(err)
	if first.Size != 700 || first.Written == 0 {
		t.Errorf("%+v", first)
	}
	again, err := b.export(dir)
	b.ok(err)
	if again.Written != 0 {
		t.Errorf("an equal export wrote %d files", again.Written)
	}
	b.crowd(100)
	more, err := b.export(dir)
	b.ok(err)
	if more.Size != 800 {
		t.Errorf("%+v", more)
	}
	b.bundles(dir, 800)
}

// bundles reads the exported entries back and compares them with the checkpoint.
func (b *book) bundles(dir string, size uint64) {
	b.t.Helper()
	var leaves [][]byte
	for n := uint64(0); n*256 < size; n++ {
		data, err := os.ReadFile(filepath.Join(dir, ledger.EntriesPath(n, int(min(256, size-n*256)))))
		b.ok(err)
		more, err := ledger.SplitBundle(data)
		b.ok(err)
		leaves = append(leaves, more...)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	b.ok(err)
	c, err := proof.ParseCheckpoint(signed)
	b.ok(err)
	if c.Size != size || c.Root != treeHash(leaves) {
		b.t.Errorf("the checkpoint of %d entries is not that of the bundles", c.Size)
	}
}

// TestExportTouchesNothingElse: another file, another log, a longer log, an altered
// tile.
func TestExportTouchesNothingElse(t *testing.T) {
	b, other := newBook(t), newBook(t)
	b.fill(300)
	other.fill(300)
	for name, prepare := range map[string]func(dir string){
		"a file": func(dir string) { b.ok(os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600)) },
		"another log": func(dir string) {
			_, err := other.export(dir)
			b.ok(err)
		},
		"another log's tiles": func(dir string) {
			_, err := other.export(dir)
			b.ok(err)
			b.ok(os.Remove(filepath.Join(dir, "checkpoint")))
		},
		"an altered tile": func(dir string) {
			_, err := b.export(dir)
			b.ok(err)
			b.ok(os.WriteFile(filepath.Join(dir, "tile/0/000"), make([]byte, 8192), 0o600))
		},
		"a link": func(dir string) {
			b.ok(os.MkdirAll(filepath.Join(dir, "tile/0"), 0o700))
			b.ok(os.Symlink("nowhere", filepath.Join(dir, "tile/0/000")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			prepare(dir)
			before := listing(t, dir)
			if _, err := b.export(dir); err == nil {
				t.Error("exported")
			} else if !fault.IsID(err, "export-other") && !fault.IsID(err, "export-unwritable") {
				t.Error(err)
			}
			for path, data := range before {
				now, err := os.ReadFile(path)
				if err != nil || string(now) != data {
					t.Errorf("%s was touched: %v", path, err)
				}
			}
		})
	}
}

func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
