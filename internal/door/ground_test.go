package door

import (
	"testing"
	"time"
)

// TestOneReadsTheGround: the sessions of a work item wait for one of them; what was
// taken away while it read is not kept for the others.
func TestOneReadsTheGround(t *testing.T) {
	var g grounds
	s, now := Session{}, time.Unix(1000, 0)
	_, making, mine := g.turn(s, now)
	if !mine {
		t.Fatal("nobody reads")
	}
	if found, other, mine := g.turn(s, now); found != nil || mine || other != making {
		t.Fatal("a second one does not wait for the first")
	}
	g.forget(s)
	g.made(s, making, &releaseGround{at: now})
	select {
	case <-making.done:
	default:
		t.Error("those who wait are not told")
	}
	found, making, mine := g.turn(s, now)
	if found != nil || !mine {
		t.Fatal("what was taken away is used")
	}
	read := &releaseGround{at: now}
	g.made(s, making, read)
	if found, _, mine = g.turn(s, now); found != read || mine {
		t.Error("what was read is not used")
	}
	if found, making, mine = g.turn(s, now.Add(groundLife)); found != nil || !mine {
		t.Error("what is old is used")
	}
	g.made(s, making, nil) // it failed
	if _, _, mine = g.turn(s, now.Add(groundLife)); !mine {
		t.Error("after a failure nobody reads")
	}
}
