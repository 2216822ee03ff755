package witness

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/proof"
)

// Files of a witness's directory.
const (
	keyFile   = "key"   // the private key, 0600
	logsFile  = "logs"  // the vkeys of the logs, one a line
	stateFile = "state" // what was cosigned last, per log
	lockFile  = "lock"
)

const stateFormat = "goldbell-witness-state/1"

// stateText is the state file: per origin the last cosigned checkpoint, with the
// log's signature and the witness's.
type stateText struct {
	Format string            `json:"format"`
	Logs   map[string]string `json:"logs"`
}

var (
	errState = fault.New(fault.Unavailable, "witness-state", "")
	errWrite = fault.New(fault.Unavailable, "witness-unwritable", "")
)

// Made is what Init made.
type Made struct {
	Dir  string `json:"dir"`
	VKey string `json:"vkey"`
	Logs int    `json:"logs"`
}

// Init makes a witness's directory: its key, the logs it will cosign, and an empty
// state. It refuses a directory that holds any of them: a witness that forgets what
// it saw is none.
func Init(dir, name string, logs []string, rand io.Reader) (Made, error) {
	key, err := NewKey(name, rand)
	if err != nil {
		return Made{}, err
	}
	if _, err := parseLogs(strings.Join(logs, "\n")); err != nil {
		return Made{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Made{}, errWrite
	}
	for _, f := range []string{keyFile, logsFile, stateFile} {
		if _, err := os.Lstat(filepath.Join(dir, f)); !errors.Is(err, os.ErrNotExist) {
			return Made{}, fault.New(fault.Conflict, "witness-exists", f)
		}
	}
	text := "# One log's verifier key a line.\n" + strings.Join(logs, "\n") + "\n"
	if err := replaceFile(filepath.Join(dir, keyFile), []byte(key.Secret())); err != nil {
		return Made{}, errWrite
	}
	if err := replaceFile(filepath.Join(dir, logsFile), []byte(text)); err != nil {
		return Made{}, errWrite
	}
	if err := writeState(dir, nil); err != nil {
		return Made{}, errWrite
	}
	return Made{Dir: dir, VKey: key.Verifier().String(), Logs: len(logs)}, nil
}

// parseLogs reads verifier keys, one a line. Two keys of one origin are refused:
// they would be two logs.
func parseLogs(text string) (map[string]proof.Key, error) {
	logs := map[string]proof.Key{}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k, err := proof.ParseLogKey(line)
		if err != nil {
			return nil, fault.New(fault.Invalid, "witness-logs", "")
		}
		if _, twice := logs[k.Name]; twice {
			return nil, fault.New(fault.Invalid, "witness-logs", "")
		}
		logs[k.Name] = k
	}
	return logs, nil
}

// lockDir makes this process the only one that signs from a directory.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "witness-none", "")
	}
	if err != nil {
		return nil, errWrite
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "witness-in-use", "")
	}
	return f, nil
}

func readKey(dir string) (Key, error) {
	name := filepath.Join(dir, keyFile)
	info, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		return Key{}, fault.New(fault.Invalid, "witness-none", "")
	}
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		return Key{}, fault.New(fault.Unavailable, "keys-readable", keyFile)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return Key{}, errKey
	}
	return ParseKey(string(b))
}

// readState reads and verifies what was cosigned. A missing file is no empty one:
// without it the witness could sign a second history.
func readState(dir string, own proof.Key, logs map[string]proof.Key) (map[string]seen, error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, errState
	}
	var text stateText
	if json.Unmarshal(b, &text) != nil || text.Format != stateFormat || !bytes.Equal(text.encode(), b) {
		return nil, errState // in any other form, something may be missing
	}
	state := map[string]seen{}
	for origin, signed := range text.Logs {
		c, err := proof.ParseCheckpoint([]byte(signed))
		if err != nil || c.Origin != origin {
			return nil, errState
		}
		if _, ok, err := c.Cosigned(own); err != nil || !ok {
			return nil, errState
		}
		if log, known := logs[origin]; known && c.Signed(log) != nil {
			return nil, errState
		}
		state[origin] = seen{c.Size, c.Root, []byte(signed)}
	}
	return state, nil
}

func writeState(dir string, state map[string]seen) error {
	text := stateText{stateFormat, map[string]string{}}
	for origin, s := range state {
		text.Logs[origin] = string(s.note)
	}
	return replaceFile(filepath.Join(dir, stateFile), text.encode())
}

func (t stateText) encode() []byte {
	b, _ := json.MarshalIndent(t, "", " ") // strings only: cannot fail
	return append(b, '\n')
}

// replaceFile puts new content in a file's place; both content and name are durable
// when it returns.
func replaceFile(name string, b []byte) error {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
