package dossier

import (
	"context"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// closing is a closed log that a pack follows, with the entry that says so.
type closing struct {
	ledger.Closing
	record *ledger.Record
}

// closings are the closed logs that packs follow, oldest first. Where the opening of
// such an entry is destroyed the older ones cannot be followed any more.
func (m *Maker) closings(ctx context.Context) (out []closing, err error) {
	for _, c := range m.Ledger.Closings() {
		r, err := m.Ledger.Record(ctx, c.Entry)
		switch {
		case fault.Is(err, fault.NotFound):
			out = nil
		case err != nil:
			return nil, err
		default:
			out = append(out, closing{c, r})
		}
	}
	return out, nil
}

// signer is the vkey of the log that signs heads of this size in a pack: the one in
// use, or a closed one.
func (m *Maker) signer(logs []closing, size uint64) string {
	for _, c := range logs {
		if size <= c.Entry {
			return c.LogKey
		}
	}
	return m.LogKey
}

// follows reports whether a checkpoint of this tree is one that a pack can hold: what
// a log signed that is not followed is left out.
func (m *Maker) follows(ctx context.Context, signed []byte) bool {
	logs, err := m.closings(ctx)
	c, err2 := proof.ParseCheckpoint(signed)
	return err != nil || err2 != nil || m.signer(logs, c.Size) == m.Ledger.KeyAt(c.Size)
}

// stranger says why a checkpoint is none of this ledger's: a closed log signed it and
// what it covers was lost, or somebody else did.
func (m *Maker) stranger(ctx context.Context, signed []byte) string {
	n, err := proof.ParseCheckpoint(signed)
	if err != nil {
		return "kept-foreign"
	}
	logs, err := m.closings(ctx)
	for _, c := range logs {
		key, err2 := proof.ParseLogKey(c.LogKey)
		if err == nil && err2 == nil && n.Signed(key) == nil && n.Size > c.Entry {
			return "kept-lost"
		}
	}
	return "kept-foreign"
}

// closed proves the entries that opened this log, and those before it, after others
// were closed. Who restored is not opened.
func (m *Maker) closed(ctx context.Context, head ledger.Head) (out []proof.Closed, err error) {
	logs, err := m.closings(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range logs {
		e, err := m.bare(ctx, head, c.record)
		if err != nil {
			return nil, err
		}
		path, err := m.Ledger.Consistency(ctx, head, c.Entry)
		if err != nil {
			return nil, err
		}
		fields := slices.DeleteFunc(e.Fields, func(f proof.Opened) bool { return f.Name == "actor" || f.Name == "org" })
		out = append(out, proof.Closed{
			Log: c.LogKey, Index: e.Index, Leaf: e.Leaf, Inclusion: e.Inclusion, Fields: fields, Consistency: path,
		})
	}
	return out, nil
}
