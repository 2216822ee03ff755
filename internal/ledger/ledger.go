package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/keyring"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// RetryWindow is how long a recorded request may be retried.
const RetryWindow = 10 * time.Minute

// Config is what a ledger is opened with.
type Config struct {
	Store Store
	// Peers are the processes that append to the same store; nil: there is no other.
	Peers  Peers
	Ring   *keyring.Ring
	Keeper *Keeper
	Clock  func() time.Time
	Rand   io.Reader
	// Alarm is told what operators must see, as a message id; may be nil.
	Alarm func(id string)
	// Keys finds record keys; the vault, which stands above, has them.
	Keys Keys
	// Remains is what forgetting left; nil: nobody was ever forgotten.
	Remains Remains
	// Witnesses are the keys of witnesses by the name their signatures are stored
	// under, for an audit.
	Witnesses map[string]proof.Key
	// Restores tells what restores did to the log; nil: it was never restored.
	Restores Lineage
	// Restoring opens a database that a restore is about to put under another log.
	Restoring bool
}

// Ledger appends entries and reads them back. It is safe for concurrent use.
type Ledger struct {
	store    Store
	ring     *keyring.Ring
	keeper   *Keeper
	clock    func() time.Time
	rand     io.Reader
	alarm    func(id string)
	verifier note.Verifier
	keys     Keys
	remains  Remains
	logs     []log  // the names the tree was signed under, oldest first
	lost     []span // entries whose openings a restore did not bring back
	restores []Restored
	own      []note.Verifier // of every key the ring has signed with, oldest first
	vkeys    []string        // of the same

	peers   Peers // nil: no other process appends
	process ProcessID
	left    sync.Once
	leaving chan struct{} // closed to end the watch over peers,
	watched chan struct{} // and when it has ended

	wake    chan struct{}
	stopped chan struct{}

	mu     sync.Mutex // guards the next five
	queue  []*queued
	closed bool
	fatal  error                 // stopped for good
	held   error                 // refused until further notice
	live   map[*Receipt]struct{} // receipts, and queued items, on which something may still be opened

	headMu sync.RWMutex
	head   Head // the newest head this process has seen committed

	// What follows belongs to the appender goroutine: whether the stored edge was
	// checked since the last failure, and the leaf hashes of the unfinished tile of
	// the tree of size edgeAt.
	clean  bool
	edge   []proof.Hash
	edgeAt uint64
}

// Open checks the stored head against its signature, the stored tree and the head
// keeper, and starts the appender. It refuses a database that was rolled back.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	verifier, err := note.NewVerifier(c.Ring.VerifierKey())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "internal", err)
	}
	l := &Ledger{
		store: c.Store, peers: c.Peers, leaving: make(chan struct{}), watched: make(chan struct{}), ring: c.Ring, keeper: c.Keeper, clock: c.Clock, rand: c.Rand, alarm: c.Alarm,
		keys: c.Keys, remains: c.Remains, verifier: verifier, wake: make(chan struct{}, 1), stopped: make(chan struct{}), live: map[*Receipt]struct{}{},
	}
	if l.alarm == nil {
		l.alarm = func(string) {}
	}
	if err := l.lineage(ctx, c.Restores, c.Restoring); err != nil {
		return nil, err
	}
	var head Head
	if err := l.store.Append(ctx, func(tx Tx) (err error) { // under the lock: another process may be appending
		if head, err = tx.Head(); err != nil {
			return err
		}
		return l.trust(head, &builder{l: l, tx: tx})
	}); err != nil {
		return nil, err
	}
	l.head = head
	l.keeper.alarm = l.alarm
	if err := l.keeper.Open(l.verifier, func(size uint64) (proof.Hash, error) { return l.rootAt(ctx, size) }, head.Size); err != nil {
		return nil, err
	}
	if err := l.join(ctx); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// Close writes what is queued, tells the keeper and stops the appender.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.wake)
	}
	l.mu.Unlock()
	<-l.stopped
	l.leave()
	return l.keeper.Close()
}

// Append records the item and returns its receipt when the entry is durable.
//
// A request id that is recorded already, handed in with the same hash within ten
// minutes, gives a receipt of that same entry and no new one; with another hash
// it is a Mismatch, later a Conflict. If what the item's basis names was taken
// away meanwhile, the error is a Conflict "stale" and the caller decides again.
// If a budget is used up the item's refusal is recorded instead, and the receipt
// says which. On any other error the caller must take the entry as not recorded.
func (l *Ledger) Append(ctx context.Context, item Item) (*Receipt, error) {
	q := &queued{ctx: ctx, item: &item, at: l.clock(), done: make(chan struct{})}
	var err error
	if q.answer, err = l.compile(&item.Entry, item.Request, item.Hash); err != nil {
		return nil, err
	}
	r := &Receipt{ledger: l, until: q.at.Add(receiptLife), clock: l.clock, done: make(chan struct{})}
	if item.Entry.shows() {
		// Before it is queued: whoever takes its ground away after it was recorded
		// must see it, however late this goroutine wakes up.
		l.track(r)
	}
	if err := l.enqueue(ctx, q); err != nil {
		r.Close()
		return nil, err
	}
	if r.record, err = l.written(ctx, q); err != nil {
		r.Close()
		return nil, err
	}
	r.scope, r.again, r.over = r.record.scope(), q.result.already, q.result.over
	if !item.Entry.shows() {
		r.scope.Shown = nil // a retry that is refused today opens nothing the first try did
	}
	if item.Settle {
		l.settle(ctx, l.outstanding(), r)
		l.settlePeers(ctx, q.result.index)
		if ctx.Err() != nil { // something may still be in use: a retry waits again
			r.Close()
			return nil, fault.New(fault.Unavailable, "unavailable", "time is up")
		}
	}
	return r, nil
}

// Stale reports whether an Append failed because its ground was taken away.
func Stale(err error) bool { return errors.Is(err, errAgain) }

func (l *Ledger) written(ctx context.Context, q *queued) (*Record, error) {
	if !q.result.already {
		q.result.written.record.Index = q.result.index
		q.result.written.record.Leaf = q.result.written.leaf
		return q.result.written.record, nil
	}
	record, err := l.Record(ctx, q.result.index)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(requestHash(record), q.item.Hash) {
		return nil, fault.New(fault.Mismatch, "idempotency-body", "Idempotency-Key")
	}
	if q.at.Sub(record.At()) > RetryWindow {
		return nil, fault.New(fault.Conflict, "idempotency-late", "Idempotency-Key")
	}
	return record, nil
}

// track remembers a receipt that may open something until it is closed.
func (l *Ledger) track(r *Receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live[r] = struct{}{}
}

func (l *Ledger) forget(r *Receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.live, r)
}

func (l *Ledger) outstanding() []*Receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.live))
}

// settle waits until each receipt is closed, or was too old to be redeemed. What is
// being opened is waited for even if it takes longer than a receipt lives.
func (l *Ledger) settle(ctx context.Context, rs []*Receipt, own *Receipt) {
	for _, r := range rs {
		if r == own {
			continue
		}
		t := time.NewTimer(max(r.until.Sub(l.clock()), 0))
		select {
		case <-r.done:
		case <-ctx.Done():
		case <-t.C:
			if r.inUse() {
				select {
				case <-r.done:
				case <-ctx.Done():
				}
			}
		}
		t.Stop()
	}
}

// Size is a lower bound of the ledger's size: what this process has seen
// committed. Decisions name it as their basis.
func (l *Ledger) Size() uint64 {
	l.headMu.RLock()
	defer l.headMu.RUnlock()
	return l.head.Size
}

// Rules is the entry of the rule set in force, as this process last saw it.
func (l *Ledger) Rules() uint64 {
	l.headMu.RLock()
	defer l.headMu.RUnlock()
	return l.head.Rules
}

// Refresh reads the head again, after a stale answer: another process may have
// appended.
func (l *Ledger) Refresh(ctx context.Context) error {
	h, err := l.store.Head(ctx)
	if err != nil {
		return err
	}
	if h.Size > l.Size() { // decisions will rest on it
		if err := l.checkSigned(h); err != nil {
			return err
		}
		if err := l.checkRules(ctx, h); err != nil {
			return err
		}
	}
	l.setHead(h)
	return nil
}

func (l *Ledger) seen() Head {
	l.headMu.RLock()
	defer l.headMu.RUnlock()
	return l.head
}

func (l *Ledger) setHead(h Head) {
	l.headMu.Lock()
	defer l.headMu.Unlock()
	if h.Size > l.head.Size {
		l.head = h
	}
}

// CheckStamp verifies that a row that gives power was made by the ledger: its MAC
// is right for its content and entry, and the entry exists.
func (l *Ledger) CheckStamp(s pii.Stamped) error {
	err := CheckStampWith(l.ring, s)
	if err != nil {
		l.alarm("row-forged")
	}
	return err
}

// CheckStampWith is CheckStamp for who reads without a ledger.
func CheckStampWith(ring *keyring.Ring, s pii.Stamped) error {
	kind, row := s.StampRow()
	st := s.GetStamp()
	if !ring.CheckMAC(kind, stampBytes(st.Entry, row), st.MAC) {
		return fault.New(fault.Denied, "row-forged", kind)
	}
	return nil
}

func (l *Ledger) stamp(s pii.Stamped, idx uint64) {
	kind, row := s.StampRow()
	s.SetStamp(pii.Stamp{Entry: idx, MAC: l.ring.MAC(kind, stampBytes(idx, row))})
}

func stampBytes(idx uint64, row []byte) []byte {
	return append([]byte(strconv.FormatUint(idx, 10)+"|"), row...)
}

// halt stops all writers for good: the process must be restarted, after the cause
// was dealt with (docs/operate).
func (l *Ledger) halt(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		l.fatal = err
	}
	l.alarm(fault.Of(err).ID)
}

func (l *Ledger) halted() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal != nil {
		return l.fatal
	}
	return l.held
}

// Ready reports why nothing can be recorded, if so.
func (l *Ledger) Ready(ctx context.Context) error {
	if err := l.halted(); err != nil {
		return err
	}
	_, err := l.store.Head(ctx)
	return err
}

// trust verifies a head row before anything is built on it. After a failure, and
// at the start, the tree's edge is read back and checked against the signed root.
func (l *Ledger) trust(h Head, src tileSource) error {
	seen := l.seen()
	if h.Size < seen.Size {
		return fault.New(fault.Unavailable, "keeper-ahead", "")
	}
	if h.Size == seen.Size && h.Size > 0 {
		if !h.equal(seen) { // somebody wrote it who does not append
			return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
		}
		if l.clean {
			return nil
		}
	}
	if err := l.checkSigned(h); err != nil {
		return err
	}
	if h.Size > seen.Size {
		if err := l.checkRules(context.Background(), h); err != nil {
			return err
		}
	}
	if l.clean || h.Size == 0 {
		return nil
	}
	if err := checkEdge(src, h); err != nil {
		if errors.Is(err, errTree) {
			return fault.Wrap(fault.Unavailable, "ledger-broken", err)
		}
		return err
	}
	return nil
}

// checkSigned verifies that a head is of one piece, and its tree is what was signed.
func (l *Ledger) checkSigned(h Head) error {
	if err := checkHead(h); err != nil {
		return fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	if h.Size == 0 {
		return nil
	}
	size, root, err := l.openNote(h.Note)
	if err != nil || size != h.Size || root != h.Root {
		return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
	}
	return nil
}

// checkRules verifies that the head names the newest rule set: the number is under
// no signature, and an older set may allow what was taken back.
func (l *Ledger) checkRules(ctx context.Context, h Head) error {
	found, err := l.Find(ctx, rulesRef, h.Rules, 2)
	if err != nil {
		return err
	}
	for len(found) > 0 && found[len(found)-1] >= h.Size { // appended since the head was read
		found = found[:len(found)-1]
	}
	if h.Rules == 0 && len(found) == 0 || len(found) == 1 && found[0] == h.Rules {
		return nil
	}
	return fault.Wrap(fault.Unavailable, "ledger-broken", errTree)
}

// checkEdge reads the last leaf and the right edge of the tree back and verifies
// them against the root; no entry may lie beyond the head.
func checkEdge(src tileSource, h Head) error {
	last, err := src.leaves(h.Size-1, 2)
	if err != nil {
		return err
	}
	if len(last) != 1 {
		return fmt.Errorf("%w: entries and head differ in number", errTree)
	}
	if l, err := proof.DecodeLeaf(last[0]); err != nil || l.Micros != h.Micros { // the next entry's time is not before it
		return fmt.Errorf("%w: the head's time", errTree)
	}
	return checkLeaf(src, h.Size, h.Root, h.Size-1, last[0])
}

// entryTime is the time entries of the next batch carry: it never goes back.
func (l *Ledger) entryTime(h Head) time.Time {
	now, last := l.clock(), time.UnixMicro(int64(h.Micros))
	if now.Before(last) {
		if last.Sub(now) > 2*time.Second {
			l.alarm("clock-back")
		}
		return last
	}
	return now
}

func (l *Ledger) sign(size uint64, root proof.Hash) ([]byte, error) {
	text := checkpointText(l.ring.LogName(), size, root)
	signed, err := note.Sign(&note.Note{Text: text}, l.ring.Signer())
	if err != nil {
		return nil, fault.New(fault.Unavailable, "unavailable", "signing")
	}
	return signed, nil
}

func checkpointText(origin string, size uint64, root proof.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

func openCheckpoint(signed []byte, origin string, v note.Verifier) (size uint64, root proof.Hash, err error) {
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return 0, root, errTree
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		return 0, root, errTree
	}
	size, err = strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return 0, root, errTree
	}
	b, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(b) != proof.HashSize {
		return 0, root, errTree
	}
	return size, proof.Hash(b), nil
}
