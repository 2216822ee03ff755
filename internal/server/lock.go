package server

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/fault"
)

// lock makes this process the one owner of a data directory. The file names its
// pid and start time; the kernel's lock on it is what counts.
func lock(data string, now time.Time) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(data, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "data-in-use", "--data")
	}
	_ = f.Truncate(0)
	_, err = f.WriteAt(fmt.Appendf(nil, "pid %d\nstarted %s\n", os.Getpid(), now.UTC().Format(time.RFC3339)), 0)
	if err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Unavailable, "data-unwritable", "--data")
	}
	return f, nil
}

// lockKeys shares a key directory with other processes, or takes it alone: a restore
// may give the log another key, and nobody may go on signing with the old one.
func lockKeys(dir string, alone bool) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "no-key-files", "keys")
	}
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	if err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "keys-in-use", "--keys")
	}
	return f, nil
}
