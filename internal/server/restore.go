package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/authn"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/internal/party"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/store"
	"github.com/goldbell/goldbell/internal/vault"
	"github.com/goldbell/goldbell/proof"
)

// RestoreOptions are what `goldbell restore` is told.
type RestoreOptions struct {
	Places             // Data must be empty or not exist; Keys are today's
	File        string // the backup
	Identity    []byte // secret keys that open it, one per line
	Code        string // the officer's code that was in force when the backup was made
	DSN         string // PostgreSQL, an empty schema; empty: SQLite in the data directory
	Checkpoints []string
	Policy      string // file; empty: the policy in the backup
	Mirror      string // directory or URL of tiles
	NewOrigin   bool   // open another log in any case
	Clock       func() time.Time
	Progress    func(stage string, done, total int64) // may be nil
}

// RestoreReport is what a restore did.
type RestoreReport struct {
	Data      string         `json:"data"`
	Made      time.Time      `json:"made"`       // when the backup was made
	Restored  uint64         `json:"restored"`   // entries the backup held
	PutBack   uint64         `json:"put_back"`   // entries a mirror gave back; their openings are lost
	Kinds     map[string]int `json:"kinds"`      // what those were
	Seen      []Seen         `json:"seen"`       // signed heads that were kept elsewhere
	Missing   uint64         `json:"missing"`    // entries that were seen and are lost
	NewOrigin bool           `json:"new_origin"` // the old log is closed
	Origin    string         `json:"origin"`
	LogKey    string         `json:"log_key"`
	Entry     uint64         `json:"entry"` // the entry that records the restore
	Unopened  int            `json:"unopenable"`
	Policy    string         `json:"policy"`
	NextCode  string         `json:"next_code"` // the officer's, shown once
}

// restore is a restore at work. Everything is built in a directory inside the data
// directory, or in one transaction of PostgreSQL, and no server opens it until the
// database is marked as finished, which comes last.
type restore struct {
	o        RestoreOptions
	p        Places
	stage    string
	sealed   sealedManifest
	manifest manifest
	settings Settings
	policy   *proof.Policy
	web      *http.Client

	lock, keysLock *os.File
	ring           *keyring.Ring
	db             *store.DB
	opened         *ledger.Opened
	head           ledger.Head
	logs           []string // the backup's log and those opened after it
	seen           []Seen
	report         RestoreReport
}

// Restore makes a data directory of a backup.
func Restore(ctx context.Context, o RestoreOptions) (RestoreReport, error) {
	r := &restore{o: o, web: &http.Client{Timeout: sourceTime}, report: RestoreReport{Kinds: map[string]int{}}}
	defer r.close()
	err := r.run(ctx)
	if err != nil && ctx.Err() != nil {
		err = fault.New(fault.Unavailable, "interrupted", "")
	}
	return r.report, err
}

func (r *restore) run(ctx context.Context) error {
	steps := []func(context.Context) error{
		r.claim, r.load, r.openTree, r.askCode, r.gather, r.compare, r.putBack, r.compare, r.record, r.settle,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			r.closeStore()
			r.clean()
			return err
		}
	}
	return nil
}

func (r *restore) close() {
	r.closeStore()
	for _, f := range []*os.File{r.keysLock, r.lock} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (r *restore) closeStore() {
	if r.db != nil {
		_ = r.db.Close()
		r.db = nil
	}
}

func (r *restore) progress(stage string, done, total int64) {
	if r.o.Progress != nil {
		r.o.Progress(stage, done, total)
	}
}

// stageDir lies in the data directory until all but the database's own mark is done:
// where it is, nothing is in use yet.
const stageDir = ".restoring"

// made are the files a restore makes; the directory goes last.
var made = []string{settingsFile, databaseFile, databaseFile + "-wal", databaseFile + "-shm", policyFile, stageDir}

// claim takes the empty directory. What a restore that was killed left in it goes.
func (r *restore) claim(context.Context) error {
	if r.o.Data == "" {
		return fault.New(fault.Invalid, "bad-request", "--data")
	}
	data, err := filepath.Abs(r.o.Data)
	if err != nil {
		return fault.New(fault.Invalid, "bad-request", "--data")
	}
	r.p, r.report.Data = r.o.Places, data
	r.p.Data = data
	stage := filepath.Join(data, stageDir)
	if err := r.ownLeavings(data); err != nil {
		return err
	}
	if err := os.MkdirAll(stage, 0o700); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if r.lock, err = lock(data, r.o.Clock()); err != nil {
		return err
	}
	r.stage = stage
	if err := r.remove(made...); err != nil {
		return err
	}
	if err := os.MkdirAll(stage, 0o700); err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return nil
}

// ownLeavings refuses a directory that holds anything but what a restore that was
// killed left in it.
func (r *restore) ownLeavings(data string) error {
	if _, err := os.Lstat(filepath.Join(data, stageDir)); err != nil {
		return emptyDir(data)
	}
	entries, err := os.ReadDir(data)
	if err != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	for _, e := range entries {
		if name := e.Name(); name != lockFile && !slices.Contains(made, name) {
			return fault.New(fault.Conflict, "data-not-empty", "--data")
		}
	}
	return nil
}

// clean takes away what the restore made, if it made it.
func (r *restore) clean() {
	if r.stage != "" {
		_ = r.remove(append(made, lockFile)...)
	}
}

func (r *restore) remove(names ...string) error {
	for _, name := range names {
		if os.RemoveAll(filepath.Join(r.p.Data, name)) != nil {
			return fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
	}
	return nil
}

// load opens the backup and fills the database with it.
func (r *restore) load(ctx context.Context) error {
	as, err := archive.Identities(r.o.Identity)
	if err != nil {
		return err
	}
	file, err := os.Open(r.o.File)
	if err != nil {
		return fault.New(fault.Invalid, "file-unreadable", "")
	}
	defer file.Close()
	in, about, err := archive.Open(file, as)
	if err != nil {
		return err
	}
	if json.Unmarshal(about, &r.sealed) != nil || json.Unmarshal(r.sealed.Manifest, &r.manifest) != nil || r.manifest.Version != manifestVersion {
		return fault.New(fault.Unavailable, "backup-foreign", "")
	}
	if err := r.openKeys(); err != nil {
		return err
	}
	rows := int64(0)
	err = store.Load(ctx, r.database(), r.manifest.Migrations, func() (string, []string, []any, error) {
		x, err := in.Next()
		if err == nil && x.Table == "" {
			rows++
			r.progress("restore-load", rows, r.manifest.Rows)
		}
		return x.Table, x.Columns, x.Row, err
	})
	if err != nil {
		return err
	}
	r.db, err = store.Open(ctx, r.database()) // brings an older schema up to date
	return err
}

func (r *restore) database() store.Config {
	return store.Config{Driver: r.settings.Driver, Path: filepath.Join(r.stage, databaseFile), DSN: r.settings.DSN}
}

// openKeys opens today's key ring, which must be no older than the backup: an older
// one does not know who was erased since.
func (r *restore) openKeys() (err error) {
	s := r.manifest.Settings
	s.Driver, s.DSN = "sqlite", r.o.DSN
	if s.DSN != "" {
		s.Driver = "postgres"
	}
	for at, of := range map[*string]string{&s.Keys: r.o.Keys, &s.Keeper: r.o.Keeper} {
		if of == "" {
			continue
		}
		if *at, err = filepath.Abs(of); err != nil {
			return fault.New(fault.Invalid, "bad-request", "--keys")
		}
	}
	if r.o.Keeper == "" {
		s.Keeper = filepath.Dir(s.Keeper)
	}
	if inside(s.Keys, r.p.Data) {
		return fault.New(fault.Invalid, "keys-inside-data", "--keys")
	}
	if inside(s.Keeper, r.p.Data) {
		return fault.New(fault.Invalid, "keeper-inside-data", "--keeper")
	}
	r.settings = s
	if r.keysLock, err = lockKeys(s.Keys, true); err != nil {
		return err
	}
	if r.ring, err = keyring.Open(s.Keys, rand.Reader); err != nil {
		return err
	}
	if r.ring.Generation() < r.manifest.Ring {
		return fault.New(fault.Conflict, "keys-older", "--keys")
	}
	if !r.ring.CheckMAC(manifestMAC, r.sealed.Manifest, r.sealed.MAC) {
		return fault.New(fault.Invalid, "backup-damaged", "") // nobody made it who has these keys
	}
	if _, err := r.ring.StartPeriod(r.o.Clock()); err != nil {
		return err
	}
	text := []byte(r.manifest.Policy)
	if len(text) == 0 {
		text = fmt.Appendf(nil, "log %s\nquorum none\n", r.ring.VerifierKey())
	}
	if r.o.Policy != "" {
		if text, err = readSmall(r.o.Policy); err != nil {
			return fault.New(fault.Invalid, "policy-unreadable", "--policy")
		}
	}
	r.policy, err = proof.ParsePolicy(text)
	return err
}

func (r *restore) keeperFile(log string) string {
	return filepath.Join(r.settings.Keeper, keeperName(log))
}

func (r *restore) config() ledger.Config {
	v := vault.New(r.db, r.db, r.ring, r.settings.Schema, r.o.Clock, rand.Reader)
	return ledger.Config{
		Store: r.db, Ring: r.ring, Clock: r.o.Clock, Rand: rand.Reader, Keys: v.RecordKeys, Restores: r.db, Restoring: true,
	}
}

// openTree erases again who was erased since, before anything is read, and checks the
// whole tree of the backup.
func (r *restore) openTree(ctx context.Context) (err error) {
	s := &Server{ring: r.ring, store: r.db, clock: r.o.Clock, log: slog.New(slog.DiscardHandler)}
	if err := s.eraseAgain(ctx); err != nil {
		return err
	}
	open := map[string]bool{}
	for _, m := range r.ring.Periods() {
		open[m.String()] = true
	}
	err = s.eachSubject(ctx, func(rows []vault.Custody) error {
		for _, c := range rows {
			if c.DataKey != nil && !open[c.Period] {
				r.report.Unopened++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c := r.config()
	r.opened, r.head, err = ledger.OpenRestored(ctx, c, func(done, total uint64) { r.progress("restore-check", int64(done), int64(total)) })
	if err != nil {
		return err
	}
	if string(r.head.Note) != r.manifest.Head || r.opened.LogName() != r.manifest.Origin {
		return fault.New(fault.Invalid, "backup-damaged", "")
	}
	r.report.Made, r.report.Restored = r.manifest.Made, r.head.Size
	return nil
}

// askCode refuses early whoever has not the officer's code.
func (r *restore) askCode(ctx context.Context) error {
	l, _, err := r.ledgerWith(ctx, filepath.Join(r.stage, "keeper"))
	if err != nil {
		return err
	}
	return l.Close()
}

// ledgerWith opens the ledger and the officer's code on it.
func (r *restore) ledgerWith(ctx context.Context, keeper string) (*ledger.Ledger, authn.Spent, error) {
	c := r.config()
	c.Keeper = ledger.NewKeeper(keeper, r.ring.LogName())
	l, err := ledger.Open(ctx, c)
	if err != nil {
		return nil, authn.Spent{}, err
	}
	a := authn.New(authn.Config{Store: r.db, Logins: r.db, Accounts: r.db, People: r.db, Ledger: l, Clock: r.o.Clock, Rand: rand.Reader})
	spent, err := a.UseCode(ctx, r.o.Code, "restore", party.Officer)
	if err != nil {
		return nil, spent, errors.Join(err, l.Close())
	}
	return l, spent, nil
}

// compare checks every head that was seen of this log, as far as the tree goes now.
// One that is no prefix is of another history: nothing is made of this backup then.
func (r *restore) compare(ctx context.Context) error {
	for _, s := range r.seen {
		if s.Name != r.opened.LogName() || s.Size > r.head.Size {
			continue
		}
		root, err := r.opened.RootAt(ctx, s.Size)
		if err != nil {
			return err
		}
		if root != s.Root {
			return fault.New(fault.Conflict, "restore-forked", s.From)
		}
	}
	return nil
}

// putBack takes from the mirror what the backup does not hold.
func (r *restore) putBack(ctx context.Context) error {
	var m *Seen
	for i := range r.seen {
		if r.seen[i].From == "mirror" {
			m = &r.seen[i]
		}
	}
	if m == nil || m.Name != r.opened.LogName() || m.Name != r.ring.LogName() || m.Size <= r.head.Size {
		return nil
	}
	entries, err := r.spool(ctx, filepath.Join(r.stage, "entries"), r.head.Size, m.Size)
	if err != nil {
		return err
	}
	if err := r.opened.Refill(ctx, entries, m.Size, m.Root); err != nil {
		return err
	}
	err = entries(func(leaf []byte) error {
		l, err := proof.DecodeLeaf(leaf)
		r.report.Kinds[l.Kind.String()]++
		return err
	})
	if err != nil {
		return err
	}
	r.report.PutBack = m.Size - r.head.Size
	r.head, err = r.db.Head(ctx)
	return err
}

// record writes the restore's entry, under another log if anything is missing or
// nobody could say that nothing is.
func (r *restore) record(ctx context.Context) error {
	closing, writing := r.opened.LogName(), r.ring.LogName()
	last := r.highest()
	row := &ledger.Restored{Restored: r.report.Restored}
	if last != nil {
		row.Seen, row.Checkpoint = last.Size, last.note
	} else {
		row.Seen, row.Checkpoint = r.head.Size, r.head.Note
	}
	r.report.Missing = max(row.Seen, r.head.Size) - r.head.Size
	// A head from before the backup says nothing of what came after it.
	if r.o.NewOrigin || last == nil || last.Size < r.report.Restored || closing != writing || r.report.Missing > 0 {
		var err error
		c := r.config()
		if row.Heir, err = r.opened.Heir(r.head.Size, r.head.Root, ledger.NextOrigin(c)); err != nil {
			return err
		}
		r.report.NewOrigin = true
	}
	row.Origin, row.LogKey = r.ring.LogName(), r.ring.VerifierKey()
	if r.report.Seen = r.seen; r.seen == nil {
		r.report.Seen = []Seen{}
	}
	r.report.Origin, r.report.LogKey, r.report.Entry = row.Origin, row.LogKey, r.head.Size
	r.settings.Origin, r.settings.Keeper = row.Origin, r.keeperFile(row.Origin)
	l, spent, err := r.ledgerWith(ctx, r.settings.Keeper)
	if err != nil {
		return err
	}
	err = errors.Join(r.append(ctx, l, row, spent), l.Close())
	r.progress("restore-finish", 1, 1)
	return err
}

func (r *restore) append(ctx context.Context, l *ledger.Ledger, row *ledger.Restored, spent authn.Spent) error {
	var id pii.RequestID
	if _, err := rand.Read(id[:]); err != nil {
		return fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	receipt, err := l.Append(ctx, ledger.Item{
		Request: id,
		Basis:   ledger.Basis{Size: l.Size(), Rules: l.Rules(), Keys: spent.Keys},
		Entry: ledger.Entry{
			Kind: proof.KindRestore, Actor: spent.Person.ID,
			Facts:   row.Facts(r.head.Size),
			Effects: []ledger.Effect{ledger.RestoredPut{Restored: row}, spent.Effect},
		},
	})
	if err != nil {
		return err
	}
	receipt.Close()
	r.report.NextCode = spent.Next
	return nil
}

// settle makes it a data directory.
func (r *restore) settle(ctx context.Context) error {
	err := r.db.Close()
	if r.db = nil; err != nil {
		return err
	}
	for _, part := range []string{"", "-wal"} { // what was written last may lie in the log still
		name := databaseFile + part
		if _, err := os.Lstat(filepath.Join(r.stage, name)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if os.Rename(filepath.Join(r.stage, name), filepath.Join(r.p.Data, name)) != nil {
			return fault.New(fault.Unavailable, "data-unwritable", "--data")
		}
	}
	key, err := proof.ParseLogKey(r.ring.VerifierKey())
	if err != nil {
		return err
	}
	if r.report.NewOrigin {
		r.policy.Logs = append([]proof.PolicyLog{{Key: key}}, r.policy.Logs...)
	}
	r.report.Policy = PolicyPath(r.p.Data)
	if os.WriteFile(r.report.Policy, r.policy.Format(), 0o644) != nil {
		return fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if err := writeSettings(r.p.Data, r.settings); err != nil {
		return err
	}
	if err := r.remove(stageDir); err != nil {
		return err
	}
	if err := syncDir(r.p.Data); err != nil {
		return err
	}
	// The last step: until now no server opens it, and a restore may begin again.
	r.stage = r.p.Data
	if r.db, err = store.Open(ctx, r.database()); err != nil {
		return err
	}
	if err := r.db.Finish(ctx); err != nil {
		return err
	}
	err = r.db.Close()
	r.db = nil
	return err
}
