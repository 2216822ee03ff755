// Package keyring holds every key of a data directory: it seals, wraps, indexes
// and destroys, and is kept apart from the data it protects.
//
// The root key, in a file of its own, seals the ring; the ring holds one period
// key per calendar month, under which each person's data key is wrapped, one
// record key per month, and one key for each kind of keyed hash. Its one
// invariant: a key that was destroyed, or the data key of a person whose id is
// on the list of erased ids, does not open again, whatever the caller still
// holds. A change is durable on disk before the call that made it returns.
//
// It is not for values: it never learns what a field means, reads no database
// and decides nothing.
package keyring

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
)

var (
	// ErrDestroyed: the key was destroyed when its month had passed.
	ErrDestroyed error = fault.New(fault.Denied, "key-destroyed", "")
	// ErrErased: the person's id is on the list of erased (or, for record keys,
	// forgotten) ids.
	ErrErased error = fault.New(fault.Denied, "erased", "")
	// ErrSealed: the bytes do not open under this key for this place.
	ErrSealed error = fault.New(fault.Internal, "seal-broken", "")
	// ErrDamaged: the ring file was not written by this root key, or was altered.
	ErrDamaged error = fault.New(fault.Unavailable, "keyring-damaged", "")
	// ErrChanged: another process wrote the ring since this one read it.
	ErrChanged error = fault.New(fault.Unavailable, "keyring-changed", "")
	// ErrInUse: living data or record keys are still wrapped under the key.
	ErrInUse error = fault.New(fault.Conflict, "key-in-use", "")
)

// RootFile is the only holder of the root key so far: a file on this machine.
// With it a person with root on the machine can read everything (DESIGN.md, I9).
const RootFile = "file"

// Ring is an open key ring. It is safe for concurrent use.
type Ring struct {
	dir    string
	rand   io.Reader // must be safe for concurrent use
	root   *sealer
	hash   hashes // this and what follows is fixed once the ring is open, but see OpenLog
	signer note.Signer
	vkey   string
	fixed  bool // opened by Read

	writing sync.Mutex // held through a change, disk included

	mu      sync.RWMutex // guards what follows; never held during I/O
	state   *state
	periods map[Month]*sealer
	records map[Month]*sealer
}

// Create makes root key and ring in dir for a new data directory, with keys for
// the month of now. It refuses a directory that already holds either file.
func Create(dir, origin string, now time.Time, rand io.Reader) (*Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, broken("make the key directory", err)
	}
	if err := checkMode(dir, "", 0o022); err != nil {
		return nil, err
	}
	for _, name := range []string{rootName, ringName} {
		if _, err := os.Lstat(path(dir, name)); !errors.Is(err, os.ErrNotExist) {
			return nil, fault.New(fault.Conflict, "keys-exist", name)
		}
	}
	st, err := newState(origin, MonthOf(now), rand)
	if err != nil {
		return nil, err
	}
	root, err := createRoot(dir, rand)
	if err != nil {
		return nil, err
	}
	defer root.zero()
	r := &Ring{dir: dir, rand: rand, root: newSealer(root)}
	if err := r.save(st, 0); err != nil {
		return nil, err
	}
	return r, r.adopt(st)
}

// Remove takes back what Create made, when the set-up it was for has failed. What
// was sealed under the ring is lost.
func Remove(dir string) error {
	for _, name := range []string{ringName, rootName} {
		if err := os.Remove(path(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return broken("remove the keys", err)
		}
	}
	return nil
}

// Open reads the ring of dir. Remains of a write that a crash interrupted are
// overwritten and removed.
func Open(dir string, rand io.Reader) (*Ring, error) {
	if err := checkModes(dir); err != nil {
		return nil, err
	}
	if err := sweep(dir); err != nil {
		return nil, err
	}
	return open(dir, rand, false)
}

// Read is Open beside a process that may be writing the ring: it touches no file,
// and what would change the ring fails. Sweeping at that moment could wipe the ring
// that is just taking its place.
func Read(dir string, rand io.Reader) (*Ring, error) {
	if err := checkModes(dir); err != nil {
		return nil, err
	}
	return open(dir, rand, true)
}

func open(dir string, rand io.Reader, fixed bool) (*Ring, error) {
	root, err := readRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.zero()
	r := &Ring{dir: dir, rand: rand, root: newSealer(root), fixed: fixed}
	st, err := r.load()
	if err != nil {
		return nil, err
	}
	return r, r.adopt(st)
}

// Origin is the name of the data directory's first log and the handler that all
// associated data names. It never changes.
func (r *Ring) Origin() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.origin
}

// Generation counts the writes of the ring file. A ring older than one that was
// seen lacks erasures made since.
func (r *Ring) Generation() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.generation
}

// RootHolder says who holds the root key, for the surfaces that must name it.
func (r *Ring) RootHolder() string { return RootFile }

// LogName is the name of the log that is written now: the origin, until a restore
// opened another.
func (r *Ring) LogName() string { return r.signer.Name() }

// Closed are the verifier keys of the logs that restores closed, oldest first.
func (r *Ring) Closed() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.state.closed)
}

// OpenLog closes the log and opens another: it makes a signing key under the new
// name and destroys the old one, durably. statement is what the old key signs as
// its last, so that whoever trusts it can tell its heir; it is told the new
// verifier key. The ring must have no other user.
func (r *Ring) OpenLog(name string, statement func(vkey string) string) (signed []byte, err error) {
	signer, vkey, err := note.GenerateKey(r.rand, name)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad-origin", "origin")
	}
	signed, err = note.Sign(&note.Note{Text: statement(vkey)}, r.signer)
	if err != nil {
		return nil, fault.New(fault.Internal, "internal", "statement")
	}
	err = r.change(func(st *state) (bool, error) {
		old := verifierKey(st)
		if logName(st) == name || slices.ContainsFunc(st.closed, func(k string) bool { return strings.HasPrefix(k, name+"+") }) {
			return false, fault.New(fault.Conflict, "exists", "origin") // a name is never used again
		}
		st.closed, st.signer = append(st.closed, old), signer
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	r.signer, err = note.NewSigner(signer)
	if err != nil {
		return nil, ErrDamaged
	}
	r.vkey = vkey
	return signed, nil
}

// Signer signs checkpoints with the ledger key; its name is the log's.
func (r *Ring) Signer() note.Signer { return r.signer }

// VerifierKey is the ledger's public key as a note verifier key.
func (r *Ring) VerifierKey() string { return r.vkey }

// adopt makes st the first state of a ring that nobody else has yet.
func (r *Ring) adopt(st *state) error {
	signer, err := note.NewSigner(st.signer)
	if err != nil {
		return ErrDamaged
	}
	r.signer, r.vkey, r.hash = signer, verifierKey(st), newHashes(st)
	r.swap(st)
	return nil
}

// swap replaces the state and zeroes the raw keys of the old one.
func (r *Ring) swap(st *state) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.state
	r.state = st
	r.periods = sealersOf(r.periods, st.periods)
	r.records = sealersOf(r.records, st.records)
	if old != nil {
		old.zero()
	}
}

func sealersOf(have map[Month]*sealer, keys map[Month]*key) map[Month]*sealer {
	out := make(map[Month]*sealer, len(keys))
	for m, k := range keys {
		if s, ok := have[m]; ok {
			out[m] = s
		} else {
			out[m] = newSealer(k)
		}
	}
	return out
}

// change applies f to a copy of the state, makes the copy durable and only then
// shows it to callers: after an error the ring in memory is the old one.
func (r *Ring) change(f func(*state) (changed bool, err error)) error {
	if r.fixed {
		return fault.New(fault.Unavailable, "keys-unwritable", "")
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	st := r.state.clone() // only a change replaces the state, and we hold writing
	changed, err := f(st)
	if err != nil || !changed {
		st.zero()
		return err
	}
	st.generation++
	if err := r.save(st, r.state.generation); err != nil {
		st.zero()
		return err
	}
	r.swap(st)
	return nil
}

// String and Format keep a ring from being printed with its keys.
func (r *Ring) String() string               { return hiddenKey }
func (r *Ring) GoString() string             { return hiddenKey }
func (r *Ring) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hiddenKey) }
func (r *Ring) MarshalJSON() ([]byte, error) { return []byte(`"` + hiddenKey + `"`), nil }

// Erased reports whether the person's data key must never open again.
func (r *Ring) Erased(id pii.SubjectID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.erased[id]
}

// ErasedIDs lists the erased ids in order: a restored backup erases them again
// before the first read.
func (r *Ring) ErasedIDs() []pii.SubjectID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return sortedIDs(r.state.erased)
}

// Shred puts ids on the list of erased ids, durably before it returns. From then
// on no data key of theirs opens, from whichever copy its wrapping came.
func (r *Ring) Shred(ids ...pii.SubjectID) error {
	return r.change(func(st *state) (bool, error) { return addIDs(st.erased, ids), nil })
}

// Forget puts ids on the list of forgotten ids: their record keys do not open
// again. It belongs to the ledger's own clock, years after Shred.
func (r *Ring) Forget(ids ...pii.SubjectID) error {
	return r.change(func(st *state) (bool, error) { return addIDs(st.forgotten, ids), nil })
}

// ForgottenIDs lists the forgotten ids in order.
func (r *Ring) ForgottenIDs() []pii.SubjectID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return sortedIDs(r.state.forgotten)
}

func addIDs(set map[pii.SubjectID]bool, ids []pii.SubjectID) (changed bool) {
	for _, id := range ids {
		changed = changed || !set[id]
		set[id] = true
	}
	return changed
}
