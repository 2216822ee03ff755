package witness

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// recent is how many of the newest cosignatures are looked through for a
// checkpoint that has a quorum.
const recent = 64

// fresh is how old the newest witnessed checkpoint may be to be the one that is
// served; after that the newest head is, with whoever signed it.
const fresh = time.Minute

// Signed says that a witness signed a checkpoint, and when.
type Signed struct {
	Name    string // in the policy
	Outside string // the organisation that runs it; empty: our own
	At      time.Time
}

// cosignedHead is a checkpoint with its cosignatures.
type cosignedHead struct {
	head ledger.Head // Size, Root and Note with all lines
	by   []Signed
	met  bool // the policy's quorum
}

// verifies checks a row of the store by itself: its line is the witness's signature
// under our checkpoint of that size.
func (c *Client) verifies(ctx context.Context, row Cosignature) (at time.Time, ok bool) {
	notes, err := c.Store.Checkpoints(ctx, row.Size, row.Size)
	if err != nil || notes[row.Size] == nil {
		return at, false
	}
	return c.under(notes[row.Size], row)
}

// under checks a row against the checkpoint of its size.
func (c *Client) under(note []byte, row Cosignature) (at time.Time, ok bool) {
	key, err := proof.ParseWitnessKey(row.Witness)
	if err != nil {
		return at, false
	}
	n, err := proof.ParseCheckpoint(append(bytes.Clone(note), row.Line...))
	if err != nil || n.Size != row.Size || !c.ours(n) {
		return at, false
	}
	at, ok, err = n.Cosigned(key)
	return at, ok && err == nil
}

// ours reports whether the log that signs heads of its size signed the checkpoint: the
// one in use, or one that a restore closed.
func (c *Client) ours(n proof.Checkpoint) bool {
	key, err := proof.ParseLogKey(c.Log.KeyAt(n.Size))
	return err == nil && n.Signed(key) == nil
}

// closed reports whether heads of this size belong to a log that is closed: witnesses
// know nothing of them under the origin in use.
func (c *Client) closed(size uint64) bool { return c.Log.KeyAt(size) != c.LogKey }

// assemble puts the cosignatures of one size under its checkpoint, in the policy's
// order. A row that does not verify is left out, with an alarm; of a checkpoint that
// does not, nothing is left.
func (c *Client) assemble(ctx context.Context, rows []Cosignature) (cosignedHead, error) {
	size := rows[0].Size
	notes, err := c.Store.Checkpoints(ctx, size, size)
	if err != nil {
		return cosignedHead{}, err
	}
	n, err := proof.ParseCheckpoint(notes[size])
	if err != nil || n.Size != size || !c.ours(n) {
		c.Alarm("cosignature-broken")
		return cosignedHead{}, nil
	}
	out := cosignedHead{head: ledger.Head{Size: size, Root: n.Root, Note: notes[size]}}
	signed := map[string]bool{}
	for _, r := range c.remotes {
		for _, row := range rows {
			if row.Witness != r.Key.String() {
				continue
			}
			at, ok := c.under(notes[size], row)
			if !ok {
				c.Alarm("cosignature-broken")
				continue
			}
			out.head.Note = append(out.head.Note, row.Line...)
			out.by = append(out.by, Signed{r.Name, c.Outside[r.Name], at})
			signed[r.Name] = true
		}
	}
	out.met = len(out.by) > 0 && c.Policy.Met(signed)
	out.head.Note = slices.Clip(out.head.Note) // it is handed out several times
	return out, nil
}

// newest are the newest checkpoint that a quorum signed, among the recent ones, and
// the newest that anybody signed. Size 0 means that there is none.
func (c *Client) newest(ctx context.Context) (quorum, some cosignedHead, err error) {
	rows, err := c.Store.NewestCosignatures(ctx, recent)
	if err != nil {
		return quorum, some, err
	}
	rows = slices.DeleteFunc(rows, func(r Cosignature) bool { return c.closed(r.Size) })
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	if last != nil && slices.Equal(last.rows, rows) {
		return last.quorum, last.some, nil // verified before
	}
	if quorum, some, err = c.pick(ctx, rows); err != nil {
		return quorum, some, err
	}
	c.mu.Lock()
	c.last = &picked{rows, quorum, some}
	c.mu.Unlock()
	return quorum, some, nil
}

// picked is what newest found among rows.
type picked struct {
	rows         []Cosignature
	quorum, some cosignedHead
}

func (c *Client) pick(ctx context.Context, rows []Cosignature) (quorum, some cosignedHead, err error) {
	err = c.eachSize(ctx, rows, func(h cosignedHead) (done bool) {
		if len(h.by) > 0 && some.head.Size == 0 {
			some = h
		}
		if h.met {
			quorum = h
		}
		return h.met
	})
	return quorum, some, err
}

// eachSize calls f with what was signed of each size, in the rows' order, until it
// is done.
func (c *Client) eachSize(ctx context.Context, rows []Cosignature, f func(cosignedHead) (done bool)) error {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Size == rows[0].Size {
			n++
		}
		h, err := c.assemble(ctx, rows[:n])
		if err != nil || f(h) {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Covering is the checkpoint a pack is proven under: of at least the size given,
// with the cosignatures it has. The newest that a quorum signed is taken; if it is
// too old for what is to be proven the witnesses are asked once, within 5 s; after
// that the newest that anybody signed, and at last the newest head.
func (c *Client) Covering(ctx context.Context, size uint64) (ledger.Head, error) {
	quorum, some, err := c.newest(ctx)
	if err == nil && quorum.head.Size < size && c.Stopped() == nil && len(c.remotes) > 0 {
		wait, cancel := context.WithTimeout(ctx, packPatience)
		c.submitAll(wait, true)
		cancel()
		quorum, some, err = c.newest(ctx)
	}
	switch {
	case err != nil:
		return ledger.Head{}, err
	case quorum.head.Size > 0 && quorum.head.Size >= size:
		return quorum.head, nil
	case some.head.Size > 0 && some.head.Size >= size:
		return some.head, nil
	}
	return c.Log.Head(ctx)
}

// Witnesses are the vkeys whose signatures [Client.Covering] may hand out.
func (c *Client) Witnesses() []string {
	out := make([]string, 0, len(c.remotes))
	for _, r := range c.remotes {
		out = append(out, r.Key.String())
	}
	return out
}

// RunBy is the other organisation that runs a witness; empty: it is our own.
func (c *Client) RunBy(vkey string) string {
	for _, r := range c.remotes {
		if r.Key.String() == vkey {
			return c.Outside[r.Name]
		}
	}
	return ""
}

// Checkpoint is the checkpoint that is served: the newest witnessed one while that
// is fresh, otherwise the newest head. Within a process it never gets smaller.
func (c *Client) Checkpoint(ctx context.Context) ([]byte, error) {
	quorum, some, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	head, err := c.Log.Head(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range []cosignedHead{quorum, some} {
		if h.head.Size > 0 && h.head.Size >= c.served && (h.head.Size == head.Size || h.youngerThan(fresh, c.Clock())) {
			c.served = h.head.Size
			return h.head.Note, nil
		}
	}
	c.served = max(c.served, head.Size)
	return head.Note, nil
}

func (h cosignedHead) youngerThan(age time.Duration, now time.Time) bool {
	return slices.ContainsFunc(h.by, func(s Signed) bool { return now.Sub(s.At) < age })
}

// Status is what operators see.
type Status struct {
	Outside bool          // a witness of another organisation is set up
	Covered uint64        // the largest size a quorum has signed
	Waited  time.Duration // how long what is beyond it has waited; 0: there is nothing
	Failed  uint64        // submissions that ended without a signature
	Late    bool
	Stopped bool
}

// Status says how the witnesses are doing.
func (c *Client) Status() Status {
	covered := c.quorumSize()
	s := Status{Outside: len(c.Outside) > 0, Covered: covered}
	for _, r := range c.remotes {
		r.mu.Lock()
		s.Failed += r.failed
		r.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.Policy.Met(nil) && c.Log.Size() > covered {
		s.Waited = max(0, c.Clock().Sub(c.since))
	}
	s.Late, s.Stopped = s.Waited >= late, c.stopped != nil
	return s
}
