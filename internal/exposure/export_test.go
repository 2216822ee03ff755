package exposure

import "testing"

// SetStep makes stored segments of so few entries that a test merges them.
func (x *Index) SetStep(n uint64) { x.step = n }

// Segments is how many segments there are.
func (x *Index) Segments() int { return len(x.view.Load().segments) }

// Ranked is set by the measurement of the ranking, which lies above this package.
var Ranked func(t *testing.T, x *Index, subjects int)
