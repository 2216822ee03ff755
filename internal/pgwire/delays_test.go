package pgwire

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDelaysAreInTheirClass: what is told is longer than what was, by a quarter at most.
func TestDelaysAreInTheirClass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "delay"))
		end := classEnd(delayClass(d))
		if end <= d || end > d+d/4+time.Microsecond {
			t.Fatalf("%v is told as %v", d, end)
		}
	})
	if classEnd(delayClass(1000*time.Hour)) <= time.Hour {
		t.Error("a very long delay has the place of a short one")
	}
}

func TestDelaysWithin(t *testing.T) {
	var c delays
	if got := c.within(50); got != 0 {
		t.Errorf("of nothing the half is within %v", got)
	}
	for range 98 {
		c.add(100 * time.Microsecond)
	}
	c.add(time.Second)
	c.add(time.Second)
	if half, most := c.within(50), c.within(99); half < 100*time.Microsecond || half > 126*time.Microsecond || most < time.Second || most > 1300*time.Millisecond {
		t.Errorf("half are within %v and 99 of 100 within %v", half, most)
	}
}
