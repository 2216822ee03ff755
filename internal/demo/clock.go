package demo

import (
	"sync/atomic"
	"time"
)

// clock is the firm's: it stands still but for a microsecond a reading, is set
// forward between the parts of a day, and runs when the play is over.
type clock struct {
	at      atomic.Int64 // microseconds of Unix time
	started atomic.Int64 // machine time at which it began to run; 0: it stands
}

// Now tells the firm's time.
func (c *clock) Now() time.Time {
	if began := c.started.Load(); began != 0 {
		return time.UnixMicro(c.at.Load()).UTC().Add(time.Since(time.UnixMicro(began)))
	}
	return time.UnixMicro(c.at.Add(1)).UTC()
}

// set moves the clock forward, never back.
func (c *clock) set(t time.Time) {
	if to := t.UnixMicro(); to > c.at.Load() {
		c.at.Store(to)
	}
}

func (c *clock) run() { c.started.Store(time.Now().UnixMicro()) }

// beijing is the zone of the firm's days.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// opening is the firm's first working day, a Monday.
var opening = time.Date(2025, 2, 10, 0, 0, 0, 0, beijing)

// workday is the n-th working day, at that hour; weekends are skipped.
func workday(n, hour, minute int) time.Time {
	d := opening.AddDate(0, 0, n/5*7+n%5)
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, beijing)
}
