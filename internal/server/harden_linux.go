package server

import "golang.org/x/sys/unix"

// Harden keeps this process's memory out of core files and away from other
// processes of the same user. Call it first thing.
func Harden() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
