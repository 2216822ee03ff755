package dossier

import (
	"context"
	"maps"
	"slices"

	"github.com/goldbell/goldbell/internal/fault"
	"github.com/goldbell/goldbell/internal/ledger"
	"github.com/goldbell/goldbell/proof"
)

// witnesses are the keys a pack names.
func (m *Maker) witnesses() []string {
	if m.Heads == nil {
		return []string{}
	}
	return append([]string{}, m.Heads.Witnesses()...)
}

// outside says which of them another organisation runs.
func (m *Maker) outside() (out []proof.Outside) {
	for _, vkey := range m.witnesses() {
		if by := m.Heads.RunBy(vkey); by != "" {
			out = append(out, proof.Outside{Organisation: by, VKey: vkey})
		}
	}
	return out
}

// covering is a checkpoint of at least size entries with the signatures it has.
func (m *Maker) covering(ctx context.Context, size uint64) (ledger.Head, error) {
	if m.Heads == nil {
		return m.Ledger.Head(ctx)
	}
	h, err := m.Heads.Covering(ctx, size)
	if err != nil {
		return h, err
	}
	c, note, err := m.trim(ctx, h.Note)
	if err == nil && c.Size < size {
		return m.Ledger.Head(ctx)
	}
	return ledger.Head{Size: c.Size, Root: c.Root, Note: note}, err
}

// choose takes a checkpoint that covers every entry of the pack and everything the
// reader kept. What it covers besides is in no window the index knows of.
func (m *Maker) choose(ctx context.Context, o Order, newest uint64) (ledger.Head, error) {
	need := newest + 1
	for _, k := range o.Kept {
		c, err := m.kept(ctx, k)
		if err != nil {
			return ledger.Head{}, err
		}
		need = max(need, c.Size)
	}
	return m.covering(ctx, need)
}

// kept reads a checkpoint that the reader has, and refuses one that is not in this
// log's past.
func (m *Maker) kept(ctx context.Context, signed []byte) (proof.Checkpoint, error) {
	c, _, err := m.trim(ctx, signed)
	if err != nil {
		return c, fault.New(fault.Invalid, m.stranger(ctx, signed), "checkpoints")
	}
	head, err := m.Ledger.Head(ctx)
	if err != nil {
		return c, err
	}
	if c.Size > head.Size {
		return c, fault.New(fault.Conflict, "kept-ahead", "checkpoints")
	}
	root, err := m.Ledger.RootAt(ctx, c.Size)
	if err == nil && root != c.Root {
		err = fault.New(fault.Conflict, "kept-fork", "checkpoints")
	}
	return c, err
}

// trim keeps, of a note, the lines of the log and of the witnesses the pack names:
// a pack carries no line that its reader could not check.
func (m *Maker) trim(ctx context.Context, signed []byte) (proof.Checkpoint, []byte, error) {
	c, err := proof.ParseCheckpoint(signed)
	if err != nil {
		return c, nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	logs, err := m.closings(ctx)
	if err != nil {
		return c, nil, err
	}
	log, err := proof.ParseLogKey(m.signer(logs, c.Size))
	if err == nil {
		err = c.Signed(log)
	}
	if err == nil && c.Size == 0 {
		err = fault.New(fault.Invalid, "bad-request", "checkpoints")
	}
	keys := []proof.Key{log}
	for _, w := range m.witnesses() {
		if k, err := proof.ParseWitnessKey(w); err == nil {
			keys = append(keys, k)
		}
	}
	if err != nil {
		return c, nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
	}
	return c, c.Only(keys...), nil
}

// earlierNotes are the checkpoints that the reader kept, and those under which the
// oldest and the newest entry were first signed by a witness; ascending.
func (m *Maker) earlierNotes(ctx context.Context, o Order, c *collection, head ledger.Head) ([][]byte, error) {
	notes := map[uint64][]byte{}
	add := func(signed []byte) error {
		at, note, err := m.trim(ctx, signed)
		if err == nil && at.Size < head.Size && len(notes[at.Size]) < len(note) {
			notes[at.Size] = note
		}
		return err
	}
	for _, k := range o.Kept {
		if err := add(k); err != nil {
			return nil, err
		}
	}
	if m.Heads != nil && len(c.entries) > 0 {
		for _, r := range []*ledger.Record{c.entries[0], c.entries[len(c.entries)-1]} {
			signed, ok, err := m.Heads.FirstSigned(ctx, r.Index+1)
			if err != nil {
				return nil, err
			}
			if ok && m.follows(ctx, signed) {
				err = add(signed)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	var out [][]byte
	for _, size := range slices.Sorted(maps.Keys(notes)) {
		out = append(out, notes[size])
	}
	return out, nil
}

// earlier proves that the pack's checkpoint continues each of the notes.
func (m *Maker) earlier(ctx context.Context, notes [][]byte, head ledger.Head) (out []proof.Earlier, err error) {
	for _, note := range notes {
		at, err := proof.ParseCheckpoint(note)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, "ledger-broken", err)
		}
		path, err := m.Ledger.Consistency(ctx, head, at.Size)
		if err != nil {
			return nil, err
		}
		out = append(out, proof.Earlier{Checkpoint: note, Consistency: path})
	}
	return out, nil
}
