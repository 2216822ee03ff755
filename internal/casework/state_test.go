package casework

import "testing"

// Every event is somebody's, and none that closes is the handler's (I5).
func TestNoMoveOfTheHandlerCloses(t *testing.T) {
	seen := 0
	for from, next := range moves {
		for did, to := range next {
			seen++
			who, ok := actors[did]
			if !ok {
				t.Errorf("%s from %s is nobody's", did, from)
			}
			if to == Closed && (who == handler || isHandling(string(did))) {
				t.Errorf("%s from %s closes, and is the handler's", did, from)
			}
			if from == Closed && to != Reopened {
				t.Errorf("%s leads from closed to %s", did, to)
			}
		}
	}
	if seen < 8 {
		t.Fatalf("only %d moves were seen", seen)
	}
}
