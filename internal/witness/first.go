package witness

import (
	"context"
	"slices"
)

// FirstSigned is the checkpoint of at least this size under which a witness of
// another organisation signed first, with all its cosignatures; if none has, the
// smallest that any witness signed. ok is false if there is none of either.
func (c *Client) FirstSigned(ctx context.Context, size uint64) (note []byte, ok bool, err error) {
	rows, err := c.Store.Cosignatures(ctx, size, recent)
	if err != nil {
		return nil, false, err
	}
	err = c.eachSize(ctx, rows, func(h cosignedHead) (done bool) {
		if note == nil && len(h.by) > 0 {
			note = h.head.Note
		}
		if slices.ContainsFunc(h.by, func(s Signed) bool { return s.Outside != "" }) {
			note, done = h.head.Note, true
		}
		return done
	})
	return note, err == nil && note != nil, err
}
