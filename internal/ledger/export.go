package ledger

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// Exported is what an export wrote.
type Exported struct {
	Size    uint64     `json:"size"`
	Root    proof.Hash `json:"root"`
	Written int        `json:"written"` // files that were not there yet
}

// partial is what a file is called until it is whole.
const partial = ".part-"

// Export writes the log to a directory as C2SP tlog-tiles lays it out: entries,
// tiles of hashes and, when all of it is there and matches the signed head, the
// checkpoint. It may be interrupted and run again, also after the ledger grew. What
// is there already must be what it would write: nothing of another kind or of
// another log is touched.
func Export(ctx context.Context, c Config, history History, dir string, progress func(done, total uint64)) (Exported, error) {
	verifier, err := note.NewVerifier(c.Ring.VerifierKey())
	if err != nil {
		return Exported{}, fault.Wrap(fault.Internal, "internal", err)
	}
	l := &Ledger{store: c.Store, ring: c.Ring, keys: c.Keys, verifier: verifier, alarm: func(string) {}}
	if err := l.lineage(ctx, c.Restores, false); err != nil {
		return Exported{}, err
	}
	head, err := c.Store.Head(ctx)
	if err != nil {
		return Exported{}, err
	}
	if head.Size == 0 {
		return Exported{}, fault.New(fault.Conflict, "export-empty", "")
	}
	if err := l.checkSigned(head); err != nil {
		return Exported{}, err
	}
	x := &export{dir: dir, report: Exported{Size: head.Size, Root: head.Root}}
	if err := x.begin(func(signed []byte) error { return l.extends(ctx, head, signed) }); err != nil {
		return Exported{}, err
	}
	if err := x.entries(ctx, history, head.Size, progress); err != nil {
		return Exported{}, err
	}
	if x.tree.root() != head.Root {
		return Exported{}, fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return x.report, x.finish(head.Note)
}

// extends verifies that an older checkpoint is one of this log.
func (l *Ledger) extends(ctx context.Context, head Head, signed []byte) error {
	size, root, err := l.openNote(signed)
	if err != nil || size > head.Size {
		return errElsewhere
	}
	now, err := l.rootAt(ctx, size)
	if err != nil {
		return err
	}
	if now != root {
		return errElsewhere
	}
	return nil
}

// errElsewhere says that the directory holds something else than this log.
var errElsewhere = fault.New(fault.Conflict, "export-other", "")

type export struct {
	dir    string
	tree   growing
	bundle []byte
	report Exported
}

// begin makes the directory, or verifies that it holds an export of this log.
func (x *export) begin(extends func(signed []byte) error) error {
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return unwritable
	}
	files, err := os.ReadDir(x.dir)
	if err != nil {
		return unwritable
	}
	for _, f := range files {
		switch {
		case strings.HasPrefix(f.Name(), partial) && f.Type().IsRegular():
			_ = os.Remove(filepath.Join(x.dir, f.Name())) // of a run that was cut off
		case f.Name() != "tile" && f.Name() != "checkpoint":
			return errElsewhere
		}
	}
	signed, err := os.ReadFile(filepath.Join(x.dir, "checkpoint"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return errElsewhere
	}
	return extends(signed)
}

var unwritable = fault.New(fault.Unavailable, "export-unwritable", "")

// entries writes every tile that is full, and at the end what is not.
func (x *export) entries(ctx context.Context, history History, size uint64, progress func(done, total uint64)) error {
	for from := uint64(0); from < size; {
		if ctx.Err() != nil {
			return fault.New(fault.Unavailable, "interrupted", "")
		}
		to := min(from+tileWidth, size)
		x.bundle, x.tree.full = x.bundle[:0], x.tree.full[:0]
		next := from
		err := history.ScanLeaves(ctx, from, to, func(idx uint64, leaf []byte) error {
			if idx != next || len(leaf) > maxLeaf {
				return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
			}
			next++
			x.bundle = AppendBundle(x.bundle, leaf)
			x.tree.addLeaf(leaf)
			return nil
		})
		if err != nil {
			return err
		}
		if next != to {
			return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
		}
		if err := x.put(EntriesPath(from/tileWidth, int(to-from)), x.bundle); err != nil {
			return err
		}
		for _, t := range x.tree.full {
			if err := x.put(TilePath(t.ID.Level, t.ID.Number, tileWidth), t.Data); err != nil {
				return err
			}
		}
		from = to
		if progress != nil {
			progress(from, size)
		}
	}
	for level, row := range x.tree.rows {
		if width := len(row) / proof.HashSize; width > 0 {
			if err := x.put(TilePath(level, size>>(tileHeight*(level+1)), width), row); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes a file that never changes, or finds it there.
func (x *export) put(name string, data []byte) error {
	path := filepath.Join(x.dir, filepath.FromSlash(name))
	there, err := os.ReadFile(path)
	if err == nil {
		if !bytes.Equal(there, data) {
			return errElsewhere
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return errElsewhere
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unwritable
	}
	temp, err := x.temp(data)
	if err != nil {
		return unwritable
	}
	defer func() { _ = os.Remove(temp) }()
	if err := os.Link(temp, path); err != nil { // unlike a rename it replaces nothing
		return unwritable
	}
	x.report.Written++
	return nil
}

func (x *export) temp(data []byte) (string, error) {
	f, err := os.CreateTemp(x.dir, partial+"*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Sync(), f.Close())
}

// finish puts the checkpoint there, last of all and in the place of an older one.
func (x *export) finish(signed []byte) error {
	path := filepath.Join(x.dir, "checkpoint")
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, signed) {
		return nil
	}
	temp, err := x.temp(signed)
	if err != nil {
		return unwritable
	}
	if err := os.Rename(temp, path); err != nil {
		return unwritable
	}
	x.report.Written++
	return nil
}
