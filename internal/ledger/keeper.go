package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// keeperPause is how often at most the keeper's file is written.
const keeperPause = time.Second

// Keeper keeps the last signed head in a small file outside the data directory
// and its backups. A database behind it was rolled back.
type Keeper struct {
	path   string
	origin string
	alarm  func(id string) // set before it is opened; may be nil

	mu      sync.Mutex
	newest  Head
	written uint64
	timer   *time.Timer
	closed  bool
	err     error
}

// NewKeeper names the keeper's file; it is read by Open.
func NewKeeper(path, origin string) *Keeper { return &Keeper{path: path, origin: origin} }

// Open compares the kept head with the database's size and, through rootAt, with
// its tree. A missing file is accepted: a first start, or a keeper moved here.
func (k *Keeper) Open(v note.Verifier, rootAt func(uint64) (proof.Hash, error), have uint64) error {
	signed, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		if have > 0 {
			k.tell("keeper-missing") // a keeper moved here, or one that was removed
		}
		return nil
	}
	if err != nil {
		return fault.New(fault.Unavailable, "keeper-unreadable", "")
	}
	size, root, err := openCheckpoint(signed, k.origin, v)
	if err != nil {
		return fault.New(fault.Unavailable, "keeper-unreadable", "")
	}
	if size > have {
		return fault.New(fault.Unavailable, "keeper-ahead", "")
	}
	stored, err := rootAt(size)
	if err != nil {
		return err
	}
	if stored != root {
		return fault.New(fault.Unavailable, "keeper-ahead", "")
	}
	k.written = size
	return nil
}

// Saw tells the keeper of a committed head. It is written soon, never sooner than
// a second after the last.
func (k *Keeper) Saw(h Head) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || h.Size <= k.newest.Size {
		return
	}
	k.newest = h
	if k.timer == nil {
		k.timer = time.AfterFunc(keeperPause, k.flush)
	}
}

func (k *Keeper) flush() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.timer = nil
	if !k.closed {
		if k.err = k.write(); k.err != nil {
			k.tell("keeper-unwritable")
		}
	}
}

func (k *Keeper) tell(id string) {
	if k.alarm != nil {
		k.alarm(id)
	}
}

// Close writes the newest head.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	if k.timer != nil {
		k.timer.Stop()
	}
	return k.write()
}

// Err is why the last write failed, if it did.
func (k *Keeper) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

// write replaces the file, durably, unless it holds the newest head already.
func (k *Keeper) write() error {
	if k.newest.Size <= k.written {
		return nil
	}
	if err := replaceFile(k.path, k.newest.Note); err != nil {
		return fault.New(fault.Unavailable, "keeper-unwritable", "")
	}
	k.written = k.newest.Size
	return nil
}

func replaceFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".head-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
