package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// redraw is how often a bar is drawn at most.
const redraw = 100 * time.Millisecond

// progress is a bar on standard error. Off a terminal, and with a nil receiver, it
// does nothing. It is safe for concurrent use.
type progress struct {
	w     io.Writer
	width func() int
	clock func() time.Time
	label string
	rate  string // "%d rows/s"
	left  string // "%s left"
	total int64

	mu      sync.Mutex // guards what follows
	done    int64      // of total
	rows    int64
	started time.Time
	drawn   time.Time
	over    bool
}

// newProgress starts a bar, or none where nobody sees one.
func newProgress(c *call, label string, total int64) *progress {
	f, ok := c.Stderr.(*os.File)
	if !ok || !isTerminal(f) {
		return nil
	}
	return startProgress(c, f, label, total, func() int {
		w, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 80
		}
		return w
	})
}

func startProgress(c *call, w io.Writer, label string, total int64, width func() int) *progress {
	now := c.Clock()
	return &progress{
		w: w, width: width, clock: c.Clock, label: c.text(label), rate: c.text("bar-rate"), left: c.text("bar-left"),
		total: total, started: now, drawn: now,
	}
}

func isTerminal(x any) bool {
	f, ok := x.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// add counts work done, in the unit of the total, and rows.
func (p *progress) add(done, rows int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.rows = p.done+done, p.rows+rows
	if now := p.clock(); !p.over && now.Sub(p.drawn) >= redraw {
		p.drawn = now
		_, _ = io.WriteString(p.w, "\r"+p.line(now)+"\x1b[K")
	}
}

// set puts the bar at done of total.
func (p *progress) set(done, total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.total = total
	step := done - p.done
	p.mu.Unlock()
	p.add(step, step)
}

// end removes the bar; it may be called more than once.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.over = true
		_, _ = io.WriteString(p.w, "\r\x1b[K")
	}
}

// line is the bar at a moment, as wide as the terminal at most.
func (p *progress) line(now time.Time) string {
	share := 0.0
	if p.total > 0 {
		share = min(float64(p.done)/float64(p.total), 1)
	}
	took := now.Sub(p.started).Seconds()
	text := fmt.Sprintf(" %3d %%", int(share*100))
	if took > 0 {
		text += "  " + fmt.Sprintf(p.rate, int64(float64(p.rows)/took))
	}
	if share > 0 && share < 1 {
		left := time.Duration(took / share * (1 - share) * float64(time.Second))
		text += "  " + fmt.Sprintf(p.left, clockText(left))
	}
	room := p.width() - 1 - cells(p.label) - 3 - cells(text)
	if room < 5 {
		return p.label + text
	}
	room = min(room, 40)
	full := int(share * float64(room))
	return p.label + " [" + strings.Repeat("#", full) + strings.Repeat("·", room-full) + "]" + text
}

func clockText(d time.Duration) string {
	s := int(d.Seconds() + .5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// cells is how many columns a text takes on a terminal: Chinese characters two.
func cells(s string) int {
	n := 0
	for _, r := range s {
		if r >= 0x1100 {
			n++
		}
		n++
	}
	return n
}
