package demo

import (
	"fmt"
	"io"
	"time"
)

// progress is one line on a terminal, written over and over; elsewhere nothing.
type progress struct {
	to    io.Writer
	began time.Time
	shown time.Time
}

func newProgress(o Options, began time.Time) *progress {
	p := &progress{to: o.Progress, began: began}
	if !o.Terminal || o.Progress == nil {
		p.to = io.Discard
	}
	return p
}

// often is how often the line may change.
const often = 100 * time.Millisecond

func (p *progress) line(now bool, format string, args ...any) {
	if t := time.Now(); now || t.Sub(p.shown) >= often {
		p.shown = t
		fmt.Fprintf(p.to, "\r\x1b[K%3.0f s  %s", t.Sub(p.began).Seconds(), fmt.Sprintf(format, args...))
	}
}

func (p *progress) phase(what string) { p.line(true, "%s …", what) }

func (p *progress) step(what string, done, of int) { p.line(false, "%s: %d of %d", what, done, of) }

func (p *progress) day(act string, n, of int, disclosures int64) {
	p.line(false, "%s: day %d of %d, %d disclosures recorded", act, n+1, of, disclosures)
}

// end takes the line away.
func (p *progress) end() { fmt.Fprint(p.to, "\r\x1b[K") }
