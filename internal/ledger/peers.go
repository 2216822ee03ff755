package ledger

import (
	"context"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// Several processes may append to one database. A receipt never leaves the process
// that made it, so a withdrawal has to hear from the others that none of theirs,
// for an entry before its own, opens anything any more:
//
//   - Each process has a row. An append finds its own row under the head's lock, and
//     puts it back if it is gone or was given up: who has receipts has a row.
//   - A process that has others beside it looks for new revocations. It waits until
//     the receipts it had then are closed or too old, and says so in its row.
//   - A withdrawal waits until every other row says so. A row that does not change for
//     the life of a receipt belongs to a process that is gone, or cut off from the
//     database: the receipts it may hold were queued before the withdrawal was
//     recorded, and are too old by then.
//   - A silent row is given up first, and removed a receipt's life later if its owner
//     has appended nothing since. So nobody has a receipt and no row.

// ProcessID names a process that appends.
type ProcessID [16]byte

// Peer is the row of a process.
type Peer struct {
	ID      ProcessID
	Settled uint64 // no receipt of it, for an entry below, opens anything any more
	Beat    uint64 // changes while it lives
	GivenUp bool
}

// Peers keeps the rows of the processes that append to one database.
type Peers interface {
	// Processes returns all rows, and the end of the ledger as it was after its last
	// revocation.
	Processes(ctx context.Context) (all []Peer, revoked uint64, err error)
	// Settle says that the process lives, and that it is settled up to an index. A
	// row that is missing is made.
	Settle(ctx context.Context, id ProcessID, upTo uint64) error
	// GiveUp marks a row, unless it was changed since it was read.
	GiveUp(ctx context.Context, p Peer) error
	// Remove removes a row that is given up, under the head's lock.
	Remove(ctx context.Context, id ProcessID) error
	// Leave removes the row of a process that holds no receipt.
	Leave(ctx context.Context, id ProcessID) error
}

const (
	alonePause    = time.Second           // between looks for other processes
	togetherPause = 20 * time.Millisecond // between looks for revocations, beside others
	beatPause     = time.Second
)

// silence tells how long rows have not changed at least. Time is the sum of our own
// pauses: less than has passed, never more.
type silence map[ProcessID]heard

type heard struct {
	row   Peer
	since time.Duration
}

func (s silence) of(p Peer, now time.Duration) time.Duration {
	h, ok := s[p.ID]
	if !ok || h.row != p {
		h = heard{p, now}
		s[p.ID] = h
	}
	return now - h.since
}

// join makes this process's row and begins to answer others' withdrawals.
func (l *Ledger) join(ctx context.Context) error {
	if l.peers == nil {
		return nil
	}
	if _, err := io.ReadFull(l.rand, l.process[:]); err != nil {
		return fault.New(fault.Unavailable, "unavailable", "randomness")
	}
	if err := l.peers.Settle(ctx, l.process, 0); err != nil {
		return err
	}
	go l.watchPeers()
	return nil
}

// leave ends the watch and removes the row, unless a receipt is left: then the
// others find the row silent.
func (l *Ledger) leave() {
	if l.peers == nil {
		return
	}
	l.left.Do(func() {
		close(l.leaving)
		<-l.watched
		if len(l.outstanding()) == 0 {
			ctx, cancel := context.WithTimeout(context.Background(), receiptLife)
			defer cancel()
			_ = l.peers.Leave(ctx, l.process)
		}
	})
}

// watchPeers answers other processes' withdrawals until the ledger is closed.
func (l *Ledger) watchPeers() {
	defer close(l.watched)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-l.leaving; cancel() }()
	w := &peerWatch{l: l, quiet: silence{}}
	var now time.Duration
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-l.leaving:
			return
		case <-pause.C:
			next := w.look(ctx, now)
			now += next
			pause.Reset(next)
		}
	}
}

type peerWatch struct {
	l        *Ledger
	quiet    silence
	settled  uint64
	settling chan struct{} // closed when what was outstanding is settled up to next;
	next     uint64        // nil: nothing is being waited for
	lastBeat time.Duration
}

// look answers what is new and says when to look again. What fails is tried again;
// meanwhile the others wait for us as long as a receipt lives.
func (w *peerWatch) look(ctx context.Context, now time.Duration) (pause time.Duration) {
	pause = alonePause
	all, revoked, err := w.l.peers.Processes(ctx)
	if err != nil {
		return pause
	}
	for _, p := range all {
		if p.ID != w.l.process {
			pause = togetherPause
			w.bury(ctx, p, w.quiet.of(p, now))
		}
	}
	if pause == alonePause {
		return pause
	}
	upTo := w.answer(ctx, revoked)
	if upTo == w.settled && now-w.lastBeat < beatPause {
		return pause
	}
	if w.l.peers.Settle(ctx, w.l.process, upTo) == nil {
		w.settled, w.lastBeat = upTo, now
	}
	return pause
}

// answer begins to wait for receipts when there is a new revocation, and returns up
// to where all are settled.
func (w *peerWatch) answer(ctx context.Context, revoked uint64) (upTo uint64) {
	upTo = w.settled
	if w.settling != nil && isClosed(w.settling) {
		upTo, w.settling = w.next, nil
	}
	if revoked > upTo && w.settling == nil && ctx.Err() == nil {
		// The revocation was read before: what was queued before it is among these.
		live, settled := w.l.outstanding(), make(chan struct{})
		w.settling, w.next = settled, revoked
		if len(live) == 0 {
			w.settling = nil
			return revoked
		}
		go func() {
			w.l.settle(context.Background(), live, nil)
			close(settled)
		}()
	}
	return upTo
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (w *peerWatch) bury(ctx context.Context, p Peer, quiet time.Duration) {
	switch {
	case quiet <= receiptLife:
	case p.GivenUp:
		_ = w.l.peers.Remove(ctx, p.ID)
	default:
		_ = w.l.peers.GiveUp(ctx, p)
	}
}

// settlePeers waits until no other process opens anything for an entry before idx,
// which is committed.
func (l *Ledger) settlePeers(ctx context.Context, idx uint64) {
	if l.peers == nil {
		return
	}
	const step = togetherPause / 4
	quiet := silence{}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for now := time.Duration(0); ; now += step {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		all, _, err := l.peers.Processes(ctx)
		wait := err != nil && now <= receiptLife
		for _, p := range all {
			silent := quiet.of(p, now) > receiptLife
			wait = wait || p.ID != l.process && p.Settled <= idx && !silent
		}
		if !wait {
			return
		}
		pause.Reset(step)
	}
}
