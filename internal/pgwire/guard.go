package pgwire

import (
	"bytes"
	"strings"
)

// guard looks for placeholders in what a client would store.
type guard struct {
	prefixes [][]byte
	tail     []byte // the end of what flowed by last
}

func (g *guard) init(prefixes []string) {
	for _, p := range prefixes {
		g.prefixes = append(g.prefixes, []byte(p))
	}
}

func (g *guard) in(s string) bool {
	if strings.IndexByte(s, '~') < 0 {
		return false
	}
	return g.inBytes([]byte(s))
}

func (g *guard) inBytes(b []byte) bool {
	for _, p := range g.prefixes {
		if bytes.Contains(b, p) {
			return true
		}
	}
	return false
}

// flows looks at a piece of a stream, and across the seam to the piece before.
func (g *guard) flows(b []byte) bool {
	const seam = 32 // more than a prefix
	if g.inBytes(b) || g.inBytes(append(g.tail, b[:min(seam, len(b))]...)) {
		return true
	}
	g.tail = append(g.tail, b...)
	g.tail = append(g.tail[:0], g.tail[max(0, len(g.tail)-seam):]...)
	return false
}

func (g *guard) reset() { g.tail = g.tail[:0] }
