package pgwire

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// delays counts how long things took, in classes of microseconds of which there are
// four between a power of two and the next. It is safe for concurrent use.
type delays struct{ n [4 * 32]atomic.Uint32 }

// class is the delay's place; one under four microseconds has the place of its number.
func delayClass(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < 4 {
		return int(us)
	}
	octave := bits.Len64(us) - 1
	return min(4*(octave-1)+int(us>>(octave-2)&3), len(delays{}.n)-1)
}

// classEnd is what everything in a class is shorter than.
func classEnd(class int) time.Duration {
	if class < 4 {
		return time.Duration(class+1) * time.Microsecond
	}
	octave := class/4 + 1
	return time.Duration((uint64(class%4)+5)<<(octave-2)) * time.Microsecond
}

func (c *delays) add(d time.Duration) { c.n[delayClass(d)].Add(1) }

// within is a time that a share of the delays is shorter than, in hundredths; it is at
// most a quarter too long. Zero if there are none.
func (c *delays) within(percent uint64) time.Duration {
	var n [len(delays{}.n)]uint64
	total := uint64(0)
	for i := range n {
		n[i] = uint64(c.n[i].Load())
		total += n[i]
	}
	seen := uint64(0)
	for i := range n {
		if seen += n[i]; seen > 0 && seen*100 >= total*percent {
			return classEnd(i)
		}
	}
	return 0
}
