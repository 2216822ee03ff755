package witness

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// Why writers were stopped.
const (
	reasonAhead = "ahead" // the witness holds more than the database
	reasonFork  = "fork"  // our tree does not continue what the witness holds
)

// Stop says which witness stopped the writers, and why. It is kept in a file
// outside the data directory until a person takes it away (docs/operate/witness.md).
type Stop struct {
	Reason  string    `json:"reason"`
	Witness string    `json:"witness"` // its name in the policy
	VKey    string    `json:"vkey"`
	Theirs  uint64    `json:"their_size"`
	Ours    uint64    `json:"our_size"`
	At      time.Time `json:"at"`
	// Checkpoint is what the witness shows, if it is signed with our log's key: then
	// the witness cannot have made it up.
	Checkpoint string `json:"checkpoint,omitempty"`
}

// errAhead is what every Append answers after a stop.
var errAhead = fault.New(fault.Unavailable, "witness-ahead", "")

// stop stops all writers, now and after every restart.
func (c *Client) stop(ctx context.Context, r *remote, s Stop) error {
	c.Log.Stop(errAhead) // first of all
	s.Witness, s.VKey, s.At = r.Name, r.Key.String(), c.Clock().UTC()
	c.mu.Lock()
	first := c.stopped == nil
	if first {
		c.stopped = &s
	}
	c.mu.Unlock()
	if !first {
		return errAhead
	}
	if err := writeStop(c.StopFile, s); err != nil {
		c.Alarm("stop-unwritten")
	}
	if signed, _, ok, err := Latest(ctx, c.HTTP, r.PolicyWitness, c.key); err == nil && ok {
		shown := s
		shown.Checkpoint = string(signed)
		if writeStop(c.StopFile, shown) == nil {
			c.mu.Lock()
			c.stopped = &shown
			c.mu.Unlock()
		}
	}
	return errAhead
}

// Stopped says what stopped the writers; nil: nothing did.
func (c *Client) Stopped() *Stop {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// readStop reads the stop file. One that cannot be read is a stop all the same.
func readStop(name string) (*Stop, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "keeper-unreadable", "")
	}
	s := &Stop{Reason: reasonAhead}
	_ = json.Unmarshal(b, s)
	return s, nil
}

func writeStop(name string, s Stop) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return replaceFile(name, append(b, '\n'))
}
