package demo

import (
	"fmt"
	"io"
	"time"

	"github.com/goldbell/goldbell/internal/fault"
)

// progress is one line on a terminal, written over and over; elsewhere nothing.
type progress struct {
	to    io.Writer
	lang  fault.Lang
	began time.Time
	shown time.Time
}

func newProgress(o Options, began time.Time) *progress {
	p := &progress{to: o.Progress, lang: o.Lang, began: began}
	if !o.Terminal || o.Progress == nil {
		p.to = io.Discard
	}
	return p
}

// often is how often the line may change.
const often = 100 * time.Millisecond

func (p *progress) line(now bool, text string) {
	if t := time.Now(); now || t.Sub(p.shown) >= often {
		p.shown = t
		fmt.Fprintf(p.to, "\r\x1b[K%3.0f s  %s", t.Sub(p.began).Seconds(), text)
	}
}

func (p *progress) phase(what string) { p.line(true, say(p.lang, what)+" …") }

func (p *progress) step(what string, done, of int) {
	p.line(false, say(p.lang, "step", say(p.lang, what), done, of))
}

func (p *progress) day(act string, n, of int, disclosures int64) {
	p.line(false, say(p.lang, "day", say(p.lang, act), n+1, of, disclosures))
}

// end takes the line away.
func (p *progress) end() { fmt.Fprint(p.to, "\r\x1b[K") }
