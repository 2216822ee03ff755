package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/store"
)

// BackupOptions are what `goldbell backup` is told.
type BackupOptions struct {
	Places
	To         string // the file; it must not exist
	Recipients string // recipient keys, one per line
	Clock      func() time.Time
	Progress   func(done, total int64) // may be nil
}

// BackedUp is what a backup holds.
type BackedUp struct {
	File       string    `json:"file"`
	Bytes      int64     `json:"bytes"`
	Origin     string    `json:"origin"`
	Entries    uint64    `json:"entries"`
	Rows       int64     `json:"rows"`
	Made       time.Time `json:"made"`
	OpensUntil string    `json:"opens_until"` // the day on which its period keys may be destroyed
}

// manifest is what a backup says of itself.
type manifest struct {
	Version    int             `json:"version"`
	Made       time.Time       `json:"made"`
	Origin     string          `json:"origin"` // the log of the head
	Head       string          `json:"head"`   // its signed checkpoint
	Engine     string          `json:"engine"`
	Migrations []store.Applied `json:"migrations"`
	Rows       int64           `json:"rows"`
	Ring       uint64          `json:"ring"` // the key ring's generation
	Policy     string          `json:"policy"`
	Settings   Settings        `json:"settings"` // without the DSN
}

// sealedManifest is a manifest with a MAC under the key ring's key: whoever has the
// recipient key can encrypt a backup, and a restore takes its settings from it.
type sealedManifest struct {
	Manifest json.RawMessage `json:"manifest"`
	MAC      []byte          `json:"mac"`
}

const (
	manifestVersion = 1
	manifestMAC     = "backup"
)

// Backup writes the database of a data directory, at one moment, with its settings,
// to an encrypted file. It works beside a running server, opens nothing and records
// nothing. The keys are not in it.
func Backup(ctx context.Context, o BackupOptions) (BackedUp, error) {
	settings, err := readSettings(o.Places)
	if err != nil {
		return BackedUp{}, err
	}
	to, err := archive.Recipients(o.Recipients)
	if err != nil {
		return BackedUp{}, err
	}
	file, err := filepath.Abs(o.To)
	if o.To == "" || err != nil {
		return BackedUp{}, fault.New(fault.Invalid, "bad-request", "--to")
	}
	if inside(file, o.Data) {
		return BackedUp{}, fault.New(fault.Invalid, "backup-inside-data", "--to")
	}
	ring, err := keyring.Read(settings.Keys, rand.Reader)
	if err != nil {
		return BackedUp{}, err
	}
	db, err := store.Open(ctx, store.Config{
		Driver: settings.Driver, Path: filepath.Join(o.Data, databaseFile), DSN: settings.DSN, ReadOnly: true,
	})
	if err != nil {
		return BackedUp{}, err
	}
	defer db.Close()
	b := backup{o: o, settings: settings, ring: ring, db: db}
	b.done.File = file
	err = writeWhole(file, func(w io.Writer) error {
		return b.write(ctx, func(m []byte) (*archive.Writer, error) { return archive.Create(w, to, m) })
	})
	if err != nil && ctx.Err() != nil {
		err = fault.New(fault.Unavailable, "interrupted", "") // the driver may notice first
	}
	if err != nil {
		return BackedUp{}, err
	}
	if info, err := os.Stat(file); err == nil {
		b.done.Bytes = info.Size()
	}
	return b.done, nil
}

type backup struct {
	o        BackupOptions
	settings Settings
	ring     *keyring.Ring
	db       *store.DB

	out   *archive.Writer
	head  ledger.Head
	tree  ledger.Tree
	leaf  int // column of the entry's bytes; -1: another table
	rows  int64
	total int64
	done  BackedUp
}

func (b *backup) write(ctx context.Context, create func([]byte) (*archive.Writer, error)) error {
	unfinished, err := b.db.Unfinished(ctx)
	if err != nil {
		return err
	}
	if unfinished {
		return fault.New(fault.Unavailable, "restore-unfinished", "")
	}
	err = b.db.Export(ctx, func(s store.Snapshot) (store.Sink, error) {
		m, err := b.begin(s)
		if err != nil {
			return nil, err
		}
		b.out, err = create(m)
		return b, err
	})
	if err != nil {
		return err
	}
	if !b.tree.Is(b.head) { // a backup of this would not help anybody
		return fault.New(fault.Unavailable, "ledger-broken", "")
	}
	return b.out.Close()
}

// begin checks the head of the moment and makes the manifest.
func (b *backup) begin(s store.Snapshot) ([]byte, error) {
	origin, size, root, err := ledger.SeenHead(ledger.Config{Ring: b.ring}, s.Head.Note)
	if err != nil || size != s.Head.Size || root != s.Head.Root {
		return nil, fault.New(fault.Unavailable, "ledger-broken", "")
	}
	policy, err := os.ReadFile(PolicyPath(b.o.Data))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Unavailable, "settings-unreadable", "")
	}
	settings := b.settings
	settings.DSN = ""
	now := b.o.Clock()
	b.head, b.total = s.Head, s.Rows
	b.done.Origin, b.done.Entries, b.done.Rows, b.done.Made = origin, size, s.Rows, now.UTC().Truncate(time.Second)
	b.done.OpensUntil = (keyring.MonthOf(now) + 2).String() + "-01"
	m, err := json.Marshal(manifest{
		Version: manifestVersion, Made: b.done.Made, Origin: origin, Head: string(s.Head.Note), Engine: s.Engine,
		Migrations: s.Migrations, Rows: s.Rows, Ring: b.ring.Generation(), Policy: string(policy), Settings: settings,
	})
	if err == nil {
		m, err = json.Marshal(sealedManifest{m, b.ring.MAC(manifestMAC, m)})
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "internal", "manifest")
	}
	return m, nil
}

// Table implements [store.Sink].
func (b *backup) Table(name string, columns []string) error {
	b.leaf = -1
	if name == "ledger_entry" {
		b.leaf = slices.Index(columns, "data")
	}
	return b.out.Table(name, columns)
}

// Row implements [store.Sink].
func (b *backup) Row(values []any) error {
	if b.leaf >= 0 {
		leaf, _ := values[b.leaf].([]byte)
		b.tree.Add(leaf)
	}
	if b.rows++; b.o.Progress != nil {
		b.o.Progress(b.rows, b.total)
	}
	return b.out.Row(values)
}

// writeWhole writes a file that did not exist, 0600, and gives it its name only when
// all of it is on the disk. Until then it is FILE.partial, which the next try takes
// over if a crash left it.
func writeWhole(file string, write func(io.Writer) error) error {
	if _, err := os.Lstat(file); err == nil {
		return fault.New(fault.Conflict, "backup-exists", "--to")
	}
	partial := file + ".partial"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return fault.New(fault.Unavailable, "backup-unwritable", "--to")
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return fault.New(fault.Conflict, "backup-exists", "--to") // somebody is writing it
	}
	if err := errors.Join(f.Chmod(0o600), f.Truncate(0)); err != nil {
		return fault.New(fault.Unavailable, "backup-unwritable", "--to")
	}
	if err := write(f); err != nil {
		_ = os.Remove(partial)
		return err
	}
	if err := f.Sync(); err != nil {
		_ = os.Remove(partial)
		return fault.New(fault.Unavailable, "backup-unwritable", "--to")
	}
	if err := nameNew(partial, file); err != nil {
		_ = os.Remove(partial)
		return err
	}
	return syncDir(filepath.Dir(file))
}

// nameNew moves a file to a name that must be free.
func nameNew(from, to string) error {
	err := os.Link(from, to) // unlike a rename it replaces nothing
	switch {
	case err == nil:
		_ = os.Remove(from)
		return nil
	case errors.Is(err, os.ErrExist):
		return fault.New(fault.Conflict, "backup-exists", "--to")
	}
	// The file system knows no second names. Nobody else has the partial file, and the
	// name was free a moment ago.
	if _, err := os.Lstat(to); err == nil {
		return fault.New(fault.Conflict, "backup-exists", "--to")
	}
	if os.Rename(from, to) != nil {
		return fault.New(fault.Unavailable, "backup-unwritable", "--to")
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "")
	}
	return nil
}
