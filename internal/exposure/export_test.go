package exposure

// SetStep makes stored segments of so few entries that a test merges them.
func (x *Index) SetStep(n uint64) { x.step = n }

// Segments is how many segments there are.
func (x *Index) Segments() int { return len(x.view.Load().segments) }
