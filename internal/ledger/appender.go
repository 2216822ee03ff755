package ledger

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/pii"
	"github.com/goldbell/goldbell/proof"
)

// Limits of one commit's batch.
const (
	maxBatch      = 1024
	maxBatchBytes = 4 << 20
	// maxQueue bounds what waits while the database is away.
	maxQueue = 16 * maxBatch
)

// appendLimit is how long one commit may take before its callers are told that
// nothing was recorded: a database that hangs must not hang the ledger.
const appendLimit = 30 * time.Second

// errAgain is what an item that must be decided anew gets.
var errAgain = fault.New(fault.Conflict, "stale", "")

// errActor says that the actor was changed or ended since he was authenticated. Deciding
// again does not help; who still may sends the request again.
var errActor = fault.New(fault.Unavailable, "stale", "actor")

// queued is an item waiting for the next commit.
type queued struct {
	ctx    context.Context // of its caller, who may have given up
	item   *Item
	answer *compiled
	at     time.Time
	result result
	done   chan struct{} // closed when result is set
}

type result struct {
	index   uint64
	written *compiled // what was written: the answer or its refusal
	already bool      // index was recorded by an earlier try
	over    string
	err     error
}

// enqueue hands an item to the appender and waits for its commit.
func (l *Ledger) enqueue(ctx context.Context, q *queued) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return fault.New(fault.Unavailable, "unavailable", "closing")
	}
	if len(l.queue) >= maxQueue {
		l.mu.Unlock()
		return fault.New(fault.Unavailable, "unavailable", "ledger")
	}
	l.queue = append(l.queue, q)
	select {
	case l.wake <- struct{}{}:
	default: // the appender is awake already
	}
	l.mu.Unlock()
	select {
	case <-q.done:
		return q.result.err
	case <-ctx.Done():
		// The entry may still be written if its batch has begun. The caller was told
		// "not recorded"; nothing is opened for it.
		return fault.New(fault.Unavailable, "unavailable", "time is up")
	}
}

// run is the self-clocking group commit: what queues during a commit is the next
// batch, with no waiting.
func (l *Ledger) run() {
	defer close(l.stopped)
	for {
		batch, open := l.take()
		if len(batch) > 0 {
			l.commit(batch)
			continue
		}
		if !open {
			return
		}
		<-l.wake
	}
}

// take is the next batch. Whose caller gave up while he waited is left out.
func (l *Ledger) take() (batch []*queued, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size, n := 0, 0
	for _, q := range l.queue {
		if q.ctx.Err() != nil {
			q.result = result{err: fault.New(fault.Unavailable, "unavailable", "time is up")}
			close(q.done)
			n++
			continue
		}
		size += len(q.answer.sealed.Sealed) + 512
		if len(batch) == maxBatch || len(batch) > 0 && size > maxBatchBytes {
			break
		}
		batch = append(batch, q)
		n++
	}
	l.queue = slices.Delete(l.queue, 0, n)
	return batch, !l.closed
}

// commit writes a batch. If a row of it clashes, its members are retried one by
// one, so that one bad item fails alone.
func (l *Ledger) commit(batch []*queued) {
	err := l.write(batch)
	if err != nil && len(batch) > 1 && !fault.Is(err, fault.Unavailable) {
		for _, q := range batch {
			l.commit([]*queued{q})
		}
		return
	}
	for _, q := range batch {
		if err != nil {
			q.result = result{err: err}
		}
		close(q.done)
	}
}

func (l *Ledger) write(batch []*queued) error {
	if err := l.halted(); err != nil {
		return err
	}
	var head Head
	var edge []proof.Hash
	grown := false
	ctx, cancel := context.WithTimeout(context.Background(), appendLimit)
	defer cancel()
	err := l.store.Append(ctx, func(tx Tx) error {
		b := builder{l: l, tx: tx}
		if err := b.build(batch); err != nil {
			return err
		}
		head, edge, grown = b.batch.Head, b.edge, len(b.batch.Leaves) > 0
		if !grown {
			return nil
		}
		return tx.Write(b.batch)
	})
	if err != nil {
		l.clean = false // the next batch checks the whole edge first
		return l.refuse(err)
	}
	l.clean = true
	if grown {
		l.edge, l.edgeAt = edge, head.Size
	}
	l.setHead(head)
	l.keeper.Saw(head)
	return nil
}

// refuse turns a failed append into what its callers are told.
func (l *Ledger) refuse(err error) error {
	if errors.Is(err, errTree) || fault.IsID(err, "keeper-ahead") {
		l.halt(err)
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(fault.Unavailable, "unavailable", err)
}

// builder fills one batch under the head lock.
type builder struct {
	l     *Ledger
	tx    Tx
	needs Needs
	batch Batch
	edge  []proof.Hash // leaf hashes of the tile that is not full yet, if known
	at    time.Time
	head  Head
	// hashes are the new leaves'; revoked and rules are what this batch took away.
	hashes  []proof.Hash
	revoked map[string]uint64
	known   map[pii.RequestID]uint64
}

func (b *builder) leaves(from uint64, n int) ([][]byte, error) { return b.tx.Leaves(from, n) }
func (b *builder) tiles(ids []TileID) ([][]byte, error)        { return b.tx.Tiles(ids) }

func (b *builder) build(batch []*queued) error {
	if err := b.prefetch(batch); err != nil {
		return err
	}
	head, err := b.tx.Head()
	if err != nil {
		return err
	}
	if err := b.l.trust(head, b); err != nil {
		return err
	}
	b.head, b.batch.Old = head, head.Size
	b.head.Frontier = slices.Clone(head.Frontier)
	b.at = b.l.entryTime(head)
	if err := b.facts(); err != nil {
		return err
	}
	for _, q := range batch {
		if err := b.add(q); err != nil {
			return err
		}
	}
	return b.finish()
}

// prefetch names what the batch will ask for, so that it is one question.
func (b *builder) prefetch(batch []*queued) error {
	n := Needs{Since: math.MaxInt64}
	if b.l.peers != nil {
		n.Process = &b.l.process
	}
	for _, q := range batch {
		if q.item.Hash != nil {
			n.Requests = append(n.Requests, q.item.Request)
		}
		n.Spends = append(n.Spends, q.answer.entry.Spends...)
		if len(q.item.Basis.Keys) > 0 {
			n.Revoked, n.Since = true, min(n.Since, q.item.Basis.Size)
		}
		if len(q.item.Actor.Keys) > 0 {
			n.Revoked, n.Since = true, min(n.Since, q.item.Actor.Size)
		}
	}
	b.needs = n
	return b.tx.Prefetch(n)
}

// facts reads what the whole batch needs: earlier tries and revocations.
func (b *builder) facts() (err error) {
	if b.known, err = b.tx.Requests(b.needs.Requests); err != nil {
		return err
	}
	b.revoked = map[string]uint64{}
	if b.needs.Revoked && b.needs.Since < b.head.Size {
		b.revoked, err = b.tx.Revoked(b.needs.Since)
	}
	return err
}

// add decides what becomes of one item: found, sent back, refused or written.
func (b *builder) add(q *queued) error {
	if b.takenAway(q.item.Actor) {
		q.result = result{err: errActor}
		return nil
	}
	if b.stale(q.item.Basis) {
		q.result = result{err: errAgain}
		return nil
	}
	if idx, ok := b.known[q.item.Request]; ok && q.item.Hash != nil {
		q.result = result{index: idx, already: true}
		return nil
	}
	c := q.answer
	over, err := b.tx.Spend(c.entry.Spends)
	if err != nil {
		return err
	}
	if over != "" {
		if c, err = b.refusal(q, over); c == nil || err != nil {
			return err
		}
	}
	return b.append(q, c, over)
}

// refusal is what an item becomes whose budget is used up; nil if it has none.
func (b *builder) refusal(q *queued, over string) (*compiled, error) {
	if q.item.Refusal == nil {
		q.result = result{err: fault.New(fault.Exhausted, "budget", "")}
		return nil, nil
	}
	c, err := b.l.compile(q.item.Refusal, q.item.Request, q.item.Hash)
	if err != nil {
		return nil, err
	}
	// A refusal is recorded also when the budget it is charged to is used up.
	if _, err := b.tx.Spend(c.entry.Spends); err != nil {
		return nil, err
	}
	return c, nil
}

func (b *builder) stale(basis Basis) bool {
	if len(basis.Keys) == 0 {
		return false
	}
	if basis.Rules != b.head.Rules {
		return true
	}
	return b.takenAway(basis)
}

// takenAway reports whether any of a basis was, since its size.
func (b *builder) takenAway(basis Basis) bool {
	for _, k := range basis.Keys {
		if idx, ok := b.revoked[k]; ok && idx >= basis.Size {
			return true
		}
	}
	return false
}

// settleKey is what an entry takes away that waits for receipts and names nothing.
const settleKey = "settle"

func (b *builder) append(q *queued, c *compiled, over string) error {
	idx := b.head.Size
	c.leaf.Micros = uint64(b.at.UnixMicro())
	leaf := c.leaf.Encode()
	for _, e := range c.entry.Effects {
		if s, ok := e.(pii.Stamped); ok {
			b.l.stamp(s, idx)
		}
		if m, ok := e.(interface{ Stamps() []pii.Stamped }); ok {
			for _, s := range m.Stamps() {
				b.l.stamp(s, idx)
			}
		}
	}
	if len(c.entry.Effects) > 0 {
		if err := b.tx.Apply(idx, b.at, c.entry.Effects); err != nil {
			return err
		}
	}
	h := leafHash(leaf)
	b.head.Frontier = grow(b.head.Frontier, idx, h)
	b.head.Size++
	b.hashes = append(b.hashes, h)
	b.batch.Leaves = append(b.batch.Leaves, leaf)
	b.batch.Requests = append(b.batch.Requests, c.request)
	c.sealed.Index = idx
	b.batch.Openings = append(b.batch.Openings, c.sealed)
	for _, r := range c.refs {
		b.batch.Refs = append(b.batch.Refs, IndexRow{r, idx})
	}
	revokes := c.entry.Revokes
	if q.item.Settle && len(revokes) == 0 {
		revokes = []string{settleKey} // other processes must see it
	}
	for _, k := range revokes {
		b.batch.Revocations = append(b.batch.Revocations, Revocation{k, idx})
		b.revoked[k] = idx
	}
	if c.entry.Rules {
		b.head.Rules = idx
	}
	if q.item.Hash != nil { // its twin may be in this batch
		b.known[q.item.Request] = idx
	}
	q.result = result{index: idx, written: c, over: over}
	return nil
}

// finish makes the tiles that are full now and signs the new head. The signature
// stays in the process until the commit has returned.
func (b *builder) finish() error {
	if len(b.hashes) == 0 {
		b.batch.Head = b.head
		return nil
	}
	tiles, err := b.fill()
	if err != nil {
		return err
	}
	b.batch.Tiles = tiles
	b.head.Root = rootOf(b.head.Frontier)
	b.head.Micros = uint64(b.at.UnixMicro())
	b.head.Note, err = b.l.sign(b.head.Size, b.head.Root)
	if err != nil {
		return err
	}
	b.batch.Head = b.head
	return nil
}

// fill makes the tiles, from memory where the edge is known.
func (b *builder) fill() ([]Tile, error) {
	old := b.batch.Old
	row, from := b.hashes, old
	if partial := int(old % tileWidth); b.l.clean && b.l.edgeAt == old && len(b.l.edge) == partial {
		row, from = append(slices.Clone(b.l.edge), b.hashes...), old-uint64(partial)
	}
	if partial := int(b.head.Size % tileWidth); len(row) >= partial {
		b.edge = slices.Clone(row[len(row)-partial:])
	}
	return fullTiles(b, from, row)
}
