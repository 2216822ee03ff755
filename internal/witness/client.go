package witness

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// Store keeps cosignatures beside the checkpoints they are under.
type Store interface {
	// AddCosignature keeps a witness's signature line; the first one of a witness
	// under a size stays. It is durable when the call returns.
	AddCosignature(ctx context.Context, c Cosignature) error
	// Cosignatures lists those of sizes ≥ from, ascending by size, at most n.
	Cosignatures(ctx context.Context, from uint64, n int) ([]Cosignature, error)
	// NewestCosignatures lists those of the largest sizes, descending, at most n.
	NewestCosignatures(ctx context.Context, n int) ([]Cosignature, error)
	// Checkpoints returns the signed checkpoints of the sizes [from, to], by size.
	Checkpoints(ctx context.Context, from, to uint64) (map[uint64][]byte, error)
}

// Cosignature is one row of the store: a witness's line under the checkpoint of a
// size. Witness is its whole vkey, so that a row can be verified by itself.
type Cosignature struct {
	Size    uint64
	Witness string
	Line    string // with its newline
}

// Defaults and limits of the client.
const (
	// Every is how long after the last round a new head is submitted.
	Every = 10 * time.Second
	// Entries is after how many new entries it is submitted sooner.
	Entries = 4096
	// pause is how often at most a round begins: heads are published no faster.
	pause = time.Second
	// late is after how long without a quorum operators are told.
	late = 5 * time.Minute
	// skew is how far a witness's clock may be from ours.
	skew = 5 * time.Minute
	// patience is how long one witness may take.
	patience = 10 * time.Second
	// packPatience is how long a pack waits for a fresh cosignature.
	packPatience = 5 * time.Second
)

// Config is what a client is made of.
type Config struct {
	Log    *ledger.Ledger
	Store  Store
	LogKey string        // the log's vkey
	Policy *proof.Policy // its witnesses with a URL are asked
	// Outside names, by their names in the policy, the witnesses that another
	// organisation runs, and which.
	Outside map[string]string

	Every   time.Duration // 0: the default
	Entries uint64        // 0: the default
	// FailClosed is after how long without a quorum nothing is recorded, and so
	// nothing released; 0: never.
	FailClosed time.Duration
	// StopFile says, outside the data directory and its backups, that a witness
	// stopped the writers.
	StopFile string

	Clock func() time.Time
	Alarm func(id string)
	HTTP  *http.Client // nil: one with the limits of this package
}

// Client submits the ledger's heads to witnesses. It is safe for concurrent use.
type Client struct {
	Config
	key     proof.Key
	remotes []*remote

	mu      sync.Mutex // guards what follows
	round   time.Time  // when the last round began
	asked   uint64     // and the ledger's size then
	covered uint64     // the largest size a quorum has signed, at it or beyond
	since   time.Time  // when covered last grew, or was the ledger's size
	told    bool       // that it is late
	held    bool
	stopped *Stop
	last    *picked
	served  uint64 // the largest checkpoint handed out
}

// New makes a client and reads what the witnesses are known to have signed. If a
// witness stopped the writers before, they stay stopped.
func New(ctx context.Context, c Config) (*Client, error) {
	if c.Every == 0 {
		c.Every = Every
	}
	if c.Entries == 0 {
		c.Entries = Entries
	}
	if c.Alarm == nil {
		c.Alarm = func(string) {}
	}
	if c.HTTP == nil {
		c.HTTP = newHTTP()
	}
	key, err := proof.ParseLogKey(c.LogKey)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "internal", err)
	}
	cl := &Client{Config: c, key: key, since: c.Clock()}
	if err := cl.checkPolicy(); err != nil {
		return nil, err
	}
	for _, w := range c.Policy.Witnesses {
		cl.remotes = append(cl.remotes, &remote{PolicyWitness: w, busy: make(chan struct{}, 1)})
	}
	if cl.stopped, err = readStop(c.StopFile); err != nil {
		return nil, err
	}
	if cl.stopped != nil {
		c.Log.Stop(errAhead)
	}
	return cl, cl.recall(ctx)
}

// checkPolicy refuses a policy that speaks of another log, that names outsiders who
// are no witnesses, or whose setting could never release anything.
func (c *Client) checkPolicy() error {
	bad := func(where string) error { return fault.New(fault.Invalid, "bad-witness-policy", where) }
	if !slices.ContainsFunc(c.Policy.Logs, func(l proof.PolicyLog) bool { return l.Key.String() == c.LogKey }) {
		return bad("log")
	}
	names := map[string]bool{}
	for _, w := range c.Policy.Witnesses {
		names[w.Name] = true
		if w.URL != "" && !strings.HasPrefix(w.URL, "https://") && !strings.HasPrefix(w.URL, "http://") {
			return bad("witness")
		}
	}
	for name := range c.Outside {
		if !names[name] {
			return bad("outside")
		}
	}
	if c.FailClosed > 0 && c.Policy.Met(nil) {
		return bad("quorum")
	}
	return nil
}

// recall reads what each witness signed last, as far as the database knows. A
// database that was rolled back has forgotten some; the witness has not.
func (c *Client) recall(ctx context.Context) error {
	rows, err := c.Store.NewestCosignatures(ctx, 64*max(1, len(c.remotes)))
	if err != nil {
		return err
	}
	newest := time.Time{}
	for _, row := range rows {
		r := c.remote(row.Witness)
		if r == nil || r.known >= row.Size || c.closed(row.Size) {
			continue
		}
		if at, ok := c.verifies(ctx, row); ok {
			r.known, r.signed = row.Size, true
			if at.After(newest) {
				newest = at
			}
		}
	}
	c.covered = c.quorumSize()
	if c.covered > 0 && newest.Before(c.since) {
		c.since = newest // a restart is no new deadline
	}
	return nil
}

func (c *Client) remote(vkey string) *remote {
	for _, r := range c.remotes {
		if r.Key.String() == vkey {
			return r
		}
	}
	return nil
}

// Run submits what is due until ctx ends.
func (c *Client) Run(ctx context.Context) {
	if len(c.remotes) == 0 {
		return
	}
	var rounds sync.WaitGroup
	defer rounds.Wait()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		if c.due() {
			rounds.Go(func() { c.Round(ctx) })
		}
		c.watch()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// due reports whether a round should begin, and if so that it has.
func (c *Client) due() bool {
	size, least := c.Log.Size(), c.least()
	c.mu.Lock()
	defer c.mu.Unlock()
	since := c.Clock().Sub(c.round)
	switch {
	case c.stopped != nil || size == 0 || least >= size:
		return false
	case since < 0 || since >= c.Every, since >= pause && size-c.asked >= c.Entries:
		c.round, c.asked = c.Clock(), size
		return true
	}
	return false
}

// least is the smallest size that a witness we ask has signed last; 0 while one of
// them has not signed for this process.
func (c *Client) least() uint64 {
	least := ^uint64(0)
	for _, r := range c.remotes {
		known, _ := r.state()
		if !r.hasMet() {
			known = 0
		}
		if r.URL != "" {
			least = min(least, known)
		}
	}
	return least
}

// Round submits the newest head to every witness that is not still being asked, and
// returns when all have answered or run out of patience. All get the same head, so
// that one checkpoint can have a quorum.
func (c *Client) Round(ctx context.Context) { c.submitAll(ctx, false) }

// submitAll is a round; with wait it also waits for who is still at an older head.
func (c *Client) submitAll(ctx context.Context, wait bool) {
	if c.Stopped() != nil {
		return
	}
	head, err := c.Log.Head(ctx)
	if err != nil || head.Size == 0 {
		return
	}
	var asked sync.WaitGroup
	for _, r := range c.remotes {
		if r.URL != "" {
			asked.Go(func() {
				if r.take(ctx, wait) {
					c.ask(ctx, r, head)
					<-r.busy
				}
			})
		}
	}
	asked.Wait()
	c.watch()
}

// watch notices what a quorum has signed, tells operators when it is late, and by
// setting refuses to record until there is one.
func (c *Client) watch() {
	if c.Policy.Met(nil) { // no quorum is asked for
		return
	}
	covered, size, now := c.quorumSize(), c.Log.Size(), c.Clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if covered > c.covered || covered >= size {
		c.covered, c.since = max(covered, c.covered), now
	}
	waited := now.Sub(c.since)
	if waited < late {
		c.told = false
	} else if !c.told {
		c.told = true
		c.Alarm("witness-late")
	}
	hold := c.FailClosed > 0 && waited >= c.FailClosed
	if hold == c.held {
		return
	}
	c.held = hold
	if hold {
		c.Log.Hold(errNoQuorum)
		c.Alarm("no-quorum")
	} else {
		c.Log.Hold(nil)
	}
}

var errNoQuorum = fault.New(fault.Unavailable, "no-quorum", "")

// quorumSize is the largest size that a quorum has signed, at it or beyond it.
func (c *Client) quorumSize() uint64 {
	if c.Policy.Met(nil) {
		return 0
	}
	signed := map[string]bool{}
	order := slices.Clone(c.remotes)
	slices.SortFunc(order, func(a, b *remote) int {
		x, _ := a.state()
		y, _ := b.state()
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, r := range order {
		known, ok := r.state()
		if !ok {
			continue
		}
		if signed[r.Name] = true; c.Policy.Met(signed) {
			return known
		}
	}
	return 0
}
