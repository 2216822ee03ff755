package witness

import "context"

// FirstSigned is the checkpoint of at least this size under which a witness of
// another organisation signed first, with all its cosignatures; if none has, the
// smallest that any witness signed. ok is false if there is none of either.
func (c *Client) FirstSigned(ctx context.Context, size uint64) (note []byte, ok bool, err error) {
	rows, err := c.Store.Cosignatures(ctx, size, recent)
	if err != nil {
		return nil, false, err
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Size == rows[0].Size {
			n++
		}
		h, err := c.assemble(ctx, rows[:n])
		if err != nil {
			return nil, false, err
		}
		if note == nil && len(h.by) > 0 {
			note = h.head.Note
		}
		for _, s := range h.by {
			if s.Outside != "" {
				return h.head.Note, true, nil
			}
		}
		rows = rows[n:]
	}
	return note, note != nil, nil
}
