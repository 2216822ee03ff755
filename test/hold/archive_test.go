package hold

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/internal/server"
	"github.com/goldbell/goldbell/internal/store/pgtest"
)

// kept is a house with a pair of keys for its backups.
type kept struct {
	*house
	secret, public string
	first          string // the officer's code when the house was made
	onPostgres     bool
	n              int
}

func newKept(t *testing.T, dsn string, customers int) *kept {
	t.Helper()
	k := &kept{house: newHouse(t, dsn, 1, customers, options{caps: openCaps()}), onPostgres: dsn != ""}
	var err error
	k.first = k.code
	k.secret, k.public, err = archive.NewIdentity()
	k.ok(err)
	return k
}

// back makes a backup beside whoever uses the data directory.
func (k *kept) back() string {
	k.t.Helper()
	k.n++
	to := filepath.Join(k.t.TempDir(), fmt.Sprintf("%d.age", k.n))
	_, err := server.Backup(ctxOf(k.t), server.BackupOptions{
		Places: server.Places{Data: k.dir.Data}, To: to, Recipients: k.public, Clock: time.Now,
	})
	k.ok(err)
	return to
}

// options to restore a backup into a new place, on the engine of the house.
func (k *kept) fresh(file string) server.RestoreOptions {
	k.t.Helper()
	k.n++
	o := server.RestoreOptions{
		Places: server.Places{Data: filepath.Join(k.t.TempDir(), fmt.Sprintf("restored%d", k.n))},
		File:   file, Identity: []byte(k.secret), Code: k.code, Clock: time.Now,
	}
	if k.onPostgres {
		o.DSN = pgtest.Start(k.t)
	}
	return o
}

// moveTo goes on in a restored data directory.
func (k *kept) moveTo(r server.RestoreReport) {
	k.t.Helper()
	k.dir = server.Places{Data: r.Data, Keys: k.dir.Keys}
	k.parts.dir, k.settings, k.code = k.dir, settingsOf(k.t, r.Data), r.NextCode
	k.open(k.dir, options{caps: openCaps()})
}

// restored restores and opens what came of it.
func (k *kept) restored(o server.RestoreOptions) server.RestoreReport {
	k.t.Helper()
	r, err := server.Restore(ctxOf(k.t), o)
	k.ok(err)
	k.moveTo(r)
	return r
}

func (k *kept) disclose(n int) {
	k.t.Helper()
	work := k.calls(k.agents[0], k.ids...)
	for i := range n {
		a, err := k.door.Disclose(ctxOf(k.t), k.agents[0], read(work, pii.Masked, k.ids[i%len(k.ids)]))
		k.ok(err)
		if !a.Results[0].Shown {
			k.t.Fatalf("refused: %s", a.Results[0].Reasons[0].ID)
		}
	}
}

// size and leaves of the ledger as it is stored.
func (k *kept) leaves() [][]byte {
	k.t.Helper()
	h, err := k.db.Head(ctxOf(k.t))
	k.ok(err)
	all, err := k.db.Leaves(ctxOf(k.t), 0, int(h.Size))
	k.ok(err)
	return all
}

func (k *kept) note() []byte {
	k.t.Helper()
	h, err := k.db.Head(ctxOf(k.t))
	k.ok(err)
	return h.Note
}

// mirror writes the ledger as plain tiles.
func (k *kept) mirror() string {
	k.t.Helper()
	dir := k.t.TempDir()
	leaves := k.leaves()
	k.ok(os.WriteFile(filepath.Join(dir, "checkpoint"), k.note(), 0o600))
	k.ok(os.MkdirAll(filepath.Join(dir, "tile", "entries"), 0o700))
	for n, from := 0, 0; from < len(leaves); n, from = n+1, from+256 {
		part := leaves[from:min(from+256, len(leaves))]
		var b []byte
		for _, l := range part {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(l))), l...)
		}
		name := filepath.Join(dir, "tile", "entries", fmt.Sprintf("%03d", n))
		if len(part) < 256 {
			k.ok(os.MkdirAll(name+".p", 0o700))
			name = filepath.Join(name+".p", strconv.Itoa(len(part)))
		}
		k.ok(os.WriteFile(name, b, 0o600))
	}
	return dir
}

// plaintext is what a backup holds under its encryption.
func (k *kept) plaintext(file string) []byte {
	k.t.Helper()
	as, err := archive.Identities([]byte(k.secret))
	k.ok(err)
	f, err := os.Open(file)
	k.ok(err)
	defer f.Close()
	r, err := age.Decrypt(f, as...)
	k.ok(err)
	b, err := io.ReadAll(r)
	k.ok(err)
	return b
}

// TestBackupUnderLoad backs up while eight clients read, and restores: every answer
// given before the backup began is in it, and what is in it is one history.
func TestBackupUnderLoad(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 30)
		work := k.calls(k.agents[0], k.ids...)
		var mu sync.Mutex
		last, failed := uint64(0), error(nil)
		ctx, stop := context.WithCancel(ctxOf(t))
		warm := make(chan struct{}, 1)
		var clients sync.WaitGroup
		for c := range 8 {
			clients.Go(func() {
				for n := c; ctx.Err() == nil; n++ {
					a, err := k.door.Disclose(ctxOf(t), k.agents[0], read(work, pii.Masked, k.ids[n%len(k.ids)]))
					mu.Lock()
					failed, last = errors.Join(failed, err), max(last, a.Entry)
					if last > 400 {
						select {
						case warm <- struct{}{}:
						default:
						}
					}
					mu.Unlock()
				}
			})
		}
		<-warm
		mu.Lock()
		before := last
		mu.Unlock()
		file := k.back()
		stop()
		clients.Wait()
		k.ok(failed)
		all := k.leaves()
		k.close()
		r := k.restored(k.fresh(file))
		if r.Restored <= before {
			t.Errorf("%d entries restored, and entry %d was answered before the backup began", r.Restored, before)
		}
		if r.Restored >= uint64(len(all)) {
			t.Fatal("nothing was written during the backup: this test saw nothing")
		}
		if got := k.leaves()[:r.Restored]; !slices.EqualFunc(got, all[:r.Restored], bytes.Equal) {
			t.Error("the restored entries are not those of the ledger")
		}
		k.disclose(1)
		k.close()
		k.verified()
	})
}

// TestI7_BackupHoldsNoValueAndNoErasedKey looks into a backup with the identity.
func TestI7_BackupHoldsNoValueAndNoErasedKey(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 10)
		k.allowPlain()
		gone, stays := k.wrappedKey(k.ids[0]), k.wrappedKey(k.ids[1])
		before := k.back()
		k.ok(k.erase(k.ids[0]))
		after := k.back()
		if b := k.plaintext(before); !bytes.Contains(b, gone) || !bytes.Contains(b, stays) {
			t.Fatal("the wrapped keys are not in the backup of before: this test would see nothing")
		}
		b := k.plaintext(after)
		if !bytes.Contains(b, stays) || bytes.Contains(b, gone) {
			t.Error("the backup of after the erasure holds her wrapped key, or not her neighbour's")
		}
		ring, err := os.ReadFile(filepath.Join(k.dir.Keys, "ring"))
		k.ok(err)
		root, err := os.ReadFile(filepath.Join(k.dir.Keys, "root.key"))
		k.ok(err)
		for name, secret := range map[string][]byte{"ring": ring, "root key": bytes.TrimSpace(root), "PostgreSQL's address": []byte(dsn)} {
			if len(secret) > 0 && bytes.Contains(b, secret) {
				t.Errorf("the backup holds the %s", name)
			}
		}
		for _, row := range k.rows {
			for field, v := range row {
				if bytes.Contains(b, []byte(v.Reveal())) {
					t.Errorf("the backup holds a value of %s", field)
				}
			}
		}

		k.close()
		r := k.restored(k.fresh(before))
		if got := k.plain(k.ids[0]); got != "erased" {
			t.Errorf("restored from before the erasure, with today's keys: %s", map[bool]string{true: got, false: "it opens"}[len(got) < 10])
		}
		if got := k.plain(k.ids[1]); got != k.rows[1][pii.Phone].Reveal() {
			t.Error("a neighbour's value does not open")
		}
		k.close()
		if dsn == "" && contains(t, r.Data, gone) > 0 {
			t.Error("the restored files hold the erased person's wrapped key")
		}
		s, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: r.Data}})
		k.ok(err)
		k.ok(s.Close())
		k.verified()
	})
}

// TestBackupIsRefused: nothing is overwritten, and no half file is left.
func TestBackupIsRefused(t *testing.T) {
	k := newKept(t, "", 10)
	dir := t.TempDir()
	there := filepath.Join(dir, "there.age")
	k.ok(os.WriteFile(there, []byte("theirs"), 0o600))
	o := server.BackupOptions{Places: server.Places{Data: k.dir.Data}, Recipients: k.public, Clock: time.Now}
	for _, tc := range []struct {
		to, recipients, want string
	}{
		{there, k.public, "backup-exists"},
		{filepath.Join(k.dir.Data, "b.age"), k.public, "backup-inside-data"},
		{filepath.Join(dir, "none", "b.age"), k.public, "backup-unwritable"},
		{filepath.Join(dir, "b.age"), "age1nonsense", "bad-recipient"},
		{filepath.Join(dir, "b.age"), k.secret, "bad-recipient"},
	} {
		o.To, o.Recipients = tc.to, tc.recipients
		if _, err := server.Backup(ctxOf(t), o); !fault.IsID(err, tc.want) {
			t.Errorf("want %s: %v", tc.want, err)
		}
	}
	o.To, o.Recipients = filepath.Join(dir, "b.age"), k.public
	ctx, stop := context.WithCancel(ctxOf(t))
	o.Progress = func(done, _ int64) {
		if done == 10 {
			stop()
		}
	}
	if _, err := server.Backup(ctx, o); !fault.IsID(err, "interrupted") {
		t.Errorf("interrupted: %v", err)
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "theirs" {
		t.Error("the file that was there is not as it was")
	}
	names, err := os.ReadDir(dir)
	k.ok(err)
	if len(names) != 1 {
		t.Errorf("%d files instead of the one that was there", len(names))
	}
}

// TestBackupToAFullDisk leaves nothing under any name.
func TestBackupToAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	k := newKept(t, "", 200)
	k.disclose(50)
	_, err := server.Backup(ctxOf(t), server.BackupOptions{
		Places: server.Places{Data: k.dir.Data}, To: filepath.Join(small, "b.age"), Recipients: k.public, Clock: time.Now,
	})
	if !fault.IsID(err, "backup-unwritable") {
		t.Fatalf("on a full disk: %v", err)
	}
	if names, err := os.ReadDir(small); err != nil || len(names) > 0 {
		t.Errorf("%d files are left, %v", len(names), err)
	}
	// and a restore into too little space
	o := k.fresh(k.back())
	o.Places.Data = filepath.Join(small, "data")
	k.close()
	if _, err := server.Restore(ctxOf(t), o); !fault.Is(err, fault.Unavailable) {
		t.Errorf("restored onto a full disk: %v", err)
	}
	if names, _ := os.ReadDir(o.Places.Data); len(names) > 0 {
		t.Errorf("%d files are left in the data directory", len(names))
	}
}

// TestRestoreIsRefused: nothing is half restored, whatever is wrong.
func TestRestoreIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 10)
		oldKeys := filepath.Join(t.TempDir(), "keys")
		k.ok(os.CopyFS(oldKeys, os.DirFS(k.dir.Keys)))
		k.ok(os.Chmod(filepath.Join(oldKeys, "ring"), 0o600))
		k.ok(os.Chmod(filepath.Join(oldKeys, "root.key"), 0o600))
		k.ok(k.erase(k.ids[9])) // the ring is written after the copy
		file := k.back()
		good, err := os.ReadFile(file)
		k.ok(err)
		k.close()
		_, other, err := archive.NewIdentity()
		k.ok(err)
		alien, _, err := archive.NewIdentity()
		k.ok(err)

		o := k.fresh(file)
		running, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: k.dir.Data}})
		k.ok(err)
		if _, err := server.Restore(ctxOf(t), o); !fault.IsID(err, "keys-in-use") {
			t.Errorf("beside a running server: %v", err)
		}
		k.ok(running.Close())

		bad := func(name string, b []byte) string {
			f := filepath.Join(t.TempDir(), name)
			k.ok(os.WriteFile(f, b, 0o600))
			return f
		}
		flipped := bytes.Clone(good)
		flipped[len(flipped)*2/3] ^= 1
		for _, tc := range []struct {
			name, want string
			change     func(*server.RestoreOptions)
		}{
			{"wrong identity", "wrong-identity", func(o *server.RestoreOptions) { o.Identity = []byte(alien) }},
			{"no identity", "bad-identity", func(o *server.RestoreOptions) { o.Identity = []byte(other) }},
			{"cut off", "backup-damaged", func(o *server.RestoreOptions) { o.File = bad("cut", good[:len(good)-100]) }},
			{"cut off in the middle", "backup-damaged", func(o *server.RestoreOptions) { o.File = bad("cut", good[:len(good)/2]) }},
			{"a bit flipped", "backup-damaged", func(o *server.RestoreOptions) { o.File = bad("flip", flipped) }},
			{"no backup", "backup-damaged", func(o *server.RestoreOptions) { o.File = bad("none", []byte("no backup")) }},
			{"an old key ring", "keys-older", func(o *server.RestoreOptions) { o.Keys = oldKeys }},
			{"no key ring", "no-key-files", func(o *server.RestoreOptions) { o.Keys = oldKeys + "none" }},
			{"another code", "bad-code", func(o *server.RestoreOptions) { o.Code = k.made.SetupCode }},
			{"a head that is none", "seen-unreadable", func(o *server.RestoreOptions) { o.Checkpoints = []string{bad("head", []byte("no head"))} }},
			{"a mirror that is gone", "seen-unreadable", func(o *server.RestoreOptions) { o.Mirror = oldKeys }},
			{"a mirror that does not answer", "seen-unreadable", func(o *server.RestoreOptions) { o.Mirror = "http://127.0.0.1:1" }},
		} {
			o := o
			tc.change(&o)
			_, err := server.Restore(ctxOf(t), o)
			if !fault.IsID(err, tc.want) {
				t.Errorf("%s: want %s, got %v", tc.name, tc.want, err)
			}
			if names, _ := os.ReadDir(o.Data); len(names) > 0 {
				t.Fatalf("%s: %d files are left", tc.name, len(names))
			}
		}
		k.ok(os.MkdirAll(o.Data, 0o700))
		k.ok(os.WriteFile(filepath.Join(o.Data, "x"), nil, 0o600))
		if _, err := server.Restore(ctxOf(t), o); !fault.IsID(err, "data-not-empty") {
			t.Errorf("into a directory that is not empty: %v", err)
		}
		k.ok(os.Remove(filepath.Join(o.Data, "x")))
		if dsn != "" {
			theirs := o
			theirs.DSN = dsn
			if _, err := server.Restore(ctxOf(t), theirs); !fault.IsID(err, "database-not-empty") {
				t.Errorf("into a database in use: %v", err)
			}
		}
		r := k.restored(o) // after all that, the same place takes it
		if r.NewOrigin || r.Restored != r.Entry || r.Missing != 0 || len(r.Seen) != 1 || r.Seen[0].From != "keeper" {
			t.Errorf("the keeper had seen all of it, and yet: %+v", r)
		}
		k.disclose(1)
		k.close()
		k.verified()
	})
}

// stopAt prints where it is and waits to be killed there.
func stopAt(point string) { fmt.Println("at", point); select {} }

func backsUp(j job) error {
	_, err := server.Backup(context.Background(), server.BackupOptions{
		Places: j.Places, To: j.Released, Recipients: j.Point, Clock: time.Now,
		Progress: func(done, total int64) {
			if done == total*3/4 {
				stopAt("three quarters")
			}
		},
	})
	return err
}

func restores(j job) error {
	at, rest, _ := strings.Cut(j.Point, "|")
	code, identity, _ := strings.Cut(rest, "|")
	_, err := server.Restore(context.Background(), server.RestoreOptions{
		Places: j.Places, File: j.Released, Identity: []byte(identity), Code: code, DSN: j.Settings.DSN, Clock: time.Now,
		Progress: func(stage string, done, total int64) {
			if stage == at && done >= total/2 {
				stopAt(at)
			}
		},
	})
	return err
}

// TestKilledBackupAndRestore kills both in the middle: no file has the backup's name,
// no data directory came about, and the same command then succeeds.
func TestKilledBackupAndRestore(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		k := newKept(t, dsn, 40)
		k.disclose(20)
		file := filepath.Join(t.TempDir(), "b.age")
		cmd, lines := start(t, "backup", job{Places: server.Places{Data: k.dir.Data}, Released: file, Point: k.public})
		if !lines.Scan() {
			t.Fatal("the child said nothing")
		}
		k.ok(cmd.Process.Kill())
		killed(t, cmd)
		if _, err := os.Lstat(file); err == nil {
			t.Error("a killed backup has its name")
		}
		_, err := server.Backup(ctxOf(t), server.BackupOptions{Places: server.Places{Data: k.dir.Data}, To: file, Recipients: k.public, Clock: time.Now})
		k.ok(err)
		if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 1 {
			t.Errorf("%d files, %v", len(names), err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the backup's mode is %v", info.Mode())
		}
		k.close()
		o := k.fresh(file)
		for _, at := range []string{"restore-load", "restore-check", "restore-finish"} {
			cmd, lines := start(t, "restore", job{
				Places: o.Places, Settings: server.Settings{DSN: o.DSN}, Released: file, Point: at + "|" + k.code + "|" + k.secret,
			})
			if !lines.Scan() {
				t.Fatal("the child said nothing")
			}
			k.ok(cmd.Process.Kill())
			killed(t, cmd)
			if _, err := server.Open(ctxOf(t), server.Options{Places: o.Places}); !fault.IsID(err, "restore-unfinished") {
				t.Errorf("killed at %s: %v", at, err)
			}
		}
		if dsn != "" { // another data directory names the database that was left unfinished
			other := filepath.Join(t.TempDir(), "other")
			k.ok(os.CopyFS(other, os.DirFS(k.dir.Data)))
			k.ok(server.UpdateSettings(other, func(s *server.Settings) { s.DSN = o.DSN }))
			if _, err := server.Open(ctxOf(t), server.Options{Places: server.Places{Data: other}}); !fault.IsID(err, "restore-unfinished") {
				t.Errorf("on an unfinished database: %v", err)
			}
		}
		// The last that was killed had written its entry, and the keeper has seen it.
		if r := k.restored(o); !r.NewOrigin || r.Missing != 1 {
			t.Errorf("the entry of a restore that was killed is not missed: %+v", r)
		}
		k.disclose(1)
		k.close()
		k.verified()
	})
}
