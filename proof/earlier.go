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
		c, err := ParseCheckpoint(e.Checkpoint)
		if err == nil {
			var signer Key
			if signer, err = p.signer(c.Size); err == nil {
				c, err = p.checkHead(e.Checkpoint, append([]Key{signer}, keys[1:]...))
			}
		}
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
func (p *Pack) checkKept(signed []byte, heads []Checkpoint) (size uint64, err error) {
	c, err := ParseCheckpoint(signed)
	if err != nil {
		return 0, err
	}
	if err := p.signedKept(c); err != nil {
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

// signedKept verifies that the log signed it that signs heads of its size here. A head
// of a closed log that is longer than what was restored of it covers what is lost.
func (p *Pack) signedKept(c Checkpoint) error {
	for i := range p.Closed {
		key, err := ParseLogKey(p.Closed[i].Log)
		if err != nil {
			return err
		}
		if c.Origin != key.Name {
			continue
		}
		if err := c.Signed(key); err != nil {
			return err
		}
		if until, _ := parseNumber(p.Closed[i].field(MissingField)); c.Size > max(until, p.Closed[i].Index) {
			return fail("", "kept-hidden")
		}
		if c.Size > p.Closed[i].Index {
			return fail("", "kept-lost")
		}
	}
	key, err := p.signer(c.Size)
	if err != nil {
		return err
	}
	return c.Signed(key)
}
