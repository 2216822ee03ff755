package keyring

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goldbell/goldbell/internal/fault"
)

// The files of a key directory. The ring is replaced as a whole: ring.new is
// written and synced, the ring in place gets the second name ring.old, ring.new
// takes the name ring, and ring.old is overwritten with zeros and removed. A
// crash leaves the old ring or the new one under the name ring; what else it
// leaves, sweep overwrites and removes at the next Open.
//
// Overwriting is best effort. On a copy-on-write file system, an SSD that levels
// wear, or in a snapshot or copy of the directory, old bytes may outlive it; they
// are sealed under the root key, so the root key must be kept apart from copies.
const (
	rootName = "root.key"
	ringName = "ring"
	newName  = "ring.new"
	oldName  = "ring.old"
)

const ringMagic = "goldbell ring v1\n"

const ringHeader = len(ringMagic) + 1 + 8 // magic, suite, generation

func path(dir, name string) string { return filepath.Join(dir, name) }

func createRoot(dir string, rand io.Reader) (*key, error) {
	k, err := newKey(rand)
	if err != nil {
		return nil, err
	}
	text := hex.AppendEncode(make([]byte, 0, 2*keySize+1), k[:])
	defer clear(text)
	if err := writeNew(path(dir, rootName), append(text, '\n')); err != nil {
		return nil, broken("write the root key", err)
	}
	return k, syncDir(dir)
}

func readRoot(dir string) (*key, error) {
	text, err := os.ReadFile(path(dir, rootName))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "no-root-key", rootName)
	}
	defer clear(text)
	k := new(key)
	trimmed := bytes.TrimRight(text, "\r\n")
	if len(trimmed) != 2*keySize {
		return nil, fault.New(fault.Unavailable, "no-root-key", rootName)
	}
	if _, err := hex.Decode(k[:], trimmed); err != nil {
		return nil, fault.New(fault.Unavailable, "no-root-key", rootName)
	}
	return k, nil
}

// checkModes refuses keys that other accounts of the machine can read, and a
// directory in which they could replace them.
func checkModes(dir string) error {
	for _, err := range []error{checkMode(dir, "", 0o022), checkMode(dir, rootName, 0o077), checkMode(dir, ringName, 0o077)} {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkMode(dir, name string, refused fs.FileMode) error {
	info, err := os.Stat(path(dir, name))
	if err != nil {
		return fault.New(fault.Unavailable, "no-key-files", cmp.Or(name, "keys"))
	}
	if info.Mode().Perm()&refused != 0 {
		return fault.New(fault.Unavailable, "keys-readable", cmp.Or(name, "keys"))
	}
	return nil
}

// save replaces the ring file by st. onDisk is the generation that must be there,
// 0 for none.
func (r *Ring) save(st *state, onDisk uint64) error {
	if err := r.checkGeneration(onDisk); err != nil {
		return err
	}
	sealed, err := r.sealState(st)
	if err != nil {
		return err
	}
	return replaceRing(r.dir, sealed)
}

func (r *Ring) checkGeneration(want uint64) error {
	b, err := os.ReadFile(path(r.dir, ringName))
	if want == 0 && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || len(b) < ringHeader || binary.BigEndian.Uint64(b[ringHeader-8:]) != want {
		return ErrChanged
	}
	return nil
}

func (r *Ring) sealState(st *state) ([]byte, error) {
	nonce := make([]byte, longNonce)
	if err := fill(r.rand, nonce); err != nil {
		return nil, err
	}
	plain := st.encode()
	defer clear(plain)
	head := append([]byte(ringMagic), byte(intl))
	head = binary.BigEndian.AppendUint64(head, st.generation)
	return r.root.seal(bytes.Clone(head), nonce, plain, head), nil
}

func (r *Ring) load() (*state, error) {
	b, err := os.ReadFile(path(r.dir, ringName))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "no-key-files", ringName)
	}
	return openState(r.root, b)
}

func openState(root *sealer, b []byte) (*state, error) {
	if len(b) < ringHeader || string(b[:len(ringMagic)]) != ringMagic || suite(b[len(ringMagic)]) != intl {
		return nil, ErrDamaged
	}
	plain, err := root.open(b[ringHeader:], b[:ringHeader])
	if err != nil {
		return nil, ErrDamaged
	}
	defer clear(plain)
	return decodeState(binary.BigEndian.Uint64(b[ringHeader-8:]), plain)
}

func replaceRing(dir string, sealed []byte) error {
	ring, next, old := path(dir, ringName), path(dir, newName), path(dir, oldName)
	if err := writeNew(next, sealed); err != nil {
		return broken("write the ring", err)
	}
	// Held open, so that its bytes can be overwritten even where the file system
	// has no second names.
	prev, err := os.OpenFile(ring, os.O_WRONLY, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return broken("open the ring", err)
	}
	if prev != nil {
		defer prev.Close()
		_ = os.Link(ring, old)
	}
	if err := os.Rename(next, ring); err != nil {
		_ = os.Remove(next)
		return broken("replace the ring", err)
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	if prev != nil {
		wipe(prev)
		_ = os.Remove(old)
	}
	return nil
}

// sweep removes what an interrupted write left. ring.old may still be the ring
// itself, when the crash came before the rename: then only the name goes.
func sweep(dir string) error {
	ring, err := os.Stat(path(dir, ringName))
	if err != nil {
		return fault.New(fault.Unavailable, "no-key-files", ringName)
	}
	for _, name := range []string{newName, oldName} {
		f, err := os.OpenFile(path(dir, name), os.O_WRONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return broken("open a left-over ring", err)
		}
		if info, err := f.Stat(); err == nil && !os.SameFile(info, ring) {
			wipe(f)
		}
		f.Close()
		if err := os.Remove(path(dir, name)); err != nil {
			return broken("remove a left-over ring", err)
		}
	}
	return nil
}

// wipe overwrites a file's bytes, best effort: the file is already replaced.
func wipe(f *os.File) {
	info, err := f.Stat()
	if err != nil {
		return
	}
	_, _ = f.WriteAt(make([]byte, info.Size()), 0)
	_ = f.Sync()
}

func writeNew(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name) // a half-written file would refuse the next try
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return broken("open the key directory", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return broken("sync the key directory", err)
	}
	return nil
}

// broken keeps the operation and the system's reason, not the path.
func broken(op string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fault.Wrap(fault.Unavailable, "keys-unwritable", errors.New(op+": "+err.Error()))
}
