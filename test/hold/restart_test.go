package hold

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/goldbell/goldbell/internal/archive"
	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/server"
)

// TestRestoreRemembersWhatWasSeenOfAClosedLog: a restore that ended after it had
// closed the log is begun again. What was seen of the closed log is still missing,
// and the entry says so.
func TestRestoreRemembersWhatWasSeenOfAClosedLog(t *testing.T) {
	k := newKept(t, "", 5)
	k.disclose(10)
	file, size := k.back(), headOf(k).Size
	k.disclose(20)
	lost := headOf(k)
	k.close()

	o := k.fresh(file)
	ended := fmt.Errorf("killed")
	o.Progress = func(stage string, _, _ int64) {
		if stage == "restore-finish" {
			panic(ended) // the log is closed, and the data directory not made yet
		}
	}
	func() {
		defer func() {
			if recover() != ended {
				t.Fatal("the restore did not come to its end")
			}
		}()
		_, _ = server.Restore(ctxOf(t), o)
	}()
	ring, err := keyring.Read(k.dir.Keys, nil)
	k.ok(err)
	if ring.LogName() != k.settings.Origin+"/e1" {
		t.Fatalf("the ring writes %s", ring.LogName())
	}
	o.Progress = nil
	r := k.restored(o)
	row := k.entryOfRestore(r.Entry)
	if r.Missing != lost.Size-size || row.Fact("missing-until") != fmt.Sprint(lost.Size) || row.Fact("checkpoint") != string(lost.Note) {
		t.Errorf("%d missing, until %s; the log had %d, the backup %d", r.Missing, row.Fact("missing-until"), lost.Size, size)
	}
	k.close()
	k.verified()
}

// TestRestoreIsNotToldByAnOldCheckpoint: a checkpoint from before the backup says
// nothing of what came after it. The log does not go on under its name and key,
// under which other entries may be signed.
func TestRestoreIsNotToldByAnOldCheckpoint(t *testing.T) {
	k := newKept(t, "", 5)
	k.disclose(2)
	old := filepath.Join(t.TempDir(), "old")
	k.ok(os.WriteFile(old, k.note(), 0o600))
	k.disclose(3)
	file := k.back()
	k.disclose(4)
	k.close()
	o := k.fresh(file)
	o.Keeper = t.TempDir() // the keeper is gone
	o.Checkpoints = []string{old}
	r, err := server.Restore(ctxOf(t), o)
	k.ok(err)
	if !r.NewOrigin {
		t.Error("entries that were signed before are signed over")
	}
}

// TestRestoreTakesNobodyElsesSettings: whoever can replace a backup and has the
// recipient key, which is no secret, makes one with settings of his own.
func TestRestoreTakesNobodyElsesSettings(t *testing.T) {
	k := newKept(t, "", 3)
	file := k.back()
	k.close()
	as, err := archive.Identities([]byte(k.secret))
	k.ok(err)
	to, err := archive.Recipients(k.public)
	k.ok(err)
	good, err := os.ReadFile(file)
	k.ok(err)
	in, about, err := archive.Open(bytes.NewReader(good), as)
	k.ok(err)
	theirs := bytes.Replace(about, []byte(`"title":"`), []byte(`"title":"x`), 1)
	if bytes.Equal(theirs, about) {
		t.Fatalf("nothing was changed")
	}
	var forged bytes.Buffer
	out, err := archive.Create(&forged, to, theirs)
	k.ok(err)
	for {
		x, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		k.ok(err)
		if x.Table != "" {
			k.ok(out.Table(x.Table, x.Columns))
		} else {
			k.ok(out.Row(x.Row))
		}
	}
	k.ok(out.Close())
	o := k.fresh(filepath.Join(t.TempDir(), "forged.age"))
	k.ok(os.WriteFile(o.File, forged.Bytes(), 0o600))
	if _, err := server.Restore(ctxOf(t), o); !fault.IsID(err, "backup-damaged") {
		t.Errorf("settings that no holder of the keys made: %v", err)
	}
	o.File = file
	k.restored(o)
	k.close()
}
