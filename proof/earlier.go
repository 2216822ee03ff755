package proof

const keptPlace = "kept checkpoint"

// checkEarlier verifies that the pack's checkpoint continues each earlier one, and
// that they are in order.
func (p *Pack) checkEarlier(head Checkpoint, keys []Key) error {
	if len(p.Earlier) > MaxEarlier {
		return fail("pack", "too-large")
	}
	size := uint64(0)
	for i := range p.Earlier {
		e := &p.Earlier[i]
		c, err := p.checkHead(e.Checkpoint, keys)
		if err == nil && (c.Size <= size || c.Size >= head.Size || CheckConsistency(c, head, e.Consistency) != nil) {
			err = fail("", "earlier")
		}
		if err != nil {
			return at(earlierMember(i), err)
		}
		size = c.Size
	}
	return nil
}

// earlierHeads reads the earlier checkpoints, which were checked.
func (p *Pack) earlierHeads() []Checkpoint {
	out := make([]Checkpoint, len(p.Earlier))
	for i := range p.Earlier {
		out[i], _ = ParseCheckpoint(p.Earlier[i].Checkpoint)
	}
	return out
}

// checkKept verifies that a checkpoint the reader kept is one of the log's and that
// the pack's continue it: it is one of heads, which are a chain.
func checkKept(signed []byte, log string, heads []Checkpoint) (size uint64, err error) {
	key, err := ParseLogKey(log)
	if err != nil {
		return 0, err
	}
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return 0, err
	}
	if err := c.Signed(key); err != nil {
		return 0, err
	}
	for _, h := range heads {
		if h.Size == c.Size && h.Root == c.Root {
			return c.Size, nil
		}
		if h.Size == c.Size {
			return 0, fail("", "kept-fork")
		}
	}
	if c.Size > heads[len(heads)-1].Size {
		return 0, fail("", "kept-newer")
	}
	return 0, fail("", "kept-absent")
}
